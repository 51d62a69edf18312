-- Is no entry of a book, of a day within the interval, one of the faults that the rule
-- forbids? A book serves several rules: entries whose result is neither a fault of this
-- rule nor what it asks for say nothing about it. Where every entry of the book is of what the rule
-- asks about (`each`: yes), one that tells of another fault alone leaves this rule unknown, and no word
-- that there was none stands against it. An incident "told at once" that by its own hours was told before
-- it was noticed, or more than a day after, contradicts itself, and so does one "not told" with the hour of telling. One noticed
-- within the last day that is not told yet may be told still.
-- An entry about "nothing" or "not known" tells of nothing. A course, an inspection, an acceptance or an incident that was last saved
-- before its day was a plan then: whether it came about, well or not, nobody can say. Of a fault where another entry of the same
-- words and day (of an incident: of the same moment of noticing; of a course: of a later day, when it was held again) says the opposite nobody can say: it may be the same, entered anew.
-- An incident is as old as its noticing, whenever it was typed.
WITH words AS (
    SELECT e.entry, e.register, e.subject AS said
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = w.said)
       OR (w.register IN ('recruitment', 'acceptance-test') AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said))
),
saved AS (
    SELECT b.entry
    FROM book_training b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_inspection b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_acceptance_test b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
    UNION ALL
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
       OR b.noticed_at <= COALESCE(b.updated_at, b.recorded_at)
),
ahead AS (
    SELECT e.entry
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND e.recorded_at < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND e.entry NOT IN (SELECT s.entry FROM saved s)
),
doubtful AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result IN ('told', 'isolated')
      AND (b.told_at < b.noticed_at OR b.told_at - b.noticed_at > 86400000)
    UNION ALL
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result = 'not-told' AND b.told_at IS NOT NULL
),
just_noticed AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.result = 'not-told' AND b.told_at IS NULL AND b.noticed_at > CAST(:now AS BIGINT) - 86400000
),
opposite AS (
    SELECT f.entry
    FROM fact_entry f
    JOIN fact_entry s ON s.unit = f.unit AND s.register = f.register AND s.occurred_on = f.occurred_on
                     AND LOWER(TRIM(s.subject)) = LOWER(TRIM(f.subject))
    WHERE f.register = CAST(:register AS TEXT)
      AND f.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
      AND s.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT))
    UNION
    SELECT f.entry
    FROM book_incident_report f
    JOIN book_incident_report s ON s.unit = f.unit AND s.noticed_at = f.noticed_at AND LOWER(TRIM(s.subject)) = LOWER(TRIM(f.subject))
    WHERE f.result = 'not-told' AND s.result IN ('told', 'isolated')
    UNION
    SELECT f.entry
    FROM book_training f
    JOIN book_training s ON s.unit = f.unit AND s.occurred_on > f.occurred_on AND LOWER(TRIM(s.subject)) = LOWER(TRIM(f.subject))
    WHERE f.result = 'users-missed' AND s.result = 'users-attended'
),
long_ago AS (
    SELECT b.entry
    FROM book_incident_report b
    WHERE b.noticed_at < CAST(:now AS BIGINT) - (CAST(:window_days AS BIGINT) + 1) * 86400000
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR d.entry IS NOT NULL OR u.entry IS NOT NULL OR o.entry IS NOT NULL OR j.entry IS NOT NULL THEN NULL
            WHEN a.entry IS NOT NULL THEN NULL
            WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'breached'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'met' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL THEN 'unsaid'
            WHEN d.entry IS NOT NULL THEN 'contradicted'
            WHEN o.entry IS NOT NULL THEN 'opposite'
            WHEN j.entry IS NOT NULL THEN 'just-noticed'
            WHEN a.entry IS NOT NULL THEN 'typed-ahead'
            WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
            WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
            ELSE 'not-told' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
LEFT JOIN doubtful d ON d.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
LEFT JOIN unsaid u ON u.entry = e.entry
LEFT JOIN opposite o ON o.entry = e.entry
LEFT JOIN long_ago l ON l.entry = e.entry
LEFT JOIN just_noticed j ON j.entry = e.entry
WHERE l.entry IS NULL AND e.register = CAST(:register AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
  AND (e.result IS NULL OR CAST(:each AS TEXT) = 'yes'
       OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT),
                       CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)))
