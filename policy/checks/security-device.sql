-- Has the unit a firewall or an intrusion detection device in service? That none is registered
-- does not show that it has none: it may stand with the body above, or not be entered yet.
-- Such a row was observed by nobody, and a person answers for it. One whose day of going into service has yet
-- to come is not in service.
WITH devices AS (
    SELECT d.unit, d.role, d.updated_at,
           CASE WHEN d.status = 'active' AND d.in_service_on > CAST(:today AS TEXT) THEN 'planned' ELSE d.status END AS state
    FROM fact_device d
)
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN COUNT(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'in-service'
            ELSE 'none-in-service' END AS reason,
       MAX(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN d.updated_at END) AS observed_at,
       COUNT(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) AS security_devices,
       COUNT(*) AS devices
FROM devices d
GROUP BY d.unit
