//! Notices on their way out: who receives slowly keeps nobody else waiting.

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use testkit::{
    program::{eventually, free_port},
    world::World,
};

use crate::GIENG;

/// What a mail may take from the alarm on, with what a loaded machine takes.
const SOON: Duration = Duration::from_secs(15);

/// Debian's aiosmtpd, which prints each mail that it gets.
struct MailServer {
    child: Child,
    at: SocketAddr,
    lines: mpsc::Receiver<String>,
}

impl MailServer {
    fn start() -> Self {
        let at = free_port([127, 0, 0, 1]);
        let mut child = Command::new("/usr/bin/python3")
            .args(["-u", "-m", "aiosmtpd", "-n", "-l", &at.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 with aiosmtpd is installed (scripts/test-deps)");
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        eventually("the mail server", || std::net::TcpStream::connect(at).ok());
        Self { child, at, lines }
    }

    /// Waits for the end of the next mail.
    fn mail(&self) {
        let until = Instant::now() + SOON;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).expect("a mail in good time");
            if line.contains("END MESSAGE") {
                return;
            }
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_webhook_that_hangs_keeps_no_mail_waiting() {
    let mails = MailServer::start();
    // It takes connections and never answers.
    let hook = TcpListener::bind("127.0.0.1:0").expect("127/8 is this machine");
    let hook_at = hook.local_addr().expect("it is bound");
    let (begun, hung) = mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in hook.incoming().map_while(Result::ok) {
            held.push(stream);
            let _ = begun.send(());
        }
    });
    let world = World::begin(GIENG, |launch| launch);
    let (admin, program) = (&world.admin, &world.program);
    for (key, value) in [
        ("probe.critical_interval_seconds", "2"),
        ("probe.attempts", "1"),
        ("notify.smtp_url", &format!("smtp+plain://{}", mails.at)),
        ("notify.email_from", "gieng@tinh.example"),
        ("notify.email_to", "truc@tinh.example"),
        ("notify.webhook_url", &format!("http://{hook_at}/")),
    ] {
        let set = program.run(&["setting", key, value]);
        let said = String::from_utf8_lossy(&set.stderr).into_owned();
        assert!(set.status.success(), "{key}: {said}");
    }
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    let site = TcpListener::bind("127.66.9.1:0").expect("127/8 is this machine");
    let at = site.local_addr().expect("it is bound");
    let (host, port) = (at.ip(), at.port());
    world.import(
        "site",
        &format!(
            "code,name,organization,class,address,probe\nS,Điểm U,U,critical,{host},tcp:{port}\n"
        ),
    );
    let state = |wanted: &str| {
        eventually(wanted, || {
            let found = admin.get("/api/v1/targets").json();
            (found["items"][0]["state"] == wanted).then_some(())
        });
    };
    state("up");
    let mut site = Some(site);
    // Each notice adds one more that the webhook holds. (A third time would be flapping, which
    // is told once.)
    for _ in 0..2 {
        drop(site.take());
        state("down");
        mails.mail();
        site = Some(TcpListener::bind(at).expect("the port is free again"));
        state("up");
        mails.mail();
    }
    hung.recv_timeout(SOON).expect("the webhook was called");
}
