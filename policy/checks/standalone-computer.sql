-- Has the unit a computer of its own for secret documents, without any network address, and
-- somebody who has it in custody? The computer stands in the registry, or in the book alone; its
-- custodian with the device, or in the book. That neither names one, or that the field says in words that
-- there is nobody, does not show that there is none: such a row was observed by nobody, and a person
-- answers for it. An address, and the end of the last custody, were entered. Who has a computer with an address in custody has none of these; a
-- custody without an end is believed only so long.
WITH registered AS (
    SELECT d.unit, COUNT(*) AS computers, COUNT(d.address) AS addressed,
           COUNT(CASE WHEN d.address IS NULL
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT IN ('', '-', '.', '?', '??', 'n/a', 'na', 'không', 'chưa', 'khÔng', 'chƯa')
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT LIKE 'không %'
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT LIKE 'khÔng %'
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT LIKE 'chưa %'
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT LIKE 'chƯa %'
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT LIKE 'đang %'
                       AND LOWER(TRIM(COALESCE(d.custodian, ''))) NOT LIKE 'Đang %' THEN 1 END) AS kept_by,
           MAX(d.updated_at) AS updated_at
    FROM fact_device d
    WHERE d.status = 'active' AND d.role = 'standalone-computer'
    GROUP BY d.unit
),
booked AS (
    SELECT e.unit, COUNT(*) AS entries,
           COUNT(CASE WHEN e.expires_on >= CAST(:today AS TEXT)
                        OR (e.expires_on IS NULL AND e.age_days <= CAST(:max_age_days AS BIGINT)) THEN 1 END) AS held,
           COUNT(CASE WHEN e.expires_on IS NULL AND e.age_days > CAST(:max_age_days AS BIGINT) THEN 1 END) AS doubtful,
           MAX(e.recorded_at) AS updated_at
    FROM fact_entry e
    WHERE e.register = 'standalone-computer'
    GROUP BY e.unit
),
units AS (
    SELECT r.unit FROM registered r
    UNION
    SELECT b.unit FROM booked b
),
known AS (
    SELECT u.unit, COALESCE(r.computers, b.held) AS computers, COALESCE(r.addressed, 0) AS addressed,
           COALESCE(r.kept_by, 0) + COALESCE(b.held, 0) AS custodians, COALESCE(b.entries, 0) AS entries,
           COALESCE(b.doubtful, 0) AS doubtful,
           COALESCE(r.updated_at, b.updated_at) AS updated_at
    FROM units u
    LEFT JOIN registered r ON r.unit = u.unit
    LEFT JOIN booked b ON b.unit = u.unit
),
told AS (
    SELECT k.unit, k.computers, k.custodians, k.entries, k.updated_at,
           CASE WHEN k.computers < CAST(:at_least AS BIGINT) AND k.doubtful > 0 THEN 'not-confirmed'
                WHEN k.computers < CAST(:at_least AS BIGINT) THEN 'none'
                WHEN k.computers - k.addressed < CAST(:at_least AS BIGINT) THEN 'has-address'
                WHEN k.custodians >= CAST(:least_custodians AS BIGINT) THEN 'kept'
                WHEN k.doubtful > 0 THEN 'not-confirmed'
                WHEN k.entries > 0 THEN 'no-custodian'
                ELSE 'custodian-missing' END AS told
    FROM known k
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.told = 'kept' THEN 'met'
            WHEN t.told IN ('has-address', 'no-custodian') THEN 'breached' END AS status,
       CASE WHEN t.told = 'none' THEN 'none'
            WHEN t.told = 'has-address' THEN 'has-address'
            WHEN t.told = 'kept' THEN 'kept'
            WHEN t.told = 'no-custodian' THEN 'no-custodian'
            WHEN t.told = 'not-confirmed' THEN 'not-confirmed'
            ELSE 'custodian-missing' END AS reason,
       CASE WHEN t.told IN ('kept', 'has-address', 'no-custodian', 'not-confirmed') THEN t.updated_at END AS observed_at,
       t.computers AS computers,
       t.custodians AS custodians
FROM told t
