-- Does an entry of a book about acceptance (`procedure`, `assignment`) stand? It is asked for when a system
-- is accepted: where it ended and no system was accepted or refused since, nothing shows that one
-- was wanting, nor does an acceptance that names the section that tested, of a section. An entry without an end is believed
-- only so long: then nobody can say, nor
-- of one that says in words that there is nobody, or no such document yet, or that was last saved before its own day (an acceptance
-- that was shows none). Of what ran out nobody can say while
-- a document on another topic, or a regulation of the unit, entered later, may have replaced it, nor whether an older one without an end
-- stands, which the one that ran out may have replaced.
WITH words AS (
    SELECT p.entry, 'title' AS kind, p.title AS said FROM book_procedure p
    UNION ALL SELECT p.entry, 'number', p.number FROM book_procedure p
    UNION ALL SELECT a.entry, 'title', a.assignee FROM book_assignment a
    UNION ALL SELECT a.entry, 'number', a.number FROM book_assignment a
),
unsaid AS (
    SELECT DISTINCT w.entry
    FROM words w
    JOIN fact_unsaid u ON u.kind = w.kind AND u.said = w.said
    UNION
    SELECT e.entry
    FROM fact_entry e
    LEFT JOIN (SELECT x.entry, x.updated_at FROM book_procedure x
               UNION ALL SELECT x.entry, x.updated_at FROM book_assignment x) b ON b.entry = e.entry
    WHERE e.register = CAST(:register AS TEXT)
      AND COALESCE(b.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
),
told AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on, e.age_days, e.subject,
           CASE WHEN u.entry IS NOT NULL THEN 1 ELSE 0 END AS unsaid
    FROM fact_entry e
    LEFT JOIN unsaid u ON u.entry = e.entry
    WHERE e.register = CAST(:register AS TEXT)
),
placed AS (
    SELECT w.unit, w.occurred_on, w.recorded_at, w.expires_on,
           CASE WHEN w.unsaid = 1 THEN 'named-nothing'
                WHEN w.expires_on < CAST(:today AS TEXT)
                     AND (EXISTS (
                         SELECT 1 FROM told o
                         WHERE o.unit = w.unit AND o.unsaid = 0 AND o.subject <> 'acceptance' AND o.occurred_on > w.occurred_on
                           AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                     ) OR EXISTS (
                         SELECT 1 FROM book_internal_regulation r
                         WHERE r.unit = w.unit AND r.result IN ('issued', 'amended') AND r.occurred_on > w.occurred_on
                           AND (r.expires_on IS NULL OR r.expires_on >= CAST(:today AS TEXT))
                     )) THEN 'unclear'
                WHEN w.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN w.expires_on IS NOT NULL THEN 'in-force'
                WHEN EXISTS (
                    SELECT 1 FROM told l
                    WHERE l.unit = w.unit AND l.subject = 'acceptance' AND l.unsaid = 0
                      AND l.occurred_on > w.occurred_on AND l.expires_on < CAST(:today AS TEXT)
                ) THEN 'outlived'
                WHEN w.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state
    FROM told w
    WHERE w.subject = 'acceptance'
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.state = 'outlived' THEN 1 END) AS outlived,
           COUNT(CASE WHEN p.state = 'unclear' THEN 1 END) AS unclear,
           COUNT(CASE WHEN p.state = 'named-nothing' THEN 1 END) AS unnamed,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on,
           MAX(p.expires_on) AS expires_on
    FROM placed p
    GROUP BY p.unit
),
accepted AS (
    SELECT a.unit, MAX(a.occurred_on) AS accepted_on
    FROM book_acceptance_test a
    WHERE a.result <> 'untested'
      AND NOT COALESCE(a.updated_at, a.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - a.age_days) * 86400000 - 25200000
      AND (CAST(:register AS TEXT) = 'procedure' OR TRIM(COALESCE(a.tested_by, '')) = '')
    GROUP BY a.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met'
            WHEN c.doubtful + c.outlived + c.unclear + c.unnamed > 0 THEN NULL
            WHEN a.accepted_on > c.expires_on THEN 'breached' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN c.outlived > 0 THEN 'outlived'
            WHEN c.unclear > 0 THEN 'unclear'
            WHEN c.unnamed > 0 THEN 'named-nothing'
            WHEN a.accepted_on > c.expires_on THEN 'expired'
            ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on,
       a.accepted_on AS accepted_on
FROM counted c
LEFT JOIN accepted a ON a.unit = c.unit
