-- Does every entry of a book, of a day within the interval, have a result that the rule
-- allows? One entry that does not is a breach; a book without entries says nothing. Of a repair that
-- was approved and escorted, as the result says, by "nobody", "not yet", as another field says, nobody can say; nor of one that another
-- field says was not approved, or went out with its data not protected, nor of one made in-house by a company.
-- An entry about "nothing" or "not known" tells of nothing; of a recruit or a system also in more words ("none was recruited").
-- What was last saved before its own day was a plan then: whether it came about nobody can say.
WITH words AS (
    SELECT r.entry, 'nobody' AS kind, LOWER(RTRIM(LTRIM(r.approved_by, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said FROM book_outside_repair r WHERE r.result = 'supervised'
    UNION ALL
    SELECT r.entry, 'nobody', LOWER(RTRIM(LTRIM(r.escort, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' FROM book_outside_repair r WHERE r.result = 'supervised'
    UNION ALL
    SELECT e.entry, CASE WHEN e.register IN ('recruitment', 'acceptance-test') THEN 'name' ELSE 'matter' END, LOWER(RTRIM(LTRIM(e.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' '
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
nobody AS (
    SELECT DISTINCT w.entry
    FROM words w
    WHERE w.kind = 'nobody' AND (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
       OR ((w.said LIKE 'không %' OR w.said LIKE 'khÔng %') AND w.said NOT LIKE 'kh_ng gian %') OR w.said LIKE 'khong c_ %' OR w.said LIKE 'khong r_ %' OR w.said LIKE 'ko c_ %'
       OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %' OR w.said LIKE 'chua c_ %' OR w.said LIKE 'chua r_ %' OR w.said LIKE 'chua k_ %' OR w.said LIKE 'chua ban %' OR w.said LIKE 'chua ph_ %' OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %'
       OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'cho k_ %' OR w.said LIKE 'cho ph_ %' OR w.said LIKE 'cho duy_t %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến %' OR w.said LIKE 'dỰ kiẾn %'
       OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'vị trí%khuyết %' OR w.said LIKE 'vỊ trÍ%khuyẾt %' OR w.said LIKE 'vị trí%trống %' OR w.said LIKE 'vỊ trÍ%trỐng %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %' OR w.said LIKE '_ể trống %' OR w.said LIKE '_Ể trỐng %')
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE (w.kind = 'matter' AND (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ', 'không có ', 'khÔng cÓ ', 'khong co ', 'chưa có ', 'chƯa cÓ ', 'chua co ', 'khuyết ', 'khuyẾt ')
       OR w.said LIKE 'kh_ng r_ %' OR w.said LIKE 'kh_ng bi_t %' OR w.said LIKE 'kh_ng ph_t sinh %' OR w.said LIKE 'kh_ng ph_t hi_n %' OR w.said LIKE 'kh_ng x_y ra %' OR w.said LIKE 'kh_ng t_ ch_c %' OR w.said LIKE 'kh_ng th_c hi_n %' OR w.said LIKE 'kh_ng di_n t_p %' OR w.said LIKE 'kh_ng nh_n %' OR w.said LIKE 'kh_ng c_ g_ %' OR w.said LIKE 'kh_ng c_ ai %' OR w.said LIKE 'kh_ng c_ b_o c_o %' OR w.said LIKE 'kh_ng c_ n_i dung %'
       OR w.said LIKE 'kh_ng c_ s_ c_ %' OR w.said LIKE 'kh_ng c_ nguy c_ %' OR w.said LIKE 'kh_ng c_ r_i ro %' OR w.said LIKE 'kh_ng c_ vi ph_m %' OR w.said LIKE 'kh_ng c_ l_p %' OR w.said LIKE 'kh_ng c_ cu_c %' OR w.said LIKE 'kh_ng c_ y_u c_u %' OR w.said LIKE 'kh_ng c_ _ề ngh_ %' OR w.said LIKE 'kh_ng c_ _Ề ngh_ %' OR w.said LIKE 'kh_ng c_ h_ th_ng m_i %' OR w.said LIKE 'kh_ng c_ ph_n m_m m_i %' OR w.said LIKE 'kh_ng c_ ph_n m_m n_o %' OR w.said LIKE 'kh_ng c_ k_ ho_ch %' OR w.said LIKE 'kh_ng c_ di_n t_p %' OR w.said LIKE 'kh_ng c_ _ợt %' OR w.said LIKE 'kh_ng c_ _Ợt %' OR w.said LIKE 'kh_ng c_ ho_t _ộng %' OR w.said LIKE 'kh_ng c_ ho_t _Ộng %' OR w.said LIKE 'kh_ng c_ tr__ng h_p %'
       OR w.said LIKE 'ch_a c_ s_ c_ %' OR w.said LIKE 'ch_a c_ l_p %' OR w.said LIKE 'ch_a c_ cu_c %' OR w.said LIKE 'ch_a c_ y_u c_u %' OR w.said LIKE 'ch_a c_ k_ ho_ch %' OR w.said LIKE 'ch_a c_ k_t qu_ %' OR w.said LIKE 'ch_a r_ %' OR w.said LIKE 'ch_a t_ ch_c %' OR w.said LIKE 'ch_a di_n t_p %' OR w.said LIKE 'ch_a th_c hi_n %' OR w.said LIKE 'ch_a x_c _ịnh %' OR w.said LIKE 'ch_a x_c _Ịnh %' OR w.said LIKE 'ch_a _ánh gi_ %' OR w.said LIKE 'ch_a _Ánh gi_ %' OR w.said LIKE 'ch_a x_y ra %' OR w.said LIKE 'ch_a ph_t hi_n %' OR w.said LIKE 'ch_a ph_t sinh %' OR w.said LIKE 'ch_a h_p %' OR w.said LIKE 'ch_a th_ng b_o %'
       OR w.said LIKE '_ang c_p nh_t %' OR w.said LIKE '_ang chu_n b_ %' OR w.said LIKE '_ang x_y d_ng %' OR w.said LIKE '_ang l_p %' OR w.said LIKE '_ang l_n k_ ho_ch %' OR w.said LIKE '_ang tr_nh %' OR w.said LIKE '_ang ch_ %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'd_ ki_n %'))
       OR (w.kind = 'name' AND (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
          OR ((w.said LIKE 'không %' OR w.said LIKE 'khÔng %') AND w.said NOT LIKE 'kh_ng gian %') OR w.said LIKE 'khong c_ %' OR w.said LIKE 'khong r_ %' OR w.said LIKE 'ko c_ %'
          OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %' OR w.said LIKE 'chua c_ %' OR w.said LIKE 'chua r_ %' OR w.said LIKE 'chua k_ %' OR w.said LIKE 'chua ban %' OR w.said LIKE 'chua ph_ %' OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %'
          OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'cho k_ %' OR w.said LIKE 'cho ph_ %' OR w.said LIKE 'cho duy_t %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến %' OR w.said LIKE 'dỰ kiẾn %'
          OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'vị trí%khuyết %' OR w.said LIKE 'vỊ trÍ%khuyẾt %' OR w.said LIKE 'vị trí%trống %' OR w.said LIKE 'vỊ trÍ%trỐng %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %' OR w.said LIKE '_ể trống %' OR w.said LIKE '_Ể trỐng %'))
),
opposed AS (
    SELECT n.entry FROM nobody n
    UNION
    SELECT r.entry
    FROM book_outside_repair r
    WHERE (r.result = 'supervised' AND r.data_care IN ('not-approved', 'unprotected'))
       OR (r.result = 'in-house'
           AND (LOWER(TRIM(r.contractor)) LIKE 'c_ng ty %' OR LOWER(TRIM(r.contractor)) LIKE 'cty %' OR LOWER(TRIM(r.contractor)) LIKE 'c_a h_ng %' OR LOWER(TRIM(r.contractor)) LIKE '%tnhh%'))
),
saved AS (
    SELECT b.entry
    FROM book_outside_repair b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_recruitment b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
ahead AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND e.recorded_at < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND e.entry NOT IN (SELECT s.entry FROM saved s)
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
LEFT JOIN opposed n ON n.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
WHERE e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
