-- Was each change of IT officer of the last year notified? A change is an officer who
-- began after another had begun, and one of these has an end: where none has, the new one may have come
-- beside them, and without a notice nobody can say. Who is entered anew after themselves has not changed; where
-- another had begun between, nobody can say. A notice belongs to the officer whom it names, or else to
-- the one who held the post on its day; one about accounts belongs to none. A
-- notice that came later than the grace stays late as long as the change is looked at. Of a unit
-- whose last officer left, and that names no other, it is not known whether there was a change; nor of one that one of
-- several left within a year, while no notice was given since; nor whether one was told that was noticed within a month before
-- it, under a name that no officer bears ("Ông Bình"). A notice of changed accounts is itself what the rule asks for: of what it tells
-- nothing else shows. One of an officer, where the contacts show no change of the last year, tells of one that nobody can date. A notice that was last saved
-- before its own day was a plan then. A name that says in words that there is nobody is none. Dates
-- become day numbers by the integer formula of Fliegel and Van Flandern (1968).
WITH officers AS (
    SELECT c.unit, c.contact, c.name, c.starts_on, c.ends_on, c.updated_at,
           ROW_NUMBER() OVER (PARTITION BY c.unit ORDER BY COALESCE(c.starts_on, ''), c.contact) AS place,
           LEAD(c.starts_on) OVER (PARTITION BY c.unit ORDER BY COALESCE(c.starts_on, ''), c.contact) AS next_on,
           LAG(COALESCE(c.starts_on, '')) OVER (PARTITION BY c.unit ORDER BY COALESCE(c.starts_on, ''), c.contact) AS previous_on,
           LOWER(TRIM(c.name)) AS person,
           LAG(LOWER(TRIM(c.name))) OVER (PARTITION BY c.unit ORDER BY COALESCE(c.starts_on, ''), c.contact) AS previous_person
    FROM fact_contact c
    WHERE c.role = 'it-officer' AND (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
      AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = c.name)
),
changes AS (
    SELECT o.unit, o.contact, o.name, o.starts_on, o.next_on, o.previous_on, o.updated_at,
           CASE WHEN EXISTS (SELECT 1 FROM officers p
                             WHERE p.unit = o.unit AND p.place < o.place AND p.ends_on >= o.previous_on) THEN 1 ELSE 0 END AS replaced,
           CASE WHEN EXISTS (SELECT 1 FROM officers p
                             WHERE p.unit = o.unit AND p.place < o.place AND p.person = o.person
                               AND COALESCE(p.ends_on, o.previous_on) >= o.previous_on) THEN 1 ELSE 0 END AS again,
           CAST(SUBSTR(o.starts_on, 1, 4) AS BIGINT) AS y1,
           CAST(SUBSTR(o.starts_on, 6, 2) AS BIGINT) AS m1,
           CAST(SUBSTR(o.starts_on, 9, 2) AS BIGINT) AS d1,
           CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS y2,
           CAST(SUBSTR(CAST(:today AS TEXT), 6, 2) AS BIGINT) AS m2,
           CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) AS d2
    FROM officers o
    WHERE o.place > 1 AND o.starts_on IS NOT NULL AND o.person <> o.previous_person
),
planned AS (
    SELECT e.unit, e.entry, e.result, e.occurred_on
    FROM fact_entry e
    LEFT JOIN book_officer_change_notice b ON b.entry = e.entry
    WHERE e.register = 'officer-change-notice'
      AND COALESCE(b.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
),
aged AS (
    SELECT c.unit, c.contact, c.name, c.starts_on, c.next_on, c.previous_on, c.replaced, c.again, c.updated_at,
           (1461 * (c.y2 + 4800 + (c.m2 - 14) / 12)) / 4 + (367 * (c.m2 - 2 - 12 * ((c.m2 - 14) / 12))) / 12 - (3 * ((c.y2 + 4900 + (c.m2 - 14) / 12) / 100)) / 4 + c.d2
           - ((1461 * (c.y1 + 4800 + (c.m1 - 14) / 12)) / 4 + (367 * (c.m1 - 2 - 12 * ((c.m1 - 14) / 12))) / 12 - (3 * ((c.y1 + 4900 + (c.m1 - 14) / 12) / 100)) / 4 + c.d1) AS age_days
    FROM changes c
),
notices AS (
    SELECT a.unit, a.contact, MIN(e.occurred_on) AS notified_on,
           MAX(e.age_days) AS notified_days
    FROM aged a
    JOIN fact_entry e ON e.unit = a.unit AND e.register = 'officer-change-notice' AND e.result = 'officer'
         AND e.occurred_on <= CAST(:today AS TEXT) AND e.entry NOT IN (SELECT p.entry FROM planned p)
         AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = e.subject)
         AND (LOWER(TRIM(e.subject)) = LOWER(TRIM(a.name)) AND e.occurred_on > a.previous_on
              OR e.occurred_on >= a.starts_on AND (a.next_on IS NULL OR e.occurred_on < a.next_on)
                 AND NOT EXISTS (
                     SELECT 1 FROM officers o
                     WHERE o.unit = a.unit AND LOWER(TRIM(o.name)) = LOWER(TRIM(e.subject))
                 ))
    GROUP BY a.unit, a.contact
),
strays AS (
    SELECT DISTINCT a.unit, a.contact
    FROM aged a
    JOIN fact_entry e ON e.unit = a.unit AND e.register = 'officer-change-notice' AND e.result = 'officer'
         AND e.occurred_on > a.previous_on AND e.occurred_on <= CAST(:today AS TEXT)
         AND (e.occurred_on < a.starts_on AND e.age_days - a.age_days <= 31
              OR (a.next_on IS NULL OR e.occurred_on < a.next_on)
                 AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = e.subject))
    WHERE NOT EXISTS (
        SELECT 1 FROM officers o
        WHERE o.unit = a.unit AND LOWER(TRIM(o.name)) = LOWER(TRIM(e.subject))
    )
),
judged AS (
    SELECT a.unit, a.name, a.starts_on, a.updated_at, a.age_days, n.notified_on,
           CASE WHEN a.age_days - n.notified_days <= CAST(:grace_days AS BIGINT) THEN 'notified'
                WHEN a.age_days <= CAST(:grace_days AS BIGINT) THEN 'within-grace'
                WHEN a.again = 1 AND n.notified_on IS NULL THEN 'again'
                WHEN a.replaced = 0 THEN 'added'
                WHEN s.contact IS NOT NULL THEN 'named-otherwise'
                WHEN EXISTS (SELECT 1 FROM planned p
                             WHERE p.unit = a.unit AND p.result = 'officer' AND p.occurred_on > a.previous_on AND p.occurred_on <= CAST(:today AS TEXT)
                               AND (a.next_on IS NULL OR p.occurred_on < a.next_on)) THEN 'typed-ahead'
                WHEN n.notified_on IS NOT NULL THEN 'notified-late'
                ELSE 'not-notified' END AS outcome
    FROM aged a
    LEFT JOIN notices n ON n.unit = a.unit AND n.contact = a.contact
    LEFT JOIN strays s ON s.unit = a.unit AND s.contact = a.contact
    WHERE a.age_days <= CAST(:window_days AS BIGINT)
),
told AS (
    SELECT e.unit,
           MAX(CASE WHEN e.result = 'officer' THEN e.occurred_on END) AS officer_on,
           MAX(CASE WHEN e.result = 'accounts' THEN e.occurred_on END) AS accounts_on
    FROM fact_entry e
    WHERE e.register = 'officer-change-notice' AND e.occurred_on <= CAST(:today AS TEXT)
      AND e.age_days <= CAST(:window_days AS BIGINT) AND e.entry NOT IN (SELECT p.entry FROM planned p)
      AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = e.subject)
    GROUP BY e.unit
)
SELECT j.unit AS unit,
       j.name AS subject,
       CASE WHEN j.outcome = 'notified' THEN 'met'
            WHEN j.outcome IN ('not-notified', 'notified-late') THEN 'breached'
            ELSE NULL END AS status,
       CASE WHEN j.outcome = 'notified' THEN 'notified'
            WHEN j.outcome = 'not-notified' THEN 'not-notified'
            WHEN j.outcome = 'notified-late' THEN 'notified-late'
            WHEN j.outcome = 'added' THEN 'added'
            WHEN j.outcome = 'again' THEN 'again'
            WHEN j.outcome = 'named-otherwise' THEN 'named-otherwise'
            WHEN j.outcome = 'typed-ahead' THEN 'typed-ahead'
            ELSE 'within-grace' END AS reason,
       j.updated_at AS observed_at,
       j.starts_on AS starts_on,
       j.notified_on AS notified_on,
       j.age_days AS age_days
FROM judged j
UNION ALL
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.leavers > 0 OR t.officer_on IS NOT NULL THEN NULL
            WHEN t.accounts_on IS NOT NULL THEN 'met'
            ELSE 'not_applicable' END AS status,
       CASE WHEN t.leavers > 0 THEN 'left'
            WHEN t.officer_on IS NOT NULL THEN 'told-unseen'
            WHEN t.accounts_on IS NOT NULL THEN 'accounts-told'
            ELSE 'no-change' END AS reason,
       t.updated_at AS observed_at,
       CAST(NULL AS TEXT) AS starts_on,
       CASE WHEN t.officer_on IS NOT NULL THEN t.officer_on ELSE t.accounts_on END AS notified_on,
       CAST(NULL AS BIGINT) AS age_days
FROM (
    SELECT o.unit, MAX(o.updated_at) AS updated_at,
           COUNT(CASE WHEN o.ends_on IS NULL OR o.ends_on >= CAST(:today AS TEXT) THEN 1 END) AS in_office,
           COUNT(CASE WHEN o.ends_on < CAST(:today AS TEXT)
                       AND o.ends_on >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT) || SUBSTR(CAST(:today AS TEXT), 5)
                       AND NOT EXISTS (SELECT 1 FROM officers s
                                       WHERE s.unit = o.unit AND s.person = o.person AND s.place > o.place)
                       AND NOT EXISTS (SELECT 1 FROM fact_entry e
                                       WHERE e.unit = o.unit AND e.register = 'officer-change-notice' AND e.result = 'officer'
                                         AND e.occurred_on >= COALESCE(o.starts_on, '') AND e.age_days <= CAST(:window_days AS BIGINT)) THEN 1 END) AS leavers,
           MAX(w.officer_on) AS officer_on, MAX(w.accounts_on) AS accounts_on
    FROM officers o
    LEFT JOIN told w ON w.unit = o.unit
    WHERE o.unit NOT IN (SELECT j.unit FROM judged j)
    GROUP BY o.unit
) t
WHERE t.in_office > 0
