-- Asked of whoever allocates a province's addresses: does the address of every connected
-- site of the province's members and participants lie in a prefix that was allocated there (or to no unit in
-- particular, or to one that has ended since)? Sites and prefixes are swept in the order of addresses: the furthest end of
-- all prefixes begun so far covers an address or does not, also where prefixes lie inside
-- each other. A site whose address is not entered is without data, and so is every site where no
-- prefix is entered at all: what was allocated is not known then.
WITH authorities AS (
    SELECT r.unit, r.province
    FROM fact_role r
    WHERE r.role = 'network-authority'
      AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
      AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
),
prefixes AS (
    SELECT p.first_key, p.last_key, p.updated_at, o.province
    FROM fact_prefix p LEFT JOIN fact_organization o ON o.unit = p.unit
),
marks AS (
    SELECT a.unit, p.first_key AS address_key, 0 AS kind, p.last_key AS reach,
           CAST(NULL AS TEXT) AS name, CAST(NULL AS TEXT) AS address, p.updated_at AS updated_at
    FROM authorities a JOIN prefixes p ON p.province IS NULL OR p.province = a.province
    UNION ALL
    SELECT a.unit, s.address_key AS address_key, 1 AS kind, CAST(NULL AS TEXT) AS reach,
           s.name AS name, s.address AS address, s.updated_at AS updated_at
    FROM fact_site s
    JOIN fact_organization o ON o.unit = s.unit
    JOIN authorities a ON a.province = o.province
    WHERE s.status = 'active' AND s.address_key IS NOT NULL AND o.membership IN ('member', 'participant')
),
swept AS (
    SELECT m.unit, m.kind, m.name, m.address, m.address_key, m.updated_at,
           MAX(m.reach) OVER (
               PARTITION BY m.unit
               ORDER BY m.address_key, m.kind
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) AS covered_to,
           MAX(m.reach) OVER (PARTITION BY m.unit) AS last_key
    FROM marks m
)
SELECT s.unit AS unit,
       s.name AS subject,
       CASE WHEN s.covered_to >= s.address_key THEN 'met' WHEN s.last_key IS NOT NULL THEN 'breached' END AS status,
       CASE WHEN s.covered_to >= s.address_key THEN 'allocated'
            WHEN s.last_key IS NOT NULL THEN 'outside' ELSE 'no-prefix' END AS reason,
       s.updated_at AS observed_at,
       s.address AS address
FROM swept s
WHERE s.kind = 1
UNION ALL
SELECT a.unit AS unit,
       s.name AS subject,
       CAST(NULL AS TEXT) AS status,
       'no-address' AS reason,
       s.updated_at AS observed_at,
       CAST(NULL AS TEXT) AS address
FROM fact_site s
JOIN fact_organization o ON o.unit = s.unit
JOIN authorities a ON a.province = o.province
WHERE s.status = 'active' AND s.address_key IS NULL AND o.membership IN ('member', 'participant')
