-- Who holds a role today?
SELECT r.unit AS unit,
       '' AS subject,
       CASE WHEN (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
             AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT)) THEN 'met'
            ELSE 'not_applicable' END AS status,
       CASE WHEN (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
             AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT)) THEN 'held'
            ELSE 'not-held' END AS reason,
       r.updated_at AS observed_at,
       r.starts_on AS starts_on
FROM fact_role r
WHERE r.role = CAST(:role AS TEXT)
