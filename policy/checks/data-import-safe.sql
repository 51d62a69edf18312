-- Was everything that was copied into the network within the interval on a safe device, which
-- the entry names by its tag, and scanned? An entry that names none (a tag has a digit and is no capacity, number of pieces or version; or says in words that
-- there was none, or that it was an ordinary or a person's own device), or no result, or that no program scanned it, says nothing; one of several that does
-- so leaves the unit without data. An entry that was last saved before its own day was a plan then, and one about "nothing" tells of no copy. Of a copy
-- that was entered again on the same day as scanned nobody can say which entry is right.
WITH written AS (
    SELECT b.unit, b.entry, b.subject, b.result, b.medium, b.occurred_on, b.recorded_at, b.scanned_with,
           REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(LOWER(COALESCE(b.medium, '')), 'usb 3.0', ''), 'usb3.0', ''), 'usb 3.1', ''), 'usb 3.2', ''), 'usb 2.0', ''), 'usb2.0', ''), '01 cái', ''), '1 cái', ''), '01 chiếc', ''), '1 chiếc', ''), '01 usb', ''), '1 usb', ''), '01 ổ', ''), '1 ổ', ''), '128g', ''), '256g', ''), '512g', ''), '16g', ''), '32g', ''), '64g', ''), '8g', ''), '4g', '') AS tag
    FROM book_data_import b
    WHERE b.age_days <= CAST(:window_days AS BIGINT)
      AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = b.subject)
      AND NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
copies AS (
    SELECT b.unit, b.subject, b.result, b.medium, b.occurred_on, b.recorded_at,
           CASE WHEN (b.tag LIKE '%0%' OR b.tag LIKE '%1%' OR b.tag LIKE '%2%' OR b.tag LIKE '%3%' OR b.tag LIKE '%4%'
                      OR b.tag LIKE '%5%' OR b.tag LIKE '%6%' OR b.tag LIKE '%7%' OR b.tag LIKE '%8%' OR b.tag LIKE '%9%')
                 AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.medium)
                 AND b.tag NOT LIKE '%gb%' AND b.tag NOT LIKE '%1tb%' AND b.tag NOT LIKE '%2tb%'
                 AND b.tag NOT LIKE '%thường%' AND b.tag NOT LIKE '%thƯỜng%'
                 AND b.tag NOT LIKE '%cá nhân%' AND b.tag NOT LIKE '%cÁ nhÂn%'
                 AND b.tag NOT LIKE '%của anh %' AND b.tag NOT LIKE '%của chị %' AND b.tag NOT LIKE '%điện thoại%' AND b.tag NOT LIKE '%Điện thoại%'
                 AND b.tag NOT LIKE '%zalo%' AND b.tag NOT LIKE '%mail%' THEN 1 ELSE 0 END AS named,
           CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.scanned_with) THEN 0 ELSE 1 END AS scanned,
           CASE WHEN b.result IN ('unscanned', 'unsafe-medium')
                 AND EXISTS (SELECT 1 FROM written o
                             WHERE o.unit = b.unit AND o.entry <> b.entry AND o.occurred_on = b.occurred_on AND o.recorded_at > b.recorded_at
                               AND o.result IN ('clean', 'cleaned')
                               AND LOWER(TRIM(o.subject)) = LOWER(TRIM(b.subject))) THEN 1 ELSE 0 END AS anew
    FROM written b
),
judged AS (
    SELECT d.unit, d.subject, d.result, d.medium, d.occurred_on, d.recorded_at, d.named, d.anew, d.scanned
    FROM copies d
)
SELECT c.unit AS unit,
       COALESCE(c.subject, '') AS subject,
       CASE WHEN c.anew = 1 THEN NULL
            WHEN c.result IN ('unscanned', 'unsafe-medium') THEN 'breached'
            WHEN c.result IN ('clean', 'cleaned') AND c.named = 1 AND c.scanned = 1 THEN 'met' END AS status,
       CASE WHEN c.anew = 1 THEN 'entered-anew'
            WHEN c.result IN ('unscanned', 'unsafe-medium') THEN 'unsound'
            WHEN c.result IS NULL THEN 'result-missing'
            WHEN c.named = 0 THEN 'medium-missing'
            WHEN c.scanned = 0 THEN 'scanner-missing'
            ELSE 'sound' END AS reason,
       c.recorded_at AS observed_at,
       c.result AS result,
       c.medium AS medium,
       c.occurred_on AS occurred_on
FROM judged c
