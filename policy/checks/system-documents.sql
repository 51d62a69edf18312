-- Has each information system a document of this kind (`kind`) that stands? The systems are
-- those in the book of levels and those that any document of a system names, but for those whose
-- newest entry in the book of levels says that they are out of use. A system's newest document
-- counts, whatever its state; one without a document tells nothing yet, nor does a document that names no
-- system, or that was changed since and not assessed again. `also` is a state that counts beside
-- approved and re-assessed. A document without an end is believed only so long. A name that says in words that none is
-- known names no system. Where the newest ran out and an older one of the same system has not, nobody can say whether it
-- was replaced; nor where one of this kind was entered since that names no system, or one whose name holds this one's or the
-- other way. What was last saved before its own day was a plan then. A document whose number says that it is not issued yet is none;
-- where one of either kind was entered after the newest had been, which ran out, nobody can say.
WITH papers AS (
    SELECT b.unit, b.entry, b.subject, b.result, b.occurred_on, b.recorded_at, b.expires_on, b.age_days,
           CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.system) THEN ''
                ELSE TRIM(COALESCE(b.system, '')) END AS system
    FROM book_design_document b
    WHERE ((b.result = 'changed' AND CAST(:also AS TEXT) <> 'changed')
           OR NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000)
      AND NOT (b.result <> 'changed' AND b.number IS NOT NULL
               AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'number' AND u.said = b.number))
),
levels AS (
    SELECT e.unit, TRIM(e.subject) AS system, e.result, e.recorded_at,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(e.subject))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    WHERE e.register = 'system-level' AND TRIM(e.subject) <> ''
),
documents AS (
    SELECT b.unit, b.system, b.recorded_at, b.occurred_on, b.expires_on, b.age_days,
           CASE WHEN b.result IN ('approved', 'reassessed', CAST(:also AS TEXT)) THEN 1 ELSE 0 END AS stands,
           ROW_NUMBER() OVER (PARTITION BY b.unit, LOWER(b.system)
                              ORDER BY b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM papers b
    WHERE b.subject = CAST(:kind AS TEXT)
),
standing AS (
    SELECT DISTINCT d.unit, LOWER(d.system) AS folded
    FROM documents d
    WHERE d.stands = 1
      AND (d.expires_on >= CAST(:today AS TEXT) OR (d.expires_on IS NULL AND d.age_days <= CAST(:max_age_days AS BIGINT)))
),
renamed AS (
    SELECT DISTINCT d.unit, LOWER(d.system) AS folded
    FROM documents d
    JOIN documents o ON o.unit = d.unit AND o.stands = 1 AND o.occurred_on > d.occurred_on AND LOWER(o.system) <> LOWER(d.system)
                    AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                    AND (o.system = '' OR LOWER(o.system) LIKE '%' || LOWER(d.system) || '%'
                         OR LOWER(d.system) LIKE '%' || LOWER(o.system) || '%')
    WHERE d.place = 1 AND d.system <> ''
),
unissued AS (
    SELECT DISTINCT d.unit, LOWER(d.system) AS folded
    FROM documents d
    JOIN book_design_document a ON a.unit = d.unit AND a.subject = CAST(:kind AS TEXT) AND a.occurred_on > d.occurred_on
                               AND a.result IN ('approved', 'reassessed', CAST(:also AS TEXT))
                               AND LOWER(TRIM(COALESCE(a.system, ''))) = LOWER(d.system)
                               AND (a.expires_on IS NULL OR a.expires_on >= CAST(:today AS TEXT))
                               AND a.entry NOT IN (SELECT p.entry FROM papers p)
    WHERE d.place = 1 AND d.system <> ''
),
named AS (
    SELECT l.unit, l.system, l.recorded_at
    FROM levels l
    UNION ALL
    SELECT b.unit, b.system, b.recorded_at
    FROM papers b
    WHERE b.subject IN ('scope', 'design', 'level-plan', 'technology', 'standby')
      AND (b.system <> '' OR b.subject = CAST(:kind AS TEXT))
),
systems AS (
    SELECT n.unit, LOWER(n.system) AS folded, MAX(n.system) AS system, MAX(n.recorded_at) AS recorded_at
    FROM named n
    GROUP BY n.unit, LOWER(n.system)
)
SELECT s.unit AS unit,
       s.system AS subject,
       CASE WHEN s.system = '' OR d.unit IS NULL OR d.stands = 0 THEN NULL
            WHEN d.expires_on < CAST(:today AS TEXT) AND o.unit IS NULL AND n.unit IS NULL AND w.unit IS NULL THEN 'breached'
            WHEN d.expires_on < CAST(:today AS TEXT) THEN NULL
            WHEN d.expires_on IS NULL AND d.age_days > CAST(:max_age_days AS BIGINT) THEN NULL
            ELSE 'met' END AS status,
       CASE WHEN s.system = '' THEN 'no-system'
            WHEN d.unit IS NULL THEN 'none'
            WHEN d.stands = 0 THEN 'changed'
            WHEN d.expires_on < CAST(:today AS TEXT) AND o.unit IS NULL AND n.unit IS NULL AND w.unit IS NULL THEN 'expired'
            WHEN d.expires_on < CAST(:today AS TEXT) AND o.unit IS NULL AND n.unit IS NULL THEN 'unissued'
            WHEN d.expires_on < CAST(:today AS TEXT) AND o.unit IS NULL THEN 'renamed'
            WHEN d.expires_on < CAST(:today AS TEXT) THEN 'older-stands'
            WHEN d.expires_on IS NULL AND d.age_days > CAST(:max_age_days AS BIGINT) THEN 'not-confirmed'
            ELSE 'in-force' END AS reason,
       COALESCE(d.recorded_at, s.recorded_at) AS observed_at,
       d.occurred_on AS last_on,
       d.expires_on AS expires_on
FROM systems s
LEFT JOIN documents d ON d.unit = s.unit AND LOWER(d.system) = s.folded AND d.place = 1
LEFT JOIN standing o ON o.unit = s.unit AND o.folded = s.folded
LEFT JOIN renamed n ON n.unit = s.unit AND n.folded = s.folded
LEFT JOIN unissued w ON w.unit = s.unit AND w.folded = s.folded
LEFT JOIN levels r ON r.unit = s.unit AND LOWER(r.system) = s.folded AND r.place = 1 AND r.result = 'retired'
WHERE r.unit IS NULL
