-- Was each change of this kind that was entered within the interval agreed with whoever must
-- agree? Any side does where none is named. What the network authority agreed to may have had the
-- unit's IT officer's word before: the book takes one side only, and nobody can say. The authority's own
-- changes, made while it was that and agreed to by its own officer, are agreed with the authority. An entry that does not tell of what it is a
-- change is one of the kind of its device; where that tells nothing either, nobody can say, unless it was refused, or agreed with the authority
-- or the side that this rule names. Who gave the word, where that says in
-- words that nobody did, contradicts an agreement: nobody can say, nor of an entry about "nothing". What was last saved before its own day as made without the word that it needs
-- was a plan then: the word may have come before the change did, or no change; an agreement comes before it by nature. Of servers, a
-- unit that has none in service is not asked, unless a server's change of the last year stands in the book and the registry
-- never held a server: somebody answers for it.
WITH told AS (
    SELECT b.unit, b.subject,
           CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = b.subject) THEN NULL
                WHEN b.result = 'agreed'
                 AND EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.decided_by) THEN NULL ELSE b.result END AS result,
           b.agreed_with, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           CASE WHEN b.about IS NOT NULL THEN b.about
                WHEN d.role = 'server' THEN 'server'
                WHEN d.role = 'workstation' THEN 'workstation'
                WHEN d.role IN ('router', 'switch', 'access-point', 'firewall', 'ids') THEN 'connecting' END AS about,
           EXISTS (SELECT 1 FROM fact_role r
                   WHERE r.unit = b.unit AND r.role = 'network-authority'
                     AND (r.starts_on IS NULL OR r.starts_on <= b.occurred_on)
                     AND (r.ends_on IS NULL OR r.ends_on >= b.occurred_on)) AS by_authority
    FROM book_change_request b
    LEFT JOIN fact_device d ON d.device = b.device
)
SELECT e.unit AS unit,
       COALESCE(e.subject, '') AS subject,
       CASE WHEN e.result IS NULL OR e.about IS NULL THEN NULL
            WHEN e.result = 'refused' THEN 'met'
            WHEN e.result <> 'agreed' AND e.ahead = 1 THEN NULL
            WHEN e.result <> 'agreed' THEN 'breached'
            WHEN CAST(:agreed_with AS TEXT) = '' OR e.agreed_with = CAST(:agreed_with AS TEXT) THEN 'met'
            WHEN CAST(:agreed_with AS TEXT) = 'authority' AND e.agreed_with = 'it-officer' AND e.by_authority THEN 'met'
            WHEN e.agreed_with IS NULL OR CAST(:agreed_with AS TEXT) = 'it-officer' OR e.ahead = 1 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN e.result IS NULL THEN 'result-missing'
            WHEN e.about IS NULL THEN 'kind-missing'
            WHEN e.result = 'refused' THEN 'sound'
            WHEN e.result <> 'agreed' AND e.ahead = 1 THEN 'typed-ahead'
            WHEN e.result <> 'agreed' THEN 'unsound'
            WHEN CAST(:agreed_with AS TEXT) = '' OR e.agreed_with = CAST(:agreed_with AS TEXT) THEN 'sound'
            WHEN CAST(:agreed_with AS TEXT) = 'authority' AND e.agreed_with = 'it-officer' AND e.by_authority THEN 'sound'
            WHEN e.agreed_with IS NULL OR CAST(:agreed_with AS TEXT) = 'it-officer' THEN 'side-missing'
            WHEN e.ahead = 1 THEN 'typed-ahead'
            ELSE 'wrong-side' END AS reason,
       e.recorded_at AS observed_at,
       e.result AS result,
       e.occurred_on AS occurred_on
FROM told e
WHERE (e.about = CAST(:about AS TEXT)
       OR (e.about IS NULL AND e.result IS NOT NULL AND e.result <> 'refused'
           AND (e.result <> 'agreed' OR COALESCE(e.agreed_with, '') NOT IN ('authority', CAST(:agreed_with AS TEXT)))
           AND (CAST(:about AS TEXT) <> 'server'
                OR EXISTS (SELECT 1 FROM fact_device s
                           WHERE s.unit = e.unit AND s.status = 'active' AND s.role = 'server')
                OR EXISTS (SELECT 1 FROM book_change_request k WHERE k.unit = e.unit AND k.about = 'server'))))
  AND e.age_days <= CAST(:window_days AS BIGINT)
UNION ALL
SELECT v.unit AS unit,
       '' AS subject,
       CASE WHEN v.listed > 0 OR k.unit IS NULL THEN 'not_applicable' END AS status,
       CASE WHEN v.listed > 0 OR k.unit IS NULL THEN 'none-in-service' ELSE 'not-listed' END AS reason,
       CASE WHEN v.listed > 0 OR k.unit IS NULL THEN v.updated_at END AS observed_at,
       CAST(NULL AS TEXT) AS result,
       k.occurred_on AS occurred_on
FROM (
    SELECT s.unit, MAX(s.updated_at) AS updated_at, COUNT(CASE WHEN s.role = 'server' THEN 1 END) AS listed
    FROM fact_device s
    WHERE CAST(:about AS TEXT) = 'server'
    GROUP BY s.unit
    HAVING COUNT(CASE WHEN s.status = 'active' AND s.role = 'server' THEN 1 END) = 0
) v
LEFT JOIN (
    SELECT b.unit, MAX(b.occurred_on) AS occurred_on
    FROM book_change_request b
    WHERE b.about = 'server' AND b.age_days <= 365
    GROUP BY b.unit
) k ON k.unit = v.unit
