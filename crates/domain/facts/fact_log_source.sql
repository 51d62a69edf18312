-- When each device that should send log lines last did, also under a name or address that was
-- granted later.
-- keys: unit device name role updated_at
-- seen: last_received_at lines first_received_at
-- past: nothing
SELECT d.organization_id AS unit, d.id AS device, d.name, d.role,
    CASE WHEN c.last_at IS NOT NULL AND (s.last_received_at IS NULL OR s.last_received_at < c.last_at)
        THEN c.last_at ELSE s.last_received_at END AS last_received_at,
    CASE WHEN c.lines IS NULL THEN s.lines ELSE COALESCE(s.lines, 0) + c.lines END AS lines,
    CASE WHEN c.counted_at IS NOT NULL AND (s.updated_at IS NULL OR s.updated_at < c.counted_at)
        THEN c.counted_at ELSE COALESCE(s.updated_at, d.updated_at) END AS updated_at,
    CASE WHEN c.first_at IS NOT NULL AND (s.first_received_at IS NULL OR c.first_at < s.first_received_at)
        THEN c.first_at ELSE s.first_received_at END AS first_received_at
FROM device d LEFT JOIN log_source s ON s.device_id = d.id
LEFT JOIN (
    SELECT device_id, organization_id, CAST(SUM(lines) AS BIGINT) AS lines, MIN(first_at) AS first_at,
        MAX(last_at) AS last_at, MAX(counted_at) AS counted_at
    FROM log_claim WHERE ended_at IS NULL AND lines > 0 GROUP BY device_id, organization_id
) c ON c.device_id = d.id AND c.organization_id = d.organization_id
WHERE d.status = 'active' AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch')
