-- Has the unit somebody in this office today? A unit of which the registry holds no
-- contact at all is not answered for.
WITH held AS (
    SELECT c.unit,
           COUNT(*) AS contacts,
           MAX(c.updated_at) AS updated_at,
           MAX(CASE WHEN c.role = CAST(:office AS TEXT)
                     AND (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
                     AND (c.ends_on IS NULL OR c.ends_on >= CAST(:today AS TEXT)) THEN c.name END) AS holder,
           MAX(CASE WHEN c.role = CAST(:office AS TEXT) THEN c.ends_on END) AS ended_on
    FROM fact_contact c
    GROUP BY c.unit
)
SELECT h.unit AS unit,
       '' AS subject,
       CASE WHEN h.holder IS NOT NULL THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN h.holder IS NOT NULL THEN 'named'
            WHEN h.ended_on < CAST(:today AS TEXT) THEN 'ended'
            ELSE 'none' END AS reason,
       h.updated_at AS observed_at,
       h.holder AS holder,
       h.ended_on AS ended_on,
       h.contacts AS contacts
FROM held h
