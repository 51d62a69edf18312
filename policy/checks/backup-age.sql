-- When did each system last report a backup that succeeded, however its name was written?
-- That the first tries failed is no breach before the interval is over: nobody can say yet, nor of a success whose moment is blank or has yet to come. One
-- that was entered as retired since is not asked about, and says nothing of any other.
WITH reports AS (
    SELECT e.unit, MAX(e.subject) AS subject, COUNT(*) AS reports, MAX(e.recorded_at) AS recorded_at,
           MIN(COALESCE(e.finished_at, e.recorded_at)) AS first_at,
           MAX(CASE WHEN e.result = 'success' THEN e.finished_at END) AS succeeded_at,
           MAX(CASE WHEN e.result = 'success' AND e.finished_at IS NULL THEN e.recorded_at END) AS untimed_at,
           MAX(CASE WHEN e.result = 'retired' THEN e.occurred_on END) AS retired_on,
           MAX(CASE WHEN e.result <> 'retired' THEN e.occurred_on END) AS reported_on
    FROM fact_entry e
    WHERE e.register = 'backup-report'
    GROUP BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
)
SELECT r.unit AS unit,
       r.subject AS subject,
       CASE WHEN r.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            WHEN r.untimed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN NULL
            WHEN r.succeeded_at IS NULL
                 AND r.first_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN r.succeeded_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'backed-up'
            WHEN r.untimed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'untimed'
            WHEN r.succeeded_at IS NULL THEN 'never-succeeded'
            ELSE 'too-old' END AS reason,
       r.recorded_at AS observed_at,
       (CAST(:now AS BIGINT) - r.succeeded_at) / 86400000 AS age_days,
       r.reports AS reports
FROM reports r
WHERE r.retired_on IS NULL OR r.retired_on < COALESCE(r.reported_on, '')
