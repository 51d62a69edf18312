-- Each connection of a unit, in the current month: was it up for the share that was chosen?
-- Time without samples counts neither for nor against; unreachable counts as down,
-- because the unit could not use the network then.
WITH month_of AS (
    SELECT a.unit, a.target, a.subject, a.updated_at, a.no_data_ms,
           a.up_ms + a.down_ms + a.unreachable_ms AS known_ms,
           a.down_ms + a.unreachable_ms AS lost_ms,
           100.0 * a.up_ms / NULLIF(a.up_ms + a.down_ms + a.unreachable_ms, 0) AS share
    FROM fact_availability a
    WHERE a.month = CAST(:month AS TEXT) AND a.noun IN ('site', 'circuit')
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
       CAST(ROUND(CAST(m.share AS NUMERIC), 3) AS DOUBLE PRECISION) AS percent,
       m.lost_ms / 60000 AS lost_minutes,
       m.no_data_ms / 60000 AS no_data_minutes
FROM month_of m
