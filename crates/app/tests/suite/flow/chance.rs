//! No order of clicks, times and deaths leaves a flow between two states.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use app::flow::{self, FlowRow, Taking};
use domain::{id::Id, problem::Problem};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{Asked, DAY_MS, FAILED, PASSED, typed};
use crate::Province;

/// Something that somebody tries.
#[derive(Clone, Debug)]
enum Try {
    /// A step by one of four persons, on the version that is there or on one before; dying after so
    /// many turns of the engine, where it dies.
    Step {
        who: usize,
        step: usize,
        behind: i64,
        blind: bool,
        dies: Option<usize>,
    },
    Withdraw {
        who: usize,
        dies: Option<usize>,
    },
    /// Time passes.
    Days(i64),
    /// Somebody else writes the device.
    Record,
}

const STEPS: [(&str, &[(&str, &str)]); 10] = [
    ("inspect", &PASSED),
    ("inspect", &FAILED),
    ("return", &[("wanting", "x")]),
    ("supplement", &[("supplement", "y")]),
    ("give-up", &[]),
    ("approve", &[]),
    ("refuse", &[("reason", "z")]),
    ("inspect-again", &[]),
    (
        "connect",
        &[("connected_on", "2026-11-20"), ("supervised_by", "s")],
    ),
    ("leave", &[]),
];

fn tries() -> impl Strategy<Value = Try> {
    let dies = prop_oneof![3 => Just(None), 2 => (0usize..60).prop_map(Some)];
    prop_oneof![
        12 => (0usize..4, 0..STEPS.len(), 0i64..6, 0u8..5, dies.clone()).prop_map(
            |(who, step, behind, blind, dies)| Try::Step {
                who,
                step,
                behind: if behind == 5 { 1 } else { 0 },
                blind: blind == 0,
                dies,
            }
        ),
        1 => (0usize..4, dies).prop_map(|(who, dies)| Try::Withdraw { who, dies }),
        1 => (1i64..4).prop_map(Try::Days),
        1 => Just(Try::Record),
    ]
}

/// Runs a future for so many turns and drops it then: a process that dies at an await.
async fn dying<T>(future: impl Future<Output = T>, turns: Option<usize>) -> Option<T> {
    let mut future = Box::pin(future);
    let Some(turns) = turns else {
        return Some(future.await);
    };
    let mut left = turns;
    std::future::poll_fn(move |cx: &mut Context<'_>| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match Pin::new(&mut future).poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

impl Asked {
    async fn tried(&self, id: Id, tried: &Try) -> Option<Result<FlowRow, Problem>> {
        let people = [
            self.officer(),
            self.centre("binh"),
            self.centre("lan"),
            self.centre("mai"),
        ];
        match tried {
            Try::Days(n) => {
                self.p.pass(n * DAY_MS);
                None
            }
            Try::Record => {
                let device = self.device().await;
                let mut values = device.values.clone();
                let note = format!("lần {}", device.version);
                values.insert("note".into(), note.into());
                let at = Some((device.id, device.version));
                let ctx = self.p.ctx();
                app::registry::save(&self.p.app, &ctx, "device", at, values)
                    .await
                    .unwrap();
                None
            }
            Try::Withdraw { who, dies } => {
                let row = self.row(id).await;
                let (app, id) = (&self.p.app, id.to_string());
                dying(flow::withdraw(app, &people[*who], &id, row.version), *dies).await
            }
            Try::Step {
                who,
                step,
                behind,
                blind,
                dies,
            } => {
                let (name, given) = STEPS[*step];
                let (app, ctx, id) = (&self.p.app, &people[*who], id.to_string());
                let given = typed(given);
                let open = flow::get(app, ctx, &id, Some((name, &given)))
                    .await
                    .unwrap();
                let plan = open.possible.iter().find(|p| p.name == name);
                let seen = plan.and_then(|p| p.plan.as_ref()).map(|p| p.seen.clone());
                let taking = Taking {
                    step: name.into(),
                    version: open.row.version - behind,
                    typed: given,
                    seen: seen.filter(|_| !blind).unwrap_or_default(),
                };
                dying(flow::take(app, ctx, &id, &taking), *dies).await
            }
        }
    }

    async fn row(&self, id: Id) -> FlowRow {
        let open = flow::get(&self.p.app, &self.p.ctx(), &id.to_string(), None).await;
        open.unwrap().row
    }

    /// Where the flow stands follows from what happened to it, and so does what it did.
    async fn holds_together(&self, id: Id) {
        let ctx = self.p.ctx();
        let open = flow::get(&self.p.app, &ctx, &id.to_string(), None)
            .await
            .unwrap();
        let (row, flow) = (&open.row, &open.flow);
        assert_eq!(row.version, i64::try_from(open.events.len()).unwrap());
        let mut stands: Option<String> = None;
        let (mut done, mut entries) = (0, 0);
        for (n, event) in open.events.iter().enumerate() {
            assert_eq!(event.number, i64::try_from(n + 1).unwrap());
            assert_eq!(
                event.from_state, stands,
                "each event begins where the one before ended"
            );
            if event.step != "withdraw" {
                let step = flow.step(&event.step).unwrap();
                assert_eq!(step.to, event.to_state);
                let plan = event.plan.to_string();
                done += i64::from(plan.contains("\"set\""));
                entries += i64::from(plan.contains("\"entry\""));
            }
            stands = Some(event.to_state.clone());
        }
        assert_eq!(Some(&row.state), stands.as_ref());
        assert_eq!(row.ended, flow.is_end(&row.state));
        // What is written is what the events say, once each.
        let query = app::registry::RecordQuery {
            search: self.code(),
            ..app::registry::RecordQuery::default()
        };
        let book = app::registry::list(&self.p.app, &ctx, "connection-request", &query);
        assert_eq!(book.await.unwrap().total, entries);
        let device = self.device().await;
        assert_eq!(device.text("inspected_on").is_empty(), done == 0);
        let connected = row.state == "connected";
        assert_eq!(device.text("status") == "active", connected);
    }
}

#[test]
fn no_order_of_clicks_times_and_deaths_leaves_a_flow_between_two_states() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 32,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let all = proptest::collection::vec(tries(), 4..24);
    // One province for all: to open one takes longer than a case.
    let a = runtime.block_on(async { Asked::new(Province::new().await).await });
    let case = std::cell::Cell::new(0);
    runner
        .run(&all, |all| {
            case.set(case.get() + 1);
            runtime.block_on(async {
                a.another(&format!("case{}x", case.get())).await;
                let row = a.begin().await;
                for tried in &all {
                    let before = a.row(row.id).await;
                    let came = a.tried(row.id, tried).await;
                    let after = a.row(row.id).await;
                    match came {
                        Some(Ok(told)) => assert_eq!(told, after),
                        Some(Err(_)) => assert_eq!(before, after, "what was refused did nothing"),
                        // Who died may have come to the end, or to nothing.
                        None => assert!((0..=1).contains(&(after.version - before.version))),
                    }
                }
                a.holds_together(row.id).await;
            });
            Ok(())
        })
        .unwrap();
    runtime.block_on(a.sound());
}
