-- Has the newest entry about each matter of a book a result that the rule allows? What is looked
-- at again has a new entry, which goes before the old. A fault that is newly found has `grace_days`
-- to be mended, unless a look on an earlier day found it, with no sound one since: so long nobody
-- can say. Of an entry older than the interval that left a fault, or does not say, nobody can say
-- how it stands today; one that was sound then is not looked at any more. Words that say that there is none, or that nobody looked
-- yet, are no matter that is found or mended. What was last saved before its own day was a plan then: neither a measure nor a fault.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, LOWER(TRIM(COALESCE(e.subject, ''))) AS matter,
           e.result, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 1 ELSE 0 END AS is_sound,
           CASE WHEN COALESCE(b.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = e.subject) THEN 1 ELSE 0 END AS is_unsaid,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    LEFT JOIN book_risk b ON b.entry = e.entry
    WHERE e.register = CAST(:register AS TEXT)
),
since AS (
    SELECT p.unit, p.matter, p.result, p.occurred_on, p.ahead,
           MAX(p.is_sound) OVER (PARTITION BY p.unit, p.matter ORDER BY p.place) AS sound_since
    FROM placed p
),
found AS (
    SELECT s.unit, s.matter, MIN(s.occurred_on) AS found_on
    FROM since s
    WHERE s.sound_since = 0 AND s.result IS NOT NULL AND s.ahead = 0
    GROUP BY s.unit, s.matter
),
judged AS (
    SELECT p.unit, p.subject, p.result, p.occurred_on, p.recorded_at,
           CASE WHEN p.is_unsaid = 1 THEN 'unsaid'
                WHEN p.result IS NULL THEN 'result-missing'
                WHEN p.ahead = 1 THEN 'typed-ahead'
                WHEN p.is_sound = 1 THEN CASE WHEN p.age_days <= CAST(:window_days AS BIGINT) THEN 'sound' END
                WHEN p.age_days > CAST(:window_days AS BIGINT) THEN 'review-old'
                WHEN p.age_days > CAST(:grace_days AS BIGINT) OR f.found_on < p.occurred_on THEN 'unsound'
                ELSE 'newly-found' END AS reason
    FROM placed p
    LEFT JOIN found f ON f.unit = p.unit AND f.matter = p.matter
    WHERE p.place = 1
)
SELECT j.unit AS unit,
       j.subject AS subject,
       CASE WHEN j.reason = 'sound' THEN 'met'
            WHEN j.reason = 'unsound' THEN 'breached' END AS status,
       CASE WHEN j.reason = 'sound' THEN 'sound'
            WHEN j.reason = 'unsound' THEN 'unsound'
            WHEN j.reason = 'newly-found' THEN 'newly-found'
            WHEN j.reason = 'review-old' THEN 'review-old'
            WHEN j.reason = 'unsaid' THEN 'unsaid'
            WHEN j.reason = 'typed-ahead' THEN 'typed-ahead'
            ELSE 'result-missing' END AS reason,
       j.recorded_at AS observed_at,
       j.result AS result,
       j.occurred_on AS occurred_on
FROM judged j
WHERE j.reason IS NOT NULL
