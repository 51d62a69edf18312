-- Has the newest entry about each matter of a book, of a day within the interval, a result
-- that the rule allows? What is looked at again has a new entry, which goes before the old.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.occurred_on, e.recorded_at,
           ROW_NUMBER() OVER (PARTITION BY e.unit, COALESCE(e.subject, '')
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC) AS place
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND e.age_days <= CAST(:window_days AS BIGINT)
      AND e.occurred_on <= CAST(:today AS TEXT)
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.result IS NULL THEN NULL
            WHEN p.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN p.result IS NULL THEN 'result-missing'
            WHEN p.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'unsound' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM placed p
WHERE p.place = 1
