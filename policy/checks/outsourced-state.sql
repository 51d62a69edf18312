-- Of each software written to order, by the newest entry that tells of this rule: is it as the rule
-- asks (`sound`, `also_sound`), or is it not (`fault`, `also_fault`)? A fault is a breach within the
-- interval, and after it nobody can say, until an entry about the same software settles it. The book serves several
-- rules: of a software whose entries tell of another fault alone nothing is known of this one, nor of a unit of
-- which nothing that is looked at does, and no word that nothing was ordered stands. What is still under way
-- beside others owes nothing yet. A contract that is
-- said in words not to be there contradicts a result that says that it is: nobody can say.
-- Where a contractor's undertaking stands in the book of undertakings, and may be the developer's, nobody can say that
-- there is none.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT n.entry
    FROM (SELECT b.entry, LOWER(RTRIM(LTRIM(b.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said FROM book_outsourced_development b) n
    WHERE n.said = ' ' OR n.said IN ('n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'không ', 'khÔng ', 'khong ', 'trống ', 'trỐng ')
       OR n.said LIKE 'kh_ng c_ %' OR n.said LIKE 'kh_ng ai %' OR n.said LIKE 'kh_ng r_ %' OR n.said LIKE 'kh_ng bi_t%' OR n.said LIKE 'kh_ng ph_t sinh%'
       OR n.said LIKE 'kh_ng tuy_n%' OR n.said LIKE 'kh_ng thu_ %' OR n.said LIKE 'kh_ng thanh l_ %' OR n.said LIKE 'kh_ng ngh_ %'
       OR n.said LIKE 'chưa %' OR n.said LIKE 'chƯa %' OR n.said LIKE 'chua c_ %' OR n.said LIKE '_ang c_p nh_t%'
),
told AS (
    SELECT b.unit, b.entry, COALESCE(b.subject, '') AS subject, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN CAST(:fault AS TEXT) = 'without-contract' AND b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT))
                 AND (LOWER(TRIM(b.contract)) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng') OR LOWER(TRIM(b.contract)) LIKE 'khuyết%' OR LOWER(TRIM(b.contract)) LIKE 'khuyẾt%' OR LOWER(TRIM(b.contract)) LIKE 'bỏ trống%' OR LOWER(TRIM(b.contract)) LIKE 'bỎ trỐng%' OR LOWER(TRIM(b.contract)) LIKE 'để trống%' OR LOWER(TRIM(b.contract)) LIKE 'ĐỂ trỐng%' OR LOWER(TRIM(b.contract)) LIKE 'vị trí%khuyết%' OR LOWER(TRIM(b.contract)) LIKE 'vị trí%trống%' OR LOWER(TRIM(b.contract)) LIKE '(%'
                      OR LOWER(TRIM(b.contract)) LIKE 'không%' OR LOWER(TRIM(b.contract)) LIKE 'khÔng%' OR LOWER(TRIM(b.contract)) LIKE 'khong co%' OR LOWER(TRIM(b.contract)) LIKE 'khong ro%' OR LOWER(TRIM(b.contract)) LIKE 'ko %'
                      OR LOWER(TRIM(b.contract)) LIKE 'chưa%' OR LOWER(TRIM(b.contract)) LIKE 'chƯa%' OR LOWER(TRIM(b.contract)) LIKE 'chua co%' OR LOWER(TRIM(b.contract)) LIKE 'chua ro%'
                      OR LOWER(TRIM(b.contract)) LIKE 'đang %' OR LOWER(TRIM(b.contract)) LIKE 'Đang %' OR LOWER(TRIM(b.contract)) LIKE 'chờ %' OR LOWER(TRIM(b.contract)) LIKE 'chỜ %'
                      OR LOWER(TRIM(b.contract)) LIKE 'sẽ %' OR LOWER(TRIM(b.contract)) LIKE 'sẼ %' OR LOWER(TRIM(b.contract)) LIKE '%dự thảo%' OR LOWER(TRIM(b.contract)) LIKE '%dỰ thẢo%'
                      OR LOWER(TRIM(b.contract)) LIKE 'khuyết%' OR LOWER(TRIM(b.contract)) LIKE 'khuyẾt%' OR LOWER(TRIM(b.contract)) LIKE 'vị trí khuyết%' OR LOWER(TRIM(b.contract)) LIKE 'vỊ trÍ khuyẾt%' OR LOWER(TRIM(b.contract)) LIKE 'bỏ trống%' OR LOWER(TRIM(b.contract)) LIKE 'bỎ trỐng%' OR LOWER(TRIM(b.contract)) LIKE 'dự kiến%' OR LOWER(TRIM(b.contract)) LIKE 'dỰ kiẾn%' OR LOWER(TRIM(b.contract)) LIKE '(%') THEN 'result-missing'
                WHEN b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
                WHEN b.result = 'without-undertaking' AND b.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
                     AND EXISTS (SELECT 1 FROM book_undertaking u
                                 WHERE u.unit = b.unit AND u.result = 'contractor' AND TRIM(u.subject) <> ''
                                   AND (u.expires_on IS NULL OR u.expires_on >= CAST(:today AS TEXT))
                                   AND (TRIM(COALESCE(b.developer, '')) = ''
                                        OR LOWER(TRIM(b.developer)) LIKE '%' || LOWER(TRIM(u.subject)) || '%'
                                        OR LOWER(TRIM(u.subject)) LIKE '%' || LOWER(TRIM(b.developer)) || '%'
                                        OR LOWER(TRIM(u.subject)) LIKE '%' || LOWER(TRIM(b.subject)) || '%')) THEN 'signed-beside'
                WHEN b.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
                WHEN b.result IS NULL THEN 'result-missing' END AS told
    FROM book_outsourced_development b
    WHERE b.entry NOT IN (SELECT n.entry FROM void n)
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
            WHEN p.told = 'signed-beside' THEN 'signed-beside'
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
