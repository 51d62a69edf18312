-- Has the unit a computer of its own for secret documents, without any network address,
-- with as many custodians in the book as the rule asks?
WITH computers AS (
    SELECT d.unit,
           COUNT(CASE WHEN d.status = 'active' AND d.role = 'standalone-computer' THEN 1 END) AS computers,
           COUNT(CASE WHEN d.status = 'active' AND d.role = 'standalone-computer'
                       AND d.address IS NOT NULL THEN 1 END) AS addressed,
           MAX(d.updated_at) AS updated_at
    FROM fact_device d
    GROUP BY d.unit
),
custodians AS (
    SELECT e.unit, COUNT(*) AS custodians
    FROM fact_entry e
    WHERE e.register = 'standalone-computer'
      AND e.occurred_on <= CAST(:today AS TEXT)
      AND (e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT))
    GROUP BY e.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.computers - c.addressed >= CAST(:at_least AS BIGINT)
                  AND COALESCE(k.custodians, 0) >= CAST(:least_custodians AS BIGINT) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN c.computers < CAST(:at_least AS BIGINT) THEN 'none'
            WHEN c.computers - c.addressed < CAST(:at_least AS BIGINT) THEN 'has-address'
            WHEN COALESCE(k.custodians, 0) >= CAST(:least_custodians AS BIGINT) THEN 'kept'
            ELSE 'no-custodian' END AS reason,
       c.updated_at AS observed_at,
       c.computers AS computers,
       COALESCE(k.custodians, 0) AS custodians
FROM computers c
LEFT JOIN custodians k ON k.unit = c.unit
