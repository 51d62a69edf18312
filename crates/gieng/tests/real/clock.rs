//! A clock that jumps back by hours under the whole program, and forward again.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
};

use testkit::{
    clock::Clock,
    program::{eventually, free_port},
    world::World,
};

use crate::GIENG;

#[test]
fn a_clock_that_jumps_back_stops_nothing() {
    let Some(clock) = Clock::new() else { return };
    let to = free_port([127, 0, 0, 1]);
    let world = World::begin(GIENG, |launch| clock.give(launch.arg("--syslog-tcp", &to)));
    for (key, value) in [("probe.interval_seconds", "5"), ("probe.attempts", "1")] {
        let set = world
            .admin
            .form("/settings", &[("key", key), ("value", value)]);
        assert_eq!(set.status, 303, "{}", set.body);
    }
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    let site = TcpListener::bind("127.66.7.1:0").expect("127/8 is this machine");
    let address = site.local_addr().expect("it is bound");
    world.import(
        "site",
        &format!(
            "code,name,organization,address,probe\nS,Điểm U,U,{},tcp:{}\n",
            address.ip(),
            address.port()
        ),
    );
    let turns = |world: &World, to: &str| {
        eventually(&format!("17.1.a of U to be {to}"), || {
            let path = "/api/v1/verdicts?regulation=vinh-long-26-2019&clause=17.1.a&unit=U";
            let found = world.admin.get(path).json();
            (found["items"][0]["status"] == to).then_some(())
        });
    };
    let sends = |world: &World, word: &str| {
        let mut sender = TcpStream::connect(to).expect("it listens");
        let line = format!("<13>1 - may ung - - - dong {word}\n");
        sender.write_all(line.as_bytes()).expect("it is read");
        eventually(word, || {
            let found = world.admin.get(&format!("/api/v1/logs?q={word}")).json();
            found["items"].get(0).map(|_| ())
        });
    };
    let well = |world: &World| {
        for path in [
            "/",
            "/units/U",
            "/network",
            "/network/alarms",
            "/logs",
            "/journal",
            "/compliance/vinh-long-26-2019/17.1.a/U",
        ] {
            let page = world.admin.get(path);
            assert_eq!(page.status, 200, "{path}: {}", page.body);
        }
        let log = world.program.log();
        assert!(!log.contains("panicked"), "{log}");
    };
    turns(&world, "met");
    sends(&world, "truoc");
    well(&world);

    // Two hours back: what was observed before lies in the future now.
    clock.jump(-7200);
    sends(&world, "lui");
    well(&world);
    drop(site);
    turns(&world, "breached");
    let site = TcpListener::bind(address).expect("the port is free again");
    turns(&world, "met");
    well(&world);
    // A start at the earlier time finds all that is there.
    let world = world.restart(GIENG, |launch| clock.give(launch.arg("--syslog-tcp", &to)));
    turns(&world, "met");
    sends(&world, "khoi-dong");

    // And forward again.
    clock.jump(0);
    sends(&world, "toi");
    drop(site);
    turns(&world, "breached");
    well(&world);
    for word in ["truoc", "lui", "khoi-dong", "toi"] {
        let found = world.admin.get(&format!("/api/v1/logs?q={word}")).json();
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{word}");
    }
    for command in [["vault", "verify"], ["journal", "verify"]] {
        let out = world.program.run(&command);
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success() && said.contains("sound"), "{said}");
    }
    // The intervals of the verdict follow each other, whatever the clock did.
    let checked = world
        .program
        .run(&["check", "--unit", "U", "--format", "json"]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    let told: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let verdicts = told["verdicts"].as_array().cloned().unwrap_or_default();
    let own: Vec<_> = verdicts
        .iter()
        .filter(|v| v["clause"] == "17.1.a")
        .collect();
    assert_eq!(own.len(), 1, "{told:#}");
}
