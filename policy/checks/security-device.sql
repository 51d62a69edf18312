-- Has the unit a firewall or an intrusion detection device in service? Units without any
-- device in the registry are not answered for.
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'in-service'
            ELSE 'none-in-service' END AS reason,
       MAX(d.updated_at) AS observed_at,
       COUNT(CASE WHEN d.status = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) AS security_devices,
       COUNT(*) AS devices
FROM fact_device d
GROUP BY d.unit
