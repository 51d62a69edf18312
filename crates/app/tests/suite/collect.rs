//! Interfaces of a real snmpd: from its answer to record, fact, traffic and history; and how much
//! is written where nothing changes.

use std::{
    net::UdpSocket,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use app::{
    Ctx, collect, registry,
    task::{self, Listen},
};
use domain::{
    authority::Role,
    id::Id,
    noun,
    problem::{Problem, ProblemKind},
    record::{Record, Value, Values},
};
use store::{
    args,
    collection::{self, Course},
    observed,
    registry::RecordQuery,
};

use crate::{Province, at, refused};

const COMMUNITY: &str = "giengThuNghiem";

/// An agent on a free port of this machine; ends with the test.
struct Agent {
    child: Child,
    port: u16,
    #[expect(dead_code, reason = "the folder lives as long as the agent")]
    folder: tempfile::TempDir,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Agent {
    fn start() -> Option<Self> {
        if !testkit::installed("snmpd", "snmpd") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = port.local_addr().unwrap().port();
        let config = folder.path().join("snmpd.conf");
        let text = format!(
            "agentaddress udp:127.0.0.1:{port}\nrocommunity {COMMUNITY} 127.0.0.1\nrocommunity {COMMUNITY}2 127.0.0.1\n"
        );
        std::fs::write(&config, text).unwrap();
        let snmpd = ["/usr/sbin/snmpd", "snmpd"];
        let snmpd = snmpd.into_iter().find(|p| Path::new(p).exists());
        let child = Command::new(snmpd.unwrap_or("snmpd"))
            .args(["-f", "-Lf"])
            .arg(folder.path().join("log"))
            .args(["-C", "-c"])
            .arg(&config)
            .env("SNMP_PERSISTENT_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            child,
            port,
            folder,
        })
    }
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn set(
    p: &Province,
    ctx: &Ctx,
    device: Id,
    community: Option<&str>,
    port: u16,
) -> Result<(), Problem> {
    collect::set(&p.app, ctx, device, community, port).await
}

async fn interfaces(p: &Province, device: Id) -> Vec<Record> {
    let listed = collect::interfaces(&p.app, &p.ctx(), device, 100).await;
    listed.unwrap().0
}

async fn a_real_agent_is_asked(p: Province) {
    let Some(agent) = Agent::start() else { return };
    let unit = p.unit("A", None).await;
    let other = p.unit("B", None).await;
    let given = [
        ("code", "R1"),
        ("name", "Bộ định tuyến"),
        ("organization", "A"),
        ("role", "router"),
        ("status", "active"),
        ("address", "127.0.0.1"),
    ];
    let device = p.add("device", &given).await;
    // Who may set what opens it, and where it is sent.
    let own = p.as_role(Role::Officer, Some(unit));
    let foreign = p.as_role(Role::Officer, Some(other));
    let admin = p.ctx();
    for unit in [&own, &foreign] {
        let denied = set(&p, unit, device, Some(COMMUNITY), 161).await;
        assert_eq!(refused(denied), ProblemKind::Denied);
    }
    let odd = set(&p, &admin, device, Some("a b"), 161).await;
    assert_eq!(refused(odd), ProblemKind::Invalid);
    let nowhere = set(&p, &admin, device, Some(COMMUNITY), 0).await;
    assert_eq!(refused(nowhere), ProblemKind::Invalid);
    set(&p, &admin, device, Some(COMMUNITY), agent.port)
        .await
        .unwrap();

    let listen = Listen {
        probe: true,
        ..Listen::default()
    };
    let (began, start) = (Instant::now(), p.clock.now_ms());
    let running = task::start(&p.app, listen).await.unwrap();
    let found = until("the agent's interfaces", async || {
        let found = interfaces(&p, device).await;
        (!found.is_empty()).then_some(found)
    })
    .await;
    let lo = found.iter().find(|r| r.text("name") == "lo").unwrap();
    assert_eq!(lo.text("status"), "up");
    assert_eq!(lo.get("organization"), &Value::from(unit));
    // As a fact, as fresh as the answer.
    let fact =
        "SELECT name, status, updated_at FROM fact_interface WHERE unit = $1 AND name = 'lo'";
    let fact = p
        .app
        .db
        .fetch_one("fact", fact, &args![unit])
        .await
        .unwrap();
    let fact = fact.unwrap();
    assert_eq!(fact.text("status").unwrap(), "up");
    assert_eq!(fact.int("updated_at").unwrap(), p.clock.now_ms());
    // Nobody else's.
    let theirs = registry::list(&p.app, &foreign, "interface", &RecordQuery::default()).await;
    assert_eq!(theirs.unwrap().total, 0);

    // The clock here stands still; from now on it goes as time does, or it would have been set.
    // With another community the device is asked at once.
    let second = format!("{COMMUNITY}2");
    set(&p, &admin, device, Some(&second), agent.port)
        .await
        .unwrap();
    let (_, traffic) = until("traffic", async || {
        let passed = i64::try_from(began.elapsed().as_millis()).unwrap();
        p.clock.set(domain::clock::from_ms(start + passed));
        let now = p.clock.now_ms();
        let span = (now - 120_000, now + 60_000);
        let id = lo.id.to_string();
        let read = collect::traffic(&p.app, &p.ctx(), &id, span, 3)
            .await
            .unwrap();
        let known = read.1.received.iter().any(|rate| rate.known_ms > 0);
        known.then_some(read)
    })
    .await;
    let rose: f64 = traffic.received.iter().map(|rate| rate.rose).sum();
    assert!(rose > 0.0, "we ourselves have asked over it");
    let foreign_picture = collect::traffic(&p.app, &foreign, &lo.id.to_string(), (0, 1), 1).await;
    assert_eq!(refused(foreign_picture), ProblemKind::NotFound);
    running.stop(Duration::from_secs(5)).await;

    // The community stands in clear nowhere; verification holds with rows that nobody journals.
    assert!(!p.journal().await.contains(COMMUNITY));
    let sealed = "SELECT sealed FROM device_secret";
    let sealed = p.app.db.fetch_one("s", sealed, &[]).await.unwrap().unwrap();
    assert!(!sealed.text("sealed").unwrap().contains(COMMUNITY));
    // Nobody types an interface.
    let typed = [("name", "x"), ("device", "R1"), ("organization", "A")];
    let typed = p.try_add(&p.ctx(), "interface", &typed).await;
    assert_eq!(refused(typed), ProblemKind::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_agent_is_asked_on_sqlite() {
    a_real_agent_is_asked(Province::begun().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_agent_is_asked_on_postgres() {
    let Some(p) = Province::begun_on_postgres().await else {
        return;
    };
    a_real_agent_is_asked(p).await;
}

fn told(device: Id, unit: Id, n: u8, status: &str) -> (Id, Values) {
    let mut id = device.bytes();
    id[15] ^= n + 1;
    let values = [
        ("name", Value::from(format!("Gi0/{n}"))),
        ("device", device.into()),
        ("organization", unit.into()),
        ("status", status.into()),
        ("number", Value::Integer(n.into())),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value));
    (Id::from_bytes(id), values.into_iter().collect())
}

async fn only_changes_are_written(p: Province) {
    let unit = p.unit("A", None).await;
    let given = [
        ("code", "R1"),
        ("name", "R1"),
        ("organization", "A"),
        ("role", "switch"),
        ("status", "active"),
    ];
    let device = p.add("device", &given).await;
    collect::set(&p.app, &p.ctx(), device, Some("public"), 161)
        .await
        .unwrap();
    let schema = noun::get("interface").unwrap();
    let (app, clock) = (&p.app, &p.clock);
    let tell = async |rows: Vec<(Id, Values)>| {
        let mut work = app.begin_batch().await.unwrap();
        let found = observed::difference(&mut work, schema, device, rows).await;
        let written = found.unwrap();
        observed::write(&mut work, schema, &written, clock.now_ms())
            .await
            .unwrap();
        let course = Course {
            collector: "interfaces".into(),
            target: device,
            tried_at: clock.now_ms(),
            good_at: Some(clock.now_ms()),
            failures: 0,
            fault: None,
        };
        collection::note(&mut work, &[course]).await.unwrap();
        work.commit().await.unwrap();
        (written.new.len(), written.changed.len(), written.gone.len())
    };
    let all = |status: &str| {
        (0..24)
            .map(|n| told(device, unit, n, status))
            .collect::<Vec<_>>()
    };
    let made = tell(all("up")).await;
    assert_eq!(made, (24, 0, 0));
    // A minute in which nothing changes writes the one row that says how fresh it is.
    p.pass(60_000);
    assert_eq!(tell(all("up")).await, (0, 0, 0));
    let course = collection::course(&app.db, "interfaces", device).await;
    assert_eq!(course.unwrap().unwrap().good_at, Some(clock.now_ms()));
    p.pass(60_000);
    let mut rows = all("up");
    rows[3] = told(device, unit, 3, "down");
    rows.pop();
    let written = tell(rows).await;
    assert_eq!(written, (0, 1, 1));
    // How it was, from when until when.
    let id = told(device, unit, 3, "up").0;
    let past = collect::past(app, &p.ctx(), "interface", &id.to_string(), 9).await;
    let [before] = &past.unwrap()[..] else {
        panic!("one interval")
    };
    assert_eq!(before.values["status"], Value::from("up"));
    assert_eq!(before.from_at, at("2026-11-20T01:00:00Z").as_millisecond());
    assert_eq!(before.until_at, clock.now_ms());
    // What is no longer asked goes, and what it was stays for a while.
    collect::set(app, &p.ctx(), device, None, 161)
        .await
        .unwrap();
    let mut work = app.begin_batch().await.unwrap();
    let gone = observed::sweep(&mut work, schema, "snmp-v2c", clock.now_ms(), 100).await;
    assert_eq!(gone.unwrap(), 23);
    work.commit().await.unwrap();
    assert_eq!(interfaces(&p, device).await, []);
    let kept = "SELECT COUNT(*) AS n FROM observed_past";
    let kept = app.db.fetch_one("n", kept, &[]).await.unwrap().unwrap();
    assert_eq!(kept.int("n").unwrap(), 25);
    p.journal().await;
}

#[tokio::test]
async fn only_changes_are_written_on_sqlite() {
    only_changes_are_written(Province::begun().await).await;
}

#[tokio::test]
async fn only_changes_are_written_on_postgres() {
    let Some(p) = Province::begun_on_postgres().await else {
        return;
    };
    only_changes_are_written(p).await;
}

#[tokio::test]
async fn who_gets_a_device_does_not_get_what_it_told_before() {
    let p = Province::begun().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let given = [
        ("code", "R1"),
        ("name", "R1"),
        ("organization", "A"),
        ("role", "switch"),
        ("status", "active"),
    ];
    let device = p.add("device", &given).await;
    let schema = noun::get("interface").unwrap();
    let tell = async |unit: Id, status: &str| {
        let mut work = p.app.begin_batch().await.unwrap();
        let rows = vec![told(device, unit, 3, status)];
        let found = observed::difference(&mut work, schema, device, rows).await;
        observed::write(&mut work, schema, &found.unwrap(), p.clock.now_ms())
            .await
            .unwrap();
        work.commit().await.unwrap();
    };
    for (unit, status) in [(a, "up"), (a, "down"), (b, "up"), (b, "down"), (b, "up")] {
        tell(unit, status).await;
        p.pass(60_000);
    }
    let id = told(device, b, 3, "up").0.to_string();
    let owner = p.as_role(Role::Officer, Some(b));
    let past = collect::past(&p.app, &owner, "interface", &id, 9).await;
    let past = past.unwrap();
    assert_eq!(past.len(), 2, "{past:?}");
    for before in past {
        assert_eq!(before.values["organization"], Value::from(b));
    }
}

/// A device whose address or unit changes is asked with the old community by nobody, and coming back
/// does not revive it; the journal has it.
async fn a_community_ends_with_address_and_unit(p: Province) {
    p.unit("A", None).await;
    p.unit("B", None).await;
    let given = [
        ("code", "R1"),
        ("name", "Bộ định tuyến"),
        ("organization", "A"),
        ("role", "router"),
        ("status", "active"),
        ("address", "10.9.0.1"),
    ];
    let device = p.add("device", &given).await;
    let change = async |field: (&str, &str)| {
        let (ctx, id) = (p.ctx(), device.to_string());
        let now = registry::get(&p.app, &ctx, "device", &id).await.unwrap();
        let at = Some((device, now.version));
        let mut given = given;
        for known in &mut given {
            if known.0 == field.0 {
                *known = field;
            }
        }
        registry::save(&p.app, &ctx, "device", at, crate::values(&given))
            .await
            .unwrap();
    };
    let is_set = async || {
        let access = collect::access(
            &p.app,
            &p.ctx(),
            (collect::INTERFACES, collect::SNMP),
            device,
        )
        .await
        .unwrap();
        access.set.is_some()
    };
    let closed = async || {
        let sql = "SELECT COUNT(*) AS n FROM journal WHERE noun = 'device-access' \
                   AND before IS NOT NULL AND after IS NULL";
        let row = p.app.db.fetch_one("journal", sql, &[]).await.unwrap();
        row.unwrap().int("n").unwrap()
    };
    let home = ("organization", "A");
    for (n, (other, back)) in [
        (("address", "10.9.0.2"), ("address", "10.9.0.1")),
        (("organization", "B"), home),
    ]
    .into_iter()
    .enumerate()
    {
        set(&p, &p.ctx(), device, Some(COMMUNITY), 161)
            .await
            .unwrap();
        // What is none of it changes nothing.
        change(("name", other.1)).await;
        assert!(is_set().await, "{other:?}");
        change(other).await;
        assert!(!is_set().await, "{other:?}");
        change(back).await;
        assert!(!is_set().await, "{back:?}");
        assert_eq!(closed().await, i64::try_from(n).unwrap() + 1);
    }
    // Whoever writes the database sends it to no other port.
    set(&p, &p.ctx(), device, Some(COMMUNITY), 161)
        .await
        .unwrap();
    let sql = "UPDATE device_secret SET port = 1161";
    p.app.db.execute("tamper", sql, &[]).await.unwrap();
    let listen = Listen {
        probe: true,
        ..Listen::default()
    };
    let running = task::start(&p.app, listen).await.unwrap();
    let fault = until("that the secret does not open", async || {
        let access = collect::access(
            &p.app,
            &p.ctx(),
            (collect::INTERFACES, collect::SNMP),
            device,
        )
        .await
        .unwrap();
        access.course.and_then(|course| course.fault)
    })
    .await;
    assert_eq!(fault, "locked");
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_community_ends_with_address_and_unit_on_sqlite() {
    a_community_ends_with_address_and_unit(Province::begun().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_community_ends_with_address_and_unit_on_postgres() {
    let Some(p) = Province::begun_on_postgres().await else {
        return;
    };
    a_community_ends_with_address_and_unit(p).await;
}
