-- Was everything that was copied into the network within the interval on a safe device, which
-- the entry names, and scanned? An entry that names none, or no result, says nothing; one of
-- several that does so leaves the unit without data.
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.result IN ('unscanned', 'unsafe-medium') THEN 'breached'
            WHEN b.result IN ('clean', 'cleaned') AND TRIM(COALESCE(b.medium, '')) <> '' THEN 'met' END AS status,
       CASE WHEN b.result IN ('unscanned', 'unsafe-medium') THEN 'unsound'
            WHEN b.result IS NULL THEN 'result-missing'
            WHEN TRIM(COALESCE(b.medium, '')) = '' THEN 'medium-missing'
            ELSE 'sound' END AS reason,
       b.recorded_at AS observed_at,
       b.result AS result,
       b.medium AS medium,
       b.occurred_on AS occurred_on
FROM book_data_import b
WHERE b.age_days <= CAST(:window_days AS BIGINT)
