-- Did the documents for each inspection go to the police, before it began or within the days
-- after? The entry's day is the one on which the inspection began; what was sent before that day
-- was sent in time. What was not sent stays a breach until it is; what was sent late is looked at
-- for the days of the window. Of one that tells by what means it was sent and not when, nobody can say whether it was in time, nor of a blank one of whose
-- inspection a later entry says that they were sent, of one about "nothing", and of one sent more than a year before the inspection. What was last saved
-- before the inspection, or a day before it says that they were sent, was a plan then, unless they were sent by then. What is
-- older than the window and was never sent may be of a time when nobody kept the book. Days are counted in the local zone (UTC+7).
WITH told AS (
    SELECT e.unit, e.entry, e.subject, e.occurred_on, e.recorded_at, e.finished_at, e.channel, e.age_days,
           e.age_days - ((CAST(:now AS BIGINT) + 25200000) / 86400000 - (e.finished_at + 25200000) / 86400000) AS after_days
    FROM book_outward_notice e
    WHERE e.result = 'inspection-documents'
),
ahead AS (
    SELECT e.entry
    FROM book_outward_notice e
    WHERE COALESCE(e.updated_at, e.recorded_at) < COALESCE(((e.finished_at + 25200000) / 86400000 - 1) * 86400000,
                                                           ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000) - 25200000
),
doubtful AS (
    SELECT b.entry
    FROM told b
    JOIN told s ON s.unit = b.unit AND s.entry <> b.entry AND LOWER(TRIM(s.subject)) = LOWER(TRIM(b.subject))
               AND s.finished_at IS NOT NULL AND s.recorded_at >= b.recorded_at AND s.occurred_on >= b.occurred_on
    WHERE b.finished_at IS NULL
    UNION
    SELECT e.entry
    FROM told e
    WHERE e.channel IS NOT NULL AND e.finished_at IS NULL
    UNION
    SELECT e.entry
    FROM told e
    WHERE e.after_days < -365
       OR (e.finished_at IS NULL AND e.age_days > CAST(:window_days AS BIGINT))
       OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = e.subject)
)
SELECT t.unit AS unit,
       COALESCE(t.subject, '') AS subject,
       CASE WHEN d.entry IS NOT NULL OR a.entry IS NOT NULL THEN NULL
            WHEN t.after_days <= CAST(:notice_days AS BIGINT) THEN 'met'
            WHEN t.finished_at IS NULL AND t.age_days <= CAST(:notice_days AS BIGINT) THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN d.entry IS NOT NULL THEN 'untimed'
            WHEN a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN t.after_days <= CAST(:notice_days AS BIGINT) THEN 'supplied'
            WHEN t.finished_at IS NOT NULL THEN 'late'
            WHEN t.age_days <= CAST(:notice_days AS BIGINT) THEN 'open'
            ELSE 'missing' END AS reason,
       t.recorded_at AS observed_at,
       t.occurred_on AS occurred_on,
       t.finished_at AS finished_at
FROM told t
LEFT JOIN doubtful d ON d.entry = t.entry
LEFT JOIN ahead a ON a.entry = t.entry
WHERE t.finished_at IS NULL OR t.age_days <= CAST(:window_days AS BIGINT)
