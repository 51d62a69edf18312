-- Was the unit's whole system reviewed within the interval? An assessment that was entered shows it;
-- that none is entered shows nothing, for no text says in which book a review stands.
SELECT e.unit AS unit,
       '' AS subject,
       'met' AS status,
       'reviewed' AS reason,
       MAX(e.recorded_at) AS observed_at,
       MAX(e.occurred_on) AS occurred_on
FROM fact_entry e
WHERE e.register = 'vulnerability-assessment' AND e.result = 'whole-system'
  AND e.age_days <= CAST(:max_age_days AS BIGINT)
GROUP BY e.unit
