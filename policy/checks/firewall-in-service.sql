-- Has the unit a firewall in service? An intrusion detection device is none. That none is
-- registered does not show that no money was arranged: it may be on order, stand with the
-- body above, or not be entered yet. Such a row was observed by nobody, and a person answers
-- for it. One whose day of going into service has yet to come is planned.
WITH devices AS (
    SELECT d.unit, d.role, d.updated_at,
           CASE WHEN d.status = 'active' AND d.in_service_on > CAST(:today AS TEXT) THEN 'planned' ELSE d.status END AS state
    FROM fact_device d
)
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.state = 'active' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN COUNT(CASE WHEN d.state = 'active' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'in-service'
            WHEN COUNT(CASE WHEN d.state = 'planned' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'planned'
            ELSE 'none-in-service' END AS reason,
       MAX(CASE WHEN d.state = 'active' AND d.role = 'firewall' THEN d.updated_at END) AS observed_at,
       COUNT(CASE WHEN d.state = 'active' AND d.role = 'firewall' THEN 1 END) AS firewalls,
       COUNT(*) AS devices
FROM devices d
GROUP BY d.unit
