//! Tables in and out.

use std::time::{Duration, Instant};

use app::registry::{self, ImportMode, ImportReport, Outcome, RecordQuery};
use domain::{
    authority::Role,
    id::Id,
    problem::ProblemKind::{Denied, Invalid},
};

use crate::{
    Province, refused,
    workbook::{Cell, xlsx},
};

async fn run(p: &Province, noun: &str, text: &str, mode: ImportMode) -> ImportReport {
    registry::import(&p.app, &p.ctx(), noun, text.as_bytes(), mode)
        .await
        .unwrap()
}

fn why(report: &ImportReport, line: u64) -> String {
    let row = report.rows.iter().find(|r| r.line == line).unwrap();
    let words: Vec<&str> = row.problems.iter().map(|p| p.message.en.as_str()).collect();
    words.join("; ")
}

async fn total(p: &Province, noun: &str) -> i64 {
    let query = RecordQuery::default();
    let page = registry::list(&p.app, &p.ctx(), noun, &query).await;
    page.unwrap().total
}

async fn ten_thousand_organizations(p: Province, engine: &str) {
    let mut text = String::from("code,name,kind,level,membership,parent\n");
    for i in 0..10_000 {
        let parent = if i == 0 {
            String::new()
        } else {
            format!("X{}", (i - 1) / 20)
        };
        text.push_str(&format!(
            "X{i},Đơn vị số {i},department,province,member,{parent}\n"
        ));
    }
    let timed = async |mode| {
        let started = Instant::now();
        let report = run(&p, "organization", &text, mode).await;
        (report, started.elapsed())
    };
    let (dry, looking) = timed(ImportMode::DryRun).await;
    assert_eq!((dry.created, dry.bad, dry.written), (10_000, 0, false));
    assert_eq!(total(&p, "organization").await, 0);
    let (real, writing) = timed(ImportMode::AllOrNothing).await;
    assert_eq!((real.created, real.bad, real.written), (10_000, 0, true));
    assert_eq!(total(&p, "organization").await, 10_000);
    let (again, comparing) = timed(ImportMode::AllOrNothing).await;
    assert_eq!((again.unchanged, again.written), (10_000, false));
    println!(
        "10,000 organizations on {engine}: dry run {looking:?}, import {writing:?}, again {comparing:?}"
    );
    // Not a measurement (that is the bench's), but a square in it would show.
    assert!(writing < Duration::from_secs(300), "{writing:?}");
    let report = app::journal::verify(&p.app, &p.ctx()).await.unwrap();
    // From when on tables are held, the province's adoption, and the organizations.
    assert_eq!((report.entries, report.findings), (10_003, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_organizations_on_sqlite() {
    ten_thousand_organizations(Province::new().await, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_organizations_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        ten_thousand_organizations(p, "PostgreSQL").await;
    }
}

#[tokio::test]
async fn what_excel_writes_in_vietnam_goes_in() {
    let p = Province::new().await;
    let text = "\u{feff}Mã;Tên;Loại;Cấp;Tư cách trên mạng;Vĩ độ;Hoạt động từ;Ghi gì đó\r\n\
        H61.1;\"Sở Nội vụ; Vĩnh Long\";Sở, ban, ngành;Tỉnh;Thành viên;10,25;01/03/2025;x\r\n";
    let report = run(&p, "organization", text, ImportMode::AllOrNothing).await;
    assert_eq!((report.created, report.bad), (1, 0), "{}", why(&report, 2));
    assert_eq!(report.ignored_columns, ["Ghi gì đó"]);
    let read = registry::get(&p.app, &p.ctx(), "organization", "H61.1")
        .await
        .unwrap();
    assert_eq!(read.text("name"), "Sở Nội vụ; Vĩnh Long");
    assert_eq!(read.text("kind"), "department");
    assert_eq!(read.text("starts_on"), "2025-03-01");
    assert_eq!(read.get("latitude"), &domain::record::Value::Decimal(10.25));
}

#[tokio::test]
async fn a_workbook_goes_in() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let header = [
        "code",
        "name",
        "organization",
        "role",
        "status",
        "in_service_on",
    ];
    let row = |code, name, day| {
        vec![
            code,
            name,
            Cell::Text("A"),
            Cell::Text("router"),
            Cell::Text("active"),
            day,
        ]
    };
    let book = xlsx(&[
        header.into_iter().map(Cell::Text).collect(),
        row(
            Cell::Number(42.0),
            Cell::Text("Bộ định tuyến"),
            Cell::Date(46_054.0),
        ),
        row(Cell::Text("b"), Cell::Text(""), Cell::Text("")),
    ]);
    let report = registry::import(&p.app, &p.ctx(), "device", &book, ImportMode::GoodRows)
        .await
        .unwrap();
    assert_eq!((report.created, report.bad), (1, 1), "{report:?}");
    assert_eq!(report.rows[1].line, 5, "as the spreadsheet counts");
    let read = registry::get(&p.app, &p.ctx(), "device", "42")
        .await
        .unwrap();
    assert_eq!(read.text("in_service_on"), "2026-02-01");
}

#[tokio::test]
async fn bad_rows_come_back_with_the_reason() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let text = "code,name,kind,level,membership,parent,starts_on,ends_on\n\
        B1,B,department,province,member,A,2026-01-01,\n\
        B2,B,nonsense,province,member,A,,\n\
        B3,B,department,province,member,nobody,,\n\
        B4,B,department,province,member,A,2026-02-01,2026-01-01\n\
        B1,again,department,province,member,A,,\n\
        B5,,department,province,member,A,32/01/2026,\n\
        B6,B,department,province,member,B2,,\n\
        B7,B,department,province,member,A,,,,surplus\n\
        B8,=HYPERLINK(1),department,nonsense,member,A,,\n";
    let dry = run(&p, "organization", text, ImportMode::DryRun).await;
    assert_eq!((dry.created, dry.bad), (1, 8));
    let none = run(&p, "organization", text, ImportMode::AllOrNothing).await;
    assert!(!none.written);
    assert_eq!(total(&p, "organization").await, 1);
    let good = run(&p, "organization", text, ImportMode::GoodRows).await;
    assert_eq!((good.written, good.created, good.bad), (true, 1, 8));
    for (line, word) in [
        (4, "nobody"),
        (5, "before it starts"),
        (6, "Same as line 2"),
        (8, "parent's row"),
        (9, "More cells"),
    ] {
        assert!(
            why(&good, line).contains(word),
            "{line}: {}",
            why(&good, line)
        );
    }
    let five = good.rows.iter().find(|r| r.line == 7).unwrap();
    assert_eq!(five.problems.len(), 2, "every cell that is wrong is named");
    assert_eq!(five.problems[0].position, 2);
    // The bad rows go back into a spreadsheet: mended, without the last column, they go in.
    let bad = String::from_utf8(good.bad_rows).unwrap();
    assert!(bad.starts_with('\u{feff}'));
    assert_eq!(bad.lines().count(), 9);
    assert!(bad.contains("'=HYPERLINK"), "a formula is made text");
}

#[tokio::test]
async fn parents_in_the_file_and_circles() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.unit("A1", Some(a)).await;
    let head = "code,name,kind,level,membership,parent\n";
    let row =
        |code: &str, parent: &str| format!("{code},{code},department,province,member,{parent}\n");
    // The child stands before its parent.
    let text = format!("{head}{}{}", row("C", "B"), row("B", "A"));
    let report = run(&p, "organization", &text, ImportMode::AllOrNothing).await;
    assert_eq!((report.created, report.bad), (2, 0));
    // A circle within the file, and one with what is there.
    let text = format!("{head}{}{}{}", row("X", "Z"), row("Y", "X"), row("Z", "Y"));
    let report = run(&p, "organization", &text, ImportMode::GoodRows).await;
    assert_eq!((report.created, report.bad), (0, 3));
    assert!(why(&report, 2).contains("circle"), "{}", why(&report, 2));
    let report = run(
        &p,
        "organization",
        &format!("{head}{}", row("A", "C")),
        ImportMode::GoodRows,
    )
    .await;
    assert_eq!(
        (report.updated, report.bad),
        (0, 1),
        "A above B above C above A"
    );
    let itself = run(
        &p,
        "organization",
        &format!("{head}{}", row("B", "B")),
        ImportMode::GoodRows,
    )
    .await;
    assert_eq!(itself.bad, 1);
}

#[tokio::test]
async fn what_is_no_table_is_refused() {
    let p = Province::new().await;
    let wide = "x,".repeat(1_000_000);
    let long = "code\n".repeat(200_003);
    let cases: [(&[u8], &str); 7] = [
        (b"", "no header"),
        (b"code,name\n1,\xff\xfe\n", "UTF-8"),
        (wide.as_bytes(), "columns"),
        (long.as_bytes(), "rows"),
        (b"PK\x03\x04junk", "workbook"),
        (b"a,b\n1,2\n", "needed is missing"),
        (b"\n\n\n", "no header"),
    ];
    for (bytes, word) in cases {
        let refused = registry::import(
            &p.app,
            &p.ctx(),
            "organization",
            bytes,
            ImportMode::GoodRows,
        )
        .await
        .unwrap_err();
        assert_eq!(refused.kind, Invalid);
        assert!(
            refused.what.en.contains(word),
            "{word}: {}",
            refused.what.en
        );
    }
    let missing = registry::import(
        &p.app,
        &p.ctx(),
        "organization",
        b"name\nx\n",
        ImportMode::DryRun,
    )
    .await
    .unwrap_err();
    assert_eq!(missing.fields[0].field, "code");
}

#[tokio::test]
async fn an_officer_imports_for_the_own_unit_alone() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let head = "code,name,organization,role,status\n";
    run(
        &p,
        "device",
        &format!("{head}d-b,của B,B,router,active\n"),
        ImportMode::GoodRows,
    )
    .await;
    let officer = p.as_role(Role::Officer, Some(a));
    let text = format!(
        "{head}d-1,x,A,router,active\nd-2,x,B,router,active\nd-b,x,A,router,active\nd-3,y,A,server,active\n"
    );
    let report = registry::import(
        &p.app,
        &officer,
        "device",
        text.as_bytes(),
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.created, report.bad), (2, 2), "{report:?}");
    assert!(why(&report, 3).contains("own unit"));
    assert!(
        why(&report, 4).contains("Another unit"),
        "{}",
        why(&report, 4)
    );
    let theirs = registry::get(&p.app, &p.ctx(), "device", "d-b")
        .await
        .unwrap();
    assert_eq!(theirs.get("organization").as_id(), Some(b));
    assert_eq!(theirs.text("name"), "của B");
    let units = registry::import(
        &p.app,
        &officer,
        "organization",
        b"code\nx\n",
        ImportMode::GoodRows,
    )
    .await;
    assert_eq!(refused(units), Denied);
    let viewer = p.as_role(Role::Viewer, Some(a));
    let read = registry::import(
        &p.app,
        &viewer,
        "device",
        text.as_bytes(),
        ImportMode::DryRun,
    )
    .await;
    assert_eq!(refused(read), Denied);
}

#[tokio::test]
async fn an_operator_of_a_part_imports_sites_behind_the_hub_of_another() {
    let p = Province::new().await;
    let (centre, a) = (p.unit("CENTRE", None).await, p.unit("A", None).await);
    assert_ne!(centre, a);
    let head = "code,name,organization,class,status,parent\n";
    run(
        &p,
        "site",
        &format!("{head}hub,hub,CENTRE,hub,active,\n"),
        ImportMode::GoodRows,
    )
    .await;
    let operator = p.as_role(Role::Operator, Some(a));
    let text = format!("{head}s1,s1,A,standard,active,hub\ns2,s2,A,standard,active,s1\n");
    let report = registry::import(
        &p.app,
        &operator,
        "site",
        text.as_bytes(),
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.created, report.bad), (2, 0), "{}", why(&report, 2));
}

/// One of each noun and a book's entry, with awkward words.
async fn everything(p: &Province) {
    let a = p.unit("A", None).await;
    p.unit("VNPT", None).await;
    let site = |code: &'static str, parent: &'static str| {
        let mut given = vec![
            ("code", code),
            ("name", "=1+1, “điểm”; \"x\""),
            ("organization", "A"),
            ("class", "standard"),
            ("status", "active"),
            ("address", "10.1.0.1"),
            ("probe", "tcp:443"),
        ];
        if !parent.is_empty() {
            given.push(("parent", parent));
        }
        given
    };
    p.add("site", &site("hub", "")).await;
    p.add("site", &site("s", "hub")).await;
    p.add(
        "circuit",
        &[
            ("code", "k"),
            ("organization", "A"),
            ("provider", "VNPT"),
            ("a_site", "s"),
            ("z_site", "hub"),
            ("status", "active"),
        ],
    )
    .await;
    p.add(
        "device",
        &[
            ("code", "-84"),
            ("name", "-x"),
            ("organization", "A"),
            ("site", "s"),
            ("role", "server"),
            ("status", "active"),
            ("note", "hai\ndòng"),
        ],
    )
    .await;
    p.add(
        "prefix",
        &[
            ("cidr", "10.1.0.0/16"),
            ("organization", "A"),
            ("purpose", "LAN"),
        ],
    )
    .await;
    p.add(
        "contact",
        &[
            ("organization", "A"),
            ("role", "leader"),
            ("name", "Đỗ Ư"),
            ("phone", "+84 270 382 2222"),
            ("starts_on", "2026-01-01"),
        ],
    )
    .await;
    p.add(
        "role-assignment",
        &[
            ("role", "network-authority"),
            ("organization", "A"),
            ("starts_on", "2025-03-01"),
        ],
    )
    .await;
    p.add(
        "exemption",
        &[
            ("organization", &a.to_string()),
            ("regulation", "vinh-long-26-2019"),
            ("clause", "13.3"),
            ("reason", "x"),
            ("approver", "y"),
            ("starts_on", "2026-01-01"),
            ("ends_on", "2026-12-31"),
        ],
    )
    .await;
    let letterhead = [
        ("organization", "A"),
        ("symbol", "SA"),
        ("recipients", "Như trên\nLưu: VT"),
    ];
    p.add("letterhead", &letterhead).await;
    let round = [
        ("code", "KT1"),
        ("name", "Kiểm tra"),
        ("organization", "A"),
        ("occasion", "planned"),
        ("starts_on", "2026-11-20"),
        ("status", "planned"),
    ];
    p.add("inspection-round", &round).await;
    let about = [
        ("inspection", "KT1"),
        ("organization", "A"),
        ("regulation", "vinh-long-26-2019"),
        ("clause", "13.3"),
    ];
    let item = [
        ("code", "KT1/A/13.3"),
        ("result", "open"),
        ("answered_by", "inspector"),
    ];
    p.add("inspection-item", &[&about[..], &item].concat())
        .await;
    let finding = [
        ("code", "KT1/A/13.3"),
        ("summary", "Thiếu nhật ký"),
        ("severity", "low"),
        ("action", "Bổ sung"),
        ("action_owner", "An"),
        ("due_on", "2026-12-01"),
        ("status", "open"),
    ];
    p.add("finding", &[&about[..], &finding].concat()).await;
    let mut entry = crate::values(&[
        ("organization", "A"),
        ("occurred_on", "2026-11-20"),
        ("subject", "@sao lưu"),
        ("result", "success"),
    ]);
    entry.insert(
        "finished_at".into(),
        domain::record::Value::Integer(p.clock.now_ms()),
    );
    registry::save(&p.app, &p.ctx(), "backup-report", None, entry)
        .await
        .unwrap();
}

async fn what_goes_out_comes_in_unchanged(p: Province) {
    everything(&p).await;
    let typed = domain::noun::all().iter().filter(|s| s.observed.is_none());
    let nouns = typed.map(|s| s.noun.as_str());
    for noun in nouns.chain(["backup-report"]) {
        let csv = registry::export_csv(&p.app, &p.ctx(), noun, &RecordQuery::default())
            .await
            .unwrap();
        let xlsx = registry::export_xlsx(&p.app, &p.ctx(), noun, &RecordQuery::default())
            .await
            .unwrap();
        let before = total(&p, noun).await;
        assert!(before > 0, "{noun}");
        for file in [csv, xlsx] {
            let report = registry::import(&p.app, &p.ctx(), noun, &file, ImportMode::GoodRows)
                .await
                .unwrap();
            for row in &report.rows {
                assert_eq!(row.outcome, Outcome::Unchanged, "{noun}: {row:?}");
            }
            assert_eq!(total(&p, noun).await, before, "{noun}");
        }
    }
    // A column that is left out leaves the field as it is.
    let report = run(
        &p,
        "device",
        "code,name,organization\n-84,mới,A\n",
        ImportMode::GoodRows,
    )
    .await;
    assert_eq!(report.updated, 1, "{}", why(&report, 2));
    let read = registry::get(&p.app, &p.ctx(), "device", "-84")
        .await
        .unwrap();
    assert_eq!((read.text("name"), read.text("note")), ("mới", "hai\ndòng"));
    assert_ne!(read.id, Id::NIL);
}

#[tokio::test]
async fn what_goes_out_comes_in_unchanged_on_sqlite() {
    what_goes_out_comes_in_unchanged(Province::new().await).await;
}

#[tokio::test]
async fn what_goes_out_comes_in_unchanged_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        what_goes_out_comes_in_unchanged(p).await;
    }
}
