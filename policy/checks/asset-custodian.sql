-- Has every device in service somebody who keeps it? That nobody is entered does not show that
-- whoever has it does not look after it: then nothing is known, nor where the field says in words that
-- there is nobody.
WITH devices AS (
    SELECT d.unit, d.name, d.role, d.custodian, d.updated_at,
           CASE WHEN LOWER(TRIM(COALESCE(d.custodian, ''))) IN ('', '-', '.', '?', '??', 'n/a', 'na', 'không', 'chưa', 'khÔng', 'chƯa')
                  OR LOWER(TRIM(d.custodian)) LIKE 'không %' OR LOWER(TRIM(d.custodian)) LIKE 'khÔng %'
                  OR LOWER(TRIM(d.custodian)) LIKE 'chưa %' OR LOWER(TRIM(d.custodian)) LIKE 'chƯa %'
                  OR LOWER(TRIM(d.custodian)) LIKE 'đang %' OR LOWER(TRIM(d.custodian)) LIKE 'Đang %' THEN 0 ELSE 1 END AS kept
    FROM fact_device d
    WHERE d.status = 'active'
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN d.kept = 1 THEN 'met' END AS status,
       CASE WHEN d.kept = 1 THEN 'named' ELSE 'nobody' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.custodian AS custodian
FROM devices d
