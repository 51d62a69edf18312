//! A full disk under the whole program: it says so, keeps what it said it kept, and goes on
//! by itself when there is room.

use std::{
    fs::File,
    io::Write as _,
    net::{TcpStream, UdpSocket},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{
    client::{Client, PASSWORD},
    program::{eventually, free_port},
    world::{World, quiet},
};

use crate::GIENG;

/// A file system of a few MiB; unmounted at the end.
struct Small(PathBuf);

impl Small {
    /// None where this user may not mount.
    fn mount(at: &Path, megabytes: u64) -> Option<Self> {
        let size = format!("size={megabytes}m");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .output();
        if done.is_ok_and(|out| out.status.success()) {
            return Some(Self(at.to_owned()));
        }
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI must be able to mount a small tmpfs"
        );
        eprintln!("SKIPPED: mounting a small tmpfs needs root");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// Fills the disk to the last byte.
fn fill(ballast: &Path) {
    let mut file = File::create(ballast).expect("there is room yet");
    for size in [1 << 20, 4 << 10, 1] {
        let block = vec![1; size];
        while file.write_all(&block).is_ok() {}
    }
}

#[test]
fn a_full_disk_is_said_and_survived_by_the_whole_program() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    // What the sender has sent and the program not yet read waits in the system's buffers, up
    // to tens of MiB on some machines, and must find room here in the end.
    let Some(small) = Small::mount(data.path(), 128) else {
        return;
    };
    let ballast = small.0.join("ballast");
    let to = free_port([127, 0, 0, 1]);
    let world = World::begin_in(data, GIENG, |launch| {
        launch.arg("--syslog-tcp", &to).flag("--no-probe")
    });
    let note = "x".repeat(15_000);
    let make = |code: &str| {
        world.admin.json(
            "/api/v1/organization",
            &serde_json::json!({ "code": code, "name": code, "kind": "department",
                "level": "province", "membership": "member", "note": note }),
        )
    };
    assert_eq!(make("U").status, 201);
    // The sender is a registered one: of others nothing would be taken on so small a disk.
    world.import(
        "device",
        "code,name,organization,role,address\nSW,Bộ chuyển mạch,U,switch,127.0.0.1\n",
    );
    let mut sender = TcpStream::connect(to).expect("it listens");
    nix::sys::socket::setsockopt(&sender, nix::sys::socket::sockopt::SndBuf, &65_536)
        .expect("a socket option");
    let line = |n: usize| format!("<13>1 - may ung - - - dong thu {n:06} het\n");
    let mut sent = 0;
    for _ in 0..500 {
        sender.write_all(line(sent).as_bytes()).expect("it is read");
        sent += 1;
    }
    let kept = || {
        let found = world.admin.get("/api/v1/logs?q=dong%20thu&limit=1").json();
        found["items"][0]["index"]
            .as_u64()
            .map_or(0, |last| last + 1)
    };
    eventually("all lines so far", || (kept() == 500).then_some(()));

    fill(&ballast);
    // What is refused is refused in words; what was said to be kept is remembered.
    let mut made = vec!["U".to_owned()];
    let refusal = (0..2_000)
        .find_map(|n| {
            let code = format!("D{n}");
            let answer = make(&code);
            if answer.status == 201 {
                made.push(code);
                return None;
            }
            Some(answer)
        })
        .expect("a full disk takes no more records");
    assert_eq!(refusal.status, 503, "{}", refusal.body);
    assert_eq!(refusal.kind, "application/problem+json");
    assert!(refusal.body.contains("đĩa"), "{}", refusal.body);
    // Senders wait, nothing is thrown away behind their back.
    sender
        .set_write_timeout(Some(std::time::Duration::from_secs(1)))
        .expect("a socket option");
    let mut part = Vec::new();
    'flood: for _ in 0..2_000_000 {
        let whole = line(sent);
        let mut rest = whole.as_bytes();
        while !rest.is_empty() {
            match sender.write(rest) {
                Ok(n) => rest = &rest[n..],
                Err(_) => {
                    part = rest.to_vec();
                    break 'flood;
                }
            }
        }
        sent += 1;
    }
    assert!(!part.is_empty(), "the sender has to wait");
    eventually("health to say that the disk is full", || {
        let health = world.program.client().get("/healthz");
        (health.status == 503).then_some(())
    });
    for path in [
        "/",
        "/registry/organization",
        "/logs",
        "/api/v1/organization",
    ] {
        let page = world.admin.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
    }
    let settings = world.admin.get("/settings").body;
    assert!(settings.contains("Ngừng nhận"), "{settings}");

    std::fs::remove_file(&ballast).expect("it is ours");
    sender.set_write_timeout(None).expect("a socket option");
    sender.write_all(&part).expect("it is read on");
    sent += 1;
    eventually("records to be taken again", || {
        let code = format!("E{}", made.len());
        let taken = make(&code).status == 201;
        taken.then(|| made.push(code))
    });
    eventually("that it was full to be told, and to be over", || {
        let told = world.admin.get("/api/v1/alarms?closed=true").json();
        let told = told["items"].as_array().cloned().unwrap_or_default();
        let full = |view: &serde_json::Value| {
            view["alarm"]["state"] == "disk-full" && !view["alarm"]["cleared_at"].is_null()
        };
        told.iter().any(full).then_some(())
    });
    eventually("every line that was sent", || {
        (kept() == sent as u64).then_some(())
    });
    eventually("health", || {
        let health = world.program.client().get("/healthz");
        (health.status == 200).then_some(())
    });
    let all = |world: &World| {
        let csv = world.admin.get("/api/v1/organization/export.csv").body;
        made.iter()
            .filter(|code| !csv.contains(&format!("\n{code},")))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(all(&world), Vec::<String>::new(), "acknowledged, then lost");
    let world = world.restart(GIENG, |launch| launch.flag("--no-probe"));
    assert_eq!(all(&world), Vec::<String>::new(), "lost over a restart");
    for command in [["vault", "verify"], ["journal", "verify"]] {
        let out = world.program.run(&command);
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success() && said.contains("sound"), "{said}");
    }
    drop(world);
    drop(small);
}

#[test]
fn a_start_on_a_full_disk_is_a_start() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let Some(small) = Small::mount(data.path(), 64) else {
        return;
    };
    let ballast = small.0.join("ballast");
    let to = free_port([127, 0, 0, 1]);
    let launch = quiet(GIENG, data.path()).arg("--syslog-tcp", &to);
    let mut program = launch.start();
    let admin = program.client();
    let link = program.first_link();
    admin.begin(&link, "quan.tri");
    let import = |noun: &str, csv: &str| {
        let path = format!("/api/v1/{noun}/import?mode=all-or-nothing");
        let report = admin.send("POST", &path, &[], csv).json();
        assert_eq!(report["written"], true, "{report:#}");
    };
    import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    // Probed every few seconds: its samples are in a log that the next start would seal.
    import(
        "device",
        "code,name,organization,role,address,probe\nSW,Bộ chuyển mạch,U,switch,127.0.0.1,icmp\n",
    );
    let samples = data.path().join("samples");
    eventually("samples on disk", || {
        let logs = std::fs::read_dir(&samples).ok()?.flatten();
        let mut logs = logs.filter_map(|file| file.metadata().ok());
        logs.any(|log| log.len() > 200).then_some(())
    });
    let session = admin.cookie("gieng_session").expect("it is signed in");
    program.kill();
    fill(&ballast);

    // Not waited for until it is well: it says that it is not.
    let mut program = launch.start_unseen();
    let said = program.says("http://");
    let url = said[said.find("http://").unwrap_or(0)..].trim().to_owned();
    let client = || Client::new(&url);
    eventually("an answer", || client().try_get("/healthz"));
    let admin = client();
    admin.take_cookie("gieng_session", &session);
    for path in ["/", "/logs", "/network", "/registry/device/SW", "/sign-in"] {
        let page = admin.get(path);
        assert!([200, 303].contains(&page.status), "{path}: {}", page.body);
    }
    assert_eq!(client().get("/healthz").status, 503);
    let mut sender = TcpStream::connect(to).expect("it listens");
    let line = "<13>1 - may ung - - - dong cho doi\n";
    sender.write_all(line.as_bytes()).expect("it is read");
    let lines = || {
        let found = admin.get("/api/v1/logs?q=dong%20cho").json();
        found["items"].as_array().map_or(0, Vec::len)
    };

    // Room for the records, and still none for logs: a fiftieth is kept.
    std::fs::remove_file(&ballast).expect("it is ours");
    leave(&small.0, &ballast, 1 << 20);
    eventually("the alarm", || {
        let open = admin.get("/api/v1/alarms").json();
        let open = open["items"].as_array().cloned().unwrap_or_default();
        let full = open.iter().any(|v| v["alarm"]["state"] == "disk-full");
        full.then_some(())
    });
    let signed_in = client();
    let who = [("name", "quan.tri"), ("password", PASSWORD)];
    assert_eq!(signed_in.form("/sign-in", &who).status, 303);
    let session = signed_in.cookie("gieng_session");
    assert!(session.is_some(), "signing in is written down");
    assert_eq!(lines(), 0, "logs wait");
    eventually("probes to go on", || {
        let targets = admin.get("/api/v1/targets").json();
        (targets["items"][0]["state"] == "up").then_some(())
    });

    std::fs::remove_file(&ballast).expect("it is ours");
    eventually("the line that waited", || (lines() == 1).then_some(()));
    eventually("health", || {
        (client().get("/healthz").status == 200).then_some(())
    });
    eventually("the samples that waited to be sealed", || {
        let parts = std::fs::read_dir(&samples).ok()?.flatten();
        let mut parts = parts.map(|file| file.path());
        let sealed = |path: std::path::PathBuf| path.extension().is_some_and(|e| e == "parquet");
        parts.any(sealed).then_some(())
    });
    drop(program);
    drop(small);
}

/// Leaves so many bytes free.
fn leave(disk: &Path, ballast: &Path, free: u64) {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(ballast)
        .expect("the disk is ours");
    loop {
        let now = nix::sys::statvfs::statvfs(disk).expect("the system says");
        let now = now.blocks_available() * now.fragment_size();
        if now <= free {
            break;
        }
        let block = vec![1; usize::try_from((now - free).min(1 << 20)).unwrap_or(1)];
        file.write_all(&block).expect("there is room");
    }
}

#[test]
fn as_room_shrinks_strangers_stop_first_and_the_records_last() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    // Of 400 MiB a fiftieth, 8 MiB, is kept.
    let Some(small) = Small::mount(data.path(), 400) else {
        return;
    };
    const MIB: u64 = 1 << 20;
    let ballast = small.0.join("ballast");
    let to = free_port([127, 0, 0, 1]);
    let world = World::begin_in(data, GIENG, |launch| {
        launch
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
        "code,name,organization,role,address\nSW,Bộ chuyển mạch,U,switch,127.0.0.1\n",
    );
    let (stranger, device) = (
        UdpSocket::bind("127.0.0.77:0").expect("the address is ours"),
        UdpSocket::bind("127.0.0.1:0").expect("the address is ours"),
    );
    let found = |word: &str| {
        let found = world.admin.get(&format!("/api/v1/logs?q={word}")).json();
        found["items"].as_array().is_some_and(|all| !all.is_empty())
    };
    let say = |socket: &UdpSocket, word: &str| {
        let line = format!("<13>1 - may ung - - - {word}");
        socket.send_to(line.as_bytes(), to).expect("it is sent");
    };
    let alarmed = |cause: &str| {
        let open = world.admin.get("/api/v1/alarms").json();
        let open = open["items"].as_array().cloned().unwrap_or_default();
        open.iter().any(|view| view["alarm"]["state"] == cause)
    };
    let import = |name: &str| {
        let rows = format!(
            "code,name,kind,level,membership\n{name},Sở {name},department,province,member\n"
        );
        let path = "/api/v1/organization/import?mode=all-or-nothing";
        world.admin.send("POST", path, &[], rows).status
    };
    let attach = || {
        let part = "--b\r\nContent-Disposition: form-data; name=";
        let body = format!(
            "{part}\"control\"\r\n\r\nservers-protected\r\n{part}\"holds\"\r\n\r\ntrue\r\n\
             {part}\"statement\"\r\n\r\nĐã làm\r\n{part}\"attachment\"; filename=\"a.txt\"\r\n\r\n\
             biên bản\r\n--b--\r\n"
        );
        let form = [("content-type", "multipart/form-data; boundary=b")];
        let path = "/compliance/vinh-long-26-2019/13.3/U/attest";
        world.admin.send("POST", path, &form, body).status
    };
    let save = |code: &str| {
        let unit = serde_json::json!({ "code": code, "name": code, "kind": "department",
            "level": "province", "membership": "member" });
        world.admin.json("/api/v1/organization", &unit).status
    };
    say(&stranger, "laTruoc");
    eventually("a stranger's line", || found("laTruoc").then_some(()));

    leave(&small.0, &ballast, 28 * MIB);
    eventually("the alarm", || alarmed("disk-low").then_some(()));
    say(&stranger, "laSau");
    say(&device, "may1");
    eventually("the device's line", || found("may1").then_some(()));
    assert!(!found("laSau"), "of strangers nothing more is taken");
    assert_eq!((attach(), import("A1")), (303, 200));

    leave(&small.0, &ballast, 20 * MIB);
    assert_eq!((attach(), import("A2")), (503, 200));

    leave(&small.0, &ballast, 12 * MIB);
    assert_eq!((import("A3"), save("A4")), (503, 201));
    say(&device, "may2");
    eventually("the device's line", || found("may2").then_some(()));

    leave(&small.0, &ballast, 4 * MIB);
    eventually("the alarm", || alarmed("disk-full").then_some(()));
    assert_eq!(world.program.client().get("/healthz").status, 503);
    assert!(
        !alarmed("strangers-refused"),
        "the disk is the one cause, and has its alarm"
    );
    say(&device, "may3");
    assert_eq!(save("A5"), 201, "the records are written to the last");

    std::fs::remove_file(&ballast).expect("it is ours");
    eventually("the line that waited", || found("may3").then_some(()));
    eventually("the end of the alarms", || {
        (!alarmed("disk-full") && !alarmed("disk-low")).then_some(())
    });
    say(&stranger, "laCuoi");
    eventually("strangers to be taken again", || {
        found("laCuoi").then_some(())
    });
    drop(world);
    drop(small);
}

#[test]
fn a_log_of_its_own_on_the_full_disk_ends_nothing_and_lines_given_up_are_told() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let Some(small) = Small::mount(data.path(), 128) else {
        return;
    };
    let elsewhere = tempfile::tempdir().expect("a temporary folder can be made");
    let (script, own) = (elsewhere.path().join("gieng"), small.0.join("own.log"));
    let text = format!("#!/bin/sh\nexec {GIENG} \"$@\" 2>>{}\n", own.display());
    std::fs::write(&script, text).expect("the folder is ours");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("it is ours");
    let ballast = small.0.join("ballast");
    let to = free_port([127, 0, 0, 1]);
    let launch = quiet(&script.display().to_string(), data.path())
        .arg("--syslog-tcp", &to)
        .flag("--no-probe");
    let mut program = launch.start();
    let admin = program.client();
    admin.begin(&program.first_link(), "quan.tri");
    for (noun, csv) in [
        (
            "organization",
            "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
        ),
        (
            "device",
            "code,name,organization,role,address\nSW,Bộ chuyển mạch,U,switch,127.0.0.1\n",
        ),
    ] {
        let path = format!("/api/v1/{noun}/import?mode=all-or-nothing");
        let report = admin.send("POST", &path, &[], csv).json();
        assert_eq!(report["written"], true, "{report:#}");
    }
    let mut sender = TcpStream::connect(to).expect("it listens");
    let mut say = |word: &str| {
        for n in 0..100 {
            let line = format!("<13>1 - may ung - - - {word} {n:03}\n");
            sender.write_all(line.as_bytes()).expect("it is read");
        }
    };
    let lines = |admin: &Client, word: &str| {
        let found = admin
            .get(&format!("/api/v1/logs?q={word}&limit=200"))
            .json();
        found["items"].as_array().map_or(0, Vec::len)
    };
    let stands = |admin: &Client, cause: &str| {
        let told = admin.get("/api/v1/alarms?closed=true").json();
        let told = told["items"].as_array().cloned().unwrap_or_default();
        told.iter()
            .any(|view| view["alarm"]["state"] == cause)
            .then_some(())
    };
    say("truoc");
    eventually("the lines", || {
        (lines(&admin, "truoc") == 100).then_some(())
    });

    fill(&ballast);
    say("trong");
    let stalled = |admin: &Client| {
        let settings = admin.get("/settings").body;
        settings.contains("Ngừng nhận").then_some(())
    };
    eventually("the vault to take nothing", || stalled(&admin));
    std::thread::sleep(std::time::Duration::from_secs(3));
    std::fs::remove_file(&ballast).expect("it is ours");
    eventually("the lines that waited", || {
        (lines(&admin, "trong") == 100).then_some(())
    });
    eventually("that the disk was full to be told", || {
        stands(&admin, "disk-full")
    });
    assert_eq!(
        stands(&admin, "vault-stalled"),
        None,
        "one cause, one alarm"
    );
    assert_eq!(stands(&admin, "task-failed"), None);
    let said = std::fs::read_to_string(&own).expect("it is there");
    assert!(!said.contains("panicked"), "{said}");

    fill(&ballast);
    say("mat");
    eventually("the vault to take nothing", || stalled(&admin));
    let session = admin.cookie("gieng_session").expect("it is signed in");
    program.stop();
    std::fs::remove_file(&ballast).expect("it is ours");
    let program = launch.start();
    let admin = program.client();
    admin.take_cookie("gieng_session", &session);
    assert!(lines(&admin, "mat") < 100);
    eventually("what was given up to be told", || {
        stands(&admin, "logs-lost")
    });
    drop(program);
    drop(small);
}
