-- Is it known where each device in service, and each piece of software in the book, comes
-- from? The newest entry of the book speaks of a device by its code, and goes before the registry's
-- own field. That neither says where a device comes from, or that the field says in words that it is not
-- known or begins with "không", "chưa", "đang" (none, not yet, being looked up), does not show that it is of unclear origin: nobody can say. What was taken out of use is not asked about, nor a computer that stands alone.
WITH placed AS (
    SELECT e.unit, LOWER(TRIM(e.subject)) AS tag, e.subject, e.result, e.recorded_at,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(e.subject))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    WHERE e.register = 'equipment-provenance' AND e.occurred_on <= CAST(:today AS TEXT)
),
papers AS (
    SELECT p.unit, p.tag, p.subject, p.result, p.recorded_at FROM placed p WHERE p.place = 1
),
devices AS (
    SELECT d.unit, d.name, d.code, d.origin, d.updated_at,
           CASE WHEN LOWER(TRIM(COALESCE(d.origin, ''))) IN ('', '-', '.', '?', '??', 'n/a', 'na', 'không', 'không có', 'chưa', 'chưa có')
                  OR LOWER(d.origin) LIKE '%không rõ%' OR LOWER(d.origin) LIKE '%khÔng rÕ%' OR LOWER(d.origin) LIKE '%khong ro%'
                  OR LOWER(d.origin) LIKE '%chưa rõ%' OR LOWER(d.origin) LIKE '%chƯa rÕ%' OR LOWER(d.origin) LIKE '%chua ro%'
                  OR LOWER(TRIM(d.origin)) LIKE 'không %' OR LOWER(TRIM(d.origin)) LIKE 'khÔng %' OR LOWER(TRIM(d.origin)) LIKE 'khong %'
                  OR LOWER(TRIM(d.origin)) LIKE 'chưa %' OR LOWER(TRIM(d.origin)) LIKE 'chƯa %' OR LOWER(TRIM(d.origin)) LIKE 'chua %'
                  OR LOWER(TRIM(d.origin)) LIKE 'đang %' OR LOWER(TRIM(d.origin)) LIKE 'Đang %'
                  OR LOWER(d.origin) LIKE '%không xác định%' OR LOWER(d.origin) LIKE '%chưa xác định%'
                  OR LOWER(d.origin) LIKE '%không biết%' OR LOWER(d.origin) LIKE '%unknown%' THEN 0 ELSE 1 END AS told
    FROM fact_device d
    WHERE d.status = 'active' AND d.role <> 'standalone-computer'
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN p.result = 'clear' THEN 'met'
            WHEN p.result = 'unclear' THEN 'breached'
            WHEN d.told = 1 THEN 'met' END AS status,
       CASE WHEN p.result = 'clear' THEN 'papers'
            WHEN p.result = 'unclear' THEN 'unclear'
            WHEN d.told = 1 THEN 'origin'
            ELSE 'unknown' END AS reason,
       COALESCE(p.recorded_at, d.updated_at) AS observed_at,
       d.origin AS origin
FROM devices d
LEFT JOIN papers p ON p.unit = d.unit AND p.tag = LOWER(d.code)
UNION ALL
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.result = 'clear' THEN 'met' WHEN p.result = 'unclear' THEN 'breached' END AS status,
       CASE WHEN p.result = 'clear' THEN 'papers' WHEN p.result = 'unclear' THEN 'unclear' ELSE 'result-missing' END AS reason,
       p.recorded_at AS observed_at,
       CAST(NULL AS TEXT) AS origin
FROM papers p
LEFT JOIN fact_device d ON d.unit = p.unit AND LOWER(d.code) = p.tag
WHERE d.device IS NULL AND COALESCE(p.result, '') <> 'removed'
