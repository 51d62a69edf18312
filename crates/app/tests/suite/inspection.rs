//! An inspection from its plan to the closed finding, and a unit's own assessment.

use app::{
    Ctx, assess, document,
    inspection::{self, Raised},
    registry::{self, ImportMode, Outcome},
};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    problem::{
        Problem,
        ProblemKind::{Conflict, Denied, Invalid, NotFound},
    },
    record::Record,
};
use policy::Status;

use crate::{Province, VINH_LONG, refused, values};

const YEARLY: &str = "16.10";

async fn planned(p: &Province, occasion: &str) -> (Id, Id) {
    let province = p.unit("P", None).await;
    let a = p.unit("A", Some(province)).await;
    let b = p.unit("B", Some(province)).await;
    let given = [
        ("role", "network-authority"),
        ("organization", "A"),
        ("starts_on", "2025-03-01"),
    ];
    p.add("role-assignment", &given).await;
    let given = [
        ("code", "KT1"),
        ("name", "Kiểm tra năm 2026"),
        ("occasion", occasion),
        ("organization", "A"),
        ("clauses", "13, 17.2.c"),
        ("units", "B"),
        ("starts_on", "2026-11-20"),
        ("status", "planned"),
    ];
    p.add("inspection-round", &given).await;
    assess::evaluate(&p.app, true).await.unwrap();
    (a, b)
}

/// The next step from where it stands.
async fn step(p: &Province, ctx: &Ctx, code: &str, said: &str) -> Result<Record, Problem> {
    let version = version(p, "inspection-round", code).await;
    inspection::advance(&p.app, ctx, code, version, said).await
}

async fn version(p: &Province, noun: &str, key: impl ToString) -> i64 {
    let record = registry::get(&p.app, &p.ctx(), noun, &key.to_string()).await;
    record.unwrap().version
}

async fn stands(p: &Province, cite: &str, unit: &str) -> Status {
    assess::evaluate(&p.app, false).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let unit = view.find(unit).unwrap().id;
    view.board
        .get("vinh-long-26-2019", cite, unit)
        .unwrap()
        .status
}

#[tokio::test]
async fn from_the_plan_to_the_closed_finding() {
    let p = Province::new().await;
    let (a, b) = planned(&p, "planned").await;
    let ctx = p.ctx();
    let get = || inspection::get(&p.app, &ctx, "KT1", None);
    let advance = |said: &'static str| step(&p, &ctx, "KT1", said);
    assert_ne!(stands(&p, YEARLY, "A").await, Status::Met);

    // Without a checklist nothing is inspected.
    advance("").await.unwrap();
    assert_eq!(refused(advance("").await), Conflict);
    let made = inspection::draw(&p.app, &ctx, "KT1").await.unwrap();
    let told = get().await.unwrap();
    assert_eq!(told.items.len(), made);
    assert!(told.items.iter().all(|i| i.unit == "B"));
    let cites: Vec<&str> = told.items.iter().map(|i| i.record.text("clause")).collect();
    assert!(
        cites.contains(&"17.2.c") && cites.contains(&"13.3"),
        "{cites:?}"
    );
    assert!(
        cites.iter().all(|c| c.starts_with("13.") || *c == "17.2.c"),
        "{cites:?}"
    );
    assert_eq!(inspection::draw(&p.app, &ctx, "KT1").await.unwrap(), 0);
    assert_eq!(advance("").await.unwrap().text("status"), "under-way");
    assert_eq!(refused(advance("Xong").await), Conflict, "items are open");

    // Inspectors answer; the unit does not, and another unit does not see it.
    let first = told.items[0].record.clone();
    let officer = p.as_role(Role::Officer, Some(b));
    let other = p.as_role(Role::Officer, Some(a));
    let answer =
        |ctx, version, result| inspection::answer(&p.app, ctx, first.id, version, result, "ghi");
    assert_eq!(
        refused(answer(&officer, first.version, "conforms").await),
        Denied
    );
    assert_eq!(
        refused(answer(&other, first.version, "conforms").await),
        NotFound
    );
    assert_eq!(
        refused(answer(&ctx, first.version, "perhaps").await),
        Invalid
    );
    for item in told.items.iter().skip(1) {
        let r = &item.record;
        inspection::answer(&p.app, &ctx, r.id, r.version, "conforms", "")
            .await
            .unwrap();
    }
    let raised = Raised {
        summary: "Chưa cử cán bộ".into(),
        severity: "high".into(),
        action: "Ban hành quyết định".into(),
        action_owner: "Trưởng phòng".into(),
        due_on: "2026-12-01".into(),
    };
    let bad = Raised {
        due_on: "mai".into(),
        ..raised.clone()
    };
    let raise = |raised| inspection::raise(&p.app, &ctx, first.id, first.version, raised);
    assert_eq!(refused(raise(bad).await), Invalid);
    let finding = raise(raised).await.unwrap();
    assert_eq!(
        refused(answer(&ctx, first.version, "conforms").await),
        Conflict,
        "it was changed"
    );
    // The minutes of the day and the year's report name it, the first with its unit alone.
    let paper = async |template: &str, unit: Id, period: &str| {
        let begin = document::Begin {
            template: template.into(),
            organization: OrganizationId(unit),
            period: period.into(),
        };
        document::begin(&p.app, &ctx, &begin).await.unwrap().filled
    };
    for (template, unit, period) in [
        ("inspection-minutes", b, "2026-11-20"),
        ("inspection-report", a, "2026"),
    ] {
        let filled = paper(template, unit, period).await;
        let rows = &filled.tables["finding-list"].rows;
        assert_eq!(rows.len(), 1, "{template}: {rows:?}");
        assert!(rows[0].contains(&"Chưa cử cán bộ".to_owned()), "{rows:?}");
        assert_eq!(filled.numbers["findings-open"].value, Some(1.0));
    }
    let report = paper("inspection-report", a, "2026").await;
    let held = &report.tables["inspection-list"].rows;
    assert!(held[0].contains(&"Đang thực hiện".to_owned()), "{held:?}");
    let concluded = advance("Còn một tồn tại").await.unwrap();
    assert_eq!(concluded.text("conclusion"), "Còn một tồn tại");
    assert_eq!(
        stands(&p, YEARLY, "A").await,
        Status::Met,
        "the book has the yearly inspection"
    );
    assert_eq!(refused(advance("").await), Conflict, "a finding is open");

    // The unit mends and says so, the inspectors look again.
    let mended = async |ctx| {
        let at = (finding.id, version(&p, "finding", finding.id).await);
        inspection::mended(&p.app, ctx, at, "Đã ban hành QĐ 12", None).await
    };
    assert_eq!(refused(mended(&other).await), NotFound);
    assert_eq!(mended(&officer).await.unwrap().text("status"), "mended");
    let recheck = async |ctx, holds| {
        let at = (finding.id, version(&p, "finding", finding.id).await);
        inspection::recheck(&p.app, ctx, at, holds).await
    };
    assert_eq!(refused(recheck(&officer, true).await), Denied);
    assert_eq!(recheck(&ctx, false).await.unwrap().text("status"), "open");
    mended(&officer).await.unwrap();
    assert_eq!(recheck(&ctx, true).await.unwrap().text("status"), "closed");
    assert_eq!(refused(mended(&officer).await), Conflict);
    assert_eq!(advance("").await.unwrap().text("status"), "closed");
    assert_eq!(refused(advance("").await), Conflict);
    // The unit sees the inspection that it is in.
    assert_eq!(inspection::list(&p.app, &officer).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_checklist_is_filled_in_elsewhere_and_brought_back() {
    let p = Province::new().await;
    planned(&p, "planned").await;
    let ctx = p.ctx();
    inspection::draw(&p.app, &ctx, "KT1").await.unwrap();
    let every = registry::RecordQuery::default();
    let taken = registry::export_csv(&p.app, &ctx, "inspection-item", &every)
        .await
        .unwrap();
    // Meanwhile somebody answers one item on the page.
    let told = inspection::get(&p.app, &ctx, "KT1", None).await.unwrap();
    let first = &told.items[0].record;
    inspection::answer(
        &p.app,
        &ctx,
        first.id,
        first.version,
        "deviates",
        "trên trang",
    )
    .await
    .unwrap();
    let filled = String::from_utf8(taken)
        .unwrap()
        .replace(",open,", ",conforms,");
    let report = registry::import(
        &p.app,
        &ctx,
        "inspection-item",
        filled.as_bytes(),
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.bad, report.updated), (1, told.items.len() - 1));
    assert!(report.ignored_columns.is_empty());
    let bad = report
        .rows
        .iter()
        .find(|r| r.outcome == Outcome::Bad)
        .unwrap();
    let why = &bad.problems[0].message.vi;
    assert!(why.contains("Kết quả kiểm tra: “Không đạt”"), "{why}");
    // A blank cell keeps what somebody else wrote beside it.
    assert!(!why.contains("trên trang"), "{why}");
    let now = inspection::get(&p.app, &ctx, "KT1", None).await.unwrap();
    assert_eq!(now.counts["deviates"], 1);
    assert_eq!(now.counts["conforms"], told.items.len() - 1);
}

#[tokio::test]
async fn units_assess_themselves_the_same_way() {
    let p = Province::new().await;
    let (_, b) = planned(&p, "self").await;
    let ctx = p.ctx();
    inspection::draw(&p.app, &ctx, "KT1").await.unwrap();
    for _ in 0..2 {
        step(&p, &ctx, "KT1", "").await.unwrap();
    }
    let officer = p.as_role(Role::Officer, Some(b));
    let told = inspection::get(&p.app, &officer, "KT1", None)
        .await
        .unwrap();
    for item in &told.items {
        assert!(item.may_answer);
        let r = &item.record;
        inspection::answer(&p.app, &officer, r.id, r.version, "conforms", "")
            .await
            .unwrap();
    }
    step(&p, &ctx, "KT1", "Đủ").await.unwrap();
    let book = registry::list(&p.app, &officer, "self-assessment", &Default::default())
        .await
        .unwrap();
    assert_eq!(book.records.len(), 1);
    assert_eq!(book.records[0].text("result"), "done");
    let unknown = [
        ("code", "KT2"),
        ("name", "Sai đơn vị"),
        ("organization", "A"),
        ("units", "KHONG-CO"),
        ("starts_on", "2026-11-20"),
        ("occasion", "ad-hoc"),
        ("status", "planned"),
    ];
    let made = p.try_add(&ctx, "inspection-round", &unknown).await;
    assert_eq!(refused(made), Invalid);
    let save = registry::save(&p.app, &officer, "finding", None, values(&[])).await;
    assert_eq!(refused(save), Denied);
}

/// An unannounced one names its round in the book, so that the request for it can be told settled.
#[tokio::test]
async fn an_unannounced_one_names_its_round() {
    let p = Province::new().await;
    planned(&p, "ad-hoc").await;
    let ctx = p.ctx();
    let asked = [
        ("organization", "A"),
        ("occurred_on", "2026-11-19"),
        ("subject", "Đơn vị B"),
        ("occasion", "ad-hoc"),
        ("result", "not-held"),
        ("inspection_round", "KT1"),
    ];
    p.add("inspection", &asked).await;
    inspection::draw(&p.app, &ctx, "KT1").await.unwrap();
    for _ in 0..2 {
        step(&p, &ctx, "KT1", "").await.unwrap();
    }
    let told = inspection::get(&p.app, &ctx, "KT1", None).await.unwrap();
    for item in &told.items {
        let r = &item.record;
        inspection::answer(&p.app, &ctx, r.id, r.version, "conforms", "")
            .await
            .unwrap();
    }
    step(&p, &ctx, "KT1", "Đủ").await.unwrap();
    let book = registry::list(&p.app, &ctx, "inspection", &Default::default())
        .await
        .unwrap();
    let named = |result: &str| {
        let mut of = book.records.iter().filter(|r| r.text("result") == result);
        of.next().unwrap().get("inspection_round").as_id()
    };
    assert_eq!(book.records.len(), 2);
    assert_eq!(named("complete"), Some(told.record.id));
    assert_eq!(named("not-held"), named("complete"));
}

/// What deviates and has no finding is not sound, and what is concluded stays as it was.
async fn one_truth(p: Province) {
    planned(&p, "planned").await;
    let ctx = p.ctx();
    for _ in 0..2 {
        inspection::draw(&p.app, &ctx, "KT1").await.unwrap();
        step(&p, &ctx, "KT1", "").await.unwrap();
    }
    let told = inspection::get(&p.app, &ctx, "KT1", None).await.unwrap();
    for (at, item) in told.items.iter().enumerate() {
        let (r, result) = (&item.record, if at < 2 { "deviates" } else { "conforms" });
        inspection::answer(&p.app, &ctx, r.id, r.version, result, "")
            .await
            .unwrap();
    }
    // No step by hand: neither a form, nor the API, nor a table.
    let round = registry::get(&p.app, &ctx, "inspection-round", "KT1")
        .await
        .unwrap();
    let mut typed = round.values.clone();
    typed.insert("status".into(), "concluded".into());
    let at = Some((round.id, round.version));
    let by_hand = registry::save(&p.app, &ctx, "inspection-round", at, typed).await;
    assert_eq!(refused(by_hand), Invalid);
    let table = "code,status,conclusion\nKT1,concluded,Đạt\n";
    let report = registry::import(
        &p.app,
        &ctx,
        "inspection-round",
        table.as_bytes(),
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.bad, report.updated), (1, 0));
    let why = &report.rows[0].problems[0].message.vi;
    assert!(why.contains("Chỉ đổi bằng nút"), "{why}");
    let made = p
        .try_add(
            &ctx,
            "inspection-round",
            &[
                ("code", "KT9"),
                ("name", "Đã xong"),
                ("organization", "A"),
                ("occasion", "planned"),
                ("starts_on", "2026-11-20"),
                ("status", "closed"),
            ],
        )
        .await;
    assert_eq!(refused(made), Invalid);

    // Two items deviate: neither, nor one of them alone, is sound.
    let waits = step(&p, &ctx, "KT1", "Đạt").await.unwrap_err();
    assert!(waits.what.vi.contains("2 mục “Không đạt”"), "{waits:?}");
    let raised = |summary: &str| Raised {
        summary: summary.into(),
        severity: "high".into(),
        action: "Sửa".into(),
        action_owner: "An".into(),
        due_on: "2026-12-01".into(),
    };
    for (at, summary) in ["Thiếu nhật ký", "Thiếu sao lưu"].into_iter().enumerate() {
        assert!(step(&p, &ctx, "KT1", "Đạt").await.is_err());
        let item = &told.items[at].record;
        let stale = inspection::raise(&p.app, &ctx, item.id, item.version, raised(summary)).await;
        assert_eq!(refused(stale), Conflict, "the item was answered since");
        let now = version(&p, "inspection-item", item.id).await;
        inspection::raise(&p.app, &ctx, item.id, now, raised(summary))
            .await
            .unwrap();
    }
    // A finding of an item that conforms contradicts it.
    let item = &told.items[0].record;
    let now = version(&p, "inspection-item", item.id).await;
    inspection::answer(&p.app, &ctx, item.id, now, "conforms", "")
        .await
        .unwrap();
    let against = step(&p, &ctx, "KT1", "Đạt").await.unwrap_err();
    assert!(
        against.what.vi.contains("1 tồn tại nêu ở mục"),
        "{against:?}"
    );
    inspection::answer(&p.app, &ctx, item.id, now + 1, "deviates", "")
        .await
        .unwrap();

    // Of two who press at once, one concludes.
    let at = version(&p, "inspection-round", "KT1").await;
    let conclude = || inspection::advance(&p.app, &ctx, "KT1", at, "Có tồn tại");
    let (a, b) = tokio::join!(conclude(), conclude());
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
    let book = registry::list(&p.app, &ctx, "yearly-inspection", &Default::default())
        .await
        .unwrap();
    assert_eq!(book.records.len(), 1);
    assert_eq!(book.records[0].text("result"), "findings");
    // Of several units each line says whose it is.
    let told_in_book = book.records[0].text("findings");
    for (item, summary) in told.items.iter().zip(["Thiếu nhật ký", "Thiếu sao lưu"]) {
        let unit = item.record.get("organization").as_id().unwrap();
        let unit = registry::get(&p.app, &ctx, "organization", &unit.to_string()).await;
        let (unit, clause) = (unit.unwrap(), item.record.text("clause"));
        let line = format!("{}, {clause}: {summary}", unit.text("name"));
        assert!(told_in_book.lines().any(|l| l == line), "{told_in_book}");
    }

    // Nothing slips in behind the conclusion.
    let item = &told.items[2].record;
    let now = version(&p, "inspection-item", item.id).await;
    let late = inspection::raise(&p.app, &ctx, item.id, now, raised("Muộn")).await;
    assert_eq!(refused(late), Conflict);
    let about = [
        ("code", "MUON"),
        ("inspection", "KT1"),
        ("organization", "B"),
        ("regulation", VINH_LONG),
        ("clause", "13.3"),
        ("summary", "Muộn"),
        ("severity", "low"),
        ("action", "Sửa"),
        ("action_owner", "An"),
        ("due_on", "2026-12-01"),
        ("status", "open"),
    ];
    assert_eq!(refused(p.try_add(&ctx, "finding", &about).await), Conflict);
    let mut typed = item.values.clone();
    typed.insert("result".into(), "deviates".into());
    let at = Some((item.id, now));
    let late = registry::save(&p.app, &ctx, "inspection-item", at, typed).await;
    assert_eq!(refused(late), Conflict);
    let table = format!("code,result\n{},deviates\n", item.text("code"));
    let report = registry::import(
        &p.app,
        &ctx,
        "inspection-item",
        table.as_bytes(),
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.bad, report.updated), (1, 0));
    let finding = registry::list(&p.app, &ctx, "finding", &Default::default())
        .await
        .unwrap()
        .records
        .remove(0);
    let gone = registry::delete(&p.app, &ctx, "finding", finding.id, finding.version).await;
    assert_eq!(refused(gone), Conflict);
    let by_hand = |name: &str, value: &str| {
        let mut values = finding.values.clone();
        values.insert(name.into(), value.into());
        values
    };
    let at = Some((finding.id, finding.version));
    for (name, value, kind) in [("summary", "Khác", Conflict), ("status", "closed", Invalid)] {
        let saved = registry::save(&p.app, &ctx, "finding", at, by_hand(name, value)).await;
        assert_eq!(refused(saved), kind, "{name}");
    }
    // Until when it is mended may still be set.
    registry::save(&p.app, &ctx, "finding", at, by_hand("due_on", "2026-12-20"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_inspection_is_one_truth() {
    one_truth(Province::new().await).await;
}

#[tokio::test]
async fn an_inspection_is_one_truth_on_postgresql() {
    if let Some(p) = Province::on_postgres().await {
        one_truth(p).await;
    }
}
