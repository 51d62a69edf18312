-- Has the unit an entry of a book, with a given result and of a given kind (`subject`)
-- where one is named, that has not expired? An entry without an end does not expire.
SELECT e.unit AS unit,
       '' AS subject,
       CASE WHEN COUNT(CASE WHEN e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT) THEN 1 END) > 0 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN COUNT(CASE WHEN e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT) THEN 1 END) > 0 THEN 'in-force'
            ELSE 'expired' END AS reason,
       MAX(e.recorded_at) AS observed_at,
       MAX(e.occurred_on) AS last_on,
       MAX(e.expires_on) AS expires_on,
       COUNT(*) AS entries
FROM fact_entry e
WHERE e.register = CAST(:register AS TEXT)
  AND (CAST(:result AS TEXT) = '' OR e.result = CAST(:result AS TEXT))
  AND (CAST(:subject AS TEXT) = '' OR e.subject = CAST(:subject AS TEXT))
  AND e.occurred_on <= CAST(:today AS TEXT)
GROUP BY e.unit
