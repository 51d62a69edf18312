-- Has the unit an entry of a book, with a given result where one is named, that is no older than
-- the interval? What was last saved before its own day was a plan then: whether it came about nobody can say; nor
-- whether too much time has passed, where the book has nothing else.
-- A book that another body may keep in the unit's stead (`kept_by`, a held role; none where empty)
-- has stopped only if that body of the province, and every body below the unit, wrote nothing either.
-- What the unit wrote within the interval in another book where somebody may enter the same (`other_register`, with
-- `other_result`; none where empty) may be it: nobody can say.
-- An entry about what is "not known" or "not yet" tells of nothing, nor, where a result is named, does one about "nothing",
-- nor a drill that nobody came to.
-- An entry of another result that may be what is asked about (`perhaps`, results between commas; none where empty)
-- leaves it open whether an older one was the last.
WITH unsaid AS (
    SELECT e.entry, MAX(CASE WHEN u.kind = 'unknown' THEN 1 ELSE 0 END) AS is_unknown
    FROM fact_entry e
    JOIN fact_unsaid u ON u.kind IN ('event', 'unknown') AND u.said = e.subject
    WHERE e.register = CAST(:register AS TEXT)
    GROUP BY e.entry
    UNION ALL
    SELECT d.entry, 0 FROM book_drill d WHERE d.participants = 0
),
placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
                     OR u.entry IS NOT NULL THEN 1 ELSE 0 END AS ahead
    FROM fact_entry e
    LEFT JOIN unsaid u ON u.entry = e.entry AND (u.is_unknown = 1 OR CAST(:result AS TEXT) <> '')
    WHERE e.register = CAST(:register AS TEXT)
      AND (CAST(:result AS TEXT) = '' OR e.result = CAST(:result AS TEXT))
),
latest AS (
    SELECT p.unit, MAX(p.occurred_on) AS last_on, MAX(p.recorded_at) AS recorded_at, COUNT(*) AS entries,
           MIN(p.age_days) AS age_days, COUNT(CASE WHEN p.ahead = 0 THEN 1 END) AS told,
           COUNT(CASE WHEN p.ahead = 0 AND p.age_days <= CAST(:max_age_days AS BIGINT) THEN 1 END) AS done,
           COUNT(CASE WHEN p.ahead = 1 AND p.age_days <= CAST(:max_age_days AS BIGINT) THEN 1 END) AS ahead
    FROM placed p
    GROUP BY p.unit
),
other AS (
    SELECT DISTINCT e.unit
    FROM fact_entry e
    WHERE e.register = CAST(:other_register AS TEXT) AND e.result = CAST(:other_result AS TEXT)
      AND e.age_days <= CAST(:max_age_days AS BIGINT)
),
elsewhere AS (
    SELECT DISTINCT o.unit
    FROM fact_role r
    JOIN latest l ON l.unit = r.unit AND l.done > 0
    JOIN fact_organization o ON o.province = r.province
    WHERE r.role = CAST(:kept_by AS TEXT)
      AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
      AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
    UNION
    SELECT b.parent
    FROM latest l
    JOIN fact_organization b ON b.unit = l.unit
    WHERE l.done > 0 AND b.parent IS NOT NULL AND CAST(:kept_by AS TEXT) <> ''
    UNION
    SELECT e.unit
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT) AND e.age_days <= CAST(:max_age_days AS BIGINT)
      AND ',' || CAST(:perhaps AS TEXT) || ',' LIKE '%,' || e.result || ',%'
)
SELECT l.unit AS unit,
       '' AS subject,
       CASE WHEN l.done > 0 THEN 'met'
            WHEN l.ahead = 0 AND l.told > 0 AND w.unit IS NULL AND o.unit IS NULL THEN 'breached' END AS status,
       CASE WHEN l.done > 0 THEN 'recent'
            WHEN l.ahead > 0 OR l.told = 0 THEN 'typed-ahead'
            WHEN w.unit IS NOT NULL THEN 'kept-elsewhere'
            WHEN o.unit IS NOT NULL THEN 'other-book'
            ELSE 'too-old' END AS reason,
       l.recorded_at AS observed_at,
       l.last_on AS last_on,
       l.age_days AS age_days,
       l.entries AS entries
FROM latest l
LEFT JOIN elsewhere w ON w.unit = l.unit
LEFT JOIN other o ON o.unit = l.unit
