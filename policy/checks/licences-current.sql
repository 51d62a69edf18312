-- The licence of each software in the unit's book: has it expired? A renewal is a new
-- entry, so the newest counts, however it writes the name; without an end it does not expire. A licence
-- of servers renews none of workstations, nor the other way; one that does not tell where the
-- software is used gives way to any newer one. Of two of the same moment the one that ends first
-- counts, whatever the order of rows.
-- Where the newest expired and an older entry of that software has not, it may have been typed late: nobody can say; nor
-- where software whose name holds the old one, or the other way, was entered since and runs: it may be the same.
-- Nor where the newest, of fewer seats, was entered while an older one of more seats still ran, and that has expired since: the
-- newest may have been bought beside it. Where seats are not told the newest is taken for the renewal.
-- Software that was entered as retired is not asked about, and says nothing of any other; of one whose
-- renewal is under way nobody can say. `of` narrows it to what servers use (`server`): of an entry that does
-- not tell where the software is used, nobody can say; `any` takes all.
-- What was last saved before its own day was a plan then: it counts for nothing, and of software that expired and would run by it, or of
-- which the book holds nothing else, nobody can say.
-- An entry about "nothing", "nobody" or "not known" tells of nothing.
WITH void AS (
    SELECT b.entry
    FROM book_licence b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
named AS (
    SELECT b.unit, b.subject, LOWER(TRIM(COALESCE(b.subject, ''))) AS software,
           b.occurred_on, b.recorded_at, b.expires_on, b.result, b.used_on, b.seats,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           ROW_NUMBER() OVER (PARTITION BY b.unit, LOWER(TRIM(COALESCE(b.subject, '')))
                              ORDER BY CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END,
                                       b.occurred_on DESC, b.recorded_at DESC,
                                       COALESCE(b.expires_on, '9999-12-31'), b.entry) AS place
    FROM book_licence b
    WHERE b.occurred_on <= CAST(:today AS TEXT) AND b.entry NOT IN (SELECT n.entry FROM void n)
      AND (CAST(:of AS TEXT) = 'any' OR b.used_on IS NULL OR b.used_on IN ('both', CAST(:of AS TEXT)))
),
places AS (
    SELECT 'server' AS used_on
    UNION ALL
    SELECT 'workstation' AS used_on
),
licences AS (
    SELECT n.unit, n.subject, n.software, n.occurred_on, n.recorded_at, n.expires_on, n.result, n.used_on, n.ahead,
           CASE WHEN n.ahead = 1 OR EXISTS (SELECT 1 FROM named o
                                            WHERE o.unit = n.unit AND o.software = n.software AND o.ahead = 1
                                              AND (o.result IS NULL OR o.result <> 'retired')
                                              AND (o.used_on IS NULL OR o.used_on IN ('both', p.used_on))
                                              AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))) THEN 1 ELSE 0 END AS planned,
           (SELECT MAX(CASE WHEN o.software = n.software THEN 2 ELSE 1 END) FROM named o
            WHERE o.unit = n.unit AND o.ahead = 0 AND (o.result IS NULL OR o.result <> 'retired')
              AND (o.used_on IS NULL OR o.used_on IN ('both', p.used_on))
              AND (o.software = n.software AND o.occurred_on < n.occurred_on AND o.expires_on >= CAST(:today AS TEXT)
                   OR o.software <> n.software AND n.software <> '' AND o.software <> '' AND o.occurred_on > n.occurred_on
                      AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS TEXT))
                      AND (o.software LIKE '%' || n.software || '%' OR n.software LIKE '%' || o.software || '%'))) AS beside,
           CASE WHEN EXISTS (SELECT 1 FROM named o
                             WHERE o.unit = n.unit AND o.software = n.software AND o.seats > n.seats AND o.ahead = 0
                               AND (o.result IS NULL OR o.result <> 'retired')
                               AND (o.used_on IS NULL OR o.used_on IN ('both', p.used_on))
                               AND o.place > n.place AND o.expires_on >= n.occurred_on
                               AND o.expires_on < CAST(:today AS TEXT)) THEN 1 ELSE 0 END AS fewer,
           ROW_NUMBER() OVER (PARTITION BY n.unit, n.software, p.used_on ORDER BY n.place) AS place
    FROM named n
    JOIN places p ON n.used_on IN ('both', p.used_on) OR (n.used_on IS NULL AND n.place = 1)
    WHERE CAST(:of AS TEXT) IN ('any', p.used_on)
)
SELECT DISTINCT l.unit AS unit,
       l.subject AS subject,
       CASE WHEN CAST(:of AS TEXT) <> 'any' AND l.used_on IS NULL THEN NULL
            WHEN l.ahead = 1 THEN NULL
            WHEN l.fewer = 1 AND (l.expires_on IS NULL OR l.expires_on >= CAST(:today AS TEXT)) THEN NULL
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'met'
            WHEN l.result = 'renewing' THEN NULL
            WHEN l.expires_on IS NULL THEN 'met'
            WHEN l.beside IS NOT NULL OR l.planned = 1 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN CAST(:of AS TEXT) <> 'any' AND l.used_on IS NULL THEN 'kind-missing'
            WHEN l.ahead = 1 THEN 'typed-ahead'
            WHEN l.fewer = 1 AND (l.expires_on IS NULL OR l.expires_on >= CAST(:today AS TEXT)) THEN 'fewer-seats'
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'current'
            WHEN l.result = 'renewing' THEN 'renewing'
            WHEN l.expires_on IS NULL THEN 'endless'
            WHEN l.beside = 2 THEN 'older-stands'
            WHEN l.beside = 1 THEN 'renamed'
            WHEN l.planned = 1 THEN 'typed-ahead'
            ELSE 'expired' END AS reason,
       l.recorded_at AS observed_at,
       l.expires_on AS expires_on
FROM licences l
WHERE l.place = 1 AND (l.result IS NULL OR l.result <> 'retired' OR l.ahead = 1)
