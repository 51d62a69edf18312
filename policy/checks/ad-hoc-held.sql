-- Was each unannounced inspection that somebody asked for, and that was written down within
-- the interval, held? Planned inspections say nothing about it.
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.result IS NULL THEN NULL
            WHEN b.result = 'not-held' THEN 'breached'
            ELSE 'met' END AS status,
       CASE WHEN b.result IS NULL THEN 'result-missing'
            WHEN b.result = 'not-held' THEN 'unsound'
            ELSE 'sound' END AS reason,
       b.recorded_at AS observed_at,
       b.result AS result,
       b.occurred_on AS occurred_on
FROM book_inspection b
WHERE b.occasion = 'ad-hoc'
  AND b.age_days <= CAST(:window_days AS BIGINT)
