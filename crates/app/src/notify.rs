//! Notices on their way out as jobs, by mail and webhook: about alarms, and digests.

use std::time::Duration;

use domain::clock;
use observe::notice::{Mailer, Notice, Security, Smtp, Webhook};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, alarm::Alarm, job};

use crate::App;

/// Attempts before a notice is given up; the waits between them double from 10 s.
const ATTEMPTS: i64 = 10;

/// A notice to be sent one way.
#[derive(Debug, Serialize, Deserialize)]
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

/// Queues a notice one way, `mail` or `webhook`, in the transaction of its cause.
pub(crate) async fn queue(
    tx: &mut Tx,
    way: &str,
    payload: &Payload,
    now: i64,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(payload).unwrap_or_default();
    let key = format!("{way}:{}", payload.id);
    job::enqueue(tx, way, &text, Some(&key), now, now).await
}

/// Addresses separated by commas.
pub(crate) fn addresses(text: &str) -> Vec<String> {
    text.split(',')
        .map(|a| a.trim().to_owned())
        .filter(|a| !a.is_empty())
        .collect()
}

/// Queues the notices of an alarm in the transaction that writes it: one for each way
/// that is set up.
pub(crate) async fn enqueue(
    app: &App,
    tx: &mut Tx,
    alarm: &Alarm,
    what: &str,
    subject: &str,
    now: i64,
) -> Result<(), StoreError> {
    let board = app.assess.board();
    let unit = alarm.organization.and_then(|id| board.unit(id));
    let settings = app.settings();
    let settings = settings.of(unit.map(|at| board.units[at].province()));
    let centre = settings.text("notify.email_to");
    let webhook = settings.text("notify.webhook_url");
    let ways: Vec<(&str, Option<&String>)> = [
        (!centre.is_empty()).then_some(("mail", Some(&centre))),
        (!webhook.is_empty()).then_some(("webhook", None)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if ways.is_empty() {
        return Ok(());
    }
    let at = alarm.cleared_at.unwrap_or(alarm.raised_at);
    let time = clock::from_ms(at)
        .to_zoned(clock::local_zone())
        .strftime("%H:%M:%S %d/%m/%Y")
        .to_string();
    let behind = alarm.behind.len();
    let (title, body) = match (alarm.state.as_str(), what) {
        (_, what) if let Some(said) = &alarm.said => {
            let (cause, next) = (&said.what.vi, &said.next.vi);
            if what == "raised" {
                (
                    format!("Giềng: {cause}"),
                    format!("Từ {time}: {cause}.\n{next}"),
                )
            } else {
                (
                    format!("Giềng: đã hết: {cause}"),
                    format!("Lúc {time}, tình trạng sau đã hết: {cause}."),
                )
            }
        }
        ("isolated", "raised") => (
            "Giềng: trung tâm mất kết nối ra mạng".to_owned(),
            format!(
                "Từ {time}, máy chủ giám sát không tới được điểm nào. Trạng thái các điểm chưa xác định."
            ),
        ),
        ("isolated", _) => (
            "Giềng: trung tâm đã có kết nối lại".to_owned(),
            format!("Lúc {time}."),
        ),
        (_, "raised") => (
            format!("Giềng: mất kết nối {subject}"),
            format!("{subject} không trả lời từ {time}. {behind} điểm phía sau không tới được."),
        ),
        _ => (
            format!("Giềng: đã khôi phục {subject}"),
            format!("{subject} trả lời lại lúc {time}."),
        ),
    };
    for (way, to) in ways {
        let payload = Payload {
            id: format!("{}-{what}", alarm.id),
            kind: format!("alarm.{what}"),
            subject: title.clone(),
            body: body.clone(),
            at_ms: at,
            details: serde_json::json!({
                "alarm": alarm.id, "target": alarm.target, "subject": subject, "state": alarm.state,
                "raised_at": alarm.raised_at, "cleared_at": alarm.cleared_at, "behind": alarm.behind, "said": alarm.said,
            }),
            to: to.cloned(),
        };
        queue(tx, way, &payload, now).await?;
    }
    Ok(())
}

/// Sends what is due. Returns how many were sent and how many failed.
///
/// # Errors
/// The store's; what is not delivered is put back, not an error.
pub async fn deliver(app: &App) -> Result<(usize, usize), StoreError> {
    let now = app.clock.now_ms();
    let (mut sent, mut failed) = (0, 0);
    for job in job::lease(&app.db, now, 120_000, 20).await? {
        match send(app, &job.kind, &job.payload).await {
            Ok(()) => {
                sent += 1;
                job::finish(&app.db, job.id, app.clock.now_ms(), None).await?;
            }
            Err(error) => {
                failed += 1;
                tracing::warn!(job = %job.id, attempt = job.attempts, error, "a notice was not delivered");
                if job.attempts >= ATTEMPTS {
                    job::finish(&app.db, job.id, app.clock.now_ms(), Some(&error)).await?;
                } else {
                    let wait = 10_000 * (1 << (job.attempts - 1).clamp(0, 9));
                    job::retry(&app.db, job.id, app.clock.now_ms() + wait, &error).await?;
                }
            }
        }
    }
    Ok((sent, failed))
}

async fn send(app: &App, way: &str, payload: &str) -> Result<(), String> {
    let payload: Payload = serde_json::from_str(payload).map_err(|e| e.to_string())?;
    let notice = Notice {
        id: payload.id,
        kind: payload.kind,
        subject: payload.subject,
        body: payload.body,
        at_ms: payload.at_ms,
        details: payload.details,
    };
    let settings = app.settings();
    let chain = |e: observe::notice::NoticeError| {
        let mut text = e.to_string();
        let mut source = std::error::Error::source(&e);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    };
    match way {
        "mail" => {
            let to = addresses(payload.to.as_deref().unwrap_or_default());
            let smtp = smtp(
                &settings.text("notify.smtp_url"),
                &settings.text("notify.email_from"),
            )?;
            let mailer = Mailer::new(&smtp).map_err(chain)?;
            mailer.send(&notice, &to).await.map_err(chain)
        }
        "webhook" => {
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
            .map_err(chain)?;
            hook.send(&notice).await.map_err(chain)
        }
        other => Err(format!("there is no way `{other}` to send a notice")),
    }
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
