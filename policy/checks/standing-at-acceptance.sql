-- Does an entry of a book about acceptance (`procedure`, `assignment`) stand? It is asked for when a system
-- is accepted: where it ended and no system was tested or accepted since, nothing shows that one
-- was wanting. An entry without an end is believed only so long: then nobody can say, nor
-- of one that says in words that there is nobody, or no such document yet.
WITH written AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on, e.age_days,
           CASE WHEN a.entry IS NOT NULL THEN LOWER(LTRIM(COALESCE(a.assignee, ''), ' -.,;([*'))
                ELSE 'quy trình: ' || COALESCE(LOWER(LTRIM(COALESCE(p.title, ''), ' -.,;([*')), '') END AS said
    FROM fact_entry e
    LEFT JOIN book_assignment a ON a.unit = e.unit AND a.entry = e.entry
    LEFT JOIN book_procedure p ON p.unit = e.unit AND p.entry = e.entry
    WHERE e.register = CAST(:register AS TEXT) AND e.subject = 'acceptance'
),
placed AS (
    SELECT w.unit, w.occurred_on, w.recorded_at, w.expires_on,
           CASE WHEN w.said LIKE 'quy trình: chưa%' OR w.said LIKE 'quy trình: chƯa%' OR w.said LIKE 'quy trình: không%'
                  OR w.said LIKE 'quy trình: khÔng%' OR w.said LIKE 'quy trình: đang %' OR w.said LIKE 'quy trình: Đang %' OR w.said LIKE 'quy trình: chờ %' OR w.said LIKE 'quy trình: chỜ %'
                  OR w.said LIKE 'quy trình: sẽ %' OR w.said LIKE 'quy trình: sẼ %' OR w.said LIKE 'quy trình: %dự thảo%' OR w.said LIKE 'quy trình: %dỰ thẢo%'
                  OR w.said = UPPER(w.said)
                  OR w.said IN ('n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'khong', 'chua', 'ko', 'trống', 'trỐng') OR w.said LIKE 'khuyết%' OR w.said LIKE 'khuyẾt%' OR w.said LIKE 'bỏ trống%' OR w.said LIKE 'bỎ trỐng%' OR w.said LIKE 'để trống%' OR w.said LIKE 'ĐỂ trỐng%' OR w.said LIKE 'vị trí%khuyết%' OR w.said LIKE 'vị trí%trống%'
                  OR w.said LIKE 'không%' OR w.said LIKE 'khÔng%' OR w.said LIKE 'khong co%' OR w.said LIKE 'khong ro%' OR w.said LIKE 'ko %'
                  OR w.said LIKE 'chưa%' OR w.said LIKE 'chƯa%' OR w.said LIKE 'chua co%' OR w.said LIKE 'chua ro%'
                  OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %' OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' THEN 'named-nothing'
                WHEN w.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN w.expires_on IS NOT NULL THEN 'in-force'
                WHEN w.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state
    FROM written w
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.state = 'named-nothing' THEN 1 END) AS unnamed,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on,
           MAX(p.expires_on) AS expires_on
    FROM placed p
    GROUP BY p.unit
),
accepted AS (
    SELECT a.unit, MAX(a.occurred_on) AS accepted_on
    FROM book_acceptance_test a
    WHERE a.result IS NOT NULL
    GROUP BY a.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met'
            WHEN c.doubtful > 0 OR c.unnamed > 0 THEN NULL
            WHEN a.accepted_on > c.expires_on THEN 'breached' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN c.unnamed > 0 THEN 'named-nothing'
            WHEN a.accepted_on > c.expires_on THEN 'expired'
            ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on,
       a.accepted_on AS accepted_on
FROM counted c
LEFT JOIN accepted a ON a.unit = c.unit
