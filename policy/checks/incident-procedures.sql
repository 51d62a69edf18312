-- Has the unit response procedures that have not expired: of ordinary and of serious incidents, or
-- (`kinds` is `any`) of any kind? One without an end is believed only so long. A kind of which there
-- was never one is without data, and so is one for which only a procedure of no kind stands. One whose title or number says that it is not
-- issued yet is none. Where the newest of a kind and title ran out and an older one has not, nobody can say whether it was replaced;
-- nor, where all ran out, whether a response plan, a plan of intake or a document of the book of procedures that was entered later and
-- stands (or a procedure that was last saved before its own day, a plan then) replaced it; nor which of two of one title and day holds, where one has run out.
WITH kinds AS (
    SELECT 'procedure-ordinary' AS kind
    UNION ALL
    SELECT 'procedure-serious' AS kind
),
issued AS (
    SELECT e.unit, e.entry, e.subject, e.title, e.occurred_on, e.recorded_at, e.expires_on, e.age_days,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_incident_plan e
    WHERE NOT (LOWER(TRIM(COALESCE(e.title, ''))) IN ('-', '--', '---', '.', '..', '...', '…', '?', '??', '???', '*', '/', 'n/a', 'na', 'none', 'null', 'tbd', 'unknown', 'ko', 'khong', 'chua', 'trống', 'trỐng')
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'không%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khÔng%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khong co%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khong ro%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'ko %'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chưa%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chƯa%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chua co%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chua ro%'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'chỜ %'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'sẼ %' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%dự thảo%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%dỰ thẢo%'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khuyết%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'khuyẾt%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'vị trí khuyết%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'vỊ trÍ khuyẾt%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'bỏ trống%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'bỎ trỐng%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'dự kiến%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE 'dỰ kiẾn%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%nháp%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%nhÁp%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '(%'
               OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%chưa ban hành%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%chƯa ban hÀnh%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%chưa ký%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%chƯa kÝ%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%chưa phê duyệt%' OR LOWER(TRIM(COALESCE(e.title, ''))) LIKE '%chƯa phÊ duyỆt%')
      AND NOT (LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chưa %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chƯa %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'Đang %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chờ %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'chỜ %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'sẽ %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'sẼ %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'đã trình %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'Đã trình %'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%dự thảo%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%dỰ thẢo%'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'trình %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'trÌnh %' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'dự kiến%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE 'dỰ kiẾn%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%nháp%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%nhÁp%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '(%'
               OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%chưa ban hành%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%chƯa ban hÀnh%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%chưa ký%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%chƯa kÝ%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%chưa phê duyệt%' OR LOWER(TRIM(COALESCE(e.number, ''))) LIKE '%chƯa phÊ duyỆt%')
),
others AS (
    SELECT s.unit, MAX(s.occurred_on) AS last_on
    FROM (
        SELECT e.unit, e.occurred_on, e.expires_on FROM issued e WHERE e.subject IN ('plan', 'intake') OR e.ahead = 1
        UNION ALL
        SELECT p.unit, p.occurred_on, p.expires_on FROM book_procedure p WHERE p.subject = 'other'
    ) s
    WHERE s.expires_on IS NULL OR s.expires_on >= CAST(:today AS TEXT)
    GROUP BY s.unit
),
placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on, k.kind,
           CASE WHEN CAST(:kinds AS TEXT) = 'any' OR e.subject IN (k.kind, 'procedure-both') THEN 'own'
                WHEN e.subject = 'procedure' THEN 'unsaid'
                ELSE 'other' END AS fits,
           CASE WHEN e.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN e.expires_on IS NULL AND EXISTS (
                    SELECT 1 FROM issued d
                    WHERE d.unit = e.unit AND d.subject = e.subject AND d.occurred_on = e.occurred_on
                      AND LOWER(TRIM(COALESCE(d.title, ''))) = LOWER(TRIM(COALESCE(e.title, ''))) AND d.expires_on < CAST(:today AS TEXT)
                ) THEN 'twice'
                WHEN e.expires_on IS NOT NULL OR e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state,
           ROW_NUMBER() OVER (PARTITION BY e.unit, k.kind, e.subject, LOWER(TRIM(COALESCE(e.title, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM issued e CROSS JOIN kinds k
    WHERE e.subject IN ('procedure', 'procedure-ordinary', 'procedure-serious', 'procedure-both') AND e.ahead = 0
),
counted AS (
    SELECT p.unit, p.kind,
           COUNT(CASE WHEN p.fits = 'own' AND p.state = 'in-force' AND p.place = 1 THEN 1 END) AS standing,
           COUNT(CASE WHEN p.fits = 'own' AND (p.state = 'twice' OR (p.state = 'in-force' AND p.place > 1)) THEN 1 END) AS older,
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
