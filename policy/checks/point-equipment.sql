-- Has the unit equipment of the provider in its care, by a handover record? Of each piece the newest record speaks.
-- Equipment that went back breaks nothing; where all went back, nobody can say. A record without an end is believed only
-- so long: then nobody can say, until it is entered anew, nor of a piece whose newest record is not signed. What was
-- handed over by a record that was last saved before its own day had yet to come, and words that say that there is nothing name no piece.
WITH written AS (
    SELECT b.unit, b.entry, b.subject, b.site, b.device, b.result, b.occurred_on, b.recorded_at, b.expires_on, b.age_days,
           b.subject AS said
    FROM book_handover b
    WHERE NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
placed AS (
    SELECT w.unit, w.subject, w.result, w.occurred_on, w.recorded_at, w.expires_on,
           CASE WHEN w.result = 'unsigned' THEN 'unsigned'
                WHEN w.expires_on < CAST(:today AS TEXT) THEN 'given-back'
                WHEN w.expires_on IS NOT NULL THEN 'in-care'
                WHEN w.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-care'
                ELSE 'not-confirmed' END AS state,
           ROW_NUMBER() OVER (PARTITION BY w.unit, LOWER(REPLACE(COALESCE(w.subject, ''), ' ', '')), w.site, w.device
                              ORDER BY w.occurred_on DESC, w.recorded_at DESC, w.entry) AS place
    FROM written w
    WHERE w.subject IS NULL
       OR NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said)
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-care' THEN 1 END) AS in_care,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on, MAX(p.expires_on) AS expires_on
    FROM placed p
    WHERE p.place = 1 AND p.state <> 'unsigned'
    GROUP BY p.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.in_care > 0 THEN 'met' END AS status,
       CASE WHEN c.in_care > 0 THEN 'in-care'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            ELSE 'given-back' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on
FROM counted c
UNION ALL
SELECT n.unit AS unit,
       n.subject AS subject,
       NULL AS status,
       'unsigned' AS reason,
       n.recorded_at AS observed_at,
       n.occurred_on AS last_on,
       CAST(NULL AS TEXT) AS expires_on
FROM placed n
WHERE n.place = 1 AND n.state = 'unsigned'
