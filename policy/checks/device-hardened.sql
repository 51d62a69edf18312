-- Was each device in service hardened no later than the day it went into service? The book
-- names a device by its asset tag, in whatever case. `role` narrows it to one kind; `any` takes servers,
-- network, security and storage devices. What went into service before `since`, the day from
-- which the rule binds, is not asked about.
WITH concerned AS (
    SELECT d.unit, d.code, d.name, d.role, d.in_service_on, d.updated_at
    FROM fact_device d
    WHERE d.status = 'active'
      AND (d.role = CAST(:role AS TEXT)
           OR CAST(:role AS TEXT) = 'any'
              AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage'))
),
book AS (
    SELECT e.unit, LOWER(TRIM(e.subject)) AS tag,
           MIN(CASE WHEN e.result = 'hardened' THEN e.occurred_on END) AS hardened_on
    FROM fact_entry e
    WHERE e.register = 'hardening' AND e.result IS NOT NULL
    GROUP BY e.unit, LOWER(TRIM(e.subject))
)
SELECT c.unit AS unit,
       c.name AS subject,
       CASE WHEN c.in_service_on < CAST(:since AS TEXT) THEN 'not_applicable'
            WHEN c.in_service_on IS NULL AND CAST(:since AS TEXT) <> '' THEN NULL
            WHEN b.tag IS NULL THEN NULL
            WHEN b.hardened_on IS NULL THEN 'breached'
            WHEN c.in_service_on IS NULL THEN NULL
            WHEN b.hardened_on <= c.in_service_on THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN c.in_service_on < CAST(:since AS TEXT) THEN 'before-the-rule'
            WHEN c.in_service_on IS NULL AND CAST(:since AS TEXT) <> '' THEN 'service-date-missing'
            WHEN b.tag IS NULL THEN 'not-entered'
            WHEN b.hardened_on IS NULL THEN 'not-hardened'
            WHEN c.in_service_on IS NULL THEN 'service-date-missing'
            WHEN b.hardened_on <= c.in_service_on THEN 'hardened'
            ELSE 'hardened-late' END AS reason,
       c.updated_at AS observed_at,
       c.code AS code,
       c.role AS role,
       c.in_service_on AS in_service_on,
       b.hardened_on AS hardened_on
FROM concerned c
LEFT JOIN book b ON b.unit = c.unit AND b.tag = LOWER(TRIM(c.code))
