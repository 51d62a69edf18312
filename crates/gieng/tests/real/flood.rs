//! Floods: idle senders, half requests, drips, datagrams of strangers. All of it over
//! loopback, from addresses that are nobody's, and bounded.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use testkit::{
    program::{eventually, free_port},
    world::World,
};

use crate::GIENG;

/// The longest that a page may take meanwhile, on a machine that has other things to do.
const PAGE: Duration = Duration::from_secs(5);

/// The program with no more than 1,024 open files, as most systems have it.
fn narrow(folder: &Path) -> PathBuf {
    let script = folder.join("gieng-narrow");
    let text = format!("#!/bin/sh\nulimit -n 1024\nexec {GIENG} \"$@\"\n");
    std::fs::write(&script, text).expect("the folder is ours");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("it is ours");
    script
}

/// This test holds more connections than most processes may.
fn many_files() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the system says");
    assert!(hard >= 4_096, "the tests need 4,096 open files: ulimit -Hn");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("up to the hard limit all may");
}

/// A connection from another address of this machine.
fn from(ip: [u8; 4], to: SocketAddr) -> Option<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().ok()?;
        socket.bind(SocketAddr::from((ip, 0))).ok()?;
        let connected = tokio::time::timeout(Duration::from_secs(5), socket.connect(to)).await;
        let stream = connected.ok()?.ok()?.into_std().ok()?;
        stream.set_nonblocking(false).ok()?;
        Some(stream)
    })
}

/// One unit with a device at 127.0.0.1, and a site that a port of ours answers for.
fn registered(world: &World) -> TcpListener {
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    world.import(
        "device",
        "code,name,organization,role,address\nSW,Bộ chuyển mạch,U,switch,127.0.0.1\n",
    );
    let answers = TcpListener::bind("127.68.0.1:0").expect("the address is ours");
    let port = answers.local_addr().expect("it is bound").port();
    world.import(
        "site",
        &format!("code,name,organization,address,probe\nS,Điểm U,U,127.68.0.1,tcp:{port}\n"),
    );
    answers
}

fn web(world: &World) -> SocketAddr {
    let url = world.program.url().trim_start_matches("http://");
    url.parse().expect("it says its address")
}

/// Pages answer in time, what is probed is seen, and the registered device's lines arrive.
fn all_is_well(world: &World, syslog: SocketAddr, word: &str) {
    for path in ["/", "/network", "/registry/device", "/logs"] {
        let began = Instant::now();
        let page = world.admin.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(began.elapsed() < PAGE, "{path}: {:?}", began.elapsed());
    }
    assert_eq!(world.program.client().get("/healthz").body, "ok\n");
    let mut sender = TcpStream::connect(syslog).expect("it listens");
    for n in 0..200 {
        let line = format!("<13>1 - may ung - - - {word} {n:04} het\n");
        sender.write_all(line.as_bytes()).expect("it is read");
    }
    eventually("every line of the registered device", || {
        let found = world
            .admin
            .get(&format!("/api/v1/logs?q={word}&limit=1000"));
        let found = found.json();
        (found["items"].as_array().map(Vec::len) == Some(200)).then_some(())
    });
    let seen = || {
        let targets = world.admin.get("/api/v1/targets").json();
        let target = &targets["items"][0];
        let at = target["last_sample_at"].as_i64().unwrap_or_default();
        assert_ne!(target["state"], "down", "{target}");
        at
    };
    let before = seen();
    eventually("the next probe", || (seen() > before).then_some(()));
}

fn alarmed(world: &World, cause: &str) -> bool {
    let open = world.admin.get("/api/v1/alarms").json();
    let open = open["items"].as_array().cloned().unwrap_or_default();
    open.iter().any(|view| view["alarm"]["state"] == cause)
}

#[test]
fn idle_senders_and_half_requests_stop_nothing() {
    many_files();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let gieng = narrow(folder.path());
    let syslog = free_port([127, 0, 0, 1]);
    let world = World::begin(&gieng.display().to_string(), |launch| {
        launch.arg("--syslog-tcp", &syslog)
    });
    let _answers = registered(&world);
    world.admin.form(
        "/settings",
        &[("key", "probe.interval_seconds"), ("value", "5")],
    );
    let web = web(&world);
    // 1,100 senders that say nothing, 1,000 requests without an end, 300 bodies that do not come.
    let idle: Vec<_> = (0..1_100)
        .filter_map(|n| from([127, 0, 0, 10 + u8::try_from(n % 50).unwrap_or(0)], syslog))
        .collect();
    assert!(idle.len() > 1_000, "{} connected", idle.len());
    let half = |text: &str| {
        let mut stream = TcpStream::connect(web).expect("it accepts");
        let _ = stream.write_all(text.as_bytes());
        stream
    };
    let heads: Vec<_> = (0..1_000)
        .map(|_| half("GET / HTTP/1.1\r\nHost: x\r\nX-A: "))
        .collect();
    let bodies: Vec<_> = (0..300)
        .map(|_| {
            half("POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nname=")
        })
        .collect();
    all_is_well(&world, syslog, "gianNan");
    let open = std::fs::read_dir(format!("/proc/{}/fd", world.program.pid()))
        .expect("it is there")
        .count();
    assert!(open < 1_000, "{open} files are open");
    drop((idle, heads, bodies));
    all_is_well(&world, syslog, "binhThuong");
    world.program.stop();
}

#[test]
fn a_flood_of_a_stranger_does_not_crowd_out_a_registered_device() {
    let syslog = free_port([127, 0, 0, 1]);
    let world = World::begin(GIENG, |launch| {
        launch
            .arg("--syslog-udp", &syslog)
            .arg("--syslog-tcp", &syslog)
            .flag("--no-probe")
    });
    let _answers = registered(&world);
    eventually("the device to be known", || {
        let device = world.id("device", "SW");
        (!device.is_empty()).then_some(())
    });
    let stranger = UdpSocket::bind("127.0.0.77:0").expect("the address is ours");
    let device = UdpSocket::bind("127.0.0.1:0").expect("the address is ours");
    for round in 0..100 {
        for n in 0..500 {
            let line = format!("<13>1 - la - - - nguoiLa {round} {n}");
            let _ = stranger.send_to(line.as_bytes(), syslog);
        }
        let line = format!("<13>1 - may ung - - - thietBi {round:04} het");
        device.send_to(line.as_bytes(), syslog).expect("it is sent");
        // A page in between: the flood is not faster than the network would bring it.
        assert_eq!(world.admin.get("/api/v1/organization").status, 200);
    }
    let count = |word: &str| {
        let found = world
            .admin
            .get(&format!("/api/v1/logs?q={word}&limit=1000"));
        found.json()["items"].as_array().map_or(0, Vec::len)
    };
    eventually("every line of the device", || {
        (count("thietBi") == 100).then_some(())
    });
    assert!(count("nguoiLa") > 0, "a stranger is heard too");
    eventually("the alarm", || {
        alarmed(&world, "strangers-refused").then_some(())
    });
    let page = world.admin.get("/network/alarms").body;
    assert!(page.contains("Thiết bị chưa đăng ký gửi quá mức"), "{page}");
    let token = world.admin.token();
    let numbers = token.get("/metrics").body;
    assert!(
        numbers.contains("gieng_system_alarm{cause=\"strangers-refused\"} 1"),
        "{numbers}"
    );
    let lost = numbers
        .lines()
        .find_map(|l| l.strip_prefix("gieng_log_over_share_total "))
        .and_then(|n| n.parse::<u64>().ok());
    assert!(lost.is_some_and(|n| n > 10_000), "{numbers}");
    assert_eq!(world.program.client().get("/healthz").status, 200);
}

#[test]
fn a_stop_under_a_flood_leaves_a_vault_that_can_be_read() {
    let syslog = free_port([127, 0, 0, 1]);
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = data.path().to_owned();
    let world = World::begin_in(data, GIENG, |launch| {
        launch.arg("--syslog-tcp", &syslog).flag("--no-probe")
    });
    let _answers = registered(&world);
    let lines = b"a\n".repeat(32_768);
    // What the system holds for a stranger over its share, and a device in full speed.
    let mut stranger = from([127, 0, 0, 77], syslog).expect("it listens");
    let patience = Some(Duration::from_millis(300));
    stranger
        .set_write_timeout(patience)
        .expect("a socket option");
    while stranger.write_all(&lines).is_ok() {}
    let mut device = TcpStream::connect(syslog).expect("it listens");
    let flooding = std::thread::spawn(move || while device.write_all(&lines).is_ok() {});
    std::thread::sleep(Duration::from_secs(2));
    let began = Instant::now();
    let world = world.restart(GIENG, |launch| launch.flag("--no-probe"));
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    flooding.join().expect("the thread ends");
    let apart = files(&folder);
    let apart = apart
        .iter()
        .find(|path| path.display().to_string().contains("vault-"));
    assert_eq!(apart, None, "the vault was set apart");
    let out = world.program.run(&["vault", "verify"]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && said.contains("sound"), "{said}");
}

/// Reads until the other end closes; what came, and after how long.
fn closed(mut stream: TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let patience = Some(Duration::from_secs(90));
    stream.set_read_timeout(patience).expect("a socket option");
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("it closes in time");
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[test]
fn who_keeps_the_server_waiting_is_let_go() {
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    let web = web(&world);
    let send = |text: &'static str| {
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(web).expect("it accepts");
            stream.write_all(text.as_bytes()).expect("it is read");
            closed(stream)
        })
    };
    let silent = send("");
    let head = send("GET /sign-in HTTP/1.1\r\nHost: x\r\n");
    let kept = send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    let body = send(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nname=",
    );
    // One that comes slowly but comes is heard to its end: a byte a second from a poor link.
    let slow = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(web).expect("it accepts");
        let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("it is read");
        for byte in b"name=a&password=bcde" {
            stream.write_all(&[*byte]).expect("it is read on");
            std::thread::sleep(Duration::from_secs(1));
        }
        closed(stream)
    });
    for (what, ended) in [
        ("silent", silent),
        ("head", head),
        ("kept", kept),
        ("body", body),
    ] {
        let (said, after) = ended.join().expect("the thread ends");
        let range = Duration::from_secs(20)..Duration::from_secs(80);
        assert!(range.contains(&after), "{what}: {after:?} {said}");
        assert_eq!(what == "kept", said.contains("200 OK"), "{what}: {said}");
    }
    let (said, _) = slow.join().expect("the thread ends");
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
    assert!(!said.starts_with("HTTP/1.1 408"), "{said}");
}

#[test]
fn live_streams_stay_and_are_bounded() {
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    let session = world.admin.cookie("gieng_session").expect("signed in");
    let open = || {
        let mut stream = TcpStream::connect(web(&world)).expect("it accepts");
        let ask =
            format!("GET /live HTTP/1.1\r\nHost: x\r\nCookie: gieng_session={session}\r\n\r\n");
        stream.write_all(ask.as_bytes()).expect("it is read");
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("it answers");
        (String::from_utf8_lossy(&head).into_owned(), stream)
    };
    let streams: Vec<_> = (0..12).map(|_| open()).collect();
    assert!(streams.iter().all(|(head, _)| head == "HTTP/1.1 200"));
    // A browser that is told so does not ask again.
    assert_eq!(open().0, "HTTP/1.1 204");
    drop(streams);
    eventually("room for another", || {
        (open().0 == "HTTP/1.1 200").then_some(())
    });
    world.program.stop();
}

#[test]
fn who_asks_too_much_without_signing_in_waits_and_who_is_signed_in_does_not() {
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    let nobody = world.program.client();
    // Over one connection, as fast as they are answered.
    let refused = (0..30_000).find_map(|_| {
        let answer = nobody.get("/");
        (answer.status == 429).then_some(answer)
    });
    let refused = refused.expect("an address has its share");
    assert!(
        refused.body.contains("Quá nhiều yêu cầu"),
        "{}",
        refused.body
    );
    assert_eq!(world.admin.get("/").status, 200);
    // A session that is made up is looked up so often only.
    let made_up = (0..30_000).find(|n| {
        let session = format!("gieng_session=made-up-{n}");
        let answer = nobody.send("GET", "/", &[("cookie", &session)], "");
        answer.status == 429
    });
    assert!(made_up.is_some(), "made-up sessions have their share");
    assert_eq!(world.admin.get("/").status, 200);
    eventually("its turn again", || {
        (nobody.get("/").status != 429).then_some(())
    });
}

fn multipart(fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    let (field, name, bytes) = file;
    let part = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend(part.as_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--b--\r\n");
    body
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let below = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    entries.flat_map(below).collect()
}

const ATTEST: &str = "/compliance/vinh-long-26-2019/13.3/U/attest";

fn attest(world: &World, statement: &str, file: &[u8]) -> u16 {
    let answer = world.admin.send(
        "POST",
        ATTEST,
        &[("content-type", "multipart/form-data; boundary=b")],
        multipart(
            &[
                ("control", "servers-protected"),
                ("holds", "true"),
                ("statement", statement),
            ],
            ("attachment", "minh-chung.txt", file),
        ),
    );
    answer.status
}

#[test]
fn a_form_that_is_refused_leaves_no_file() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let attachments = data.path().join("attachments");
    let world = World::begin_in(data, GIENG, |launch| launch.flag("--no-probe"));
    let _answers = registered(&world);
    let noted = || {
        let journal = world.admin.get("/api/v1/journal?noun=attachment&limit=100");
        let journal = journal.json();
        let items = journal["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter(|e| e["noun"] == "attachment").count()
    };
    assert_eq!(attest(&world, "", "bản ghi một".as_bytes()), 422);
    assert_eq!(files(&attachments), Vec::<PathBuf>::new());
    assert_eq!(noted(), 0);
    assert_eq!(attest(&world, "Đã làm", "bản ghi một".as_bytes()), 303);
    let kept = files(&attachments);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(noted(), 1);
    // The unit's share for a day is spent: nothing more of it, and nothing is left of it.
    let full = world.admin.form(
        "/settings",
        &[("key", "attachment.unit_day_mb"), ("value", "1")],
    );
    assert_eq!(full.status, 303, "{}", full.body);
    let large = "một hai ba bốn năm\n".repeat(60_000);
    assert_eq!(attest(&world, "Đã làm", large.as_bytes()), 429);
    assert_eq!(files(&attachments), kept);
}
