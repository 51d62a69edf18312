//! Lines of real senders: their verdict turns and turns back, and a kill loses nothing kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use testkit::{
    client::Client,
    program::{Launch, eventually, free_port},
    world::World,
};

use crate::{
    GIENG,
    sender::{Rsyslogd, available, logger},
};

const CLAUSE: &str = "/api/v1/verdicts?regulation=vinh-long-26-2019&clause=13.3&unit=U";

/// The built-in packs, with the silence of 13.3 counted in seconds in place of hours.
fn hasty_policy(folder: &Path) {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    copy(&packs, folder);
    let check = folder.join("checks/logs-arriving.sql");
    let sql = std::fs::read_to_string(&check).expect("the check is there");
    assert!(sql.contains("* 3600000"), "the check counts in hours");
    std::fs::write(&check, sql.replace("* 3600000", "* 1000")).expect("the folder is ours");
}

/// A folder with all below it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder is ours");
    for entry in std::fs::read_dir(from).expect("it can be read") {
        let entry = entry.expect("it can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

fn await_status(world: &World, status: &str) {
    eventually(&format!("13.3 of U to be {status}"), || {
        let found = world.admin.get(CLAUSE).json();
        (found["items"][0]["status"] == status).then_some(())
    });
}

#[test]
fn the_verdict_on_logs_follows_a_real_sender() {
    if !available() {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let policy = dir.path().join("policy");
    hasty_policy(&policy);
    let to = free_port([127, 0, 0, 1]);
    let world = World::begin(GIENG, |launch| {
        launch
            .arg("--policy", &policy.display())
            .arg("--syslog-udp", &to)
            .arg("--syslog-tcp", &to)
            .flag("--no-probe")
    });
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    world.import(
        "device",
        "code,name,organization,role,address\nFW,Tường lửa U,U,firewall,127.71.0.2\nSV,Máy chủ U,U,server,127.0.0.1\n",
    );
    eventually("the unit on the board", || {
        (world.admin.get("/units/U").status == 200).then_some(())
    });
    // What no observation shows about 13.3 is attested.
    let answer = world.admin.form(
        "/compliance/vinh-long-26-2019/13.3/U/attest",
        &[
            ("control", "servers-protected"),
            ("holds", "true"),
            ("statement", "Đã kiểm tra"),
        ],
    );
    assert_eq!(answer.status, 303, "{}", answer.body);
    // What never sent here may send elsewhere.
    await_status(&world, "no_data");

    // The firewall sends by UDP from its own address, the server by TCP, every second.
    let folder = dir.path().join("rsyslog");
    let run_sender = || {
        let sender = Rsyslogd::start(&folder, to, Some("127.71.0.2"));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                sender.log("Failed password for root from 10.1.2.3");
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        (stop, thread)
    };
    let (stop, thread) = run_sender();
    await_status(&world, "met");
    let page = world.admin.get("/compliance/vinh-long-26-2019/13.3/U").body;
    assert!(
        page.contains("Tường lửa U"),
        "the evidence names the device"
    );

    stop.store(true, Ordering::Relaxed);
    thread.join().expect("the sender ends");
    await_status(&world, "breached");

    let (stop, thread) = run_sender();
    await_status(&world, "met");
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("the sender ends");
}

#[test]
fn lines_of_logger_arrive_in_every_framing_and_are_attributed() {
    if !available() {
        return;
    }
    let to = free_port([127, 0, 0, 1]);
    let world = World::begin(GIENG, |launch| {
        launch
            .arg("--syslog-udp", &to)
            .arg("--syslog-tcp", &to)
            .flag("--no-probe")
    });
    let port = to.port().to_string();
    let ways: [(&str, &[&str]); 3] = [
        ("udp", &["-d"]),
        ("newline", &["-T"]),
        ("counted", &["-T", "--octet-count"]),
    ];
    let send = |round: &str| {
        for (way, options) in ways {
            let message = format!("{round} {way} đăng nhập hỏng");
            let mut all = vec!["-n", "127.0.0.1", "-P", &port, "-t", "sshd"];
            all.extend(options);
            all.push(&message);
            logger(&all);
        }
    };
    let found = |query: &str| {
        let answer = world.admin.get(&format!("/api/v1/logs?q={query}")).json();
        answer["items"].as_array().cloned().unwrap_or_default()
    };
    send("stranger");
    let lines = eventually("three lines of a stranger", || {
        // Diacritics and case do not matter.
        Some(found("DANG%20NHAP%20HONG")).filter(|l| l.len() == 3)
    });
    assert!(lines.iter().all(|l| l["device"].is_null()), "{lines:?}");
    eventually("the stranger on the page of unknown senders", || {
        let page = world.admin.get("/logs/unknown").body;
        page.contains("127.0.0.1").then_some(())
    });

    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    world.import(
        "device",
        "code,name,organization,role\nSV,Máy chủ U,U,server\n",
    );
    let device = world.id("device", "SV");
    let adopted = world.admin.form(
        "/logs/unknown/adopt",
        &[("peer", "127.0.0.1"), ("device", &device)],
    );
    assert_eq!(adopted.status, 303, "{}", adopted.body);
    eventually("lines counted as the device's", || {
        send("known");
        let lines = found("known");
        lines.iter().any(|l| !l["device"].is_null()).then_some(())
    });
}

#[test]
fn a_kill_loses_nothing_that_was_kept() {
    if !available() {
        return;
    }
    let sending_from = tempfile::tempdir().expect("a temporary folder can be made");
    let to = free_port([127, 0, 0, 1]);
    let options = |launch: Launch| launch.arg("--syslog-tcp", &to).flag("--no-probe");
    let world = World::begin(GIENG, options);
    // A registered sender: of others only so many lines a second are taken, and what waits in
    // the sender's queues would take longer than anybody waits for it.
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    world.import(
        "device",
        "code,name,organization,role,address\nSRV,Máy chủ,U,server,127.0.0.1\n",
    );
    let admin = world.admin.token();
    let sender = Rsyslogd::start(&sending_from.path().join("rsyslog"), to, None);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let sending = std::thread::spawn(move || {
        let mut sent = 0;
        while !stopped.load(Ordering::Relaxed) {
            sender.log_all((sent..sent + 500).map(|n| format!("so={n};")));
            sent += 500;
        }
        sender.log("dong cuoi cung");
        sender
    });
    let kept = eventually("a few thousand lines on disk", || {
        number(&admin, "gieng_log_lines_kept").filter(|n| *n > 3_000)
    });
    let shown = admin.get("/api/v1/logs?q=so&limit=1000").json();
    let shown: Vec<(u64, u64)> = shown["items"]
        .as_array()
        .expect("lines are a list")
        .iter()
        .map(|line| {
            let index = line["index"].as_u64().expect("a line has its number");
            (index, serial(&line.to_string()).expect("we sent it"))
        })
        .collect();
    assert!(shown.len() >= 100, "{} lines", shown.len());
    let world = world.restart_killed(GIENG, options);
    let program = &world.program;
    let admin = program.client().with_token(admin.bearer());
    // The sender has found its way back.
    eventually("lines of after the kill", || {
        number(&admin, "gieng_log_lines_received_total").filter(|n| *n > 1_000)
    });
    stop.store(true, Ordering::Relaxed);
    let _sender = sending.join().expect("the sender ends");
    eventually("the last line", || {
        let answer = admin.get("/api/v1/logs?q=dong%20cuoi%20cung").json();
        answer["items"].get(0).map(|_| ())
    });

    let found = everything(&admin);
    for (index, number) in &shown {
        assert_eq!(
            found.get(index),
            Some(number),
            "line {index} was shown before the kill"
        );
    }
    let before: BTreeSet<u64> = found.range(..kept).map(|(_, number)| *number).collect();
    assert_eq!(
        before.len(),
        found.range(..kept).count(),
        "no line was kept twice"
    );
    // Plain TCP has no acknowledgement: what was on its way is lost, and the sender may send
    // again what it is not sure of, or drop what its queue cannot hold. We drop nothing.
    assert!(found.range(kept..).count() > 1_000, "lines go on");
    assert_eq!(number(&admin, "gieng_log_lines_lost_total"), Some(0));
    let verified = program.run(&["vault", "verify"]);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(
        verified.status.success() && said.contains("sound"),
        "{said}"
    );
    let last = (kept - 1).to_string();
    // A checkpoint is signed every minute.
    let proof = eventually("a proof of a line from before the kill", || {
        let proof = program.run(&["vault", "prove", &last]);
        proof.status.success().then_some(proof.stdout)
    });
    assert!(!proof.is_empty());
    world.program.stop();
}

/// The number that a line of the test carries.
fn serial(line: &str) -> Option<u64> {
    line.split_once("so=")?.1.split_once(';')?.0.parse().ok()
}

/// One of the program's numbers about itself.
fn number(client: &Client, name: &str) -> Option<u64> {
    let metrics = client.get("/metrics").body;
    let value = metrics
        .lines()
        .find_map(|l| l.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))?;
    value.parse().ok()
}

/// All numbered lines, by their number in the vault.
fn everything(client: &Client) -> BTreeMap<u64, u64> {
    let mut found = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/api/v1/logs?q=so&limit=1000{cursor}"));
        let page = page.json();
        for line in page["items"].as_array().expect("lines are a list") {
            let index = line["index"].as_u64().expect("a line has its number");
            found.extend(serial(&line.to_string()).map(|number| (index, number)));
        }
        match page["next"].as_u64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}
