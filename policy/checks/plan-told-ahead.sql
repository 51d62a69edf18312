-- Were the police told of the plan before the newest yearly inspection that was held, so that they could
-- join it? The network authority is asked. A notice is of the year that it names, or of that of its day.
-- Of a notice that came after the first day of that year's inspections, or none, nobody can say whether
-- the police could join; that none was sent at all is the duty's to judge when the year is over.
WITH asked AS (
    SELECT r.unit, MAX(r.updated_at) AS updated_at
    FROM fact_role r
    WHERE r.role = 'network-authority'
      AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
      AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
    GROUP BY r.unit
),
held AS (
    SELECT e.unit, COALESCE(NULLIF(e.period, ''), SUBSTR(e.occurred_on, 1, 4)) AS year,
           MAX(e.age_days) AS age_days, MIN(e.occurred_on) AS occurred_on, MAX(e.recorded_at) AS recorded_at
    FROM fact_entry e
    WHERE e.register = 'yearly-inspection' AND e.result IN ('sound', 'findings')
    GROUP BY e.unit, COALESCE(NULLIF(e.period, ''), SUBSTR(e.occurred_on, 1, 4))
),
newest AS (
    SELECT h.unit, MAX(h.year) AS year
    FROM held h
    GROUP BY h.unit
),
told AS (
    SELECT e.unit, COALESCE(NULLIF(e.period, ''), SUBSTR(e.occurred_on, 1, 4)) AS year,
           MIN((e.finished_at + 25200000) / 86400000) AS told_day
    FROM fact_entry e
    WHERE e.register = 'outward-notice' AND e.result = 'inspection-plan' AND e.finished_at IS NOT NULL
    GROUP BY e.unit, COALESCE(NULLIF(e.period, ''), SUBSTR(e.occurred_on, 1, 4))
)
SELECT a.unit AS unit,
       '' AS subject,
       CASE WHEN h.unit IS NULL THEN 'not_applicable'
            WHEN t.told_day <= (CAST(:now AS BIGINT) + 25200000) / 86400000 - h.age_days THEN 'met' END AS status,
       CASE WHEN h.unit IS NULL THEN 'not-held'
            WHEN t.told_day <= (CAST(:now AS BIGINT) + 25200000) / 86400000 - h.age_days THEN 'ahead'
            WHEN t.told_day IS NULL THEN 'not-told'
            ELSE 'told-after' END AS reason,
       COALESCE(h.recorded_at, a.updated_at) AS observed_at,
       h.occurred_on AS occurred_on
FROM asked a
LEFT JOIN newest n ON n.unit = a.unit
LEFT JOIN held h ON h.unit = n.unit AND h.year = n.year
LEFT JOIN told t ON t.unit = h.unit AND t.year = h.year
