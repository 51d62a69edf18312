-- Is it known where each device in service, and each piece of software in the book, comes
-- from? The book speaks of a device by its code and goes before the registry's own field.
WITH papers AS (
    SELECT e.unit, LOWER(TRIM(e.subject)) AS tag, MAX(e.subject) AS subject, MAX(e.recorded_at) AS recorded_at,
           COUNT(CASE WHEN e.result = 'clear' THEN 1 END) AS clear,
           COUNT(CASE WHEN e.result = 'unclear' THEN 1 END) AS unclear
    FROM fact_entry e
    WHERE e.register = 'equipment-provenance' AND e.occurred_on <= CAST(:today AS TEXT)
    GROUP BY e.unit, LOWER(TRIM(e.subject))
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN p.clear > 0 THEN 'met'
            WHEN p.unclear > 0 THEN 'breached'
            WHEN d.origin <> '' THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN p.clear > 0 THEN 'papers'
            WHEN p.unclear > 0 THEN 'unclear'
            WHEN d.origin <> '' THEN 'origin'
            ELSE 'unknown' END AS reason,
       COALESCE(p.recorded_at, d.updated_at) AS observed_at,
       d.origin AS origin
FROM fact_device d
LEFT JOIN papers p ON p.unit = d.unit AND p.tag = LOWER(d.code)
WHERE d.status = 'active'
UNION ALL
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.clear > 0 THEN 'met' WHEN p.unclear > 0 THEN 'breached' END AS status,
       CASE WHEN p.clear > 0 THEN 'papers' WHEN p.unclear > 0 THEN 'unclear' ELSE 'result-missing' END AS reason,
       p.recorded_at AS observed_at,
       CAST(NULL AS TEXT) AS origin
FROM papers p
LEFT JOIN fact_device d ON d.unit = p.unit AND LOWER(d.code) = p.tag
WHERE d.device IS NULL
