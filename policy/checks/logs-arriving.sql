-- Do log lines arrive from every server, security device and network device in service? One
-- that never sent here may log elsewhere: nothing is known of it, nor of a silence in which we
-- did not listen, of one that is off or out of reach now (itself, or the site where it stands) or was
-- within that time, or has yet to go into service, of a network device, which writes only when something happens, or of a line that
-- was noted later than now, before the machine's clock was set back.
WITH away AS (
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
SELECT l.unit AS unit,
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
FROM fact_log_source l
LEFT JOIN away a ON a.device = l.device
