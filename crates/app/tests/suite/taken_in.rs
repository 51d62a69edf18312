//! Tables that go in beside other people's work: in batches, again, in part.

use app::registry::{self, ImportMode, ImportOptions, Outcome, Progress, RecordQuery};

use crate::{
    Province,
    table::{UNITS, changes, plan, read, taken, told, tried, why},
};

#[tokio::test]
async fn contacts_and_assignments_come_again_as_the_same() {
    let p = Province::new().await;
    p.unit("A1", None).await;
    let text = "organization,role,name,phone\nA1,it-officer,Nguyễn An,0270 1\u{20}11\nA1,leader,Nguyễn An,0270 2222\n";
    assert_eq!(taken(&p, "contact", text).await.created, 2);
    // The day after, with the same and with another number.
    p.pass(86_400_000);
    let again = taken(&p, "contact", text).await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2));
    let other = plan(
        &p,
        "contact",
        "organization,role,name,phone\nA1,it-officer,Nguyễn An,0270 3333\n",
    )
    .await;
    assert_eq!(changes(&other, 2), [("phone", "0270 1 11", "0270 3333")]);
    // Another term of the same person is another contact; then a row must say which.
    let term = "organization,role,name,starts_on\nA1,it-officer,Nguyễn An,01/01/2030\n";
    assert_eq!(taken(&p, "contact", term).await.created, 1);
    let which = plan(&p, "contact", text).await;
    assert!(
        why(&which, 2).contains("2 records fit (2026-11-20; 2030-01-01)"),
        "{}",
        why(&which, 2)
    );
    let twice = plan(
        &p,
        "contact",
        "organization,role,name\nA1,hotline,Trực\nA1,hotline,Trực\n",
    )
    .await;
    assert!(why(&twice, 3).contains("Same as line 2"));
}

#[tokio::test]
async fn what_changed_after_the_plan_was_shown_is_not_written_over() {
    let p = Province::new().await;
    taken(
        &p,
        "organization",
        &format!("{UNITS}A,Cũ,office,province,member\nB,Cũ,office,province,member\n"),
    )
    .await;
    let text = "code,name\nA,Mới\nB,Mới\n";
    let shown = plan(&p, "organization", text).await.shown();
    taken(&p, "organization", "code,name\nA,Của người khác\n").await;
    let options = ImportOptions {
        mode: ImportMode::GoodRows,
        shown: Some(shown),
        ..ImportOptions::default()
    };
    let report = tried(&p, "organization", text.as_bytes(), options)
        .await
        .unwrap();
    assert_eq!((report.updated, report.bad), (1, 1));
    assert!(why(&report, 2).contains("after the plan was shown"));
    assert_eq!(
        read(&p, "organization", "A").await.text("name"),
        "Của người khác"
    );
    assert_eq!(read(&p, "organization", "B").await.text("name"), "Mới");
}

#[tokio::test]
async fn an_import_that_is_stopped_keeps_what_is_in_and_goes_on_later() {
    let p = Province::new().await;
    let mut text = String::from(UNITS);
    for i in 0..3_000 {
        text.push_str(&format!("X{i},Đơn vị {i},office,province,member\n"));
    }
    let options = ImportOptions {
        mode: ImportMode::GoodRows,
        ..ImportOptions::default()
    };
    let progress = std::sync::Arc::new(Progress::default());
    let (app, ctx, own) = (p.app.clone(), p.ctx(), std::sync::Arc::clone(&progress));
    let bytes = text.clone();
    let importing = tokio::spawn(async move {
        registry::import_as(&app, &ctx, "organization", bytes.as_bytes(), &options, &own).await
    });
    while progress.written().0 == 0 {
        tokio::task::yield_now().await;
    }
    progress.stop();
    let report = importing.await.unwrap().unwrap();
    assert!(report.stopped && report.written);
    assert!(
        report.created > 0 && report.created + report.left == 3_000,
        "{}",
        report.created
    );
    let again = taken(&p, "organization", &text).await;
    assert_eq!(
        (again.created, again.unchanged),
        (report.left, report.created)
    );
}

#[tokio::test]
async fn a_tree_has_a_depth() {
    let p = Province::new().await;
    let mut text = String::from("code,name,kind,level,membership,parent\n");
    for i in 0..20 {
        let parent = if i == 0 {
            String::new()
        } else {
            format!("Z{}", i - 1)
        };
        text.push_str(&format!("Z{i},cấp {i},office,province,member,{parent}\n"));
    }
    let report = taken(&p, "organization", &text).await;
    let most = domain::schema::MOST_DEPTH;
    assert_eq!((report.created, report.bad), (most, 20 - most));
    assert!(
        why(&report, 20).contains("Deeper than 16 levels"),
        "{}",
        why(&report, 20)
    );
}

#[tokio::test]
async fn a_checklist_keeps_its_clauses() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.add(
        "inspection-round",
        &[
            ("code", "KT1"),
            ("name", "x"),
            ("organization", "A"),
            ("occasion", "planned"),
            ("starts_on", "2026-11-20"),
            ("status", "planned"),
        ],
    )
    .await;
    let head = "code,inspection,organization,regulation,clause,asked,result\n";
    let item = |clause: &str, asked: &str| {
        format!("KT1/A/13.3,KT1,A,vinh-long-26-2019,{clause},{asked},open\n")
    };
    let unknown = taken(
        &p,
        "inspection-item",
        &format!("{head}{}", item("13.20", "hỏi")),
    )
    .await;
    assert!(
        why(&unknown, 2).contains("has no clause “13.20”"),
        "{}",
        why(&unknown, 2)
    );
    assert_eq!(
        taken(
            &p,
            "inspection-item",
            &format!("{head}{}", item("13.3", "hỏi"))
        )
        .await
        .created,
        1
    );
    for (row, word) in [
        (item("13.20", "hỏi"), "E2 “clause” = “13.20”: Settled"),
        (item("13.4", "hỏi"), "E2"),
        (item("13.3", "sửa câu hỏi"), "F2 “asked”"),
    ] {
        let report = taken(&p, "inspection-item", &format!("{head}{row}")).await;
        assert!(why(&report, 2).contains(word), "{}", why(&report, 2));
    }
    let exempt = [
        ("organization", a.to_string()),
        ("regulation", "vinh-long-26-2019".into()),
        ("clause", "99".into()),
        ("reason", "x".into()),
        ("approver", "y".into()),
        ("starts_on", "2026-01-01".into()),
        ("ends_on", "2026-12-31".into()),
    ];
    let exempt: Vec<(&str, &str)> = exempt.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let refused = p.try_add(&p.ctx(), "exemption", &exempt).await.unwrap_err();
    assert!(
        refused.fields[0].message.en.contains("has no clause “99”"),
        "{refused:?}"
    );
}

async fn planning_takes_no_lock(p: Province) {
    let writing = p.app.db.begin().await.unwrap();
    let mut text = String::from(UNITS);
    for i in 0..300 {
        text.push_str(&format!("X{i},Đơn vị {i},office,province,member\n"));
    }
    let dry = plan(&p, "organization", &text);
    let dry = tokio::time::timeout(std::time::Duration::from_secs(60), dry).await;
    assert_eq!(dry.expect("it waits for nobody who writes").created, 300);
    drop(writing);
}

#[tokio::test]
async fn planning_takes_no_lock_on_sqlite() {
    planning_takes_no_lock(Province::new().await).await;
}

#[tokio::test]
async fn planning_takes_no_lock_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        planning_takes_no_lock(p).await;
    }
}

/// People save while a long table goes in: between its batches, not after its end.
async fn saves_go_between_batches(p: Province) {
    p.unit("A", None).await;
    let mut text = String::from("code,name,organization,role,status\n");
    for i in 0..4_000 {
        text.push_str(&format!("X{i},Thiết bị {i},A,router,active\n"));
    }
    let (app, ctx) = (p.app.clone(), p.ctx());
    let importing = tokio::spawn(async move {
        registry::import(&app, &ctx, "device", text.as_bytes(), ImportMode::GoodRows).await
    });
    let mut beside = 0;
    while !importing.is_finished() {
        let code = format!("S{beside}");
        let given = [
            ("code", code.as_str()),
            ("name", "x"),
            ("organization", "A"),
            ("role", "switch"),
            ("status", "active"),
        ];
        p.add("device", &given).await;
        beside += 1;
        tokio::task::yield_now().await;
    }
    let report = importing.await.unwrap().unwrap();
    assert_eq!((report.created, report.bad), (4_000, 0));
    assert!(beside > 10, "{beside} saves beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn saves_go_between_batches_on_sqlite() {
    saves_go_between_batches(Province::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saves_go_between_batches_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        saves_go_between_batches(p).await;
    }
}

/// Whatever people have written comes back as it was, from CSV and from a workbook.
#[tokio::test]
async fn any_text_goes_out_and_comes_in_as_it_is() {
    use proptest::{strategy::Strategy as _, strategy::ValueTree as _, test_runner::TestRunner};

    let p = Province::new().await;
    p.unit("A", None).await;
    let mut texts: Vec<String> = [
        "-",
        "'-",
        "''-",
        "(xóa)",
        "=1+1",
        "'=1",
        "+84",
        "+a",
        "-x",
        "@x",
        "#N/A",
        "'#N/A",
        "00123",
        "1.544",
        "1,000",
        "01/07/25",
        "a\r\nb",
        "a;b,\"c\"\td",
        "today",
        "true",
        "Tổng cộng",
        "\u{202e}đảo",
        "👩‍💻",
        "Ma\u{303}",
        "a\u{a0}b",
        "null",
        "  x  ",
    ]
    .map(str::to_owned)
    .into();
    let mut runner = TestRunner::deterministic();
    let any = "[\\-'=+@#(),.;\"\n 0-9a-zĐđăớ\u{301}\u{1f600}]{1,20}";
    let any = proptest::string::string_regex(any).unwrap();
    texts.extend((0..300).map(|_| any.new_tree(&mut runner).unwrap().current()));
    let schema = p.app.schema("device").unwrap();
    let mut kept = 0;
    for (i, text) in texts.iter().enumerate() {
        let code = format!("T{i}");
        // No text holds a mark of direction, and one line no more than one.
        let text = text.replace('\u{202e}', "");
        let line = text.replace(['\r', '\n', '\t'], "");
        let given = [
            ("code", code.as_str()),
            ("name", "x"),
            ("organization", "A"),
            ("role", "router"),
            ("status", "active"),
            ("serial", &line),
            ("note", &text),
        ];
        let values = domain::parse::values(&schema, |field| {
            given
                .iter()
                .find(|(n, _)| *n == field.name)
                .map(|(_, v)| *v)
        });
        let saved = registry::save(&p.app, &p.ctx(), "device", None, values.unwrap()).await;
        kept += usize::from(saved.is_ok());
    }
    assert_eq!(kept, texts.len());
    let every = RecordQuery::default();
    let csv = registry::export_csv(&p.app, &p.ctx(), "device", &every)
        .await
        .unwrap();
    let workbook = registry::export_xlsx(&p.app, &p.ctx(), "device", &every)
        .await
        .unwrap();
    for (kind, file) in [("CSV", csv), ("XLSX", workbook)] {
        let report = tried(&p, "device", &file, ImportOptions::default())
            .await
            .unwrap();
        assert_eq!(report.rows.len(), texts.len(), "{kind}: {}", told(&report));
        for row in &report.rows {
            assert_eq!(row.outcome, Outcome::Unchanged, "{kind}: {row:?}");
        }
    }
}
