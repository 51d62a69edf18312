-- Has the unit somebody in this office today? That somebody is named is believed only so long
-- after the contact was last saved. That an office stands in nobody's contact does not show
-- that nobody holds it, nor does a gap before somebody who is named for a later day: such a row
-- was observed by nobody, and a person answers for it. A hotline that is staffed around the clock
-- is an incident desk too. Where a security officer left, the IT officer or desk that stays may have taken the
-- security over (the texts name either): a person answers for that too. So it is where a contact of the desk
-- left and an IT or security officer stays (a desk is more than one person, and so is a hotline), or a hotline ended and the desk stays, or the
-- IT officer left and a security officer stays, or the province's incident team has a desk. A contact whose name says in words that there is nobody is none.
WITH held AS (
    SELECT c.unit,
           c.name,
           c.starts_on,
           c.ends_on,
           c.updated_at,
           CASE WHEN c.role = CAST(:office AS TEXT) THEN 1 ELSE 0 END AS named_for_it,
           CASE WHEN c.role = CAST(:office AS TEXT)
                  OR (c.role = 'hotline' AND CAST(:office AS TEXT) = 'incident-desk') THEN 1 ELSE 0 END AS serves,
           CASE WHEN (c.starts_on IS NULL OR c.starts_on <= CAST(:today AS TEXT))
                 AND (c.ends_on IS NULL OR c.ends_on >= CAST(:today AS TEXT)) THEN 1 ELSE 0 END AS today,
           CASE WHEN (CAST(:office AS TEXT) = 'security-officer' AND c.role IN ('it-officer', 'incident-desk', 'hotline'))
                  OR (CAST(:office AS TEXT) = 'incident-desk' AND c.role IN ('it-officer', 'security-officer'))
                  OR (CAST(:office AS TEXT) = 'it-officer' AND c.role = 'security-officer')
                  OR (CAST(:office AS TEXT) = 'hotline' AND c.role IN ('incident-desk', 'it-officer', 'security-officer')) THEN 1 ELSE 0 END AS stands_in
    FROM fact_contact c
    WHERE NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'keeper' AND u.said = c.name)
), teams AS (
    SELECT DISTINCT o.unit
    FROM held h
    JOIN fact_role t ON t.unit = h.unit AND t.role = 'incident-team'
    JOIN fact_organization o ON o.province = t.province AND o.unit <> h.unit
    WHERE CAST(:office AS TEXT) = 'incident-desk' AND h.serves = 1 AND h.today = 1
      AND (t.starts_on IS NULL OR t.starts_on <= CAST(:today AS TEXT))
      AND (t.ends_on IS NULL OR t.ends_on >= CAST(:today AS TEXT))
), told AS (
    SELECT h.unit,
           COUNT(*) AS contacts,
           MAX(CASE WHEN h.serves = 1 AND h.today = 1 THEN h.name END) AS holder,
           MAX(CASE WHEN h.serves = 1 AND h.today = 1 THEN h.updated_at END) AS named_at,
           MAX(CASE WHEN h.named_for_it = 1 THEN h.ends_on END) AS ended_on,
           MAX(CASE WHEN (h.serves = 1 AND h.starts_on > CAST(:today AS TEXT))
                      OR (h.stands_in = 1 AND h.today = 1)
                      OR h.unit IN (SELECT m.unit FROM teams m) THEN 1 ELSE 0 END) AS others,
           MAX(CASE WHEN h.named_for_it = 1 THEN h.updated_at END) AS ended_at
    FROM held h
    GROUP BY h.unit
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.named_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'met'
            WHEN t.holder IS NOT NULL THEN NULL
            WHEN t.ended_on < CAST(:today AS TEXT) AND t.others = 0 THEN 'breached'
            ELSE NULL END AS status,
       CASE WHEN t.named_at >= CAST(:now AS BIGINT) - CAST(:max_age_days AS BIGINT) * 86400000 THEN 'named'
            WHEN t.holder IS NOT NULL THEN 'not-confirmed'
            WHEN t.ended_on < CAST(:today AS TEXT) AND t.others = 0 THEN 'ended'
            ELSE 'none' END AS reason,
       CASE WHEN t.holder IS NOT NULL THEN t.named_at
            WHEN t.ended_on < CAST(:today AS TEXT) AND t.others = 0 THEN t.ended_at END AS observed_at,
       t.holder AS holder,
       t.ended_on AS ended_on,
       t.contacts AS contacts
FROM told t
