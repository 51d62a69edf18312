//! Flows: from a request to what it does, who may, what was shown, and that a flow never stands
//! between two states.

mod chance;
mod desk;
mod in_place;
mod own_policy;
mod tampered;

use std::collections::BTreeMap;

use app::{
    Ctx, assess,
    flow::{self, Begin, FlowRow, Planned, Taking},
    journal, registry,
};
use domain::{
    authority::Role,
    id::Id,
    problem::{
        Problem,
        ProblemKind::{Conflict, Denied, Invalid, NotFound},
    },
};
use policy::Status;

use crate::{Province, refused};

pub(crate) const FLOW: &str = "inspection-before-connection";
const DAY_MS: i64 = 86_400_000;

/// A province with a unit that has a device, and those who take steps.
pub(crate) struct Asked {
    pub(crate) p: Province,
    pub(crate) unit: Id,
    /// The device that is asked for.
    code: std::sync::Mutex<String>,
}

impl Asked {
    pub(crate) async fn new(p: Province) -> Self {
        let province = p.unit("P", None).await;
        let unit = p.unit("A", Some(province)).await;
        p.unit("B", Some(province)).await;
        let asked = Self {
            p,
            unit,
            code: std::sync::Mutex::default(),
        };
        asked.another("D1").await;
        asked
    }

    /// A device that has yet to be connected; from now on it is the one that is asked for.
    pub(crate) async fn another(&self, code: &str) {
        let name = match code {
            "D1" => "Tường lửa",
            code => code,
        };
        let device = [
            ("code", code),
            ("name", name),
            ("organization", "A"),
            ("role", "firewall"),
            ("status", "planned"),
        ];
        self.p.add("device", &device).await;
        code.clone_into(&mut self.code.lock().unwrap());
    }

    pub(crate) fn code(&self) -> String {
        self.code.lock().unwrap().clone()
    }

    /// An officer of the unit.
    pub(crate) fn officer(&self) -> Ctx {
        self.p.as_role(Role::Officer, Some(self.unit))
    }

    /// Somebody of the network centre.
    pub(crate) fn centre(&self, name: &str) -> Ctx {
        let mut ctx = self.p.as_role(Role::Operator, None);
        ctx.actor.name = name.into();
        ctx
    }

    pub(crate) fn asking(&self) -> Begin {
        Begin {
            flow: FLOW.into(),
            subject: self.code(),
            typed: typed(&[("purpose", "mạng WAN của đơn vị")]),
            // What is there already is said in `desk`.
            knowing: true,
            ..Begin::default()
        }
    }

    pub(crate) async fn begin(&self) -> FlowRow {
        flow::begin(&self.p.app, &self.officer(), &self.asking())
            .await
            .unwrap()
    }

    /// A step from where the flow stands, with what it will do looked at first.
    pub(crate) async fn step(
        &self,
        ctx: &Ctx,
        id: Id,
        step: &str,
        given: &[(&str, &str)],
    ) -> Result<FlowRow, Problem> {
        let (id, given) = (id.to_string(), typed(given));
        let open = flow::get(&self.p.app, ctx, &id, Some((step, &given))).await?;
        let plan = open.possible.iter().find(|p| p.name == step);
        let plan = plan.and_then(|p| p.plan.as_ref());
        let taking = Taking {
            step: step.into(),
            version: open.row.version,
            typed: given,
            seen: plan.map_or_else(String::new, |plan| plan.seen.clone()),
        };
        flow::take(&self.p.app, ctx, &id, &taking).await
    }

    pub(crate) async fn device(&self) -> domain::record::Record {
        registry::get(&self.p.app, &self.p.ctx(), "device", &self.code())
            .await
            .unwrap()
    }

    async fn waits(&self, ctx: &Ctx) -> Vec<String> {
        let desk = flow::waiting(&self.p.app, ctx).await.unwrap();
        assert_eq!(flow::waits(&self.p.app, ctx).await.unwrap(), desk.count());
        let steps = desk.waiting.into_iter().flat_map(|w| w.steps);
        steps.map(|label| label.en).collect()
    }

    async fn sound(&self) {
        let report = journal::verify(&self.p.app, &self.p.ctx()).await.unwrap();
        assert_eq!(report.findings, []);
    }
}

pub(crate) fn typed(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let all = given.iter();
    all.map(|(f, t)| ((*f).to_owned(), (*t).to_owned()))
        .collect()
}

const PASSED: [(&str, &str); 3] = [
    ("inspected_on", "2026-11-20"),
    ("inspection_result", "passed"),
    ("inspected_by", "Trung tâm mạng"),
];
const FAILED: [(&str, &str); 3] = [
    ("inspected_on", "2026-11-20"),
    ("inspection_result", "failed"),
    ("inspected_by", "Trung tâm mạng"),
];

#[tokio::test]
async fn from_the_request_to_the_connected_device_and_its_clause() {
    let a = Asked::new(Province::new().await).await;
    let (app, officer) = (&a.p.app, a.officer());
    let (binh, lan) = (a.centre("binh"), a.centre("lan"));
    let row = a.begin().await;
    assert_eq!((row.state.as_str(), row.version), ("asked", 1));
    // Friday the 20th; five working days, of which the 24th is none.
    assert_eq!(row.due_on.as_deref(), Some("2026-11-30"));
    assert_eq!(a.waits(&officer).await, Vec::<String>::new());
    assert_eq!(
        a.waits(&binh).await,
        ["Enter the result", "Return for more"]
    );

    let row = a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    assert_eq!(row.state, "inspected");
    assert!(
        a.device().await.text("inspected_on").is_empty(),
        "nothing is done before it is approved"
    );
    // Who inspected does not approve, and neither does the unit.
    assert_eq!(refused(a.step(&binh, row.id, "approve", &[]).await), Denied);
    assert_eq!(
        refused(a.step(&officer, row.id, "approve", &[]).await),
        Denied
    );
    assert_eq!(a.waits(&binh).await, Vec::<String>::new());

    // What it will do is shown before.
    let open = flow::get(app, &lan, &row.id.to_string(), None)
        .await
        .unwrap();
    let approve = open.possible.iter().find(|p| p.name == "approve").unwrap();
    let plan = approve.plan.as_ref().unwrap();
    let [Planned::Set { noun, fields, .. }] = plan.effects.as_slice() else {
        panic!("{plan:?}")
    };
    assert_eq!((noun.as_str(), fields.len()), ("device", 3));
    let blind = Taking {
        step: "approve".into(),
        version: row.version,
        ..Taking::default()
    };
    assert_eq!(
        refused(flow::take(app, &lan, &row.id.to_string(), &blind).await),
        Conflict
    );
    let row = a.step(&lan, row.id, "approve", &[]).await.unwrap();
    assert_eq!(row.state, "approved");
    let device = a.device().await;
    assert_eq!(device.text("inspection_result"), "passed");
    assert_eq!(device.text("inspected_by"), "Trung tâm mạng");
    assert_eq!(
        device.text("status"),
        "planned",
        "nobody says that it is connected"
    );

    // The unit says when it was connected: now the clause has its facts.
    let tomorrow = [("connected_on", "2026-11-21"), ("supervised_by", "Lan")];
    assert_eq!(
        refused(a.step(&officer, row.id, "connect", &tomorrow).await),
        Invalid
    );
    let today = [("connected_on", "2026-11-20"), ("supervised_by", "Lan")];
    let row = a.step(&officer, row.id, "connect", &today).await.unwrap();
    assert!(row.ended && row.state == "connected");
    let device = a.device().await;
    assert_eq!(
        (device.text("status"), device.text("in_service_on")),
        ("active", "2026-11-20")
    );
    let query = registry::RecordQuery::default();
    let book = registry::list(app, &officer, "connection-request", &query);
    let book = book.await.unwrap();
    assert_eq!(book.total, 1);
    let entry = &book.records[0];
    assert_eq!(entry.text("result"), "connected");
    assert_eq!(
        (entry.text("subject"), entry.text("requested_by")),
        ("Tường lửa", "officer")
    );
    assess::evaluate(app, true).await.unwrap();
    let view = assess::board(app, &a.p.ctx(), None).await.unwrap();
    let unit = view.find("A").unwrap().id;
    let control = view.board.get("vinh-long-26-2019", "13.6", unit);
    assert_ne!(control.unwrap().status, Status::Breached);
    assert_eq!(a.waits(&officer).await, Vec::<String>::new());
    let open = flow::get(app, &officer, &row.id.to_string(), None)
        .await
        .unwrap();
    let steps: Vec<&str> = open.events.iter().map(|e| e.step.as_str()).collect();
    assert_eq!(steps, ["begin", "inspect", "approve", "connect"]);
    assert!(open.possible.is_empty() && !open.may_withdraw);
    a.sound().await;
}

#[tokio::test]
async fn what_is_approved_is_what_was_shown() {
    let a = Asked::new(Province::new().await).await;
    let (binh, lan) = (a.centre("binh"), a.centre("lan"));
    let row = a.begin().await;
    let row = a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    let id = row.id.to_string();
    let open = flow::get(&a.p.app, &lan, &id, None).await.unwrap();
    let seen = open.possible[0].plan.clone().unwrap().seen;
    // The record changes between the look and the click.
    let device = a.device().await;
    let mut changed = device.values.clone();
    changed.insert("inspected_by".into(), "Sở".into());
    changed.insert("inspected_on".into(), "2026-11-01".into());
    changed.insert("inspection_result".into(), "failed".into());
    let at = Some((device.id, device.version));
    registry::save(&a.p.app, &a.p.ctx(), "device", at, changed)
        .await
        .unwrap();
    let taking = Taking {
        step: "approve".into(),
        version: row.version,
        seen,
        ..Taking::default()
    };
    let stale = flow::take(&a.p.app, &lan, &id, &taking).await;
    assert_eq!(refused(stale), Conflict);
    assert_eq!(a.device().await.text("inspected_by"), "Sở");
    assert!(a.step(&lan, row.id, "approve", &[]).await.is_ok());
    a.sound().await;
}

#[tokio::test]
async fn a_failed_inspection_is_refused_returned_and_inspected_again() {
    let a = Asked::new(Province::new().await).await;
    let (officer, binh, lan) = (a.officer(), a.centre("binh"), a.centre("lan"));
    let row = a.begin().await;
    let missing = [("wanting", "")];
    assert_eq!(
        refused(a.step(&binh, row.id, "return", &missing).await),
        Invalid
    );
    let marked = [("wanting", "TỐI MẬT")];
    assert_eq!(
        refused(a.step(&binh, row.id, "return", &marked).await),
        Invalid
    );
    let odd = [("wanting", "sơ đồ"), ("nothing", "x")];
    assert_eq!(
        refused(a.step(&binh, row.id, "return", &odd).await),
        Invalid
    );
    let row = a
        .step(&binh, row.id, "return", &[("wanting", "sơ đồ")])
        .await
        .unwrap();
    assert_eq!(a.waits(&officer).await, ["Send what was wanting"]);
    let row = a
        .step(&officer, row.id, "supplement", &[("supplement", "đã gửi")])
        .await
        .unwrap();
    let row = a.step(&binh, row.id, "inspect", &FAILED).await.unwrap();
    // The guard stands in the way, also of who would be allowed.
    assert_eq!(
        refused(a.step(&lan, row.id, "approve", &[]).await),
        Conflict
    );
    let row = a
        .step(&lan, row.id, "refuse", &[("reason", "mã độc")])
        .await
        .unwrap();
    assert!(row.ended);
    assert_eq!(a.device().await.text("inspection_result"), "failed");
    let after = a
        .step(&lan, row.id, "refuse", &[("reason", "mã độc")])
        .await;
    assert_eq!(refused(after), Conflict);
    // Ended, the device may be asked for again.
    assert!(flow::begin(&a.p.app, &officer, &a.asking()).await.is_ok());
    a.sound().await;
}

#[tokio::test]
async fn a_unit_sees_its_own_and_asks_for_its_own() {
    let a = Asked::new(Province::new().await).await;
    let (app, officer) = (&a.p.app, a.officer());
    let b = registry::get(app, &a.p.ctx(), "organization", "B")
        .await
        .unwrap()
        .id;
    let other = a.p.as_role(Role::Officer, Some(b));
    let viewer = a.p.as_role(Role::Viewer, Some(a.unit));
    let asking = a.asking();
    assert_eq!(
        refused(flow::begin(app, &other, &asking).await),
        Invalid,
        "it is not there for them"
    );
    assert_eq!(refused(flow::begin(app, &viewer, &asking).await), Denied);
    let unknown = Begin {
        flow: "x".into(),
        ..a.asking()
    };
    assert_eq!(
        refused(flow::begin(app, &officer, &unknown).await),
        NotFound
    );
    // The same form sent twice begins one; another form about the device is refused.
    let once = Begin {
        id: Some(Id::new(a.p.clock.now_ms())),
        ..a.asking()
    };
    let first = flow::begin(app, &officer, &once).await.unwrap();
    assert_eq!(
        flow::begin(app, &officer, &once).await.unwrap().id,
        first.id
    );
    assert_eq!(
        refused(flow::begin(app, &officer, &a.asking()).await),
        Conflict
    );
    let id = first.id.to_string();
    assert_eq!(refused(flow::get(app, &other, &id, None).await), NotFound);
    assert_eq!(
        flow::list(app, &other, &Default::default())
            .await
            .unwrap()
            .1,
        0
    );
    assert_eq!(flow::waiting(app, &other).await.unwrap().count(), 0);
    assert_eq!(
        flow::list(app, &viewer, &Default::default())
            .await
            .unwrap()
            .1,
        1
    );
    // Who began it takes it back; nobody else does, and not once something was done by it.
    assert_eq!(refused(flow::withdraw(app, &viewer, &id, 1).await), Denied);
    assert_eq!(
        refused(flow::withdraw(app, &officer, &id, 2).await),
        Conflict
    );
    let row = flow::withdraw(app, &officer, &id, 1).await.unwrap();
    assert!(row.ended && row.state == policy::flow::WITHDRAWN);
    let next = a.begin().await;
    let (binh, lan) = (a.centre("binh"), a.centre("lan"));
    a.step(&binh, next.id, "inspect", &PASSED).await.unwrap();
    let row = a.step(&lan, next.id, "approve", &[]).await.unwrap();
    let late = flow::withdraw(app, &officer, &next.id.to_string(), row.version).await;
    assert_eq!(refused(late), Conflict);
    a.sound().await;
}

async fn one_of_many_clicks_wins(p: Province) {
    let a = Asked::new(p).await;
    let binh = a.centre("binh");
    let row = a.begin().await;
    let id = row.id.to_string();
    let click = |n: usize| {
        let (app, ctx, id) = (a.p.app.clone(), binh.clone(), id.clone());
        let step = if n.is_multiple_of(2) {
            "inspect"
        } else {
            "return"
        };
        let given = if n.is_multiple_of(2) {
            typed(&PASSED)
        } else {
            typed(&[("wanting", "x")])
        };
        tokio::spawn(async move {
            let taking = Taking {
                step: step.into(),
                version: 1,
                typed: given,
                seen: String::new(),
            };
            flow::take(&app, &ctx, &id, &taking).await
        })
    };
    let clicks: Vec<_> = (0..8).map(click).collect();
    let mut won = 0;
    for click in clicks {
        match click.await.unwrap() {
            Ok(_) => won += 1,
            Err(problem) => assert_eq!(problem.kind, Conflict, "{problem}"),
        }
    }
    assert_eq!(won, 1, "one wins, the others are told");
    let open = flow::get(&a.p.app, &binh, &id, None).await.unwrap();
    assert_eq!((open.row.version, open.events.len()), (2, 2));
    a.sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_clicks_wins_on_sqlite() {
    one_of_many_clicks_wins(Province::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_clicks_wins_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        one_of_many_clicks_wins(p).await;
    }
}

#[tokio::test]
async fn what_is_changed_beside_the_journal_is_named() {
    let a = Asked::new(Province::new().await).await;
    let row = a.begin().await;
    a.step(&a.centre("binh"), row.id, "inspect", &PASSED)
        .await
        .unwrap();
    for sql in [
        "UPDATE flow SET state = 'approved'",
        "UPDATE flow_event SET actor_name = 'lan' WHERE number = 2",
        "UPDATE flow_event SET typed = '{}' WHERE number = 2",
        "UPDATE flow_definition SET definition = '{}'",
    ] {
        let mut tx = a.p.app.db.begin().await.unwrap();
        tx.execute("flow", sql, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let report = journal::verify(&a.p.app, &a.p.ctx()).await.unwrap();
        assert!(!report.is_sound(), "{sql}");
    }
}

#[tokio::test]
async fn a_request_about_what_changed_hands_shows_and_writes_nothing_of_it() {
    let a = Asked::new(Province::new().await).await;
    let row = a.begin().await;
    a.step(&a.centre("binh"), row.id, "inspect", &PASSED)
        .await
        .unwrap();
    let device = a.device().await;
    let mut values = device.values.clone();
    values.insert("organization".into(), "B".into());
    values.insert("name".into(), "của B".into());
    let at = Some((device.id, device.version));
    registry::save(&a.p.app, &a.p.ctx(), "device", at, values)
        .await
        .unwrap();
    let seen = flow::get(&a.p.app, &a.officer(), &row.id.to_string(), None)
        .await
        .unwrap();
    assert!(!format!("{seen:?}").contains("của B"));
    assert!(
        a.step(&a.centre("lan"), row.id, "approve", &[])
            .await
            .is_err()
    );
    let asking = Begin {
        subject: a.code(),
        ..a.asking()
    };
    flow::begin(&a.p.app, &a.p.ctx(), &asking).await.unwrap();
    a.sound().await;
}
