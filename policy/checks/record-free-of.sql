-- Is no entry of a book, of a day within the interval, one of the faults that the rule
-- forbids? A book serves several rules: entries whose result is neither a fault of this
-- rule nor what it asks for say nothing about it. Where every entry of the book is of what the rule
-- asks about (`each`: yes), one that tells of another fault alone leaves this rule unknown, and no word
-- that there was none stands against it. An incident "told at once" that by its own hours was told before
-- it was noticed, or more than a day after, contradicts itself.
-- An entry about "nothing" or "not known" tells of nothing. A course or an inspection that was last saved as
-- held before its day was a plan then: whether it was held nobody can say.
WITH unsaid AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND LOWER(TRIM(e.subject)) IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'không', 'khÔng', 'không có', 'khÔng cÓ', 'chưa', 'chƯa', 'chưa có', 'chƯa cÓ',
           'không rõ', 'khÔng rÕ', 'không biết', 'khÔng biẾt', 'chưa rõ', 'chƯa rÕ', 'đang cập nhật', 'Đang cập nhật', 'Đang cẬp nhẬt', 'khuyết', 'khuyẾt', 'trống', 'trỐng', 'bỏ trống', 'bỎ trỐng',
           '(không)', '(không có)', '(chưa có)', '(trống)', 'none', 'null', 'ko', 'ko có', 'khong', 'khong co', 'chua', 'chua co')
),
ahead AS (
    SELECT b.entry
    FROM book_training b
    WHERE COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_inspection b
    WHERE COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
doubtful AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result IN ('told', 'isolated')
      AND (b.told_at < b.noticed_at OR b.told_at - b.noticed_at > 86400000)
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR d.entry IS NOT NULL OR u.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'breached'
            WHEN a.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN d.entry IS NOT NULL THEN 'contradicted'
            WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) AND a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'not-told' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
LEFT JOIN doubtful d ON d.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
LEFT JOIN unsaid u ON u.entry = e.entry
WHERE e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
  AND (e.result IS NULL OR CAST(:each AS TEXT) = 'yes'
       OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT),
                       CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)))
