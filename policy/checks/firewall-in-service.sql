-- Has the unit a firewall in service? An intrusion detection device is none. That none is
-- registered does not show that no money was arranged: it may be on order, stand with the
-- body above, or not be entered yet. Such a row was observed by nobody, and a person answers
-- for it.
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'in-service'
            WHEN COUNT(CASE WHEN d.status = 'planned' AND d.role = 'firewall' THEN 1 END) > 0 THEN 'planned'
            ELSE 'none-in-service' END AS reason,
       MAX(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN d.updated_at END) AS observed_at,
       COUNT(CASE WHEN d.status = 'active' AND d.role = 'firewall' THEN 1 END) AS firewalls,
       COUNT(*) AS devices
FROM fact_device d
GROUP BY d.unit
