-- Has the unit a provider's procedure for incidents that stands? One without an end is believed only
-- so long. That the last one ran out shows no breach: whether that provider still serves is not known.
-- One whose title or number says that it is not there yet is none.
WITH counted AS (
    SELECT e.unit,
           COUNT(CASE WHEN e.expires_on >= CAST(:today AS TEXT)
                        OR (e.expires_on IS NULL AND e.age_days <= CAST(:max_age_days AS BIGINT)) THEN 1 END) AS standing,
           MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on
    FROM book_incident_plan e
    WHERE e.subject = 'provider'
      AND NOT (LOWER(TRIM(COALESCE(e.title, ''))) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng') OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khuyết%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khuyẾt%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'bỏ trống%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'bỎ trỐng%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'để trống%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'ĐỂ trỐng%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'vị trí%khuyết%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'vị trí%trống%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '(%'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'không%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khÔng%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khong co%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khong ro%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'ko %'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chưa%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chƯa%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chua co%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chua ro%'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chỜ %'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'sẼ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%dự thảo%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%dỰ thẢo%')
      AND NOT (LOWER(TRIM(COALESCE(e.number, ''))) LIKE '(%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chưa %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chƯa %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chỜ %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'sẼ %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'đã trình %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'Đã trình %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%dự thảo%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%dỰ thẢo%')
    GROUP BY e.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force' ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on
FROM counted c
