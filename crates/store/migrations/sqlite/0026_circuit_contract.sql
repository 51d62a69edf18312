-- Which contract a circuit is let by, so that a check can look it up in the provider's book.
DROP VIEW fact_circuit;
CREATE VIEW fact_circuit AS
SELECT organization_id AS unit, id AS circuit, code, provider_id AS provider, contract, bandwidth_mbps, status,
    a_site_id AS a_site, z_site_id AS z_site, updated_at
FROM circuit;
