-- When did each system last report a backup that succeeded, however its name was written?
-- That the first tries failed is no breach before the interval is over: nobody can say yet, nor of a success whose moment is blank or has yet to come. One
-- that was entered as retired since is not asked about, and says nothing of any other. A report on
-- "nothing", or on a system that is not told, says nothing.
WITH reports AS (
    SELECT e.unit, MAX(e.subject) AS subject, COUNT(*) AS reports, MAX(e.recorded_at) AS recorded_at,
           MIN(COALESCE(e.finished_at, e.recorded_at)) AS first_at,
           MAX(CASE WHEN e.result = 'success' THEN e.finished_at END) AS succeeded_at,
           MAX(CASE WHEN e.result = 'success' AND e.finished_at IS NULL THEN e.recorded_at END) AS untimed_at,
           MAX(CASE WHEN e.result = 'retired' THEN e.occurred_on END) AS retired_on,
           MAX(CASE WHEN e.result <> 'retired' THEN e.occurred_on END) AS reported_on,
           MAX(COALESCE(e.finished_at, e.recorded_at)) AS last_at,
           LOWER(REPLACE(COALESCE(e.subject, ''), ' ', '')) AS name
    FROM fact_entry e
    WHERE e.register = 'backup-report'
    GROUP BY e.unit, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', ''))
),
renamed AS (
    SELECT DISTINCT r.unit, r.name
    FROM reports r
    JOIN reports o ON o.unit = r.unit AND o.name <> r.name AND o.first_at > r.last_at
                  AND o.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000
                  AND (o.name LIKE '%' || r.name || '%' OR r.name LIKE '%' || o.name || '%')
    WHERE r.name <> '' AND o.name <> '' AND r.succeeded_at IS NOT NULL
)
SELECT r.unit AS unit,
       r.subject AS subject,
       CASE WHEN r.name IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'không', 'khÔng', 'khôngcó', 'khÔngcÓ', 'chưa', 'chƯa', 'chưacó', 'chƯacÓ', 'khôngrõ', 'chưarõ',
                            'khuyết', 'khuyẾt', 'trống', 'trỐng', '(khôngcó)', '(chưacó)', 'none', 'null', 'ko', 'kocó', 'khong', 'khongco', 'chua', 'chuaco') THEN NULL
            WHEN r.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            WHEN r.untimed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN NULL
            WHEN r.succeeded_at IS NULL
                 AND r.first_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN NULL
            WHEN n.name IS NOT NULL THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN r.name IN ('-', '--', '.', '...', '?', '??', 'n/a', 'na', 'không', 'khÔng', 'khôngcó', 'khÔngcÓ', 'chưa', 'chƯa', 'chưacó', 'chƯacÓ', 'khôngrõ', 'chưarõ',
                            'khuyết', 'khuyẾt', 'trống', 'trỐng', '(khôngcó)', '(chưacó)', 'none', 'null', 'ko', 'kocó', 'khong', 'khongco', 'chua', 'chuaco') THEN 'unsaid'
            WHEN r.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'backed-up'
            WHEN r.untimed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'untimed'
            WHEN r.succeeded_at IS NULL THEN 'never-succeeded'
            WHEN n.name IS NOT NULL THEN 'renamed'
            ELSE 'too-old' END AS reason,
       r.recorded_at AS observed_at,
       (CAST(:now AS BIGINT) - r.succeeded_at) / 86400000 AS age_days,
       r.reports AS reports
FROM reports r
LEFT JOIN renamed n ON n.unit = r.unit AND n.name = r.name
WHERE r.retired_on IS NULL OR r.retired_on < COALESCE(r.reported_on, '')
