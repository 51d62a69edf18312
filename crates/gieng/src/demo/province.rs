//! Units, sites, circuits, devices, people: imported as a province would import them.

use std::fmt::Write as _;

use anyhow::Context as _;
use app::{
    App, Ctx, account,
    registry::{self, ImportMode},
    setting,
};
use domain::{
    authority::{Grant, Role},
    id::OrganizationId,
};

use super::dice::{chance, dice};

/// The communes of today's Vĩnh Long: code, name, kind, degrees north and east.
const COMMUNES: &str = include_str!("communes.csv");

/// code, name, kind, membership.
const BODIES: [(&str, &str, &str, &str); 31] = [
    ("KHCN", "Sở Khoa học và Công nghệ", "department", "member"),
    ("NV", "Sở Nội vụ", "department", "member"),
    ("TC", "Sở Tài chính", "department", "member"),
    ("XD", "Sở Xây dựng", "department", "member"),
    (
        "NNMT",
        "Sở Nông nghiệp và Môi trường",
        "department",
        "member",
    ),
    ("CT", "Sở Công Thương", "department", "member"),
    ("GDDT", "Sở Giáo dục và Đào tạo", "department", "member"),
    ("YT", "Sở Y tế", "department", "member"),
    ("TP", "Sở Tư pháp", "department", "member"),
    (
        "VHTTDL",
        "Sở Văn hóa, Thể thao và Du lịch",
        "department",
        "member",
    ),
    ("DTTG", "Sở Dân tộc và Tôn giáo", "department", "member"),
    ("TTR", "Thanh tra tỉnh", "department", "member"),
    (
        "VPUB",
        "Văn phòng Ủy ban nhân dân tỉnh",
        "department",
        "member",
    ),
    (
        "KCN",
        "Ban Quản lý các khu công nghiệp",
        "department",
        "member",
    ),
    (
        "HCC",
        "Trung tâm Phục vụ hành chính công tỉnh",
        "affiliated",
        "member",
    ),
    (
        "CDS",
        "Trung tâm Chuyển đổi số tỉnh",
        "affiliated",
        "member",
    ),
    ("XTDT", "Trung tâm Xúc tiến Đầu tư", "affiliated", "member"),
    (
        "PTQD",
        "Trung tâm Phát triển quỹ đất",
        "affiliated",
        "member",
    ),
    ("VPTU", "Văn phòng Tỉnh ủy", "party", "participant"),
    (
        "VPHD",
        "Văn phòng Đoàn đại biểu Quốc hội và HĐND tỉnh",
        "office",
        "participant",
    ),
    (
        "MTTQ",
        "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh",
        "front",
        "participant",
    ),
    ("THUE", "Thuế tỉnh", "vertical", "participant"),
    (
        "KBNN",
        "Kho bạc Nhà nước khu vực",
        "vertical",
        "participant",
    ),
    ("BHXH", "Bảo hiểm xã hội tỉnh", "vertical", "participant"),
    ("TKE", "Thống kê tỉnh", "vertical", "participant"),
    ("VNPT", "VNPT Vĩnh Long", "telecom-provider", "none"),
    ("VIETTEL", "Viettel Vĩnh Long", "telecom-provider", "none"),
    ("CA", "Công an tỉnh", "police", "none"),
    ("QS", "Bộ Chỉ huy Quân sự tỉnh", "military", "none"),
    ("CBDTW", "Cục Bưu điện Trung ương", "central-agency", "none"),
    (
        "NCSC",
        "Trung tâm An ninh mạng quốc gia",
        "central-agency",
        "none",
    ),
];

/// The port of the demo's sites that fail and recover.
pub const FLAPPING_PORT: u16 = 7086;
/// The site behind which others hang.
pub const FLAPPING_HUB: &str = "GOM-TV";
const SURNAMES: [&str; 8] = ["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi"];
const MIDDLES: [&str; 6] = ["Văn", "Thị", "Minh", "Ngọc", "Hữu", "Thanh"];
const NAMES: [&str; 12] = [
    "An", "Bình", "Châu", "Dũng", "Giang", "Hải", "Khoa", "Lan", "Nam", "Phúc", "Thảo", "Vinh",
];

/// A unit on the network: its place in the list gives its addresses.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `department`, `people-committee`, …
    pub kind: String,
    /// Degrees.
    pub at: (f64, f64),
    /// Whether it hangs behind the site that fails and recovers.
    pub flapping: bool,
}

/// All units on the network, in the order of their addresses.
pub fn units() -> Vec<Unit> {
    let mut units: Vec<Unit> = BODIES
        .iter()
        .filter(|b| b.3 != "none")
        .enumerate()
        .map(|(i, (code, name, kind, _))| Unit {
            code: (*code).into(),
            name: (*name).into(),
            kind: (*kind).into(),
            at: around(i),
            flapping: false,
        })
        .collect();
    for line in COMMUNES.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if let [code, name, _, lat, lon] = cells.as_slice() {
            units.push(Unit {
                code: (*code).into(),
                name: format!("UBND {}", lower_first(name)),
                kind: "people-committee".into(),
                at: (lat.parse().unwrap_or(10.2), lon.parse().unwrap_or(106.1)),
                flapping: false,
            });
        }
    }
    let centre = units
        .iter()
        .find(|u| u.name.ends_with("phường Trà Vinh"))
        .map_or((9.93, 106.34), |u| u.at);
    let mut near: Vec<usize> = (0..units.len())
        .filter(|i| units[*i].kind == "people-committee")
        .collect();
    near.sort_by(|a, b| distance(units[*a].at, centre).total_cmp(&distance(units[*b].at, centre)));
    for i in near.into_iter().take(4) {
        units[i].flapping = true;
    }
    units
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect())
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Provincial bodies stand in a ring around the centre of Vĩnh Long.
fn around(i: usize) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a handful of bodies")]
    let angle = i as f64 * 2.399_963;
    #[expect(clippy::cast_precision_loss, reason = "a handful of bodies")]
    let radius = 0.006 * (i as f64).sqrt();
    (
        10.2537 + radius * angle.sin(),
        105.9722 + radius * angle.cos(),
    )
}

/// `127.NET.x.y` of the unit at place `i`.
pub fn address(net: u8, i: usize) -> String {
    format!("127.{net}.{}.{}", i / 200, i % 200 + 10)
}

/// Imports a table and refuses to go on when a row is bad.
pub async fn load(app: &App, noun: &str, csv: &str) -> anyhow::Result<()> {
    let ctx = Ctx::console(app.clock.now_ms());
    let report = registry::import(app, &ctx, noun, csv.as_bytes(), ImportMode::AllOrNothing)
        .await
        .with_context(|| format!("the demo's {noun}"))?;
    let bad = report.rows.iter().find(|r| !r.problems.is_empty());
    anyhow::ensure!(bad.is_none(), "the demo's {noun} has a bad row: {bad:?}");
    Ok(())
}

fn person(seed: u64) -> String {
    let pick = |list: &[&'static str], salt: u64| {
        let i = dice(&[seed, salt]) % list.len() as u64;
        list[usize::try_from(i).unwrap_or(0)]
    };
    format!(
        "{} {} {}",
        pick(&SURNAMES, 1),
        pick(&MIDDLES, 2),
        pick(&NAMES, 3)
    )
}

/// Makes the province at the clock's present moment.
pub async fn make(app: &App) -> anyhow::Result<()> {
    let units = units();
    let ctx = Ctx::console(app.clock.now_ms());
    for (key, value) in [
        ("province.name", "Vĩnh Long"),
        ("mfa.required_roles", ""),
        ("parameter.unit-connected.grace_minutes", "0"),
    ] {
        setting::set(app, &ctx, key, value).await?;
    }
    let adopted = "regulation,starts_on,decision\nvinh-long-26-2019,2019-11-11,26/2019/QĐ-UBND\n";
    load(app, "adoption", adopted).await?;
    load(app, "organization", &organizations(&units)).await?;
    // Loopback stands for the network here: the centre says so.
    load(
        app,
        "prefix",
        "cidr,purpose\n127.86.0.0/16,Điểm kết nối\n127.87.0.0/16,Đầu kênh truyền\n127.88.0.0/14,Thiết bị của đơn vị\n",
    )
    .await?;
    load(app, "site", &sites(&units)).await?;
    load(app, "circuit", &circuits(&units)).await?;
    load(
        app,
        "device",
        &devices(&units, &app.clock.today().to_string()),
    )
    .await?;
    load(app, "contact", &contacts(&units)).await?;
    let roles = "role,organization,starts_on,source\n\
        network-authority,KHCN,2025-03-01,Sở TT&TT hợp nhất vào Sở KH&CN\n\
        data-centre,CDS,2025-03-01,\n\
        provincial-committee,UBND,2025-07-01,\n\
        committee-office,VPUB,2025-07-01,\n\
        party-office,VPTU,2025-07-01,\n\
        telecom,VNPT,2025-07-01,\n\
        telecom,VIETTEL,2025-07-01,\n\
        police,CA,2025-07-01,\n\
        military,QS,2025-07-01,\n";
    load(app, "role-assignment", roles).await?;
    people(app, &units).await
}

fn organizations(units: &[Unit]) -> String {
    let mut csv = String::from("code,name,kind,level,membership,parent,latitude,longitude\n");
    csv.push_str(
        "UBND,Ủy ban nhân dân tỉnh Vĩnh Long,people-committee,province,member,,10.2537,105.9722\n",
    );
    for (code, name, kind, membership) in BODIES {
        let (parent, level) = match (kind, membership) {
            ("central-agency", _) => ("", "central"),
            (_, "none") => ("", "province"),
            _ => ("UBND", "province"),
        };
        let _ = writeln!(
            csv,
            "{code},\"{name}\",{kind},{level},{membership},{parent},,"
        );
    }
    for unit in units.iter().filter(|u| u.kind == "people-committee") {
        let _ = writeln!(
            csv,
            "{},{},people-committee,commune,member,UBND,{},{}",
            unit.code, unit.name, unit.at.0, unit.at.1
        );
    }
    csv
}

fn sites(units: &[Unit]) -> String {
    let mut csv =
        String::from("code,name,organization,class,address,probe,parent,latitude,longitude\n");
    csv.push_str("HUB,Trung tâm dữ liệu tỉnh,KHCN,hub,127.86.255.1,icmp,,10.2537,105.9722\n");
    let _ = writeln!(
        csv,
        "{FLAPPING_HUB},Điểm gom Trà Vinh,KHCN,critical,127.86.255.2,tcp:{FLAPPING_PORT},HUB,9.9513,106.3346"
    );
    for (i, unit) in units.iter().enumerate() {
        // Two units took addresses that nobody allocated; one line has been dead for long.
        let (address, probe, parent) = match i {
            40 | 77 => (address(99, i), "icmp".to_owned(), "HUB"),
            63 => (address(86, i), "tcp:7099".to_owned(), "HUB"),
            _ if unit.flapping => (address(86, i), format!("tcp:{FLAPPING_PORT}"), FLAPPING_HUB),
            _ => (address(86, i), "icmp".to_owned(), "HUB"),
        };
        let _ = writeln!(
            csv,
            "S-{},\"{}\",{},standard,{address},{probe},{parent},{},{}",
            unit.code, unit.name, unit.code, unit.at.0, unit.at.1
        );
    }
    csv
}

fn circuits(units: &[Unit]) -> String {
    let mut csv = String::from(
        "code,organization,provider,contract,bandwidth_mbps,a_site,z_site,address,probe,starts_on\n",
    );
    for (i, unit) in units.iter().enumerate() {
        let provider = if chance(60, &[i as u64, 11]) {
            "VNPT"
        } else {
            "VIETTEL"
        };
        let speed = [50, 100, 100, 200][usize::try_from(dice(&[i as u64, 12]) % 4).unwrap_or(0)];
        let (z, address) = if unit.flapping {
            (FLAPPING_HUB, String::new())
        } else {
            ("HUB", address(87, i))
        };
        let _ = writeln!(
            csv,
            "K-{},{},{provider},HĐ-{:03}/2025,{speed},S-{},{z},{address},icmp,2025-07-01",
            unit.code,
            unit.code,
            i + 1,
            unit.code
        );
    }
    csv
}

fn devices(units: &[Unit], today: &str) -> String {
    let mut csv = String::from(
        "code,name,organization,site,role,manufacturer,address,in_service_on,inspected_on,inspection_result,inspected_by,origin\n",
    );
    let mut alone = String::new();
    let mut device = |unit: &Unit, i: usize, kind: &str, role: &str, maker: &str, net: u8| {
        let inspected = if chance(93, &[i as u64, u64::from(net), 21]) {
            "2025-06-20,passed,Công an tỉnh"
        } else {
            ",,"
        };
        let _ = writeln!(
            csv,
            "{kind}-{},{kind} {},{},S-{},{role},{maker},{},2025-07-01,{inspected},Nhập khẩu chính hãng",
            unit.code,
            unit.code,
            unit.code,
            unit.code,
            address(net, i)
        );
    };
    for (i, unit) in units.iter().enumerate() {
        device(unit, i, "RT", "router", "MikroTik", 88);
        if chance(88, &[i as u64, 22]) {
            device(unit, i, "FW", "firewall", "Fortinet", 89);
        }
        if unit.kind != "people-committee" {
            device(unit, i, "SRV", "server", "Dell", 90);
        }
        if chance(94, &[i as u64, 85]) {
            alone.push_str(&format!(
                "MR-{},Máy riêng {},{},S-{},standalone-computer,Lenovo,,2025-07-01,2025-06-20,passed,Công an tỉnh,Nhập khẩu chính hãng\n",
                unit.code, unit.code, unit.code, unit.code
            ));
        }
    }
    csv.push_str(&alone);
    let _ = writeln!(
        csv,
        "SW-LOI,Chuyển mạch lõi,KHCN,HUB,switch,Cisco,127.91.0.10,{today},{today},passed,Công an tỉnh,Nhập khẩu chính hãng"
    );
    csv
}

fn contacts(units: &[Unit]) -> String {
    let mut csv = String::from("organization,role,name,title,phone,email,starts_on\n");
    for (i, unit) in units.iter().enumerate() {
        let seed = i as u64;
        let phone = |salt: u64| format!("09{:08}", dice(&[seed, salt]) % 100_000_000);
        let mail = unit.code.to_lowercase();
        if chance(92, &[seed, 31]) {
            let _ = writeln!(
                csv,
                "{},it-officer,{},Chuyên viên,{},{mail}@vinhlong.gov.vn,2025-07-01",
                unit.code,
                person(seed),
                phone(32)
            );
        }
        let _ = writeln!(
            csv,
            "{},leader,{},Lãnh đạo,{},,2025-07-01",
            unit.code,
            person(seed + 1_000),
            phone(33)
        );
        if unit.kind != "people-committee" {
            let _ = writeln!(
                csv,
                "{},hotline,Trực kỹ thuật,,{},,2025-07-01",
                unit.code,
                phone(34)
            );
        }
    }
    csv.push_str("VNPT,hotline,Tổng đài hỗ trợ,,18001091,,2025-07-01\nVIETTEL,hotline,Tổng đài hỗ trợ,,18008119,,2025-07-01\n");
    csv
}

async fn people(app: &App, units: &[Unit]) -> anyhow::Result<()> {
    let ctx = Ctx::console(app.clock.now_ms());
    let mut accounts = vec![
        (
            "quantri".to_owned(),
            "Quản trị hệ thống".to_owned(),
            "KHCN".to_owned(),
            Role::Administrator,
            false,
        ),
        (
            "vanhanh".to_owned(),
            person(7_001),
            "KHCN".to_owned(),
            Role::Operator,
            false,
        ),
        (
            "lanhdao".to_owned(),
            person(7_002),
            "VPUB".to_owned(),
            Role::Auditor,
            false,
        ),
        (
            "canbo".to_owned(),
            person(7_003),
            "29551".to_owned(),
            Role::Officer,
            true,
        ),
    ];
    for (i, unit) in units.iter().enumerate() {
        let login = format!("cntt.{}", unit.code.to_lowercase());
        accounts.push((
            login,
            person(i as u64),
            unit.code.clone(),
            Role::Officer,
            true,
        ));
    }
    for (login, name, code, role, own) in accounts {
        let Ok(unit) = registry::get(app, &ctx, "organization", &code).await else {
            continue;
        };
        let organization = OrganizationId(unit.id);
        let kind = if dice(&[login.len() as u64, unit.id.bytes()[15].into(), 41]).is_multiple_of(40)
        {
            "shared"
        } else {
            "personal"
        };
        let draft = account::Draft {
            login,
            name,
            organization: Some(organization),
            kind: kind.into(),
            enabled: true,
            grants: vec![Grant {
                role,
                organization: own.then_some(organization),
            }],
            ..account::Draft::default()
        };
        account::save(app, &ctx, None, draft).await?;
    }
    Ok(())
}
