-- Has the unit an entry of a book, with a given result where one is named, that is no older than
-- the interval? What was last saved before its own day was a plan then: whether it came about nobody can say; nor
-- whether too much time has passed, where the book has nothing else.
-- A book that another body may keep in the unit's stead (`kept_by`, a held role; none where empty)
-- has stopped only if that body of the province, and every body below the unit, wrote nothing either.
-- What the unit wrote within the interval in another book where somebody may enter the same (`other_register`, with
-- `other_result`; none where empty) may be it: nobody can say.
-- An entry about what is "not known" or "not yet" tells of nothing, nor, where a result is named, does one about "nothing",
-- nor a drill that nobody came to.
-- An entry of another result that may be what is asked about (`perhaps`, results between commas; none where empty)
-- leaves it open whether an older one was the last.
WITH words AS (
    SELECT e.entry, LOWER(RTRIM(LTRIM(e.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
unsaid AS (
    SELECT w.entry,
           CASE WHEN w.said LIKE 'ch_a %' OR w.said LIKE 'kh_ng r_ %' OR w.said LIKE '_ang c_p nh_t %' THEN 1 ELSE 0 END AS is_unknown
    FROM words w
    WHERE (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ', 'không có ', 'khÔng cÓ ', 'khong co ', 'chưa có ', 'chƯa cÓ ', 'chua co ', 'khuyết ', 'khuyẾt ')
       OR w.said LIKE 'kh_ng r_ %' OR w.said LIKE 'kh_ng bi_t %' OR w.said LIKE 'kh_ng ph_t sinh %' OR w.said LIKE 'kh_ng ph_t hi_n %' OR w.said LIKE 'kh_ng x_y ra %' OR w.said LIKE 'kh_ng t_ ch_c %' OR w.said LIKE 'kh_ng th_c hi_n %' OR w.said LIKE 'kh_ng di_n t_p %' OR w.said LIKE 'kh_ng nh_n %' OR w.said LIKE 'kh_ng c_ g_ %' OR w.said LIKE 'kh_ng c_ ai %' OR w.said LIKE 'kh_ng c_ b_o c_o %' OR w.said LIKE 'kh_ng c_ n_i dung %'
       OR w.said LIKE 'kh_ng c_ s_ c_ %' OR w.said LIKE 'kh_ng c_ nguy c_ %' OR w.said LIKE 'kh_ng c_ r_i ro %' OR w.said LIKE 'kh_ng c_ vi ph_m %' OR w.said LIKE 'kh_ng c_ l_p %' OR w.said LIKE 'kh_ng c_ cu_c %' OR w.said LIKE 'kh_ng c_ y_u c_u %' OR w.said LIKE 'kh_ng c_ _ề ngh_ %' OR w.said LIKE 'kh_ng c_ _Ề ngh_ %' OR w.said LIKE 'kh_ng c_ h_ th_ng m_i %' OR w.said LIKE 'kh_ng c_ ph_n m_m m_i %' OR w.said LIKE 'kh_ng c_ ph_n m_m n_o %' OR w.said LIKE 'kh_ng c_ k_ ho_ch %' OR w.said LIKE 'kh_ng c_ di_n t_p %' OR w.said LIKE 'kh_ng c_ _ợt %' OR w.said LIKE 'kh_ng c_ _Ợt %' OR w.said LIKE 'kh_ng c_ ho_t _ộng %' OR w.said LIKE 'kh_ng c_ ho_t _Ộng %' OR w.said LIKE 'kh_ng c_ tr__ng h_p %'
       OR w.said LIKE 'ch_a c_ s_ c_ %' OR w.said LIKE 'ch_a c_ l_p %' OR w.said LIKE 'ch_a c_ cu_c %' OR w.said LIKE 'ch_a c_ y_u c_u %' OR w.said LIKE 'ch_a c_ k_ ho_ch %' OR w.said LIKE 'ch_a c_ k_t qu_ %' OR w.said LIKE 'ch_a r_ %' OR w.said LIKE 'ch_a t_ ch_c %' OR w.said LIKE 'ch_a di_n t_p %' OR w.said LIKE 'ch_a th_c hi_n %' OR w.said LIKE 'ch_a x_c _ịnh %' OR w.said LIKE 'ch_a x_c _Ịnh %' OR w.said LIKE 'ch_a _ánh gi_ %' OR w.said LIKE 'ch_a _Ánh gi_ %' OR w.said LIKE 'ch_a x_y ra %' OR w.said LIKE 'ch_a ph_t hi_n %' OR w.said LIKE 'ch_a ph_t sinh %' OR w.said LIKE 'ch_a h_p %' OR w.said LIKE 'ch_a th_ng b_o %'
       OR w.said LIKE '_ang c_p nh_t %' OR w.said LIKE '_ang chu_n b_ %' OR w.said LIKE '_ang x_y d_ng %' OR w.said LIKE '_ang l_p %' OR w.said LIKE '_ang l_n k_ ho_ch %' OR w.said LIKE '_ang tr_nh %' OR w.said LIKE '_ang ch_ %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'd_ ki_n %')
    UNION ALL
    SELECT d.entry, 0 FROM book_drill d WHERE d.participants = 0
),
placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
                     OR u.entry IS NOT NULL THEN 1 ELSE 0 END AS ahead
    FROM fact_entry e
    LEFT JOIN unsaid u ON u.entry = e.entry AND (u.is_unknown = 1 OR CAST(:result AS TEXT) <> '')
    WHERE e.register = CAST(:register AS TEXT)
      AND (CAST(:result AS TEXT) = '' OR e.result = CAST(:result AS TEXT))
),
latest AS (
    SELECT p.unit, MAX(p.occurred_on) AS last_on, MAX(p.recorded_at) AS recorded_at, COUNT(*) AS entries,
           MIN(p.age_days) AS age_days, COUNT(CASE WHEN p.ahead = 0 THEN 1 END) AS told,
           COUNT(CASE WHEN p.ahead = 0 AND p.age_days <= CAST(:max_age_days AS BIGINT) THEN 1 END) AS done,
           COUNT(CASE WHEN p.ahead = 1 AND p.age_days <= CAST(:max_age_days AS BIGINT) THEN 1 END) AS ahead
    FROM placed p
    GROUP BY p.unit
),
other AS (
    SELECT DISTINCT e.unit
    FROM fact_entry e
    WHERE e.register = CAST(:other_register AS TEXT) AND e.result = CAST(:other_result AS TEXT)
      AND e.age_days <= CAST(:max_age_days AS BIGINT)
),
elsewhere AS (
    SELECT DISTINCT o.unit
    FROM fact_role r
    JOIN latest l ON l.unit = r.unit AND l.done > 0
    JOIN fact_organization o ON o.province = r.province
    WHERE r.role = CAST(:kept_by AS TEXT)
      AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
      AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
    UNION
    SELECT b.parent
    FROM latest l
    JOIN fact_organization b ON b.unit = l.unit
    WHERE l.done > 0 AND b.parent IS NOT NULL AND CAST(:kept_by AS TEXT) <> ''
    UNION
    SELECT e.unit
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT) AND e.age_days <= CAST(:max_age_days AS BIGINT)
      AND ',' || CAST(:perhaps AS TEXT) || ',' LIKE '%,' || e.result || ',%'
)
SELECT l.unit AS unit,
       '' AS subject,
       CASE WHEN l.done > 0 THEN 'met'
            WHEN l.ahead = 0 AND l.told > 0 AND w.unit IS NULL AND o.unit IS NULL THEN 'breached' END AS status,
       CASE WHEN l.done > 0 THEN 'recent'
            WHEN l.ahead > 0 OR l.told = 0 THEN 'typed-ahead'
            WHEN w.unit IS NOT NULL THEN 'kept-elsewhere'
            WHEN o.unit IS NOT NULL THEN 'other-book'
            ELSE 'too-old' END AS reason,
       l.recorded_at AS observed_at,
       l.last_on AS last_on,
       l.age_days AS age_days,
       l.entries AS entries
FROM latest l
LEFT JOIN elsewhere w ON w.unit = l.unit
LEFT JOIN other o ON o.unit = l.unit
