-- Was each device in service hardened no later than the day it went into service? The book
-- names a device by its asset tag, in whatever case. `role` narrows it to one kind; `any` takes servers,
-- network, security and storage devices. What went into service before `since`, the day from
-- which the rule binds, is not asked about. The book says that it was not where it has no hardening of the
-- device, or says that it ran without. A day of hardening after the day of service does not show that there was none
-- before (it may be that of writing, or of a later one), nor does a fault that was found since show what
-- it was then, also where the book has nothing else: nobody can say. What was saved before its own day was a plan, also that it would run without. What has yet to go into service breaks nothing so far.
WITH concerned AS (
    SELECT d.device, d.unit, d.code, d.name, d.role, d.in_service_on, d.updated_at
    FROM fact_device d
    WHERE d.status = 'active'
      AND (d.role = CAST(:role AS TEXT)
           OR CAST(:role AS TEXT) = 'any'
              AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch', 'access-point', 'storage'))
),
book AS (
    SELECT c.device, COUNT(*) AS entries,
           MAX(CASE WHEN e.ahead = 0 AND e.result = 'hardened' AND e.occurred_on <= c.in_service_on THEN e.occurred_on END) AS before_on,
           MIN(CASE WHEN e.ahead = 0 AND e.result = 'hardened' THEN e.occurred_on END) AS hardened_on,
           MAX(CASE WHEN e.result <> 'hardened' AND e.ahead = 0 THEN e.occurred_on END) AS fault_on,
           COUNT(CASE WHEN e.ahead = 1 AND e.result = 'hardened' THEN 1 END) AS planned,
           COUNT(CASE WHEN e.ahead = 1 THEN 1 END) AS ahead,
           COUNT(CASE WHEN e.ahead = 0 AND e.result NOT IN ('hardened', 'not-done') AND e.occurred_on > c.in_service_on THEN 1 END) AS found_later,
           COUNT(CASE WHEN e.ahead = 0 AND e.result NOT IN ('hardened', 'not-done') THEN 1 END) AS left_over,
           COUNT(CASE WHEN e.ahead = 0 AND e.result = 'not-done' THEN 1 END) AS ran_without
    FROM concerned c
    JOIN (
        SELECT h.unit, LOWER(TRIM(h.subject)) AS tag, h.result, h.occurred_on,
               CASE WHEN COALESCE(h.updated_at, h.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - h.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
        FROM book_hardening h
        WHERE h.result IS NOT NULL
    ) e ON e.unit = c.unit AND e.tag = LOWER(TRIM(c.code))
    GROUP BY c.device
),
judged AS (
    SELECT c.unit, c.name, c.code, c.role, c.in_service_on, c.updated_at, COALESCE(b.before_on, b.hardened_on) AS hardened_on,
           CASE WHEN c.in_service_on < CAST(:since AS TEXT) THEN 'before-the-rule'
                WHEN c.in_service_on IS NULL AND CAST(:since AS TEXT) <> '' THEN 'service-date-missing'
                WHEN b.entries IS NULL THEN 'not-entered'
                WHEN b.before_on IS NOT NULL AND b.fault_on > b.before_on THEN 'fault-since'
                WHEN b.before_on IS NOT NULL THEN 'hardened'
                WHEN c.in_service_on > CAST(:today AS TEXT) THEN 'not-in-service-yet'
                WHEN b.ran_without > 0 THEN 'not-hardened'
                WHEN b.hardened_on IS NULL AND (b.planned > 0 OR b.ahead = b.entries) THEN 'typed-ahead'
                WHEN b.hardened_on IS NULL AND b.left_over > b.found_later THEN 'not-hardened'
                WHEN b.hardened_on IS NULL THEN 'found-later'
                WHEN c.in_service_on IS NULL THEN 'service-date-missing'
                ELSE 'hardened-late' END AS told
    FROM concerned c
    LEFT JOIN book b ON b.device = c.device
)
SELECT j.unit AS unit,
       j.name AS subject,
       CASE WHEN j.told = 'before-the-rule' THEN 'not_applicable'
            WHEN j.told = 'hardened' THEN 'met'
            WHEN j.told = 'not-hardened' THEN 'breached' END AS status,
       CASE WHEN j.told = 'before-the-rule' THEN 'before-the-rule'
            WHEN j.told = 'service-date-missing' THEN 'service-date-missing'
            WHEN j.told = 'not-entered' THEN 'not-entered'
            WHEN j.told = 'fault-since' THEN 'fault-since'
            WHEN j.told = 'hardened' THEN 'hardened'
            WHEN j.told = 'not-in-service-yet' THEN 'not-in-service-yet'
            WHEN j.told = 'not-hardened' THEN 'not-hardened'
            WHEN j.told = 'typed-ahead' THEN 'typed-ahead'
            WHEN j.told = 'found-later' THEN 'found-later'
            ELSE 'hardened-late' END AS reason,
       j.updated_at AS observed_at,
       j.code AS code,
       j.role AS role,
       j.in_service_on AS in_service_on,
       j.hardened_on AS hardened_on
FROM judged j
