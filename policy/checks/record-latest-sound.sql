-- Has the newest entry about each matter of a book a result that the rule allows? What is looked
-- at again has a new entry, which goes before the old. Of an entry older than the interval that
-- left a fault, or does not say, nobody can say how it stands today; one that was sound then is
-- not looked at any more.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.occurred_on, e.recorded_at, e.age_days,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.result IS NULL THEN NULL
            WHEN p.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met'
            WHEN p.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN p.result IS NULL THEN 'result-missing'
            WHEN p.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            WHEN p.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'review-old' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM placed p
WHERE p.place = 1
  AND (p.age_days <= CAST(:window_days AS BIGINT)
       OR p.result IS NULL
       OR p.result NOT IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)))
