//! Notices on their way out as jobs, by mail and webhook: about alarms, and digests. Every
//! receiver has a job of its own, and each way its own queue: none waits for another.

use std::time::Duration;

use domain::label::Label;
use observe::notice::{Mailer, Notice, NoticeError, Security, Smtp, Webhook};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, job};
use tokio::task::JoinSet;

use crate::App;

/// The ways of a notice, each with its own queue.
pub const WAYS: [&str; 2] = ["mail", "webhook"];
/// Notices of one way that are under way at once.
const AT_ONCE: i64 = 8;

/// Attempts before a notice is given up; the waits between them double from 10 s.
const ATTEMPTS: i64 = 10;

/// A notice to be sent one way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub id: String,
    pub kind: String,
    pub subject: String,
    pub body: String,
    pub at_ms: i64,
    pub details: serde_json::Value,
    /// The addresses of a mail, separated by commas.
    #[serde(default)]
    pub to: Option<String>,
}

/// Queues a notice one way, `mail` or `webhook`, in the transaction of its cause: a mail to
/// several addresses as one job for each.
pub(crate) async fn queue(
    tx: &mut Tx,
    way: &str,
    payload: &Payload,
    now: i64,
) -> Result<(), StoreError> {
    let several = payload.to.as_deref().map(addresses).unwrap_or_default();
    if several.len() < 2 {
        let text = serde_json::to_string(payload).unwrap_or_default();
        let key = format!("{way}:{}", payload.id);
        return job::enqueue(tx, way, &text, Some(&key), now, now).await;
    }
    for address in several {
        let key = format!("{way}:{}:{address}", payload.id);
        let own = Payload {
            to: Some(address),
            ..payload.clone()
        };
        let text = serde_json::to_string(&own).unwrap_or_default();
        job::enqueue(tx, way, &text, Some(&key), now, now).await?;
    }
    Ok(())
}

/// Addresses separated by commas.
pub(crate) fn addresses(text: &str) -> Vec<String> {
    text.split(',')
        .map(|a| a.trim().to_owned())
        .filter(|a| !a.is_empty())
        .collect()
}

/// What became of the notices that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Sent.
    pub sent: usize,
    /// To be tried again.
    pub later: usize,
    /// Refused for good, or tried too often.
    pub given_up: usize,
}

impl Delivered {
    /// As the page of background work says it; `None` when nothing was due.
    pub fn label(self) -> Option<Label> {
        let Self {
            sent,
            later,
            given_up,
        } = self;
        (self != Self::default()).then(|| {
            Label::new(
                format!("{sent} đã gửi, {later} sẽ gửi lại, {given_up} không gửi được"),
                format!("{sent} sent, {later} to be tried again, {given_up} given up"),
            )
        })
    }
}

/// Sends what is due one way, several at once.
///
/// # Errors
/// The store's; what is not delivered is put back, not an error.
pub async fn deliver(app: &App, way: &str) -> Result<Delivered, StoreError> {
    let now = app.clock.now_ms();
    let mut tasks = JoinSet::new();
    for job in job::lease(&app.db, way, now, 120_000, AT_ONCE).await? {
        let app = app.clone();
        tasks.spawn(async move {
            let (kind, payload) = (job.kind.clone(), job.payload.clone());
            // One that breaks off is tried again as often as one that is refused.
            let sent = tokio::spawn(async move { send(&app, &kind, &payload).await });
            let outcome = sent
                .await
                .unwrap_or_else(|e| Err(Failed::for_now(e.to_string())));
            (job, outcome)
        });
    }
    let mut done = Delivered::default();
    while let Some(ended) = tasks.join_next().await {
        // One that was cut off keeps its lease and is sent after it.
        let Ok((job, outcome)) = ended else {
            continue;
        };
        let now = app.clock.now_ms();
        match outcome {
            Ok(()) => {
                done.sent += 1;
                job::finish(&app.db, &job, now, None).await?;
            }
            Err(failed) if failed.permanent || job.attempts >= ATTEMPTS => {
                done.given_up += 1;
                tracing::error!(job = %job.id, attempt = job.attempts, error = failed.what, "a notice is given up");
                job::finish(&app.db, &job, now, Some(&failed.what)).await?;
            }
            Err(failed) => {
                done.later += 1;
                tracing::warn!(job = %job.id, attempt = job.attempts, error = failed.what, "a notice was not delivered");
                let wait = 10_000 * (1 << (job.attempts - 1).clamp(0, 9));
                job::retry(&app.db, &job, now + wait, &failed.what).await?;
            }
        }
    }
    Ok(done)
}

/// Why a notice was not delivered.
struct Failed {
    what: String,
    /// Whether trying again is useless.
    permanent: bool,
}

impl Failed {
    /// What a changed setting may still mend.
    fn for_now(what: String) -> Self {
        Self {
            what,
            permanent: false,
        }
    }

    fn of(e: &NoticeError) -> Self {
        let mut what = e.to_string();
        let mut source = std::error::Error::source(e);
        while let Some(cause) = source {
            what.push_str(": ");
            what.push_str(&cause.to_string());
            source = cause.source();
        }
        Self {
            what,
            permanent: e.is_permanent(),
        }
    }
}

async fn send(app: &App, way: &str, payload: &str) -> Result<(), Failed> {
    let payload: Payload = serde_json::from_str(payload).map_err(|e| Failed {
        what: e.to_string(),
        permanent: true,
    })?;
    let notice = Notice {
        id: payload.id,
        kind: payload.kind,
        subject: payload.subject,
        body: payload.body,
        at_ms: payload.at_ms,
        details: payload.details,
    };
    let settings = app.settings();
    let failed = |e: NoticeError| Failed::of(&e);
    if way == "mail" {
        let to = addresses(payload.to.as_deref().unwrap_or_default());
        let smtp = smtp(
            &settings.text("notify.smtp_url"),
            &settings.text("notify.email_from"),
        )
        .map_err(Failed::for_now)?;
        let mailer = Mailer::new(&smtp).map_err(failed)?;
        return mailer.send(&notice, &to).await.map_err(failed);
    }
    let secret = settings.text("notify.webhook_secret");
    let secret = (!secret.is_empty()).then(|| secret.into_bytes());
    let url = settings.text("notify.webhook_url");
    let hook = Webhook::new(
        &url,
        secret,
        None,
        Duration::from_secs(15),
        app.clock.clone(),
    )
    .map_err(failed)?;
    hook.send(&notice).await.map_err(failed)
}

/// Reads `smtp://[user:password@]host[:port]` (STARTTLS with a login or beyond this
/// machine), `smtps://…` (TLS) or `smtp+plain://…`.
fn smtp(url: &str, from: &str) -> Result<Smtp, String> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or("the mail server is not set (smtp://host:port)")?;
    let (login, host) = match rest.rsplit_once('@') {
        Some((login, host)) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            (Some((user.to_owned(), password.to_owned())), host)
        }
        None => (None, rest),
    };
    let host = host.trim_end_matches('/');
    let (name, port) = host
        .rsplit_once(':')
        .map_or((host, None), |(h, p)| (h, p.parse::<u16>().ok()));
    let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let (security, standard) = match scheme {
        "smtps" => (Security::Tls, 465),
        "smtp" if local && login.is_none() => (Security::None, 25),
        "smtp" => (Security::StartTls, 587),
        "smtp+plain" => (Security::None, 25),
        other => {
            return Err(format!(
                "`{other}` is no way to a mail server; write smtp:// or smtps://"
            ));
        }
    };
    Ok(Smtp {
        host: name.to_owned(),
        port: port.unwrap_or(standard),
        security,
        login,
        authority: None,
        from: from.to_owned(),
        greeting: None,
        timeout: Duration::from_secs(20),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_servers_are_read() {
        let s = smtp("smtps://u:p%w@mail.gov.vn", "a@b").unwrap();
        assert_eq!(
            (s.host.as_str(), s.port, s.security),
            ("mail.gov.vn", 465, Security::Tls)
        );
        let s = smtp("smtp://127.0.0.1:2525", "a@b").unwrap();
        assert_eq!((s.port, s.security), (2525, Security::None));
        assert_eq!(
            smtp("smtp://mail.gov.vn", "a@b").unwrap().security,
            Security::StartTls
        );
        assert!(smtp("mail.gov.vn", "a@b").is_err());
    }
}
