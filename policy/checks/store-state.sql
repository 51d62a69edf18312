-- Of each store, by the newest entry about it: is it as the rule asks (`sound`, `also_sound`), or
-- is it not (`fault`, `also_fault`)? What was not right stays so until an entry about that store
-- says otherwise, or that it is retired, and then nothing of any other; what was right is believed for the interval. A book
-- serves several rules: an entry whose result is neither says nothing about this one. `of` narrows it to the
-- stores of backups (`backups`): of an entry that does not tell what the store holds, nobody can say;
-- `any` takes all.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, e.result, e.holds, e.occurred_on, e.recorded_at, e.age_days,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM book_storage_media e
    WHERE e.result IS NULL
       OR e.result = 'retired'
       OR e.result IN (CAST(:sound AS TEXT), CAST(:also_sound AS TEXT),
                       CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
)
SELECT p.unit AS unit,
       p.subject AS subject,
       CASE WHEN p.result IS NULL THEN NULL
            WHEN p.holds IS NULL AND CAST(:of AS TEXT) <> 'any' THEN NULL
            WHEN p.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'breached'
            ELSE 'met' END AS status,
       CASE WHEN p.result IS NULL THEN 'result-missing'
            WHEN p.holds IS NULL AND CAST(:of AS TEXT) <> 'any' THEN 'kind-missing'
            WHEN p.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT)) THEN 'unsound'
            ELSE 'sound' END AS reason,
       p.recorded_at AS observed_at,
       p.result AS result,
       p.occurred_on AS occurred_on
FROM placed p
WHERE p.place = 1
  AND (p.result IS NULL OR p.result <> 'retired')
  AND (p.result IS NULL
       OR p.result IN (CAST(:fault AS TEXT), CAST(:also_fault AS TEXT))
       OR p.age_days <= CAST(:window_days AS BIGINT))
  AND (CAST(:of AS TEXT) = 'any' OR p.holds IS NULL OR p.holds = 'both' OR p.holds = CAST(:of AS TEXT))
