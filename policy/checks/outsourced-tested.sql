-- Was each software written to order tested in a test environment before it was used? An
-- entry that does not say so tells nothing. Use untested is a breach within the interval; of an older one
-- that no later test of the same software follows, nobody can say how it stands.
-- What was last saved before its own day was a plan then: whether it came about nobody can say, and it settles nothing.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT b.entry
    FROM book_outsourced_development b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
ahead AS (
    SELECT b.entry
    FROM book_outsourced_development b
    WHERE COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
settled AS (
    SELECT DISTINCT b.entry
    FROM book_outsourced_development b
    JOIN book_outsourced_development s ON s.unit = b.unit AND s.tested = 'test-environment'
                                      AND LOWER(TRIM(s.subject)) = LOWER(TRIM(b.subject))
                                      AND s.occurred_on >= b.occurred_on
    WHERE b.tested IN ('live-only', 'not-tested') AND b.age_days > CAST(:window_days AS BIGINT)
      AND s.entry NOT IN (SELECT a.entry FROM ahead a)
)
SELECT b.unit AS unit,
       COALESCE(b.subject, '') AS subject,
       CASE WHEN a.entry IS NOT NULL THEN NULL
            WHEN b.tested = 'test-environment' THEN 'met'
            WHEN b.tested IN ('live-only', 'not-tested')
                 AND b.age_days <= CAST(:window_days AS BIGINT) THEN 'breached'
            WHEN b.tested = 'not-in-use' THEN 'not_applicable'
            ELSE NULL END AS status,
       CASE WHEN a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN b.tested = 'test-environment' THEN 'test-environment'
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
LEFT JOIN ahead a ON a.entry = b.entry
WHERE s.entry IS NULL AND b.entry NOT IN (SELECT n.entry FROM void n)
  AND (b.age_days <= CAST(:window_days AS BIGINT) OR b.tested IN ('live-only', 'not-tested'))
