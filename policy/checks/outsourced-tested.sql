-- Was each software written to order tested in a test environment before it was used? An
-- entry that does not say so tells nothing. Use untested is a breach within the interval; of an older one
-- that no later test of the same software follows, nobody can say how it stands.
WITH settled AS (
    SELECT DISTINCT b.entry
    FROM book_outsourced_development b
    JOIN book_outsourced_development s ON s.unit = b.unit AND s.tested = 'test-environment'
                                      AND LOWER(TRIM(s.subject)) = LOWER(TRIM(b.subject))
                                      AND s.occurred_on >= b.occurred_on
    WHERE b.tested IN ('live-only', 'not-tested') AND b.age_days > CAST(:window_days AS BIGINT)
)
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN b.tested = 'test-environment' THEN 'met'
            WHEN b.tested IN ('live-only', 'not-tested')
                 AND b.age_days <= CAST(:window_days AS BIGINT) THEN 'breached'
            WHEN b.tested = 'not-in-use' THEN 'not_applicable'
            ELSE NULL END AS status,
       CASE WHEN b.tested = 'test-environment' THEN 'test-environment'
            WHEN b.tested IN ('live-only', 'not-tested')
                 AND b.age_days > CAST(:window_days AS BIGINT) THEN 'review-old'
            WHEN b.tested = 'live-only' THEN 'live-only'
            WHEN b.tested = 'not-tested' THEN 'not-tested'
            WHEN b.tested = 'not-in-use' THEN 'not-in-use'
            ELSE 'result-missing' END AS reason,
       b.recorded_at AS observed_at,
       b.occurred_on AS occurred_on
FROM book_outsourced_development b
LEFT JOIN settled s ON s.entry = b.entry
WHERE s.entry IS NULL
  AND (b.age_days <= CAST(:window_days AS BIGINT) OR b.tested IN ('live-only', 'not-tested'))
