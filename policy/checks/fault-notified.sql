-- A connection that has been down for longer than the grace: was the fault notified?
-- While every connection is up there is nothing to notify. A notice of another site, or
-- about another matter than connection or access, answers nothing; one that names no site
-- speaks of all of the unit's.
WITH notices AS (
    SELECT t.target, MAX(n.recorded_at) AS notified_at
    FROM fact_target t
    LEFT JOIN fact_circuit c ON c.circuit = t.target
    JOIN book_fault_notice n ON n.unit = t.unit AND n.result IN ('connection', 'access')
         AND n.recorded_at >= t.since_at
         AND (n.site IS NULL OR n.site = t.target OR n.site = c.a_site OR n.site = c.z_site)
    GROUP BY t.target
)
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.state = 'up' THEN 'not_applicable'
            WHEN t.state <> 'down' THEN NULL
            WHEN n.notified_at IS NOT NULL THEN 'met'
            WHEN t.since_at > CAST(:now AS BIGINT) - CAST(:grace_hours AS BIGINT) * 3600000 THEN 'not_applicable'
            ELSE 'breached' END AS status,
       CASE WHEN t.state = 'up' THEN 'no-fault'
            WHEN t.state <> 'down' THEN 'not-seen'
            WHEN n.notified_at IS NOT NULL THEN 'notified'
            WHEN t.since_at > CAST(:now AS BIGINT) - CAST(:grace_hours AS BIGINT) * 3600000 THEN 'just-down'
            ELSE 'not-notified' END AS reason,
       t.last_sample_at AS observed_at,
       (CAST(:now AS BIGINT) - t.since_at) / 3600000 AS down_hours,
       n.notified_at AS notified_at
FROM fact_target t
LEFT JOIN notices n ON n.target = t.target
WHERE t.noun IN ('site', 'circuit')
