-- Was each storage medium treated before it left? One that left untreated within the interval is a
-- breach, whatever came after; of an older one nobody can say how it stands today, unless a later
-- entry with its serial number says that it was treated (words without a digit, or that say that there is none or how many there are, are no
-- number). `of` narrows it to the disks of computers
-- (`computer`): then other media are not asked about, and of an entry that does not tell the kind nobody
-- can say; `any` takes all. An entry that was last saved before its own day was a plan then, and words that say that
-- there is nothing name no medium.
WITH written AS (
    SELECT e.unit, e.entry, e.subject, e.serial, e.part_of, e.result, e.occurred_on, e.recorded_at, e.age_days,
           LOWER(LTRIM(COALESCE(e.subject, ''), ' -.,;([*')) AS said
    FROM book_media_disposal e
    WHERE NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
),
media AS (
    SELECT w.unit, w.entry, w.subject, w.serial, w.part_of, w.result, w.occurred_on, w.recorded_at, w.age_days
    FROM written w
    WHERE w.subject IS NULL
       OR NOT (w.said IN ('', 'n/a', 'na', 'none', 'không', 'khÔng', 'khong', 'trống', 'trỐng', 'khuyết', 'khuyẾt')
               OR w.said LIKE 'không có%' OR w.said LIKE 'khÔng cÓ%' OR w.said LIKE 'khong co%' OR w.said LIKE 'không rõ%' OR w.said LIKE 'khÔng rÕ%'
               OR w.said LIKE 'chưa%' OR w.said LIKE 'chƯa%' OR w.said LIKE 'chua %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %'
               OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến%' OR w.said LIKE 'dỰ kiẾn%')
),
settled AS (
    SELECT DISTINCT b.entry
    FROM media b
    JOIN media s ON s.unit = b.unit AND LOWER(TRIM(s.serial)) = LOWER(TRIM(b.serial))
                              AND s.result IN ('destroyed', 'wiped') AND s.occurred_on >= b.occurred_on
    WHERE b.age_days > CAST(:window_days AS BIGINT)
      AND (b.serial LIKE '%0%' OR b.serial LIKE '%1%' OR b.serial LIKE '%2%' OR b.serial LIKE '%3%' OR b.serial LIKE '%4%'
           OR b.serial LIKE '%5%' OR b.serial LIKE '%6%' OR b.serial LIKE '%7%' OR b.serial LIKE '%8%' OR b.serial LIKE '%9%')
      AND LOWER(TRIM(b.serial)) NOT LIKE 'không%' AND LOWER(TRIM(b.serial)) NOT LIKE 'khÔng%'
      AND LOWER(TRIM(b.serial)) NOT LIKE 'chưa%' AND LOWER(TRIM(b.serial)) NOT LIKE 'chƯa%'
      AND LOWER(b.serial) NOT LIKE '%cái%' AND LOWER(b.serial) NOT LIKE '%chiếc%' AND LOWER(TRIM(b.serial)) NOT LIKE 'sl%' AND LOWER(TRIM(b.serial)) NOT LIKE 'số lượng%'
)
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.part_of IS NULL AND CAST(:of AS TEXT) <> 'any' THEN NULL
            WHEN b.result IN ('destroyed', 'wiped') THEN 'met'
            WHEN b.result = 'untreated' AND b.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN b.result IS NULL THEN 'result-missing'
            WHEN b.part_of IS NULL AND CAST(:of AS TEXT) <> 'any' THEN 'kind-missing'
            WHEN b.result IN ('destroyed', 'wiped') THEN 'sound'
            WHEN b.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'review-old' END AS reason,
       b.recorded_at AS observed_at,
       b.serial AS serial,
       b.result AS result,
       b.occurred_on AS occurred_on
FROM media b
LEFT JOIN settled s ON s.entry = b.entry
WHERE s.entry IS NULL
  AND (b.age_days <= CAST(:window_days AS BIGINT) OR b.result IS NULL OR b.result = 'untreated')
  AND (CAST(:of AS TEXT) = 'any' OR b.part_of IS NULL OR b.part_of = CAST(:of AS TEXT))
