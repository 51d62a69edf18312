-- Is it known where each device in service, and each piece of software in the book, comes
-- from? The newest entry of the book speaks of a device by its code, and goes before the registry's
-- own field. That neither says where a device comes from, or that the field says in words that it is not
-- known, or not yet, does not show that it is of unclear origin: nobody can say. What was taken out of use is not
-- asked about, nor what has yet to go into service, nor a computer that stands alone. Spaces, dots and dashes in a tag make no other
-- thing; where the book says that the origin of one that is not in the registry is not clear, and later that of one whose name holds its own, or the
-- other way, is, or that it is gone, it may be the same. A tag of which words say that there is nothing names no thing. What was last saved before its own day
-- was a plan then: it neither clears nor blames, and what it would clear nobody can say.
WITH told AS (
    SELECT e.unit, e.entry, REPLACE(REPLACE(REPLACE(REPLACE(LOWER(e.subject), ' ', ''), '-', ''), '.', ''), '_', '') AS tag,
           e.subject, e.result, e.occurred_on, e.recorded_at,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           e.subject AS said
    FROM book_equipment_provenance e
    WHERE e.occurred_on <= CAST(:today AS TEXT)
),
placed AS (
    SELECT t.unit, t.tag, t.subject, t.result, t.occurred_on, t.recorded_at, t.ahead,
           MAX(CASE WHEN t.ahead = 1 AND t.result IN ('clear', 'removed') THEN 1 ELSE 0 END) OVER (PARTITION BY t.unit, t.tag) AS planned,
           ROW_NUMBER() OVER (PARTITION BY t.unit, t.tag
                              ORDER BY t.ahead, t.occurred_on DESC, t.recorded_at DESC, t.entry) AS place
    FROM told t
    WHERE NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = t.said)
),
papers AS (
    SELECT p.unit, p.tag, p.subject, CASE WHEN p.ahead = 0 THEN p.result END AS result, p.occurred_on, p.recorded_at, p.ahead, p.planned FROM placed p WHERE p.place = 1
),
renamed AS (
    SELECT DISTINCT p.unit, p.tag
    FROM papers p
    JOIN papers o ON o.unit = p.unit AND o.tag <> p.tag AND o.result IN ('clear', 'removed')
                 AND (o.occurred_on > p.occurred_on OR (o.occurred_on = p.occurred_on AND o.recorded_at > p.recorded_at))
                 AND (o.tag LIKE '%' || p.tag || '%' OR p.tag LIKE '%' || o.tag || '%')
    WHERE p.result = 'unclear' AND p.tag <> '' AND o.tag <> ''
),
written AS (
    SELECT d.unit, d.name, d.code, d.origin, d.updated_at, COALESCE(d.origin, '') AS said
    FROM fact_device d
    WHERE d.status = 'active' AND d.role <> 'standalone-computer'
      AND (d.in_service_on IS NULL OR d.in_service_on <= CAST(:today AS TEXT))
),
devices AS (
    SELECT w.unit, w.name, w.code, w.origin, w.updated_at,
           CASE WHEN LOWER(w.said) = UPPER(w.said) OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'origin' AND u.said = w.said) THEN 0 ELSE 1 END AS told
    FROM written w
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN p.result = 'clear' THEN 'met'
            WHEN p.result = 'unclear' AND p.planned = 0 THEN 'breached'
            WHEN p.result = 'unclear' THEN NULL
            WHEN d.told = 1 THEN 'met' END AS status,
       CASE WHEN p.result = 'clear' THEN 'papers'
            WHEN p.result = 'unclear' AND p.planned = 0 THEN 'unclear'
            WHEN p.result = 'unclear' THEN 'typed-ahead'
            WHEN d.told = 1 THEN 'origin'
            WHEN p.ahead = 1 THEN 'typed-ahead'
            ELSE 'unknown' END AS reason,
       COALESCE(p.recorded_at, d.updated_at) AS observed_at,
       d.origin AS origin
FROM devices d
LEFT JOIN papers p ON p.unit = d.unit AND p.tag = REPLACE(REPLACE(REPLACE(REPLACE(LOWER(d.code), ' ', ''), '-', ''), '.', ''), '_', '')
UNION ALL
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.result = 'clear' THEN 'met'
            WHEN n.tag IS NOT NULL THEN NULL
            WHEN p.result = 'unclear' AND p.planned = 0 THEN 'breached' END AS status,
       CASE WHEN p.result = 'clear' THEN 'papers'
            WHEN n.tag IS NOT NULL THEN 'renamed'
            WHEN p.result = 'unclear' AND p.planned = 0 THEN 'unclear'
            WHEN p.result = 'unclear' OR p.ahead = 1 THEN 'typed-ahead'
            ELSE 'result-missing' END AS reason,
       p.recorded_at AS observed_at,
       CAST(NULL AS TEXT) AS origin
FROM papers p
LEFT JOIN renamed n ON n.unit = p.unit AND n.tag = p.tag
LEFT JOIN fact_device d ON d.unit = p.unit
                       AND REPLACE(REPLACE(REPLACE(REPLACE(LOWER(d.code), ' ', ''), '-', ''), '.', ''), '_', '') = p.tag
WHERE d.device IS NULL AND COALESCE(p.result, '') <> 'removed'
