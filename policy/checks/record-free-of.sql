-- Is no entry of a book, of a day within the interval, one of the faults that the rule
-- forbids? A book serves several rules: entries whose result is neither a fault of this
-- rule nor what it asks for say nothing about it. Where every entry of the book is of what the rule
-- asks about (`each`: yes), one that tells of another fault alone leaves this rule unknown, and no word
-- that there was none stands against it. An incident "told at once" that by its own hours was told before
-- it was noticed, or more than a day after, contradicts itself, and so does one "not told" with the hour of telling. One noticed
-- within the last day that is not told yet may be told still.
-- An entry about "nothing" or "not known" tells of nothing. A course, an inspection, an acceptance or an incident that was last saved
-- before its day was a plan then: whether it came about, well or not, nobody can say. Of a fault where another entry of the same
-- words and day (of an incident: of the same moment of noticing; of a course: of a later day, when it was held again) says the opposite nobody can say: it may be the same, entered anew.
-- An incident is as old as its noticing, whenever it was typed.
WITH words AS (
    SELECT e.entry, e.register, LOWER(RTRIM(LTRIM(e.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ', 'không có ', 'khÔng cÓ ', 'khong co ', 'chưa có ', 'chƯa cÓ ', 'chua co ', 'khuyết ', 'khuyẾt ')
       OR w.said LIKE 'kh_ng r_ %' OR w.said LIKE 'kh_ng bi_t %' OR w.said LIKE 'kh_ng ph_t sinh %' OR w.said LIKE 'kh_ng ph_t hi_n %' OR w.said LIKE 'kh_ng x_y ra %' OR w.said LIKE 'kh_ng t_ ch_c %' OR w.said LIKE 'kh_ng th_c hi_n %' OR w.said LIKE 'kh_ng di_n t_p %' OR w.said LIKE 'kh_ng nh_n %' OR w.said LIKE 'kh_ng c_ g_ %' OR w.said LIKE 'kh_ng c_ ai %' OR w.said LIKE 'kh_ng c_ b_o c_o %' OR w.said LIKE 'kh_ng c_ n_i dung %'
       OR w.said LIKE 'kh_ng c_ s_ c_ %' OR w.said LIKE 'kh_ng c_ nguy c_ %' OR w.said LIKE 'kh_ng c_ r_i ro %' OR w.said LIKE 'kh_ng c_ vi ph_m %' OR w.said LIKE 'kh_ng c_ l_p %' OR w.said LIKE 'kh_ng c_ cu_c %' OR w.said LIKE 'kh_ng c_ y_u c_u %' OR w.said LIKE 'kh_ng c_ _ề ngh_ %' OR w.said LIKE 'kh_ng c_ _Ề ngh_ %' OR w.said LIKE 'kh_ng c_ h_ th_ng m_i %' OR w.said LIKE 'kh_ng c_ ph_n m_m m_i %' OR w.said LIKE 'kh_ng c_ ph_n m_m n_o %' OR w.said LIKE 'kh_ng c_ k_ ho_ch %' OR w.said LIKE 'kh_ng c_ di_n t_p %' OR w.said LIKE 'kh_ng c_ _ợt %' OR w.said LIKE 'kh_ng c_ _Ợt %' OR w.said LIKE 'kh_ng c_ ho_t _ộng %' OR w.said LIKE 'kh_ng c_ ho_t _Ộng %' OR w.said LIKE 'kh_ng c_ tr__ng h_p %'
       OR w.said LIKE 'ch_a c_ s_ c_ %' OR w.said LIKE 'ch_a c_ l_p %' OR w.said LIKE 'ch_a c_ cu_c %' OR w.said LIKE 'ch_a c_ y_u c_u %' OR w.said LIKE 'ch_a c_ k_ ho_ch %' OR w.said LIKE 'ch_a c_ k_t qu_ %' OR w.said LIKE 'ch_a r_ %' OR w.said LIKE 'ch_a t_ ch_c %' OR w.said LIKE 'ch_a di_n t_p %' OR w.said LIKE 'ch_a th_c hi_n %' OR w.said LIKE 'ch_a x_c _ịnh %' OR w.said LIKE 'ch_a x_c _Ịnh %' OR w.said LIKE 'ch_a _ánh gi_ %' OR w.said LIKE 'ch_a _Ánh gi_ %' OR w.said LIKE 'ch_a x_y ra %' OR w.said LIKE 'ch_a ph_t hi_n %' OR w.said LIKE 'ch_a ph_t sinh %' OR w.said LIKE 'ch_a h_p %' OR w.said LIKE 'ch_a th_ng b_o %'
       OR w.said LIKE '_ang c_p nh_t %' OR w.said LIKE '_ang chu_n b_ %' OR w.said LIKE '_ang x_y d_ng %' OR w.said LIKE '_ang l_p %' OR w.said LIKE '_ang l_n k_ ho_ch %' OR w.said LIKE '_ang tr_nh %' OR w.said LIKE '_ang ch_ %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'd_ ki_n %')
       OR (w.register IN ('recruitment', 'acceptance-test') AND (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
          OR ((w.said LIKE 'không %' OR w.said LIKE 'khÔng %') AND w.said NOT LIKE 'kh_ng gian %') OR w.said LIKE 'khong c_ %' OR w.said LIKE 'khong r_ %' OR w.said LIKE 'ko c_ %'
          OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'vị trí%khuyết %' OR w.said LIKE 'vỊ trÍ%khuyẾt %' OR w.said LIKE 'vị trí%trống %' OR w.said LIKE 'vỊ trÍ%trỐng %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %' OR w.said LIKE '_ể trống %' OR w.said LIKE '_Ể trỐng %'
          OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %' OR w.said LIKE 'chua c_ %' OR w.said LIKE 'chua r_ %' OR w.said LIKE 'chua k_ %' OR w.said LIKE 'chua ban %' OR w.said LIKE 'chua ph_ %' OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %'
          OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'cho k_ %' OR w.said LIKE 'cho ph_ %' OR w.said LIKE 'cho duy_t %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến %' OR w.said LIKE 'dỰ kiẾn %'))
),
saved AS (
    SELECT b.entry
    FROM book_training b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_inspection b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_acceptance_test b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
       OR b.noticed_at <= COALESCE(b.updated_at, b.recorded_at)
),
ahead AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND e.recorded_at < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND e.entry NOT IN (SELECT s.entry FROM saved s)
),
doubtful AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result IN ('told', 'isolated')
      AND (b.told_at < b.noticed_at OR b.told_at - b.noticed_at > 86400000)
    UNION ALL
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result = 'not-told' AND b.told_at IS NOT NULL
),
just_noticed AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result = 'not-told' AND b.told_at IS NULL AND b.noticed_at > CAST(:now AS BIGINT) - 86400000
),
opposite AS (
    SELECT f.entry
    FROM fact_entry f
    JOIN fact_entry s ON s.unit = f.unit AND s.register = f.register AND s.occurred_on = f.occurred_on
                     AND LOWER(TRIM(s.subject)) = LOWER(TRIM(f.subject))
    WHERE f.register = CAST(:register AS TEXT)
      AND f.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
      AND s.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT))
    UNION
    SELECT f.entry
    FROM book_incident_report f
    JOIN book_incident_report s ON s.unit = f.unit AND s.noticed_at = f.noticed_at AND LOWER(TRIM(s.subject)) = LOWER(TRIM(f.subject))
    WHERE f.result = 'not-told' AND s.result IN ('told', 'isolated')
    UNION
    SELECT f.entry
    FROM book_training f
    JOIN book_training s ON s.unit = f.unit AND s.occurred_on > f.occurred_on AND LOWER(TRIM(s.subject)) = LOWER(TRIM(f.subject))
    WHERE f.result = 'users-missed' AND s.result = 'users-attended'
),
long_ago AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.noticed_at < CAST(:now AS BIGINT) - (CAST(:window_days AS BIGINT) + 1) * 86400000
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR d.entry IS NOT NULL OR u.entry IS NOT NULL OR o.entry IS NOT NULL OR j.entry IS NOT NULL THEN NULL
            WHEN a.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'breached'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN d.entry IS NOT NULL THEN 'contradicted'
            WHEN o.entry IS NOT NULL THEN 'opposite'
            WHEN j.entry IS NOT NULL THEN 'just-noticed'
            WHEN a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'not-told' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
LEFT JOIN doubtful d ON d.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
LEFT JOIN unsaid u ON u.entry = e.entry
LEFT JOIN opposite o ON o.entry = e.entry
LEFT JOIN long_ago l ON l.entry = e.entry
LEFT JOIN just_noticed j ON j.entry = e.entry
WHERE l.entry IS NULL AND e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
  AND (e.result IS NULL OR CAST(:each AS TEXT) = 'yes'
       OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT),
                       CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)))
