//! A full disk under the whole program: it says so, keeps what it said it kept, and goes on
//! by itself when there is room.

use std::{
    fs::File,
    io::Write as _,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{
    program::{eventually, free_port},
    world::World,
};

use crate::GIENG;

/// A file system of a few MiB; unmounted at the end.
struct Small(PathBuf);

impl Small {
    /// None where this user may not mount.
    fn mount(at: &Path) -> Option<Self> {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
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
    let Some(small) = Small::mount(data.path()) else {
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
    let mut sender = TcpStream::connect(to).expect("it listens");
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
    'flood: for _ in 0..400_000 {
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
