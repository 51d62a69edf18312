-- Has the unit an entry of a book, with a given result where one is named, that is no
-- older than the interval? Dates become day numbers by the integer formula of Fliegel
-- and Van Flandern (1968), which both engines compute alike.
WITH latest AS (
    SELECT e.unit, MAX(e.occurred_on) AS last_on, MAX(e.recorded_at) AS recorded_at, COUNT(*) AS entries
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND (CAST(:result AS TEXT) = '' OR e.result = CAST(:result AS TEXT))
      AND e.occurred_on <= CAST(:today AS TEXT)
    GROUP BY e.unit
),
parts AS (
    SELECT l.unit, l.last_on, l.recorded_at, l.entries,
           CAST(SUBSTR(l.last_on, 1, 4) AS BIGINT) AS y1,
           CAST(SUBSTR(l.last_on, 6, 2) AS BIGINT) AS m1,
           CAST(SUBSTR(l.last_on, 9, 2) AS BIGINT) AS d1,
           CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS y2,
           CAST(SUBSTR(CAST(:today AS TEXT), 6, 2) AS BIGINT) AS m2,
           CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) AS d2
    FROM latest l
),
numbered AS (
    SELECT p.unit, p.last_on, p.recorded_at, p.entries,
           (1461 * (p.y1 + 4800 + (p.m1 - 14) / 12)) / 4 + (367 * (p.m1 - 2 - 12 * ((p.m1 - 14) / 12))) / 12 - (3 * ((p.y1 + 4900 + (p.m1 - 14) / 12) / 100)) / 4 + p.d1 AS day1,
           (1461 * (p.y2 + 4800 + (p.m2 - 14) / 12)) / 4 + (367 * (p.m2 - 2 - 12 * ((p.m2 - 14) / 12))) / 12 - (3 * ((p.y2 + 4900 + (p.m2 - 14) / 12) / 100)) / 4 + p.d2 AS day2
    FROM parts p
)
SELECT n.unit AS unit,
       '' AS subject,
       CASE WHEN n.day2 - n.day1 <= CAST(:max_age_days AS BIGINT) THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN n.day2 - n.day1 <= CAST(:max_age_days AS BIGINT) THEN 'recent' ELSE 'too-old' END AS reason,
       n.recorded_at AS observed_at,
       n.last_on AS last_on,
       n.day2 - n.day1 AS age_days,
       n.entries AS entries
FROM numbered n
