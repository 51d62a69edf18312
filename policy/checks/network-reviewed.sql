-- Was the unit's whole system reviewed within the interval? An assessment that was entered shows it;
-- that none is entered shows nothing, for no text says in which book a review stands. One that names a year before the interval is not of it,
-- whenever it was typed; nor is one that says in words that nobody assessed,
-- or that was last saved before its own day: it was a plan then.
SELECT e.unit AS unit,
       '' AS subject,
       'met' AS status,
       'reviewed' AS reason,
       MAX(e.recorded_at) AS observed_at,
       MAX(e.occurred_on) AS occurred_on
FROM book_vulnerability_assessment e
WHERE e.result = 'whole-system'
  AND NOT (LOWER(TRIM(COALESCE(e.done_by, ''))) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng') OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'khuyết%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'khuyẾt%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'bỏ trống%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'bỎ trỐng%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'để trống%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'ĐỂ trỐng%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'vị trí%khuyết%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'vị trí%trống%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE '(%'
           OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'không%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'khÔng%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'khong co%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'khong ro%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'ko %'
           OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'chưa%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'chƯa%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'chua co%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'chua ro%'
           OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'chỜ %'
           OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'sẼ %' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'dự thảo%' OR LOWER(TRIM(COALESCE(e.done_by, ''))) LIKE 'dỰ thẢo%')
  AND e.age_days <= CAST(:max_age_days AS BIGINT)
  AND NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
  AND (COALESCE(e.period, '') = ''
       OR SUBSTR(e.period, 1, 4) >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT)
                                         - (CAST(:max_age_days AS BIGINT) + 364) / 365 AS TEXT))
GROUP BY e.unit
