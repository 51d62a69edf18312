-- Have the log lines of each network and security device been kept here for the time that
-- the rule asks? They are kept since the oldest that the store still reads, while lines come. Of
-- a device that fell silent for less than that time nobody can say: it may have had nothing to
-- log, or been switched off, and what it sent is kept. Silent for longer, nothing of that time is
-- kept. Before that time has passed nobody can say either, nor of a device that never sent here:
-- it may keep its log elsewhere; nor of a silence in which we did not listen, nor of a line that was noted
-- later than now, before the machine's clock was set back.
SELECT l.unit AS unit,
       l.name AS subject,
       CASE WHEN l.first_received_at IS NULL OR l.last_received_at > CAST(:now AS BIGINT) + 3600000 THEN NULL
            WHEN l.last_received_at < CAST(:now AS BIGINT) - CAST(:min_days AS BIGINT) * 86400000
                 AND CAST(:listening_since AS BIGINT) <= CAST(:now AS BIGINT) - CAST(:min_days AS BIGINT) * 86400000 THEN 'breached'
            WHEN l.last_received_at < CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN NULL
            WHEN l.first_received_at <= CAST(:now AS BIGINT) - CAST(:min_days AS BIGINT) * 86400000 THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN l.first_received_at IS NULL THEN 'never'
            WHEN l.last_received_at > CAST(:now AS BIGINT) + 3600000 THEN 'clock-ahead'
            WHEN l.last_received_at < CAST(:now AS BIGINT) - CAST(:min_days AS BIGINT) * 86400000
                 AND CAST(:listening_since AS BIGINT) <= CAST(:now AS BIGINT) - CAST(:min_days AS BIGINT) * 86400000 THEN 'stopped'
            WHEN l.last_received_at < CAST(:now AS BIGINT) - CAST(:max_silence_hours AS BIGINT) * 3600000 THEN 'silent'
            WHEN l.first_received_at <= CAST(:now AS BIGINT) - CAST(:min_days AS BIGINT) * 86400000 THEN 'kept'
            ELSE 'too-early' END AS reason,
       COALESCE(l.last_received_at, l.updated_at) AS observed_at,
       l.role AS role,
       (CAST(:now AS BIGINT) - l.first_received_at) / 86400000 AS kept_days,
       (CAST(:now AS BIGINT) - l.last_received_at) / 3600000 AS silent_hours,
       (CAST(:now AS BIGINT) - l.last_received_at) / 86400000 AS silent_days
FROM fact_log_source l
WHERE l.role IN ('firewall', 'ids', 'router', 'switch')
