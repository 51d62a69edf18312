-- A province's whole network in the current month, asked of whoever runs it: up time of
-- all connections together against their known time, which is at least `min_measured_percent`
-- of the month so far (of those still in service), or nobody can say, unless too much of it was
-- lost already. A member's site in service that was not
-- measured is without data, and the whole with it.
-- In the first `young_days` of a month the last month is judged, which is whole and grows no older if
-- its last two hours (local time, UTC+7) were still seen; if not, it is as old as what was seen. What
-- was lost is a breach once it is too much for the whole month; until then what is too much for what was
-- measured may even out, and nobody can say.
WITH network AS (
    SELECT o.province, CAST(SUM(a.up_ms) AS BIGINT) AS up_ms,
           CAST(SUM(a.up_ms + a.down_ms + a.unreachable_ms) AS BIGINT) AS known_ms,
           CAST(SUM(a.down_ms + a.unreachable_ms) AS BIGINT) AS lost_ms,
           CAST(SUM(CASE WHEN a.status = 'active' THEN a.up_ms + a.down_ms + a.unreachable_ms END) AS BIGINT) AS measured_ms,
           COUNT(CASE WHEN a.status = 'active' THEN 1 END) AS watched,
           COUNT(*) AS connections,
           MAX(a.month) AS month, MAX(a.month_ms) AS month_ms, MAX(a.elapsed_ms) AS elapsed_ms,
           MAX(a.updated_at) AS seen,
           MIN(CASE WHEN a.status = 'active' THEN a.updated_at END) AS all_seen
    FROM fact_availability a
    JOIN fact_organization o ON o.unit = a.unit
    WHERE a.month = CASE WHEN CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) <= CAST(:young_days AS BIGINT)
                          THEN CAST(:last_month AS TEXT) ELSE CAST(:month AS TEXT) END AND a.noun IN ('site', 'circuit')
    GROUP BY o.province
),
shared AS (
    SELECT n.province, n.connections, n.seen, n.all_seen, 100.0 * n.up_ms / NULLIF(n.known_ms, 0) AS share,
           100.0 * n.lost_ms / (n.connections * n.month_ms) AS lost_share, n.month,
           CASE WHEN n.month = CAST(:month AS TEXT) THEN 'no'
                WHEN n.all_seen >= CAST(:now AS BIGINT) - (CAST(:now AS BIGINT) + 25200000) % 86400000
                     - (CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) - 1) * 86400000 - 7200000 THEN 'yes'
                ELSE 'end-unseen' END AS closed,
           COALESCE(100.0 * n.measured_ms / NULLIF(n.watched * n.elapsed_ms, 0), 0) AS measured_percent
    FROM network n
)
SELECT r.unit AS unit,
       '' AS subject,
       CASE WHEN s.share IS NULL THEN NULL
            WHEN s.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN 'breached'
            WHEN s.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN NULL
            WHEN s.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'met' END AS status,
       CASE WHEN s.share IS NULL THEN 'no-samples'
            WHEN s.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN 'interrupted'
            WHEN s.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN 'hardly-measured'
            WHEN s.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'available'
            ELSE 'may-even-out' END AS reason,
       CASE WHEN s.closed = 'yes' THEN CAST(:now AS BIGINT)
            WHEN s.closed = 'no' THEN s.seen ELSE s.all_seen END AS observed_at,
       CAST(ROUND(CAST(s.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       COALESCE(s.connections, 0) AS connections,
       CAST(ROUND(CAST(s.measured_percent AS NUMERIC)) AS BIGINT) AS measured_percent,
       s.month AS month
FROM fact_role r LEFT JOIN shared s ON s.province = r.province
WHERE r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
UNION ALL
SELECT r.unit AS unit,
       s.name AS subject,
       NULL AS status,
       'not-measured' AS reason,
       s.updated_at AS observed_at,
       CAST(NULL AS DOUBLE PRECISION) AS percent,
       CAST(NULL AS BIGINT) AS connections,
       CAST(NULL AS BIGINT) AS measured_percent,
       CAST(NULL AS TEXT) AS month
FROM fact_role r
JOIN fact_organization o ON o.province = r.province AND o.membership IN ('member', 'participant')
JOIN fact_site s ON s.unit = o.unit AND s.status = 'active'
LEFT JOIN fact_availability a ON a.target = s.site AND a.month = CASE WHEN CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) <= CAST(:young_days AS BIGINT)
                          THEN CAST(:last_month AS TEXT) ELSE CAST(:month AS TEXT) END
WHERE r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
  AND a.target IS NULL
