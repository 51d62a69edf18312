-- Was the unit's whole system reviewed within the interval? An assessment that was entered shows it;
-- that none is entered shows nothing, for no text says in which book a review stands. One that names a year before the interval is not of it,
-- whenever it was typed.
SELECT e.unit AS unit,
       '' AS subject,
       'met' AS status,
       'reviewed' AS reason,
       MAX(e.recorded_at) AS observed_at,
       MAX(e.occurred_on) AS occurred_on
FROM fact_entry e
WHERE e.register = 'vulnerability-assessment' AND e.result = 'whole-system'
  AND e.age_days <= CAST(:max_age_days AS BIGINT)
  AND (COALESCE(e.period, '') = ''
       OR SUBSTR(e.period, 1, 4) >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT)
                                         - (CAST(:max_age_days AS BIGINT) + 364) / 365 AS TEXT))
GROUP BY e.unit
