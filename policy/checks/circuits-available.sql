-- Asked of a provider: was each of its circuits in use up for the share of the month that
-- was chosen? Time behind another point that was down, and time without samples, counts
-- neither for nor against the provider.
WITH month_of AS (
    SELECT c.provider, c.code, c.updated_at AS entered_at, a.updated_at AS seen, a.down_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms, 0) AS share
    FROM fact_circuit c
    LEFT JOIN fact_availability a ON a.target = c.circuit AND a.noun = 'circuit' AND a.month = CAST(:month AS TEXT)
    WHERE c.status = 'active'
)
SELECT m.provider AS unit,
       m.code AS subject,
       CASE WHEN m.share IS NULL THEN NULL
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN m.share IS NULL THEN 'no-samples'
            WHEN m.share >= CAST(:min_percent AS DOUBLE PRECISION) THEN 'available'
            ELSE 'interrupted' END AS reason,
       COALESCE(m.seen, m.entered_at) AS observed_at,
       CAST(ROUND(CAST(m.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       COALESCE(m.down_ms, 0) / 60000 AS lost_minutes
FROM month_of m
