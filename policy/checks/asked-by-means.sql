-- Did the network authority ask others only by the means that the rule names (letter, e-mail,
-- telephone, fax)? A request within the interval that was made in person alone is none of them;
-- without such a request there is nothing to say.
WITH in_person AS (
    SELECT b.unit, b.entry, b.subject, b.recorded_at, b.occurred_on
    FROM book_outward_notice b
    WHERE b.result = 'help-asked' AND b.channel = 'in-person' AND b.finished_at IS NOT NULL
      AND b.age_days <= CAST(:window_days AS BIGINT)
)
SELECT r.unit AS unit,
       COALESCE(p.subject, '') AS subject,
       CASE WHEN p.entry IS NULL THEN 'not_applicable' ELSE 'breached' END AS status,
       CASE WHEN p.entry IS NULL THEN 'none-in-person' ELSE 'in-person' END AS reason,
       COALESCE(p.recorded_at, r.updated_at) AS observed_at,
       p.occurred_on AS occurred_on
FROM fact_role r
LEFT JOIN in_person p ON p.unit = r.unit
WHERE r.role = 'network-authority'
  AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
  AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
