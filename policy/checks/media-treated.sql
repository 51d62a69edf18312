-- Was each storage medium treated before it left? One that left untreated within the interval is a
-- breach, whatever came after; of an older one nobody can say how it stands today, unless a later
-- entry with its serial number says that it was treated (words without a digit, or that say that there is none, are no
-- number). `of` narrows it to the disks of computers
-- (`computer`): then other media are not asked about, and of an entry that does not tell the kind nobody
-- can say; `any` takes all.
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
FROM book_media_disposal b
LEFT JOIN settled s ON s.entry = b.entry
WHERE s.entry IS NULL
  AND (b.age_days <= CAST(:window_days AS BIGINT) OR b.result IS NULL OR b.result = 'untreated')
  AND (CAST(:of AS TEXT) = 'any' OR b.part_of IS NULL OR b.part_of = CAST(:of AS TEXT))
