-- Is every connection of the unit up now? What is unreachable behind a dead parent, or
-- seen while we ourselves are cut off, says nothing about the unit's own line. A loss that
-- began later than now was noted before the machine's clock was set back: for how long it
-- lasts is not known, but it is one. A line that is down while the site at its end is up is a spare
-- one: the unit is connected. Another line that is down is the provider's to answer for, and shows no fault of
-- the unit, nor does work that was announced. A site in service that nothing probes is without data.
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.state = 'up' OR p.target IS NOT NULL THEN 'met'
            WHEN t.state = 'down' AND w.target IS NOT NULL THEN NULL
            WHEN t.state = 'down' AND t.noun = 'site'
                 AND (t.since_at <= CAST(:now AS BIGINT) - CAST(:grace_minutes AS BIGINT) * 60000
                      OR t.since_at > CAST(:now AS BIGINT) + 60000) THEN 'breached'
            WHEN t.state = 'down' AND t.noun = 'site' THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN t.state = 'up' THEN 'up'
            WHEN p.target IS NOT NULL THEN 'spare-down'
            WHEN t.state = 'down' AND w.target IS NOT NULL THEN 'planned'
            WHEN t.state = 'down' AND t.noun = 'circuit' THEN 'line-down'
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
LEFT JOIN (
    SELECT DISTINCT l.target
    FROM fact_target l
    JOIN fact_circuit c ON c.circuit = l.target
    JOIN fact_target s ON s.target IN (c.a_site, c.z_site) AND s.unit = l.unit AND s.noun = 'site' AND s.state = 'up'
    WHERE l.noun = 'circuit' AND l.state = 'down'
) p ON p.target = t.target
LEFT JOIN (
    SELECT DISTINCT o.target
    FROM fact_outage o
    WHERE o.kind = 'down' AND o.ended_at IS NULL AND o.planned = 'yes'
) w ON w.target = t.target
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
