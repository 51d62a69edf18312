-- Of each software written to order, by the newest entry that tells of this rule: is it as the rule
-- asks (`sound`, `also_sound`), or is it not (`fault`, `also_fault`)? A fault is a breach within the
-- interval, and after it nobody can say, until an entry about the same software settles it. The book serves several
-- rules: of a software whose entries tell of another fault alone nothing is known of this one, nor of a unit of
-- which nothing that is looked at does, and no word that nothing was ordered stands. What is still under way
-- beside others owes nothing yet. A contract that is
-- said in words not to be there contradicts a result that says that it is: nobody can say.
WITH told AS (
    SELECT b.unit, b.entry, COALESCE(b.subject, '') AS subject, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN CAST(:fault AS TEXT) = 'without-contract' AND b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT))
                 AND (LOWER(TRIM(b.contract)) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng') OR LOWER(TRIM(b.contract)) LIKE 'khuyết%' OR LOWER(TRIM(b.contract)) LIKE 'khuyẾt%' OR LOWER(TRIM(b.contract)) LIKE 'bỏ trống%' OR LOWER(TRIM(b.contract)) LIKE 'bỎ trỐng%' OR LOWER(TRIM(b.contract)) LIKE 'để trống%' OR LOWER(TRIM(b.contract)) LIKE 'ĐỂ trỐng%' OR LOWER(TRIM(b.contract)) LIKE 'vị trí%khuyết%' OR LOWER(TRIM(b.contract)) LIKE 'vị trí%trống%' OR LOWER(TRIM(b.contract)) LIKE '(%'
                      OR LOWER(TRIM(b.contract)) LIKE 'không%' OR LOWER(TRIM(b.contract)) LIKE 'khÔng%' OR LOWER(TRIM(b.contract)) LIKE 'khong co%' OR LOWER(TRIM(b.contract)) LIKE 'khong ro%' OR LOWER(TRIM(b.contract)) LIKE 'ko %'
                      OR LOWER(TRIM(b.contract)) LIKE 'chưa%' OR LOWER(TRIM(b.contract)) LIKE 'chƯa%' OR LOWER(TRIM(b.contract)) LIKE 'chua co%' OR LOWER(TRIM(b.contract)) LIKE 'chua ro%'
                      OR LOWER(TRIM(b.contract)) LIKE 'đang %' OR LOWER(TRIM(b.contract)) LIKE 'Đang %' OR LOWER(TRIM(b.contract)) LIKE 'chờ %' OR LOWER(TRIM(b.contract)) LIKE 'chỜ %'
                      OR LOWER(TRIM(b.contract)) LIKE 'sẽ %' OR LOWER(TRIM(b.contract)) LIKE 'sẼ %' OR LOWER(TRIM(b.contract)) LIKE '%dự thảo%' OR LOWER(TRIM(b.contract)) LIKE '%dỰ thẢo%') THEN 'result-missing'
                WHEN b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
                WHEN b.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
                WHEN b.result IS NULL THEN 'result-missing' END AS told
    FROM book_outsourced_development b
),
placed AS (
    SELECT t.unit, t.subject, t.result, t.occurred_on, t.recorded_at, t.age_days, t.told,
           ROW_NUMBER() OVER (PARTITION BY t.unit, LOWER(TRIM(t.subject))
                              ORDER BY t.occurred_on DESC, t.recorded_at DESC, t.entry) AS place
    FROM told t
    WHERE t.told IS NOT NULL
),
shown AS (
    SELECT p.unit, p.subject, LOWER(TRIM(p.subject)) AS software, p.result, p.occurred_on, p.recorded_at, p.age_days, p.told
    FROM placed p
    WHERE p.place = 1
      AND (p.told = 'unsound' OR p.age_days <= CAST(:window_days AS BIGINT))
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.told = 'sound' THEN 'met'
            WHEN p.told = 'unsound' AND p.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN p.told = 'sound' THEN 'sound'
            WHEN p.told = 'result-missing' THEN 'result-missing'
            WHEN p.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'review-old' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM shown p
UNION ALL
SELECT t.unit AS unit,
       t.subject AS subject,
       NULL AS status,
       'not-told' AS reason,
       t.recorded_at AS observed_at,
       t.result AS result,
       t.occurred_on AS occurred_on
FROM told t
WHERE t.told IS NULL
  AND t.age_days <= CAST(:window_days AS BIGINT)
  AND (t.unit NOT IN (SELECT p.unit FROM shown p)
       OR (t.result <> 'under-contract'
           AND NOT EXISTS (SELECT 1 FROM shown p WHERE p.unit = t.unit AND p.software = LOWER(TRIM(t.subject)))))
