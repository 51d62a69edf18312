-- Did the unit hold a course of a kind that counts within the interval? Where its own newest is
-- older, but its books of training hold one since that is of no kind that is told (`held`), or the body with which the rule
-- has it held together (`together`, a held role or kind of organization; none where empty) or a body below the unit entered one, of a
-- kind that counts or of none that is told, nobody can say whose or which it was. A course that nobody came to was not held.
-- What was last saved before its own day was a plan then: whether it came about nobody can say, nor of a course on
-- "nothing" or "not yet".
WITH words AS (
    SELECT t.entry, t.subject AS said FROM book_training t
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = w.said)
),
courses AS (
    SELECT b.unit, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN w.entry IS NOT NULL
                     OR COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_training b
    LEFT JOIN unsaid w ON w.entry = b.entry
    WHERE COALESCE(b.participants, 1) > 0
),
own AS (
    SELECT e.unit, MIN(CASE WHEN e.ahead = 0 THEN e.age_days END) AS age_days,
           MIN(CASE WHEN e.ahead = 1 THEN e.age_days END) AS ahead_days, MAX(e.occurred_on) AS last_on,
           MAX(e.recorded_at) AS recorded_at, COUNT(*) AS entries
    FROM courses e
    WHERE e.result IN (CAST(:result AS TEXT), CAST(:also_result AS TEXT), CAST(:other_result AS TEXT))
    GROUP BY e.unit
),
recent AS (
    SELECT c.unit
    FROM courses c
    WHERE c.result IN (CAST(:result AS TEXT), CAST(:also_result AS TEXT), CAST(:other_result AS TEXT), 'held')
      AND c.age_days <= CAST(:max_age_days AS BIGINT)
    UNION
    SELECT s.unit
    FROM book_security_training s
    WHERE s.result <> 'monitoring-other' AND COALESCE(s.participants, 1) > 0 AND s.age_days <= CAST(:max_age_days AS BIGINT)
),
partners AS (
    SELECT r.unit, r.province
    FROM fact_role r
    WHERE r.role = CAST(:together AS TEXT)
    UNION
    SELECT p.unit, p.province
    FROM fact_organization p
    WHERE p.kind = CAST(:together AS TEXT) AND p.level = 'province'
),
elsewhere AS (
    SELECT n.unit
    FROM recent n
    UNION
    SELECT b.parent
    FROM recent n
    JOIN fact_organization b ON b.unit = n.unit
    WHERE b.parent IS NOT NULL
    UNION
    SELECT u.unit
    FROM recent n
    JOIN partners p ON p.unit = n.unit
    JOIN fact_organization u ON u.province = p.province
)
SELECT o.unit AS unit,
       '' AS subject,
       CASE WHEN o.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met'
            WHEN o.ahead_days <= CAST(:max_age_days AS BIGINT) OR (o.age_days IS NULL AND o.ahead_days IS NOT NULL) THEN NULL
            WHEN l.unit IS NULL THEN 'breached' END AS status,
       CASE WHEN o.age_days <= CAST(:max_age_days AS BIGINT) THEN 'recent'
            WHEN o.ahead_days <= CAST(:max_age_days AS BIGINT) OR (o.age_days IS NULL AND o.ahead_days IS NOT NULL) THEN 'typed-ahead'
            WHEN l.unit IS NULL THEN 'too-old'
            ELSE 'elsewhere' END AS reason,
       o.recorded_at AS observed_at,
       o.last_on AS last_on,
       COALESCE(o.age_days, o.ahead_days) AS age_days,
       o.entries AS entries
FROM own o
LEFT JOIN elsewhere l ON l.unit = o.unit
