-- Does every entry of a book, of a day within the interval, have a result that the rule
-- allows? One entry that does not is a breach; a book without entries says nothing. Of a repair that
-- was approved and escorted, as the result says, by "nobody", "not yet", as another field says, nobody can say; nor of one that another
-- field says was not approved, or went out with its data not protected, nor of one made in-house by a company.
-- An entry about "nothing" or "not known" tells of nothing; of a recruit or a system also in more words ("none was recruited").
-- What was last saved before its own day was a plan then: whether it came about nobody can say.
WITH words AS (
    SELECT r.entry, 'nobody' AS kind, r.approved_by AS said FROM book_outside_repair r WHERE r.result = 'supervised'
    UNION ALL
    SELECT r.entry, 'nobody', r.escort FROM book_outside_repair r WHERE r.result = 'supervised'
    UNION ALL
    SELECT e.entry, CASE WHEN e.register IN ('recruitment', 'acceptance-test') THEN 'name' ELSE 'matter' END, e.subject
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
nobody AS (
    SELECT DISTINCT w.entry
    FROM words w
    WHERE w.kind = 'nobody' AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said)
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE (w.kind = 'matter' AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = w.said))
       OR (w.kind = 'name' AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said))
),
opposed AS (
    SELECT n.entry FROM nobody n
    UNION
    SELECT r.entry
    FROM book_outside_repair r
    WHERE (r.result = 'supervised' AND r.data_care IN ('not-approved', 'unprotected'))
       OR (r.result = 'in-house'
           AND (LOWER(TRIM(r.contractor)) LIKE 'c_ng ty %' OR LOWER(TRIM(r.contractor)) LIKE 'cty %' OR LOWER(TRIM(r.contractor)) LIKE 'c_a h_ng %' OR LOWER(TRIM(r.contractor)) LIKE '%tnhh%'))
),
saved AS (
    SELECT b.entry
    FROM book_outside_repair b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_recruitment b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
ahead AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND e.recorded_at < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND e.entry NOT IN (SELECT s.entry FROM saved s)
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR u.entry IS NOT NULL OR n.entry IS NOT NULL OR a.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN n.entry IS NOT NULL THEN 'contradicted'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'unsound' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
LEFT JOIN unsaid u ON u.entry = e.entry
LEFT JOIN opposed n ON n.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
WHERE e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
