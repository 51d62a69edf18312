-- Asked of whoever allocates addresses: does the address of every connected site lie in
-- a prefix that was allocated? Sites and prefixes are swept in the order of addresses:
-- the furthest end of all prefixes begun so far covers an address or does not, also
-- where prefixes lie inside each other.
WITH marks AS (
    SELECT p.first_key AS address_key, 0 AS kind, p.last_key AS reach,
           CAST(NULL AS TEXT) AS name, CAST(NULL AS TEXT) AS address, p.updated_at AS updated_at
    FROM fact_prefix p
    UNION ALL
    SELECT s.address_key AS address_key, 1 AS kind, CAST(NULL AS TEXT) AS reach,
           s.name AS name, s.address AS address, s.updated_at AS updated_at
    FROM fact_site s
    WHERE s.status = 'active' AND s.address_key IS NOT NULL
),
swept AS (
    SELECT m.kind, m.name, m.address, m.address_key, m.updated_at,
           MAX(m.reach) OVER (
               ORDER BY m.address_key, m.kind
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) AS covered_to
    FROM marks m
)
SELECT r.unit AS unit,
       s.name AS subject,
       CASE WHEN s.covered_to >= s.address_key THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN s.covered_to >= s.address_key THEN 'allocated' ELSE 'outside' END AS reason,
       s.updated_at AS observed_at,
       s.address AS address
FROM fact_role r CROSS JOIN swept s
WHERE s.kind = 1
  AND r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
