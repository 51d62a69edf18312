-- Was every violation that is entered for this half-year or the last dealt with? The period that
-- an entry names counts, whenever it was typed. One that is still being dealt with decides
-- nothing, whatever half-year it is of: until its entry says what came of it, nobody can say. Nor can they of
-- one that says that there was none and counts some (or that some was left, and counts none), or that was written before its
-- half-year began; nor of one that was left where a later entry for the half-year says that violations were dealt with: it may
-- be the same, entered anew; nor of one that was last saved before its own day: it was a plan then.
WITH ahead AS (
    SELECT b.entry
    FROM book_violation_record b
    WHERE COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
taken_up AS (
    SELECT DISTINCT i.entry
    FROM book_violation_record i
    JOIN book_violation_record h ON h.unit = i.unit AND h.period = i.period AND h.result = 'handled'
                                AND (h.occurred_on > i.occurred_on OR h.recorded_at > i.recorded_at)
    WHERE i.result = 'ignored'
)
SELECT e.unit AS unit,
       e.period AS subject,
       CASE WHEN a.entry IS NOT NULL THEN NULL
            WHEN e.result = 'ignored' AND (e.violations = 0 OR h.entry IS NOT NULL) THEN NULL
            WHEN e.result = 'ignored' THEN 'breached'
            WHEN e.result = 'none' AND e.violations > 0 THEN NULL
            WHEN e.result IN ('none', 'handled') AND e.occurred_on < SUBSTR(e.period, 1, 4) || CASE WHEN SUBSTR(e.period, 6, 2) = 'H1' THEN '-01-01' ELSE '-07-01' END THEN NULL
            WHEN e.result IN ('none', 'handled') THEN 'met' END AS status,
       CASE WHEN a.entry IS NOT NULL AND e.result IN ('none', 'handled', 'ignored') THEN 'typed-ahead'
            WHEN e.result = 'ignored' AND e.violations = 0 THEN 'counted'
            WHEN e.result = 'ignored' AND h.entry IS NOT NULL THEN 'taken-up'
            WHEN e.result = 'ignored' THEN 'unsound'
            WHEN e.result = 'none' AND e.violations > 0 THEN 'counted'
            WHEN e.result IN ('none', 'handled') AND e.occurred_on < SUBSTR(e.period, 1, 4) || CASE WHEN SUBSTR(e.period, 6, 2) = 'H1' THEN '-01-01' ELSE '-07-01' END THEN 'early'
            WHEN e.result IN ('none', 'handled') THEN 'sound'
            WHEN e.result = 'pending' THEN 'under-way'
            ELSE 'result-missing' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM book_violation_record e
LEFT JOIN taken_up h ON h.entry = e.entry
LEFT JOIN ahead a ON a.entry = e.entry
WHERE e.result = 'pending'
   OR e.period = SUBSTR(CAST(:today AS TEXT), 1, 4)
                 || CASE WHEN SUBSTR(CAST(:today AS TEXT), 6, 2) <= '06' THEN '-H1' ELSE '-H2' END
   OR e.period = CASE WHEN SUBSTR(CAST(:today AS TEXT), 6, 2) <= '06'
                      THEN CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT) || '-H2'
                      ELSE SUBSTR(CAST(:today AS TEXT), 1, 4) || '-H1' END
