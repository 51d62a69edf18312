-- Was each of the three groups (technical staff, managers, users) trained within the last
-- year, from this day of the year before? An activity that is no class trained nobody.
WITH trained AS (
    SELECT e.unit, MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on,
           COUNT(DISTINCT CASE
               WHEN e.subject IN ('technical', 'managers', 'users')
                    AND e.occurred_on >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT)
                                         || SUBSTR(CAST(:today AS TEXT), 5)
               THEN e.subject END) AS trained_groups
    FROM fact_entry e
    WHERE e.register = 'security-training' AND e.occurred_on <= CAST(:today AS TEXT)
      AND (e.result IS NULL OR e.result <> 'monitoring-other')
    GROUP BY e.unit
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.trained_groups = 3 THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN t.trained_groups = 3 THEN 'all-trained' ELSE 'groups-missing' END AS reason,
       t.recorded_at AS observed_at,
       t.trained_groups AS trained_groups,
       t.last_on AS last_on
FROM trained t
