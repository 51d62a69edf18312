-- Does every entry of a book, of a day within the interval, have a result that the rule
-- allows? One entry that does not is a breach; a book without entries says nothing. Of a repair that
-- was approved and escorted, as the result says, by "nobody", "not yet", as another field says, nobody can say.
-- An entry about "nothing" or "not known" tells of nothing; of a recruit or a system also in more words ("none was recruited").
WITH words AS (
    SELECT r.entry, LOWER(TRIM(r.approved_by)) || ' ' AS said FROM book_outside_repair r WHERE r.result = 'supervised'
    UNION ALL
    SELECT r.entry, LOWER(TRIM(r.escort)) || ' ' FROM book_outside_repair r WHERE r.result = 'supervised'
),
nobody AS (
    SELECT DISTINCT w.entry
    FROM words w
    WHERE w.said LIKE 'không %' OR w.said LIKE 'khÔng %' OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %'
       OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %' OR w.said LIKE 'khuyết%' OR w.said LIKE 'khuyẾt%' OR w.said LIKE 'bỏ trống%' OR w.said LIKE 'bỎ trỐng%' OR w.said LIKE 'dự kiến%' OR w.said LIKE 'dỰ kiẾn%' OR w.said LIKE '(%'
       OR w.said IN ('- ', '-- ', '. ', '... ', '? ', '?? ', 'n/a ', 'na ')
),
unsaid AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND LOWER(TRIM(e.subject)) IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'không', 'khÔng', 'không có', 'khÔng cÓ', 'chưa', 'chƯa', 'chưa có', 'chƯa cÓ',
           'không rõ', 'khÔng rÕ', 'không biết', 'khÔng biẾt', 'chưa rõ', 'chƯa rÕ', 'đang cập nhật', 'Đang cập nhật', 'Đang cẬp nhẬt')
    UNION
    SELECT n.entry
    FROM (SELECT b.entry, LOWER(RTRIM(LTRIM(b.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said FROM fact_entry b
          WHERE b.register = CAST(:register AS TEXT) AND b.register IN ('recruitment', 'acceptance-test')) n
    WHERE n.said = ' ' OR n.said IN ('n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'không ', 'khÔng ', 'khong ', 'trống ', 'trỐng ')
       OR n.said LIKE 'kh_ng c_ %' OR n.said LIKE 'kh_ng ai %' OR n.said LIKE 'kh_ng r_ %' OR n.said LIKE 'kh_ng bi_t%' OR n.said LIKE 'kh_ng ph_t sinh%'
       OR n.said LIKE 'kh_ng tuy_n%' OR n.said LIKE 'kh_ng thu_ %' OR n.said LIKE 'kh_ng thanh l_ %' OR n.said LIKE 'kh_ng ngh_ %'
       OR n.said LIKE 'chưa %' OR n.said LIKE 'chƯa %' OR n.said LIKE 'chua c_ %' OR n.said LIKE '_ang c_p nh_t%'
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR u.entry IS NOT NULL OR n.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN n.entry IS NOT NULL THEN 'contradicted'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'unsound' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
LEFT JOIN unsaid u ON u.entry = e.entry
LEFT JOIN nobody n ON n.entry = e.entry
WHERE e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
