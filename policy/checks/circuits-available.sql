-- Asked of a provider: was each of its circuits in use up for the share of the month that
-- was chosen? Time behind another point that was down, and time without samples, counts
-- neither for nor against the provider; but of the month so far at least
-- `min_measured_percent` must have been measured, unless the circuit was down too long already.
-- `level_two` narrows it to the circuits of Party and State bodies of district and commune.
-- In the first `young_days` of a month the last month is judged, which is whole and grows no older if
-- its last two hours (local time, UTC+7) were still seen; if not, it is as old as what was seen. What
-- was lost is a breach once it is too much for the whole month; until then what is too much for what was
-- measured may even out, and nobody can say.
WITH month_of AS (
    SELECT c.provider, c.code, c.updated_at AS entered_at, a.updated_at AS seen, a.down_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms, 0) AS share,
           100.0 * a.down_ms / a.month_ms AS lost_share, a.month,
           CASE WHEN a.month = CAST(:month AS TEXT) THEN 'no'
                WHEN a.updated_at >= CAST(:now AS BIGINT) - (CAST(:now AS BIGINT) + 25200000) % 86400000
                     - (CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) - 1) * 86400000 - 7200000 THEN 'yes'
                ELSE 'end-unseen' END AS closed,
           100.0 * (a.up_ms + a.down_ms) / a.elapsed_ms AS measured_percent
    FROM fact_circuit c
    LEFT JOIN fact_availability a ON a.target = c.circuit AND a.noun = 'circuit' AND a.month = CASE WHEN CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) <= CAST(:young_days AS BIGINT)
                          THEN CAST(:last_month AS TEXT) ELSE CAST(:month AS TEXT) END
    WHERE c.status = 'active'
      AND (CAST(:level_two AS TEXT) <> 'yes'
           OR EXISTS (SELECT 1 FROM fact_organization o
                      WHERE o.unit = c.unit AND o.level IN ('district', 'commune')
                        AND o.kind NOT IN ('front', 'telecom-provider', 'affiliated', 'other')))
)
SELECT m.provider AS unit,
       m.code AS subject,
       CASE WHEN m.share IS NULL THEN NULL
            WHEN m.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN 'breached'
            WHEN m.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN NULL
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'met' END AS status,
       CASE WHEN m.share IS NULL THEN 'no-samples'
            WHEN m.lost_share > 100 - CAST(:min_percent AS DOUBLE PRECISION) THEN 'interrupted'
            WHEN m.measured_percent < CAST(:min_measured_percent AS DOUBLE PRECISION) THEN 'hardly-measured'
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'available'
            ELSE 'may-even-out' END AS reason,
       CASE WHEN m.closed = 'yes' THEN CAST(:now AS BIGINT) ELSE COALESCE(m.seen, m.entered_at) END AS observed_at,
       CAST(ROUND(CAST(m.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       COALESCE(m.down_ms, 0) / 60000 AS lost_minutes,
       CAST(ROUND(CAST(m.measured_percent AS NUMERIC)) AS BIGINT) AS measured_percent,
       m.month AS month
FROM month_of m
