-- Of each software written to order, by the newest entry that tells of this rule: is it as the rule
-- asks (`sound`, `also_sound`), or is it not (`fault`, `also_fault`)? A fault is a breach within the
-- interval, and after it nobody can say, until an entry about the same software settles it. The book serves several
-- rules: of a software whose entries tell of another fault alone nothing is known of this one, nor of a unit of
-- which nothing that is looked at does, and no word that nothing was ordered stands. What is still under way
-- beside others owes nothing yet. A contract that is
-- said in words not to be there contradicts a result that says that it is: nobody can say.
-- Where a contractor's undertaking stands in the book of undertakings, and may be the developer's, nobody can say that
-- there is none.
-- What was last saved before its own day was a plan then: whether it came about nobody can say.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT b.entry
    FROM book_outsourced_development b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
told AS (
    SELECT b.unit, b.entry, COALESCE(b.subject, '') AS subject, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
                 AND b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT), CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'ahead'
                WHEN CAST(:fault AS TEXT) = 'without-contract' AND b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT))
                 AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'title' AND u.said = b.contract) THEN 'result-missing'
                WHEN b.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
                WHEN b.result = 'without-undertaking' AND b.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
                     AND EXISTS (SELECT 1 FROM book_undertaking u
                                 WHERE u.unit = b.unit AND u.result = 'contractor' AND TRIM(u.subject) <> ''
                                   AND (u.expires_on IS NULL OR u.expires_on >= CAST(:today AS TEXT))
                                   AND (TRIM(COALESCE(b.developer, '')) = ''
                                        OR LOWER(TRIM(b.developer)) LIKE '%' || LOWER(TRIM(u.subject)) || '%'
                                        OR LOWER(TRIM(u.subject)) LIKE '%' || LOWER(TRIM(b.developer)) || '%'
                                        OR LOWER(TRIM(u.subject)) LIKE '%' || LOWER(TRIM(b.subject)) || '%')) THEN 'signed-beside'
                WHEN b.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
                WHEN b.result IS NULL THEN 'result-missing' END AS told
    FROM book_outsourced_development b
    WHERE b.entry NOT IN (SELECT n.entry FROM void n)
),
placed AS (
    SELECT t.unit, t.subject, t.result, t.occurred_on, t.recorded_at, t.age_days, t.told,
           ROW_NUMBER() OVER (PARTITION BY t.unit, LOWER(TRIM(t.subject))
                              ORDER BY t.occurred_on DESC, t.recorded_at DESC, t.entry) AS place
    FROM told t
    WHERE t.told IS NOT NULL
),
shown AS (
    SELECT p.unit, p.subject, LOWER(TRIM(p.subject)) AS software, p.result, p.occurred_on, p.recorded_at, p.age_days, p.told
    FROM placed p
    WHERE p.place = 1
      AND (p.told = 'unsound' OR p.age_days <= CAST(:window_days AS BIGINT))
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.told = 'sound' THEN 'met'
            WHEN p.told = 'unsound' AND p.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN p.told = 'sound' THEN 'sound'
            WHEN p.told = 'result-missing' THEN 'result-missing'
            WHEN p.told = 'signed-beside' THEN 'signed-beside'
            WHEN p.told = 'ahead' THEN 'typed-ahead'
            WHEN p.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'review-old' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM shown p
UNION ALL
SELECT t.unit AS unit,
       t.subject AS subject,
       NULL AS status,
       'not-told' AS reason,
       t.recorded_at AS observed_at,
       t.result AS result,
       t.occurred_on AS occurred_on
FROM told t
WHERE t.told IS NULL
  AND t.age_days <= CAST(:window_days AS BIGINT)
  AND (t.unit NOT IN (SELECT p.unit FROM shown p)
       OR (t.result <> 'under-contract'
           AND NOT EXISTS (SELECT 1 FROM shown p WHERE p.unit = t.unit AND p.software = LOWER(TRIM(t.subject)))))
