-- Asked of a provider: is there a contract in force with each unit that uses one of its
-- circuits? The latest entry about a unit says how its contract stands; of a unit about
-- which the book says nothing, nothing is known.
WITH served AS (
    SELECT c.provider, c.unit, COUNT(*) AS circuits, MAX(c.updated_at) AS updated_at
    FROM fact_circuit c
    WHERE c.status = 'active' AND c.provider IS NOT NULL
    GROUP BY c.provider, c.unit
),
contracts AS (
    SELECT b.unit AS provider, b.counterparty AS unit, MAX(b.recorded_at) AS recorded_at,
           MAX(b.occurred_on) AS last_on, COUNT(*) AS entries,
           COUNT(CASE WHEN b.result = 'signed'
                       AND (b.expires_on IS NULL OR b.expires_on >= CAST(:today AS TEXT))
                       AND NOT EXISTS (
                           SELECT 1 FROM book_contract t
                           WHERE t.unit = b.unit AND t.counterparty = b.counterparty AND t.result = 'terminated'
                             AND (t.number = b.number OR t.occurred_on > b.occurred_on)
                             AND t.occurred_on <= CAST(:today AS TEXT)
                       ) THEN 1 END) AS standing,
           COUNT(CASE WHEN b.result <> 'negotiating' THEN 1 END) AS concluded
    FROM book_contract b
    WHERE b.counterparty IS NOT NULL AND b.occurred_on <= CAST(:today AS TEXT)
    GROUP BY b.unit, b.counterparty
)
SELECT s.provider AS unit,
       o.name AS subject,
       CASE WHEN k.standing > 0 THEN 'met'
            WHEN k.concluded > 0 THEN 'breached' END AS status,
       CASE WHEN k.standing > 0 THEN 'in-force'
            WHEN k.concluded > 0 THEN 'ended'
            WHEN k.entries > 0 THEN 'negotiating'
            ELSE 'none-entered' END AS reason,
       COALESCE(k.recorded_at, s.updated_at) AS observed_at,
       o.code AS code,
       s.circuits AS circuits,
       k.last_on AS last_on
FROM served s
JOIN fact_organization o ON o.unit = s.unit
LEFT JOIN contracts k ON k.provider = s.provider AND k.unit = s.unit
