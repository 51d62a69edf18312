-- Does nothing join the unit's network over the air? An access point in service is a breach,
-- and so is what the last survey found and left. Only a survey that is recent enough and
-- found nothing says that there is none: a registry without access points does not.
WITH surveys AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.age_days, e.result,
           ROW_NUMBER() OVER (PARTITION BY e.unit ORDER BY e.occurred_on DESC, e.recorded_at DESC) AS place
    FROM fact_entry e
    WHERE e.register = 'wireless-survey' AND e.occurred_on <= CAST(:today AS TEXT)
)
SELECT s.unit AS unit,
       'survey' AS subject,
       CASE WHEN s.result = 'found' THEN 'breached'
            WHEN s.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met' END AS status,
       CASE WHEN s.result = 'found' THEN 'found'
            WHEN s.age_days <= CAST(:max_age_days AS BIGINT) THEN 'none-found'
            ELSE 'survey-old' END AS reason,
       s.recorded_at AS observed_at,
       s.occurred_on AS surveyed_on,
       CAST(NULL AS BIGINT) AS points
FROM surveys s
WHERE s.place = 1
UNION ALL
SELECT d.unit AS unit,
       'access-point' AS subject,
       'breached' AS status,
       'access-point' AS reason,
       MAX(d.updated_at) AS observed_at,
       CAST(NULL AS TEXT) AS surveyed_on,
       COUNT(*) AS points
FROM fact_device d
WHERE d.status = 'active' AND d.role = 'access-point'
GROUP BY d.unit
