-- Whom the rules for server rooms concern: units with a server in service. How the room is
-- kept no fact shows: such a row was observed by nobody, and a person answers for it; nor is it known whom they concern where
-- the registry never held a server and a server's change of the last year stands in the book.
SELECT v.unit AS unit,
       '' AS subject,
       CASE WHEN v.active = 0 AND (v.listed > 0 OR k.unit IS NULL) THEN 'not_applicable' ELSE NULL END AS status,
       CASE WHEN v.active = 0 AND (v.listed > 0 OR k.unit IS NULL) THEN 'none-in-service'
            WHEN v.active = 0 THEN 'not-listed'
            ELSE 'to-be-answered' END AS reason,
       CASE WHEN v.active = 0 AND (v.listed > 0 OR k.unit IS NULL) THEN v.updated_at END AS observed_at,
       v.devices AS devices
FROM (
    SELECT s.unit, MAX(s.updated_at) AS updated_at, COUNT(*) AS devices,
           COUNT(CASE WHEN s.role = 'server' THEN 1 END) AS listed,
           COUNT(CASE WHEN s.status = 'active' AND s.role = 'server' THEN 1 END) AS active
    FROM fact_device s
    GROUP BY s.unit
) v
LEFT JOIN (
    SELECT DISTINCT b.unit
    FROM book_change_request b
    WHERE b.about = 'server' AND b.age_days <= 365
) k ON k.unit = v.unit
