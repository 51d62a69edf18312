//! A client that keeps cookies and sends forms the way a browser does.

use std::{
    collections::BTreeMap,
    io::Read as _,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use totp_rs::{Builder, Secret};
use ureq::{Agent, http::Request};

/// The password that [`Client::begin`] chooses.
pub const PASSWORD: &str = "Rat-dai-va-kho-doan-26";

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Location`, empty without one.
    pub location: String,
    /// `Content-Type`.
    pub kind: String,
    /// `ETag`.
    pub tag: String,
    /// The body; what is no UTF-8 is replaced.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|e| panic!("{e} in answer {}: {}", self.status, self.body))
    }
}

/// A client.
pub struct Client {
    /// By how many seconds the server's clock is ahead of the machine's.
    pub ahead: i64,
    base: String,
    agent: Agent,
    cookies: Mutex<BTreeMap<String, String>>,
    bearer: Option<String>,
}

impl Client {
    /// For the server at `base`, `http://address:port`.
    pub fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self {
            ahead: 0,
            base: base.to_owned(),
            agent: config.into(),
            cookies: Mutex::default(),
            bearer: None,
        }
    }

    /// One that carries a token in place of cookies.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let mut other = Self::new(&self.base);
        other.bearer = Some(token.to_owned());
        other
    }

    /// The token that it carries; empty without one.
    pub fn bearer(&self) -> &str {
        self.bearer.as_deref().unwrap_or_default()
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.get(name).cloned()
    }

    /// Takes a cookie over, from a browser's session.
    pub fn take_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Sends a request; none when the server cannot be reached or breaks off.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Option<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        let mut sent: BTreeMap<&str, String> = BTreeMap::new();
        if !matches!(method, "GET" | "HEAD") {
            sent.insert("origin", self.base.clone());
        }
        if let Some(token) = &self.bearer {
            sent.insert("authorization", format!("Bearer {token}"));
        }
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            cookies.iter().map(|(k, v)| format!("{k}={v}")).collect()
        };
        if !cookies.is_empty() {
            sent.insert("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            sent.insert(name, (*value).to_owned());
        }
        for (name, value) in &sent {
            request = request.header(*name, value);
        }
        let formed = "the request is well formed";
        let answered = if matches!(method, "GET" | "HEAD") {
            self.agent.run(request.body(()).expect(formed))
        } else {
            self.agent.run(request.body(body).expect(formed))
        };
        let mut response = answered.ok()?;
        let text = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        let answer = Answer {
            status: response.status().as_u16(),
            location: text("location").unwrap_or_default(),
            kind: text("content-type").unwrap_or_default(),
            tag: text("etag").unwrap_or_default(),
            body: String::new(),
        };
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().ok()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        drop(cookies);
        let mut bytes = Vec::new();
        response
            .body_mut()
            .as_reader()
            .read_to_end(&mut bytes)
            .ok()?;
        Some(Answer {
            body: String::from_utf8_lossy(&bytes).into_owned(),
            ..answer
        })
    }

    /// Sends a request with further headers.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        self.try_send(method, path, headers, body.into())
            .unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// `GET`; none when the server cannot be reached.
    pub fn try_get(&self, path: &str) -> Option<Answer> {
        self.try_send("GET", path, &[], Vec::new())
    }

    /// `POST` of a form.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &kind, body.join("&"))
    }

    /// `POST` of JSON.
    pub fn json(&self, path: &str, body: &serde_json::Value) -> Answer {
        let kind = [("content-type", "application/json")];
        self.send("POST", path, &kind, body.to_string())
    }

    /// Uses an empty program's one-time link: makes the administrator `name` with
    /// [`PASSWORD`] and sets up the second factor. Returns the second factor's secret.
    ///
    /// # Panics
    /// When a step is refused.
    pub fn begin(&self, link: &str, name: &str) -> String {
        let chosen = [
            ("name", name),
            ("person", "Nguyễn Văn An"),
            ("new", PASSWORD),
            ("again", PASSWORD),
        ];
        let made = self.form(link, &chosen);
        assert_eq!(
            made.status, 303,
            "the link makes the account: {}",
            made.body
        );
        let page = self.get("/me/totp").body;
        let secret = between(&page, "<code>", "</code>").to_owned();
        let confirmed = self.form("/me/totp", &[("code", &code_ahead(&secret, self.ahead))]);
        assert_eq!(confirmed.status, 303, "the code is right");
        secret
    }

    /// Uses another one-time link: chooses [`PASSWORD`].
    ///
    /// # Panics
    /// When it is refused.
    pub fn redeem(&self, link: &str) {
        let made = self.form(link, &[("new", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(made.status, 303, "the link gives a session: {}", made.body);
    }

    /// A client with a new token of this account, which may do all that the account may.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn token(&self) -> Self {
        let page = self.get("/me").body;
        let offered = page.split("name=\"scope\" value=\"").skip(1);
        let offered: Vec<&str> = offered.filter_map(|rest| rest.split('"').next()).collect();
        let mut fields = vec![("name", "test"), ("days", "1")];
        fields.extend(offered.into_iter().map(|scope| ("scope", scope)));
        let page = self.form("/me/tokens", &fields);
        assert_eq!(page.status, 200, "the token is made: {}", page.body);
        self.with_token(between(&page.body, "<code>", "</code>"))
    }
}

/// What stands between two marks; empty when they do not.
pub fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).map_or("", |(_, rest)| rest);
    rest.split_once(to).map_or("", |(found, _)| found)
}

/// The code of this moment for a base32 secret (RFC 6238).
///
/// # Panics
/// When the secret is not base32.
pub fn code(secret: &str) -> String {
    code_ahead(secret, 0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program runs on the machine's clock, and so does a phone"
)]
fn code_ahead(secret: &str, ahead: i64) -> String {
    let secret = Secret::try_from_base32(secret.trim()).expect("the secret is base32");
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.expect("after 1970").as_secs();
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(seconds.saturating_add_signed(ahead))
        .to_string()
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}
