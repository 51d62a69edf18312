-- Did each asset with data that was sent out for repair go with approval, its data protected,
-- and the repairer's undertaking? What stays in the house, or holds no data, is not looked at: it
-- does not show that nothing else went out. An entry that does not say tells nothing.
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.data_care = 'all' THEN 'met'
            WHEN b.data_care IN ('not-approved', 'unprotected', 'no-undertaking') THEN 'breached'
            ELSE NULL END AS status,
       CASE WHEN b.data_care = 'all' THEN 'all'
            WHEN b.data_care = 'not-approved' THEN 'not-approved'
            WHEN b.data_care = 'unprotected' THEN 'unprotected'
            WHEN b.data_care = 'no-undertaking' THEN 'no-undertaking'
            ELSE 'result-missing' END AS reason,
       b.recorded_at AS observed_at,
       b.occurred_on AS occurred_on
FROM book_outside_repair b
WHERE b.age_days <= CAST(:window_days AS BIGINT)
  AND (b.result IS NULL OR b.result <> 'in-house')
  AND (b.data_care IS NULL OR b.data_care <> 'no-data')
