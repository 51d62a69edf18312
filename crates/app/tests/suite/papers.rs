//! Every paper as its body writes it: a commune, a department, the authority, the Party Office.
//! Their pictures lie in `papers/` of cargo's folder for test output.

use std::{collections::BTreeMap, path::Path, process::Command};

use app::{
    document::{self, Begin, Document, Writing},
    registry::{self, ImportMode},
};
use domain::{
    id::{Id, OrganizationId},
    paper::{Form, Job},
};
use policy::document::WHOLES;

use crate::Province;

/// A province as there are some: its committee, the authority, a department, a commune, the
/// Party Office and a provider.
async fn province() -> (Province, BTreeMap<&'static str, Id>) {
    let p = Province::begun().await;
    for regulation in [
        "vinh-long-26-2019",
        "ca-mau-31-2019",
        "binh-thuan-1749-2015",
    ] {
        p.adopt(regulation, &[]).await;
    }
    let mut ids = BTreeMap::new();
    for (code, name, kind, level, parent) in [
        (
            "UBND",
            "Ủy ban nhân dân tỉnh Vĩnh Long",
            "people-committee",
            "province",
            "",
        ),
        (
            "KHCN",
            "Sở Khoa học và Công nghệ",
            "department",
            "province",
            "UBND",
        ),
        (
            "GDDT",
            "Sở Giáo dục và Đào tạo",
            "department",
            "province",
            "UBND",
        ),
        (
            "29551",
            "UBND phường Long Châu",
            "people-committee",
            "commune",
            "UBND",
        ),
        ("VPTU", "Văn phòng Tỉnh ủy", "party", "province", "UBND"),
        (
            "VNPT",
            "VNPT Vĩnh Long",
            "telecom-provider",
            "province",
            "UBND",
        ),
    ] {
        let mut given = vec![
            ("code", code),
            ("name", name),
            ("kind", kind),
            ("level", level),
            ("membership", "member"),
        ];
        if !parent.is_empty() {
            given.push(("parent", parent));
        }
        ids.insert(code, p.add("organization", &given).await);
    }
    for (role, organization) in [
        ("network-authority", "KHCN"),
        ("party-office", "VPTU"),
        ("telecom", "VNPT"),
        ("provincial-committee", "UBND"),
    ] {
        let held = [
            ("role", role),
            ("organization", organization),
            ("starts_on", "2026-01-01"),
        ];
        p.add("role-assignment", &held).await;
    }
    for code in ["29551", "GDDT", "VPTU"] {
        let site = [
            ("code", &*format!("S-{code}")),
            ("name", "Trụ sở"),
            ("organization", code),
            ("class", "standard"),
            ("status", "active"),
            ("probe", "icmp"),
        ];
        p.add("site", &site).await;
    }
    (p, ids)
}

async fn begin(p: &Province, template: &str, unit: Id, period: &str) -> Document {
    let begin = Begin {
        template: template.into(),
        organization: OrganizationId(unit),
        period: period.into(),
    };
    document::begin(&p.app, &p.ctx(), &begin)
        .await
        .unwrap_or_else(|e| panic!("{template}: {e:?}"))
}

/// Text as offices paste it: Word's bullets, Khmer names, a long address, several lines.
const TEXT: &str = "Mạng hoạt động ổn định, đáp ứng yêu cầu quản lý, điều hành của cấp ủy, chính quyền; cán bộ phụ trách thường xuyên kiểm tra, khắc phục kịp thời các lỗi phát sinh.\n\
    \u{f0b7} Ấp Ba Trạch (ខេត្តត្រាវិញ) đã nâng băng thông ✓\n\
    - Cổng https://dichvucong.vinhlong.gov.vn/tra-cuu/ho-so/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef còn chậm;\n\
    - Đề nghị bố trí kinh phí thay 02 thiết bị chuyển mạch đã dùng trên 10 năm.";

async fn written(p: &Province, d: &Document) -> Document {
    let library = p.app.library();
    let template = &library.documents[&d.row.template];
    let drafts = template.drafts().map(|draft| {
        let text = if draft.line { "12" } else { TEXT };
        (draft.id.clone(), text.to_owned())
    });
    let writing = Writing {
        drafts: drafts.collect(),
        signer: Some("Nguyễn Thị Hạnh".into()),
        ..Writing::default()
    };
    document::write(
        &p.app,
        &p.ctx(),
        &d.row.id.to_string(),
        d.row.version,
        writing,
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn every_paper_is_drawn_for_each_kind_of_body() {
    let (p, ids) = province().await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("papers");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut jobs = Vec::new();
    for offer in document::offers(&p.app, &p.ctx()).await.unwrap() {
        for (unit, code, _) in &offer.units {
            let d = begin(&p, &offer.template.id, unit.0, &offer.stretches[0].label).await;
            let name = format!("{code}-{}", offer.template.id);
            let mut d = written(&p, &d).await;
            // As it looks when it has its number; that day does not belong to a draft.
            sums(&d, &name);
            d.row.number = "5".into();
            d.row.signed_on = Some("2026-11-20".into());
            let path = |end: &str| Some(folder.join(format!("{name}.{end}")).display().to_string());
            jobs.push(Job {
                paper: document::compose(&offer.template, &d),
                pdf: path("pdf"),
                docx: path("docx"),
            });
        }
    }
    assert!(jobs.len() > 20 && ids.len() == 6, "{}", jobs.len());
    if !document::available() {
        assert!(
            std::env::var_os("CI").is_none(),
            "gieng-report is not built: cargo build -p report"
        );
        eprintln!("skipped: gieng-report is not built (cargo build -p report)");
        return;
    }
    document::many(&jobs).await.unwrap();
    for job in &jobs {
        let pdf = job.pdf.as_deref().unwrap();
        tool("qpdf", &["--check", pdf]);
        tool(
            "pdftoppm",
            &["-png", "-r", "60", pdf, pdf.trim_end_matches(".pdf")],
        );
    }
    println!("pictures: {}", folder.display());
}

/// The duties of a paper, and of each row of its tables, are those of their parts.
fn sums(d: &Document, name: &str) {
    let numbers = &d.filled.numbers;
    for (whole, parts) in WHOLES {
        let Some(whole) = numbers.get(whole) else {
            continue;
        };
        let parts = parts.iter().map(|part| numbers[*part].value);
        let sum: Option<f64> = parts.sum();
        assert_eq!(sum, whole.value, "{name}");
    }
    for (id, table) in &d.filled.tables {
        let heads: Vec<&str> = table.columns.iter().map(|(head, _)| &**head).collect();
        let Some(whole) = heads.iter().position(|head| *head == "Nghĩa vụ") else {
            continue;
        };
        for row in &table.rows {
            let counts: Vec<u64> = row[whole..].iter().map(|n| n.parse().unwrap()).collect();
            assert_eq!(counts.len(), 6, "{name} {id}");
            let sum: u64 = counts[1..].iter().sum();
            assert_eq!(counts[0], sum, "{name} {id}: {row:?}");
        }
    }
}

/// Runs a tool that has to be there (scripts/test-deps).
fn tool(program: &str, args: &[&str]) {
    let out = Command::new(program)
        .args(args)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}; run scripts/test-deps"));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{program} {args:?}: {said}");
}

#[tokio::test]
async fn a_letterhead_follows_from_its_body_and_its_record() {
    let (p, ids) = province().await;
    let composed = |d: &Document| {
        let library = p.app.library();
        let mut d = d.clone();
        d.row.number = "7".into();
        document::compose(&library.documents[&d.row.template], &d)
    };
    let ward = composed(&begin(&p, "unit-usage-report", ids["29551"], "2026").await);
    assert_eq!(
        (ward.head.parent.as_str(), ward.head.body.as_str()),
        (
            "ỦY BAN NHÂN DÂN TỈNH VĨNH LONG",
            "ỦY BAN NHÂN DÂN PHƯỜNG LONG CHÂU"
        )
    );
    assert_eq!(ward.head.number, "Số: 07/BC-UBND");
    assert!(
        ward.head.place_and_date.starts_with("Long Châu, "),
        "{:?}",
        ward.head
    );
    let signature = ward.signatures.last().unwrap();
    assert_eq!(
        (signature.capacity.as_str(), signature.title.as_str()),
        ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
    );
    let office = composed(&begin(&p, "party-yearly-report", ids["VPTU"], "2026").await);
    assert_eq!(
        (office.form, office.head.parent.as_str()),
        (Form::Party, "TỈNH ỦY VĨNH LONG")
    );
    assert_eq!(office.head.number, "Số 07-BC/VPTU");

    // What the body has entered stands on its next paper, and on that alone.
    let record = [
        ("organization", "GDDT"),
        ("body", "Sở Giáo dục và Đào tạo tỉnh Vĩnh Long"),
        ("superior", "-"),
        ("symbol", "SGDĐT-CNTT"),
        ("place", "Long Châu"),
        ("capacity", "KT. GIÁM ĐỐC"),
        ("signer_title", "PHÓ GIÁM ĐỐC"),
        ("signer", "Trần Văn Nam"),
        ("recipients", "Phòng Kế hoạch\nLưu: VT, CNTT"),
    ];
    p.add("letterhead", &record).await;
    let again = p.try_add(&p.ctx(), "letterhead", &record).await;
    assert!(again.is_err(), "a body has one letterhead");
    let d = begin(&p, "unit-usage-report", ids["GDDT"], "2026").await;
    let paper = composed(&d);
    assert_eq!(paper.head.parent, "");
    assert_eq!(paper.head.body, "SỞ GIÁO DỤC VÀ ĐÀO TẠO TỈNH VĨNH LONG");
    assert_eq!(paper.head.number, "Số: 07/BC-SGDĐT-CNTT");
    assert!(paper.head.place_and_date.starts_with("Long Châu, "));
    let signature = paper.signatures.last().unwrap();
    assert_eq!(signature.capacity, "KT. GIÁM ĐỐC");
    assert_eq!(signature.title, "PHÓ GIÁM ĐỐC");
    assert_eq!(signature.name, "Trần Văn Nam");
    let last: Vec<&str> = paper.recipients.iter().map(String::as_str).collect();
    assert_eq!(
        last,
        [
            "Như trên",
            "Lãnh đạo đơn vị",
            "Phòng Kế hoạch",
            "Lưu: VT, CNTT"
        ]
    );

    // And one paper may have another.
    let own = BTreeMap::from([
        ("head.capacity".to_owned(), "TL. GIÁM ĐỐC".to_owned()),
        ("head.signer_title".into(), "CHÁNH VĂN PHÒNG".into()),
        ("head.recipients".into(), "Như trên".into()),
        ("head.no-such".into(), "x".into()),
    ]);
    let writing = Writing {
        drafts: own,
        ..Writing::default()
    };
    let d = document::write(
        &p.app,
        &p.ctx(),
        &d.row.id.to_string(),
        d.row.version,
        writing,
    )
    .await
    .unwrap();
    let paper = composed(&d);
    assert_eq!(paper.signatures[0].capacity, "TL. GIÁM ĐỐC");
    assert_eq!(paper.recipients, ["Như trên"]);
    assert!(!d.drafts.contains_key("head.no-such"));
    let verified = app::journal::verify(&p.app, &p.ctx()).await.unwrap();
    assert_eq!(verified.findings, []);
}

#[tokio::test]
async fn what_cannot_be_printed_is_refused_where_it_is_typed() {
    let (p, ids) = province().await;
    let d = begin(&p, "unit-usage-report", ids["29551"], "2026").await;
    let id = d.row.id.to_string();
    let write = |text: &str| Writing {
        drafts: BTreeMap::from([("difficulties".to_owned(), text.to_owned())]),
        ..Writing::default()
    };
    let problem = document::write(
        &p.app,
        &p.ctx(),
        &id,
        d.row.version,
        write("một\nhai \u{4e2d}"),
    )
    .await
    .unwrap_err();
    let told = &problem.fields[0];
    assert_eq!(told.field, "difficulties");
    assert!(
        told.message.vi.contains("U+4E2D") && told.message.vi.contains("dòng 2"),
        "{told:?}"
    );
    // Word's bullet and line break become what they show; a tab is no obstacle.
    let d = document::write(
        &p.app,
        &p.ctx(),
        &id,
        d.row.version,
        write("\u{f0b7} một\u{b}hai\tba"),
    )
    .await
    .unwrap();
    assert_eq!(d.drafts["difficulties"], "• một\nhai\tba");
    // So in every record, whose book is printed too.
    let table = "code,name,kind,level,membership\nB,\u{4e2d},other,none,none\n".as_bytes();
    let report = registry::import(
        &p.app,
        &p.ctx(),
        "organization",
        table,
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.created, report.bad), (0, 1), "{report:?}");
    assert!(
        report.rows[0].problems[0].message.vi.contains("U+4E2D"),
        "{report:?}"
    );
}
