-- Has the unit issued an internal regulation that still stands? One that was last saved before its own day was a plan then. One that was withdrawn
-- under the same name on the day of issue or later, or that ran out, does not; where an earlier one of
-- that name is in the book, a withdrawal on the day of issue is that one's, which was replaced. An amendment
-- shows that there is one where its issue was never entered; where what was issued does not
-- stand any more, nobody can say of what the amendment is. Without an end it is believed only so long
-- after it was last issued, amended or checked. Where one was checked after what was issued had run out, nobody can say. A title that says in words that there is none is none.
-- A withdrawal under a name of which nothing is in the book may be that of any that stands (a title in one entry, a number
-- in the other): where as many were withdrawn so as stand, nobody can say; nor where a newer one of the same name ran out. Nor can they
-- where none stands and the book of procedures has rules that were issued since and have not run out: they may have replaced it.
-- What was last saved before its own day was a plan then: it shows nothing, and may have replaced what does not stand any more, or was to withdraw it;
-- so may what was entered later as issued under a title that says that it is not yet.
WITH words AS (
    SELECT f.entry, f.subject AS said
    FROM fact_entry f
    WHERE f.register = 'internal-regulation'
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'title' AND u.said = w.said)
),
early AS (
    SELECT f.unit, f.entry, f.occurred_on
    FROM fact_entry f
    LEFT JOIN book_internal_regulation b ON b.entry = f.entry
    WHERE f.register = 'internal-regulation' AND f.result IN ('issued', 'amended', 'checked', 'withdrawn')
      AND COALESCE(b.updated_at, f.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - f.age_days) * 86400000 - 25200000
),
issued AS (
    SELECT e.unit, MAX(CASE WHEN e.result <> 'checked' THEN e.occurred_on END) AS issued_on,
           MAX(e.recorded_at) AS recorded_at,
           COUNT(CASE WHEN e.stands = 1 AND (e.expires_on IS NOT NULL OR e.age_days <= CAST(:max_age_days AS BIGINT))
                      THEN 1 END) AS confirmed,
           COUNT(CASE WHEN e.result = 'issued' THEN 1 END) AS issues,
           COUNT(CASE WHEN e.result = 'issued' AND e.stands = 1 AND e.replaced = 0 THEN 1 END) AS standing,
           COUNT(CASE WHEN e.result = 'issued' AND e.stands = 1 AND e.replaced = 1 THEN 1 END) AS older,
           COUNT(CASE WHEN e.result = 'amended' AND e.stands = 1 THEN 1 END) AS amendments,
           MIN(CASE WHEN e.result <> 'checked' AND e.stands = 1 THEN e.occurred_on END) AS first_on,
           MAX(CASE WHEN e.result = 'checked' THEN e.occurred_on END) AS checked_on,
           MAX(CASE WHEN e.result <> 'checked' THEN e.expires_on END) AS ended_on
    FROM (
        SELECT f.unit, f.occurred_on, f.recorded_at, f.result, f.expires_on, f.age_days,
               CASE WHEN (f.expires_on IS NULL OR f.expires_on >= CAST(:today AS TEXT))
                     AND NOT EXISTS (
                         SELECT 1 FROM fact_entry w
                         WHERE w.unit = f.unit AND w.register = f.register AND w.result = 'withdrawn'
                           AND LOWER(TRIM(w.subject)) = LOWER(TRIM(f.subject))
                           AND w.occurred_on >= f.occurred_on AND w.occurred_on <= CAST(:today AS TEXT)
                           AND (w.occurred_on > f.occurred_on
                                OR NOT EXISTS (
                                    SELECT 1 FROM fact_entry p
                                    WHERE p.unit = f.unit AND p.register = f.register AND p.result IN ('issued', 'amended')
                                      AND LOWER(TRIM(p.subject)) = LOWER(TRIM(f.subject)) AND p.occurred_on < f.occurred_on
                                ))
                     ) THEN 1 ELSE 0 END AS stands,
               CASE WHEN EXISTS (
                         SELECT 1 FROM fact_entry n
                         WHERE n.unit = f.unit AND n.register = f.register AND n.result = 'issued'
                           AND LOWER(TRIM(n.subject)) = LOWER(TRIM(f.subject))
                           AND n.occurred_on > f.occurred_on AND n.expires_on < CAST(:today AS TEXT)
                     ) THEN 1 ELSE 0 END AS replaced
        FROM fact_entry f
        WHERE f.register = 'internal-regulation' AND f.result IN ('issued', 'amended', 'checked')
          AND f.occurred_on <= CAST(:today AS TEXT)
          AND NOT EXISTS (SELECT 1 FROM early y WHERE y.entry = f.entry)
          AND f.entry NOT IN (SELECT u.entry FROM unsaid u)
    ) e
    GROUP BY e.unit
    HAVING COUNT(CASE WHEN e.result <> 'checked' THEN 1 END) > 0
),
nameless AS (
    SELECT i.unit, COUNT(w.entry) AS withdrawn
    FROM issued i
    JOIN fact_entry w ON w.unit = i.unit AND w.register = 'internal-regulation' AND w.result = 'withdrawn'
                     AND w.occurred_on > i.first_on
    WHERE NOT EXISTS (SELECT 1 FROM fact_entry k
                      WHERE k.unit = w.unit AND k.register = 'internal-regulation' AND k.result <> 'withdrawn'
                        AND LOWER(TRIM(k.subject)) = LOWER(TRIM(w.subject)))
    GROUP BY i.unit
),
elsewhere AS (
    SELECT DISTINCT i.unit
    FROM issued i
    JOIN book_procedure p ON p.unit = i.unit AND p.occurred_on > i.issued_on
                         AND (p.expires_on IS NULL OR p.expires_on >= CAST(:today AS TEXT))
    UNION
    SELECT y.unit FROM early y
    UNION
    SELECT i.unit
    FROM issued i
    JOIN fact_entry f ON f.unit = i.unit AND f.register = 'internal-regulation' AND f.result IN ('issued', 'amended')
                     AND f.occurred_on > i.issued_on AND f.occurred_on <= CAST(:today AS TEXT)
                     AND (f.expires_on IS NULL OR f.expires_on >= CAST(:today AS TEXT))
    JOIN unsaid u ON u.entry = f.entry
),
told AS (
    SELECT i.unit, i.recorded_at, i.issued_on,
           CASE WHEN i.standing + i.amendments = 0 AND i.older = 0 AND i.checked_on > i.ended_on THEN 'checked-since'
                WHEN i.standing + i.amendments = 0 AND i.older = 0 AND x.unit IS NOT NULL THEN 'other-book'
                WHEN i.standing + i.amendments = 0 AND i.older = 0 THEN 'none-stands'
                WHEN i.standing = 0 AND i.older > 0 THEN 'older-stands'
                WHEN i.standing = 0 AND i.issues > 0 THEN 'amendment-alone'
                WHEN COALESCE(n.withdrawn, 0) >= i.standing + CASE WHEN i.issues = 0 THEN i.amendments ELSE 0 END THEN 'withdrawn-unnamed'
                WHEN i.confirmed > 0 THEN 'in-force'
                ELSE 'not-confirmed' END AS told
    FROM issued i
    LEFT JOIN nameless n ON n.unit = i.unit
    LEFT JOIN elsewhere x ON x.unit = i.unit
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.told = 'in-force' THEN 'met'
            WHEN t.told = 'none-stands' THEN 'breached' END AS status,
       CASE WHEN t.told = 'in-force' THEN 'in-force'
            WHEN t.told = 'not-confirmed' THEN 'not-confirmed'
            WHEN t.told = 'checked-since' THEN 'checked-since'
            WHEN t.told = 'amendment-alone' THEN 'amendment-alone'
            WHEN t.told = 'older-stands' THEN 'older-stands'
            WHEN t.told = 'other-book' THEN 'other-book'
            WHEN t.told = 'withdrawn-unnamed' THEN 'withdrawn-unnamed'
            ELSE 'none-stands' END AS reason,
       t.recorded_at AS observed_at,
       t.issued_on AS issued_on
FROM told t
