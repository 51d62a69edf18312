-- Did the unit hold a course of a kind that counts within the interval? Where its own newest is
-- older, but the body with which the rule has it held together (`together`, a held role; none
-- where empty) entered one since, of the first kind or of none
-- that is told (`held`), nobody can say whose it was. A course that nobody came to was not held.
-- Nor whether a class that stands in the unit's book of security training within the interval is one.
-- What was last saved before its own day was a plan then: whether it came about nobody can say.
WITH courses AS (
    SELECT b.unit, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_training b
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
other AS (
    SELECT DISTINCT e.unit
    FROM fact_entry e
    WHERE e.register = 'security-training' AND e.age_days <= CAST(:max_age_days AS BIGINT)
),
elsewhere AS (
    SELECT DISTINCT r.province
    FROM fact_role r
    JOIN courses e ON e.unit = r.unit AND e.result IN (CAST(:result AS TEXT), 'held')
                     AND e.age_days <= CAST(:max_age_days AS BIGINT)
    WHERE r.role = CAST(:together AS TEXT)
)
SELECT o.unit AS unit,
       '' AS subject,
       CASE WHEN o.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met'
            WHEN o.ahead_days <= CAST(:max_age_days AS BIGINT) OR (o.age_days IS NULL AND o.ahead_days IS NOT NULL) THEN NULL
            WHEN l.province IS NULL AND s.unit IS NULL THEN 'breached' END AS status,
       CASE WHEN o.age_days <= CAST(:max_age_days AS BIGINT) THEN 'recent'
            WHEN o.ahead_days <= CAST(:max_age_days AS BIGINT) OR (o.age_days IS NULL AND o.ahead_days IS NOT NULL) THEN 'typed-ahead'
            WHEN l.province IS NOT NULL THEN 'elsewhere'
            WHEN s.unit IS NOT NULL THEN 'other-book'
            ELSE 'too-old' END AS reason,
       o.recorded_at AS observed_at,
       o.last_on AS last_on,
       COALESCE(o.age_days, o.ahead_days) AS age_days,
       o.entries AS entries
FROM own o
LEFT JOIN fact_organization u ON u.unit = o.unit
LEFT JOIN elsewhere l ON l.province = u.province
LEFT JOIN other s ON s.unit = o.unit
