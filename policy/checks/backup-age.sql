-- When did each system last report a backup that succeeded, however its name was written?
-- That the first tries failed is no breach before the interval is over: nobody can say yet, nor of a success whose moment is blank or has yet to come. One
-- that was entered as retired since is not asked about, and says nothing of any other. A report that was last saved more than a day before its own moment, or day,
-- was a plan then, and of a system of which the book holds nothing else nobody can say. Where a name fell silent and one that holds it, or that it holds began since, or one that says the whole was backed up since, it may be the same or within it.
-- A report on "nothing", or on a system that is not told, says nothing.
WITH written AS (
    SELECT b.unit, b.entry, b.subject, b.result, b.occurred_on, b.recorded_at,
           CASE WHEN (COALESCE(b.updated_at, b.recorded_at) + 25200000) / 86400000 + 1 < (b.finished_at + 25200000) / 86400000
                THEN NULL ELSE b.finished_at END AS finished_at,
           CASE WHEN (COALESCE(b.updated_at, b.recorded_at) + 25200000) / 86400000 + 1
                     < COALESCE((b.finished_at + 25200000) / 86400000, (CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days)
                THEN COALESCE(b.finished_at, b.recorded_at) END AS planned_at,
           b.subject AS said
    FROM book_backup_report b
),
reports AS (
    SELECT e.unit, MAX(e.subject) AS subject, COUNT(*) AS reports, MAX(e.recorded_at) AS recorded_at,
           MIN(COALESCE(e.finished_at, e.recorded_at)) AS first_at,
           MAX(CASE WHEN e.result = 'success' THEN e.finished_at END) AS succeeded_at,
           MAX(CASE WHEN e.result = 'success' AND e.finished_at IS NULL THEN COALESCE(e.planned_at, e.recorded_at) END) AS untimed_at,
           COUNT(e.planned_at) AS planned,
           MAX(CASE WHEN e.result = 'retired' AND e.planned_at IS NULL THEN e.occurred_on END) AS retired_on,
           MAX(CASE WHEN e.result <> 'retired' THEN e.occurred_on END) AS reported_on,
           MAX(COALESCE(e.finished_at, e.recorded_at)) AS last_at,
           MAX(CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = e.said) THEN 1 ELSE 0 END) AS unsaid,
           LOWER(REPLACE(COALESCE(e.subject, ''), ' ', '')) AS name
    FROM written e
    GROUP BY e.unit, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', ''))
),
renamed AS (
    SELECT DISTINCT r.unit, r.name
    FROM reports r
    JOIN reports o ON o.unit = r.unit AND o.name <> r.name AND o.last_at > r.last_at
                  AND (o.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 OR o.retired_on IS NOT NULL)
                  AND (o.first_at > r.last_at AND (o.name LIKE '%' || r.name || '%' OR r.name LIKE '%' || o.name || '%')
                       OR o.name LIKE 'toàn%' OR o.name LIKE 'toÀn%' OR o.name LIKE 'tấtcả%' OR o.name LIKE 'tẤtcẢ%' OR o.name LIKE 'cảhệ%' OR o.name LIKE 'cẢhỆ%')
    WHERE r.name <> '' AND o.name <> '' AND o.unsaid = 0 AND r.succeeded_at IS NOT NULL
)
SELECT r.unit AS unit,
       r.subject AS subject,
       CASE WHEN r.unsaid = 1 THEN NULL
            WHEN r.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            WHEN r.untimed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN NULL
            WHEN r.planned = r.reports THEN NULL
            WHEN r.succeeded_at IS NULL
                 AND r.first_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN NULL
            WHEN n.name IS NOT NULL THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN r.unsaid = 1 THEN 'unsaid'
            WHEN r.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'backed-up'
            WHEN r.untimed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'untimed'
            WHEN r.planned = r.reports THEN 'typed-ahead'
            WHEN r.succeeded_at IS NULL THEN 'never-succeeded'
            WHEN n.name IS NOT NULL THEN 'renamed'
            ELSE 'too-old' END AS reason,
       r.recorded_at AS observed_at,
       (CAST(:now AS BIGINT) - r.succeeded_at) / 86400000 AS age_days,
       r.reports AS reports
FROM reports r
LEFT JOIN renamed n ON n.unit = r.unit AND n.name = r.name
WHERE r.retired_on IS NULL OR r.retired_on < COALESCE(r.reported_on, '')
