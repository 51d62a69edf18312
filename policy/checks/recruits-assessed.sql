-- Did an expert assess each person recruited within the interval? Of an unqualified recruit the result
-- does not tell; the expert's name does, but for words that say that there is none. An entry that says one thing by its
-- result and the other by that name is no answer.
-- What was last saved before its own day was a plan then: whether it came about nobody can say.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT b.entry
    FROM book_recruitment b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
recruits AS (
    SELECT b.unit, b.subject, b.result, b.occurred_on, b.recorded_at,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           CASE WHEN TRIM(COALESCE(b.assessed_by, '')) = '' THEN 'blank'
                WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.assessed_by) THEN 'nobody'
                ELSE 'somebody' END AS expert
    FROM book_recruitment b
    WHERE b.age_days <= CAST(:window_days AS BIGINT) AND b.entry NOT IN (SELECT n.entry FROM void n)
)
SELECT r.unit AS unit,
       COALESCE(r.subject, '') AS subject,
       CASE WHEN r.ahead = 1 THEN NULL
            WHEN r.result = 'qualified' AND r.expert <> 'nobody' THEN 'met'
            WHEN r.result = 'unassessed' AND r.expert <> 'somebody' THEN 'breached'
            WHEN r.result = 'unqualified' AND r.expert = 'somebody' THEN 'met' END AS status,
       CASE WHEN r.ahead = 1 THEN 'typed-ahead'
            WHEN r.result = 'qualified' AND r.expert <> 'nobody' THEN 'sound'
            WHEN r.result = 'unassessed' AND r.expert <> 'somebody' THEN 'unsound'
            WHEN r.result = 'unqualified' AND r.expert = 'somebody' THEN 'sound'
            ELSE 'result-missing' END AS reason,
       r.recorded_at AS observed_at,
       r.result AS result,
       r.occurred_on AS occurred_on
FROM recruits r
