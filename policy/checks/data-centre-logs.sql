-- Asked of a province's network authority: do log lines arrive from every server and device
-- of whoever holds the data centre's role in the same province? Without a holder nothing is
-- known, nor of a device that never sent here: it may log elsewhere; nor of a silence in which
-- we did not listen, of one that is off or out of reach now (itself, or the site where it stands) or was
-- within that time, or has yet to go into service, of a network device, which writes only when something happens, or of a line that was
-- noted later than now, before the machine's clock was set back.
-- What the registry places at a standard site of a unit, or of a body that has a hub too (at its office),
-- does not stand at the centre and is not asked about.
WITH elsewhere AS (
    SELECT d.device
    FROM fact_device d
    JOIN fact_site s ON s.site = d.site
    WHERE s.class = 'standard'
      AND (EXISTS (SELECT 1 FROM fact_site h WHERE h.unit = d.unit AND h.class = 'hub' AND h.status = 'active')
           OR NOT EXISTS (SELECT 1 FROM fact_role o WHERE o.unit = s.unit AND o.role IN ('network-authority', 'data-centre')))
),
away AS (
    SELECT l.device
    FROM fact_log_source l
    LEFT JOIN fact_target t ON t.target = l.device AND t.noun = 'device'
    LEFT JOIN fact_device d ON d.device = l.device
    LEFT JOIN fact_target s ON s.target = d.site AND s.noun = 'site'
    WHERE t.state IN ('down', 'unreachable', 'isolated') OR d.in_service_on > CAST(:today AS TEXT)
       OR t.since_at > CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000
       OR (COALESCE(t.state, 'no_data') = 'no_data'
           AND (s.state IN ('down', 'unreachable', 'isolated')
                OR s.since_at > CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000))
)
SELECT r.unit AS unit,
       l.name AS subject,
       CASE WHEN l.last_received_at > CAST(:now AS BIGINT) + 3600000 THEN NULL
            WHEN l.last_received_at >= CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'met'
            WHEN CAST(:listening_since AS BIGINT) <= CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000
                 AND l.last_received_at IS NOT NULL AND a.device IS NULL
                 AND l.role IN ('server', 'firewall', 'ids') THEN 'breached' END AS status,
       CASE WHEN l.last_received_at IS NULL THEN 'never'
            WHEN l.last_received_at > CAST(:now AS BIGINT) + 3600000 THEN 'clock-ahead'
            WHEN l.last_received_at >= CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'arriving'
            WHEN CAST(:listening_since AS BIGINT) > CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'not-listening'
            WHEN a.device IS NOT NULL THEN 'switched-off'
            WHEN l.role IN ('server', 'firewall', 'ids') THEN 'silent'
            ELSE 'quiet' END AS reason,
       COALESCE(l.last_received_at, l.updated_at) AS observed_at,
       l.role AS role,
       (CAST(:now AS BIGINT) - l.last_received_at) / 3600000 AS silent_hours,
       l.lines AS lines
FROM fact_role r
JOIN fact_role c ON c.province = r.province AND c.role = 'data-centre'
JOIN fact_log_source l ON l.unit = c.unit
LEFT JOIN away a ON a.device = l.device
WHERE r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
  AND (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
  AND (c.ends_on IS NULL OR c.ends_on >= CAST(:today AS TEXT))
  AND NOT EXISTS (SELECT 1 FROM elsewhere x WHERE x.device = l.device)
