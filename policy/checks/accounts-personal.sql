-- Is every enabled account a person's own? An account that several people use keeps no secret.
SELECT a.unit AS unit,
       a.login AS subject,
       CASE WHEN a.kind = 'personal' THEN 'met'
            WHEN a.kind = 'service' THEN 'not_applicable'
            ELSE 'breached' END AS status,
       CASE WHEN a.kind = 'personal' THEN 'personal'
            WHEN a.kind = 'service' THEN 'service'
            ELSE 'shared' END AS reason,
       a.updated_at AS observed_at,
       a.kind AS kind,
       a.last_sign_in_at AS last_sign_in_at
FROM fact_account a
WHERE a.enabled
