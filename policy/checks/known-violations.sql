-- Was every violation that is entered for this half-year or the last dealt with? The period that
-- an entry names counts, whenever it was typed. One that is still being dealt with decides
-- nothing, whatever half-year it is of: until its entry says what came of it, nobody can say.
SELECT e.unit AS unit,
       e.period AS subject,
       CASE WHEN e.result = 'ignored' THEN 'breached'
            WHEN e.result IN ('none', 'handled') THEN 'met' END AS status,
       CASE WHEN e.result = 'ignored' THEN 'unsound'
            WHEN e.result IN ('none', 'handled') THEN 'sound'
            WHEN e.result = 'pending' THEN 'under-way'
            ELSE 'result-missing' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM fact_entry e
WHERE e.register = 'violation-record'
  AND (e.result = 'pending'
       OR e.period = SUBSTR(CAST(:today AS TEXT), 1, 4)
                     || CASE WHEN SUBSTR(CAST(:today AS TEXT), 6, 2) <= '06' THEN '-H1' ELSE '-H2' END
       OR e.period = CASE WHEN SUBSTR(CAST(:today AS TEXT), 6, 2) <= '06'
                          THEN CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT) || '-H2'
                          ELSE SUBSTR(CAST(:today AS TEXT), 1, 4) || '-H1' END)
