-- Asked of a province's network authority: is there a security device in service at the
-- province's data centre, and do the centre's servers and devices send their logs? Where
-- nobody holds the data centre's role, or no security device of it is registered, nothing is known;
-- nor of the logs of a device that never sent here: it may log elsewhere; nor of a silence in which we
-- did not listen, of one that is down now, or of a network device, which writes only when something
-- happens.
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
guarded AS (
    SELECT d.unit AS centre, MAX(d.updated_at) AS updated_at, COUNT(*) AS devices,
           COUNT(CASE WHEN d.status = 'active' AND d.role IN ('firewall', 'ids') THEN 1 END) AS security_devices
    FROM fact_device d
    GROUP BY d.unit
)
SELECT c.unit AS unit,
       COALESCE(o.name, '') AS subject,
       CASE WHEN g.security_devices > 0 THEN 'met' END AS status,
       CASE WHEN g.centre IS NULL THEN 'not-registered'
            WHEN g.security_devices > 0 THEN 'in-service' ELSE 'none-in-service' END AS reason,
       g.updated_at AS observed_at,
       g.security_devices AS security_devices,
       g.devices AS devices,
       CAST(NULL AS BIGINT) AS silent_hours,
       CAST(NULL AS BIGINT) AS lines
FROM centres c
LEFT JOIN guarded g ON g.centre = c.centre
LEFT JOIN fact_organization o ON o.unit = c.centre
UNION ALL
SELECT c.unit AS unit,
       l.name AS subject,
       CASE WHEN l.last_received_at >= CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'met'
            WHEN CAST(:listening_since AS BIGINT) <= CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000
                 AND l.last_received_at IS NOT NULL AND t.target IS NULL
                 AND l.role IN ('server', 'firewall', 'ids') THEN 'breached' END AS status,
       CASE WHEN l.last_received_at IS NULL THEN 'never'
            WHEN l.last_received_at >= CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'arriving'
            WHEN CAST(:listening_since AS BIGINT) > CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'not-listening'
            WHEN t.target IS NOT NULL THEN 'switched-off'
            WHEN l.role IN ('server', 'firewall', 'ids') THEN 'silent'
            ELSE 'quiet' END AS reason,
       COALESCE(l.last_received_at, l.updated_at) AS observed_at,
       CAST(NULL AS BIGINT) AS security_devices,
       CAST(NULL AS BIGINT) AS devices,
       (CAST(:now AS BIGINT) - l.last_received_at) / 3600000 AS silent_hours,
       l.lines AS lines
FROM centres c
JOIN fact_log_source l ON l.unit = c.centre
LEFT JOIN fact_target t ON t.target = l.device AND t.noun = 'device' AND t.state = 'down'
