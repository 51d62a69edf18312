-- Does every enabled account with privileges need a second factor? A unit whose accounts
-- have no privileges has nothing to show.
SELECT a.unit AS unit,
       a.login AS subject,
       CASE WHEN a.mfa THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN a.mfa THEN 'second-factor' ELSE 'password-only' END AS reason,
       a.updated_at AS observed_at
FROM fact_account a
WHERE a.enabled AND a.privileged AND a.kind <> 'service'
UNION ALL
SELECT a.unit AS unit,
       '' AS subject,
       'not_applicable' AS status,
       'none-privileged' AS reason,
       MAX(a.updated_at) AS observed_at
FROM fact_account a
WHERE a.enabled
GROUP BY a.unit
HAVING COUNT(CASE WHEN a.privileged AND a.kind <> 'service' THEN 1 END) = 0
