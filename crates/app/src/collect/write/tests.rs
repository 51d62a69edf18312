use std::{collections::BTreeMap, sync::atomic::AtomicUsize};

use domain::{clock::Clock, noun, record::Values};
use observe::collect::{Collector, Pace, Row, Secret, Sink};

use super::*;
use crate::{AppConfig, Ctx, collect, registry, supervise::Keep};

/// An application with a unit and devices that are asked; the folder that it lives in.
async fn app(devices: usize) -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig {
        data: folder.path().to_owned(),
        keys: None,
        database: None,
        policy: None,
        clock: Clock::system(),
        writer: true,
        origin: "gieng.example/test".into(),
        examiner: "unused".into(),
    })
    .await
    .unwrap();
    let ctx = Ctx::console(app.clock.now_ms());
    let save = async |noun: &str, given: &[(&str, &str)]| {
        let values = given.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        let values: Values = values.collect();
        let saved = registry::save(&app, &ctx, noun, None, values).await;
        saved.unwrap().record.id
    };
    let unit = [
        ("code", "U"),
        ("name", "U"),
        ("kind", "department"),
        ("level", "province"),
        ("membership", "member"),
    ];
    save("organization", &unit).await;
    for n in 0..devices {
        let (code, address) = (format!("D{n}"), format!("127.0.1.{n}"));
        let device = [
            ("code", code.as_str()),
            ("name", code.as_str()),
            ("organization", "U"),
            ("role", "switch"),
            ("status", "active"),
            ("address", address.as_str()),
        ];
        let id = save("device", &device).await;
        collect::set(&app, &ctx, id, Some("public"), 161)
            .await
            .unwrap();
    }
    (app, folder)
}

async fn asked(app: &App) -> Vec<Target> {
    let asked = collection::asked(&app.db, collect::SNMP).await.unwrap();
    let target = |each: collection::Asked| Target {
        id: each.id,
        organization: each.organization,
        address: "127.0.0.1:161".parse().unwrap(),
        secret: Secret::new("public".into()),
        asked_at: app.clock.now_ms(),
    };
    asked.into_iter().map(target).collect()
}

fn tells(many: usize, time: usize) -> Told {
    let row = |n: usize| {
        let name = format!("{time}/{n}");
        Row {
            key: name.clone(),
            values: BTreeMap::from([("name".to_owned(), name.into())]),
        }
    };
    Told {
        samples: Vec::new(),
        rows: (0..many).map(row).collect(),
    }
}

fn answer(target: &Target, told: Told) -> Answer {
    Answer {
        course: Course {
            collector: "interfaces".into(),
            target: target.id,
            tried_at: target.asked_at,
            good_at: Some(target.asked_at),
            failures: 0,
            fault: None,
        },
        target: Some(target.clone()),
        told: Some(told),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tells_much_holds_up_nobody_and_is_taken_for_odd_in_the_end() {
    let (app, _folder) = app(3).await;
    let targets = asked(&app).await;
    let desk = Desk::new();
    desk.asks(targets.iter().map(|t| (t.id, t.organization)).collect());
    let schema = noun::get("interface").unwrap();
    let mut writer = Writer::new(app.clone(), collect::SNMP, vec![schema], &desk);
    let [small, loud @ ..] = &targets[..] else {
        panic!("three")
    };
    let count = async |id: Id| {
        let sql = "SELECT COUNT(*) AS n FROM interface WHERE device_id = $1";
        let row = app.db.fetch_one("n", sql, &store::args![id]).await;
        row.unwrap().unwrap().int("n").unwrap()
    };
    let course = async |id: Id| {
        let course = collection::course(&app.db, "interfaces", id).await;
        course.unwrap().unwrap()
    };
    for each in loud {
        desk.hand(answer(each, tells(1_024, 0)));
    }
    desk.hand(answer(small, tells(2, 0)));
    writer.take_in();
    let mut batches = 0;
    while count(small.id).await < 2 {
        writer.batch().await.unwrap();
        batches += 1;
    }
    assert!(batches <= 2, "{batches}");
    assert!(!writer.turns.is_empty(), "the others are not done yet");
    writer.go_on().await.unwrap();
    assert_eq!(count(loud[0].id).await, 1_024);
    // Others' interfaces each time, as nothing is that exists.
    for time in 1..=3 {
        desk.hand(answer(&loud[0], tells(1_024, time)));
        writer.go_on().await.unwrap();
    }
    assert!(desk.is_loud(loud[0].id));
    assert!(!desk.is_loud(loud[1].id) && !desk.is_loud(small.id));
    let told = course(loud[0].id).await;
    assert_eq!(told.fault.as_deref(), Some(Fault::Odd.word()));
    let sql = "SELECT COUNT(*) AS n FROM observed_past";
    let past = app.db.fetch_one("n", sql, &[]).await.unwrap().unwrap();
    assert_eq!(past.int("n").unwrap(), 1_024, "of the first change alone");
    // What another unit has by now is not written as this one's.
    desk.asks([(small.id, OrganizationId(Id::NIL))].into());
    desk.hand(answer(small, tells(9, 1)));
    writer.go_on().await.unwrap();
    assert_eq!(count(small.id).await, 2);
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

struct Quick;

impl Collector for Quick {
    async fn collect(&self, due: &[Target], out: &Sink) {
        for target in due {
            let time = ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            out.give(target.id, Ok(tells(3, time))).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_goes_on_while_nothing_can_be_written() {
    let (app, _folder) = app(2).await;
    let second = Duration::from_secs(1);
    let collect = collect::Collect {
        keep: Keep::new("interfaces", second),
        kind: collect::SNMP,
        pace: |_| Pace {
            interval: Duration::from_secs(1),
            longest: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            batch: 1,
            at_once: 2,
        },
    };
    // Somebody holds the database.
    let held = app.begin_program().await.unwrap();
    let cancel = CancellationToken::new();
    let run = collect::run(app.clone(), collect, Arc::new(Quick), cancel.clone());
    let running = tokio::spawn(run);
    let began = Instant::now();
    while ASKED.load(std::sync::atomic::Ordering::Relaxed) < 6 {
        assert!(began.elapsed() < second * 60, "nobody is asked again");
        sleep(second / 10).await;
    }
    drop(held);
    cancel.cancel();
    running.await.unwrap();
}
