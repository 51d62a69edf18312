-- Each system that was ever restored on trial: is the latest trial recent enough? One that
-- failed is a trial too: it was made and told what it is made for. A system whose newest entry
-- says that it is no longer used is not asked about, and says nothing of any other. A trial is of the day
-- on which it was finished, where that is told: the entry may have been written later. Spaces in a name make no
-- other system; where a name fell silent and one that holds it, or that it holds began since, or one that says the whole was tried since, it may be the same or within it.
-- An entry that was last saved before its own day, or more than a day before its own moment, was a plan then: where the latest trial is too old beside
-- such a one nobody can say; words that say that there is nothing name no system.
WITH written AS (
    SELECT b.unit, b.entry, b.subject, b.result, b.occurred_on, b.recorded_at, b.finished_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < COALESCE(((b.finished_at + 25200000) / 86400000 - 1) * 86400000,
                                                                     ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000) - 25200000 THEN 1 ELSE 0 END AS ahead,
           b.subject AS said
    FROM book_restore_test b
),
dated AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.occurred_on, e.recorded_at, e.entry, e.ahead,
           CASE WHEN e.result <> 'retired' AND e.finished_at IS NOT NULL
                THEN (CAST(:now AS BIGINT) + 25200000) / 86400000 - (e.finished_at + 25200000) / 86400000
                ELSE e.age_days END AS age_days
    FROM written e
    WHERE e.subject IS NULL
       OR NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = e.said)
),
tried AS (
    SELECT d.unit, d.subject, d.result, d.occurred_on, d.recorded_at, d.age_days, LOWER(REPLACE(d.subject, ' ', '')) AS name,
           ROW_NUMBER() OVER (PARTITION BY d.unit, LOWER(REPLACE(d.subject, ' ', ''))
                              ORDER BY d.age_days, d.recorded_at DESC, d.entry) AS place
    FROM dated d
    WHERE d.ahead = 0
),
planned AS (
    SELECT DISTINCT d.unit, LOWER(REPLACE(d.subject, ' ', '')) AS name
    FROM dated d
    WHERE d.ahead = 1 AND d.result <> 'retired' AND d.age_days <= CAST(:max_age_days AS BIGINT)
),
named AS (
    SELECT t.unit, t.name, MIN(t.age_days) AS last_days, MAX(t.age_days) AS first_days
    FROM tried t
    GROUP BY t.unit, t.name
),
renamed AS (
    SELECT DISTINCT r.unit, r.name
    FROM named r
    JOIN named o ON o.unit = r.unit AND o.name <> r.name AND o.last_days < r.last_days
                AND o.last_days <= CAST(:max_age_days AS BIGINT)
                AND (o.first_days < r.last_days AND (o.name LIKE '%' || r.name || '%' OR r.name LIKE '%' || o.name || '%')
                     OR o.name LIKE 'toàn%' OR o.name LIKE 'toÀn%' OR o.name LIKE 'tấtcả%' OR o.name LIKE 'tẤtcẢ%' OR o.name LIKE 'cảhệ%' OR o.name LIKE 'cẢhỆ%')
    WHERE r.name <> '' AND o.name <> ''
)
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.result IS NULL THEN NULL
            WHEN t.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met'
            WHEN n.name IS NOT NULL OR a.name IS NOT NULL THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN t.result IS NULL THEN 'result-missing'
            WHEN t.age_days > CAST(:max_age_days AS BIGINT) AND n.name IS NOT NULL THEN 'renamed'
            WHEN t.age_days > CAST(:max_age_days AS BIGINT) AND a.name IS NOT NULL THEN 'typed-ahead'
            WHEN t.age_days > CAST(:max_age_days AS BIGINT) THEN 'too-old'
            WHEN t.result = 'success' THEN 'recent'
            ELSE 'failed' END AS reason,
       t.recorded_at AS observed_at,
       t.occurred_on AS last_on,
       t.age_days AS age_days
FROM tried t
LEFT JOIN renamed n ON n.unit = t.unit AND n.name = t.name
LEFT JOIN planned a ON a.unit = t.unit AND a.name = t.name
WHERE t.place = 1 AND (t.result IS NULL OR t.result <> 'retired')
