//! A past day as it was known then, and by what is known now.

use app::{
    assess::{self, AsOf, BoardView, Known},
    proof, registry, setting,
};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    label::Lang,
    problem::ProblemKind::{Denied, NotFound},
};
use policy::Status::{self, Met, NoData};

use crate::{Province, at, refused, values};

const PACK: &str = crate::VINH_LONG;
/// The unit has an IT officer: a check over contacts.
const OFFICER: &str = "17.2.c";
/// Storage that fails or retires: a check of entries.
const STORAGE: &str = "15.3";
/// The unit's network is secured: somebody's word.
const LAN: &str = "11";
/// The unit has a device that guards it: a check over devices.
const GUARDED: &str = "13.2";
/// The unit is connected, as the probes see it now.
const CONNECTED: &str = "17.1.a";

async fn look(p: &Province, day: &str, known: Known) -> BoardView {
    let as_of = AsOf::day(day.parse().unwrap(), known);
    assess::board(&p.app, &p.ctx(), Some(as_of)).await.unwrap()
}

fn stands(view: &BoardView, cite: &str, unit: Id) -> Option<(Status, Option<String>)> {
    let cell = view.board.get(PACK, cite, OrganizationId(unit))?;
    Some((cell.status, cell.reason.clone()))
}

/// How a clause stood with a unit on a day: as it was known then, and by what is known now.
async fn both(p: &Province, day: &str, cite: &str, unit: Id) -> [Option<Status>; 2] {
    let status = |view: &BoardView| stands(view, cite, unit).map(|(status, _)| status);
    [
        status(&look(p, day, Known::Then).await),
        status(&look(p, day, Known::Now).await),
    ]
}

async fn judge(p: &Province) {
    assess::evaluate(&p.app, true).await.unwrap();
}

impl Province {
    /// Moves the clock to noon in Vietnam and judges.
    async fn noon(&self, day: &str) {
        self.clock.set(at(&format!("{day}T05:00:00Z")));
        judge(self).await;
    }

    async fn officer_since(&self, unit: &str, day: &str) -> Id {
        let given = [
            ("organization", unit),
            ("role", "it-officer"),
            ("name", "Nguyễn Thị Mạng"),
            ("starts_on", day),
        ];
        self.add("contact", &given).await
    }

    async fn leader(&self, unit: &str) {
        let given = [
            ("organization", unit),
            ("role", "leader"),
            ("name", "Lê Văn Trưởng"),
            ("starts_on", "2026-01-01"),
        ];
        self.add("contact", &given).await;
    }

    async fn disposed(&self, unit: &str, day: &str, result: &str) {
        let given = [
            ("organization", unit),
            ("occurred_on", day),
            ("subject", "Ổ cứng máy văn thư"),
            ("result", result),
        ];
        self.add("media-disposal", &given).await;
    }

    async fn device(&self, unit: &str, code: &str) -> Id {
        let given = [
            ("code", code),
            ("name", code),
            ("organization", unit),
            ("role", "firewall"),
            ("status", "active"),
        ];
        self.add("device", &given).await
    }
}

async fn what_is_typed_later_counts_by_its_own_date(p: Province) {
    let a = p.unit("A", None).await;
    p.leader("A").await;
    p.noon("2026-11-20").await;
    p.noon("2026-11-25").await;
    assert_eq!(both(&p, "2026-11-20", OFFICER, a).await, [Some(NoData); 2]);
    assert_eq!(both(&p, "2026-11-20", STORAGE, a).await, [Some(NoData); 2]);

    // Of a later day: in neither.
    let officer = p.officer_since("A", "2026-11-24").await;
    p.disposed("A", "2026-11-24", "destroyed").await;
    judge(&p).await;
    assert_eq!(both(&p, "2026-11-20", OFFICER, a).await, [Some(NoData); 2]);
    assert_eq!(both(&p, "2026-11-20", STORAGE, a).await, [Some(NoData); 2]);

    // Of that day or before, typed now.
    let mut given = registry::get(&p.app, &p.ctx(), "contact", &officer.to_string())
        .await
        .unwrap()
        .values;
    given.insert("starts_on".into(), "2026-11-01".into());
    registry::save(&p.app, &p.ctx(), "contact", Some((officer, 1)), given)
        .await
        .unwrap();
    p.disposed("A", "2026-11-20", "destroyed").await;
    judge(&p).await;
    let turned = [Some(NoData), Some(Met)];
    assert_eq!(both(&p, "2026-11-20", OFFICER, a).await, turned);
    let turned = [Some(NoData), Some(Met)];
    assert_eq!(both(&p, "2026-11-20", STORAGE, a).await, turned);
    // Before the officer began, and before the entry.
    assert_eq!(both(&p, "2026-10-31", STORAGE, a).await, [None; 2]);

    // What holds today is what is known today, either way.
    let live = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let today = look(&p, "2026-11-25", Known::Now).await;
    for (unit, c, cell) in live.cells() {
        let key = &live.board.clauses[c];
        let anew = today
            .board
            .get(&key.regulation, &key.cite, unit.id)
            .unwrap();
        let of = |cell: &assess::Cell| (cell.status, cell.reason.clone(), cell.basis.clone());
        assert_eq!(of(anew), of(cell), "{key:?}");
    }
    assert_eq!(live.cells().count(), today.cells().count());
}

#[tokio::test]
async fn what_is_typed_later_counts_by_its_own_date_on_sqlite() {
    what_is_typed_later_counts_by_its_own_date(Province::new().await).await;
}

#[tokio::test]
async fn what_is_typed_later_counts_by_its_own_date_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        what_is_typed_later_counts_by_its_own_date(p).await;
    }
}

#[tokio::test]
async fn nobody_was_there_before_it_began() {
    let p = Province::new().await;
    p.unit("A", None).await;
    p.noon("2026-11-25").await;
    let b = p.unit("B", None).await;
    judge(&p).await;
    assert_eq!(both(&p, "2026-11-20", LAN, b).await, [None; 2]);
    let mut given = registry::get(&p.app, &p.ctx(), "organization", "B")
        .await
        .unwrap()
        .values;
    given.insert("starts_on".into(), "2026-01-01".into());
    registry::save(&p.app, &p.ctx(), "organization", Some((b, 1)), given)
        .await
        .unwrap();
    assert_eq!(both(&p, "2026-11-20", LAN, b).await, [None, Some(NoData)]);
}

#[tokio::test]
async fn a_word_is_of_the_day_on_which_it_was_given() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.noon("2026-11-20").await;
    p.noon("2026-11-25").await;
    let officer = p.as_role(Role::Officer, Some(a));
    let (unit, said) = (OrganizationId(a), "đã lắp tường lửa");
    assess::attest(
        &p.app,
        &officer,
        "lan-secured",
        unit,
        Some(true),
        said,
        None,
    )
    .await
    .unwrap();
    p.noon("2026-11-26").await;
    assert_eq!(both(&p, "2026-11-20", LAN, a).await, [Some(NoData); 2]);
    let then = look(&p, "2026-11-20", Known::Now).await;
    let unknown = Some((NoData, Some("not-attested".into())));
    assert_eq!(stands(&then, LAN, a), unknown);
    assert_eq!(both(&p, "2026-11-25", LAN, a).await[1], Some(Met));
}

#[tokio::test]
async fn what_keeps_no_history_is_not_made_up() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    p.device("A", "A-1").await;
    let moved = p.device("B", "B-1").await;
    p.noon("2026-11-20").await;
    p.noon("2026-11-25").await;
    assert_eq!(both(&p, "2026-11-20", GUARDED, a).await, [Some(Met); 2]);
    // Retired since: nobody can say any more how it was with B then; with A nothing changed.
    let read = registry::get(&p.app, &p.ctx(), "device", &moved.to_string()).await;
    let mut given = read.unwrap().values;
    given.insert("status".into(), "retired".into());
    registry::save(&p.app, &p.ctx(), "device", Some((moved, 1)), given)
        .await
        .unwrap();
    judge(&p).await;
    assert_eq!(both(&p, "2026-11-20", GUARDED, a).await, [Some(Met); 2]);
    assert_eq!(
        both(&p, "2026-11-20", GUARDED, b).await,
        [Some(Met), Some(NoData)]
    );
    let view = look(&p, "2026-11-20", Known::Now).await;
    let lost = Some((NoData, Some("changed-since".into())));
    assert_eq!(stands(&view, GUARDED, b), lost);
    let shown = assess::verdict(&p.app, &p.ctx(), &view, PACK, GUARDED, "B").await;
    let said = &shown.unwrap().evidence.controls[0];
    let control = &p.app.library().controls[&said.control];
    assert!(
        said.explain(control, Lang::Vi)
            .contains("thay đổi sau ngày này")
    );
    // How the probes see a connection is known of now alone.
    let kept = Some((NoData, Some("not-kept".into())));
    assert_eq!(stands(&view, CONNECTED, a), kept);
}

#[tokio::test]
async fn looking_back_writes_nothing_and_shows_nobody_more() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    p.noon("2026-11-20").await;
    p.noon("2026-11-25").await;
    p.officer_since("A", "2026-11-01").await;
    let count = async || {
        let mut all = Vec::new();
        for table in ["verdict", "evidence", "duty", "journal"] {
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            let row = p.app.db.fetch_one("count", &sql, &[]).await.unwrap();
            all.push(row.unwrap().int("n").unwrap());
        }
        all
    };
    let before = count().await;
    assert_eq!(look(&p, "2026-11-20", Known::Now).await.units.len(), 2);
    assert_eq!(count().await, before);

    let as_of = Some(AsOf::day("2026-11-20".parse().unwrap(), Known::Now));
    let officer = p.as_role(Role::Officer, Some(b));
    let own = assess::board(&p.app, &officer, as_of).await.unwrap();
    assert!(own.cells().all(|(unit, _, _)| unit.id == OrganizationId(b)));
    assert!(own.cells().count() > 20);
    let theirs = assess::verdict(&p.app, &officer, &own, PACK, OFFICER, "A").await;
    assert_eq!(theirs.map(|_| ()).unwrap_err().kind, NotFound);
    let made = proof::make(&p.app, &officer, &own, PACK, OFFICER, "A").await;
    assert_eq!(refused(made), NotFound);
    let results = proof::oscal::results(&p.app, &own, None, Some("A"), Lang::Vi);
    assert_eq!(refused(results), NotFound);
    let mut nobody = p.as_role(Role::Officer, Some(a));
    nobody.actor.grants.clear();
    let denied = assess::board(&p.app, &nobody, as_of).await;
    assert_eq!(denied.map(|_| ()).unwrap_err().kind, Denied);
}

#[tokio::test]
async fn a_receipt_says_which_and_carries_the_evidence_of_its_day() {
    let p = Province::new().await;
    p.unit("A", None).await;
    p.leader("A").await;
    p.noon("2026-11-20").await;
    p.noon("2026-11-25").await;
    p.officer_since("A", "2026-11-01").await;
    judge(&p).await;
    let receipt = async |view: &BoardView, cite: &str| {
        let note = proof::make(&p.app, &p.ctx(), view, PACK, cite, "A").await;
        proof::verify(&note.unwrap(), proof::key(&p.app).as_deref()).unwrap()
    };
    let now = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let now = receipt(&now, OFFICER).await;
    assert_eq!(now.receipt.statement.known, None);
    assert_eq!(now.receipt.statement.verdict.status, Met);

    let view = look(&p, "2026-11-20", Known::Then).await;
    let then = receipt(&view, OFFICER).await;
    let s = &then.receipt.statement;
    assert_eq!((s.known, s.verdict.status), (Some(Known::Then), NoData));
    assert_eq!(s.as_of, "2026-11-20T16:59:59.999Z");
    assert_eq!(s.verdict.since, "2026-11-20T05:00:00Z");
    assert_eq!(then.evidence.controls[0].rows[0]["reason"], "none");
    assert_eq!(s.checks[0].id, "officer-named");

    let view = look(&p, "2026-11-20", Known::Now).await;
    let anew = receipt(&view, OFFICER).await;
    let s = &anew.receipt.statement;
    assert_eq!((s.known, s.verdict.status), (Some(Known::Now), Met));
    assert_eq!(s.as_of, "2026-11-20T16:59:59.999Z");
    assert_eq!(s.verdict.since, s.as_of, "since when is not known");
    assert_eq!(
        anew.evidence.controls[0].rows[0]["holder"],
        "Nguyễn Thị Mạng"
    );
    assert_eq!(s.checks[0].id, "officer-named");
    assert_ne!(s.verdict.id, then.receipt.statement.verdict.id);

    // What judges otherwise since is not said to have judged then.
    let chosen = "parameter.unit-connected.grace_minutes";
    let judged = async |known| {
        let view = look(&p, "2026-11-20", known).await;
        receipt(&view, CONNECTED)
            .await
            .receipt
            .statement
            .checks
            .len()
    };
    assert_eq!(judged(Known::Then).await, 1);
    setting::set(&p.app, &p.ctx(), chosen, "7").await.unwrap();
    assert_eq!(
        [judged(Known::Then).await, judged(Known::Now).await],
        [0, 1]
    );
}

#[tokio::test]
async fn an_old_interval_has_its_receipt_behind_any_number_of_newer_ones() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.leader("A").await;
    p.noon("2026-11-20").await;
    p.clock.set(at("2026-11-21T01:00:00Z"));
    let exemption = |on: bool| if on { "2026-11-30" } else { "2026-11-20" };
    let given = |on| {
        values(&[
            ("organization", "A"),
            ("regulation", PACK),
            ("clause", OFFICER),
            ("reason", "sáp nhập"),
            ("approver", "PCT UBND tỉnh"),
            ("starts_on", "2026-11-20"),
            ("ends_on", exemption(on)),
        ])
    };
    let (app, ctx) = (&p.app, p.ctx());
    let saved = registry::save(app, &ctx, "exemption", None, given(true)).await;
    let mut saved = saved.unwrap().record;
    for turn in 0..101 {
        p.pass(1_000);
        judge(&p).await;
        let held = Some((saved.id, saved.version));
        let next = registry::save(app, &ctx, "exemption", held, given(turn % 2 == 1)).await;
        saved = next.unwrap().record;
    }
    let view = look(&p, "2026-11-20", Known::Then).await;
    assert_eq!(stands(&view, OFFICER, a).unwrap().0, NoData);
    let shown = assess::verdict(app, &ctx, &view, PACK, OFFICER, "A")
        .await
        .unwrap();
    let cell = &shown.cell.id;
    assert!(shown.history.iter().all(|row| row.id != *cell));
    assert!(
        proof::make(app, &ctx, &view, PACK, OFFICER, "A")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn oscal_results_say_which() {
    let p = Province::new().await;
    p.unit("A", None).await;
    p.leader("A").await;
    p.noon("2026-11-20").await;
    p.noon("2026-11-25").await;
    p.officer_since("A", "2026-11-01").await;
    let results = async |as_of| {
        let view = assess::board(&p.app, &p.ctx(), as_of).await.unwrap();
        proof::oscal::results(&p.app, &view, Some(PACK), Some("A"), Lang::Vi).unwrap()
    };
    let day = |known| Some(AsOf::day("2026-11-20".parse().unwrap(), known));
    let (then, now) = (
        results(day(Known::Then)).await,
        results(day(Known::Now)).await,
    );
    let known = |of: &serde_json::Value| {
        let metadata = &of["assessment-results"]["metadata"];
        metadata["props"][0]["value"]
            .as_str()
            .map(ToOwned::to_owned)
    };
    assert_eq!(known(&then).as_deref(), Some("then"));
    assert_eq!(known(&now).as_deref(), Some("now"));
    assert_eq!(known(&results(None).await), None);
    let state = |of: &serde_json::Value| {
        let found = of["assessment-results"]["results"][0]["findings"].as_array();
        let found = found
            .unwrap()
            .iter()
            .find(|f| f["title"] == format!("{PACK}_{OFFICER}"));
        found.unwrap()["target"]["status"]["state"].clone()
    };
    assert_eq!(state(&then), "not-satisfied");
    assert_eq!(state(&now), "satisfied");
    let uuid = |of: &serde_json::Value| of["assessment-results"]["uuid"].clone();
    assert_ne!(uuid(&then), uuid(&now));
}
