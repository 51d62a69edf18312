-- Did the documents for each inspection go to the police, before it began or within the days
-- after? The entry's day is the one on which the inspection began; what was sent before that day
-- was sent in time. What was not sent stays a breach until it is; what was sent late is looked at
-- for the days of the window. Of one that tells by what means it was sent and not when, nobody can say whether it was in time. Days are counted in the local zone (UTC+7).
WITH told AS (
    SELECT e.unit, e.subject, e.occurred_on, e.recorded_at, e.finished_at, e.channel, e.age_days,
           e.age_days - ((CAST(:now AS BIGINT) + 25200000) / 86400000 - (e.finished_at + 25200000) / 86400000) AS after_days
    FROM book_outward_notice e
    WHERE e.result = 'inspection-documents'
)
SELECT t.unit AS unit,
       COALESCE(t.subject, '') AS subject,
       CASE WHEN t.after_days <= CAST(:notice_days AS BIGINT) THEN 'met'
            WHEN t.finished_at IS NULL AND (t.channel IS NOT NULL OR t.age_days <= CAST(:notice_days AS BIGINT)) THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN t.after_days <= CAST(:notice_days AS BIGINT) THEN 'supplied'
            WHEN t.finished_at IS NOT NULL THEN 'late'
            WHEN t.age_days <= CAST(:notice_days AS BIGINT) THEN 'open'
            WHEN t.channel IS NOT NULL THEN 'untimed'
            ELSE 'missing' END AS reason,
       t.recorded_at AS observed_at,
       t.occurred_on AS occurred_on,
       t.finished_at AS finished_at
FROM told t
WHERE t.finished_at IS NULL OR t.age_days <= CAST(:window_days AS BIGINT)
