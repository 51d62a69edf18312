-- Is it known where each device in service, and each piece of software in the book, comes
-- from? The newest entry of the book speaks of a device by its code, and goes before the registry's
-- own field. That neither says where a device comes from, or that the field says in words that it is not
-- known or begins with "không", "chưa", "đang" (none, not yet, being looked up), does not show that it is of unclear origin: nobody can say. What was taken out of use is not
-- asked about, nor what has yet to go into service, nor a computer that stands alone.
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
written AS (
    SELECT d.unit, d.name, d.code, d.origin, d.updated_at, LOWER(LTRIM(COALESCE(d.origin, ''), ' -.,;([*')) AS said
    FROM fact_device d
    WHERE d.status = 'active' AND d.role <> 'standalone-computer'
      AND (d.in_service_on IS NULL OR d.in_service_on <= CAST(:today AS TEXT))
),
devices AS (
    SELECT w.unit, w.name, w.code, w.origin, w.updated_at,
           CASE WHEN w.said = UPPER(w.said)
                  OR w.said IN ('n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'khong', 'chua', 'ko', 'trống', 'trỐng') OR w.said LIKE 'khuyết%' OR w.said LIKE 'khuyẾt%' OR w.said LIKE 'bỏ trống%' OR w.said LIKE 'bỎ trỐng%' OR w.said LIKE 'để trống%' OR w.said LIKE 'ĐỂ trỐng%' OR w.said LIKE 'vị trí%khuyết%' OR w.said LIKE 'vị trí%trống%'
                  OR w.said LIKE 'không%' OR w.said LIKE 'khÔng%' OR w.said LIKE 'khong co%' OR w.said LIKE 'khong ro%' OR w.said LIKE 'ko %'
                  OR w.said LIKE 'chưa%' OR w.said LIKE 'chƯa%' OR w.said LIKE 'chua co%' OR w.said LIKE 'chua ro%'
                  OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %'
                  OR w.said LIKE '%không rõ%' OR w.said LIKE '%khÔng rÕ%' OR w.said LIKE '%khong ro%'
                  OR w.said LIKE '%chưa rõ%' OR w.said LIKE '%chƯa rÕ%' OR w.said LIKE '%chua ro%'
                  OR w.said LIKE '%không xác định%' OR w.said LIKE '%chưa xác định%'
                  OR w.said LIKE '%không biết%' OR w.said LIKE '%unknown%' THEN 0 ELSE 1 END AS told
    FROM written w
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
