-- Was each storage medium treated before it left? One that left untreated within the interval is a
-- breach, whatever came after; of an older one nobody can say how it stands today, unless a later
-- entry with its serial number says that it was treated (words without a digit, or that say that there is none or how many there are, are no
-- number). `of` narrows it to the disks of computers
-- (`computer`): then other media are not asked about, and of an entry that does not tell the kind nobody
-- can say; `any` takes all. Of one that was treated by nobody, or not yet, as another field says, of one that was last saved
-- before its own day, and of an entry about nothing, nobody can say, and none of them settles an older one.
WITH words AS (
    SELECT b.entry, 'name' AS kind, b.subject AS said FROM book_media_disposal b
    UNION ALL
    SELECT b.entry, 'treated', b.treated_by FROM book_media_disposal b WHERE b.result IN ('destroyed', 'wiped')
),
doubts AS (
    SELECT b.entry, 1 AS weight
    FROM book_media_disposal b
    WHERE COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT w.entry, CASE WHEN w.kind = 'name' THEN 2 ELSE 3 END
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said)
),
doubtful AS (
    SELECT t.entry, CASE MIN(t.weight) WHEN 1 THEN 'typed-ahead' WHEN 2 THEN 'unsaid' ELSE 'contradicted' END AS why
    FROM doubts t
    GROUP BY t.entry
),
settled AS (
    SELECT DISTINCT b.entry
    FROM book_media_disposal b
    JOIN book_media_disposal s ON s.unit = b.unit AND LOWER(TRIM(s.serial)) = LOWER(TRIM(b.serial))
                              AND s.result IN ('destroyed', 'wiped') AND s.occurred_on >= b.occurred_on
    LEFT JOIN doubtful d ON d.entry = s.entry
    WHERE b.age_days > CAST(:window_days AS BIGINT) AND d.entry IS NULL
      AND (b.serial LIKE '%0%' OR b.serial LIKE '%1%' OR b.serial LIKE '%2%' OR b.serial LIKE '%3%' OR b.serial LIKE '%4%'
           OR b.serial LIKE '%5%' OR b.serial LIKE '%6%' OR b.serial LIKE '%7%' OR b.serial LIKE '%8%' OR b.serial LIKE '%9%')
      AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.serial)
      AND LOWER(b.serial) NOT LIKE '%cái%' AND LOWER(b.serial) NOT LIKE '%chiếc%' AND LOWER(TRIM(b.serial)) NOT LIKE 'sl%' AND LOWER(TRIM(b.serial)) NOT LIKE 'số lượng%'
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
