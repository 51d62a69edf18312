-- Each connection of a unit, in the current month: was it up for the share that was chosen?
-- Time without samples counts neither for nor against, nor does time behind another point that
-- was down: that point is not the unit's. A line that was down is the provider's to answer for, so
-- it shows no fault of the unit. Of the month so far at least
-- `min_measured_percent` must have been measured, or nobody can say, unless what was lost is
-- too much already. A site in service that was not measured,
-- and a circuit of which neither an end nor the line itself was, are without data.
-- In the first `young_days` of a month the last month is judged, which is whole and grows no older if
-- its last two hours (local time, UTC+7) were still seen; if not, it is as old as what was seen. What
-- was lost is a breach once it is too much for the whole month; until then what is too much for what was
-- measured may even out, and nobody can say.
WITH month_of AS (
    SELECT a.unit, a.target, a.noun, a.subject, a.updated_at, a.no_data_ms,
           a.up_ms + a.down_ms AS known_ms,
           a.down_ms AS lost_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms, 0) AS share,
           100.0 * a.down_ms / a.month_ms AS lost_share, a.month,
           CASE WHEN a.month = CAST(:month AS TEXT) THEN 'no'
                WHEN a.updated_at >= CAST(:now AS BIGINT) - (CAST(:now AS BIGINT) + 25200000) % 86400000
                     - (CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) - 1) * 86400000 - 7200000 THEN 'yes'
                ELSE 'end-unseen' END AS closed,
           100.0 * (a.up_ms + a.down_ms) / a.elapsed_ms AS measured_percent
    FROM fact_availability a
    WHERE a.month = CASE WHEN CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) <= CAST(:young_days AS BIGINT)
                          THEN CAST(:last_month AS TEXT) ELSE CAST(:month AS TEXT) END AND a.noun IN ('site', 'circuit') AND a.status = 'active'
)
SELECT m.unit AS unit,
       m.subject AS subject,
       CASE WHEN m.known_ms = 0 THEN NULL
            WHEN m.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN CASE WHEN m.noun = 'site' THEN 'breached' END
            WHEN m.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN NULL
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'met' END AS status,
       CASE WHEN m.known_ms = 0 THEN 'no-samples'
            WHEN m.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN CASE WHEN m.noun = 'site' THEN 'interrupted' ELSE 'line-down' END
            WHEN m.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN 'hardly-measured'
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'available'
            ELSE 'may-even-out' END AS reason,
       CASE WHEN m.closed = 'yes' THEN CAST(:now AS BIGINT) ELSE m.updated_at END AS observed_at,
       CAST(ROUND(CAST(m.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       m.lost_ms / 60000 AS lost_minutes,
       m.no_data_ms / 60000 AS no_data_minutes,
       CAST(ROUND(CAST(m.measured_percent AS NUMERIC)) AS BIGINT) AS measured_percent,
       m.month AS month
FROM month_of m
UNION ALL
SELECT s.unit AS unit,
       s.name AS subject,
       NULL AS status,
       'not-measured' AS reason,
       s.updated_at AS observed_at,
       CAST(NULL AS DOUBLE PRECISION) AS percent,
       CAST(NULL AS BIGINT) AS lost_minutes,
       CAST(NULL AS BIGINT) AS no_data_minutes,
       CAST(NULL AS BIGINT) AS measured_percent,
       CAST(NULL AS TEXT) AS month
FROM fact_site s
WHERE s.status = 'active' AND s.site NOT IN (SELECT m.target FROM month_of m)
UNION ALL
SELECT c.unit AS unit,
       c.code AS subject,
       NULL AS status,
       'not-measured' AS reason,
       c.updated_at AS observed_at,
       CAST(NULL AS DOUBLE PRECISION) AS percent,
       CAST(NULL AS BIGINT) AS lost_minutes,
       CAST(NULL AS BIGINT) AS no_data_minutes,
       CAST(NULL AS BIGINT) AS measured_percent,
       CAST(NULL AS TEXT) AS month
FROM fact_circuit c
WHERE c.status = 'active'
  AND NOT EXISTS (SELECT 1 FROM month_of m WHERE m.target IN (c.circuit, c.a_site, c.z_site))
