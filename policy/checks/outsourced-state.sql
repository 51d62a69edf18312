-- Of each software written to order, by the newest entry that tells of this rule: is it as the rule
-- asks (`sound`, `also_sound`), or is it not (`fault`, `also_fault`)? A fault is a breach within the
-- interval, and after it nobody can say, until an entry about the same software settles it. The book serves several
-- rules: of a software whose entries tell of another fault alone nothing is known of this one, nor of a unit of
-- which nothing that is looked at does, and no word that nothing was ordered stands. What is still under way
-- beside others owes nothing yet. A contract that is
-- said in words not to be there contradicts a result that says that it is: nobody can say.
-- Where a contractor's undertaking stands in the book of undertakings, and may be the developer's, nobody can say that
-- there is none.
-- What was last saved before its own day was a plan then: whether it came about nobody can say.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT n.entry
    FROM (SELECT b.entry, LOWER(RTRIM(LTRIM(b.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said FROM book_outsourced_development b) n
    WHERE (n.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
       OR ((n.said LIKE 'không %' OR n.said LIKE 'khÔng %') AND n.said NOT LIKE 'kh_ng gian %') OR n.said LIKE 'khong c_ %' OR n.said LIKE 'khong r_ %' OR n.said LIKE 'ko c_ %'
       OR n.said LIKE 'chưa %' OR n.said LIKE 'chƯa %' OR n.said LIKE 'chua c_ %' OR n.said LIKE 'chua r_ %' OR n.said LIKE 'chua k_ %' OR n.said LIKE 'chua ban %' OR n.said LIKE 'chua ph_ %' OR n.said LIKE 'đang %' OR n.said LIKE 'Đang %'
       OR n.said LIKE 'chờ %' OR n.said LIKE 'chỜ %' OR n.said LIKE 'cho k_ %' OR n.said LIKE 'cho ph_ %' OR n.said LIKE 'cho duy_t %' OR n.said LIKE 'sẽ %' OR n.said LIKE 'sẼ %' OR n.said LIKE 'dự kiến %' OR n.said LIKE 'dỰ kiẾn %'
       OR n.said LIKE 'khuyết %' OR n.said LIKE 'khuyẾt %' OR n.said LIKE 'vị trí%khuyết %' OR n.said LIKE 'vỊ trÍ%khuyẾt %' OR n.said LIKE 'vị trí%trống %' OR n.said LIKE 'vỊ trÍ%trỐng %' OR n.said LIKE 'bỏ trống %' OR n.said LIKE 'bỎ trỐng %' OR n.said LIKE '_ể trống %' OR n.said LIKE '_Ể trỐng %')
),
told AS (
    SELECT b.unit, b.entry, COALESCE(b.subject, '') AS subject, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
                 AND b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT), CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'ahead'
                WHEN CAST(:fault AS TEXT) = 'without-contract' AND b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT))
                 AND (EXISTS (SELECT 1 FROM (SELECT LOWER(RTRIM(LTRIM(b.contract, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said) n WHERE (n.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
                    OR ((n.said LIKE 'không %' OR n.said LIKE 'khÔng %') AND n.said NOT LIKE 'kh_ng gian %') OR n.said LIKE 'khong c_ %' OR n.said LIKE 'khong r_ %' OR n.said LIKE 'ko c_ %'
                    OR n.said LIKE 'chưa %' OR n.said LIKE 'chƯa %' OR n.said LIKE 'chua c_ %' OR n.said LIKE 'chua r_ %' OR n.said LIKE 'chua k_ %' OR n.said LIKE 'chua ban %' OR n.said LIKE 'chua ph_ %' OR n.said LIKE 'đang %' OR n.said LIKE 'Đang %'
                    OR n.said LIKE 'chờ %' OR n.said LIKE 'chỜ %' OR n.said LIKE 'cho k_ %' OR n.said LIKE 'cho ph_ %' OR n.said LIKE 'cho duy_t %' OR n.said LIKE 'sẽ %' OR n.said LIKE 'sẼ %' OR n.said LIKE 'dự kiến %' OR n.said LIKE 'dỰ kiẾn %'
                    OR n.said LIKE 'khuyết %' OR n.said LIKE 'khuyẾt %' OR n.said LIKE 'vị trí%khuyết %' OR n.said LIKE 'vỊ trÍ%khuyẾt %' OR n.said LIKE 'vị trí%trống %' OR n.said LIKE 'vỊ trÍ%trỐng %' OR n.said LIKE 'bỏ trống %' OR n.said LIKE 'bỎ trỐng %' OR n.said LIKE '_ể trống %' OR n.said LIKE '_Ể trỐng %'
                    OR n.said LIKE '%dự thảo%' OR n.said LIKE '%dỰ thẢo%' OR n.said LIKE 'bản thảo %' OR n.said LIKE 'bẢn thẢo %' OR n.said LIKE '%(bản thảo%' OR n.said LIKE '%- bản thảo%' OR n.said LIKE '%(draft%' OR n.said LIKE 'draft %' OR n.said LIKE '%(xin %' OR n.said LIKE '%- xin ý kiến%' OR n.said LIKE '%(góp ý%' OR n.said LIKE '%du thao%' OR n.said LIKE '%nháp%' OR n.said LIKE '%nhÁp%' OR n.said LIKE 'so_n th_o%' OR n.said LIKE 'l_y _ ki_n%' OR n.said LIKE 'xin _ ki_n%' OR n.said LIKE 'k_ ho_ch x_y d_ng%' OR n.said LIKE 't_ tr_nh %' OR n.said LIKE 'trình k_%' OR n.said LIKE 'trÌnh k_%' OR n.said LIKE 'trình ph_ %' OR n.said LIKE 'trÌnh ph_ %' OR n.said LIKE '_ã trình %' OR n.said LIKE '_Ã trÌnh %'
                    OR n.said LIKE '%(chưa %' OR n.said LIKE '%(chƯa %' OR n.said LIKE '%chưa ban hành%' OR n.said LIKE '%chƯa ban hÀnh%' OR n.said LIKE '%chưa ký%' OR n.said LIKE '%chƯa kÝ%' OR n.said LIKE '%chưa phê duyệt%' OR n.said LIKE '%chƯa phÊ duyỆt%' OR n.said LIKE '%chưa được %duyệt%' OR n.said LIKE '%chưa được ban%' OR n.said LIKE '%chưa được ký%'
                    OR n.said LIKE '%(chờ %' OR n.said LIKE '%(chỜ %' OR n.said LIKE '%chờ ký%' OR n.said LIKE '%chờ ban hành%' OR n.said LIKE '%chờ phê duyệt%' OR n.said LIKE '%chờ duyệt%' OR n.said LIKE '%(_ang %' OR n.said LIKE '%đang trình%' OR n.said LIKE '%đang soạn%' OR n.said LIKE '%đang xây dựng%' OR n.said LIKE '%đang hoàn thiện%' OR n.said LIKE '%đang chờ%' OR n.said LIKE '%đang lấy %' OR n.said LIKE '%đang dự %' OR n.said LIKE '%(lấy ý kiến%' OR n.said LIKE '%(trình %' OR n.said LIKE '%, trình ký%' OR n.said LIKE '%- trình ký%'))) THEN 'result-missing'
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
            WHEN p.told = 'ahead' THEN 'typed-ahead'
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
