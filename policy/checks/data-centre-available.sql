-- Asked of a province's network authority: was each server, network, security and storage device
-- in service at the province's data centre up for the share of the current month that was
-- chosen? Only up and down count; what was not measured is without data, and so is what was not
-- measured for at least `min_measured_percent` of the month so far, unless it was down too long
-- already. Where nobody holds the data centre's role, or nothing of it is registered, nothing is
-- known.
-- What the registry places at a standard site of a unit, or of a body that has a hub too (at its office),
-- does not stand at the centre and is not asked about.
-- One that has yet to go into service is not asked about; what it lost in the month in which it went may have
-- been lost before, and nobody can say.
-- In the first `young_days` of a month the last month is judged, which is whole and grows no older if
-- its last two hours (local time, UTC+7) were still seen; if not, it is as old as what was seen. What
-- was lost is a breach once it is too much for the whole month; until then what is too much for what was
-- measured may even out, and nobody can say.
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
elsewhere AS (
    SELECT d.device
    FROM fact_device d
    JOIN fact_site s ON s.site = d.site
    WHERE s.class = 'standard'
      AND (EXISTS (SELECT 1 FROM fact_site h WHERE h.unit = d.unit AND h.class = 'hub' AND h.status = 'active')
           OR NOT EXISTS (SELECT 1 FROM fact_role o WHERE o.unit = s.unit AND o.role IN ('network-authority', 'data-centre')))
),
month_of AS (
    SELECT c.unit, d.name, d.role, COALESCE(a.updated_at, d.updated_at) AS updated_at, a.down_ms,
           COALESCE(a.up_ms + a.down_ms, 0) AS known_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms, 0) AS share,
           100.0 * a.down_ms / a.month_ms AS lost_share, a.month,
           CASE WHEN d.in_service_on > a.month || '-01' THEN 'no' ELSE 'yes' END AS whole,
           CASE WHEN a.month = CAST(:month AS TEXT) THEN 'no'
                WHEN a.updated_at >= CAST(:now AS BIGINT) - (CAST(:now AS BIGINT) + 25200000) % 86400000
                     - (CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) - 1) * 86400000 - 7200000 THEN 'yes'
                ELSE 'end-unseen' END AS closed,
           100.0 * (a.up_ms + a.down_ms) / a.elapsed_ms AS measured_percent
    FROM centres c
    JOIN fact_device d ON d.unit = c.centre
    LEFT JOIN fact_availability a
         ON a.target = d.device AND a.noun = 'device' AND a.month = CASE WHEN CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) <= CAST(:young_days AS BIGINT)
                          THEN CAST(:last_month AS TEXT) ELSE CAST(:month AS TEXT) END
    WHERE d.status = 'active'
      AND (d.in_service_on IS NULL OR d.in_service_on <= CAST(:today AS TEXT))
      AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage')
      AND NOT EXISTS (SELECT 1 FROM elsewhere x WHERE x.device = d.device)
)
SELECT m.unit AS unit,
       m.name AS subject,
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
