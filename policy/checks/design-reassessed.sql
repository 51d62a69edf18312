-- Was the newest change of each design document, written down within the interval, assessed
-- again? A document that did not change is not asked about.
WITH placed AS (
    SELECT b.unit, b.subject, TRIM(COALESCE(b.system, '')) AS system, b.result, b.occurred_on, b.recorded_at,
           ROW_NUMBER() OVER (PARTITION BY b.unit, b.subject, LOWER(TRIM(COALESCE(b.system, '')))
                              ORDER BY b.occurred_on DESC, b.recorded_at DESC) AS place
    FROM book_design_document b
    WHERE b.occurred_on <= CAST(:today AS TEXT) AND (b.result IS NULL OR b.result IN ('changed', 'reassessed'))
      AND b.age_days <= CAST(:window_days AS BIGINT)
)
SELECT p.unit AS unit,
       p.system AS subject,
       CASE WHEN p.result = 'reassessed' THEN 'met'
            WHEN p.result = 'changed' THEN 'breached'
            ELSE NULL END AS status,
       CASE WHEN p.result = 'reassessed' THEN 'sound'
            WHEN p.result = 'changed' THEN 'unsound'
            ELSE 'result-missing' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM placed p
WHERE p.place = 1
