-- Was one step (`step`: supervised, report) taken at each acceptance within the interval? The
-- field of that step goes before the entry's result, which can name one fault only; an entry
-- that tells of another fault alone says nothing of this step. What was rejected was tested, and
-- its test was supervised or not, and an entry that does not tell leaves it unknown; only the report
-- goes before the use that never came. An entry
-- that says both of supervision is no answer, nor one whose result names the fault that the step's field denies, or that names in words
-- nobody as who supervised or approved, or as who supervised the very section that tested. A report that waits for approval, where the entry does not say that the system was used
-- without, breaks nothing yet, and what was last saved before its own day was a plan, in order or not. A report that was wanting before
-- the interval is not forgotten: nobody can say how it stands, until an entry about the same system says that it is there.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT b.entry
    FROM book_acceptance_test b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
steps AS (
    SELECT b.unit, COALESCE(b.subject, '') AS subject, b.result, b.occurred_on, b.recorded_at,
           CASE WHEN b.age_days <= CAST(:window_days AS BIGINT) THEN 1 ELSE 0 END AS is_recent,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           CASE WHEN CAST(:step AS TEXT) = 'supervised' THEN b.supervised ELSE b.report END AS taken,
           CASE WHEN CAST(:step AS TEXT) = 'supervised' THEN b.supervisor ELSE b.approved_by END AS who,
           CASE WHEN CAST(:step AS TEXT) = 'supervised' AND TRIM(b.supervisor) <> ''
                 AND (LOWER(TRIM(b.supervisor)) = LOWER(TRIM(b.tested_by)) OR LOWER(TRIM(b.supervisor)) LIKE 'tự %') THEN 1 ELSE 0 END AS own
    FROM book_acceptance_test b
    WHERE (b.age_days <= CAST(:window_days AS BIGINT) OR CAST(:step AS TEXT) = 'report')
      AND b.entry NOT IN (SELECT n.entry FROM void n)
),
told AS (
    SELECT s.unit, s.subject, s.result, s.occurred_on, s.recorded_at, s.is_recent,
           CASE WHEN s.ahead = 0 AND s.result = 'rejected' AND CAST(:step AS TEXT) <> 'supervised' THEN 'not-used'
                WHEN s.taken = 'independent' AND s.result IN ('unsupervised', 'untested') THEN 'result-missing'
                WHEN s.taken = 'both' AND s.result = 'unapproved' THEN 'result-missing'
                WHEN s.taken = 'not-in-use' AND s.result = 'untested' THEN 'result-missing'
                WHEN (s.taken IN ('independent', 'both') OR (s.taken IS NULL AND s.result = 'accepted'))
                 AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = s.who) THEN 'result-missing'
                WHEN s.own = 1 AND (s.taken = 'independent' OR (s.taken IS NULL AND s.result = 'accepted')) THEN 'result-missing'
                WHEN s.ahead = 1 THEN 'typed-ahead'
                WHEN s.taken IN ('independent', 'both') THEN 'sound'
                WHEN s.taken IN ('nobody', 'unconfirmed', 'unapproved') THEN 'unsound'
                WHEN s.taken = 'not-in-use' THEN 'not-used'
                WHEN s.result = 'accepted' THEN 'sound'
                WHEN s.result = 'untested' THEN 'unsound'
                WHEN s.result = 'unsupervised' AND CAST(:step AS TEXT) = 'supervised' THEN 'unsound'
                WHEN s.result = 'unapproved' AND CAST(:step AS TEXT) = 'report' THEN 'use-unknown'
                ELSE 'result-missing' END AS told
    FROM steps s
)
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.is_recent = 0 THEN NULL
            WHEN t.told = 'sound' THEN 'met'
            WHEN t.told = 'unsound' THEN 'breached'
            WHEN t.told = 'not-used' THEN 'not_applicable'
            ELSE NULL END AS status,
       CASE WHEN t.is_recent = 0 THEN 'review-old'
            WHEN t.told = 'sound' THEN 'sound'
            WHEN t.told = 'unsound' THEN 'unsound'
            WHEN t.told = 'not-used' THEN 'not-used'
            WHEN t.told = 'use-unknown' THEN 'use-unknown'
            WHEN t.told = 'typed-ahead' THEN 'typed-ahead'
            ELSE 'result-missing' END AS reason,
       t.recorded_at AS observed_at,
       t.result AS result,
       t.occurred_on AS occurred_on
FROM told t
WHERE t.is_recent = 1 AND t.told <> 'use-unknown'
   OR t.told IN ('unsound', 'use-unknown')
      AND NOT EXISTS (
          SELECT 1 FROM told l
          WHERE l.unit = t.unit AND LOWER(TRIM(l.subject)) = LOWER(TRIM(t.subject))
            AND l.told = 'sound' AND l.occurred_on >= t.occurred_on
      )
