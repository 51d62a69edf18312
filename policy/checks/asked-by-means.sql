-- Did the network authority ask others only by the means that the rule names (letter, e-mail,
-- telephone, fax)? A request within the interval that was made in person alone is none of them;
-- without such a request there is nothing to say. One of the same matter by such means shows that it was
-- not in person alone; where it went to others, nobody can say, nor where one of another name went to the same
-- body within thirty days, nor of a request about "nothing". A request for resources is one too.
-- What was last saved before its own day was a plan then: whether it was asked so nobody can say.
WITH in_person AS (
    SELECT b.unit, b.entry, b.subject, b.recorded_at, b.occurred_on, b.age_days, LOWER(TRIM(COALESCE(b.told, ''))) AS told,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_outward_notice b
    WHERE b.result = 'help-asked' AND b.channel = 'in-person' AND b.finished_at IS NOT NULL
      AND b.age_days <= CAST(:window_days AS BIGINT)
),
again AS (
    SELECT p.entry,
           MAX(CASE WHEN LOWER(TRIM(b.subject)) = LOWER(TRIM(p.subject))
                     AND NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
                     AND (p.told = LOWER(TRIM(COALESCE(b.told, ''))) OR p.told = '' OR TRIM(COALESCE(b.told, '')) = '') THEN 1 ELSE 0 END) AS same
    FROM in_person p
    JOIN book_outward_notice b ON b.unit = p.unit AND b.result IN ('help-asked', 'resources-asked') AND b.channel <> 'in-person'
                              AND b.finished_at IS NOT NULL AND b.age_days <= CAST(:window_days AS BIGINT)
                              AND (LOWER(TRIM(b.subject)) = LOWER(TRIM(p.subject))
                                   OR (p.told <> '' AND p.told = LOWER(TRIM(COALESCE(b.told, '')))
                                       AND b.age_days - p.age_days BETWEEN -30 AND 30))
    GROUP BY p.entry
    UNION ALL
    SELECT p.entry, 0 AS same
    FROM in_person p
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = p.subject)
),
alone AS (
    SELECT p.unit, p.entry, p.subject, p.recorded_at, p.occurred_on, p.ahead, MAX(a.entry) AS again
    FROM in_person p
    LEFT JOIN again a ON a.entry = p.entry
    GROUP BY p.unit, p.entry, p.subject, p.recorded_at, p.occurred_on, p.ahead
    HAVING COALESCE(MAX(a.same), 0) = 0
)
SELECT r.unit AS unit,
       COALESCE(p.subject, '') AS subject,
       CASE WHEN p.entry IS NULL THEN 'not_applicable' WHEN p.again IS NULL AND p.ahead = 0 THEN 'breached' END AS status,
       CASE WHEN p.entry IS NULL THEN 'none-in-person' WHEN p.ahead = 1 THEN 'typed-ahead' WHEN p.again IS NULL THEN 'in-person' ELSE 'others-asked' END AS reason,
       COALESCE(p.recorded_at, r.updated_at) AS observed_at,
       p.occurred_on AS occurred_on
FROM fact_role r
LEFT JOIN alone p ON p.unit = r.unit
WHERE r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
