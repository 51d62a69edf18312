-- A connection that has been down for longer than the grace: was the fault notified?
-- While every connection is up there is nothing to notify.
WITH notices AS (
    SELECT e.unit, MAX(e.recorded_at) AS notified_at
    FROM fact_entry e
    WHERE e.register = 'fault-notice'
    GROUP BY e.unit
)
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.state = 'up' THEN 'not_applicable'
            WHEN t.state <> 'down' THEN NULL
            WHEN n.notified_at >= t.since_at THEN 'met'
            WHEN t.since_at > CAST(:now AS BIGINT) - CAST(:grace_hours AS BIGINT) * 3600000 THEN 'not_applicable'
            ELSE 'breached' END AS status,
       CASE WHEN t.state = 'up' THEN 'no-fault'
            WHEN t.state <> 'down' THEN 'not-seen'
            WHEN n.notified_at >= t.since_at THEN 'notified'
            WHEN t.since_at > CAST(:now AS BIGINT) - CAST(:grace_hours AS BIGINT) * 3600000 THEN 'just-down'
            ELSE 'not-notified' END AS reason,
       t.last_sample_at AS observed_at,
       (CAST(:now AS BIGINT) - t.since_at) / 3600000 AS down_hours,
       n.notified_at AS notified_at
FROM fact_target t
LEFT JOIN notices n ON n.unit = t.unit
WHERE t.noun IN ('site', 'circuit')
