-- Is every connection of the unit up now? What is unreachable behind a dead parent, or
-- seen while we ourselves are cut off, says nothing about the unit's own line. A loss that
-- began later than now was noted before the machine's clock was set back: for how long it
-- lasts is not known, but it is one. A site in service that nothing probes is without data.
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.state = 'up' THEN 'met'
            WHEN t.state = 'down'
                 AND (t.since_at <= CAST(:now AS BIGINT) - CAST(:grace_minutes AS BIGINT) * 60000
                      OR t.since_at > CAST(:now AS BIGINT) + 60000) THEN 'breached'
            WHEN t.state = 'down' THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN t.state = 'up' THEN 'up'
            WHEN t.state = 'down'
                 AND (t.since_at <= CAST(:now AS BIGINT) - CAST(:grace_minutes AS BIGINT) * 60000
                      OR t.since_at > CAST(:now AS BIGINT) + 60000) THEN 'down'
            WHEN t.state = 'down' THEN 'just-down'
            WHEN t.state = 'unreachable' THEN 'behind-another'
            WHEN t.state = 'isolated' THEN 'cut-off-ourselves'
            ELSE 'no-samples' END AS reason,
       t.last_sample_at AS observed_at,
       t.state AS state,
       CASE WHEN t.since_at <= CAST(:now AS BIGINT) THEN (CAST(:now AS BIGINT) - t.since_at) / 60000 END AS minutes
FROM fact_target t
WHERE t.noun IN ('site', 'circuit')
UNION ALL
SELECT s.unit AS unit,
       s.name AS subject,
       NULL AS status,
       'no-samples' AS reason,
       s.updated_at AS observed_at,
       CAST(NULL AS TEXT) AS state,
       CAST(NULL AS BIGINT) AS minutes
FROM fact_site s
WHERE s.status = 'active' AND s.site NOT IN (SELECT t.target FROM fact_target t)
