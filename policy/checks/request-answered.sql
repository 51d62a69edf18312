-- Was each report that was asked for sent? Of entries with the same words, number and date the
-- newest stands. What was not answered, or has no answer after its date, is owed until it is; what
-- was answered late is a breach for the length of the interval; late before the date has come is no answer.
-- What was last saved before its own day was a plan then: whether it was asked, or answered, nobody can say.
-- An entry that says that nothing was asked is no request. Of one that has no answer of its own nobody can say where another entry of the same words was answered that may be its
-- answer: of the same date under another number, without a date and no earlier, or (the date was moved) of the same number and a later date.
WITH placed AS (
    SELECT b.unit, b.entry, COALESCE(b.subject, '') AS subject, b.result, b.due_on, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           MAX(CASE WHEN b.result = 'answered' AND COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END)
               OVER (PARTITION BY b.unit, LOWER(TRIM(COALESCE(b.subject, ''))),
                                  LOWER(TRIM(COALESCE(b.number, ''))), COALESCE(b.due_on, '')) AS planned,
           ROW_NUMBER() OVER (PARTITION BY b.unit, LOWER(TRIM(COALESCE(b.subject, ''))),
                                           LOWER(TRIM(COALESCE(b.number, ''))), COALESCE(b.due_on, '')
                              ORDER BY CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END,
                                       b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_report_request b
),
unsaid AS (
    SELECT b.entry
    FROM book_report_request b
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = b.subject)
),
moved AS (
    SELECT DISTINCT b.entry
    FROM book_report_request b
    JOIN book_report_request a ON a.unit = b.unit AND a.result IN ('answered', 'late')
                              AND LOWER(TRIM(a.subject)) = LOWER(TRIM(b.subject))
                              AND (a.due_on = b.due_on
                                   OR (a.due_on IS NULL AND a.occurred_on >= b.occurred_on)
                                   OR (a.due_on > b.due_on AND TRIM(a.number) <> '' AND LOWER(TRIM(a.number)) = LOWER(TRIM(b.number))))
    WHERE b.result IS NULL
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN u.entry IS NOT NULL OR p.ahead = 1 THEN NULL
            WHEN p.result = 'answered' THEN 'met'
            WHEN p.due_on >= CAST(:today AS TEXT) THEN NULL
            WHEN p.result = 'late' THEN 'breached'
            WHEN m.entry IS NOT NULL OR p.planned = 1 THEN NULL
            WHEN p.result = 'unanswered' OR p.due_on IS NOT NULL THEN 'breached' END AS status,
       CASE WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN p.ahead = 1 THEN 'typed-ahead'
            WHEN p.result = 'answered' THEN 'sound'
            WHEN p.due_on >= CAST(:today AS TEXT) THEN 'waiting'
            WHEN p.result = 'late' THEN 'late'
            WHEN m.entry IS NOT NULL THEN 'moved'
            WHEN p.planned = 1 THEN 'typed-ahead'
            WHEN p.result = 'unanswered' THEN 'unanswered'
            WHEN p.due_on IS NOT NULL THEN 'overdue'
            ELSE 'result-missing' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.due_on AS due_on,
       p.occurred_on AS occurred_on
FROM placed p
LEFT JOIN moved m ON m.entry = p.entry
LEFT JOIN unsaid u ON u.entry = p.entry
WHERE p.place = 1
  AND (p.age_days <= CAST(:window_days AS BIGINT) OR p.result IS NULL OR p.result NOT IN ('answered', 'late'))
