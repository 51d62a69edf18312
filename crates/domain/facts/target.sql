-- Whatever is probed: its noun, owner and name. Nothing is probed at an address that was not
-- granted.
SELECT s.id AS target_id, 'site' AS noun, s.organization_id, s.name AS subject, s.address, s.probe, s.class, s.status
FROM site s JOIN claim g ON g.kind = 'address' AND g.value_key = s.address_key
    AND g.organization_id = s.organization_id AND g.state = 'granted'
WHERE s.status = 'active'
UNION ALL
SELECT c.id, 'circuit', c.organization_id, c.code, c.address, c.probe, 'standard', c.status
FROM circuit c JOIN claim g ON g.kind = 'address' AND g.value_key = c.address_key
    AND g.organization_id = c.organization_id AND g.state = 'granted'
WHERE c.status = 'active'
UNION ALL
SELECT d.id, 'device', d.organization_id, d.name, d.address, d.probe, 'standard', d.status
FROM device d JOIN claim g ON g.kind = 'address' AND g.value_key = d.address_key
    AND g.organization_id = d.organization_id AND g.state = 'granted'
WHERE d.probe IS NOT NULL AND d.status = 'active'
