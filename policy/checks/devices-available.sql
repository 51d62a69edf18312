-- Each server, network, security and storage device in service, in the current month: was it
-- up for the share that was chosen? What lies behind a dead line was not seen, so only up and
-- down count; what was not measured is without data, and so is what was not measured for at
-- least `min_measured_percent` of the month so far, unless it was down too long already. `role` narrows it to one kind of device;
-- `any` takes all of these, and what else is probed.
-- One that has yet to go into service is not asked about; what it lost in the month in which it went may have
-- been lost before, and nobody can say.
-- In the first `young_days` of a month the last month is judged, which is whole and grows no older if
-- its last two hours (local time, UTC+7) were still seen; if not, it is as old as what was seen. What
-- was lost is a breach once it is too much for the whole month; until then what is too much for what was
-- measured may even out, and nobody can say.
WITH month_of AS (
    SELECT a.unit, a.target, a.subject, d.role, a.updated_at, a.down_ms,
           a.up_ms + a.down_ms AS known_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms, 0) AS share,
           100.0 * a.down_ms / a.month_ms AS lost_share, a.month,
           CASE WHEN d.in_service_on > a.month || '-01' THEN 'no' ELSE 'yes' END AS whole,
           CASE WHEN a.month = CAST(:month AS TEXT) THEN 'no'
                WHEN a.updated_at >= CAST(:now AS BIGINT) - (CAST(:now AS BIGINT) + 25200000) % 86400000
                     - (CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) - 1) * 86400000 - 7200000 THEN 'yes'
                ELSE 'end-unseen' END AS closed,
           100.0 * (a.up_ms + a.down_ms) / a.elapsed_ms AS measured_percent
    FROM fact_availability a
    JOIN fact_device d ON d.device = a.target
    WHERE a.month = CASE WHEN CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) <= CAST(:young_days AS BIGINT)
                          THEN CAST(:last_month AS TEXT) ELSE CAST(:month AS TEXT) END AND a.noun = 'device' AND d.status = 'active'
      AND (d.in_service_on IS NULL OR d.in_service_on <= CAST(:today AS TEXT))
      AND (CAST(:role AS TEXT) = 'any' OR d.role = CAST(:role AS TEXT))
)
SELECT m.unit AS unit,
       m.subject AS subject,
       CASE WHEN m.known_ms = 0 THEN NULL
            WHEN m.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN CASE WHEN m.whole = 'yes' THEN 'breached' END
            WHEN m.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN NULL
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'met' END AS status,
       CASE WHEN m.known_ms = 0 THEN 'no-samples'
            WHEN m.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN CASE WHEN m.whole = 'yes' THEN 'interrupted' ELSE 'first-month' END
            WHEN m.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN 'hardly-measured'
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'available'
            ELSE 'may-even-out' END AS reason,
       CASE WHEN m.closed = 'yes' THEN CAST(:now AS BIGINT) ELSE m.updated_at END AS observed_at,
       m.role AS role,
       CAST(ROUND(CAST(m.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       m.down_ms / 60000 AS lost_minutes,
       CAST(ROUND(CAST(m.measured_percent AS NUMERIC)) AS BIGINT) AS measured_percent,
       m.month AS month
FROM month_of m
UNION ALL
SELECT d.unit AS unit,
       d.name AS subject,
       NULL AS status,
       'no-samples' AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       CAST(NULL AS DOUBLE PRECISION) AS percent,
       CAST(NULL AS BIGINT) AS lost_minutes,
       CAST(NULL AS BIGINT) AS measured_percent,
       CAST(NULL AS TEXT) AS month
FROM fact_device d
WHERE d.status = 'active'
  AND (d.in_service_on IS NULL OR d.in_service_on <= CAST(:today AS TEXT))
  AND (d.role = CAST(:role AS TEXT)
       OR CAST(:role AS TEXT) = 'any'
          AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage'))
  AND d.device NOT IN (SELECT m.target FROM month_of m)
