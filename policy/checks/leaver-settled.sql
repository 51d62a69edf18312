-- Of each person who left or moved, by the newest entry about them: was it settled (`sound`,
-- `also_sound`), or is it not (`fault`, `also_fault`)? What was not settled stays so until an
-- entry about that person says otherwise, however long ago they left; what was settled is looked
-- at for the interval. A book serves several rules: an entry whose result is neither says
-- nothing about this one. Somebody of whom no other entry tells, or whose fault stood before it, is not
-- known, and no word that nobody left stands; who was settled before it, within the
-- interval, stays settled.
-- What was last saved before the day of leaving tells how it stood then, and not what was settled by that day.
-- Somebody whose undertaking stands in the book of undertakings has signed, whatever this book says: nobody can say.
-- Who left before `since`, the day from which the rule binds, is not asked about.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT b.entry
    FROM fact_entry b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
    WHERE b.register = 'leaver'
),
ahead AS (
    SELECT f.entry
    FROM fact_entry f
    LEFT JOIN book_leaver b ON b.entry = f.entry
    WHERE f.register = 'leaver'
      AND COALESCE(b.updated_at, f.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - f.age_days) * 86400000 - 25200000
),
signed AS (
    SELECT u.unit, LOWER(TRIM(u.subject)) AS person
    FROM book_undertaking u
    WHERE u.result = 'leaver' AND TRIM(u.subject) <> '' AND (u.expires_on IS NULL OR u.expires_on >= CAST(:today AS TEXT))
),
entries AS (
    SELECT e.unit, e.entry, COALESCE(e.subject, '') AS subject, LOWER(TRIM(COALESCE(e.subject, ''))) AS person,
           e.result, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN e.result IS NULL THEN 'result-missing'
                WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) AND l.entry IS NOT NULL THEN 'typed-ahead'
                WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
                     AND CAST(:fault AS TEXT) = 'undertaking-missing'
                     AND EXISTS (SELECT 1 FROM signed g
                                 WHERE g.unit = e.unit
                                   AND (LOWER(TRIM(e.subject)) LIKE '%' || g.person || '%' OR g.person LIKE '%' || LOWER(TRIM(e.subject)) || '%')) THEN 'signed-beside'
                WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
                WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
                ELSE 'not-told' END AS told
    FROM fact_entry e
    LEFT JOIN ahead l ON l.entry = e.entry
    WHERE e.register = 'leaver' AND e.entry NOT IN (SELECT n.entry FROM void n)
      AND e.occurred_on >= CAST(:since AS TEXT)
),
placed AS (
    SELECT n.unit, n.subject, n.person, n.result, n.occurred_on, n.recorded_at, n.age_days, n.told,
           ROW_NUMBER() OVER (PARTITION BY n.unit, n.person
                              ORDER BY n.occurred_on DESC, n.recorded_at DESC, n.entry) AS place,
           ROW_NUMBER() OVER (PARTITION BY n.unit, n.person, CASE WHEN n.told = 'not-told' THEN 1 ELSE 0 END
                              ORDER BY n.occurred_on DESC, n.recorded_at DESC, n.entry) AS turn
    FROM entries n
),
told AS (
    SELECT n.unit, n.subject, n.result, n.occurred_on, n.recorded_at, n.age_days,
           CASE WHEN n.told = 'not-told' AND t.told = 'sound' AND t.age_days <= CAST(:window_days AS BIGINT) THEN 'sound'
                ELSE n.told END AS told,
           t.told AS before
    FROM placed n
    LEFT JOIN placed t ON t.unit = n.unit AND t.person = n.person AND t.told <> 'not-told' AND t.turn = 1
    WHERE n.place = 1
)
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.told = 'sound' THEN 'met'
            WHEN t.told = 'unsound' THEN 'breached' END AS status,
       CASE WHEN t.told = 'sound' THEN 'sound'
            WHEN t.told = 'unsound' THEN 'unsound'
            WHEN t.told = 'result-missing' THEN 'result-missing'
            WHEN t.told = 'typed-ahead' THEN 'typed-ahead'
            WHEN t.told = 'signed-beside' THEN 'signed-beside'
            ELSE 'not-told' END AS reason,
       t.recorded_at AS observed_at,
       t.result AS result,
       t.occurred_on AS occurred_on
FROM told t
WHERE t.told IN ('unsound', 'result-missing', 'typed-ahead', 'signed-beside') OR t.before = 'unsound'
   OR t.age_days <= CAST(:window_days AS BIGINT)
