-- Was the newest change of each document of a system's design assessed again? Not yet is no breach
-- for `within_days`, and after the interval nobody can say, until the document is entered as assessed. Of one that was
-- entered as approved since, whether it was assessed before that is not known, nor of one where another document
-- of the same system, or one that names no system, was entered as assessed since, nor of a change that names none where
-- any was: that may be the assessment. What was last saved before its own day was a plan then. A document
-- that did not change is not asked about, nor is a system whose newest entry in the book of levels
-- says that it is out of use, nor what is no design of a system (the provider's standby, the
-- protection of devices).
WITH levels AS (
    SELECT e.unit, LOWER(TRIM(e.subject)) AS folded, e.result,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(e.subject))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM fact_entry e
    WHERE e.register = 'system-level'
),
placed AS (
    SELECT b.unit, b.subject, b.result, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.system) THEN ''
                ELSE TRIM(COALESCE(b.system, '')) END AS system,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           ROW_NUMBER() OVER (PARTITION BY b.unit, b.subject, LOWER(TRIM(COALESCE(b.system, '')))
                              ORDER BY b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_design_document b
    WHERE b.occurred_on <= CAST(:today AS TEXT) AND (b.result IS NULL OR b.result IN ('changed', 'reassessed'))
      AND b.subject IN ('scope', 'design', 'level-plan', 'technology', 'standby')
),
newest AS (
    SELECT p.unit, p.system, p.result, p.occurred_on, p.recorded_at, p.age_days, p.ahead,
           CASE WHEN p.result = 'changed'
                 AND EXISTS (SELECT 1 FROM book_design_document a
                             WHERE a.unit = p.unit AND a.subject = p.subject AND a.result = 'approved'
                               AND LOWER(TRIM(COALESCE(a.system, ''))) = LOWER(p.system)
                               AND (a.occurred_on > p.occurred_on
                                    OR (a.occurred_on = p.occurred_on AND a.recorded_at > p.recorded_at))) THEN 1 ELSE 0 END AS approved_since,
           CASE WHEN p.result = 'changed'
                 AND EXISTS (SELECT 1 FROM placed a
                             WHERE a.unit = p.unit AND a.result = 'reassessed'
                               AND (a.subject <> p.subject AND LOWER(a.system) = LOWER(p.system)
                                    OR a.system <> p.system AND (a.system = '' OR p.system = ''))
                               AND (a.occurred_on > p.occurred_on
                                    OR (a.occurred_on = p.occurred_on AND a.recorded_at >= p.recorded_at))) THEN 1 ELSE 0 END AS other_since
    FROM placed p
    WHERE p.place = 1
)
SELECT p.unit AS unit,
       p.system AS subject,
       CASE WHEN p.ahead = 1 THEN NULL
            WHEN p.result = 'reassessed' THEN 'met'
            WHEN p.approved_since = 1 OR p.other_since = 1 THEN NULL
            WHEN p.result = 'changed' AND p.age_days > CAST(:within_days AS BIGINT)
                 AND p.age_days <= CAST(:window_days AS BIGINT) THEN 'breached'
            ELSE NULL END AS status,
       CASE WHEN p.ahead = 1 AND p.result IS NOT NULL THEN 'typed-ahead'
            WHEN p.result = 'reassessed' THEN 'sound'
            WHEN p.approved_since = 1 THEN 'approved-since'
            WHEN p.other_since = 1 THEN 'other-assessed'
            WHEN p.result = 'changed' AND p.age_days <= CAST(:within_days AS BIGINT) THEN 'open'
            WHEN p.result = 'changed' AND p.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            WHEN p.result = 'changed' THEN 'review-old'
            ELSE 'result-missing' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM newest p
LEFT JOIN levels r ON r.unit = p.unit AND r.folded = LOWER(p.system) AND r.place = 1 AND r.result = 'retired'
WHERE r.unit IS NULL
  AND (p.result = 'changed' OR p.age_days <= CAST(:window_days AS BIGINT))
