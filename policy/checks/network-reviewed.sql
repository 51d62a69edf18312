-- Was the unit's whole system reviewed within the interval? An assessment that was entered shows it;
-- that none is entered shows nothing, for no text says in which book a review stands. One that names a year before the interval is not of it,
-- whenever it was typed; nor is one that says in words that nobody assessed, or that there was nothing,
-- or that was last saved before its own day: it was a plan then.
WITH words AS (
    SELECT b.entry, b.done_by AS said
    FROM book_vulnerability_assessment b
    WHERE TRIM(b.done_by) <> ''
    UNION ALL
    SELECT b.entry, b.subject AS said
    FROM book_vulnerability_assessment b
    WHERE TRIM(b.subject) <> ''
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said)
)
SELECT e.unit AS unit,
       '' AS subject,
       'met' AS status,
       'reviewed' AS reason,
       MAX(e.recorded_at) AS observed_at,
       MAX(e.occurred_on) AS occurred_on
FROM book_vulnerability_assessment e
WHERE e.result = 'whole-system'
  AND e.entry NOT IN (SELECT u.entry FROM unsaid u)
  AND e.age_days <= CAST(:max_age_days AS BIGINT)
  AND NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
  AND (COALESCE(e.period, '') = ''
       OR SUBSTR(e.period, 1, 4) >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT)
                                         - (CAST(:max_age_days AS BIGINT) + 364) / 365 AS TEXT))
GROUP BY e.unit
