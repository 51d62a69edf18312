-- Was each software written to order tested in a test environment before it was used? An
-- entry that does not say so tells nothing.
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.tested = 'test-environment' THEN 'met'
            WHEN b.tested IN ('live-only', 'not-tested') THEN 'breached'
            WHEN b.tested = 'not-in-use' THEN 'not_applicable'
            ELSE NULL END AS status,
       CASE WHEN b.tested = 'test-environment' THEN 'test-environment'
            WHEN b.tested = 'live-only' THEN 'live-only'
            WHEN b.tested = 'not-tested' THEN 'not-tested'
            WHEN b.tested = 'not-in-use' THEN 'not-in-use'
            ELSE 'result-missing' END AS reason,
       b.recorded_at AS observed_at,
       b.occurred_on AS occurred_on
FROM book_outsourced_development b
WHERE b.age_days <= CAST(:window_days AS BIGINT)
