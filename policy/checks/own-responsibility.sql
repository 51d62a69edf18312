-- What the unit manages itself (`subject`), by the newest entry about it: is it managed, by
-- somebody who is named (words that say that there is nobody name none), and is the entry still
-- believed? One without an end is believed only so long; that the day on which the unit itself meant
-- to review it has passed, or that it was last saved before its own day, does not show that nobody manages it. Of what was given up the rule asks
-- nothing where it says "if any" (`given_up` is not_applicable); elsewhere no fact shows what became
-- of it, and a person answers.
WITH written AS (
    SELECT b.unit, b.result, TRIM(COALESCE(b.responsible, '')) AS responsible, b.expires_on, b.age_days,
           b.occurred_on, b.recorded_at, LOWER(RTRIM(LTRIM(COALESCE(b.responsible, ''), ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said,
           ROW_NUMBER() OVER (PARTITION BY b.unit ORDER BY b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_unit_responsibility b
    WHERE b.subject = CAST(:subject AS TEXT)
      AND NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
placed AS (
    SELECT w.unit, w.result, w.responsible, w.expires_on, w.age_days, w.occurred_on, w.recorded_at, w.place,
           CASE WHEN w.said = UPPER(w.said) OR (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
              OR ((w.said LIKE 'không %' OR w.said LIKE 'khÔng %') AND w.said NOT LIKE 'kh_ng gian %') OR w.said LIKE 'khong c_ %' OR w.said LIKE 'khong r_ %' OR w.said LIKE 'ko c_ %'
              OR w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %' OR w.said LIKE 'chua c_ %' OR w.said LIKE 'chua r_ %' OR w.said LIKE 'chua k_ %' OR w.said LIKE 'chua ban %' OR w.said LIKE 'chua ph_ %' OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %'
              OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'cho k_ %' OR w.said LIKE 'cho ph_ %' OR w.said LIKE 'cho duy_t %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến %' OR w.said LIKE 'dỰ kiẾn %'
              OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'vị trí%khuyết %' OR w.said LIKE 'vỊ trÍ%khuyẾt %' OR w.said LIKE 'vị trí%trống %' OR w.said LIKE 'vỊ trÍ%trỐng %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %' OR w.said LIKE '_ể trống %' OR w.said LIKE '_Ể trỐng %') THEN 0 ELSE 1 END AS named
    FROM written w
),
told AS (
    SELECT p.unit, p.responsible, p.expires_on, p.occurred_on, p.recorded_at,
           CASE WHEN p.result = 'given-up' THEN 'given-up'
                WHEN p.result IS NULL THEN 'result-missing'
                WHEN p.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN p.named = 0 THEN 'nobody-named'
                WHEN p.expires_on IS NULL AND p.age_days > CAST(:max_age_days AS BIGINT) THEN 'not-confirmed'
                ELSE 'managed' END AS told
    FROM placed p
    WHERE p.place = 1
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.told = 'managed' THEN 'met'
            WHEN t.told = 'given-up' AND CAST(:given_up AS TEXT) = 'not_applicable' THEN 'not_applicable' END AS status,
       CASE WHEN t.told = 'managed' THEN 'managed'
            WHEN t.told = 'expired' THEN 'expired'
            WHEN t.told = 'given-up' THEN 'given-up'
            WHEN t.told = 'nobody-named' THEN 'nobody-named'
            WHEN t.told = 'not-confirmed' THEN 'not-confirmed'
            ELSE 'result-missing' END AS reason,
       CASE WHEN t.told <> 'given-up' OR CAST(:given_up AS TEXT) = 'not_applicable' THEN t.recorded_at END AS observed_at,
       t.responsible AS responsible,
       t.occurred_on AS last_on,
       t.expires_on AS expires_on
FROM told t
