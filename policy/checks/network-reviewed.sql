-- Was the unit's whole system reviewed within the interval? An assessment that was entered shows it;
-- that none is entered shows nothing, for no text says in which book a review stands. One that names a year before the interval is not of it,
-- whenever it was typed; nor is one that says in words that nobody assessed, or that there was nothing,
-- or that was last saved before its own day: it was a plan then.
WITH words AS (
    SELECT b.entry, LOWER(RTRIM(LTRIM(b.done_by, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said
    FROM book_vulnerability_assessment b
    WHERE TRIM(b.done_by) <> ''
    UNION ALL
    SELECT b.entry, LOWER(RTRIM(LTRIM(b.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said
    FROM book_vulnerability_assessment b
    WHERE TRIM(b.subject) <> ''
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
       OR ((w.said LIKE 'không %' OR w.said LIKE 'khÔng %') AND w.said NOT LIKE 'kh_ng gian %') OR w.said LIKE 'khong c_ %' OR w.said LIKE 'khong r_ %' OR w.said LIKE 'ko c_ %'
       OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %' OR w.said LIKE 'chua c_ %' OR w.said LIKE 'chua r_ %' OR w.said LIKE 'chua k_ %' OR w.said LIKE 'chua ban %' OR w.said LIKE 'chua ph_ %' OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %'
       OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'cho k_ %' OR w.said LIKE 'cho ph_ %' OR w.said LIKE 'cho duy_t %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến %' OR w.said LIKE 'dỰ kiẾn %'
       OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'vị trí%khuyết %' OR w.said LIKE 'vỊ trÍ%khuyẾt %' OR w.said LIKE 'vị trí%trống %' OR w.said LIKE 'vỊ trÍ%trỐng %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %' OR w.said LIKE '_ể trống %' OR w.said LIKE '_Ể trỐng %')
)
SELECT e.unit AS unit,
       '' AS subject,
       'met' AS status,
       'reviewed' AS reason,
       MAX(e.recorded_at) AS observed_at,
       MAX(e.occurred_on) AS occurred_on
FROM book_vulnerability_assessment e
WHERE e.result = 'whole-system'
  AND e.entry NOT IN (SELECT u.entry FROM unsaid u)
  AND e.age_days <= CAST(:max_age_days AS BIGINT)
  AND NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
  AND (COALESCE(e.period, '') = ''
       OR SUBSTR(e.period, 1, 4) >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT)
                                         - (CAST(:max_age_days AS BIGINT) + 364) / 365 AS TEXT))
GROUP BY e.unit
