-- Each server, network, security and storage device in service, in the current month: was it
-- up for the share that was chosen? What lies behind a dead line was not seen, so only up and
-- down count; what was not measured is without data. `role` narrows it to one kind of device;
-- `any` takes all of these, and what else is probed.
WITH month_of AS (
    SELECT a.unit, a.target, a.subject, d.role, a.updated_at, a.down_ms,
           a.up_ms + a.down_ms AS known_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms, 0) AS share
    FROM fact_availability a
    JOIN fact_device d ON d.device = a.target
    WHERE a.month = CAST(:month AS TEXT) AND a.noun = 'device' AND d.status = 'active'
      AND (CAST(:role AS TEXT) = 'any' OR d.role = CAST(:role AS TEXT))
)
SELECT m.unit AS unit,
       m.subject AS subject,
       CASE WHEN m.known_ms = 0 THEN NULL
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN m.known_ms = 0 THEN 'no-samples'
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'available'
            ELSE 'interrupted' END AS reason,
       m.updated_at AS observed_at,
       m.role AS role,
       CAST(ROUND(CAST(m.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       m.down_ms / 60000 AS lost_minutes
FROM month_of m
UNION ALL
SELECT d.unit AS unit,
       d.name AS subject,
       NULL AS status,
       'no-samples' AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       CAST(NULL AS DOUBLE PRECISION) AS percent,
       CAST(NULL AS BIGINT) AS lost_minutes
FROM fact_device d
WHERE d.status = 'active'
  AND (d.role = CAST(:role AS TEXT)
       OR CAST(:role AS TEXT) = 'any'
          AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage'))
  AND d.device NOT IN (SELECT m.target FROM month_of m)
