-- Has every device in service somebody who keeps it? That nobody is entered does not show that
-- whoever has it does not look after it: then nothing is known, nor where the field says in words that
-- there is nobody, not yet, that all use it, that it lies in store or that whoever had it left, or holds no letter at all.
WITH told AS (
    SELECT d.unit, d.name, d.role, d.custodian, d.updated_at, COALESCE(d.custodian, '') AS said
    FROM fact_device d
    WHERE d.status = 'active'
),
devices AS (
    SELECT t.unit, t.name, t.role, t.custodian, t.updated_at,
           CASE WHEN LOWER(t.said) = UPPER(t.said) OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'keeper' AND u.said = t.said) THEN 0 ELSE 1 END AS kept
    FROM told t
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN d.kept = 1 THEN 'met' END AS status,
       CASE WHEN d.kept = 1 THEN 'named' ELSE 'nobody' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.custodian AS custodian
FROM devices d
