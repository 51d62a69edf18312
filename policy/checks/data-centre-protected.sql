-- Asked of a province's network authority: is there a security device in service at the
-- province's data centre? Where nobody holds the data centre's role, or no security device of it is
-- registered, nothing is known, nor of one whose day of going into service has yet to come.
-- What the registry places at a standard site of a unit, or of a body that has a hub too (at its office),
-- does not stand at the centre and is not asked about.
WITH centres AS (
    SELECT a.unit, c.unit AS centre
    FROM fact_role a
    JOIN fact_role c ON c.province = a.province AND c.role = 'data-centre'
    WHERE a.role = 'network-authority'
      AND (a.starts_on IS NULL OR a.starts_on <= CAST(:today AS TEXT))
      AND (a.ends_on IS NULL OR a.ends_on >= CAST(:today AS TEXT))
      AND (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
      AND (c.ends_on IS NULL OR c.ends_on >= CAST(:today AS TEXT))
    GROUP BY a.unit, c.unit
),
elsewhere AS (
    SELECT d.device
    FROM fact_device d
    JOIN fact_site s ON s.site = d.site
    WHERE s.class = 'standard'
      AND (EXISTS (SELECT 1 FROM fact_site h WHERE h.unit = d.unit AND h.class = 'hub' AND h.status = 'active')
           OR NOT EXISTS (SELECT 1 FROM fact_role o WHERE o.unit = s.unit AND o.role IN ('network-authority', 'data-centre')))
),
guarded AS (
    SELECT d.unit AS centre, MAX(d.updated_at) AS updated_at, COUNT(*) AS devices,
           COUNT(CASE WHEN d.status = 'active' AND d.role IN ('firewall', 'ids') AND COALESCE(d.in_service_on, '') <= CAST(:today AS TEXT) THEN 1 END) AS security_devices
    FROM fact_device d
    WHERE NOT EXISTS (SELECT 1 FROM elsewhere x WHERE x.device = d.device)
    GROUP BY d.unit
)
SELECT c.unit AS unit,
       COALESCE(o.name, '') AS subject,
       CASE WHEN g.security_devices > 0 THEN 'met' END AS status,
       CASE WHEN g.centre IS NULL THEN 'not-registered'
            WHEN g.security_devices > 0 THEN 'in-service' ELSE 'none-in-service' END AS reason,
       g.updated_at AS observed_at,
       g.security_devices AS security_devices,
       g.devices AS devices
FROM centres c
LEFT JOIN guarded g ON g.centre = c.centre
LEFT JOIN fact_organization o ON o.unit = c.centre
