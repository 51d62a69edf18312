-- Was the password of every enabled account changed within the interval that was chosen?
SELECT a.unit AS unit,
       a.login AS subject,
       CASE WHEN a.kind = 'service' THEN 'not_applicable'
            WHEN a.password_changed_at IS NULL THEN NULL
            WHEN a.password_changed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN a.kind = 'service' THEN 'service'
            WHEN a.password_changed_at IS NULL THEN 'age-unknown'
            WHEN a.password_changed_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'changed'
            ELSE 'too-old' END AS reason,
       a.updated_at AS observed_at,
       (CAST(:now AS BIGINT) - a.password_changed_at) / 86400000 AS age_days
FROM fact_account a
WHERE a.enabled
