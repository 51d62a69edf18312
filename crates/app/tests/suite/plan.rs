//! What the plan of an import asks about, and what it tells.

use app::registry::{self, ImportMode, ImportOptions, Outcome, Progress, RecordQuery};
use domain::{authority::Role, problem::ProblemKind};

use crate::{
    Province,
    table::{UNITS, changes, plan, read, row, taken, told, tried, why},
    values,
    workbook::{Cell, hiding, xlsx},
};

#[tokio::test]
async fn a_code_that_lost_its_zeros_is_no_new_one() {
    let p = Province::new().await;
    let units = format!(
        "{UNITS}00004,Phường Ba Đình,people-committee,commune,member\n1,Một,office,province,member\n1.0,Một chấm không,office,province,member\n7.0,Bảy,office,province,member\n"
    );
    let report = taken(&p, "organization", &units).await;
    assert_eq!((report.created, report.bad), (4, 0), "{}", why(&report, 4));
    let rows = "4,Phường Ba Đình,people-committee,commune,member\n004,x,office,province,member\n00004.0,x,office,province,member\n5,Năm,office,province,member\n5.0,x,office,province,member\n";
    let head = "code,name,kind,level,membership\n";
    let report = taken(&p, "organization", &format!("{head}{rows}")).await;
    for line in [2, 3, 4] {
        let why = why(&report, line);
        assert!(why.contains("do you mean 00004 (Phường Ba Đình)?"), "{why}");
    }
    // A number that comes near to none is one; what a program may have added is told.
    assert_eq!((report.created, report.bad), (2, 3));
    assert!(row(&report, 6).notes[0].en.contains("“5.0” is kept"));
    let cells = |code: f64| {
        let texts = ["x", "office", "province", "member"].map(Cell::Text);
        [Cell::Number(code)].into_iter().chain(texts).collect()
    };
    let header = ["code", "name", "kind", "level", "membership"].map(Cell::Text);
    let sheet = xlsx(&[header.into(), cells(4.0), cells(7.0), cells(1.0)]);
    let report = tried(&p, "organization", &sheet, ImportOptions::default())
        .await
        .unwrap();
    assert!(
        why(&report, 4).contains("do you mean 00004"),
        "{}",
        why(&report, 4)
    );
    assert!(
        why(&report, 5).contains("do you mean 7.0"),
        "{}",
        why(&report, 5)
    );
    assert_eq!(row(&report, 6).outcome, Outcome::Update);
    // `1.0` and `1` are two records, and each comes back as itself.
    let query = RecordQuery::default();
    let out = registry::export_csv(&p.app, &p.ctx(), "organization", &query).await;
    let again = tried(&p, "organization", &out.unwrap(), ImportOptions::default())
        .await
        .unwrap();
    assert_eq!((again.unchanged, again.bad + again.updated), (6, 0));
}

#[tokio::test]
async fn a_telephone_number_gets_back_its_zero() {
    let p = Province::new().await;
    p.unit("A1", None).await;
    for (number, kept) in [
        (2_703_999_999.0, "02703999999"),
        (912_345_678.0, "0912345678"),
        (3_822_222.0, "3822222"),
        (1_900_561_234.0, "1900561234"),
        (84_912_345_678.0, "84912345678"),
    ] {
        let sheet = xlsx(&[
            ["code", "phone"].map(Cell::Text).into(),
            vec![Cell::Text("A1"), Cell::Number(number)],
        ]);
        let report = tried(&p, "organization", &sheet, ImportOptions::default())
            .await
            .unwrap();
        assert_eq!(changes(&report, 4), [("phone", "", kept)]);
        assert_eq!(row(&report, 4).notes.is_empty(), !kept.starts_with('0'));
    }
    // In a text file it stays as written, and is told.
    let report = plan(&p, "organization", "code,phone\nA1,2703999999\n").await;
    assert_eq!(changes(&report, 2), [("phone", "", "2703999999")]);
    assert!(row(&report, 2).notes[0].en.contains("lack its first 0"));
}

#[tokio::test]
async fn a_parent_that_two_rows_are_called_is_ambiguous() {
    let p = Province::new().await;
    let head = "code,name,kind,level,membership,parent\n";
    let unit = |code: &str, name: &str, parent: &str| {
        format!("{code},{name},department,province,member,{parent}\n")
    };
    let there = format!("{head}{}", unit("T", "Phòng Tin học", ""));
    assert_eq!(taken(&p, "organization", &there).await.created, 1);
    // A new row, and one that gives another unit the name.
    let rows = [
        unit("N1", "Phòng Tin học", ""),
        unit("N2", "Con", "Phòng Tin học"),
        unit("N3", "Phòng Mới", ""),
        unit("N4", "Con của mới", "Phòng Mới"),
        unit("N5", "Cháu", "N1"),
    ];
    let report = taken(&p, "organization", &format!("{head}{}", rows.concat())).await;
    let told = why(&report, 3);
    assert!(
        told.contains("Several are called “Phòng Tin học”: T (Phòng Tin học), N1 (Phòng Tin học)"),
        "{told}"
    );
    assert_eq!((report.created, report.bad), (4, 1), "{told}");
    let parent = async |code: &str| {
        let parent = read(&p, "organization", code).await.get("parent").as_id();
        read(&p, "organization", &parent.unwrap().to_string())
            .await
            .text("code")
            .to_owned()
    };
    assert_eq!(parent("N4").await, "N3");
    assert_eq!(parent("N5").await, "N1");
    let rows = [unit("N3", "Con", ""), unit("N6", "x", "Con")];
    let report = plan(&p, "organization", &format!("{head}{}", rows.concat())).await;
    // N2 did not go in; N3 alone is called so.
    assert_eq!(report.bad, 0, "{}", why(&report, 3));
    let rows = [unit("N3", "Cháu", ""), unit("N6", "x", "Cháu")];
    let report = plan(&p, "organization", &format!("{head}{}", rows.concat())).await;
    assert!(
        why(&report, 3).contains("N5 (Cháu), N3"),
        "{}",
        why(&report, 3)
    );
}

#[tokio::test]
async fn what_a_hidden_column_holds_is_asked_about() {
    let p = Province::new().await;
    let header = [
        "code",
        "name",
        "kind",
        "level",
        "membership",
        "phone",
        "note",
    ];
    let unit = |code, phone, note| {
        ["office", "province", "member", phone, note].iter().fold(
            vec![Cell::Text(code), Cell::Text("x")],
            |mut row, text| {
                row.push(Cell::Text(text));
                row
            },
        )
    };
    let rows = [
        header.map(Cell::Text).into(),
        unit("A1", "0270 1", "thấy"),
        unit("A2", "", "thấy"),
    ];
    let columns = r#"<cols><col min="6" max="6" width="9" hidden="1"/></cols>"#;
    let sheet = hiding(&rows, columns);
    let report = tried(&p, "organization", &sheet, ImportOptions::default())
        .await
        .unwrap();
    assert!(told(&report).contains("F3 “phone”"), "{}", told(&report));
    assert_eq!((report.asks, report.created), (1, 1));
    assert_eq!(row(&report, 4).outcome, Outcome::Asks);
    let all = ImportOptions {
        mode: ImportMode::AllOrNothing,
        hidden_rows: true,
        ..ImportOptions::default()
    };
    assert_eq!(
        tried(&p, "organization", &sheet, all)
            .await
            .unwrap()
            .created,
        2
    );
    assert_eq!(read(&p, "organization", "A1").await.text("phone"), "0270 1");
}

#[tokio::test]
async fn what_is_said_of_a_column_is_understood_or_refused() {
    let p = Province::new().await;
    let text = "code,\"Tên\ngọi\",kind,level,membership\nD1,Sở,office,province,member\n";
    let said = async |header: &str, field: &str| {
        let options = ImportOptions {
            columns: vec![(header.into(), field.into())],
            ..ImportOptions::default()
        };
        tried(&p, "organization", text.as_bytes(), options).await
    };
    for (header, field, word) in [
        ("X", "name", "no column “X”"),
        ("Tên gọi", "nosuch", "no field “nosuch”"),
    ] {
        let refused = said(header, field).await.unwrap_err();
        assert_eq!(refused.kind, ProblemKind::Invalid);
        assert!(refused.what.en.contains(word), "{refused:?}");
    }
    // A browser sends a line break in its own way; blank: the column is not used.
    assert_eq!(said("Tên\r\ngọi", "name").await.unwrap().created, 1);
    assert_eq!(said("Tên gọi", "").await.unwrap().bad, 1);
}

#[tokio::test]
async fn the_plan_tells_what_will_wait_for_the_centre() {
    let p = Province::new().await;
    let (a, _) = (p.unit("A", None).await, p.unit("B", None).await);
    for (cidr, unit) in [("10.1.0.0/16", "A"), ("10.2.0.0/16", "B")] {
        p.add(
            "prefix",
            &[("cidr", cidr), ("organization", unit), ("purpose", "LAN")],
        )
        .await;
    }
    let text = "code,name,organization,role,status,address,log_name\n\
        D1,x,A,server,active,10.1.0.1,\nD2,x,A,server,active,10.2.0.1,\nD3,x,A,server,active,,may-a\n";
    let planned = async |ctx| {
        let (options, progress) = (ImportOptions::default(), Progress::default());
        let bytes = text.as_bytes();
        registry::import_as(&p.app, &ctx, "device", bytes, &options, &progress)
            .await
            .unwrap()
    };
    let report = planned(p.as_role(Role::Officer, Some(a))).await;
    assert_eq!(report.created, 3, "{}", why(&report, 3));
    let notes = |line: u64| -> Vec<&str> {
        let notes = row(&report, line).notes.iter();
        notes.map(|note| note.en.as_str()).collect()
    };
    assert_eq!(notes(2), [""; 0]);
    assert!(
        notes(3)[0].starts_with("Address 10.2.0.1 will wait"),
        "{:?}",
        notes(3)
    );
    assert!(
        notes(4)[0].starts_with("Name in log lines may-a will wait"),
        "{:?}",
        notes(4)
    );
    let centre = planned(p.ctx()).await;
    assert!(
        centre.rows.iter().all(|row| row.notes.is_empty()),
        "{centre:?}"
    );
}

#[tokio::test]
async fn a_day_in_a_column_of_text_is_told() {
    let p = Province::new().await;
    let sheet = xlsx(&[
        ["code", "name", "kind", "level", "membership"]
            .map(Cell::Text)
            .into(),
        vec![
            Cell::Text("A1"),
            Cell::Date(46_000.0),
            Cell::Text("office"),
            Cell::Text("province"),
            Cell::Text("member"),
        ],
    ]);
    let report = tried(&p, "organization", &sheet, ImportOptions::default())
        .await
        .unwrap();
    let notes = &row(&report, 4).notes;
    assert!(
        notes[0].en.contains("taken as the text “2025-12-09”"),
        "{notes:?}"
    );
}

#[tokio::test]
async fn what_is_not_seen_stands_in_no_name() {
    let p = Province::new().await;
    for unseen in ['\u{200b}', '\u{feff}', '\u{ad}', '\u{2060}'] {
        let text = format!("{UNITS}A1,Sở{unseen}A,office,province,member\n");
        let report = plan(&p, "organization", &text).await;
        assert!(
            why(&report, 2).contains("is not seen"),
            "{}",
            why(&report, 2)
        );
    }
    // Signs are drawn by a joiner.
    let text = format!("{UNITS}A1,Máy 👩\u{200d}💻,office,province,member\n");
    assert_eq!(plan(&p, "organization", &text).await.created, 1);
}

#[tokio::test]
async fn nothing_is_entered_for_a_unit_after_its_end() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let ended = "code,ends_on\nA,2025-06-30\n";
    assert_eq!(taken(&p, "organization", ended).await.updated, 1);
    let on = |day: &'static str| {
        let subject = [("subject", "việc"), ("result", "routine")];
        values(&[&[("organization", "A"), ("occurred_on", day)], &subject[..]].concat())
    };
    let book = "technical-journal";
    let late = registry::save(&p.app, &p.ctx(), book, None, on("2025-07-01")).await;
    let late = late.unwrap_err();
    assert_eq!(late.fields[0].field, "occurred_on", "{late:?}");
    assert!(late.fields[0].message.en.contains("2025-06-30"), "{late:?}");
    let kept = registry::save(&p.app, &p.ctx(), book, None, on("2025-06-30")).await;
    assert_eq!(kept.unwrap().record.version, 1);
    let rows =
        "organization,occurred_on,subject,result\nA,2025-07-01,x,routine\nA,2025-06-29,x,routine\n";
    let report = plan(&p, book, rows).await;
    assert_eq!((report.bad, report.created), (1, 1));
    assert!(why(&report, 2).contains("dissolved"), "{}", why(&report, 2));
}

#[tokio::test]
async fn a_device_that_goes_to_another_unit_leaves_its_site() {
    let p = Province::new().await;
    for unit in ["A", "B"] {
        p.unit(unit, None).await;
        let site = [
            ("code", unit),
            ("name", unit),
            ("organization", unit),
            ("class", "standard"),
        ];
        p.add("site", &[&site[..], &[("status", "active")]].concat())
            .await;
    }
    let device = |unit: &'static str, site: &'static str| {
        let device = [
            ("code", "D"),
            ("name", "x"),
            ("role", "server"),
            ("status", "active"),
        ];
        values(&[&device[..], &[("organization", unit), ("site", site)]].concat())
    };
    let made = registry::save(&p.app, &p.ctx(), "device", None, device("A", "A")).await;
    let id = made.unwrap().record.id;
    let moved = registry::save(&p.app, &p.ctx(), "device", Some((id, 1)), device("B", "A")).await;
    let moved = moved.unwrap_err();
    assert_eq!(moved.fields[0].field, "site", "{moved:?}");
    assert!(
        moved.fields[0].message.en.contains("former unit's"),
        "{moved:?}"
    );
    let report = plan(&p, "device", "code,organization\nD,B\n").await;
    assert!(
        why(&report, 2).contains("former unit's"),
        "{}",
        why(&report, 2)
    );
    let report = taken(&p, "device", "code,organization,site\nD,B,B\n").await;
    assert_eq!(report.updated, 1, "{}", why(&report, 2));
}

#[tokio::test]
async fn a_circuit_that_keeps_sites_from_a_circle_stays() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let sites = "code,name,organization,class\nH,Trung tâm,A,hub\nW,W,A,standard\nX,Điểm X,A,standard\nY,Điểm Y,A,standard\n";
    assert_eq!(taken(&p, "site", sites).await.created, 4);
    let ways = "code,organization,provider,a_site,z_site,address,status\nC1,A,A,X,H,10.0.1.1,active\nC2,A,A,Y,H,10.0.1.2,active\n";
    assert_eq!(taken(&p, "circuit", ways).await.created, 2);
    for (site, parent) in [("X", "Y"), ("Y", "X")] {
        let site = read(&p, "site", site).await;
        let mut changed = site.values.clone();
        changed.insert("parent".into(), parent.into());
        let at = Some((site.id, site.version));
        let saved = registry::save(&p.app, &p.ctx(), "site", at, changed).await;
        saved.unwrap();
    }
    let moved = taken(&p, "circuit", "code,a_site\nC1,W\nC2,W\n").await;
    assert_eq!((moved.updated, moved.bad), (1, 1));
    assert!(
        why(&moved, 3).contains("Điểm Y → Điểm X"),
        "{}",
        why(&moved, 3)
    );
    let last = read(&p, "circuit", "C2").await;
    let deleted = registry::delete(&p.app, &p.ctx(), "circuit", last.id, last.version).await;
    let told = deleted.unwrap_err();
    assert_eq!(told.kind, ProblemKind::Conflict);
    assert!(told.what.vi.contains("Điểm Y → Điểm X"), "{told:?}");
}
