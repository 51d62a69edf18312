-- Did an expert assess each person recruited within the interval? Of an unqualified recruit the result
-- does not tell; the expert's name does.
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.result = 'qualified' THEN 'met'
            WHEN b.result = 'unassessed' THEN 'breached'
            WHEN b.result = 'unqualified' AND TRIM(b.assessed_by) <> '' THEN 'met' END AS status,
       CASE WHEN b.result = 'qualified' THEN 'sound'
            WHEN b.result = 'unassessed' THEN 'unsound'
            WHEN b.result = 'unqualified' AND TRIM(b.assessed_by) <> '' THEN 'sound'
            ELSE 'result-missing' END AS reason,
       b.recorded_at AS observed_at,
       b.result AS result,
       b.occurred_on AS occurred_on
FROM book_recruitment b
WHERE b.age_days <= CAST(:window_days AS BIGINT)
