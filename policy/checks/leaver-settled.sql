-- Of each person who left or moved, by the newest entry about them: was it settled (`sound`,
-- `also_sound`), or is it not (`fault`, `also_fault`)? What was not settled stays so until an
-- entry about that person says otherwise, however long ago they left; what was settled is looked
-- at for the interval. A book serves several rules: an entry whose result is neither says
-- nothing about this one; where all that is looked at of a unit is such, nothing is known, and no
-- word that nobody left stands.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.occurred_on, e.recorded_at, e.age_days,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    WHERE e.register = 'leaver'
      AND (e.result IS NULL
           OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT),
                           CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)))
),
shown AS (
    SELECT p.unit, p.subject, p.result, p.occurred_on, p.recorded_at
    FROM placed p
    WHERE p.place = 1
      AND (p.result IS NULL
           OR p.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
           OR p.age_days <= CAST(:window_days AS BIGINT))
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.result IS NULL THEN NULL
            WHEN p.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'breached'
            ELSE 'met' END AS status,
       CASE WHEN p.result IS NULL THEN 'result-missing'
            WHEN p.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
            ELSE 'sound' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM shown p
UNION ALL
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       NULL AS status,
       'not-told' AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
WHERE e.register = 'leaver'
  AND e.age_days <= CAST(:window_days AS BIGINT)
  AND e.unit NOT IN (SELECT p.unit FROM shown p)
