-- How long each target was up, down and so on in a month; `ended` is no longer probed.
-- keys: unit target noun subject class month updated_at status
-- seen: up_ms down_ms unreachable_ms isolated_ms no_data_ms
-- adds: month_ms elapsed_ms
-- past: monthly
SELECT p.organization_id AS unit, p.target_id AS target, p.noun, p.subject, p.class, d.month,
    d.up_ms, d.down_ms, d.unreachable_ms, d.isolated_ms, d.no_data_ms, d.updated_at,
    CASE WHEN t.target_id IS NULL THEN 'ended' ELSE 'active' END AS status
FROM (
    SELECT id AS target_id, 'site' AS noun, organization_id, name AS subject, class FROM site
    UNION ALL
    SELECT id, 'circuit', organization_id, code, 'standard' FROM circuit
    UNION ALL
    SELECT id, 'device', organization_id, name, 'standard' FROM device
) p JOIN (
    SELECT target_id, month,
        CAST(SUM(up_ms) AS BIGINT) AS up_ms,
        CAST(SUM(down_ms) AS BIGINT) AS down_ms,
        CAST(SUM(unreachable_ms) AS BIGINT) AS unreachable_ms,
        CAST(SUM(isolated_ms) AS BIGINT) AS isolated_ms,
        CAST(SUM(no_data_ms) AS BIGINT) AS no_data_ms,
        MAX(updated_at) AS updated_at
    FROM availability_day GROUP BY target_id, month
) d ON d.target_id = p.target_id
LEFT JOIN target t ON t.target_id = p.target_id
