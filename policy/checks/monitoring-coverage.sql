-- Asked of whoever runs a province's network: is every connected unit of the province
-- watched, with samples that are still fresh?
WITH watched AS (
    SELECT t.unit, COUNT(*) AS targets, MAX(t.last_sample_at) AS last_sample_at
    FROM fact_target t
    GROUP BY t.unit
)
SELECT r.unit AS unit,
       o.name AS subject,
       CASE WHEN w.last_sample_at >= CAST(:now AS BIGINT) - CAST(:max_age_minutes AS BIGINT) * 60000 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN w.unit IS NULL THEN 'not-watched'
            WHEN w.last_sample_at >= CAST(:now AS BIGINT) - CAST(:max_age_minutes AS BIGINT) * 60000 THEN 'watched'
            ELSE 'silent' END AS reason,
       COALESCE(w.last_sample_at, o.updated_at) AS observed_at,
       o.code AS code,
       COALESCE(w.targets, 0) AS targets,
       w.last_sample_at AS last_sample_at
FROM fact_role r
JOIN fact_organization o ON o.province = r.province
LEFT JOIN watched w ON w.unit = o.unit
WHERE r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
  AND o.membership IN ('member', 'participant')
