-- Has every device in service somebody who keeps it? That nobody is entered does not show that
-- whoever has it does not look after it: then nothing is known.
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN COALESCE(d.custodian, '') <> '' THEN 'met' END AS status,
       CASE WHEN COALESCE(d.custodian, '') = '' THEN 'nobody' ELSE 'named' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.custodian AS custodian
FROM fact_device d
WHERE d.status = 'active'
