//! Notices on their way out: by mail and by webhook.
//!
//! One call is one attempt. Who calls keeps the notice in a queue and tries
//! again, with back-off, unless [`NoticeError::is_permanent`].

mod mail;
mod webhook;

use serde_json::Value;

pub use mail::{Mailer, Security, Smtp};
pub use webhook::Webhook;

/// Something people are to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The same for every attempt and every way: a receiver may use it to drop repetitions.
    pub id: String,
    /// What it is about, for programs: `alarm.raised`, `duty.due`, …
    pub kind: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// When it happened, unix milliseconds.
    pub at_ms: i64,
    /// More for programs; `Null` for none.
    pub details: Value,
}

/// A notice that was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The settings cannot work.
    #[error("notices by {way} are set up wrongly: {what}")]
    Settings {
        /// `mail` or `webhook`.
        way: &'static str,
        /// What is wrong.
        what: String,
    },
    /// An address that is no mail address.
    #[error("`{address}` is no mail address")]
    Address {
        /// As it was given.
        address: String,
    },
    /// The mail cannot be put together.
    #[error("cannot write the mail `{subject}`")]
    Compose {
        /// Its subject.
        subject: String,
        /// Why not.
        #[source]
        source: lettre::error::Error,
    },
    /// The mail server did not take it.
    #[error("the mail server {server} did not take the mail")]
    Smtp {
        /// Host and port.
        server: String,
        /// What it said.
        #[source]
        source: lettre::transport::smtp::Error,
    },
    /// The receiver of the webhook answered, but not with a 2xx.
    #[error("{url} answered {status}")]
    Status {
        /// Where it was sent.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The receiver of the webhook was not reached.
    #[error("cannot deliver to {url}")]
    Http {
        /// Where it was to go.
        url: String,
        /// Why not.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The attempt was cut off by the stop of the program.
    #[error("stopped before the notice was delivered")]
    Stopped,
}

impl NoticeError {
    /// Whether trying again without a change of the settings is useless.
    pub fn is_permanent(&self) -> bool {
        match self {
            NoticeError::Settings { .. }
            | NoticeError::Address { .. }
            | NoticeError::Compose { .. } => true,
            NoticeError::Smtp { source, .. } => source.is_permanent(),
            // 408 Request Timeout, 425 Too Early, 429 Too Many Requests: later.
            NoticeError::Status { status, .. } => {
                (300..500).contains(status) && ![408, 425, 429].contains(status)
            }
            NoticeError::Http { source, .. } => matches!(**source, ureq::Error::BadUri(_)),
            NoticeError::Stopped => false,
        }
    }
}
