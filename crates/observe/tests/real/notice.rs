//! Notices to a real mail server and a real HTTP server.

use std::time::Duration;

use domain::clock::{Clock, from_ms};
use observe::notice::{Mailer, Notice, NoticeError, Security, Smtp, Webhook};
use serde_json::json;

use crate::world::{Program, free_port, listening, run};

/// Debian's Python, which has Debian's aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";

fn notice() -> Notice {
    Notice {
        id: "alarm/17".into(),
        kind: "alarm.raised".into(),
        subject: "Mất kết nối: trạm Long Châu".into(),
        body: "Trạm Long Châu không trả lời từ 08:15.\nPhía sau: 3 đơn vị.\n".into(),
        at_ms: 1_800_000_000_000,
        details: json!({"behind": 3}),
    }
}

fn smtp(port: u16, security: Security) -> Smtp {
    Smtp {
        host: "localhost".into(),
        port,
        security,
        login: None,
        authority: None,
        from: "Giềng <gieng@vinhlong.example>".into(),
        greeting: Some("gieng.vinhlong.example".into()),
        timeout: Duration::from_secs(10),
    }
}

fn to(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|&a| a.to_owned()).collect()
}

/// A mail server that prints what it gets.
async fn mail_server(options: &[&str]) -> (Program, u16) {
    let port = free_port();
    let listen = format!("localhost:{port}");
    let mut args = vec!["-m", "aiosmtpd", "-n", "-l", &listen];
    args.extend(options);
    let server = Program::start(PYTHON, &args);
    listening(port).await;
    (server, port)
}

#[tokio::test]
async fn a_mail_server_gets_the_notice() {
    let (mut server, port) = mail_server(&[]).await;
    let mailer = Mailer::new(&smtp(port, Security::None)).unwrap();
    mailer
        .send(&notice(), &to(&["a@one.example", "Bà Hai <b@two.example>"]))
        .await
        .unwrap();
    let got = server.until("END MESSAGE").join("\n");
    assert!(
        got.contains("Message-ID: <alarm.17@vinhlong.example>"),
        "{got}"
    );
    assert!(
        got.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"),
        "{got}"
    );
    assert!(
        !got.contains("two.example"),
        "receivers do not see each other: {got}"
    );
    // The subject and the body, decoded by Python's own mail library.
    let script = "import sys, email, email.policy\n\
        m = email.message_from_string(sys.argv[1], policy=email.policy.default)\n\
        print(m['subject']); print(m['from']); print(m.get_content())";
    let mail: Vec<_> = got
        .lines()
        .skip_while(|l| l.contains("MESSAGE FOLLOWS"))
        .collect();
    let told = run(PYTHON, &["-c", script, &mail.join("\n")]).replace('\r', "");
    assert!(
        told.contains("Mất kết nối: trạm Long Châu\nGiềng <gieng@vinhlong.example>"),
        "{told}"
    );
    assert!(
        told.contains("không trả lời từ 08:15.\nPhía sau: 3 đơn vị."),
        "{told}"
    );
}

#[tokio::test]
async fn starttls_needs_a_certificate_of_the_authority() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (key, cert) = (file("key.pem"), file("cert.pem"));
    let subject = "/CN=localhost";
    let name = "subjectAltName=DNS:localhost";
    // A certificate that is its own authority, but no certificate authority's.
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "30",
            "-subj",
            subject,
            "-addext",
            name,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            &key,
            "-out",
            &cert,
        ],
    );
    let (mut server, port) = mail_server(&["--tlscert", &cert, "--tlskey", &key]).await;
    let stranger = Mailer::new(&smtp(port, Security::StartTls)).unwrap();
    let refused = stranger
        .send(&notice(), &to(&["a@one.example"]))
        .await
        .unwrap_err();
    assert!(matches!(refused, NoticeError::Smtp { .. }), "{refused:?}");
    let known = Smtp {
        authority: Some(std::fs::read(&cert).unwrap()),
        ..smtp(port, Security::StartTls)
    };
    let mailer = Mailer::new(&known).unwrap();
    mailer
        .send(&notice(), &to(&["a@one.example"]))
        .await
        .unwrap();
    server.until("END MESSAGE");
}

#[tokio::test]
async fn what_will_never_work_is_told_from_what_may_work_later() {
    let (_server, port) = mail_server(&["-s", "1000"]).await;
    let mailer = Mailer::new(&smtp(port, Security::None)).unwrap();
    let long = Notice {
        body: "x".repeat(100_000),
        ..notice()
    };
    let refused = mailer
        .send(&long, &to(&["a@one.example"]))
        .await
        .unwrap_err();
    assert!(refused.is_permanent(), "{refused:?}");
    let wrong = mailer
        .send(&notice(), &to(&["not an address"]))
        .await
        .unwrap_err();
    assert!(wrong.is_permanent(), "{wrong:?}");
    // A server without STARTTLS is sent nothing.
    let strict = Mailer::new(&smtp(port, Security::StartTls)).unwrap();
    strict
        .send(&notice(), &to(&["a@one.example"]))
        .await
        .unwrap_err();
    let nobody = Mailer::new(&smtp(free_port(), Security::None)).unwrap();
    let later = nobody
        .send(&notice(), &to(&["a@one.example"]))
        .await
        .unwrap_err();
    assert!(!later.is_permanent(), "{later:?}");
}

/// Verifies signatures with Python's own HMAC and answers with the status in the path.
const RECEIVER: &str = r#"
import base64, hashlib, hmac, http.server, json
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        good = "v1," + base64.b64encode(hmac.new(b"secret", signed, hashlib.sha256).digest()).decode()
        said = json.loads(body)
        print("signature", self.headers["webhook-signature"] == good, self.headers["webhook-timestamp"], flush=True)
        print("got", said["type"], said["timestamp"], said["data"]["subject"], said["data"]["details"], flush=True)
        self.send_response(int(self.path.strip("/")))
        self.send_header("location", "/200")
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
print("port", server.server_port, flush=True)
server.serve_forever()
"#;

#[tokio::test]
async fn a_webhook_is_signed_and_its_answer_is_heeded() {
    let mut receiver = Program::start(PYTHON, &["-c", RECEIVER]);
    let port = receiver.until("port").pop().unwrap().replace("port ", "");
    let clock = Clock::fixed(from_ms(1_800_000_060_000));
    let hook = |path: &str, secret: &str| {
        let url = format!("http://127.0.0.1:{port}/{path}");
        let secret = Some(secret.as_bytes().to_vec());
        Webhook::new(&url, secret, None, Duration::from_secs(10), clock.clone()).unwrap()
    };
    hook("204", "secret").send(&notice()).await.unwrap();
    let told = receiver.until("got").join("\n");
    assert!(told.contains("signature True 1800000060"), "{told}");
    let line = "got alarm.raised 2027-01-15T08:00:00Z Mất kết nối: trạm Long Châu {'behind': 3}";
    assert!(told.contains(line), "{told}");
    hook("200", "other").send(&notice()).await.unwrap();
    assert!(receiver.until("signature")[0].contains("False"));

    let status = async |path: &str| {
        let error = hook(path, "secret").send(&notice()).await.unwrap_err();
        let NoticeError::Status { status, .. } = error else {
            panic!("{error:?}");
        };
        (status, error.is_permanent())
    };
    assert_eq!(status("410").await, (410, true));
    assert_eq!(status("429").await, (429, false));
    assert_eq!(status("503").await, (503, false));
    assert_eq!(
        status("307").await,
        (307, true),
        "redirects are not followed"
    );
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_costs_the_timeout_and_no_more() {
    // Accepts connections into its queue, and never reads.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let timeout = Duration::from_millis(300);
    let hook = Webhook::new(&url, None, None, timeout, Clock::system()).unwrap();
    let began = std::time::Instant::now();
    let error = hook.send(&notice()).await.unwrap_err();
    assert!(
        matches!(error, NoticeError::Http { .. }) && !error.is_permanent(),
        "{error:?}"
    );
    assert!(began.elapsed() >= timeout && began.elapsed() < Duration::from_secs(10));
    assert!(Webhook::new("ftp://x/", None, None, timeout, Clock::system()).is_err());
}
