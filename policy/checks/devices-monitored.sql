-- Is every server, network, security and storage device in service probed, with samples
-- that are still fresh?
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN t.last_sample_at >= CAST(:now AS BIGINT) - CAST(:max_age_minutes AS BIGINT) * 60000 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN t.last_sample_at >= CAST(:now AS BIGINT) - CAST(:max_age_minutes AS BIGINT) * 60000 THEN 'watched'
            WHEN t.last_sample_at IS NULL THEN 'not-watched'
            ELSE 'silent' END AS reason,
       COALESCE(t.last_sample_at, d.updated_at) AS observed_at,
       d.role AS role,
       t.last_sample_at AS last_sample_at
FROM fact_device d
LEFT JOIN fact_target t ON t.target = d.device
WHERE d.status = 'active'
  AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage')
UNION ALL
SELECT d.unit AS unit,
       '' AS subject,
       'not_applicable' AS status,
       'none-in-service' AS reason,
       MAX(d.updated_at) AS observed_at,
       CAST(NULL AS TEXT) AS role,
       CAST(NULL AS BIGINT) AS last_sample_at
FROM fact_device d
GROUP BY d.unit
HAVING COUNT(CASE WHEN d.status = 'active'
                   AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage')
                  THEN 1 END) = 0
