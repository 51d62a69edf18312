-- Was each change of this kind that was entered within the interval agreed with whoever must
-- agree? Any side does where none is named. What the network authority agreed to may have had the
-- unit's IT officer's word before: the book takes one side only, and nobody can say. Nor can anybody
-- of a change that does not tell what it was made to, unless it was refused, or agreed with the authority or the
-- side that this rule names. Of servers, a unit that has none in service is not asked.
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL THEN NULL
            WHEN e.result = 'refused' THEN 'met'
            WHEN e.result <> 'agreed' THEN 'breached'
            WHEN CAST(:agreed_with AS TEXT) = '' OR e.agreed_with = CAST(:agreed_with AS TEXT) THEN 'met'
            WHEN e.agreed_with IS NULL OR CAST(:agreed_with AS TEXT) = 'it-officer' THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN e.result = 'refused' THEN 'sound'
            WHEN e.result <> 'agreed' THEN 'unsound'
            WHEN CAST(:agreed_with AS TEXT) = '' OR e.agreed_with = CAST(:agreed_with AS TEXT) THEN 'sound'
            WHEN e.agreed_with IS NULL OR CAST(:agreed_with AS TEXT) = 'it-officer' THEN 'side-missing'
            ELSE 'wrong-side' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM book_change_request e
WHERE e.about = CAST(:about AS TEXT)
  AND e.age_days <= CAST(:window_days AS BIGINT)
UNION ALL
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CAST(NULL AS TEXT) AS status,
       'kind-missing' AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM book_change_request e
WHERE COALESCE(e.about, '') = '' AND e.result IS NOT NULL AND e.result <> 'refused'
  AND (e.result <> 'agreed' OR COALESCE(e.agreed_with, '') NOT IN ('authority', CAST(:agreed_with AS TEXT)))
  AND e.age_days <= CAST(:window_days AS BIGINT)
  AND (CAST(:about AS TEXT) <> 'server'
       OR EXISTS (SELECT 1 FROM fact_device s
                  WHERE s.unit = e.unit AND s.status = 'active' AND s.role = 'server'))
UNION ALL
SELECT d.unit AS unit,
       '' AS subject,
       'not_applicable' AS status,
       'none-in-service' AS reason,
       MAX(d.updated_at) AS observed_at,
       CAST(NULL AS TEXT) AS result,
       CAST(NULL AS TEXT) AS occurred_on
FROM fact_device d
WHERE CAST(:about AS TEXT) = 'server'
GROUP BY d.unit
HAVING COUNT(CASE WHEN d.status = 'active' AND d.role = 'server' THEN 1 END) = 0
