//! Notices on their way out as jobs, by mail and webhook: about alarms, and digests. Every
//! receiver has a job of its own, and each way its own queue: none waits for another.

use std::{error::Error, time::Duration};

use observe::notice::{Mailer, Notice, NoticeError, Security, Smtp, Webhook};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::{
    App,
    job::{self, Job, JobError, Worked},
};

/// A notice to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub id: String,
    pub kind: String,
    pub subject: String,
    pub body: String,
    pub at_ms: i64,
    pub details: serde_json::Value,
    /// The addresses of a mail, separated by commas; one that goes out by webhook has none.
    #[serde(default)]
    pub to: Option<String>,
}

impl Payload {
    fn notice(self) -> Notice {
        Notice {
            id: self.id,
            kind: self.kind,
            subject: self.subject,
            body: self.body,
            at_ms: self.at_ms,
            details: self.details,
        }
    }
}

/// Queues a notice in the transaction of its cause: a mail to several addresses as one job for
/// each, one without an address for the webhook.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn queue(tx: &mut Tx, payload: &Payload, now: i64) -> Result<(), StoreError> {
    let Some(to) = &payload.to else {
        return job::queue(tx, &ToWebhook(payload.clone()), now).await;
    };
    for address in addresses(to) {
        let own = Payload {
            to: Some(address),
            ..payload.clone()
        };
        job::queue(tx, &ToMail(own), now).await?;
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

/// Sends the mails that are due.
///
/// # Errors
/// The store's; what is not delivered is put back, not an error.
pub async fn mails(app: &App) -> Result<Worked, StoreError> {
    job::work_off::<ToMail>(app).await
}

/// Sends what is due by webhook.
///
/// # Errors
/// As [`mails`].
pub async fn webhooks(app: &App) -> Result<Worked, StoreError> {
    job::work_off::<ToWebhook>(app).await
}

/// A mail to one address.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct ToMail(Payload);

impl Job for ToMail {
    const KIND: &'static str = "mail";

    fn key(&self) -> String {
        format!(
            "mail:{}:{}",
            self.0.id,
            self.0.to.as_deref().unwrap_or_default()
        )
    }

    async fn run(self, app: App) -> Result<(), JobError> {
        // A setting that is changed may still mend it.
        let mailer = mailer(&app).map_err(JobError::Later)?;
        let to = addresses(self.0.to.as_deref().unwrap_or_default());
        mailer
            .send(&self.0.notice(), &to)
            .await
            .map_err(|e| failed(&e))
    }
}

/// A notice to the address that is set for programs.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct ToWebhook(Payload);

impl Job for ToWebhook {
    const KIND: &'static str = "webhook";

    fn key(&self) -> String {
        format!("webhook:{}", self.0.id)
    }

    async fn run(self, app: App) -> Result<(), JobError> {
        let settings = app.settings();
        let secret = settings.text("notify.webhook_secret");
        let secret = (!secret.is_empty()).then(|| secret.into_bytes());
        let url = settings.text("notify.webhook_url");
        let patience = Duration::from_secs(15);
        let hook = Webhook::new(&url, secret, None, patience, app.clock.clone())
            .map_err(|e| failed(&e))?;
        hook.send(&self.0.notice()).await.map_err(|e| failed(&e))
    }
}

/// What sends mails as it is set.
///
/// # Errors
/// What is wrong with the settings.
pub(crate) fn mailer(app: &App) -> Result<Mailer, String> {
    let settings = app.settings();
    let smtp = smtp(
        &settings.text("notify.smtp_url"),
        &settings.text("notify.email_from"),
    )?;
    Mailer::new(&smtp).map_err(|e| words(&e))
}

fn failed(error: &NoticeError) -> JobError {
    let what = words(error);
    if error.is_permanent() {
        JobError::Never(what)
    } else {
        JobError::Later(what)
    }
}

/// An error with all its causes.
pub(crate) fn words(error: &NoticeError) -> String {
    let mut what = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        what.push_str(": ");
        what.push_str(&cause.to_string());
        source = cause.source();
    }
    what
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
