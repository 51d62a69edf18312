//! A server on a port of its own with its own data folder, and browsers for it.

pub mod walk;

use std::{
    io::{BufRead as _, BufReader, Read},
    sync::{Mutex, mpsc},
    time::Duration,
};

use app::{App, AppConfig, Ctx, account, registry, setting};
use domain::{
    authority::{Grant, Role},
    clock::Clock,
    id::OrganizationId,
    record::Values,
};
use tokio_util::sync::CancellationToken;
use ureq::{Agent, SendBody, http::Response};

/// The server and what it works on.
pub struct World {
    pub app: App,
    url: String,
    stop: CancellationToken,
    _data: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

const PASSWORD: &str = "mot+cau+de+nho+that+dai";

impl World {
    /// A program that was just installed.
    pub async fn new() -> Self {
        Self::at(Clock::system()).await
    }

    /// The same with a clock of the test's.
    pub async fn at(clock: Clock) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = AppConfig {
            keys: None,
            data: data.path().to_owned(),
            database: None,
            policy: None,
            clock,
            origin: "gieng.test/vault".into(),
            examiner: env!("CARGO_BIN_EXE_web-examiner").into(),
            writer: true,
        };
        let app = App::open(config).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let web = web::Web::new(app.clone(), false, stop.clone());
        tokio::spawn(web::serve(listener, web::Plain, web));
        Self {
            app,
            url,
            stop,
            _data: data,
        }
    }

    /// Two communes, each with nothing but a name; the first has a site.
    pub async fn with_units() -> Self {
        Self::new().await.peopled().await
    }

    /// With passwords alone: most tests are not about the second factor.
    pub async fn without_second_factor(self) -> Self {
        setting::set(&self.app, &self.console(), "mfa.required_roles", "")
            .await
            .unwrap();
        self
    }

    /// With two communes.
    pub async fn peopled(self) -> Self {
        let world = self.without_second_factor().await;
        for code in ["X1", "X2"] {
            world.unit(code).await;
        }
        world
            .save(
                "site",
                &[
                    ("code", "S1"),
                    ("name", "Trụ sở xã số 1"),
                    ("organization", "X1"),
                    ("class", "standard"),
                    ("status", "active"),
                    ("address", "127.10.0.1"),
                    ("probe", "icmp"),
                ],
            )
            .await;
        let adopted = [
            ("regulation", "vinh-long-26-2019"),
            ("starts_on", "2019-11-11"),
        ];
        world.save("adoption", &adopted).await;
        app::assess::evaluate(&world.app, true).await.unwrap();
        world
    }

    /// One more commune, which the next evaluation judges.
    pub async fn unit(&self, code: &str) {
        self.unit_of(code, None).await;
    }

    /// The same below another.
    pub async fn unit_of(&self, code: &str, parent: Option<&str>) {
        let name = format!("Xã số {code}");
        let mut given = vec![
            ("code", code),
            ("name", &name),
            ("kind", "people-committee"),
            ("level", "commune"),
            ("membership", "member"),
        ];
        given.extend(parent.map(|parent| ("parent", parent)));
        self.save("organization", &given).await;
    }

    fn console(&self) -> Ctx {
        Ctx::console(self.app.clock.now_ms())
    }

    pub async fn save(&self, noun: &str, fields: &[(&str, &str)]) {
        let values: Values = fields
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()))
            .collect();
        registry::save(&self.app, &self.console(), noun, None, values)
            .await
            .unwrap();
    }

    /// Takes a table of records in.
    pub async fn import(&self, noun: &str, csv: &str) {
        let (ctx, bytes) = (self.console(), csv.as_bytes());
        let mode = registry::ImportMode::GoodRows;
        let report = registry::import(&self.app, &ctx, noun, bytes, mode)
            .await
            .unwrap();
        assert_eq!(report.bad, 0, "{report:?}");
    }

    /// The id of a record by its key.
    pub async fn id(&self, noun: &str, key: &str) -> String {
        registry::get(&self.app, &self.console(), noun, key)
            .await
            .unwrap()
            .id
            .to_string()
    }

    /// The code that an authenticator shows now.
    pub fn totp(&self, secret: &str) -> String {
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let totp = totp_rs::Builder::new()
            .with_secret(secret)
            .build_noncompliant();
        let seconds = u64::try_from(self.app.clock.now_ms() / 1000).unwrap();
        totp.generate(seconds).to_string()
    }

    /// A browser in which a new account has signed in by its one-time link.
    pub async fn signed_in(&self, login: &str, role: &str, unit: Option<&str>) -> Browser {
        let organization = match unit {
            Some(code) => Some(OrganizationId(
                self.id("organization", code).await.parse().unwrap(),
            )),
            None => None,
        };
        let draft = account::Draft {
            login: login.into(),
            name: login.into(),
            organization,
            kind: "personal".into(),
            enabled: true,
            grants: vec![Grant {
                role: Role::from_code(role).unwrap(),
                organization,
            }],
            ..account::Draft::default()
        };
        let id = account::save(&self.app, &self.console(), None, draft)
            .await
            .unwrap();
        let token = account::issue_link(&self.app, &self.console(), id)
            .await
            .unwrap();
        let browser = Browser::new(self);
        let entered = browser.post(
            &format!("/link/{token}"),
            &format!("new={PASSWORD}&again={PASSWORD}"),
        );
        assert_eq!(
            (entered.status, entered.location.as_str()),
            (303, "/"),
            "{}",
            entered.body
        );
        browser
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: String,
    headers: ureq::http::HeaderMap,
}

impl Answer {
    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }
}

/// A browser: it keeps its cookie, and says where its forms come from.
pub struct Browser {
    agent: Agent,
    base: String,
    origin: String,
    page: String,
    lang: String,
    bearer: Option<String>,
    session: Mutex<Option<String>>,
    device: Mutex<Option<String>>,
}

impl Browser {
    pub fn new(world: &World) -> Self {
        let config = Agent::config_builder()
            // A connection that idles on a slow machine may be closed just as it is used again.
            .max_idle_connections(0)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self {
            agent: config.into(),
            base: world.url.clone(),
            origin: world.url.clone(),
            page: String::new(),
            lang: "vi".into(),
            bearer: None,
            session: Mutex::default(),
            device: Mutex::default(),
        }
    }

    fn twin(&self) -> Self {
        Self {
            agent: self.agent.clone(),
            base: self.base.clone(),
            origin: self.origin.clone(),
            page: self.page.clone(),
            lang: self.lang.clone(),
            bearer: self.bearer.clone(),
            session: Mutex::new(self.session.lock().unwrap().clone()),
            device: Mutex::new(self.device.lock().unwrap().clone()),
        }
    }

    /// The same session, forms sent from another site; empty: from nowhere.
    pub fn from(&self, origin: &str) -> Self {
        Self {
            origin: origin.into(),
            ..self.twin()
        }
    }

    /// The same machine before anybody signs in.
    pub fn signed_out(&self) -> Self {
        Self {
            session: Mutex::default(),
            ..self.twin()
        }
    }

    /// The session as it stands, in another browser.
    pub fn copied(&self) -> Self {
        self.twin()
    }

    /// The same session, forms sent from this page.
    pub fn on(&self, path: &str) -> Self {
        Self {
            page: format!("{}{path}", self.base),
            ..self.twin()
        }
    }

    /// The same session in another language.
    pub fn in_language(&self, lang: &str) -> Self {
        Self {
            lang: lang.into(),
            ..self.twin()
        }
    }

    /// A program with a token.
    pub fn bearing(self, token: &str) -> Self {
        Self {
            bearer: Some(token.into()),
            ..self
        }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        let mut cookie = format!("lang={}", self.lang);
        if let Some(session) = self.session.lock().unwrap().as_ref() {
            cookie.push_str(&format!("; {}={session}", web::SESSION));
        }
        if let Some(device) = self.device.lock().unwrap().as_ref() {
            cookie.push_str(&format!("; gieng_device={device}"));
        }
        match &self.bearer {
            Some(token) => out.push(("authorization", format!("Bearer {token}"))),
            None => out.push(("cookie", cookie)),
        }
        if !self.origin.is_empty() && self.bearer.is_none() {
            out.push(("origin", self.origin.clone()));
        }
        if !self.page.is_empty() {
            out.push(("referer", self.page.clone()));
        }
        out
    }

    fn taken(&self, response: Response<ureq::Body>) -> Answer {
        let (parts, mut body) = response.into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            if let Some(value) = text.strip_prefix(&format!("{}=", web::SESSION)) {
                assert!(
                    text.contains("HttpOnly") && text.contains("SameSite=Lax")
                        || text.contains("Max-Age=0")
                );
                let value = value.split(';').next().unwrap().to_owned();
                *self.session.lock().unwrap() = Some(value).filter(|value| !value.is_empty());
            }
            if let Some(value) = text.strip_prefix("gieng_device=") {
                assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax"));
                let value = value.split(';').next().unwrap().to_owned();
                *self.device.lock().unwrap() = Some(value);
            }
        }
        let location = parts
            .headers
            .get("location")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let mut bytes = Vec::new();
        body.as_reader().read_to_end(&mut bytes).unwrap();
        Answer {
            status: parts.status.as_u16(),
            location,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            headers: parts.headers,
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        self.taken(request.call().unwrap())
    }

    fn send(&self, path: &str, kind: &str, body: impl ureq::AsSendBody) -> Answer {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("content-type", kind);
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        self.taken(request.send(body).unwrap())
    }

    /// Sends a form.
    pub fn post(&self, path: &str, form: &str) -> Answer {
        self.send(path, "application/x-www-form-urlencoded", form)
    }

    /// Sends a record to the API.
    pub fn json(&self, path: &str, body: &str) -> Answer {
        self.send(path, "application/json", body)
    }

    /// Changes a record by the API.
    pub fn patch(&self, path: &str, tag: &str, json: &str) -> Answer {
        let mut request = self
            .agent
            .patch(format!("{}{path}", self.base))
            .header("if-match", tag);
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        self.taken(request.send(json).unwrap())
    }

    /// Sends a form with a file.
    pub fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        let mut body = file_head(name).into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(FILE_TAIL.as_bytes());
        self.send(path, FILE_KIND, &body[..])
    }

    /// Sends a form with these fields and a file in a field of its own.
    pub fn form_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (field, name): (&str, &str),
        bytes: &[u8],
    ) -> Answer {
        let boundary = FILE_KIND.rsplit('=').next().unwrap();
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.bytes());
        }
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        self.send(path, FILE_KIND, &body[..])
    }

    /// Sends a form with a file of so many bytes, made as it is sent.
    pub fn upload_of(&self, path: &str, size: u64) -> Answer {
        let head = std::io::Cursor::new(file_head("lon.csv"));
        let tail = std::io::Cursor::new(FILE_TAIL);
        let mut body = head.chain(std::io::repeat(b'a').take(size)).chain(tail);
        self.send(path, FILE_KIND, SendBody::from_reader(&mut body))
    }

    /// A form of so many fields and files, each of so many bytes, that does not say how long it is.
    pub fn parts_of(&self, path: &str, (fields, files): (usize, usize), size: usize) -> Answer {
        let boundary = FILE_TAIL.trim().trim_end_matches("--").to_owned();
        let mut left = (fields, files);
        let mut piece = Vec::new();
        let parts = std::iter::from_fn(move || {
            let what = match left {
                (0, 0) => return None,
                (0, n) => {
                    left.1 = n - 1;
                    "name=\"document\"; filename=\"a.txt\""
                }
                (n, _) => {
                    left.0 = n - 1;
                    "name=\"a\""
                }
            };
            piece.clear();
            piece.extend_from_slice(
                format!("{boundary}\r\nContent-Disposition: form-data; {what}\r\n\r\n").as_bytes(),
            );
            piece.resize(piece.len() + size, b'a');
            piece.extend_from_slice(b"\r\n");
            Some(std::io::Cursor::new(piece.clone()))
        });
        let mut body = Pieces(parts, std::io::Cursor::new(Vec::new()))
            .chain(std::io::Cursor::new(FILE_TAIL.trim_start().to_owned()));
        self.send(path, FILE_KIND, SendBody::from_reader(&mut body))
    }

    /// A form of so many bytes that come to no field; the answer, where one came before the
    /// connection ended.
    pub fn endless(&self, path: &str, begin: &str, size: u64) -> Option<u16> {
        let head = std::io::Cursor::new(begin.to_owned());
        let mut body = head.chain(std::io::repeat(b'a').take(size));
        let mut request = self.agent.post(format!("{}{path}", self.base));
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        let request = request.header("content-type", FILE_KIND);
        let sent = request.send(SendBody::from_reader(&mut body));
        sent.ok().map(|answer| answer.status().as_u16())
    }

    /// Listens to what pages are told.
    pub fn live(&self) -> Live {
        let mut request = self.agent.get(format!("{}/live", self.base));
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        let response = request.call().unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (sender, events) = mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(response.into_body().into_reader()).lines();
            for line in lines.map_while(Result::ok) {
                if let Some(data) = line.strip_prefix("data:")
                    && sender.send(data.trim().to_owned()).is_err()
                {
                    break;
                }
            }
        });
        Live(events)
    }

    /// Makes a token for a program and returns its secret.
    pub fn token(&self) -> String {
        let page = self.post(
            "/me/tokens",
            "name=thu&days=1&scope=read&scope=write&scope=manage&scope=logs&scope=journal",
        );
        assert_eq!(page.status, 200);
        page.body
            .split("<code>")
            .nth(1)
            .unwrap()
            .split("</code>")
            .next()
            .unwrap()
            .to_owned()
    }
}

/// The stream of events.
pub struct Live(mpsc::Receiver<String>);

impl Live {
    /// The next event's data.
    pub fn next(&mut self) -> String {
        self.0
            .recv_timeout(Duration::from_secs(20))
            .expect("an event comes")
    }

    /// Reads on until the stream ends.
    pub fn rest(&mut self) {
        loop {
            match self.0.recv_timeout(Duration::from_secs(20)) {
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the stream goes on"),
            }
        }
    }
}

const FILE_KIND: &str = "multipart/form-data; boundary=gieng";
const FILE_TAIL: &str = "\r\n--gieng--\r\n";

fn file_head(name: &str) -> String {
    format!(
        "--gieng\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n"
    )
}

/// Resident memory of this process, bytes.
pub fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Pieces one after the other, made when they are wanted.
struct Pieces<I>(I, std::io::Cursor<Vec<u8>>);

impl<I: Iterator<Item = std::io::Cursor<Vec<u8>>>> Read for Pieces<I> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.1.read(to)? {
                0 if !to.is_empty() => match self.0.next() {
                    Some(next) => self.1 = next,
                    None => return Ok(0),
                },
                n => return Ok(n),
            }
        }
    }
}
