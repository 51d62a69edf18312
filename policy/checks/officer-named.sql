-- Has the unit somebody in this office today? A unit of which the registry holds no
-- contact at all is not answered for; that somebody is named is believed only so long after
-- the contact was last saved.
WITH held AS (
    SELECT c.unit,
           COUNT(*) AS contacts,
           MAX(c.updated_at) AS updated_at,
           MAX(CASE WHEN c.role = CAST(:office AS TEXT)
                     AND (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
                     AND (c.ends_on IS NULL OR c.ends_on >= CAST(:today AS TEXT)) THEN c.name END) AS holder,
           MAX(CASE WHEN c.role = CAST(:office AS TEXT)
                     AND (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
                     AND (c.ends_on IS NULL OR c.ends_on >= CAST(:today AS TEXT)) THEN c.updated_at END) AS named_at,
           MAX(CASE WHEN c.role = CAST(:office AS TEXT) THEN c.ends_on END) AS ended_on
    FROM fact_contact c
    GROUP BY c.unit
)
SELECT h.unit AS unit,
       '' AS subject,
       CASE WHEN h.holder IS NULL THEN 'breached'
            WHEN h.named_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            ELSE NULL END AS status,
       CASE WHEN h.holder IS NOT NULL
             AND h.named_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'named'
            WHEN h.holder IS NOT NULL THEN 'not-confirmed'
            WHEN h.ended_on < CAST(:today AS TEXT) THEN 'ended'
            ELSE 'none' END AS reason,
       h.updated_at AS observed_at,
       h.holder AS holder,
       h.ended_on AS ended_on,
       h.contacts AS contacts
FROM held h
