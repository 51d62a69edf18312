-- Has every device in service somebody who keeps it? That nobody is entered does not show that
-- whoever has it does not look after it: then nothing is known, nor where the field says in words that
-- there is nobody, not yet, that all use it, that it lies in store or that whoever had it left, or holds no letter at all.
WITH told AS (
    SELECT d.unit, d.name, d.role, d.custodian, d.updated_at, LOWER(RTRIM(LTRIM(COALESCE(d.custodian, ''), ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said
    FROM fact_device d
    WHERE d.status = 'active'
),
devices AS (
    SELECT t.unit, t.name, t.role, t.custodian, t.updated_at,
           CASE WHEN t.said = UPPER(t.said) OR (t.said IN (' ', 'n/a ', 'na ', 'none ', 'null ', 'tbd ', 'unknown ', 'ko ', 'khong ', 'chua ', 'không ', 'khÔng ', 'chưa ', 'chƯa ', 'trống ', 'trỐng ')
              OR ((t.said LIKE 'không %' OR t.said LIKE 'khÔng %') AND t.said NOT LIKE 'kh_ng gian %') OR t.said LIKE 'khong c_ %' OR t.said LIKE 'khong r_ %' OR t.said LIKE 'ko c_ %'
              OR t.said LIKE 'chưa %' OR t.said LIKE 'chƯa %' OR t.said LIKE 'chua c_ %' OR t.said LIKE 'chua r_ %' OR t.said LIKE 'chua k_ %' OR t.said LIKE 'chua ban %' OR t.said LIKE 'chua ph_ %' OR t.said LIKE 'đang %' OR t.said LIKE 'Đang %'
              OR t.said LIKE 'chờ %' OR t.said LIKE 'chỜ %' OR t.said LIKE 'cho k_ %' OR t.said LIKE 'cho ph_ %' OR t.said LIKE 'cho duy_t %' OR t.said LIKE 'sẽ %' OR t.said LIKE 'sẼ %' OR t.said LIKE 'dự kiến %' OR t.said LIKE 'dỰ kiẾn %'
              OR t.said LIKE 'khuyết %' OR t.said LIKE 'khuyẾt %' OR t.said LIKE 'vị trí%khuyết %' OR t.said LIKE 'vỊ trÍ%khuyẾt %' OR t.said LIKE 'vị trí%trống %' OR t.said LIKE 'vỊ trÍ%trỐng %' OR t.said LIKE 'bỏ trống %' OR t.said LIKE 'bỎ trỐng %' OR t.said LIKE '_ể trống %' OR t.said LIKE '_Ể trỐng %'
              OR t.said LIKE 'd_ng chung %' OR t.said LIKE 's_ d_ng chung %' OR t.said LIKE 'm_y d_ng chung %' OR t.said LIKE 't_p th_ %'
              OR t.said LIKE 'kho %' OR t.said LIKE 'trong kho %' OR t.said LIKE 'l_u kho %' OR t.said LIKE 'nh_p kho %' OR t.said LIKE 'c_t kho %' OR t.said LIKE '__ kho %'
              OR t.said LIKE '%(__ ngh_%' OR t.said LIKE '%(__ chuy_n%' OR t.said LIKE '%__ ngh_ vi_c %' OR t.said LIKE '%__ ngh_ h_u %' OR t.said LIKE '%__ chuy_n c_ng t_c %') THEN 0 ELSE 1 END AS kept
    FROM told t
)
SELECT d.unit AS unit,
       d.name AS subject,
       CASE WHEN d.kept = 1 THEN 'met' END AS status,
       CASE WHEN d.kept = 1 THEN 'named' ELSE 'nobody' END AS reason,
       d.updated_at AS observed_at,
       d.role AS role,
       d.custodian AS custodian
FROM devices d
