-- What records claim; that of a record which is not active is nobody's.
SELECT 'address' AS kind, address_key AS value_key, address AS value, organization_id, 'site' AS noun,
    id AS record_id, name AS subject, created_at
FROM site WHERE address_key IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'address', address_key, address, organization_id, 'circuit', id, code, created_at
FROM circuit WHERE address_key IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'address', address_key, address, organization_id, 'device', id, name, created_at
FROM device WHERE address_key IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'log-name', LOWER(log_name), log_name, organization_id, 'device', id, name, created_at
FROM device WHERE log_name IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'prefix', cidr, cidr, organization_id, 'prefix', id, cidr, created_at
FROM prefix WHERE organization_id IS NOT NULL
