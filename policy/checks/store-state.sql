-- Of each store, by the newest entry about it: is it as the rule asks (`sound`, `also_sound`), or
-- is it not (`fault`, `also_fault`)? What was not right stays so until an entry about that store
-- says otherwise, or that it is retired, and then nothing of any other; what was right is believed for the interval. A book
-- serves several rules: an entry whose result is neither says nothing about this one, and of a store with no other
-- nobody can say. `of` narrows it to the
-- stores of backups (`backups`): of an entry that does not tell what the store holds, nobody can say;
-- `any` takes all. The rule asks for one store of backups that is right: what lies in another beside it may be a
-- further copy, and nobody can say, where the right one was entered no earlier than the other.
-- An entry about "nothing", "nobody" or "not known" tells of nothing. What was last saved before its own day was a plan then:
-- how the store stands, or whether it was retired, nobody can say.
WITH void AS (
    SELECT b.entry
    FROM book_storage_media b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.holds, e.occurred_on, e.recorded_at, e.age_days,
           CASE WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 1 ELSE 0 END AS is_sound,
           CASE WHEN (e.result = 'retired'
                      OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT), CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)))
                     AND COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 'ahead'
                WHEN e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT)) THEN 'sound'
                WHEN e.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'fault'
                WHEN e.result = 'retired' THEN 'retired'
                WHEN e.result IS NULL THEN 'missing'
                ELSE 'other' END AS told,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY CASE WHEN e.result IS NULL
                                              OR e.result = 'retired'
                                              OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT),
                                                              CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 0 ELSE 1 END,
                                       e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM book_storage_media e
    WHERE e.entry NOT IN (SELECT n.entry FROM void n)
),
stores AS (
    SELECT p.unit, p.subject, p.result, p.told, p.is_sound, p.holds, p.occurred_on, p.recorded_at
    FROM placed p
    WHERE p.place = 1
      AND p.told <> 'retired'
      AND (p.is_sound = 0 OR p.age_days <= CAST(:window_days AS BIGINT))
      AND (CAST(:of AS TEXT) = 'any' OR p.holds IS NULL OR p.holds = 'both' OR p.holds = CAST(:of AS TEXT))
),
beside AS (
    SELECT s.unit, MAX(s.occurred_on) AS sound_on FROM stores s
    WHERE CAST(:of AS TEXT) <> 'any' AND s.is_sound = 1 AND s.holds IS NOT NULL
    GROUP BY s.unit
)
SELECT s.unit AS unit,
       s.subject AS subject,
       CASE WHEN s.told IN ('missing', 'other', 'ahead') THEN NULL
            WHEN s.holds IS NULL AND CAST(:of AS TEXT) <> 'any' THEN NULL
            WHEN s.told = 'fault' AND b.unit IS NOT NULL THEN NULL
            WHEN s.told = 'fault' THEN 'breached'
            ELSE 'met' END AS status,
       CASE WHEN s.told = 'missing' THEN 'result-missing'
            WHEN s.told = 'other' THEN 'unsaid'
            WHEN s.told = 'ahead' THEN 'typed-ahead'
            WHEN s.holds IS NULL AND CAST(:of AS TEXT) <> 'any' THEN 'kind-missing'
            WHEN s.told = 'fault' AND b.unit IS NOT NULL THEN 'beside'
            WHEN s.told = 'fault' THEN 'unsound'
            ELSE 'sound' END AS reason,
       s.recorded_at AS observed_at,
       s.result AS result,
       s.occurred_on AS occurred_on
FROM stores s
LEFT JOIN beside b ON b.unit = s.unit AND b.sound_on >= s.occurred_on
