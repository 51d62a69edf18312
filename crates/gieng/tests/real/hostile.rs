//! Bad input over the wire: it is answered, the rest goes on, and memory does not grow.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream},
    process::Command,
    time::Duration,
};

use testkit::{
    program::{Program, eventually, free_port, installed},
    world::World,
};

use crate::GIENG;

const MIB: u64 = 1 << 20;

fn well(program: &Program) {
    let health = program.client().get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
}

#[test]
fn an_upload_of_two_gigabytes_is_refused_without_being_kept() {
    if !installed("curl", "curl") {
        return;
    }
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let huge = folder.path().join("huge.csv");
    let file = std::fs::File::create(&huge).expect("the folder is ours");
    // It takes no room: the file is one hole.
    file.set_len(2 << 30).expect("the file system knows holes");
    let session = world.admin.cookie("gieng_session").expect("signed in");
    let base = world.program.url();
    let before = world.program.resident();
    let form = [
        "-F".to_owned(),
        format!("file=@{}", huge.display()),
        "-H".to_owned(),
        format!("Cookie: gieng_session={session}"),
        "-H".to_owned(),
        format!("Origin: {base}"),
        format!("{base}/registry/organization/import"),
    ];
    let api = [
        "-X".to_owned(),
        "POST".to_owned(),
        "-T".to_owned(),
        huge.display().to_string(),
        "-H".to_owned(),
        format!("Cookie: gieng_session={session}"),
        "-H".to_owned(),
        format!("Origin: {base}"),
        format!("{base}/api/v1/organization/import"),
    ];
    for args in [&form[..], &api[..]] {
        let out = Command::new("curl")
            .args(["-s", "-m", "300", "-o", "/dev/null", "-w", "%{http_code}"])
            .args(args)
            .output()
            .expect("curl can be run");
        assert_eq!(String::from_utf8_lossy(&out.stdout), "413", "{args:?}");
        let grown = world.program.resident().saturating_sub(before);
        assert!(grown < 100 * MIB, "{} MiB more", grown / MIB);
    }
    well(&world.program);
}

#[test]
fn tables_that_are_none_are_answered() {
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    let mut wide = String::from("code");
    for n in 0..1_000_000 {
        wide.push_str(",c");
        wide.push_str(&n.to_string());
    }
    wide.push_str("\nA\n");
    let before = world.program.resident();
    let path = "/api/v1/organization/import?mode=good-rows";
    for (what, body) in [
        ("a million columns", wide.into_bytes()),
        ("no UTF-8", b"code,name\nA,\xff\xfe\n".to_vec()),
        ("an open quote", b"code,name\n\"A,b\nc,d".to_vec()),
        ("nothing", Vec::new()),
        (
            "a zip that is no workbook",
            b"PK\x03\x04 no workbook".to_vec(),
        ),
        ("zeros", vec![0; 1 << 20]),
    ] {
        let answer = world.admin.send("POST", path, &[], body);
        let refused = answer.status == 422 || answer.status == 400 || answer.status == 413;
        let bad = answer.status == 200 && answer.json()["created"] == 0;
        assert!(refused || bad, "{what}: {} {}", answer.status, &answer.body);
        assert!(answer.body.len() < 1 << 20, "{what}: the answer is short");
    }
    let grown = world.program.resident().saturating_sub(before);
    assert!(grown < 300 * MIB, "{} MiB more", grown / MIB);
    assert_eq!(world.admin.get("/api/v1/organization").json()["total"], 0);
    well(&world.program);
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("it listens");
    let patience = Some(Duration::from_secs(60));
    stream.set_write_timeout(patience).expect("a socket option");
    stream
}

#[test]
fn senders_that_never_end_do_not_disturb_the_others() {
    let to = free_port([127, 0, 0, 1]);
    let world = World::begin(GIENG, |launch| {
        launch.arg("--syslog-tcp", &to).flag("--no-probe")
    });
    let before = world.program.resident();

    // One line of 1 MiB, then an ordinary one on the same connection.
    let mut long = connect(to);
    let mut line = b"<13>1 - may ung - - - ".to_vec();
    line.resize(1 << 20, b'x');
    line.extend(b"\n<13>1 - may ung - - - sau dong dai\n\xff\xfe khong phai utf8 \xc3\n");
    long.write_all(&line).expect("a long line is read on");

    // One that announces a frame and never sends it, one without any end of line.
    let mut slow = connect(to);
    slow.write_all(b"60000 <13>1 - may ung - - - dang")
        .expect("it is read");
    let mut endless = connect(to);
    let chunk = vec![b'y'; 1 << 20];
    let mut taken = 0;
    // It may be closed on the way; that is an answer too.
    while taken < 64 && endless.write_all(&chunk).is_ok() {
        taken += 1;
    }
    let mut other = connect(to);
    other
        .write_all(b"<13>1 - may khac - - - nguoi khac van gui\n")
        .expect("others are heard");
    for text in [
        "sau%20dong%20dai",
        "khong%20phai%20utf8",
        "nguoi%20khac%20van%20gui",
    ] {
        eventually(text, || {
            let found = world.admin.get(&format!("/api/v1/logs?q={text}")).json();
            found["items"].get(0).map(|_| ())
        });
    }
    let grown = world.program.resident().saturating_sub(before);
    assert!(grown < 100 * MIB, "{} MiB more", grown / MIB);
    well(&world.program);
}
