-- Was everything that was copied into the network within the interval on a safe device, which
-- the entry names, and scanned? An entry that names none (or says in words that there was none, or
-- that it was an ordinary or a person's own device), or no result, says nothing; one of several that does
-- so leaves the unit without data.
WITH copies AS (
    SELECT b.unit, b.subject, b.result, b.medium, b.occurred_on, b.recorded_at,
           CASE WHEN LOWER(TRIM(COALESCE(b.medium, ''))) IN ('', '-', '.', '?', '??', 'n/a', 'na', 'không', 'chưa', 'khÔng', 'chƯa', 'usb')
                  OR LOWER(TRIM(b.medium)) LIKE 'không %' OR LOWER(TRIM(b.medium)) LIKE 'khÔng %'
                  OR LOWER(TRIM(b.medium)) LIKE 'chưa %' OR LOWER(TRIM(b.medium)) LIKE 'chƯa %'
                  OR LOWER(b.medium) LIKE '%thường%' OR LOWER(b.medium) LIKE '%thƯỜng%'
                  OR LOWER(b.medium) LIKE '%cá nhân%' OR LOWER(b.medium) LIKE '%cÁ nhÂn%' THEN 0 ELSE 1 END AS named
    FROM book_data_import b
    WHERE b.age_days <= CAST(:window_days AS BIGINT)
)
SELECT c.unit AS unit,
       COALESCE(c.subject, '') AS subject,
       CASE WHEN c.result IN ('unscanned', 'unsafe-medium') THEN 'breached'
            WHEN c.result IN ('clean', 'cleaned') AND c.named = 1 THEN 'met' END AS status,
       CASE WHEN c.result IN ('unscanned', 'unsafe-medium') THEN 'unsound'
            WHEN c.result IS NULL THEN 'result-missing'
            WHEN c.named = 0 THEN 'medium-missing'
            ELSE 'sound' END AS reason,
       c.recorded_at AS observed_at,
       c.result AS result,
       c.medium AS medium,
       c.occurred_on AS occurred_on
FROM copies c
