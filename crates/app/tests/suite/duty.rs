//! Duties end to end: from a book to the calendar, the digest and the superior.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use app::{assess, duty, setting};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    problem::ProblemKind,
};
use policy::{Source as _, Status};

use crate::{Province, at, refused};

const PACK: &str = "vinh-long-26-2019";
const PLAN: &str = "17.2.g";

/// The shipped policy with another duty for the unit's yearly plan.
fn policy(duty: &str, parameters: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in policy::Embedded.files().unwrap() {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
    let path = folder.path().join("controls/it-plan.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("duty:").unwrap();
    let (_, tail) = rest.split_once("remedy:").unwrap();
    let text = format!("{head}{parameters}duty: {duty}\nremedy:{tail}");
    std::fs::write(&path, text).unwrap();
    // The book takes periods of the duty's length.
    if duty.contains("period: month") {
        let path = folder.path().join("registers/it-plan.yaml");
        let book = std::fs::read_to_string(&path).unwrap();
        let monthly = book.replace("length: year", "length: month");
        assert_ne!(monthly, book);
        std::fs::write(&path, monthly).unwrap();
    }
    folder
}

async fn judge(p: &Province) {
    assess::evaluate(&p.app, true).await.unwrap();
}

async fn stands(p: &Province, unit: Id) -> Status {
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let cell = view.board.get(PACK, PLAN, OrganizationId(unit)).unwrap();
    cell.status
}

async fn agenda(p: &Province, from: &str, to: &str) -> duty::Agenda {
    let range = (from.parse().unwrap(), to.parse().unwrap());
    let mut found = duty::agenda(&p.app, &p.ctx(), range, None).await.unwrap();
    for list in [&mut found.dated, &mut found.undated] {
        list.retain(|view| view.duty.clause == PLAN);
    }
    found
}

#[tokio::test]
async fn an_event_is_answered_from_both_sides() {
    let folder = policy(
        "{register: it-plan, event: {register: fault-notice}, results: [sent], \
         due: {after: {working-days: days}}, \
         answer: {role: so-tttt, register: guidance, due: {working-days: 2}}}",
        "parameters:\n  - {name: days, type: integer, default: 3, unit: days, chosen: true, \
         label: {vi: x, en: x}}\n",
    );
    let p = Province::under(folder.path().to_owned()).await;
    // One province: its root, a unit, and who manages the network; and another province.
    let province = p.unit("T", None).await;
    let a = p.unit("A", Some(province)).await;
    let centre = p.unit("S", Some(province)).await;
    p.unit("K", None).await;
    let role = [
        ("organization", "S"),
        ("role", "network-authority"),
        ("starts_on", "2026-01-01"),
    ];
    p.add("role-assignment", &role).await;
    judge(&p).await;
    assert_eq!(
        stands(&p, a).await,
        Status::NoData,
        "nothing happened that is known"
    );
    // Friday 20 November; the 24th is a holiday: 23, 25, 26.
    let fault = [
        ("organization", "A"),
        ("occurred_on", "2026-11-20"),
        ("subject", "Đứt cáp"),
        ("result", "connection"),
    ];
    let event = p.add("fault-notice", &fault).await;
    judge(&p).await;
    assert_eq!(stands(&p, a).await, Status::Pending);
    let found = agenda(&p, "2026-11-01", "2026-11-30").await;
    let view = &found.dated[0];
    assert_eq!(view.duty.due_on.as_deref(), Some("2026-11-26"));
    assert_eq!((view.unit_code.as_str(), view.days_left), ("A", Some(6)));
    assert_eq!(view.duty.period, event.to_string());
    assert_eq!(view.duty.subject.as_deref(), Some("Đứt cáp"));
    let limit = view.limit.unwrap();
    assert_eq!(
        (limit.amount, limit.unit, limit.chosen),
        (3, "working-days", true)
    );
    p.clock.set(at("2026-11-26T16:59:59Z"));
    judge(&p).await;
    assert_eq!(stands(&p, a).await, Status::Pending, "the last safe day");
    p.clock.set(at("2026-11-26T17:00:00Z"));
    judge(&p).await;
    assert_eq!(stands(&p, a).await, Status::Breached, "the day after");
    let report = [
        ("organization", "A"),
        ("occurred_on", "2026-11-27"),
        ("period", "2026"),
        ("result", "sent"),
    ];
    let report = p.add("it-plan", &report).await;
    judge(&p).await;
    assert_eq!(stands(&p, a).await, Status::Breached, "late stays late");
    let found = agenda(&p, "2026-11-01", "2026-12-31").await;
    let own = found
        .dated
        .iter()
        .find(|v| v.duty.side == "report")
        .unwrap();
    assert_eq!((own.duty.outcome.as_str(), own.days_left), ("late", None));
    assert_eq!(own.duty.entry_id, Some(report.to_string()));
    // The other side: the network authority answers within two working days.
    let answer = found
        .dated
        .iter()
        .find(|v| v.duty.side == "answer")
        .unwrap();
    assert_eq!(answer.duty.organization, OrganizationId(centre));
    assert_eq!(answer.duty.due_on.as_deref(), Some("2026-12-01"));
    assert_eq!(answer.event_unit_name.as_deref(), Some("A"));
    assert_eq!(
        (answer.duty.register.as_str(), answer.duty.outcome.as_str()),
        ("guidance", "pending")
    );
    // The unit does not see what the authority owes.
    let officer = p.as_role(Role::Officer, Some(a));
    let range = ("2026-11-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    let seen = duty::agenda(&p.app, &officer, range, None).await.unwrap();
    assert!(seen.dated.iter().all(|v| v.unit_code == "A"));
    let other = duty::agenda(&p.app, &officer, range, Some("S")).await;
    assert_eq!(refused(other), ProblemKind::NotFound);
}

#[tokio::test]
async fn what_is_withdrawn_is_owed_no_more() {
    let duty = "{register: it-plan, event: {register: fault-notice, results: [security]}, due: {after: {days: 5}}}";
    let folder = policy(duty, "");
    let p = Province::under(folder.path().to_owned()).await;
    p.unit("A", None).await;
    let fault = |kind| {
        [
            ("organization", "A"),
            ("occurred_on", "2026-11-20"),
            ("subject", "Đứt cáp"),
            ("result", kind),
        ]
    };
    let id = p.add("fault-notice", &fault("security")).await;
    judge(&p).await;
    assert_eq!(agenda(&p, "2026-11-01", "2026-11-30").await.dated.len(), 1);
    let corrected = crate::values(&fault("service"));
    app::registry::save(&p.app, &p.ctx(), "fault-notice", Some((id, 1)), corrected)
        .await
        .unwrap();
    judge(&p).await;
    assert!(
        agenda(&p, "2026-11-01", "2026-11-30")
            .await
            .dated
            .is_empty()
    );
}

#[tokio::test]
async fn a_gap_in_the_holidays_is_told_and_not_guessed() {
    // Seven working days after January 2027 lie across Tết, which is not announced.
    let duty =
        "{register: it-plan, period: month, due: {after: {working-days: 7}}, results: [sent]}";
    let folder = policy(duty, "");
    let p = Province::under(folder.path().to_owned()).await;
    let a = p.unit("A", None).await;
    p.clock.set(at("2027-01-20T01:00:00Z"));
    judge(&p).await;
    let found = agenda(&p, "2027-01-01", "2027-02-28").await;
    let view = found
        .undated
        .iter()
        .find(|v| v.duty.period == "2027-01")
        .unwrap();
    let gap = view.gap.as_ref().unwrap();
    assert_eq!(
        (gap.year, gap.holiday.vi.as_str()),
        (2027, "Tết Nguyên đán")
    );
    assert_eq!((view.duty.due_on.as_deref(), view.days_left), (None, None));
    // February's has not begun, and cannot be computed either… or can: after the window.
    assert!(found.dated.iter().all(|v| v.duty.due_on.is_some()));
    p.clock.set(at("2027-02-01T01:00:00Z"));
    judge(&p).await;
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let cell = view.board.get(PACK, PLAN, OrganizationId(a)).unwrap();
    let (status, hash) = (cell.status, cell.evidence_hash.clone());
    // December's plan was missed; so only what the evidence says of January is looked at.
    let evidence = assess::kept_evidence(&p.app, &hash).await.unwrap();
    let said = serde_json::to_string(&evidence.controls[0].rows).unwrap();
    assert!(said.contains("Tết Nguyên đán 2027"), "{status:?}: {said}");
    assert_eq!(status, Status::Error);
    let library = p.app.library();
    let words = evidence.controls[0].explain(&library.controls["it-plan"], domain::label::Lang::Vi);
    assert_eq!(
        words,
        "Chưa tính được hạn: lịch làm việc chưa có ngày nghỉ Tết Nguyên đán 2027"
    );
}

#[tokio::test]
async fn periods_to_come_are_in_the_calendar() {
    let p = Province::new().await;
    p.unit("A", None).await;
    judge(&p).await;
    let found = agenda(&p, "2027-12-01", "2027-12-31").await;
    assert_eq!(found.dated.len(), 1);
    let view = &found.dated[0];
    assert_eq!(
        (view.duty.period.as_str(), view.duty.outcome.as_str()),
        ("2027", "pending")
    );
    let form = duty::Form::New {
        period: Some("2027".into()),
        subject: None,
    };
    assert_eq!(view.form, form);
    // A hundred that owe one report are one line.
    p.unit("B", None).await;
    judge(&p).await;
    let found = agenda(&p, "2026-12-01", "2026-12-31").await;
    let groups = duty::grouped(&found.dated);
    assert_eq!((groups.len(), groups[0].duties.len()), (1, 2));
}

/// A mail server that prints what it gets.
struct MailServer {
    child: Child,
    port: u16,
    lines: mpsc::Receiver<String>,
}

impl MailServer {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new("/usr/bin/python3")
            .args([
                "-u",
                "-m",
                "aiosmtpd",
                "-n",
                "-l",
                &format!("127.0.0.1:{port}"),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 with aiosmtpd is installed (scripts/test-deps)");
        let out = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, port, lines }
    }

    /// The next mail: receivers and decoded text.
    fn mail(&self) -> Option<(String, String)> {
        let mut raw = Vec::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(10)).ok()?;
            if line.contains("END MESSAGE") {
                break;
            }
            raw.push(line);
        }
        let script = "import sys, email, email.policy\n\
            m = email.message_from_string(sys.argv[1], policy=email.policy.default)\n\
            print(m['subject']); print(m.get_content())";
        let start = raw
            .iter()
            .position(|l| l.contains("MESSAGE FOLLOWS"))
            .map_or(0, |i| i + 1);
        let options = raw[..start].join("\n");
        let message: Vec<&str> = raw[start..].iter().map(String::as_str).collect();
        let out = Command::new("/usr/bin/python3")
            .args(["-c", script, &message.join("\n")])
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        Some((options, text.replace('\r', "")))
    }

    fn is_silent(&self) -> bool {
        self.lines.recv_timeout(Duration::from_millis(300)).is_err()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn set(p: &Province, key: &str, value: &str) {
    setting::set(&p.app, &p.ctx(), key, value).await.unwrap();
}

/// Everything that waits is written and sent.
async fn a_round(p: &Province) -> (Option<domain::label::Label>, usize) {
    let written = app::remind::reconcile(&p.app).await.unwrap();
    let mut sent = 0;
    loop {
        let mails = app::notify::mails(&p.app).await.unwrap();
        let webhooks = app::notify::webhooks(&p.app).await.unwrap();
        for way in [mails, webhooks] {
            assert_eq!((way.later, way.given_up), (0, 0));
        }
        if mails.done + webhooks.done == 0 {
            break;
        }
        sent += mails.done + webhooks.done;
    }
    (written, sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_digest_a_day_and_nothing_twice() {
    let server = MailServer::start();
    let p = Province::new().await;
    let parent = p.unit("P", None).await;
    let parent_id = parent.to_string();
    p.unit("A", Some(parent)).await;
    p.unit("B", Some(parent)).await;
    for (unit, role, email) in [
        ("A", "it-officer", "a@vinhlong.example"),
        ("B", "it-officer", "a@vinhlong.example"),
        ("P", "leader", "lanh.dao@vinhlong.example"),
    ] {
        let contact = [
            ("organization", unit),
            ("role", role),
            ("name", "Người phụ trách"),
            ("email", email),
            ("starts_on", "2026-01-01"),
        ];
        p.add("contact", &contact).await;
    }
    assert_eq!(parent_id.len(), 36);
    set(
        &p,
        "notify.smtp_url",
        &format!("smtp+plain://127.0.0.1:{}", server.port),
    )
    .await;
    set(&p, "notify.email_from", "gieng@vinhlong.example").await;
    set(&p, "remind.days", "14,7").await;
    set(&p, "remind.escalate_days", "5").await;
    judge(&p).await;
    // On 20 November nothing is due within 14 days.
    assert_eq!(a_round(&p).await, (None, 0));
    // The yearly plan of both units is due on 31 December: one mail for the two, at 7 o'clock.
    p.clock.set(at("2026-12-17T23:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await, (None, 0), "half past six is too early");
    p.clock.set(at("2026-12-18T00:30:00Z"));
    assert_eq!(a_round(&p).await.1, 1);
    let (_, text) = server.mail().unwrap();
    assert!(text.contains("Giềng: 0 việc quá hạn"), "{text}");
    assert!(
        text.contains("31/12/2026 (còn 13 ngày)") && text.contains("2 đơn vị"),
        "{text}"
    );
    assert!(!text.contains("Quá hạn:"), "{text}");
    // Not again today, nor tomorrow, nor by another process on the same records.
    assert_eq!(a_round(&p).await, (None, 0));
    p.clock.set(at("2026-12-19T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await, (None, 0));
    // At the next distance, once more.
    p.clock.set(at("2026-12-24T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await.1, 1);
    assert!(server.mail().unwrap().1.contains("(còn 7 ngày)"));
    // Overdue: the officer at once, the superior after five days.
    p.clock.set(at("2027-01-01T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await.1, 1);
    let (_, text) = server.mail().unwrap();
    assert!(
        text.contains("Quá hạn:\n- 31/12/2026 (quá 1 ngày)"),
        "{text}"
    );
    p.clock.set(at("2027-01-05T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await.1, 1);
    let (_, text) = server.mail().unwrap();
    assert!(
        text.contains("Quá hạn của đơn vị trực thuộc, cần đôn đốc:"),
        "{text}"
    );
    assert!(text.contains("2 đơn vị"), "{text}");
    p.clock.set(at("2027-01-06T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await, (None, 0));
    assert!(server.is_silent(), "no mail came that was not counted");
}

/// What a webhook receives: the body of one request, which is answered well.
fn hook() -> (String, mpsc::Receiver<serde_json::Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut size) = (String::new(), 0);
            while lines.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_lowercase();
                if let Some(n) = lower.strip_prefix("content-length:") {
                    size = n.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; size];
            lines.read_exact(&mut body).unwrap();
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                .unwrap();
            if tell.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exemption_says_before_it_ends() {
    let (url, told) = hook();
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let given = [
        ("organization", "A"),
        ("regulation", PACK),
        ("clause", "13.3"),
        ("reason", "Đang thay tường lửa"),
        ("approver", "Giám đốc Sở"),
        ("starts_on", "2026-01-01"),
        ("ends_on", "2026-11-30"),
    ];
    p.add("exemption", &given).await;
    judge(&p).await;
    set(&p, "notify.webhook_url", &url).await;
    set(&p, "remind.days", "14").await;
    let range = ("2026-11-01".parse().unwrap(), "2026-11-30".parse().unwrap());
    let seen = async |ctx| {
        let found = duty::agenda(&p.app, &ctx, range, None).await.unwrap();
        found
            .dated
            .into_iter()
            .find(|view| view.duty.side == "exemption")
    };
    let view = seen(p.ctx()).await.unwrap();
    assert_eq!(
        (view.duty.clause.as_str(), view.days_left),
        ("13.3", Some(10))
    );
    let other = p.unit("B", None).await;
    assert!(seen(p.as_role(Role::Officer, Some(a))).await.is_some());
    assert!(seen(p.as_role(Role::Officer, Some(other))).await.is_none());
    // It is told once, at its distance, to who listens.
    assert_eq!(a_round(&p).await.1, 1);
    let digest = told.recv_timeout(Duration::from_secs(30)).unwrap();
    let text = digest.to_string();
    assert!(
        text.contains("30/11/2026 (còn 10 ngày): Hết miễn trừ"),
        "{text}"
    );
    assert!(text.contains("\"side\":\"exemption\""), "{text}");
    assert_eq!(a_round(&p).await, (None, 0));
    // The day after it binds again, and there is nothing to renew.
    p.clock.set(at("2026-12-01T00:30:00Z"));
    judge(&p).await;
    assert!(seen(p.ctx()).await.is_none());
}

#[tokio::test]
async fn distances_and_contacts_are_checked() {
    let p = Province::new().await;
    for (key, value) in [
        ("remind.days", "14,x"),
        ("remind.days", "-1"),
        ("remind.to", "officer"),
    ] {
        let wrong = setting::set(&p.app, &p.ctx(), key, value).await;
        assert_eq!(refused(wrong), ProblemKind::Invalid, "{key} {value}");
    }
    set(&p, "remind.days", "30, 7,1").await;
    set(&p, "remind.to", "leader, hotline").await;
    set(&p, "remind.days", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_province_is_reminded_as_it_chose() {
    let server = MailServer::start();
    let p = Province::new().await;
    for code in ["VL", "CM"] {
        let head = p.unit(code, None).await;
        p.unit(&format!("{code}-1"), Some(head)).await;
    }
    let server_url = format!("smtp+plain://127.0.0.1:{}", server.port);
    set(&p, "notify.smtp_url", &server_url).await;
    set(&p, "notify.email_from", "gieng@vinhlong.example").await;
    set(&p, "remind.days", "7").await;
    for (code, key, value) in [
        ("VL", "notify.email_to", "vinh.long@example.vn"),
        ("VL", "remind.days", "14"),
        ("CM", "notify.email_to", "ca.mau@example.vn"),
    ] {
        setting::set_own(&p.app, &p.ctx(), code, key, Some(value))
            .await
            .unwrap();
    }
    // The yearly plan is due on 31 December: 13 days ahead only one province asked to know.
    p.clock.set(at("2026-12-18T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await.1, 1);
    let (_, text) = server.mail().unwrap();
    assert!(
        text.contains("(còn 13 ngày)") && text.contains("2 đơn vị"),
        "{text}"
    );
    let told = |payloads: &str, centre: &str, units: [&str; 2], others: &str| {
        assert!(payloads.contains(centre), "{payloads}");
        assert!(units.iter().all(|u| payloads.contains(u)), "{payloads}");
        assert!(!payloads.contains(others), "{payloads}");
    };
    let vinh_long = ["\"unit\":\"VL\"", "\"unit\":\"VL-1\""];
    told(
        &payloads(&p).await,
        "vinh.long@",
        vinh_long,
        "\"unit\":\"CM",
    );
    // Seven days ahead the other, too, and of its own units alone.
    p.clock.set(at("2026-12-24T00:30:00Z"));
    judge(&p).await;
    assert_eq!(a_round(&p).await.1, 1);
    assert!(server.mail().unwrap().1.contains("(còn 7 ngày)"));
    let ca_mau = ["\"unit\":\"CM\"", "\"unit\":\"CM-1\""];
    told(&payloads(&p).await, "ca.mau@", ca_mau, "\"unit\":\"VL");
}

/// What was queued last.
async fn payloads(p: &Province) -> String {
    let sql = "SELECT payload FROM job ORDER BY created_at DESC, id DESC LIMIT 1";
    let row = p.app.db.fetch_one("job", sql, &[]).await.unwrap();
    row.unwrap().text("payload").unwrap()
}
