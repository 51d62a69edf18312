-- What the unit manages itself (`subject`), by the newest entry about it: is it managed, by
-- somebody who is named (words that say that there is nobody name none), and is the entry still
-- believed? One without an end is believed only so long; that the day on which the unit itself meant
-- to review it has passed, or that it was last saved before its own day, does not show that nobody manages it. Of what was given up the rule asks
-- nothing where it says "if any" (`given_up` is not_applicable); elsewhere no fact shows what became
-- of it, and a person answers.
WITH written AS (
    SELECT b.unit, b.result, TRIM(COALESCE(b.responsible, '')) AS responsible, b.expires_on, b.age_days,
           b.occurred_on, b.recorded_at, COALESCE(b.responsible, '') AS said,
           ROW_NUMBER() OVER (PARTITION BY b.unit ORDER BY b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_unit_responsibility b
    WHERE b.subject = CAST(:subject AS TEXT)
      AND NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
placed AS (
    SELECT w.unit, w.result, w.responsible, w.expires_on, w.age_days, w.occurred_on, w.recorded_at, w.place,
           CASE WHEN LOWER(w.said) = UPPER(w.said) OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'keeper' AND u.said = w.said) THEN 0 ELSE 1 END AS named
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
