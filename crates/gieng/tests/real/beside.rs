//! What the command line writes beside a running server holds there at once.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener, UdpSocket},
    path::Path,
    time::{Duration, Instant},
};

use testkit::{
    client::Client,
    program::{Launch, Program, eventually, free_port},
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
    verdict_of(admin, cite, "U")
}

fn verdict_of(admin: &Client, cite: &str, unit: &str) -> String {
    let path = format!("/api/v1/verdicts?regulation=vinh-long-26-2019&clause={cite}&unit={unit}");
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

/// A second process shows what the first one judges, and takes over within twenty seconds when
/// that is killed; nothing is done twice, and what the first left is sound.
#[test]
fn another_process_takes_over() {
    let Some(url) = testkit::postgres::database() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let first = World::begin(GIENG, |launch| launch.env("GIENG_DATABASE", &url));
    let session = first.admin.cookie("gieng_session").expect("signed in");
    for (key, value) in [("probe.interval_seconds", "5"), ("probe.attempts", "1")] {
        let set = first.program.run(&["setting", key, value]);
        assert!(set.status.success(), "{set:?}");
    }
    let site = TcpListener::bind("127.66.9.11:0").expect("127/8 is this machine");
    let at = site.local_addr().expect("it is bound");
    let unit = "code,name,kind,level,membership\nU,Sở U,department,province,member\n";
    first.import("organization", unit);
    let (ip, port) = (at.ip(), at.port());
    first.import(
        "site",
        &format!("code,name,organization,address,probe\nS,Điểm U,U,{ip},tcp:{port}\n"),
    );
    let second = Launch::serve(GIENG, folder.path())
        .env("GIENG_DATABASE", &url)
        .env("GIENG_KEYS", &first.data.path().display().to_string())
        .flag("--beside")
        .start();
    let admin = second.client();
    admin.take_cookie("gieng_session", &session);
    let state = |admin: &Client| {
        let found = admin.get("/api/v1/targets").json();
        found["items"][0]["state"].as_str().map(str::to_owned)
    };
    // All that there ever were about the site.
    let alarms = |admin: &Client| {
        let paths = ["/api/v1/alarms", "/api/v1/alarms?closed=true"];
        let of = |path| {
            admin.get(path).json()["items"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        };
        let items = paths.into_iter().flat_map(of);
        let about = items
            .map(|view| view["alarm"].clone())
            .filter(|alarm| alarm["target"].is_string());
        let ids: BTreeSet<String> = about.map(|alarm| alarm["id"].to_string()).collect();
        ids.len()
    };
    // It shows what the first one watches and judges.
    eventually("a state that the first one wrote", || {
        (state(&admin)? == "up").then_some(())
    });
    eventually("a verdict that the first one wrote", || {
        (!verdict(&admin, "13.3").is_empty()).then_some(())
    });
    let pages = ["/", "/units/U", "/compliance", "/healthz", "/settings"];
    for page in pages {
        assert_eq!(admin.get(page).status, 200, "{page}");
    }
    let data = first.data;
    first.program.kill();
    let since = Instant::now();
    drop(site);
    // The second one notices that the site has gone, and judges what is written beside it.
    eventually("an alarm by the second", || {
        (alarms(&admin) == 1).then_some(())
    });
    let took = since.elapsed();
    println!(
        "taken over, with three failures to be sure: {} ms",
        took.as_millis()
    );
    assert!(took < Duration::from_secs(20 + 15), "{took:?}");
    // What is new is judged by it, and written down.
    let more = "code,name,kind,level,membership\nU2,Sở U2,department,province,member\n";
    let path = "/api/v1/organization/import?mode=all-or-nothing";
    let report = admin.send("POST", path, &[], more);
    assert_eq!(report.status, 200, "{}", report.body);
    eventually("a verdict of the second", || {
        (!verdict_of(&admin, "13.3", "U2").is_empty()).then_some(())
    });

    // The first one comes back and stands by; the second ends softly, and it goes on at once.
    let site = TcpListener::bind(at).expect("the port is free again");
    eventually("the site is seen again", || {
        (state(&admin)? == "up").then_some(())
    });
    let again = Launch::serve(GIENG, data.path())
        .env("GIENG_DATABASE", &url)
        .start();
    let admin = again.client();
    admin.take_cookie("gieng_session", &session);
    second.stop();
    drop(site);
    let since = Instant::now();
    eventually("an alarm by the first", || {
        (alarms(&admin) == 2).then_some(())
    });
    println!(
        "taken over after a soft stop: {} ms",
        since.elapsed().as_millis()
    );
    assert_eq!(alarms(&admin), 2);
    let verified = again.run(&["journal", "verify"]);
    assert!(
        verified.status.success(),
        "{}{}",
        String::from_utf8_lossy(&verified.stdout),
        String::from_utf8_lossy(&verified.stderr)
    );
}
