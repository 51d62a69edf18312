-- Do log lines arrive from every server, security device and network device in service? One
-- that never sent here may log elsewhere: nothing is known of it, nor of a silence in which we
-- did not listen, of one that is down now, or of a network device, which writes only when something
-- happens.
SELECT l.unit AS unit,
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
       l.role AS role,
       (CAST(:now AS BIGINT) - l.last_received_at) / 3600000 AS silent_hours,
       l.lines AS lines
FROM fact_log_source l
LEFT JOIN fact_target t ON t.target = l.device AND t.noun = 'device' AND t.state = 'down'
