-- Was each storage medium treated before it left? One that left untreated within the interval is a
-- breach, whatever came after; of an older one nobody can say how it stands today, unless a later
-- entry with its serial number says that it was treated (words without a digit, or that say that there is none, are no
-- number). `of` narrows it to the disks of computers
-- (`computer`): then other media are not asked about, and of an entry that does not tell the kind nobody
-- can say; `any` takes all. Of one that was treated by nobody, or not yet, as another field says, of one that was last saved
-- before its own day, and of an entry about nothing, nobody can say.
WITH settled AS (
    SELECT DISTINCT b.entry
    FROM book_media_disposal b
    JOIN book_media_disposal s ON s.unit = b.unit AND LOWER(TRIM(s.serial)) = LOWER(TRIM(b.serial))
                              AND s.result IN ('destroyed', 'wiped') AND s.occurred_on >= b.occurred_on
    WHERE b.age_days > CAST(:window_days AS BIGINT)
      AND (b.serial LIKE '%0%' OR b.serial LIKE '%1%' OR b.serial LIKE '%2%' OR b.serial LIKE '%3%' OR b.serial LIKE '%4%'
           OR b.serial LIKE '%5%' OR b.serial LIKE '%6%' OR b.serial LIKE '%7%' OR b.serial LIKE '%8%' OR b.serial LIKE '%9%')
      AND LOWER(TRIM(b.serial)) NOT LIKE 'không%' AND LOWER(TRIM(b.serial)) NOT LIKE 'khÔng%'
      AND LOWER(TRIM(b.serial)) NOT LIKE 'chưa%' AND LOWER(TRIM(b.serial)) NOT LIKE 'chƯa%'
),
doubtful AS (
    SELECT b.entry,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 'typed-ahead'
                WHEN LOWER(TRIM(b.subject)) IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'không', 'khÔng', 'không có', 'khÔng cÓ', 'chưa', 'chƯa', 'chưa có', 'chƯa cÓ',
                     'khuyết', 'khuyẾt', 'trống', 'trỐng', '(không)', '(không có)', '(chưa có)', 'none', 'null', 'ko', 'ko có', 'khong', 'khong co', 'chua', 'chua co') THEN 'unsaid'
                WHEN b.result IN ('destroyed', 'wiped')
                 AND (LOWER(TRIM(b.treated_by)) IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'none', 'null', 'ko', 'khong', 'chua', 'trống', 'trỐng')
                     OR LOWER(TRIM(b.treated_by)) LIKE 'không%' OR LOWER(TRIM(b.treated_by)) LIKE 'khÔng%' OR LOWER(TRIM(b.treated_by)) LIKE 'chưa%' OR LOWER(TRIM(b.treated_by)) LIKE 'chƯa%' OR LOWER(TRIM(b.treated_by)) LIKE 'đang %' OR LOWER(TRIM(b.treated_by)) LIKE 'Đang %'
                     OR LOWER(TRIM(b.treated_by)) LIKE 'chờ %' OR LOWER(TRIM(b.treated_by)) LIKE 'chỜ %' OR LOWER(TRIM(b.treated_by)) LIKE 'sẽ %' OR LOWER(TRIM(b.treated_by)) LIKE 'sẼ %' OR LOWER(TRIM(b.treated_by)) LIKE 'khuyết%' OR LOWER(TRIM(b.treated_by)) LIKE 'khuyẾt%'
                     OR LOWER(TRIM(b.treated_by)) LIKE 'bỏ trống%' OR LOWER(TRIM(b.treated_by)) LIKE 'bỎ trỐng%' OR LOWER(TRIM(b.treated_by)) LIKE 'khong co%' OR LOWER(TRIM(b.treated_by)) LIKE 'chua co%' OR LOWER(TRIM(b.treated_by)) LIKE '(%') THEN 'contradicted' END AS why
    FROM book_media_disposal b
)
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN (b.part_of IS NULL AND CAST(:of AS TEXT) <> 'any') OR d.why IS NOT NULL THEN NULL
            WHEN b.result IN ('destroyed', 'wiped') THEN 'met'
            WHEN b.result = 'untreated' AND b.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN b.result IS NULL THEN 'result-missing'
            WHEN b.part_of IS NULL AND CAST(:of AS TEXT) <> 'any' THEN 'kind-missing'
            WHEN d.why = 'typed-ahead' THEN 'typed-ahead'
            WHEN d.why = 'unsaid' THEN 'unsaid'
            WHEN d.why IS NOT NULL THEN 'contradicted'
            WHEN b.result IN ('destroyed', 'wiped') THEN 'sound'
            WHEN b.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'review-old' END AS reason,
       b.recorded_at AS observed_at,
       b.serial AS serial,
       b.result AS result,
       b.occurred_on AS occurred_on
FROM book_media_disposal b
LEFT JOIN settled s ON s.entry = b.entry
LEFT JOIN doubtful d ON d.entry = b.entry
WHERE s.entry IS NULL
  AND (b.age_days <= CAST(:window_days AS BIGINT) OR b.result IS NULL OR b.result = 'untreated')
  AND (CAST(:of AS TEXT) = 'any' OR b.part_of IS NULL OR b.part_of = CAST(:of AS TEXT))
