-- Each system that was ever restored on trial: is the latest trial recent enough? One that
-- failed is a trial too: it was made and told what it is made for. A system whose newest entry
-- says that it is no longer used is not asked about, and says nothing of any other. Dates become day numbers as in record-recent.
WITH tried AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.occurred_on, e.recorded_at,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    WHERE e.register = 'restore-test' AND e.occurred_on <= CAST(:today AS TEXT)
),
parts AS (
    SELECT t.unit, t.subject, t.result, t.occurred_on, t.recorded_at,
           CAST(SUBSTR(t.occurred_on, 1, 4) AS BIGINT) AS y1,
           CAST(SUBSTR(t.occurred_on, 6, 2) AS BIGINT) AS m1,
           CAST(SUBSTR(t.occurred_on, 9, 2) AS BIGINT) AS d1,
           CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS y2,
           CAST(SUBSTR(CAST(:today AS TEXT), 6, 2) AS BIGINT) AS m2,
           CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) AS d2
    FROM tried t
    WHERE t.place = 1
),
numbered AS (
    SELECT p.unit, p.subject, p.result, p.occurred_on, p.recorded_at,
           (1461 * (p.y1 + 4800 + (p.m1 - 14) / 12)) / 4 + (367 * (p.m1 - 2 - 12 * ((p.m1 - 14) / 12))) / 12 - (3 * ((p.y1 + 4900 + (p.m1 - 14) / 12) / 100)) / 4 + p.d1 AS day1,
           (1461 * (p.y2 + 4800 + (p.m2 - 14) / 12)) / 4 + (367 * (p.m2 - 2 - 12 * ((p.m2 - 14) / 12))) / 12 - (3 * ((p.y2 + 4900 + (p.m2 - 14) / 12) / 100)) / 4 + p.d2 AS day2
    FROM parts p
)
SELECT n.unit AS unit,
       n.subject AS subject,
       CASE WHEN n.result IS NULL THEN NULL
            WHEN n.day2 - n.day1 <= CAST(:max_age_days AS BIGINT) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN n.result IS NULL THEN 'result-missing'
            WHEN n.day2 - n.day1 > CAST(:max_age_days AS BIGINT) THEN 'too-old'
            WHEN n.result = 'success' THEN 'recent'
            ELSE 'failed' END AS reason,
       n.recorded_at AS observed_at,
       n.occurred_on AS last_on,
       n.day2 - n.day1 AS age_days
FROM numbered n
WHERE n.result IS NULL OR n.result <> 'retired'
