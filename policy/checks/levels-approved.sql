-- Has each information system in the book an approved level that stands? The newest approval of a
-- system counts; one without an end is believed only so long. A dossier that was begun has the days
-- that were chosen, from its first entry since the system was last approved or out of use; before
-- they are over nobody can say, nor of one that was submitted and waits for approval, which is another body's. A system whose newest entry says that it is out of use is not looked
-- at. Spaces make no other system; of one whose dossier stopped where a system of a name that holds its own (or is
-- held in it) began and was approved nobody can say: it may be the same, spelt otherwise. Words that name no system tell of none.
-- An approval that was last saved before its own day was expected then: whether it came nobody can say, nor of a system that was
-- to go out of use, or of which nothing else is in the book.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', '')) AS folded,
           e.result, e.expires_on, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN COALESCE(b.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', ''))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place,
           MAX(CASE WHEN e.result IN ('approved', 'retired') THEN 1 ELSE 0 END)
               OVER (PARTITION BY e.unit, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', ''))
                     ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS settled_since,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', '')),
                                           CASE WHEN e.result = 'approved' THEN 1 ELSE 0 END
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place_of_kind
    FROM fact_entry e
    LEFT JOIN book_system_level b ON b.entry = e.entry
    WHERE e.register = 'system-level'
),
systems AS (
    SELECT p.unit, MAX(p.subject) AS subject,
           COUNT(CASE WHEN p.result = 'approved' AND p.place_of_kind = 1 AND p.ahead = 0
                       AND (p.expires_on >= CAST(:today AS TEXT)
                            OR (p.expires_on IS NULL AND p.age_days <= CAST(:max_age_days AS BIGINT))) THEN 1 END) AS standing,
           COUNT(CASE WHEN p.result = 'approved' AND p.place_of_kind = 1
                       AND p.expires_on IS NULL AND p.age_days > CAST(:max_age_days AS BIGINT) THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.result = 'approved' THEN 1 END) AS approved,
           COUNT(CASE WHEN p.ahead = 1 AND ((p.result = 'approved' AND p.place_of_kind = 1) OR (p.result = 'retired' AND p.place = 1)) THEN 1 END) AS ahead,
           COUNT(CASE WHEN p.ahead = 0 THEN 1 END) AS known,
           COUNT(CASE WHEN p.result = 'submitted' AND p.place = 1 THEN 1 END) AS submitted,
           COUNT(CASE WHEN p.result = 'retired' AND p.place = 1 AND p.ahead = 0 THEN 1 END) AS retired,
           MAX(CASE WHEN p.result = 'approved' AND p.place_of_kind = 1 THEN p.expires_on END) AS expires_on,
           MIN(CASE WHEN p.settled_since = 0 THEN p.recorded_at END) AS begun_at,
           MIN(p.occurred_on) AS first_on, MAX(p.occurred_on) AS last_on, MAX(p.recorded_at) AS recorded_at, p.folded
    FROM placed p
    GROUP BY p.unit, p.folded
),
renamed AS (
    SELECT DISTINCT s.unit, s.folded
    FROM systems s
    JOIN systems o ON o.unit = s.unit AND o.folded <> s.folded AND o.first_on >= s.last_on AND o.standing > 0 AND o.retired = 0
                  AND (o.folded LIKE '%' || s.folded || '%' OR s.folded LIKE '%' || o.folded || '%')
    WHERE s.folded <> '' AND o.folded <> ''
),
judged AS (
    SELECT s.unit, s.subject, s.recorded_at, s.expires_on, s.begun_at,
           CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = s.subject) THEN 'unsaid'
                WHEN s.standing > 0 THEN 'in-force'
                WHEN s.ahead > 0 OR s.known = 0 THEN 'typed-ahead'
                WHEN s.doubtful > 0 THEN 'not-confirmed'
                WHEN s.begun_at >= CAST(:now AS BIGINT) - CAST(:grace_days AS BIGINT) * 86400000 THEN 'under-way'
                WHEN s.submitted > 0 THEN 'submitted'
                WHEN n.folded IS NOT NULL THEN 'renamed'
                WHEN s.approved > 0 THEN 'expired'
                ELSE 'unapproved' END AS told
    FROM systems s
    LEFT JOIN renamed n ON n.unit = s.unit AND n.folded = s.folded
    WHERE s.retired = 0
)
SELECT j.unit AS unit,
       j.subject AS subject,
       CASE WHEN j.told = 'in-force' THEN 'met'
            WHEN j.told IN ('expired', 'unapproved') THEN 'breached' END AS status,
       CASE WHEN j.told = 'unsaid' THEN 'unsaid'
            WHEN j.told = 'in-force' THEN 'in-force'
            WHEN j.told = 'typed-ahead' THEN 'typed-ahead'
            WHEN j.told = 'not-confirmed' THEN 'not-confirmed'
            WHEN j.told = 'under-way' THEN 'under-way'
            WHEN j.told = 'submitted' THEN 'submitted'
            WHEN j.told = 'renamed' THEN 'renamed'
            WHEN j.told = 'expired' THEN 'expired'
            ELSE 'unapproved' END AS reason,
       j.recorded_at AS observed_at,
       j.expires_on AS expires_on,
       (CAST(:now AS BIGINT) - j.begun_at) / 86400000 AS begun_days
FROM judged j
