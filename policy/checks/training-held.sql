-- Did the unit hold a course of a kind that counts within the interval? Where its own newest is
-- older, but the body with which the rule has it held together (`together`, a held role; none
-- where empty) entered one since, of the first kind or of none
-- that is told (`held`), nobody can say whose it was. A course that nobody came to was not held.
WITH own AS (
    SELECT e.unit, MIN(e.age_days) AS age_days, MAX(e.occurred_on) AS last_on,
           MAX(e.recorded_at) AS recorded_at, COUNT(*) AS entries
    FROM book_training e
    WHERE COALESCE(e.participants, 1) > 0
      AND e.result IN (CAST(:result AS TEXT), CAST(:also_result AS TEXT), CAST(:other_result AS TEXT))
    GROUP BY e.unit
),
elsewhere AS (
    SELECT DISTINCT r.province
    FROM fact_role r
    JOIN book_training e ON e.unit = r.unit AND COALESCE(e.participants, 1) > 0 AND e.result IN (CAST(:result AS TEXT), 'held')
                     AND e.age_days <= CAST(:max_age_days AS BIGINT)
    WHERE r.role = CAST(:together AS TEXT)
)
SELECT o.unit AS unit,
       '' AS subject,
       CASE WHEN o.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met'
            WHEN l.province IS NULL THEN 'breached' END AS status,
       CASE WHEN o.age_days <= CAST(:max_age_days AS BIGINT) THEN 'recent'
            WHEN l.province IS NULL THEN 'too-old'
            ELSE 'elsewhere' END AS reason,
       o.recorded_at AS observed_at,
       o.last_on AS last_on,
       o.age_days AS age_days,
       o.entries AS entries
FROM own o
LEFT JOIN fact_organization u ON u.unit = o.unit
LEFT JOIN elsewhere l ON l.province = u.province
