-- Has the unit issued an internal regulation that still stands, and has it looked within
-- the interval at how it is kept?
WITH books AS (
    SELECT e.unit,
           COUNT(CASE WHEN e.result IN ('issued', 'amended')
                       AND (e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT)) THEN 1 END) AS standing,
           MAX(CASE WHEN e.result IN ('issued', 'amended', 'checked') THEN e.recorded_at END) AS looked_at,
           MAX(CASE WHEN e.result IN ('issued', 'amended') THEN e.occurred_on END) AS issued_on,
           MAX(e.recorded_at) AS recorded_at
    FROM fact_entry e
    WHERE e.register = 'internal-regulation' AND e.occurred_on <= CAST(:today AS TEXT)
    GROUP BY e.unit
)
SELECT b.unit AS unit,
       '' AS subject,
       CASE WHEN b.standing = 0 THEN 'breached'
            WHEN b.looked_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN b.standing = 0 THEN 'none-stands'
            WHEN b.looked_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'in-force'
            ELSE 'check-due' END AS reason,
       b.recorded_at AS observed_at,
       b.issued_on AS issued_on,
       (CAST(:now AS BIGINT) - b.looked_at) / 86400000 AS age_days
FROM books b
