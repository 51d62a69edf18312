//! Tables as offices keep them: told, never swallowed; field by field before it is written.

use app::registry::{
    self, ImportMode, ImportOptions, ImportReport, Outcome, Progress, RecordQuery, RowFate,
};
use domain::problem::{Problem, ProblemKind};

use crate::{
    Province,
    workbook::{Cell, xlsx},
};

pub(crate) async fn plan(p: &Province, noun: &str, text: &str) -> ImportReport {
    tried(p, noun, text.as_bytes(), ImportOptions::default())
        .await
        .unwrap()
}

pub(crate) async fn taken(p: &Province, noun: &str, text: &str) -> ImportReport {
    let options = ImportOptions {
        mode: ImportMode::GoodRows,
        ..ImportOptions::default()
    };
    tried(p, noun, text.as_bytes(), options).await.unwrap()
}

pub(crate) async fn tried(
    p: &Province,
    noun: &str,
    bytes: &[u8],
    options: ImportOptions,
) -> Result<ImportReport, Problem> {
    let progress = Progress::default();
    registry::import_as(&p.app, &p.ctx(), noun, bytes, &options, &progress).await
}

pub(crate) fn row(report: &ImportReport, line: u64) -> &RowFate {
    report.rows.iter().find(|r| r.line == line).unwrap()
}

pub(crate) fn why(report: &ImportReport, line: u64) -> String {
    let problems = row(report, line).problems.iter();
    let lines: Vec<String> = problems.map(|p| p.line(domain::label::Lang::En)).collect();
    lines.join("; ")
}

pub(crate) fn changes(report: &ImportReport, line: u64) -> Vec<(&str, &str, &str)> {
    let changes = row(report, line).changes.iter();
    changes
        .map(|c| (c.field.as_str(), c.before.as_str(), c.after.as_str()))
        .collect()
}

pub(crate) fn told(report: &ImportReport) -> String {
    let told: Vec<&str> = report.told.iter().map(|t| t.en.as_str()).collect();
    told.join("; ")
}

pub(crate) async fn read(p: &Province, noun: &str, key: &str) -> domain::record::Record {
    registry::get(&p.app, &p.ctx(), noun, key).await.unwrap()
}

pub(crate) const UNITS: &str = "code,name,kind,level,membership\n";

#[tokio::test]
async fn a_blank_cell_keeps_what_is_there_and_a_sign_empties_it() {
    let p = Province::new().await;
    let commune = "29551,UBND xã Cái Nhum,people-committee,commune,member,0270 3822222,ghi chú\n";
    taken(
        &p,
        "organization",
        &format!("code,name,kind,level,membership,phone,note\n{commune}"),
    )
    .await;
    let text = "code,name,kind,level,membership,phone,note\n29551,,,,,0270 3999999,(xóa)\n";
    let dry = plan(&p, "organization", text).await;
    assert_eq!((dry.updated, dry.bad), (1, 0), "{}", why(&dry, 2));
    assert_eq!(
        changes(&dry, 2),
        [
            ("phone", "0270 3822222", "0270 3999999"),
            ("note", "ghi chú", "")
        ]
    );
    taken(&p, "organization", text).await;
    let after = read(&p, "organization", "29551").await;
    let fields = ["name", "kind", "level", "membership", "phone", "note"].map(|f| after.text(f));
    assert_eq!(
        fields,
        [
            "UBND xã Cái Nhum",
            "people-committee",
            "commune",
            "member",
            "0270 3999999",
            ""
        ]
    );
    // Two columns are enough for what is there; what is new needs its own.
    let two = plan(
        &p,
        "organization",
        "code,phone\n29551,0270 1111111\n29552,0270 2222222\n",
    )
    .await;
    assert_eq!((two.updated, two.bad), (1, 1));
    assert!(
        why(&two, 3).contains("needs the column “Name”"),
        "{}",
        why(&two, 3)
    );
    let required = plan(&p, "organization", "code,name\n29551,-\n").await;
    assert!(
        why(&required, 2).contains("cannot be emptied"),
        "{}",
        why(&required, 2)
    );
    assert!(
        why(&required, 2).starts_with("B2 “name” = “-”"),
        "{}",
        why(&required, 2)
    );
}

#[tokio::test]
async fn references_are_exact_and_near_ones_are_offered() {
    let p = Province::new().await;
    let units = format!(
        "{UNITS}1,Xã Tân Thành,people-committee,commune,member\n2,Xã Tân An,people-committee,commune,member\n3,Xã Tân An,people-committee,commune,member\n"
    );
    assert_eq!(taken(&p, "organization", &units).await.created, 3);
    let head = "code,name,organization,role,status\n";
    let rows = "a,x,Xã Tân Thạnh,router,active\nb,x,xã tân thành,router,active\nc,x,Xa\u{303} Tân Tha\u{300}nh,router,active\nd,x,Xã Tân An,router,active\ne,x,Xã Long Hồ,router,active\n";
    let report = taken(&p, "device", &format!("{head}{rows}")).await;
    assert_eq!((report.created, report.bad), (1, 4));
    for (line, word) in [
        (2, "do you mean 1 (Xã Tân Thành)?"),
        (3, "do you mean 1 (Xã Tân Thành)?"),
        (
            5,
            "Several are called “Xã Tân An”: 2 (Xã Tân An), 3 (Xã Tân An)",
        ),
        (6, "There is no organization “Xã Long Hồ”"),
    ] {
        assert!(
            why(&report, line).contains(word),
            "{line}: {}",
            why(&report, line)
        );
        assert!(why(&report, line).starts_with(&format!("C{line} “organization” =")));
    }
    // A form and the API say the same.
    let given = [
        ("code", "f"),
        ("name", "x"),
        ("organization", "Xã Tân Thạnh"),
        ("role", "router"),
        ("status", "active"),
    ];
    let refused = p.try_add(&p.ctx(), "device", &given).await.unwrap_err();
    assert!(
        refused.fields[0]
            .message
            .vi
            .contains("có phải 1 (Xã Tân Thành)?"),
        "{refused:?}"
    );
    let given = [
        ("code", "f"),
        ("name", "x"),
        ("organization", "Xã Tân An"),
        ("role", "router"),
        ("status", "active"),
    ];
    let refused = p.try_add(&p.ctx(), "device", &given).await.unwrap_err();
    assert!(
        refused.fields[0].message.en.contains("Several are called"),
        "{refused:?}"
    );
}

async fn codes_differ_by_more_than_case(p: Province) {
    taken(
        &p,
        "organization",
        &format!("{UNITS}vp-77,Văn phòng,office,province,member\nĐ-1,Đ,office,province,member\n"),
    )
    .await;
    let rows = "VP-77,Đơn vị khác hẳn,office,province,member\nđ-1,x,office,province,member\nN1,x,office,province,member\nn1,y,office,province,member\n";
    let report = taken(&p, "organization", &format!("{UNITS}{rows}")).await;
    assert_eq!((report.created, report.updated, report.bad), (1, 0, 3));
    assert!(
        why(&report, 2).contains("“VP-77” differs from “vp-77”"),
        "{}",
        why(&report, 2)
    );
    assert!(
        why(&report, 3).contains("“đ-1” differs from “Đ-1”"),
        "{}",
        why(&report, 3)
    );
    assert!(
        why(&report, 5).contains("Same as line 4"),
        "{}",
        why(&report, 5)
    );
    assert_eq!(
        read(&p, "organization", "vp-77").await.text("name"),
        "Văn phòng"
    );
    for code in ["Vp-77", "đ-1"] {
        let given = [
            ("code", code),
            ("name", "x"),
            ("kind", "office"),
            ("level", "province"),
            ("membership", "member"),
        ];
        let refused = p
            .try_add(&p.ctx(), "organization", &given)
            .await
            .unwrap_err();
        assert_eq!(refused.kind, ProblemKind::Conflict);
        assert!(
            refused.fields[0].message.en.contains("in case alone"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn codes_differ_by_more_than_case_on_sqlite() {
    codes_differ_by_more_than_case(Province::new().await).await;
}

#[tokio::test]
async fn codes_differ_by_more_than_case_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        codes_differ_by_more_than_case(p).await;
    }
}

#[tokio::test]
async fn numbers_are_read_one_way_or_refused() {
    let p = Province::new().await;
    p.unit("A1", None).await;
    p.unit("VNPT", None).await;
    for code in ["S1", "S2"] {
        p.add(
            "site",
            &[
                ("code", code),
                ("name", code),
                ("organization", "A1"),
                ("class", "standard"),
                ("status", "active"),
            ],
        )
        .await;
    }
    let mut text = String::from("code,organization,provider,a_site,bandwidth_mbps\n");
    let given = [
        ("100", Ok(100)),
        ("1.000", Err("two ways")),
        ("\"1,000\"", Err("two ways")),
        ("2.5", Err("whole number")),
        ("\"2,5\"", Err("whole number")),
        ("100.0", Ok(100)),
        ("1e3", Err("exponent")),
        ("100 Mbps", Err("without “Mbps”")),
        ("1 000", Ok(1000)),
        ("0.512", Err("whole number")),
        ("1.544", Err("two ways")),
        ("-5", Err("negative")),
        ("10%", Err("percent")),
        ("#N/A", Err("error #N/A")),
    ];
    for (i, (bandwidth, _)) in given.iter().enumerate() {
        text.push_str(&format!("BW{i},A1,VNPT,S1,{bandwidth}\n"));
    }
    let report = taken(&p, "circuit", &text).await;
    for (i, (bandwidth, expected)) in given.iter().enumerate() {
        let line = i as u64 + 2;
        match expected {
            Ok(number) => {
                assert_eq!(
                    row(&report, line).outcome,
                    Outcome::Create,
                    "{bandwidth}: {}",
                    why(&report, line)
                );
                let kept = read(&p, "circuit", &format!("BW{i}")).await;
                assert_eq!(
                    kept.get("bandwidth_mbps"),
                    &domain::record::Value::Integer(*number)
                );
            }
            Err(word) => assert!(
                why(&report, line).contains(word),
                "{bandwidth}: {}",
                why(&report, line)
            ),
        }
    }
}

#[tokio::test]
async fn dates_say_how_they_were_read() {
    let p = Province::new().await;
    p.unit("A1", None).await;
    let given = [
        ("01/07/2025", Ok("2025-07-01")),
        ("2025-07-01", Ok("2025-07-01")),
        ("01/07/25", Err("all four digits")),
        ("07/21/2025", Err("is it 21/07/2025?")),
        ("-000001-01-01", Err("Must be a date")),
        ("01/01/1025", Err("not between 1900")),
        ("ngày 01 tháng 7 năm 2025", Ok("2025-07-01")),
        ("45839", Err("write 01/07/2025")),
        ("2025-07-01 00:00:00", Ok("2025-07-01")),
    ];
    let mut text = String::from("organization,role,name,starts_on\n");
    for (i, (day, _)) in given.iter().enumerate() {
        text.push_str(&format!("A1,it-officer,Người {i},{day}\n"));
    }
    let report = taken(&p, "contact", &text).await;
    for (i, (day, expected)) in given.iter().enumerate() {
        let line = i as u64 + 2;
        match expected {
            Ok(_) => assert_eq!(
                row(&report, line).outcome,
                Outcome::Create,
                "{day}: {}",
                why(&report, line)
            ),
            Err(word) => assert!(
                why(&report, line).contains(word),
                "{day}: {}",
                why(&report, line)
            ),
        }
    }
    let every = registry::list(&p.app, &p.ctx(), "contact", &RecordQuery::default())
        .await
        .unwrap();
    assert!(
        every
            .records
            .iter()
            .all(|r| r.text("starts_on") == "2025-07-01")
    );
    assert!(
        told(&report).contains("read as day/month/year"),
        "{}",
        told(&report)
    );
    let note = &row(&report, 2).notes[0].en;
    assert!(note.contains("read as 01/07/2025; line 5"), "{note}");
}

#[tokio::test]
async fn the_header_is_found_and_what_is_no_row_is_told() {
    let p = Province::new().await;
    let text = "DANH SÁCH ĐƠN VỊ,,,,,\n(Kèm theo Công văn số 12),,,,,\n,,,,,\nSTT,Ma\u{303} (*),\"Tên\nđơn vị\",Loại *,Cấp,Tư cách trên mạng\n(1),(2),(3),(4),(5),(6)\n1,A1,Sở KH&CN,\"Sở, ban, ngành\",Tỉnh,Thành viên\n,,,,,\n2,A2,UBND xã,Ủy ban nhân dân,Xã,Thành viên\nTổng cộng,,2,,,\n,,,,\"Vĩnh Long, ngày 1\",\n";
    let report = taken(&p, "organization", text).await;
    assert_eq!((report.created, report.bad), (2, 1), "{report:?}");
    let told = told(&report);
    for word in [
        "header is line 4",
        "DANH SÁCH ĐƠN VỊ",
        "line 6: it numbers",
        "10: Tổng cộng 2",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert_eq!(report.ignored_columns, ["STT"]);
    assert!(
        why(&report, 11).contains("Required"),
        "a remark is told, not swallowed"
    );
    assert_eq!(
        read(&p, "organization", "A1").await.text("name"),
        "Sở KH&CN"
    );
}

#[tokio::test]
async fn columns_are_told_apart_or_asked_for() {
    let p = Province::new().await;
    let twice =
        "code,name,kind,level,membership,Tên\nD1,Tên đúng,department,province,member,Tên khác\n";
    let refused = tried(
        &p,
        "organization",
        twice.as_bytes(),
        ImportOptions::default(),
    )
    .await
    .unwrap_err();
    assert!(
        refused.what.en.contains("B1 “name” and F1 “Tên”"),
        "{}",
        refused.what.en
    );
    // A header that names nothing is shown with the nearest, and a person may say what it is.
    let text = "code,Tên gọi,kind,level,membership,lat,lon\nD1,Phường Ba Đình,people-committee,commune,member,21.038,105.838\n";
    let report = plan(&p, "organization", text).await;
    assert_eq!(report.bad, 1, "{report:?}");
    let unused: Vec<_> = report
        .columns
        .iter()
        .filter(|c| c.field.is_none())
        .collect();
    assert_eq!((unused.len(), unused[0].cell.as_str()), (1, "B1"));
    let options = ImportOptions {
        mode: ImportMode::GoodRows,
        columns: vec![("Tên gọi".into(), "name".into())],
        ..ImportOptions::default()
    };
    let report = tried(&p, "organization", text.as_bytes(), options)
        .await
        .unwrap();
    assert_eq!(report.created, 1, "{}", why(&report, 2));
    let kept = read(&p, "organization", "D1").await;
    assert_eq!(
        kept.get("latitude"),
        &domain::record::Value::Decimal(21.038)
    );
    let open = format!(
        "{UNITS}Q2,\"Sở A,department,province,member\nQ3,Sở B,department,province,member\n"
    );
    let refused = tried(
        &p,
        "organization",
        open.as_bytes(),
        ImportOptions::default(),
    )
    .await
    .unwrap_err();
    assert!(
        refused.what.en.contains("opened on line 2"),
        "{}",
        refused.what.en
    );
    let swallowed = format!(
        "{UNITS}Q2,\"Sở A,department,province,member\nQ3,Sở B,department,province,member\",office,province,member\n"
    );
    let report = plan(&p, "organization", &swallowed).await;
    assert!(
        why(&report, 2).contains("holds other rows"),
        "{}",
        why(&report, 2)
    );
}

#[tokio::test]
async fn what_a_workbook_hides_or_merges_is_asked_and_told() {
    let p = Province::new().await;
    let texts = |cells: [&'static str; 5]| Vec::from(cells.map(Cell::Text));
    let sheet = xlsx(&[
        texts(["code", "name", "kind", "level", "membership"]),
        texts(["VS1", "hiện", "department", "province", "member"]),
    ]);
    let report = tried(&p, "organization", &sheet, ImportOptions::default())
        .await
        .unwrap();
    assert_eq!((report.created, report.asks_for_sheet()), (1, false));
    let named = ImportOptions {
        sheet: Some("Không có".into()),
        ..ImportOptions::default()
    };
    let refused = tried(&p, "organization", &sheet, named).await.unwrap_err();
    assert!(
        refused.what.en.contains("no sheet “Không có”"),
        "{}",
        refused.what.en
    );
}
