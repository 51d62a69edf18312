-- Has the newest entry about each matter of a book a result that the rule allows? What is looked
-- at again has a new entry, which goes before the old. A fault that is newly found has `grace_days`
-- to be mended, unless a look on an earlier day found it, with no sound one since: so long nobody
-- can say. Of an entry older than the interval that left a fault, or does not say, nobody can say
-- how it stands today; one that was sound then is not looked at any more. Words that say that there is none, or that nobody looked
-- yet, are no matter that is found or mended. What was last saved before its own day was a plan then: neither a measure nor a fault.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, LOWER(TRIM(COALESCE(e.subject, ''))) AS matter,
           e.result, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 1 ELSE 0 END AS is_sound,
           CASE WHEN COALESCE(b.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           CASE WHEN EXISTS (SELECT 1 FROM (SELECT LOWER(RTRIM(LTRIM(e.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said) n WHERE (n.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ', 'không có ', 'khÔng cÓ ', 'khong co ', 'chưa có ', 'chƯa cÓ ', 'chua co ', 'khuyết ', 'khuyẾt ')
              OR n.said LIKE 'kh_ng r_ %' OR n.said LIKE 'kh_ng bi_t %' OR n.said LIKE 'kh_ng ph_t sinh %' OR n.said LIKE 'kh_ng ph_t hi_n %' OR n.said LIKE 'kh_ng x_y ra %' OR n.said LIKE 'kh_ng t_ ch_c %' OR n.said LIKE 'kh_ng th_c hi_n %' OR n.said LIKE 'kh_ng di_n t_p %' OR n.said LIKE 'kh_ng nh_n %' OR n.said LIKE 'kh_ng c_ g_ %' OR n.said LIKE 'kh_ng c_ ai %' OR n.said LIKE 'kh_ng c_ b_o c_o %' OR n.said LIKE 'kh_ng c_ n_i dung %'
              OR n.said LIKE 'kh_ng c_ s_ c_ %' OR n.said LIKE 'kh_ng c_ nguy c_ %' OR n.said LIKE 'kh_ng c_ r_i ro %' OR n.said LIKE 'kh_ng c_ vi ph_m %' OR n.said LIKE 'kh_ng c_ l_p %' OR n.said LIKE 'kh_ng c_ cu_c %' OR n.said LIKE 'kh_ng c_ y_u c_u %' OR n.said LIKE 'kh_ng c_ _ề ngh_ %' OR n.said LIKE 'kh_ng c_ _Ề ngh_ %' OR n.said LIKE 'kh_ng c_ h_ th_ng m_i %' OR n.said LIKE 'kh_ng c_ ph_n m_m m_i %' OR n.said LIKE 'kh_ng c_ ph_n m_m n_o %' OR n.said LIKE 'kh_ng c_ k_ ho_ch %' OR n.said LIKE 'kh_ng c_ di_n t_p %' OR n.said LIKE 'kh_ng c_ _ợt %' OR n.said LIKE 'kh_ng c_ _Ợt %' OR n.said LIKE 'kh_ng c_ ho_t _ộng %' OR n.said LIKE 'kh_ng c_ ho_t _Ộng %' OR n.said LIKE 'kh_ng c_ tr__ng h_p %'
              OR n.said LIKE 'ch_a c_ s_ c_ %' OR n.said LIKE 'ch_a c_ l_p %' OR n.said LIKE 'ch_a c_ cu_c %' OR n.said LIKE 'ch_a c_ y_u c_u %' OR n.said LIKE 'ch_a c_ k_ ho_ch %' OR n.said LIKE 'ch_a c_ k_t qu_ %' OR n.said LIKE 'ch_a r_ %' OR n.said LIKE 'ch_a t_ ch_c %' OR n.said LIKE 'ch_a di_n t_p %' OR n.said LIKE 'ch_a th_c hi_n %' OR n.said LIKE 'ch_a x_c _ịnh %' OR n.said LIKE 'ch_a x_c _Ịnh %' OR n.said LIKE 'ch_a _ánh gi_ %' OR n.said LIKE 'ch_a _Ánh gi_ %' OR n.said LIKE 'ch_a x_y ra %' OR n.said LIKE 'ch_a ph_t hi_n %' OR n.said LIKE 'ch_a ph_t sinh %' OR n.said LIKE 'ch_a h_p %' OR n.said LIKE 'ch_a th_ng b_o %'
              OR n.said LIKE '_ang c_p nh_t %' OR n.said LIKE '_ang chu_n b_ %' OR n.said LIKE '_ang x_y d_ng %' OR n.said LIKE '_ang l_p %' OR n.said LIKE '_ang l_n k_ ho_ch %' OR n.said LIKE '_ang tr_nh %' OR n.said LIKE '_ang ch_ %' OR n.said LIKE 'chờ %' OR n.said LIKE 'chỜ %' OR n.said LIKE 'sẽ %' OR n.said LIKE 'sẼ %' OR n.said LIKE 'd_ ki_n %')) THEN 1 ELSE 0 END AS is_unsaid,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    LEFT JOIN book_risk b ON b.entry = e.entry
    WHERE e.register = CAST(:register AS TEXT)
),
since AS (
    SELECT p.unit, p.matter, p.result, p.occurred_on, p.ahead,
           MAX(p.is_sound) OVER (PARTITION BY p.unit, p.matter ORDER BY p.place) AS sound_since
    FROM placed p
),
found AS (
    SELECT s.unit, s.matter, MIN(s.occurred_on) AS found_on
    FROM since s
    WHERE s.sound_since = 0 AND s.result IS NOT NULL AND s.ahead = 0
    GROUP BY s.unit, s.matter
),
judged AS (
    SELECT p.unit, p.subject, p.result, p.occurred_on, p.recorded_at,
           CASE WHEN p.is_unsaid = 1 THEN 'unsaid'
                WHEN p.result IS NULL THEN 'result-missing'
                WHEN p.ahead = 1 THEN 'typed-ahead'
                WHEN p.is_sound = 1 THEN CASE WHEN p.age_days <= CAST(:window_days AS BIGINT) THEN 'sound' END
                WHEN p.age_days > CAST(:window_days AS BIGINT) THEN 'review-old'
                WHEN p.age_days > CAST(:grace_days AS BIGINT) OR f.found_on < p.occurred_on THEN 'unsound'
                ELSE 'newly-found' END AS reason
    FROM placed p
    LEFT JOIN found f ON f.unit = p.unit AND f.matter = p.matter
    WHERE p.place = 1
)
SELECT j.unit AS unit,
       j.subject AS subject,
       CASE WHEN j.reason = 'sound' THEN 'met'
            WHEN j.reason = 'unsound' THEN 'breached' END AS status,
       CASE WHEN j.reason = 'sound' THEN 'sound'
            WHEN j.reason = 'unsound' THEN 'unsound'
            WHEN j.reason = 'newly-found' THEN 'newly-found'
            WHEN j.reason = 'review-old' THEN 'review-old'
            WHEN j.reason = 'unsaid' THEN 'unsaid'
            WHEN j.reason = 'typed-ahead' THEN 'typed-ahead'
            ELSE 'result-missing' END AS reason,
       j.recorded_at AS observed_at,
       j.result AS result,
       j.occurred_on AS occurred_on
FROM judged j
WHERE j.reason IS NOT NULL
