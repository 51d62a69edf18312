-- Has the unit response procedures that have not expired: of ordinary and of serious incidents, or
-- (`kinds` is `any`) of any kind? One without an end is believed only so long. A kind of which there
-- was never one is without data, and so is one for which only a procedure of no kind stands. One whose title or number says that it is not
-- issued yet, or that was last saved before its own day, is none. Where the newest of a kind and title ran out and an older one has not, nobody can say whether it was replaced;
-- nor, where all ran out, whether a response plan or plan of intake that was entered later and stands replaced it.
WITH kinds AS (
    SELECT 'procedure-ordinary' AS kind
    UNION ALL
    SELECT 'procedure-serious' AS kind
),
issued AS (
    SELECT e.unit, e.entry, e.subject, e.title, e.occurred_on, e.recorded_at, e.expires_on, e.age_days
    FROM book_incident_plan e
    WHERE NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND NOT (LOWER(TRIM(COALESCE(e.title, ''))) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng')
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'không%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khÔng%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khong co%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khong ro%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'ko %'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chưa%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chƯa%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chua co%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chua ro%'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chỜ %'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'sẼ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%dự thảo%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%dỰ thẢo%')
      AND NOT (LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chưa %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chƯa %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chỜ %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'sẼ %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'đã trình %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'Đã trình %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%dự thảo%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%dỰ thẢo%')
),
others AS (
    SELECT e.unit, MAX(e.occurred_on) AS last_on
    FROM issued e
    WHERE e.subject IN ('plan', 'intake') AND (e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT))
    GROUP BY e.unit
),
placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on, k.kind,
           CASE WHEN CAST(:kinds AS TEXT) = 'any' OR e.subject IN (k.kind, 'procedure-both') THEN 'own'
                WHEN e.subject = 'procedure' THEN 'unsaid'
                ELSE 'other' END AS fits,
           CASE WHEN e.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN e.expires_on IS NOT NULL OR e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state,
           ROW_NUMBER() OVER (PARTITION BY e.unit, k.kind, e.subject, LOWER(TRIM(COALESCE(e.title, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM issued e CROSS JOIN kinds k
    WHERE e.subject IN ('procedure', 'procedure-ordinary', 'procedure-serious', 'procedure-both')
),
counted AS (
    SELECT p.unit, p.kind,
           COUNT(CASE WHEN p.fits = 'own' AND p.state = 'in-force' AND p.place = 1 THEN 1 END) AS standing,
           COUNT(CASE WHEN p.fits = 'own' AND p.state = 'in-force' AND p.place > 1 THEN 1 END) AS older,
           COUNT(CASE WHEN p.fits = 'own' AND p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.fits = 'unsaid' AND p.state <> 'expired' THEN 1 END) AS unsaid,
           COUNT(CASE WHEN p.fits = 'own' THEN 1 END) AS entries,
           MAX(CASE WHEN p.fits = 'own' THEN p.occurred_on END) AS own_on,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on
    FROM placed p
    GROUP BY p.unit, p.kind
)
SELECT c.unit AS unit,
       CASE WHEN CAST(:kinds AS TEXT) = 'any' THEN ''
            WHEN c.kind = 'procedure-serious' THEN 'Sự cố nghiêm trọng'
            ELSE 'Sự cố thông thường' END AS subject,
       CASE WHEN c.standing > 0 THEN 'met'
            WHEN c.older > 0 OR c.doubtful > 0 OR c.unsaid > 0 OR c.entries = 0 OR o.last_on > c.own_on THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force'
            WHEN c.older > 0 THEN 'older-stands'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN c.unsaid > 0 OR c.entries = 0 THEN 'kind-missing'
            WHEN o.last_on > c.own_on THEN 'unclear'
            ELSE 'expired' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on
FROM counted c
LEFT JOIN others o ON o.unit = c.unit
