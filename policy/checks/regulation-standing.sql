-- Has the unit issued an internal regulation that still stands? One that was withdrawn
-- under the same name on the day of issue or later, or that ran out, does not.
WITH issued AS (
    SELECT e.unit, MAX(e.occurred_on) AS issued_on, MAX(e.recorded_at) AS recorded_at,
           COUNT(CASE WHEN (e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT))
                       AND NOT EXISTS (
                           SELECT 1 FROM fact_entry w
                           WHERE w.unit = e.unit AND w.register = e.register AND w.result = 'withdrawn'
                             AND LOWER(TRIM(w.subject)) = LOWER(TRIM(e.subject))
                             AND w.occurred_on >= e.occurred_on AND w.occurred_on <= CAST(:today AS TEXT)
                       ) THEN 1 END) AS standing
    FROM fact_entry e
    WHERE e.register = 'internal-regulation' AND e.result IN ('issued', 'amended')
      AND e.occurred_on <= CAST(:today AS TEXT)
    GROUP BY e.unit
)
SELECT i.unit AS unit,
       '' AS subject,
       CASE WHEN i.standing > 0 THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN i.standing > 0 THEN 'in-force' ELSE 'none-stands' END AS reason,
       i.recorded_at AS observed_at,
       i.issued_on AS issued_on
FROM issued i
