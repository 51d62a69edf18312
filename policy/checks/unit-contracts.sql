-- Asked of a provider: is each of its circuits in use by Party and State bodies of district and commune let by a
-- contract in force? The contract is the one that the circuit names, with its unit as the other
-- party: one on another service says nothing here. The newest entry of that number says how it
-- stands; of a circuit that names none, or one of which the book says nothing, nothing is known, nor
-- where that contract ended and one with the unit that was signed later than it is in force: it may be the new number, or
-- one is being negotiated; nor where one was signed later that does not name its other party. The next is often signed before the old one is entered as ended. What was
-- last saved before its own day was a plan then: where the book has nothing else of the contract, or it ended, nobody can say. One
-- without an end is believed only so long.
WITH entries AS (
    SELECT b.unit AS provider, b.counterparty AS unit, LOWER(TRIM(b.number)) AS number,
           b.result, b.expires_on, b.occurred_on, b.recorded_at, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           ROW_NUMBER() OVER (PARTITION BY b.unit, b.counterparty, LOWER(TRIM(b.number))
                              ORDER BY CASE WHEN b.result = 'negotiating' THEN 1 ELSE 0 END,
                                       CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END,
                                       b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_contract b
    WHERE b.counterparty IS NOT NULL
),
signings AS (
    SELECT b.unit AS provider, b.counterparty AS unit, LOWER(TRIM(b.number)) AS number, MAX(b.occurred_on) AS signed_on
    FROM book_contract b
    WHERE b.counterparty IS NOT NULL AND b.result = 'signed'
    GROUP BY b.unit, b.counterparty, LOWER(TRIM(b.number))
),
leased AS (
    SELECT c.provider, c.unit, c.code, c.contract, c.updated_at, o.code AS of_unit, o.level,
           k.number, k.occurred_on, k.recorded_at,
           CASE WHEN o.level IN ('district', 'commune')
                     AND COALESCE(o.kind, '') NOT IN ('front', 'telecom-provider', 'affiliated', 'other') THEN
                CASE WHEN TRIM(COALESCE(c.contract, '')) = '' THEN 'number-missing'
                     WHEN k.number IS NULL THEN 'none-entered'
                     WHEN k.result = 'negotiating' THEN 'negotiating'
                     WHEN k.ahead = 1 THEN 'typed-ahead'
                     WHEN k.result = 'signed' AND k.expires_on IS NULL
                          AND k.age_days > CAST(:max_age_days AS BIGINT) THEN 'not-confirmed'
                     WHEN k.result = 'signed' AND (k.expires_on IS NULL OR k.expires_on >= CAST(:today AS TEXT)) THEN 'in-force'
                     WHEN EXISTS (SELECT 1 FROM entries n
                                  WHERE n.provider = c.provider AND n.unit = c.unit AND n.place = 1 AND n.result = 'signed'
                                    AND (n.expires_on IS NULL OR n.expires_on >= CAST(:today AS TEXT))
                                    AND n.number <> k.number AND n.occurred_on >= COALESCE(g.signed_on, '')) THEN 'other-contract'
                     WHEN EXISTS (SELECT 1 FROM book_contract n
                                  WHERE n.unit = c.provider AND n.counterparty = c.unit AND n.result = 'negotiating'
                                    AND n.occurred_on >= COALESCE(g.signed_on, '')) THEN 'negotiating'
                     WHEN EXISTS (SELECT 1 FROM book_contract n
                                  WHERE n.unit = c.provider AND n.counterparty IS NULL AND n.result = 'signed'
                                    AND (n.expires_on IS NULL OR n.expires_on >= CAST(:today AS TEXT))
                                    AND n.occurred_on >= COALESCE(g.signed_on, '')) THEN 'side-missing'
                     WHEN EXISTS (SELECT 1 FROM entries n
                                  WHERE n.provider = c.provider AND n.unit = c.unit AND n.number = k.number
                                    AND n.ahead = 1 AND n.result = 'signed' AND n.occurred_on >= k.occurred_on) THEN 'typed-ahead'
                     ELSE 'ended' END
                ELSE 'other-level' END AS standing
    FROM fact_circuit c
    JOIN fact_organization o ON o.unit = c.unit
    LEFT JOIN entries k ON k.provider = c.provider AND k.unit = c.unit AND k.place = 1
         AND k.number = LOWER(TRIM(c.contract))
    LEFT JOIN signings g ON g.provider = k.provider AND g.unit = k.unit AND g.number = k.number
    WHERE c.status = 'active' AND c.provider IS NOT NULL
)
SELECT l.provider AS unit,
       l.code AS subject,
       CASE WHEN l.standing = 'in-force' THEN 'met'
            WHEN l.standing = 'ended' THEN 'breached'
            WHEN l.standing = 'other-level' THEN 'not_applicable' END AS status,
       CASE WHEN l.standing = 'in-force' THEN 'in-force'
            WHEN l.standing = 'ended' THEN 'ended'
            WHEN l.standing = 'other-level' THEN 'other-level'
            WHEN l.standing = 'other-contract' THEN 'other-contract'
            WHEN l.standing = 'typed-ahead' THEN 'typed-ahead'
            WHEN l.standing = 'side-missing' THEN 'side-missing'
            WHEN l.standing = 'not-confirmed' THEN 'not-confirmed'
            WHEN l.standing = 'negotiating' THEN 'negotiating'
            WHEN l.standing = 'number-missing' THEN 'number-missing'
            ELSE 'none-entered' END AS reason,
       COALESCE(l.recorded_at, l.updated_at) AS observed_at,
       l.of_unit AS code,
       l.contract AS contract,
       l.occurred_on AS last_on
FROM leased l
