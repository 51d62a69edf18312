-- Was each device in service inspected, and passed, no later than the day it went into
-- service? `role` narrows it to one kind of device; `any` takes all. Devices that went into
-- service before the day `since` are older than the rule; empty, there is no such day. Of a
-- unit whose devices were all retired nothing is known.
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN CAST(:since AS TEXT) <> '' AND d.in_service_on < CAST(:since AS TEXT) THEN 'not_applicable'
            WHEN d.inspected_on IS NULL OR d.inspection_result IS NULL THEN 'breached'
            WHEN d.inspection_result <> 'passed' THEN 'breached'
            WHEN d.in_service_on IS NULL THEN NULL
            WHEN d.inspected_on <= d.in_service_on THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN CAST(:since AS TEXT) <> '' AND d.in_service_on < CAST(:since AS TEXT) THEN 'before-rule'
            WHEN d.inspected_on IS NULL OR d.inspection_result IS NULL THEN 'not-inspected'
            WHEN d.inspection_result <> 'passed' THEN 'failed'
            WHEN d.in_service_on IS NULL THEN 'service-date-missing'
            WHEN d.inspected_on <= d.in_service_on THEN 'inspected'
            ELSE 'inspected-late' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.in_service_on AS in_service_on,
       d.inspected_on AS inspected_on
FROM fact_device d
WHERE d.status = 'active' AND d.role <> 'standalone-computer'
  AND (CAST(:role AS TEXT) = 'any' OR d.role = CAST(:role AS TEXT))
UNION ALL
SELECT d.unit AS unit,
       '' AS subject,
       'not_applicable' AS status,
       'none-in-service' AS reason,
       MAX(d.updated_at) AS observed_at,
       CAST(NULL AS TEXT) AS role,
       CAST(NULL AS TEXT) AS in_service_on,
       CAST(NULL AS TEXT) AS inspected_on
FROM fact_device d
GROUP BY d.unit
HAVING COUNT(CASE WHEN d.status = 'active' THEN 1 END) > 0
   AND COUNT(CASE WHEN d.status = 'active' AND d.role <> 'standalone-computer'
                   AND (CAST(:role AS TEXT) = 'any' OR d.role = CAST(:role AS TEXT)) THEN 1 END) = 0
