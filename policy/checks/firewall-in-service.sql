-- Has the unit a firewall in service? An intrusion detection device is none. Units without
-- any device in the registry are not answered for.
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'in-service'
            ELSE 'none-in-service' END AS reason,
       MAX(d.updated_at) AS observed_at,
       COUNT(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN 1 END) AS firewalls,
       COUNT(*) AS devices
FROM fact_device d
GROUP BY d.unit
