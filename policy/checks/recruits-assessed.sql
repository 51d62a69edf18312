-- Did an expert assess each person recruited within the interval? Of an unqualified recruit the result
-- does not tell; the expert's name does, but for words that say that there is none.
WITH recruits AS (
    SELECT b.unit, b.subject, b.result, b.occurred_on, b.recorded_at,
           CASE WHEN LOWER(TRIM(COALESCE(b.assessed_by, ''))) IN ('', '-', '.', '?', '??', 'n/a', 'na', 'không', 'chưa', 'khÔng', 'chƯa')
                  OR LOWER(TRIM(b.assessed_by)) LIKE 'không %' OR LOWER(TRIM(b.assessed_by)) LIKE 'khÔng %'
                  OR LOWER(TRIM(b.assessed_by)) LIKE 'chưa %' OR LOWER(TRIM(b.assessed_by)) LIKE 'chƯa %' THEN 0 ELSE 1 END AS named
    FROM book_recruitment b
    WHERE b.age_days <= CAST(:window_days AS BIGINT)
)
SELECT r.unit AS unit,
       COALESCE(r.subject, '') AS subject,
       CASE WHEN r.result = 'qualified' THEN 'met'
            WHEN r.result = 'unassessed' THEN 'breached'
            WHEN r.result = 'unqualified' AND r.named = 1 THEN 'met' END AS status,
       CASE WHEN r.result = 'qualified' THEN 'sound'
            WHEN r.result = 'unassessed' THEN 'unsound'
            WHEN r.result = 'unqualified' AND r.named = 1 THEN 'sound'
            ELSE 'result-missing' END AS reason,
       r.recorded_at AS observed_at,
       r.result AS result,
       r.occurred_on AS occurred_on
FROM recruits r
