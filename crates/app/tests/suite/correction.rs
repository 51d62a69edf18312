//! What was found is mended in time, or more time is asked for; each unit concludes its own part.

use app::{
    duty,
    inspection::{self, Answer, Raised},
    registry, remind,
};
use domain::{
    authority::Role,
    id::Id,
    problem::ProblemKind::{Conflict, Denied, Invalid, NotFound},
};

use crate::{Province, VINH_LONG, refused};

/// Units A (which leads) and B, C, and an inspection that asks B and C one clause.
async fn begun(p: &Province, occasion: &str) -> (Id, Id) {
    let province = p.unit("P", None).await;
    p.unit("A", Some(province)).await;
    let b = p.unit("B", Some(province)).await;
    let c = p.unit("C", Some(province)).await;
    let given = [
        ("code", "KT1"),
        ("name", "Tự đánh giá"),
        ("occasion", occasion),
        ("organization", "A"),
        ("clauses", "17.2.c, 13.3"),
        ("units", "B, C"),
        ("starts_on", "2026-11-20"),
        ("status", "planned"),
    ];
    p.add("inspection-round", &given).await;
    app::assess::evaluate(&p.app, true).await.unwrap();
    // Pressed twice at once, it is drawn once.
    let ctx = p.ctx();
    let draw = || inspection::draw(&p.app, &ctx, "KT1");
    let (one, two) = tokio::join!(draw(), draw());
    assert_eq!(one.unwrap() + two.unwrap(), 4);
    (b, c)
}

async fn version(p: &Province, noun: &str, key: Id) -> i64 {
    let record = registry::get(&p.app, &p.ctx(), noun, &key.to_string()).await;
    record.unwrap().version
}

async fn own_part(p: Province) {
    let (b, c) = begun(&p, "self").await;
    let (of_b, of_c) = (
        p.as_role(Role::Officer, Some(b)),
        p.as_role(Role::Officer, Some(c)),
    );
    let conclude = |ctx, unit| inspection::conclude_own(&p.app, ctx, "KT1", unit);
    assert_eq!(
        refused(conclude(&of_b, "B").await),
        Conflict,
        "items are open"
    );
    // A whole checklist at once; of two who send it, the second is told what stands there.
    let told = inspection::get(&p.app, &of_b, "KT1", None).await.unwrap();
    let all = |results: [&str; 2], note: &str| -> Vec<Answer> {
        let items = told.items.iter().zip(results);
        items
            .map(|(item, result)| Answer {
                item: item.record.id,
                version: item.record.version,
                result: result.into(),
                note: note.into(),
            })
            .collect()
    };
    assert_eq!(told.items.len(), 2);
    let missed = inspection::answer_all(&p.app, &of_b, all(["conforms", "deviates"], ""))
        .await
        .unwrap();
    assert!(missed.is_empty(), "{missed:?}");
    let missed = inspection::answer_all(&p.app, &of_b, all(["deviates", "deviates"], "x"))
        .await
        .unwrap();
    assert!(missed.len() == 2 && missed.iter().all(|m| m.problem.kind == Conflict));
    let stranger = inspection::answer_all(&p.app, &of_c, all(["deviates", "conforms"], "x"))
        .await
        .unwrap();
    assert!(stranger.iter().all(|m| m.problem.kind == NotFound));

    // What deviates says what is amiss; then B is done, whatever C does.
    let unsaid = conclude(&of_b, "B").await.unwrap_err();
    assert!(unsaid.what.vi.contains("1 mục “Không đạt”"), "{unsaid:?}");
    let item = told.items[1].record.clone();
    let now = version(&p, "inspection-item", item.id).await;
    inspection::answer(&p.app, &of_b, item.id, now, "deviates", "Chưa cử cán bộ")
        .await
        .unwrap();
    assert_eq!(refused(conclude(&of_c, "B").await), NotFound);
    conclude(&of_b, "B").await.unwrap();
    assert_eq!(refused(conclude(&of_b, "B").await), Conflict, "once");
    let book = async || {
        let all = registry::list(&p.app, &p.ctx(), "self-assessment", &Default::default()).await;
        all.unwrap().records
    };
    let entries = book().await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].get("organization").as_id(), Some(b));
    assert!(entries[0].text("findings").contains("Chưa cử cán bộ"));
    let now = version(&p, "inspection-item", item.id).await;
    let late = inspection::answer(&p.app, &of_b, item.id, now, "conforms", "").await;
    assert_eq!(refused(late), Conflict);
    // C answers, and the whole round is concluded: B has its entry already.
    let told = inspection::get(&p.app, &of_c, "KT1", None).await.unwrap();
    assert!(told.concluded.is_empty(), "C sees its own part");
    for item in told.items {
        let r = item.record;
        inspection::answer(&p.app, &of_c, r.id, r.version, "conforms", "")
            .await
            .unwrap();
    }
    for _ in 0..3 {
        let round = registry::get(&p.app, &p.ctx(), "inspection-round", "KT1").await;
        let at = round.unwrap().version;
        inspection::advance(&p.app, &p.ctx(), "KT1", at, "Đủ")
            .await
            .unwrap();
    }
    assert_eq!(book().await.len(), 2, "one for each unit");
}

#[tokio::test]
async fn each_unit_concludes_its_own_part() {
    own_part(Province::new().await).await;
}

#[tokio::test]
async fn each_unit_concludes_its_own_part_on_postgresql() {
    if let Some(p) = Province::on_postgres().await {
        own_part(p).await;
    }
}

async fn in_time(p: Province) {
    let (b, c) = begun(&p, "planned").await;
    let ctx = p.ctx();
    let (of_b, of_c) = (
        p.as_role(Role::Officer, Some(b)),
        p.as_role(Role::Officer, Some(c)),
    );
    let told = inspection::get(&p.app, &ctx, "KT1", Some("B"))
        .await
        .unwrap();
    let item = &told.items[0].record;
    let raise = |due_on: &str| {
        let raised = Raised {
            summary: "Chưa có quy chế nội bộ".into(),
            severity: "high".into(),
            action: "Ban hành".into(),
            action_owner: "Chánh văn phòng".into(),
            due_on: due_on.into(),
        };
        inspection::raise(&p.app, &ctx, item.id, item.version, raised)
    };
    // Neither a day that has passed nor one without an end.
    for day in ["2026-11-19", "2226-11-19", ""] {
        assert_eq!(refused(raise(day).await), Invalid, "{day}");
    }
    let finding = raise("2026-11-25").await.unwrap();

    // It is in the calendar and the to-do of whom it concerns.
    let (from, to) = ("2026-11-01".parse().unwrap(), "2027-03-31".parse().unwrap());
    let agenda = async |ctx| {
        let all = duty::agenda(&p.app, ctx, (from, to), None)
            .await
            .unwrap()
            .dated;
        let findings = all.into_iter().filter(|d| d.duty.side == "finding");
        let told = findings.map(|d| (d.duty.due_on.unwrap(), d.duty.outcome));
        told.collect::<Vec<_>>()
    };
    let stands = |day: &str, outcome: &str| vec![(day.to_owned(), outcome.to_owned())];
    assert_eq!(agenda(&of_b).await, stands("2026-11-25", "pending"));
    assert_eq!(agenda(&of_c).await, []);
    let todo = async |ctx| {
        let open = app::due::open(&p.app, ctx).await.unwrap();
        let mut open = open.into_iter().filter(|d| d.finding.is_some());
        open.next().map(|d| (d.summary.vi, d.overdue))
    };
    let summary = "Chưa có quy chế nội bộ".to_owned();
    assert_eq!(todo(&of_b).await, Some((summary.clone(), false)));
    assert_eq!(todo(&of_c).await, None);

    // And in the digest of the unit's contact, anew when the day is moved.
    for (key, value) in [
        ("notify.smtp_url", "smtp://127.0.0.1:1"),
        ("remind.days", "7"),
    ] {
        app::setting::set(&p.app, &ctx, key, value).await.unwrap();
    }
    let contact = [
        ("organization", "B"),
        ("role", "it-officer"),
        ("name", "An"),
        ("email", "an@b.example"),
        ("starts_on", "2026-01-01"),
    ];
    p.add("contact", &contact).await;
    let digested = async || {
        remind::reconcile(&p.app).await.unwrap();
        let told = store::reminder::told(&p.app.db, "an@b.example")
            .await
            .unwrap();
        let of = |(key, _): &&(String, i64)| key.contains(&finding.id.to_string());
        told.iter().filter(of).count()
    };
    p.pass(3_600_000);
    assert_eq!(digested().await, 1);

    // More time is asked for by the unit, and given by the centre.
    let at = async || (finding.id, version(&p, "finding", finding.id).await);
    let ask = async |ctx, until: &str, why: &str| {
        inspection::ask_time(&p.app, ctx, at().await, until, why).await
    };
    assert_eq!(refused(ask(&of_c, "2026-12-20", "x").await), NotFound);
    assert_eq!(refused(ask(&of_b, "2026-11-25", "x").await), Invalid);
    assert_eq!(refused(ask(&of_b, "2026-12-20", " ").await), Invalid);
    ask(&of_b, "2026-12-20", "Chờ HĐND họp").await.unwrap();
    let give = async |ctx, given| inspection::give_time(&p.app, ctx, at().await, given).await;
    assert_eq!(refused(give(&of_b, true).await), Denied);
    assert_eq!(agenda(&of_b).await, stands("2026-11-25", "pending"));
    give(&ctx, false).await.unwrap();
    assert_eq!(
        refused(give(&ctx, true).await),
        Conflict,
        "nothing is asked"
    );
    ask(&of_b, "20/12/2026", "Chờ HĐND họp").await.unwrap();
    let moved = give(&ctx, true).await.unwrap();
    assert_eq!(moved.text("due_on"), "2026-12-20");
    assert!(moved.text("asked_reason").is_empty());
    p.pass(26 * 86_400_000);
    assert_eq!(digested().await, 2, "the new day is told anew");
    p.pass(10 * 86_400_000);
    assert_eq!(agenda(&of_b).await, stands("2026-12-20", "missed"));
    assert_eq!(todo(&of_b).await, Some((summary, true)));
    inspection::mended(&p.app, &of_b, at().await, "QĐ 12", None)
        .await
        .unwrap();
    assert_eq!(agenda(&of_b).await, stands("2026-12-20", "late"));
    assert_eq!(todo(&of_b).await, None);
}

#[tokio::test]
async fn a_finding_reaches_its_owner_in_time() {
    in_time(Province::new().await).await;
}

#[tokio::test]
async fn a_finding_reaches_its_owner_in_time_on_postgresql() {
    if let Some(p) = Province::on_postgres().await {
        in_time(p).await;
    }
}

#[tokio::test]
async fn units_regulations_and_days_are_chosen() {
    let p = Province::new().await;
    begun(&p, "planned").await;
    let ctx = p.ctx();
    let round = |units: &str, starts_on: &str| {
        let values = crate::values(&[
            ("code", "KT2"),
            ("name", "x"),
            ("occasion", "planned"),
            ("organization", "A"),
            ("units", units),
            ("starts_on", starts_on),
            ("status", "planned"),
        ]);
        registry::save(&p.app, &ctx, "inspection-round", None, values)
    };
    let wrong = round("B, KHONG-CO", "2026-12-01").await.unwrap_err();
    assert_eq!(wrong.fields[0].field, "units");
    assert!(wrong.fields[0].message.vi.contains("KHONG-CO"), "{wrong:?}");
    assert_eq!(refused(round("B", "2062-12-01").await), Invalid);
    let table = "code,name,organization,units,starts_on\nKT3,x,A,KHONG-CO,2026-12-01\n";
    let report = registry::import(
        &p.app,
        &ctx,
        "inspection-round",
        table.as_bytes(),
        registry::ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.bad, report.created), (1, 0));
    let why = &report.rows[0].problems[0].message.vi;
    assert!(why.contains("KHONG-CO"), "{why}");
    round("B", "2026-12-01").await.unwrap();

    let exemption = |regulation: &'static str, ends_on: &'static str| {
        let given = [
            ("organization", "B"),
            ("regulation", regulation),
            ("clause", "13.3"),
            ("reason", "x"),
            ("approver", "y"),
            ("starts_on", "2026-11-20"),
            ("ends_on", ends_on),
        ];
        let (p, ctx) = (&p, &ctx);
        async move { p.try_add(ctx, "exemption", &given).await }
    };
    assert_eq!(refused(exemption(VINH_LONG, "2099-12-31").await), Invalid);
    exemption(VINH_LONG, "2027-12-31").await.unwrap();
    let finding = [
        ("code", "F1"),
        ("inspection", "KT1"),
        ("organization", "B"),
        ("regulation", "quy-che-moi"),
        ("clause", "13.3"),
        ("summary", "x"),
        ("severity", "low"),
        ("action", "y"),
        ("action_owner", "An"),
        ("due_on", "2026-12-01"),
        ("status", "open"),
    ];
    let csv = finding.map(|(name, _)| name).join(",") + "\n" + &finding.map(|(_, v)| v).join(",");
    let report = registry::import(
        &p.app,
        &ctx,
        "finding",
        csv.as_bytes(),
        registry::ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!(report.bad, 1, "no such regulation");
}
