-- Was each device in service inspected, and passed, no later than the day it went into
-- service? `role` narrows it to one kind of device; `any` takes all. Devices that went into
-- service before the day `since` are older than the rule; empty, there is no such day. That no
-- inspection is entered does not show that there was none, nor does a day of inspection after
-- the day of service, whatever came of it: it may be of a later check, and the one before use was passed; nor does one
-- that was passed before nobody, or not yet, as the field of who inspected says.
-- One that failed ahead of a day of service that has yet to come breaks nothing so far. Units with no such device on record are not
-- told of: the registry may have gaps.
WITH nobody AS (
    SELECT d.device
    FROM fact_device d
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = d.inspected_by)
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN CAST(:since AS TEXT) <> '' AND d.in_service_on < CAST(:since AS TEXT) THEN 'not_applicable'
            WHEN d.inspected_on IS NULL OR d.inspection_result IS NULL THEN NULL
            WHEN d.in_service_on IS NULL OR d.inspected_on > d.in_service_on THEN NULL
            WHEN d.inspection_result = 'passed' AND w.device IS NOT NULL THEN NULL
            WHEN d.inspection_result = 'passed' THEN 'met'
            WHEN d.in_service_on <= CAST(:today AS TEXT) THEN 'breached' END AS status,
       CASE WHEN CAST(:since AS TEXT) <> '' AND d.in_service_on < CAST(:since AS TEXT) THEN 'before-rule'
            WHEN d.inspected_on IS NULL OR d.inspection_result IS NULL THEN 'not-inspected'
            WHEN d.in_service_on IS NULL THEN 'service-date-missing'
            WHEN d.inspected_on > d.in_service_on THEN 'inspected-later'
            WHEN d.inspection_result = 'passed' AND w.device IS NOT NULL THEN 'by-nobody'
            WHEN d.inspection_result = 'passed' THEN 'inspected'
            WHEN d.in_service_on <= CAST(:today AS TEXT) THEN 'failed'
            ELSE 'not-in-service-yet' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.in_service_on AS in_service_on,
       d.inspected_on AS inspected_on
FROM fact_device d
LEFT JOIN nobody w ON w.device = d.device
WHERE d.status = 'active' AND d.role <> 'standalone-computer'
  AND (CAST(:role AS TEXT) = 'any' OR d.role = CAST(:role AS TEXT))
