-- Has the unit an entry of a book, with a given result and of a given kind (`subject`)
-- where one is named, that has not expired? An entry without an end does not expire, but it
-- is believed only so long: then nobody can say, until it is entered anew that it stands. What
-- was withdrawn under the same name, on that day or later, does not stand; where an earlier one of that
-- name is in the book, a withdrawal on the very day is that one's, which was replaced. Of what ran out nobody
-- can say that nothing stands while a document of another kind, entered later, may have replaced it (also one in another
-- of the books in which a unit's own rules, plans and assignments stand), nor
-- that an older one without an end stands, which the one that ran out may have replaced.
-- A withdrawal under a name of which nothing is in the book may be that of any that stands: where as many were withdrawn so
-- as stand, nobody can say.
-- Words that say that there is nothing yet ("chưa có", "đang xây dựng", "chờ ký", "dự thảo"), also behind a title, are no
-- document; a document need not have a number.
-- What was typed before its own day, and not saved since, was a plan then: whether it was issued nobody can say.
-- A provider's procedure is none of the unit's own.
WITH words AS (
    SELECT e.entry, 'title' AS kind, e.subject AS said
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
    UNION ALL SELECT p.entry, 'title', p.title FROM book_procedure p
    UNION ALL SELECT i.entry, 'title', i.title FROM book_incident_plan i
    UNION ALL SELECT a.entry, 'title', a.assignee FROM book_assignment a
    UNION ALL SELECT g.entry, 'number', g.number FROM book_guidance g
    UNION ALL SELECT p.entry, 'number', p.number FROM book_procedure p
    UNION ALL SELECT i.entry, 'number', i.number FROM book_incident_plan i
    UNION ALL SELECT a.entry, 'number', a.number FROM book_assignment a
    UNION ALL SELECT m.entry, 'number', m.number FROM book_contract_model m
    UNION ALL SELECT m.entry, 'number', m.published_at FROM book_contract_model m
    UNION ALL SELECT d.entry, 'number', d.number FROM book_address_plan d
),
unsaid AS (
    SELECT DISTINCT w.entry
    FROM words w
    JOIN fact_unsaid u ON u.kind = w.kind AND u.said = w.said
),
saved AS (
    SELECT b.entry
    FROM (SELECT x.entry, x.updated_at, x.age_days FROM book_procedure x
          UNION ALL SELECT x.entry, x.updated_at, x.age_days FROM book_incident_plan x
          UNION ALL SELECT x.entry, x.updated_at, x.age_days FROM book_assignment x
          UNION ALL SELECT x.entry, x.updated_at, x.age_days FROM book_guidance x
          UNION ALL SELECT x.entry, x.updated_at, x.age_days FROM book_contract_model x
          UNION ALL SELECT x.entry, x.updated_at, x.age_days FROM book_address_plan x
          UNION ALL SELECT x.entry, x.updated_at, x.age_days FROM book_awareness x) b
    WHERE b.updated_at >= ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
told AS (
    SELECT e.unit, e.entry, e.occurred_on, e.recorded_at, e.expires_on, e.age_days, e.subject,
           COALESCE(e.result, '') AS result, LOWER(TRIM(COALESCE(e.subject, ''))) AS name,
           CASE WHEN e.result IN ('withdrawn', 'terminated', 'retired') THEN 1 ELSE 0 END AS ends
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
),
elsewhere AS (
    SELECT p.unit, 'procedure' AS register, p.occurred_on, p.expires_on FROM book_procedure p
    UNION ALL SELECT i.unit, 'incident-plan' AS register, i.occurred_on, i.expires_on FROM book_incident_plan i
    UNION ALL SELECT r.unit, 'internal-regulation' AS register, r.occurred_on, r.expires_on FROM book_internal_regulation r
              WHERE r.result IN ('issued', 'amended')
),
counts AS (
    SELECT t.unit, t.entry, t.occurred_on, t.recorded_at, t.expires_on, t.age_days, t.subject, t.result, t.name
    FROM told t
    WHERE t.ends = 0
      AND (CAST(:result AS TEXT) = '' OR t.result = CAST(:result AS TEXT))
      AND (t.subject = CAST(:subject AS TEXT) OR (CAST(:subject AS TEXT) = '' AND t.name <> 'provider'))
),
placed AS (
    SELECT c.unit, c.occurred_on, c.recorded_at, c.expires_on,
           CASE WHEN u.entry IS NOT NULL
                     OR (c.recorded_at < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - c.age_days) * 86400000 - 25200000
                         AND c.entry NOT IN (SELECT v.entry FROM saved v)) THEN 'unsaid'
                WHEN c.expires_on < CAST(:today AS TEXT)
                     AND (EXISTS (
                         SELECT 1 FROM told o
                         LEFT JOIN unsaid x ON x.entry = o.entry
                         WHERE o.unit = c.unit AND o.ends = 0 AND x.entry IS NULL
                           AND o.occurred_on > c.occurred_on
                           AND (o.result <> c.result OR o.name <> c.name)
                           AND o.result NOT IN ('draft', 'planned', 'held') AND o.name <> 'provider'
                           AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                     ) OR EXISTS (
                         SELECT 1 FROM elsewhere o
                         WHERE o.unit = c.unit AND o.register <> CAST(:register AS TEXT)
                           AND CAST(:register AS TEXT) IN ('procedure', 'incident-plan', 'assignment')
                           AND o.occurred_on > c.occurred_on
                           AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                     )) THEN 'unclear'
                WHEN c.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN EXISTS (
                    SELECT 1 FROM told w
                    WHERE w.unit = c.unit AND w.ends = 1 AND w.name = c.name AND w.occurred_on >= c.occurred_on
                      AND (w.occurred_on > c.occurred_on
                           OR NOT EXISTS (
                               SELECT 1 FROM counts p
                               WHERE p.unit = c.unit AND p.name = c.name AND p.occurred_on < c.occurred_on
                           ))
                ) THEN 'withdrawn'
                WHEN c.expires_on IS NOT NULL THEN 'in-force'
                WHEN EXISTS (
                    SELECT 1 FROM counts l
                    LEFT JOIN unsaid x ON x.entry = l.entry
                    WHERE l.unit = c.unit AND x.entry IS NULL
                      AND l.occurred_on >= c.occurred_on AND l.expires_on < CAST(:today AS TEXT)
                ) THEN 'outlived'
                WHEN c.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state
    FROM counts c
    LEFT JOIN unsaid u ON u.entry = c.entry
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.state = 'unclear' THEN 1 END) AS unclear,
           COUNT(CASE WHEN p.state = 'unsaid' THEN 1 END) AS unsaid,
           COUNT(CASE WHEN p.state = 'outlived' THEN 1 END) AS outlived,
           COUNT(CASE WHEN p.state = 'expired' THEN 1 END) AS expired,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on,
           MAX(p.expires_on) AS expires_on, COUNT(*) AS entries
    FROM placed p
    GROUP BY p.unit
),
nameless AS (
    SELECT p.unit, COUNT(DISTINCT w.entry) AS withdrawn
    FROM placed p
    JOIN told w ON w.unit = p.unit AND w.ends = 1 AND w.occurred_on > p.occurred_on
    WHERE p.state = 'in-force'
      AND NOT EXISTS (SELECT 1 FROM told k WHERE k.unit = w.unit AND k.ends = 0 AND k.name = w.name)
    GROUP BY p.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > COALESCE(n.withdrawn, 0) THEN 'met'
            WHEN c.standing + c.doubtful + c.outlived + c.unclear + c.unsaid > 0 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN c.standing > COALESCE(n.withdrawn, 0) THEN 'in-force'
            WHEN c.standing > 0 THEN 'withdrawn-unnamed'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN c.outlived > 0 THEN 'outlived'
            WHEN c.unclear > 0 THEN 'unclear'
            WHEN c.unsaid > 0 THEN 'unsaid'
            WHEN c.expired > 0 THEN 'expired'
            ELSE 'withdrawn' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on,
       c.entries AS entries
FROM counted c
LEFT JOIN nameless n ON n.unit = c.unit
