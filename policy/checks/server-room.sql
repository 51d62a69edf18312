-- Whom the rules for server rooms concern: units with a server in service. How the room is
-- kept no fact shows: such a row was observed by nobody, and a person answers for it.
SELECT d.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'server' THEN 1 END) = 0 THEN 'not_applicable' ELSE NULL END AS status,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'server' THEN 1 END) = 0 THEN 'none-in-service' ELSE 'to-be-answered' END AS reason,
       CASE WHEN COUNT(CASE WHEN d.status = 'active' AND d.role = 'server' THEN 1 END) = 0 THEN MAX(d.updated_at) END AS observed_at,
       COUNT(*) AS devices
FROM fact_device d
GROUP BY d.unit
