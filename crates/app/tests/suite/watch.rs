//! From samples to alarms and notices, and over a restart.

use app::watch::{Core, alarms};
use domain::{
    id::{Id, TargetId},
    reachability::{Failure, Moment, Outcome, Sample},
};
use store::job;

use crate::Province;

/// A hub with three sites behind it, and the moment of a test.
pub(crate) struct Net {
    pub(crate) p: Province,
    pub(crate) core: Core,
    pub(crate) sites: Vec<TargetId>,
    pub(crate) mono_ms: u64,
}

impl Net {
    pub(crate) async fn new() -> Self {
        let p = Province::new().await;
        p.unit("A", None).await;
        for (key, value) in [
            ("notify.email_to", "truc@vinhlong.gov.vn"),
            ("notify.webhook_url", "http://127.0.0.1:1/"),
        ] {
            app::setting::set(&p.app, &p.ctx(), key, value)
                .await
                .unwrap();
        }
        let mut sites: Vec<Id> = Vec::new();
        for (i, (code, parent)) in [
            ("hub", ""),
            ("s1", "hub"),
            ("s2", "hub"),
            ("s3", "s2"),
            ("other", ""),
        ]
        .iter()
        .enumerate()
        {
            let address = format!("10.0.0.{}", i + 1);
            let mut given = vec![
                ("code", *code),
                ("name", *code),
                ("organization", "A"),
                ("status", "active"),
                ("class", if *code == "hub" { "hub" } else { "standard" }),
                ("address", &address),
                ("probe", "icmp"),
            ];
            if !parent.is_empty() {
                given.push(("parent", *parent));
            }
            sites.push(p.add("site", &given).await);
        }
        let mut net = Self {
            p,
            core: Core::new(),
            sites: sites.into_iter().map(TargetId).collect(),
            mono_ms: 1_000_000,
        };
        let now = net.now();
        net.core.reload(&net.p.app, now).await.unwrap();
        net
    }

    pub(crate) fn now(&self) -> Moment {
        Moment {
            mono_ms: self.mono_ms,
            at_ms: self.p.clock.now_ms(),
        }
    }

    /// Lets time pass by seconds; every second those `up` answer and the others do not.
    pub(crate) async fn run(&mut self, seconds: u64, up: impl Fn(usize) -> bool) {
        for _ in 0..seconds {
            self.mono_ms += 1_000;
            self.p.pass(1_000);
            let now = self.now();
            let samples: Vec<Sample> = self
                .sites
                .iter()
                .enumerate()
                .map(|(i, target)| Sample {
                    target: *target,
                    sent: now,
                    outcome: if up(i) {
                        Outcome::Answered { rtt_us: 900 }
                    } else {
                        Outcome::Failed(Failure::Timeout)
                    },
                })
                .collect();
            self.core.ingest(&self.p.app, &samples, now).await.unwrap();
            self.core.tick(&self.p.app, now).await.unwrap();
        }
    }

    pub(crate) async fn open(&self) -> Vec<(String, usize)> {
        let open = alarms(&self.p.app, &self.p.ctx(), false, 100)
            .await
            .unwrap();
        open.into_iter()
            .map(|a| (a.subject, a.behind.len()))
            .collect()
    }

    /// Kinds of the notices that wait.
    pub(crate) async fn notices(&self) -> Vec<String> {
        let now = self.p.clock.now_ms();
        let mut jobs = Vec::new();
        for way in ["mail", "webhook"] {
            jobs.extend(job::lease(&self.p.app.db, way, now, 1, 100).await.unwrap());
        }
        let mut kinds = Vec::new();
        for one in jobs {
            let body: serde_json::Value = serde_json::from_str(&one.payload).unwrap();
            kinds.push(format!("{} {}", one.kind, body["kind"].as_str().unwrap()));
            job::finish(&self.p.app.db, &one, now, None).await.unwrap();
        }
        kinds.sort();
        kinds
    }
}

#[tokio::test]
async fn a_dead_hub_is_one_alarm_with_all_behind_it() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    assert_eq!(net.open().await, []);
    let only_other = |i| i == 4;
    net.run(30, only_other).await;
    assert_eq!(net.open().await, [("hub".to_owned(), 3)]);
    assert_eq!(
        net.notices().await,
        ["mail alarm.raised", "webhook alarm.raised"]
    );
    net.run(60, only_other).await;
    assert_eq!(net.notices().await, [""; 0], "it is said once");

    // A restart knows the alarm again and raises no second one.
    net.core.flush(&net.p.app, net.now()).await.unwrap();
    let mut again = Core::new();
    again.reload(&net.p.app, net.now()).await.unwrap();
    net.core = again;
    net.run(30, only_other).await;
    assert_eq!(net.open().await, [("hub".to_owned(), 3)]);
    assert_eq!(net.notices().await, [""; 0]);

    net.run(30, |_| true).await;
    assert_eq!(net.open().await, []);
    assert_eq!(
        net.notices().await,
        ["mail alarm.cleared", "webhook alarm.cleared"]
    );
    net.core.flush(&net.p.app, net.now()).await.unwrap();
    let day = net.p.clock.today().to_string();
    let days = store_days(&net, &day).await;
    assert!(
        days[0].down_ms >= 100_000 && days[0].up_ms > 0,
        "{:?}",
        days[0]
    );
    assert!(
        days[1].unreachable_ms >= 90_000 && days[1].down_ms < 30_000,
        "{:?}",
        days[1]
    );
    assert_eq!(days[4].down_ms, 0, "{:?}", days[4]);
}

async fn store_days(net: &Net, day: &str) -> Vec<store::target::AvailabilityRow> {
    let mut rows = Vec::new();
    for site in &net.sites {
        let of = store::target::days(&net.p.app.db, Some(*site), day, day)
            .await
            .unwrap();
        rows.extend(of);
    }
    rows
}

#[tokio::test]
async fn all_gone_at_once_is_ourselves() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    net.run(60, |_| false).await;
    let open = alarms(&net.p.app, &net.p.ctx(), false, 100).await.unwrap();
    let states: Vec<&str> = open.iter().map(|a| a.alarm.state.as_str()).collect();
    assert_eq!(states, ["isolated"]);
    net.run(30, |_| true).await;
    assert_eq!(net.open().await, []);
    assert_eq!(
        net.notices().await,
        [
            "mail alarm.cleared",
            "mail alarm.raised",
            "webhook alarm.cleared",
            "webhook alarm.raised"
        ]
    );
}

#[tokio::test]
async fn what_turned_while_the_database_was_away_is_written_later() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    // As when it is away: the table that transitions go into is not there.
    let db = net.p.app.db.clone();
    db.execute("away", "ALTER TABLE target_transition RENAME TO away", &[])
        .await
        .unwrap();
    let mut failed = 0;
    for _ in 0..40 {
        net.mono_ms += 1_000;
        net.p.pass(1_000);
        let now = net.now();
        let samples: Vec<Sample> = net
            .sites
            .iter()
            .enumerate()
            .map(|(i, target)| Sample {
                target: *target,
                sent: now,
                outcome: if i == 4 {
                    Outcome::Answered { rtt_us: 900 }
                } else {
                    Outcome::Failed(Failure::Timeout)
                },
            })
            .collect();
        failed += u32::from(net.core.ingest(&net.p.app, &samples, now).await.is_err());
        failed += u32::from(net.core.tick(&net.p.app, now).await.is_err());
    }
    assert!(failed > 0);
    assert_eq!(net.open().await, []);
    db.execute("back", "ALTER TABLE away RENAME TO target_transition", &[])
        .await
        .unwrap();
    net.run(1, |i| i == 4).await;
    assert_eq!(net.open().await, [("hub".to_owned(), 3)]);
    assert_eq!(
        net.notices().await,
        ["mail alarm.raised", "webhook alarm.raised"]
    );
    let scope = net
        .p
        .ctx()
        .actor
        .scope(domain::authority::Permission::Read)
        .unwrap();
    let hub = &store::target::list(&db, &scope).await.unwrap()[0];
    assert_eq!((hub.subject.as_str(), hub.state.as_str()), ("hub", "down"));
    let turns = store::target::transitions(&db, net.sites[0], 0, 10)
        .await
        .unwrap();
    assert_eq!(turns[0].to, "down");
}
