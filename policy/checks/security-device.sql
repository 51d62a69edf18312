-- Has the unit a firewall or an intrusion detection device in service? That none is registered
-- does not show that it has none: it may stand with the body above, or not be entered yet.
-- Such a row was observed by nobody, and a person answers for it. One whose day of going into service has yet
-- to come is not in service.
-- Where the last one was taken out within 180 days, for which a word is believed, a word may be older than
-- that, and none counts.
WITH devices AS (
    SELECT d.unit, d.role, d.updated_at,
           CASE WHEN d.status = 'active' AND d.in_service_on > CAST(:today AS TEXT) THEN 'planned'
                WHEN d.status = 'retired' AND d.updated_at > CAST(:now AS BIGINT) - 15552000000 THEN 'taken-out'
                ELSE d.status END AS state
    FROM fact_device d
)
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN COUNT(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'in-service'
            WHEN COUNT(CASE WHEN d.state = 'taken-out' AND d.role IN ('firewall', 'ids') THEN 1 END) > 0 THEN 'taken-out'
            ELSE 'none-in-service' END AS reason,
       COALESCE(MAX(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN d.updated_at END),
                MAX(CASE WHEN d.state = 'taken-out' AND d.role IN ('firewall', 'ids') THEN d.updated_at END)) AS observed_at,
       COUNT(CASE WHEN d.state = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) AS security_devices,
       COUNT(*) AS devices
FROM devices d
GROUP BY d.unit
