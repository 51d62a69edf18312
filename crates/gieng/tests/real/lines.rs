//! Log lines under the whole program: whose they are, what is amiss with them, who sends unknown.

use std::{
    net::UdpSocket,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use testkit::{
    program::{Launch, eventually, free_port},
    world::World,
};

use crate::GIENG;

const UNIT: &str = "code,name,kind,level,membership\nU,Sở U,department,province,member\n";

fn begun(to: std::net::SocketAddr) -> World {
    let world = World::begin(GIENG, |launch| {
        launch.arg("--syslog-udp", &to).flag("--no-probe")
    });
    world.import("organization", UNIT);
    world
}

fn found(world: &World, query: &str) -> Vec<Value> {
    let answer = world.admin.get(&format!("/api/v1/logs?{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.json()["items"]
        .as_array()
        .cloned()
        .expect("lines are a list")
}

#[test]
fn what_came_before_and_while_its_sender_is_registered_is_the_devices() {
    let to = free_port([127, 0, 0, 1]);
    let world = begun(to);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let sending = std::thread::spawn(move || {
        let socket = UdpSocket::bind("127.0.0.77:0").expect("the address is ours");
        let mut sent = 0;
        while !stopped.load(Ordering::Relaxed) {
            let line = format!("<13>may ung: dong thu {sent}");
            socket.send_to(line.as_bytes(), to).expect("it is sent");
            sent += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
        sent
    });
    // Registered at once: no list has the sender yet.
    eventually("the first line", || found(&world, "q=dong").pop());
    world.import(
        "device",
        "code,name,organization,role,address\nFW,Tường lửa U,U,firewall,127.0.0.77\n",
    );
    eventually("lines of the device itself", || {
        let last = found(&world, "q=dong&limit=1").pop()?;
        (!last["device"].is_null() && last["claimed_at"].is_null()).then_some(())
    });
    stop.store(true, Ordering::Relaxed);
    let sent = sending.join().expect("the sender ends");
    let all = eventually("all lines", || {
        Some(found(&world, "q=dong&limit=1000")).filter(|l| l.len() == sent)
    });
    let foreign: Vec<&Value> = all.iter().filter(|l| l["device_code"] != "FW").collect();
    assert_eq!(foreign, Vec::<&Value>::new());
    assert!(all.iter().any(|l| !l["claimed_at"].is_null()));
    assert_eq!(found(&world, "q=dong&source=fw&limit=1000").len(), sent);
}

#[test]
fn what_a_line_lacks_is_shown_and_can_be_asked_for() {
    let to = free_port([127, 0, 0, 1]);
    let world = begun(to);
    let device = |zone: &str| {
        format!(
            "code,name,organization,role,address,time_zone\nSW-1,Cisco U,U,switch,127.0.0.1,{zone}\n"
        )
    };
    let path = "/api/v1/device/import?mode=all-or-nothing";
    let wrong = world.admin.send("POST", path, &[], device("Hanoi")).body;
    assert!(wrong.contains("Write a time zone's name"), "{wrong}");
    world.import("device", &device("asia/tokyo"));
    assert_eq!(
        world.admin.get("/api/v1/device/SW-1").json()["values"]["time_zone"],
        "Asia/Tokyo"
    );
    let socket = UdpSocket::bind("127.0.0.1:0").expect("the address is ours");
    for line in [
        "<189>7: Nov 26 2026 22:00:00: %SYS-5-CONFIG_I: giogoc",
        "<189>8: sw: *Nov 26 2026 22:00:00 XYZ: %SYS-5-CONFIG_I: giola",
        "khong co muc do nao",
    ] {
        socket.send_to(line.as_bytes(), to).expect("it is sent");
    }
    let lines = eventually("three lines of the device", || {
        Some(found(&world, "source=sw-1")).filter(|l| l.len() == 3)
    });
    let (bare, odd, plain) = (&lines[0], &lines[1], &lines[2]);
    // 22:00 in Tokyo is 13:00 UTC.
    let sent_at: jiff::Timestamp = "2026-11-26T13:00:00Z".parse().expect("it is a time");
    for line in [odd, plain] {
        assert_eq!(line["sent_at"], sent_at.as_millisecond(), "{line:#}");
        assert_eq!(line["severity"], 5);
    }
    assert_eq!(plain["flags"], serde_json::json!([]));
    assert_eq!(
        odd["flags"],
        serde_json::json!(["clock-not-set", "zone-unknown"])
    );
    for field in ["severity", "facility", "sent_at"] {
        assert!(bare[field].is_null(), "{bare:#}");
    }
    for (query, wanted) in [
        ("flag=zone-unknown", odd),
        ("flag=clock-not-set", odd),
        ("severity=none", bare),
    ] {
        let one = found(&world, &format!("source=SW-1&{query}"));
        assert_eq!(one, std::slice::from_ref(wanted), "{query}");
    }
    for query in ["flag=odd", "severity=8", "source=SW-2"] {
        let refused = world.admin.get(&format!("/api/v1/logs?{query}"));
        assert!(refused.status == 400 || refused.status == 422, "{query}");
    }
    let page = world.admin.get("/logs?flag=zone-unknown").body;
    assert!(page.contains("giola") && !page.contains("giogoc"), "{page}");
    assert!(
        page.contains("title=\"Dòng ghi một tên múi giờ không rõ"),
        "{page}"
    );
    let page = world.admin.get("/logs?severity=none").body;
    assert!(
        page.contains("khong co muc do") && !page.contains("giola"),
        "{page}"
    );
    let show = |args: &[&str]| {
        let out = world.program.run(&[&["vault", "search"], args].concat());
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).expect("it is text")
    };
    let table = show(&["--flag", "zone-unknown"]);
    assert!(
        table.contains("[clock-not-set] [zone-unknown] <189>8"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 1, "{table}");
    assert_eq!(show(&["--source", "127.0.0.0/8"]), show(&[]));
    assert_eq!(show(&["--source", "10.0.0.0/8"]), "");
    let backwards = [
        "vault",
        "search",
        "--from",
        "2026-11-28",
        "--to",
        "2026-11-27",
    ];
    let out = world.program.run(&backwards);
    assert!(!out.status.success(), "{out:?}");
    for blank in ["%20", "%20%20", "%09"] {
        let answer = world.admin.get(&format!("/api/v1/logs?source={blank}"));
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    assert_eq!(world.admin.get("/logs?source=&q=").status, 200);
    let json = show(&["--severity", "none", "--source", "SW-1", "--format", "json"]);
    let line: Value = serde_json::from_str(json.trim()).expect("it is JSON");
    assert!(
        line["severity"].is_null() && line["line"] == "khong co muc do nao",
        "{line:#}"
    );
}

#[test]
fn unknown_senders_come_fifty_a_page_the_loudest_first() {
    let to = free_port([127, 0, 0, 1]);
    let world = begun(to);
    for n in 1..=60 {
        let socket = UdpSocket::bind(format!("127.0.2.{n}:0")).expect("the address is ours");
        let lines = if n == 60 { 5 } else { 1 };
        for _ in 0..lines {
            let line = format!("<13>may{n} ung: xin chao {}", "x".repeat(500));
            socket.send_to(line.as_bytes(), to).expect("it is sent");
        }
    }
    let rows = |page: &str| page.matches("name=\"peer\"").count();
    let first = eventually("sixty senders on the list", || {
        let page = world.admin.get("/logs/unknown").body;
        page.contains("1–50 / 60").then_some(page)
    });
    assert_eq!(rows(&first), 50);
    assert!(first.len() < 100_000, "{} bytes", first.len());
    let loudest = first.find("127.0.2.60").expect("it is on the first page");
    assert!(loudest < first.find("127.0.2.1\"").unwrap_or(usize::MAX));
    let second = world.admin.get("/logs/unknown?offset=50").body;
    assert_eq!(rows(&second), 10);
    assert!(
        world.admin.get("/logs").body.contains(">60<"),
        "the tab counts all"
    );
    assert_eq!(world.admin.get("/logs/unknown?offset=x").status, 400);
}

#[test]
fn a_kill_forgets_no_sender_and_no_count() {
    let to = free_port([127, 0, 0, 1]);
    let world = begun(to);
    let stranger = UdpSocket::bind("127.0.0.61:0").expect("the address is ours");
    let say = |n: usize| {
        let line = format!("<13>Nov 28 01:00:00 la ung: dem {n:03}");
        stranger.send_to(line.as_bytes(), to).expect("it is sent");
    };
    (0..50).for_each(say);
    eventually("the lines", || {
        (found(&world, "q=dem&limit=100").len() == 50).then_some(())
    });
    // Killed before or after the list was written: what counts is what the vault has.
    let options = |launch: Launch| launch.arg("--syslog-udp", &to).flag("--no-probe");
    let world = world.restart_killed(GIENG, options);
    say(50);
    let listed = |lines: &str| {
        let page = world.admin.get("/logs/unknown").body;
        let row = page.split("source=127.0.0.61").nth(1)?;
        let row = row.split("</tr>").next()?;
        row.contains(&format!(">{lines}<")).then_some(())
    };
    eventually("all of them to be counted", || listed("51"));
    world.import(
        "device",
        "code,name,organization,role,address\nMOI,Mới,U,switch,127.0.0.61\n",
    );
    eventually("the earlier lines to be the device's", || {
        let lines = found(&world, "q=dem&limit=100");
        let own = lines.iter().filter(|line| line["device_code"] == "MOI");
        (own.count() == 51).then_some(())
    });
}
