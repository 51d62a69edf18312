//! What the command line writes beside a running server holds there at once.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    path::Path,
    time::{Duration, Instant},
};

use testkit::{
    client::Client,
    program::{Program, eventually, free_port},
    world::World,
};

use crate::GIENG;

/// What is promised is two seconds; a machine that builds beside gets some more.
const SOON: Duration = Duration::from_secs(6);

/// Imports a table by the command line, whose process has ended then.
fn import(program: &Program, folder: &Path, noun: &str, csv: &str) {
    let file = folder.join(format!("{noun}.csv"));
    std::fs::write(&file, csv).expect("the folder is ours");
    let out = program.run(&["import", noun, &file.display().to_string()]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

fn soon(what: &str, since: Instant, ask: impl FnMut() -> Option<()>) {
    eventually(what, ask);
    let took = since.elapsed();
    println!("{what}: {} ms", took.as_millis());
    assert!(took < SOON, "{what} took {took:?}");
}

fn verdict(admin: &Client, cite: &str) -> String {
    let path = format!("/api/v1/verdicts?regulation=vinh-long-26-2019&clause={cite}&unit=U");
    let found = admin.get(&path);
    // The unit itself is not known before.
    if found.status == 404 {
        return String::new();
    }
    let status = found.json()["items"][0]["status"].clone();
    status.as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_the_command_line_writes_is_seen_at_once() {
    let to = free_port([127, 0, 0, 1]);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let world = World::begin(GIENG, |launch| launch.arg("--syslog-udp", &to));
    let (admin, program) = (&world.admin, &world.program);
    let sender = UdpSocket::bind("127.66.9.2:0").expect("127/8 is this machine");
    let says = |word: &str| {
        let line = format!("<13>1 - fw ung - - - dong {word}\n");
        sender.send_to(line.as_bytes(), to).expect("it is sent");
    };
    let device_of = |word: &str| {
        let found = admin.get(&format!("/api/v1/logs?q={word}")).json();
        found["items"].get(0).map(|line| line["device"].clone())
    };
    says("truoc");
    let unknown = eventually("the first line", || device_of("truoc"));
    assert!(unknown.is_null(), "nobody registered it: {unknown}");

    // A setting, too: probes come often.
    for (key, value) in [("probe.interval_seconds", "5"), ("probe.attempts", "1")] {
        let set = program.run(&["setting", key, value]);
        assert!(
            set.status.success(),
            "{}",
            String::from_utf8_lossy(&set.stderr)
        );
    }
    let site = TcpListener::bind("127.66.9.1:0").expect("127/8 is this machine");
    let at: SocketAddr = site.local_addr().expect("it is bound");
    import(
        program,
        folder.path(),
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    let since = Instant::now();
    soon("a verdict about a unit", since, || {
        (!verdict(admin, "13.3").is_empty()).then_some(())
    });
    soon("the page of a unit", since, || {
        let page = admin.get("/units/U");
        (page.status == 200 && page.body.contains("Sở U")).then_some(())
    });
    import(
        program,
        folder.path(),
        "site",
        &format!(
            "code,name,organization,address,probe\nS,Điểm U,U,{},tcp:{}\n",
            at.ip(),
            at.port()
        ),
    );
    let since = Instant::now();
    soon("a probe of a site", since, || {
        let found = admin.get("/api/v1/targets").json();
        (found["items"][0]["state"] == "up").then_some(())
    });
    import(
        program,
        folder.path(),
        "device",
        "code,name,organization,role,address\nFW,Tường lửa U,U,firewall,127.66.9.2\n",
    );
    let since = Instant::now();
    let mut n = 0;
    soon("a line of a registered sender", since, || {
        n += 1;
        let word = format!("sau{n}");
        says(&word);
        let device = eventually("a line", || device_of(&word));
        (device == "Tường lửa U").then_some(())
    });
    // What another process ends is ended here: the second factor goes, and with it the sessions.
    assert_eq!(admin.get("/").status, 200);
    let ended = program.run(&["account", "reset-totp", "quan.tri"]);
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_ne!(admin.get("/").status, 200, "the session has ended");
}
