//! The built-in regulation judged end to end: from a record to a verdict and its history.

use app::{
    assess::{self, Evaluated},
    attachment, registry,
};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    problem::ProblemKind::{Denied, Invalid, NotFound},
};
use policy::Status;

use crate::{Province, at, refused, values};

const PACK: &str = crate::VINH_LONG;
/// The unit has an IT officer: a check over contacts.
const OFFICER: &str = "17.2.c";
/// The unit's network is secured: somebody's word.
const LAN: &str = "11";
/// A yearly plan: a duty with a book.
const PLAN: &str = "17.2.g";

impl Province {
    pub(crate) async fn judge(&self, full: bool) -> Evaluated {
        assess::evaluate(&self.app, full).await.unwrap()
    }

    pub(crate) async fn stands(&self, cite: &str, unit: Id) -> (Status, Option<String>) {
        let view = assess::board(&self.app, &self.ctx(), None).await.unwrap();
        let cell = view.board.get(PACK, cite, OrganizationId(unit)).unwrap();
        (cell.status, cell.reason.clone())
    }

    async fn history(&self, cite: &str, unit: Id) -> Vec<assess::VerdictRow> {
        let view = assess::board(&self.app, &self.ctx(), None).await.unwrap();
        let about = unit.to_string();
        assess::verdict(&self.app, &self.ctx(), &view, PACK, cite, &about)
            .await
            .unwrap()
            .history
    }

    pub(crate) async fn contact(&self, unit: &str, role: &str, name: &str) -> Id {
        let given = [
            ("organization", unit),
            ("role", role),
            ("name", name),
            ("starts_on", "2026-01-01"),
        ];
        self.add("contact", &given).await
    }
}

async fn a_fact_turns_its_verdict(p: Province) {
    let a = p.unit("A", None).await;
    let b = p.unit("B", None).await;
    p.unit("VNPT", None).await;
    p.left("A", "Lê Văn Trưởng").await;
    let first = p.judge(true).await;
    assert_eq!((first.units, first.clauses), (3, 57));
    assert!(
        first.turned == first.verdicts && first.turned > 60,
        "{first:?}"
    );
    assert_eq!(
        p.stands(OFFICER, a).await,
        (Status::Breached, Some("ended".into()))
    );
    assert_eq!(p.stands(OFFICER, b).await.0, Status::NoData);

    // Nothing changed: nothing runs, nothing is written.
    let idle = p.judge(false).await;
    assert_eq!((idle.checks, idle.turned), (0, 0), "{idle:?}");
    let all = p.judge(true).await;
    assert_eq!((all.checks > 40, all.turned), (true, 0), "{all:?}");

    let before = p.clock.now_ms();
    p.pass(60_000);
    p.contact("A", "it-officer", "Nguyễn Thị Mạng").await;
    let turned = p.judge(false).await;
    assert!(
        (1..6).contains(&turned.checks),
        "only what reads contacts: {turned:?}"
    );
    assert!((1..5).contains(&turned.turned), "{turned:?}");
    assert_eq!(
        p.stands(OFFICER, a).await,
        (Status::Met, Some("named".into()))
    );
    assert_eq!(p.stands(OFFICER, b).await.0, Status::NoData);

    // The interval before is closed where this one begins, with its evidence.
    let history = p.history(OFFICER, a).await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].valid_from, before + 60_000);
    assert_eq!(
        (history[1].valid_from, history[1].valid_to),
        (before, Some(before + 60_000))
    );
    let kept = assess::kept_evidence(&p.app, &history[1].evidence_hash)
        .await
        .unwrap();
    assert_eq!(kept.controls[0].status, Status::Breached);
    assert_eq!(kept.controls[0].rows[0]["contacts"], 1);
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let shown = assess::verdict(&p.app, &p.ctx(), &view, PACK, OFFICER, "A")
        .await
        .unwrap();
    assert_eq!(
        shown.evidence.controls[0].rows[0]["holder"],
        "Nguyễn Thị Mạng"
    );
    assert!(shown.checks["officer-named"].contains("fact_contact"));

    // As of then: what was known then.
    let then = assess::board(&p.app, &p.ctx(), Some(assess::AsOf::then(before + 30_000)))
        .await
        .unwrap();
    let cell = then.board.get(PACK, OFFICER, OrganizationId(a)).unwrap();
    assert_eq!(cell.status, Status::Breached);
    let shown = assess::verdict(&p.app, &p.ctx(), &then, PACK, OFFICER, "A")
        .await
        .unwrap();
    assert_eq!(shown.evidence, kept);
    let earlier = assess::board(&p.app, &p.ctx(), Some(assess::AsOf::then(before - 1)))
        .await
        .unwrap();
    assert!(
        earlier
            .board
            .get(PACK, OFFICER, OrganizationId(a))
            .is_none()
    );

    // A unit sees its own verdicts, in every way to look.
    let officer = p.as_role(Role::Officer, Some(b));
    for moment in [None, Some(assess::AsOf::then(p.clock.now_ms()))] {
        let own = assess::board(&p.app, &officer, moment).await.unwrap();
        assert!(own.cells().all(|(u, _, _)| u.id == OrganizationId(b)));
        let theirs = assess::verdict(&p.app, &officer, &own, PACK, OFFICER, "A").await;
        assert_eq!(theirs.map(|_| ()).unwrap_err().kind, NotFound);
    }
}

#[tokio::test]
async fn a_fact_turns_its_verdict_on_sqlite() {
    a_fact_turns_its_verdict(Province::new().await).await;
}

#[tokio::test]
async fn a_fact_turns_its_verdict_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        a_fact_turns_its_verdict(p).await;
    }
}

#[tokio::test]
async fn an_exemption_waives_and_ends_by_itself() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.left("A", "Lê Văn Trưởng").await;
    p.judge(true).await;
    let exemption = [
        ("organization", "A"),
        ("regulation", PACK),
        ("clause", OFFICER),
        ("reason", "sáp nhập"),
        ("approver", "PCT UBND tỉnh"),
        ("starts_on", "2026-11-20"),
        ("ends_on", "2026-11-25"),
    ];
    p.add("exemption", &exemption).await;
    p.judge(false).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Waived);
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let shown = assess::verdict(&p.app, &p.ctx(), &view, PACK, OFFICER, "A")
        .await
        .unwrap();
    assert_eq!(shown.evidence.waived.as_deref(), Some("exemption"));
    assert_eq!(
        shown.evidence.controls[0].status,
        Status::Breached,
        "the facts stay visible"
    );
    // To the end of its last day in Vietnam, and not a minute longer.
    p.clock.set(at("2026-11-25T16:59:59Z"));
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Waived);
    p.clock.set(at("2026-11-25T17:00:00Z"));
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Breached);
    let statuses: Vec<String> = p
        .history(OFFICER, a)
        .await
        .into_iter()
        .map(|r| r.status)
        .collect();
    assert_eq!(statuses, ["breached", "waived", "breached"]);
    // What is met needs no exemption.
    p.clock.set(at("2026-11-22T00:00:00Z"));
    p.contact("A", "it-officer", "Mạng").await;
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Met);
}

#[tokio::test]
async fn a_clock_set_back_breaks_nothing() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.left("A", "Lê Văn Trưởng").await;
    p.judge(true).await;
    p.pass(-3_600_000);
    p.contact("A", "it-officer", "Mạng").await;
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Met);
    p.pass(-3_600_000);
    p.judge(true).await;
    let history = p.history(OFFICER, a).await;
    assert_eq!(history.iter().filter(|r| r.valid_to.is_none()).count(), 1);
    for row in &history {
        assert!(
            row.valid_to.is_none_or(|to| to >= row.valid_from),
            "{row:?}"
        );
    }
    // A restart finds the same verdicts open and turns none of them.
    assert_eq!(p.judge(true).await.turned, 0);
}

#[tokio::test]
async fn a_check_that_fails_says_error_and_recovers() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.contact("A", "it-officer", "Mạng").await;
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Met);
    let db = &p.app.db;
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'fact_contact'";
    let made = db
        .fetch_one("view", sql, &[])
        .await
        .unwrap()
        .unwrap()
        .text("sql")
        .unwrap();
    db.execute("break", "DROP VIEW fact_contact", &[])
        .await
        .unwrap();
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Error);
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let shown = assess::verdict(&p.app, &p.ctx(), &view, PACK, OFFICER, "A")
        .await
        .unwrap();
    assert!(shown.evidence.controls[0].rows[0].contains_key("error"));
    db.execute("mend", &made, &[]).await.unwrap();
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Met);
}

#[tokio::test]
async fn a_failed_write_is_made_up_for() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.left("A", "Trưởng").await;
    p.judge(true).await;
    p.pass(1_000);
    p.contact("A", "it-officer", "Mạng").await;
    let db = &p.app.db;
    db.execute("away", "ALTER TABLE verdict RENAME TO away", &[])
        .await
        .unwrap();
    assert!(assess::evaluate(&p.app, false).await.is_err());
    assert_eq!(
        p.stands(OFFICER, a).await.0,
        Status::Breached,
        "pages show what is written"
    );
    db.execute("back", "ALTER TABLE away RENAME TO verdict", &[])
        .await
        .unwrap();
    p.judge(false).await;
    assert_eq!(p.stands(OFFICER, a).await.0, Status::Met);
    assert_eq!(p.history(OFFICER, a).await.len(), 2);
}

#[tokio::test]
async fn two_processes_judge_without_doubling() {
    let Some(p) = Province::on_postgres().await else {
        return;
    };
    p.unit("A", None).await;
    p.judge(true).await;
    let rows = async || {
        let sql = "SELECT COUNT(*) AS n, COUNT(DISTINCT organization_id || regulation || clause) AS d \
            FROM verdict WHERE valid_to IS NULL";
        let row = p.app.db.fetch_one("open", sql, &[]).await.unwrap().unwrap();
        (row.int("n").unwrap(), row.int("d").unwrap())
    };
    // Another process closes and opens verdicts behind this one's back.
    p.app
        .db
        .execute(
            "other process",
            "UPDATE verdict SET valid_to = valid_from, closed_at = valid_from WHERE clause = '17.2.c'",
            &[],
        )
        .await
        .unwrap();
    p.app
        .db
        .execute(
            "other process",
            "INSERT INTO verdict SELECT 'other', regulation, clause, organization_id, 'met', reason, evidence_hash, \
             pack_hash, valid_from, NULL, recorded_at, NULL FROM verdict WHERE clause = '17.2.c'",
            &[],
        )
        .await
        .unwrap();
    p.left("A", "Trưởng").await;
    let mut tries = 0;
    while assess::evaluate(&p.app, false).await.is_err() {
        tries += 1;
        assert!(tries < 3);
    }
    let (open, distinct) = rows().await;
    assert_eq!(open, distinct);
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let unit = view.find("A").unwrap().id;
    assert_eq!(
        view.board.get(PACK, OFFICER, unit).unwrap().status,
        Status::Breached
    );
}

#[tokio::test]
async fn a_duty_is_fulfilled_by_its_book() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.judge(true).await;
    assert_eq!(p.stands(PLAN, a).await.0, Status::Pending);
    let due = async |open| {
        app::duty::due(&p.app, &p.ctx(), "2026-01-01", "2027-12-31", open, 100)
            .await
            .unwrap()
    };
    let mine = |d: &&app::duty::DutyView| d.duty.clause == PLAN && d.unit_code == "A";
    let rows = due(true).await;
    let plan = rows.iter().find(mine).unwrap();
    assert_eq!(
        (plan.duty.period.as_str(), plan.duty.due_on.as_deref()),
        ("2026", Some("2026-12-31"))
    );
    assert_eq!(plan.days_left, Some(41));
    let officer = p.as_role(Role::Officer, Some(a));
    let entry = values(&[
        ("organization", "A"),
        ("occurred_on", "2026-11-20"),
        ("period", "2026"),
        ("result", "draft"),
        ("subject", "Kế hoạch 2026"),
    ]);
    let saved = registry::save(&p.app, &officer, "it-plan", None, entry.clone())
        .await
        .unwrap()
        .record;
    p.judge(false).await;
    assert_eq!(
        p.stands(PLAN, a).await.0,
        Status::Pending,
        "a draft is not sent"
    );
    let mut sent = entry;
    sent.insert("result".into(), "sent".into());
    registry::save(&p.app, &officer, "it-plan", Some((saved.id, 1)), sent)
        .await
        .unwrap();
    p.judge(false).await;
    assert_eq!(p.stands(PLAN, a).await.0, Status::Met);
    assert!(!due(true).await.iter().any(|d| mine(&d)));
    let done = due(false).await;
    let plan = done.iter().find(mine).unwrap();
    assert_eq!(
        (plan.duty.fulfilled_on.as_deref(), plan.days_left),
        (Some("2026-11-20"), None)
    );
    // The next year's plan is owed at that year's end, and missed the day after.
    p.clock.set(at("2027-12-31T16:59:59Z"));
    p.judge(true).await;
    assert_eq!(p.stands(PLAN, a).await.0, Status::Met);
    p.clock.set(at("2027-12-31T17:00:00Z"));
    p.judge(true).await;
    assert_eq!(p.stands(PLAN, a).await.0, Status::Breached);
}

#[tokio::test]
async fn a_word_counts_for_its_lifetime() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    p.judge(true).await;
    assert_eq!(
        p.stands(LAN, a).await,
        (Status::NoData, Some("not-attested".into()))
    );
    let library = p.app.library();
    let form = library.controls["lan-secured"].attestation.clone().unwrap();
    let officer = p.as_role(Role::Officer, Some(a));
    let attest = async |unit, holds, statement: &str, file: Option<attachment::Staged>| {
        let unit = OrganizationId(unit);
        assess::attest(
            &p.app,
            &officer,
            "lan-secured",
            unit,
            Some(holds),
            statement,
            file,
        )
        .await
    };
    assert_eq!(refused(attest(b, true, "x", None).await), Denied);
    assert_eq!(refused(attest(a, true, "  ", None).await), Invalid);
    // Another unit's document is none of this one's.
    let pdf = b"%PDF-1.7 B".to_vec();
    let of_b = attachment::stage(&p.app, &p.ctx(), OrganizationId(b), "b.pdf", pdf).await;
    let of_b = attest(a, true, "x", Some(of_b.unwrap())).await;
    assert_eq!(refused(of_b), NotFound);
    let viewer = p.as_role(Role::Viewer, Some(a));
    let unit = OrganizationId(a);
    let read = assess::attest(&p.app, &viewer, "lan-secured", unit, Some(true), "x", None).await;
    assert_eq!(refused(read), Denied);
    let none = assess::attest(
        &p.app,
        &officer,
        "quarterly-meeting",
        unit,
        Some(true),
        "x",
        None,
    )
    .await;
    assert_eq!(refused(none), NotFound);

    attest(a, false, "chưa có tường lửa", None).await.unwrap();
    p.judge(false).await;
    assert_eq!(
        p.stands(LAN, a).await,
        (Status::Breached, Some("attested-not".into()))
    );
    p.pass(60_000);
    attest(a, true, "đã lắp tường lửa", None).await.unwrap();
    p.judge(false).await;
    assert_eq!(
        p.stands(LAN, a).await,
        (Status::Met, Some("attested".into()))
    );
    assert_eq!(p.stands(LAN, b).await.0, Status::NoData);
    p.pass(i64::from(form.lifetime_days) * 86_400_000);
    p.judge(true).await;
    assert_eq!(p.stands(LAN, a).await.0, Status::Met);
    p.pass(1);
    p.judge(true).await;
    assert_eq!(
        p.stands(LAN, a).await,
        (Status::NoData, Some("attestation-expired".into()))
    );
    let other = p.as_role(Role::Officer, Some(b));
    let latest = assess::latest_attestation(&p.app, &other, "lan-secured", unit).await;
    assert_eq!(latest.unwrap(), None, "another unit's word is not shown");
}

#[tokio::test]
async fn who_leaves_the_network_is_not_judged_any_more() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.judge(true).await;
    let mut read = registry::get(&p.app, &p.ctx(), "organization", "A")
        .await
        .unwrap();
    read.values.insert("ends_on".into(), "2026-11-20".into());
    p.pass(86_400_000);
    registry::save(&p.app, &p.ctx(), "organization", Some((a, 1)), read.values)
        .await
        .unwrap();
    let done = p.judge(false).await;
    assert_eq!((done.units, done.verdicts), (0, 0));
    let sql = "SELECT COUNT(*) AS n FROM verdict WHERE valid_to IS NULL";
    let open = p.app.db.fetch_one("open", sql, &[]).await.unwrap().unwrap();
    assert_eq!(open.int("n").unwrap(), 0);
    let then = assess::board(
        &p.app,
        &p.ctx(),
        Some(assess::AsOf::then(p.clock.now_ms() - 86_400_000)),
    )
    .await
    .unwrap();
    assert!(
        then.board.get(PACK, OFFICER, OrganizationId(a)).is_some(),
        "the past stays"
    );
}

#[tokio::test]
async fn a_chosen_number_judges_anew() {
    let p = Province::new().await;
    p.unit("A", None).await;
    p.judge(true).await;
    app::setting::set(
        &p.app,
        &p.ctx(),
        "parameter.unit-connected.grace_minutes",
        "7",
    )
    .await
    .unwrap();
    let done = p.judge(false).await;
    assert!(done.checks > 40, "{done:?}");
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let shown = assess::verdict(&p.app, &p.ctx(), &view, PACK, "17.1.a", "A")
        .await
        .unwrap();
    let chosen = &shown.evidence.controls[0].parameters["grace_minutes"];
    assert_eq!(chosen, &policy::control::Value::Integer(7));
}
