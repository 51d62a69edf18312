-- Was each thing in a book in order before it was used? A fault of a day within the interval is a
-- breach, whatever came after; of an older one that no later entry about the same thing
-- follows that it was passed (`sound`: a refusal is none), nobody can say how it stands today.
-- An entry about "nothing" or "not known" tells of nothing, and one that was last saved before its own day, in order or not,
-- was a plan then.
WITH words AS (
    SELECT e.entry, e.subject AS said
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.said)
),
told AS (
    SELECT e.unit, e.entry, COALESCE(e.subject, '') AS subject, LOWER(TRIM(COALESCE(e.subject, ''))) AS thing,
           e.result, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 1 ELSE 0 END AS is_sound,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
settled AS (
    SELECT DISTINCT t.entry
    FROM told t
    JOIN told s ON s.unit = t.unit AND s.thing = t.thing AND s.result = CAST(:sound AS TEXT) AND s.ahead = 0 AND s.occurred_on >= t.occurred_on
    WHERE t.is_sound = 0 AND t.age_days > CAST(:window_days AS BIGINT)
)
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.result IS NULL OR u.entry IS NOT NULL OR t.ahead = 1 THEN NULL
            WHEN t.is_sound = 1 THEN 'met'
            WHEN t.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN t.result IS NULL THEN 'result-missing'
            WHEN u.entry IS NOT NULL OR t.ahead = 1 THEN 'unsaid'
            WHEN t.is_sound = 1 THEN 'sound'
            WHEN t.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'review-old' END AS reason,
       t.recorded_at AS observed_at,
       t.result AS result,
       t.occurred_on AS occurred_on
FROM told t
LEFT JOIN settled s ON s.entry = t.entry
LEFT JOIN unsaid u ON u.entry = t.entry
WHERE s.entry IS NULL
  AND (t.age_days <= CAST(:window_days AS BIGINT) OR t.is_sound = 0)
