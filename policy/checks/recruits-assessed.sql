-- Did an expert assess each person recruited within the interval? Of an unqualified recruit the result
-- does not tell; the expert's name does, but for words that say that there is none. An entry that says one thing by its
-- result and the other by that name is no answer.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT n.entry
    FROM (SELECT b.entry, LOWER(RTRIM(LTRIM(b.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said FROM book_recruitment b) n
    WHERE n.said = ' ' OR n.said IN ('n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'không ', 'khÔng ', 'khong ', 'trống ', 'trỐng ')
       OR n.said LIKE 'kh_ng c_ %' OR n.said LIKE 'kh_ng ai %' OR n.said LIKE 'kh_ng r_ %' OR n.said LIKE 'kh_ng bi_t%' OR n.said LIKE 'kh_ng ph_t sinh%'
       OR n.said LIKE 'kh_ng tuy_n%' OR n.said LIKE 'kh_ng thu_ %' OR n.said LIKE 'kh_ng thanh l_ %' OR n.said LIKE 'kh_ng ngh_ %'
       OR n.said LIKE 'chưa %' OR n.said LIKE 'chƯa %' OR n.said LIKE 'chua c_ %' OR n.said LIKE '_ang c_p nh_t%'
),
recruits AS (
    SELECT b.unit, b.subject, b.result, b.occurred_on, b.recorded_at,
           CASE WHEN TRIM(COALESCE(b.assessed_by, '')) = '' THEN 'blank'
                WHEN LOWER(TRIM(b.assessed_by)) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng') OR LOWER(TRIM(b.assessed_by)) LIKE 'khuyết%' OR LOWER(TRIM(b.assessed_by)) LIKE 'khuyẾt%' OR LOWER(TRIM(b.assessed_by)) LIKE 'bỏ trống%' OR LOWER(TRIM(b.assessed_by)) LIKE 'bỎ trỐng%' OR LOWER(TRIM(b.assessed_by)) LIKE 'để trống%' OR LOWER(TRIM(b.assessed_by)) LIKE 'ĐỂ trỐng%' OR LOWER(TRIM(b.assessed_by)) LIKE 'vị trí%khuyết%' OR LOWER(TRIM(b.assessed_by)) LIKE 'vị trí%trống%' OR LOWER(TRIM(b.assessed_by)) LIKE '(%'
                  OR LOWER(TRIM(b.assessed_by)) LIKE 'không%' OR LOWER(TRIM(b.assessed_by)) LIKE 'khÔng%' OR LOWER(TRIM(b.assessed_by)) LIKE 'khong co%' OR LOWER(TRIM(b.assessed_by)) LIKE 'khong ro%' OR LOWER(TRIM(b.assessed_by)) LIKE 'ko %'
                  OR LOWER(TRIM(b.assessed_by)) LIKE 'chưa%' OR LOWER(TRIM(b.assessed_by)) LIKE 'chƯa%' OR LOWER(TRIM(b.assessed_by)) LIKE 'chua co%' OR LOWER(TRIM(b.assessed_by)) LIKE 'chua ro%'
                  OR LOWER(TRIM(b.assessed_by)) LIKE 'đang %' OR LOWER(TRIM(b.assessed_by)) LIKE 'Đang %' OR LOWER(TRIM(b.assessed_by)) LIKE 'chờ %' OR LOWER(TRIM(b.assessed_by)) LIKE 'chỜ %'
                  OR LOWER(TRIM(b.assessed_by)) LIKE 'sẽ %' OR LOWER(TRIM(b.assessed_by)) LIKE 'sẼ %' OR LOWER(TRIM(b.assessed_by)) LIKE 'dự thảo%' OR LOWER(TRIM(b.assessed_by)) LIKE 'dỰ thẢo%'
                      OR LOWER(TRIM(b.assessed_by)) LIKE 'khuyết%' OR LOWER(TRIM(b.assessed_by)) LIKE 'khuyẾt%' OR LOWER(TRIM(b.assessed_by)) LIKE 'vị trí khuyết%' OR LOWER(TRIM(b.assessed_by)) LIKE 'vỊ trÍ khuyẾt%' OR LOWER(TRIM(b.assessed_by)) LIKE 'bỏ trống%' OR LOWER(TRIM(b.assessed_by)) LIKE 'bỎ trỐng%' OR LOWER(TRIM(b.assessed_by)) LIKE 'dự kiến%' OR LOWER(TRIM(b.assessed_by)) LIKE 'dỰ kiẾn%' OR LOWER(TRIM(b.assessed_by)) LIKE '(%' THEN 'nobody'
                ELSE 'somebody' END AS expert
    FROM book_recruitment b
    WHERE b.age_days <= CAST(:window_days AS BIGINT) AND b.entry NOT IN (SELECT n.entry FROM void n)
)
SELECT r.unit AS unit,
       COALESCE(r.subject, '') AS subject,
       CASE WHEN r.result = 'qualified' AND r.expert <> 'nobody' THEN 'met'
            WHEN r.result = 'unassessed' AND r.expert <> 'somebody' THEN 'breached'
            WHEN r.result = 'unqualified' AND r.expert = 'somebody' THEN 'met' END AS status,
       CASE WHEN r.result = 'qualified' AND r.expert <> 'nobody' THEN 'sound'
            WHEN r.result = 'unassessed' AND r.expert <> 'somebody' THEN 'unsound'
            WHEN r.result = 'unqualified' AND r.expert = 'somebody' THEN 'sound'
            ELSE 'result-missing' END AS reason,
       r.recorded_at AS observed_at,
       r.result AS result,
       r.occurred_on AS occurred_on
FROM recruits r
