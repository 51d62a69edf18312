-- Was everything that was copied into the network within the interval on a safe device, which
-- the entry names by its tag, and scanned? An entry that names none (a tag has a digit and is no capacity; or says in words that
-- there was none, or that it was an ordinary or a person's own device), or no result, or that no program scanned it, says nothing; one of several that does
-- so leaves the unit without data. An entry that was last saved before its own day was a plan then.
WITH copies AS (
    SELECT b.unit, b.subject, b.result, b.medium, b.occurred_on, b.recorded_at,
           CASE WHEN (b.medium LIKE '%0%' OR b.medium LIKE '%1%' OR b.medium LIKE '%2%' OR b.medium LIKE '%3%' OR b.medium LIKE '%4%'
                      OR b.medium LIKE '%5%' OR b.medium LIKE '%6%' OR b.medium LIKE '%7%' OR b.medium LIKE '%8%' OR b.medium LIKE '%9%')
                 AND LOWER(TRIM(b.medium)) NOT LIKE 'không%' AND LOWER(TRIM(b.medium)) NOT LIKE 'khÔng%'
                 AND LOWER(TRIM(b.medium)) NOT LIKE 'chưa%' AND LOWER(TRIM(b.medium)) NOT LIKE 'chƯa%'
                 AND LOWER(b.medium) NOT LIKE '%gb%' AND LOWER(b.medium) NOT LIKE '%1tb%' AND LOWER(b.medium) NOT LIKE '%2tb%'
                 AND LOWER(b.medium) NOT LIKE '%thường%' AND LOWER(b.medium) NOT LIKE '%thƯỜng%'
                 AND LOWER(b.medium) NOT LIKE '%cá nhân%' AND LOWER(b.medium) NOT LIKE '%cÁ nhÂn%' THEN 1 ELSE 0 END AS named,
           LOWER(LTRIM(COALESCE(b.scanned_with, '?'), ' -.,;([*')) AS scanner
    FROM book_data_import b
    WHERE b.age_days <= CAST(:window_days AS BIGINT)
      AND NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
judged AS (
    SELECT d.unit, d.subject, d.result, d.medium, d.occurred_on, d.recorded_at, d.named,
           CASE WHEN d.scanner = '' OR d.scanner LIKE 'không%' OR d.scanner LIKE 'khÔng%'
                  OR d.scanner LIKE 'chưa%' OR d.scanner LIKE 'chƯa%' THEN 0 ELSE 1 END AS scanned
    FROM copies d
)
SELECT c.unit AS unit,
       COALESCE(c.subject, '') AS subject,
       CASE WHEN c.result IN ('unscanned', 'unsafe-medium') THEN 'breached'
            WHEN c.result IN ('clean', 'cleaned') AND c.named = 1 AND c.scanned = 1 THEN 'met' END AS status,
       CASE WHEN c.result IN ('unscanned', 'unsafe-medium') THEN 'unsound'
            WHEN c.result IS NULL THEN 'result-missing'
            WHEN c.named = 0 THEN 'medium-missing'
            WHEN c.scanned = 0 THEN 'scanner-missing'
            ELSE 'sound' END AS reason,
       c.recorded_at AS observed_at,
       c.result AS result,
       c.medium AS medium,
       c.occurred_on AS occurred_on
FROM judged c
