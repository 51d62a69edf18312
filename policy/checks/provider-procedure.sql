-- Has the unit a provider's procedure for incidents that stands? One without an end is believed only
-- so long. That the last one ran out shows no breach: whether that provider still serves is not known.
-- One whose title or number says that it is not there yet is none, nor is one that was last saved before its own day: it was expected then.
WITH words AS (
    SELECT e.entry, 'name' AS kind, LOWER(RTRIM(LTRIM(e.title, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said FROM book_incident_plan e
    UNION ALL
    SELECT e.entry, 'number', LOWER(RTRIM(LTRIM(e.number, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' FROM book_incident_plan e
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE (w.said LIKE 'chưa %' OR w.said LIKE 'chƯa %' OR w.said LIKE 'chua c_ %' OR w.said LIKE 'chua r_ %' OR w.said LIKE 'chua k_ %' OR w.said LIKE 'chua ban %' OR w.said LIKE 'chua ph_ %' OR w.said LIKE 'đang %' OR w.said LIKE 'Đang %'
       OR w.said LIKE 'chờ %' OR w.said LIKE 'chỜ %' OR w.said LIKE 'cho k_ %' OR w.said LIKE 'cho ph_ %' OR w.said LIKE 'cho duy_t %' OR w.said LIKE 'sẽ %' OR w.said LIKE 'sẼ %' OR w.said LIKE 'dự kiến %' OR w.said LIKE 'dỰ kiẾn %'
       OR w.said LIKE 'khuyết %' OR w.said LIKE 'khuyẾt %' OR w.said LIKE 'vị trí%khuyết %' OR w.said LIKE 'vỊ trÍ%khuyẾt %' OR w.said LIKE 'vị trí%trống %' OR w.said LIKE 'vỊ trÍ%trỐng %' OR w.said LIKE 'bỏ trống %' OR w.said LIKE 'bỎ trỐng %' OR w.said LIKE '_ể trống %' OR w.said LIKE '_Ể trỐng %')
       OR (w.said LIKE '%dự thảo%' OR w.said LIKE '%dỰ thẢo%' OR w.said LIKE 'bản thảo %' OR w.said LIKE 'bẢn thẢo %' OR w.said LIKE '%(bản thảo%' OR w.said LIKE '%- bản thảo%' OR w.said LIKE '%(draft%' OR w.said LIKE 'draft %' OR w.said LIKE '%(xin %' OR w.said LIKE '%- xin ý kiến%' OR w.said LIKE '%(góp ý%' OR w.said LIKE '%du thao%' OR w.said LIKE '%nháp%' OR w.said LIKE '%nhÁp%' OR w.said LIKE 'so_n th_o%' OR w.said LIKE 'l_y _ ki_n%' OR w.said LIKE 'xin _ ki_n%' OR w.said LIKE 'k_ ho_ch x_y d_ng%' OR w.said LIKE 't_ tr_nh %' OR w.said LIKE 'trình k_%' OR w.said LIKE 'trÌnh k_%' OR w.said LIKE 'trình ph_ %' OR w.said LIKE 'trÌnh ph_ %' OR w.said LIKE '_ã trình %' OR w.said LIKE '_Ã trÌnh %'
          OR w.said LIKE '%(chưa %' OR w.said LIKE '%(chƯa %' OR w.said LIKE '%chưa ban hành%' OR w.said LIKE '%chƯa ban hÀnh%' OR w.said LIKE '%chưa ký%' OR w.said LIKE '%chƯa kÝ%' OR w.said LIKE '%chưa phê duyệt%' OR w.said LIKE '%chƯa phÊ duyỆt%' OR w.said LIKE '%chưa được %duyệt%' OR w.said LIKE '%chưa được ban%' OR w.said LIKE '%chưa được ký%'
          OR w.said LIKE '%(chờ %' OR w.said LIKE '%(chỜ %' OR w.said LIKE '%chờ ký%' OR w.said LIKE '%chờ ban hành%' OR w.said LIKE '%chờ phê duyệt%' OR w.said LIKE '%chờ duyệt%' OR w.said LIKE '%(_ang %' OR w.said LIKE '%đang trình%' OR w.said LIKE '%đang soạn%' OR w.said LIKE '%đang xây dựng%' OR w.said LIKE '%đang hoàn thiện%' OR w.said LIKE '%đang chờ%' OR w.said LIKE '%đang lấy %' OR w.said LIKE '%đang dự %' OR w.said LIKE '%(lấy ý kiến%' OR w.said LIKE '%(trình %' OR w.said LIKE '%, trình ký%' OR w.said LIKE '%- trình ký%')
       OR (w.kind = 'number' AND (w.said LIKE 'trình %' OR w.said LIKE 'trÌnh %' OR w.said LIKE '%/ttr %' OR w.said LIKE '%/ttr-%'))
       OR (w.kind = 'name' AND (w.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
          OR ((w.said LIKE 'không %' OR w.said LIKE 'khÔng %') AND w.said NOT LIKE 'kh_ng gian %') OR w.said LIKE 'khong c_ %' OR w.said LIKE 'khong r_ %' OR w.said LIKE 'ko c_ %'))
),
counted AS (
    SELECT e.unit,
           COUNT(CASE WHEN e.expires_on >= CAST(:today AS TEXT)
                        OR (e.expires_on IS NULL AND e.age_days <= CAST(:max_age_days AS BIGINT)) THEN 1 END) AS standing,
           MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on
    FROM book_incident_plan e
    WHERE e.subject = 'provider' AND NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND e.entry NOT IN (SELECT u.entry FROM unsaid u)
    GROUP BY e.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force' ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on
FROM counted c
