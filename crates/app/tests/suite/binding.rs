//! From when to when a duty binds, and what was done only once it is done.

use app::{assess, registry};
use domain::{
    id::{Id, OrganizationId},
    parse,
    problem::ProblemKind,
    record::Value,
};
use policy::Status;

use crate::{Province, at, refused, values};

const CA_MAU: &str = "ca-mau-31-2019";
/// The report on the use of the network, before 1 December.
const REPORT: &str = "12.2";

async fn stands(p: &Province, unit: Id) -> Option<(Status, Option<String>)> {
    assess::evaluate(&p.app, true).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let cell = view.board.get(CA_MAU, REPORT, OrganizationId(unit))?;
    Some((cell.status, cell.reason.clone()))
}

fn said(status: Status, reason: &str) -> Option<(Status, Option<String>)> {
    Some((status, Some(reason.to_owned())))
}

async fn unit(p: &Province, code: &str, more: &[(&str, &str)]) -> Id {
    let mut given = vec![
        ("code", code),
        ("name", code),
        ("kind", "people-committee"),
        ("level", "commune"),
        ("membership", "member"),
    ];
    given.extend_from_slice(more);
    p.add("organization", &given).await
}

#[tokio::test]
async fn a_duty_of_before_the_unit_s_start_is_not_owed() {
    let p = Province::begun().await;
    p.clock.set(at("2026-10-20T01:00:00Z"));
    p.adopt(CA_MAU, &[]).await;
    let old = unit(&p, "A", &[]).await;
    let young = unit(&p, "B", &[("starts_on", "2026-12-02")]).await;
    let ending = unit(&p, "C", &[("ends_on", "2026-11-25")]).await;
    let told = unit(&p, "D", &[("starts_on", "2020-01-01")]).await;
    assert_eq!(stands(&p, old).await, said(Status::Pending, "pending"));
    let not_owed = said(Status::NotApplicable, "not-owed");
    assert_eq!(stands(&p, ending).await, not_owed, "it ends before the day");
    p.clock.set(at("2026-12-02T01:00:00Z"));
    let entered = unit(&p, "E", &[]).await;
    assert_eq!(stands(&p, old).await, said(Status::Breached, "missed"));
    assert_eq!(stands(&p, told).await, said(Status::Breached, "missed"));
    assert_eq!(stands(&p, young).await, not_owed, "it was founded today");
    assert_eq!(stands(&p, entered).await, not_owed, "it was entered today");
    let known = unit(&p, "F", &[("starts_on", "2010-01-01")]).await;
    assert_eq!(stands(&p, known).await, not_owed, "its books begin today");
    assert_eq!(stands(&p, ending).await, None, "it has ended");
    // Shown as such, and open to nobody.
    let range = ("2026-11-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    let found = app::duty::agenda(&p.app, &p.ctx(), range, Some("B"))
        .await
        .unwrap();
    let shown: Vec<_> = found
        .dated
        .iter()
        .filter(|v| v.duty.clause == REPORT)
        .collect();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].duty.outcome, "not-owed");
    let open = app::duty::due(&p.app, &p.ctx(), "2026-11-01", "2026-12-31", true, 100)
        .await
        .unwrap();
    assert!(open.iter().all(|v| v.duty.outcome != "not-owed"));
    p.clock.set(at("2027-01-05T01:00:00Z"));
    assert_eq!(stands(&p, young).await, said(Status::Pending, "pending"));
    assert_eq!(stands(&p, known).await, said(Status::Pending, "pending"));
    // What is typed of the time before it was entered counts as it was.
    let report = [
        ("organization", "F"),
        ("occurred_on", "2026-12-20"),
        ("period", "2026"),
        ("result", "sent"),
    ];
    p.add("usage-report", &report).await;
    assert_eq!(stands(&p, known).await, said(Status::Breached, "late"));
}

#[tokio::test]
async fn bodies_of_the_party_and_the_state_are_bound_and_their_affiliates_are_not() {
    let p = Province::begun().await;
    p.adopt(CA_MAU, &[]).await;
    let party = unit(&p, "A", &[("kind", "party")]).await;
    let station = unit(&p, "B", &[("kind", "affiliated")]).await;
    let other = unit(&p, "C", &[("kind", "other")]).await;
    assert!(stands(&p, party).await.is_some());
    assert_eq!(stands(&p, station).await, None);
    assert_eq!(stands(&p, other).await, None);
}

#[tokio::test]
async fn a_duty_of_before_the_adoption_is_not_owed() {
    let p = Province::begun().await;
    p.clock.set(at("2026-10-20T01:00:00Z"));
    let a = unit(&p, "A", &[]).await;
    p.clock.set(at("2026-12-10T01:00:00Z"));
    let given = [("regulation", CA_MAU), ("starts_on", "2026-12-10")];
    let adoption = p.add("adoption", &given).await;
    let not_owed = said(Status::NotApplicable, "not-owed");
    assert_eq!(stands(&p, a).await, not_owed);
    let since = async |version, day| {
        let given = values(&[("regulation", CA_MAU), ("starts_on", day)]);
        let at = Some((adoption, version));
        let saved = registry::save(&p.app, &p.ctx(), "adoption", at, given).await;
        saved.unwrap();
    };
    since(1, "2026-11-25").await;
    assert_eq!(stands(&p, a).await, not_owed, "five days were left");
    since(2, "2026-10-31").await;
    assert_eq!(stands(&p, a).await, said(Status::Breached, "missed"));
}

#[tokio::test]
async fn what_was_done_was_not_done_in_the_future() {
    let p = Province::begun().await;
    unit(&p, "A", &[]).await;
    let backup = async |finished_at: i64| {
        let mut given = values(&[
            ("organization", "A"),
            ("occurred_on", "2026-11-20"),
            ("subject", "Máy chủ"),
            ("result", "success"),
        ]);
        given.insert("finished_at".into(), Value::Integer(finished_at));
        registry::save(&p.app, &p.ctx(), "backup-report", None, given).await
    };
    let now = p.clock.now_ms();
    backup(now).await.unwrap();
    let later = backup(now + 3_600_000).await.unwrap_err();
    assert_eq!(later.kind, ProblemKind::Invalid);
    assert_eq!(later.fields[0].field, "finished_at");
    let device = [
        ("organization", "A"),
        ("code", "TB-1"),
        ("name", "SW-1"),
        ("role", "switch"),
        ("status", "active"),
        ("inspected_on", "2099-01-01"),
        ("inspection_result", "passed"),
    ];
    let refusal = refused(p.try_add(&p.ctx(), "device", &device).await);
    assert_eq!(refusal, ProblemKind::Invalid);
}

#[tokio::test]
async fn a_clause_is_read_and_must_be_there() {
    let p = Province::begun().await;
    unit(&p, "A", &[]).await;
    let schema = p.app.schema("exemption").unwrap();
    let read = |name: &str, text: &str| parse::field(schema.field(name).unwrap(), text);
    assert_eq!(read("clause", "khoản 2 Điều 12"), Ok("12.2".into()));
    assert_eq!(read("regulation", CA_MAU), Ok(CA_MAU.into()));
    assert!(read("regulation", "Quy chế nào đó").is_err());
    let exemption = |clause: &'static str| {
        [
            ("organization", "A"),
            ("regulation", CA_MAU),
            ("clause", clause),
            ("reason", "x"),
            ("approver", "x"),
            ("starts_on", "2026-11-20"),
            ("ends_on", "2026-12-20"),
        ]
    };
    p.add("exemption", &exemption("12.2")).await;
    let refusal = refused(p.try_add(&p.ctx(), "exemption", &exemption("99.9")).await);
    assert_eq!(refusal, ProblemKind::Invalid);
    let book = p.app.schema("quarterly-meeting").unwrap();
    let period = |text: &str| parse::field(book.field("period").unwrap(), text);
    assert_eq!(period("Quý III năm 2026"), Ok("2026-Q3".into()));
    for typed in ["2026-Q9", "năm 2026", "99.9", "quý tới"] {
        assert!(period(typed).is_err(), "{typed}");
    }
}
