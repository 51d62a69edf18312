-- Does every entry of a book, of a day within the interval, have a result that the rule
-- allows? One entry that does not is a breach; a book without entries says nothing. Of a repair that
-- was approved and escorted, as the result says, by "nobody", "not yet", as another field says, nobody can say.
-- An entry about "nothing" or "not known" tells of nothing. What was last saved before its own day was a plan then: whether
-- it came about nobody can say.
WITH words AS (
    SELECT r.entry, LOWER(TRIM(r.approved_by)) || ' ' AS said FROM book_outside_repair r WHERE r.result = 'supervised'
    UNION ALL
    SELECT r.entry, LOWER(TRIM(r.escort)) || ' ' FROM book_outside_repair r WHERE r.result = 'supervised'
),
nobody AS (
    SELECT DISTINCT w.entry
    FROM words w
    WHERE w.said LIKE 'không %' OR w.said LIKE 'khÔng %' OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %'
       OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %'
       OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %'
       OR w.said LIKE 'khong co %' OR w.said LIKE 'chua co %' OR w.said LIKE '(%'
       OR w.said IN ('- ', '-- ', '. ', '... ', '? ', '?? ', 'n/a ', 'na ', 'trống ', 'trỐng ', 'ko ', 'khong ', 'chua ', 'none ', 'null ')
),
unsaid AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND LOWER(TRIM(e.subject)) IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'không', 'khÔng', 'không có', 'khÔng cÓ', 'chưa', 'chƯa', 'chưa có', 'chƯa cÓ',
           'không rõ', 'khÔng rÕ', 'không biết', 'khÔng biẾt', 'chưa rõ', 'chƯa rÕ', 'đang cập nhật', 'Đang cập nhật', 'Đang cẬp nhẬt', 'khuyết', 'khuyẾt', 'trống', 'trỐng', 'bỏ trống', 'bỎ trỐng',
           '(không)', '(không có)', '(chưa có)', '(trống)', 'none', 'null', 'ko', 'ko có', 'khong', 'khong co', 'chua', 'chua co')
),
saved AS (
    SELECT r.entry, r.age_days, COALESCE(r.updated_at, r.recorded_at) AS saved_at FROM book_outside_repair r
    UNION ALL
    SELECT c.entry, c.age_days, COALESCE(c.updated_at, c.recorded_at) FROM book_recruitment c
),
ahead AS (
    SELECT DISTINCT s.entry
    FROM saved s
    WHERE s.saved_at < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - s.age_days) * 86400000 - 25200000
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR u.entry IS NOT NULL OR n.entry IS NOT NULL OR a.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN n.entry IS NOT NULL THEN 'contradicted'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'unsound' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
LEFT JOIN unsaid u ON u.entry = e.entry
LEFT JOIN nobody n ON n.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
WHERE e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
