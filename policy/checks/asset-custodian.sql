-- Has every device in service somebody who keeps it?
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN COALESCE(d.custodian, '') = '' THEN 'breached' ELSE 'met' END AS status,
       CASE WHEN COALESCE(d.custodian, '') = '' THEN 'nobody' ELSE 'named' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.custodian AS custodian
FROM fact_device d
WHERE d.status = 'active'
