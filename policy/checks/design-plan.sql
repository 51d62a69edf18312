-- Has the unit a plan of this kind (`subject`) among its design documents, approved or changed and
-- re-assessed, that has not run out? One without an end is believed only so long; of one that was changed
-- since and not assessed again, nobody can say, nor where the newest ran out and an older one has not. One whose number
-- says that it is not issued yet is none, and of one that was last saved before its own day nobody can say whether it was issued.
-- What it means that the last one ran out (`run_out`) is the rule's to say: where it asks for the plan a breach, where it
-- asks for the thing planned nobody can say; nor can they where a document of another kind, entered later, stands: it may have
-- replaced the plan; or where an entry of this kind, entered later and not run out, tells of a plan that was changed and not
-- assessed again, or of one that is approved and by its number not issued yet.
WITH words AS (
    SELECT b.entry, b.number AS said
    FROM book_design_document b
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'number' AND u.said = w.said)
),
placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at)
                     < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 'ahead'
                WHEN e.expires_on < CAST(:today AS TEXT)
                     AND EXISTS (
                         SELECT 1 FROM book_design_document o
                         WHERE o.unit = e.unit AND o.subject <> e.subject AND o.result IN ('approved', 'reassessed')
                           AND o.occurred_on > e.occurred_on
                           AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                     ) THEN 'unclear'
                WHEN e.expires_on < CAST(:today AS TEXT)
                     AND EXISTS (
                         SELECT 1 FROM book_design_document o
                         WHERE o.unit = e.unit AND o.subject = e.subject AND o.occurred_on > e.occurred_on
                           AND (o.result = 'changed' OR o.entry IN (SELECT u.entry FROM unsaid u))
                           AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                     ) THEN 'unsaid'
                WHEN e.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN EXISTS (
                    SELECT 1 FROM book_design_document c
                    WHERE c.unit = e.unit AND c.subject = e.subject AND c.result = 'changed'
                      AND LOWER(TRIM(COALESCE(c.system, ''))) = LOWER(TRIM(COALESCE(e.system, '')))
                      AND (c.occurred_on > e.occurred_on
                           OR (c.occurred_on = e.occurred_on AND c.recorded_at > e.recorded_at))
                ) THEN 'changed'
                WHEN e.expires_on IS NOT NULL THEN 'in-force'
                WHEN e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.system, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM book_design_document e
    WHERE e.subject = CAST(:subject AS TEXT) AND e.result IN ('approved', 'reassessed')
      AND e.entry NOT IN (SELECT u.entry FROM unsaid u)
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'in-force' AND p.place = 1 THEN 1 END) AS newest,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.state = 'changed' THEN 1 END) AS changed,
           COUNT(CASE WHEN p.state = 'ahead' THEN 1 END) AS ahead,
           COUNT(CASE WHEN p.state = 'unclear' THEN 1 END) AS unclear,
           COUNT(CASE WHEN p.state = 'unsaid' THEN 1 END) AS unsaid,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on, MAX(p.expires_on) AS expires_on
    FROM placed p
    GROUP BY p.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.newest > 0 THEN 'met'
            WHEN c.standing + c.doubtful + c.changed + c.ahead + c.unclear + c.unsaid > 0 THEN NULL
            WHEN CAST(:run_out AS TEXT) = 'breached' THEN 'breached' END AS status,
       CASE WHEN c.newest > 0 THEN 'in-force'
            WHEN c.standing > 0 THEN 'older-stands'
            WHEN c.changed > 0 THEN 'changed'
            WHEN c.ahead > 0 THEN 'ahead'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN c.unsaid > 0 THEN 'unsaid'
            WHEN c.unclear > 0 THEN 'unclear'
            ELSE 'expired' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on
FROM counted c
