//! Notices by SMTP.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Notice, NoticeError};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (usually port 465).
    Tls,
    /// STARTTLS, and nothing is sent where the server does not offer it (usually port 587).
    #[default]
    StartTls,
    /// Not at all: only for a server on this machine or a network of its own.
    None,
}

/// A mail server and how it is used.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name; with TLS its certificate must bear it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User name and password, if it asks for them.
    pub login: Option<(String, String)>,
    /// PEM certificates of the authority to trust instead of the system's.
    pub authority: Option<Vec<u8>>,
    /// Whom the mails are from: `name <a@b>` or `a@b`.
    pub from: String,
    /// The name we greet with; `None`: the machine's.
    pub greeting: Option<String>,
    /// Time for each step of the exchange.
    pub timeout: Duration,
}

/// Sends notices by mail. Keeps connections open for the next one; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    server: String,
}

impl Mailer {
    /// A mailer; connects only when it sends.
    ///
    /// # Errors
    /// When the sender's address or the certificates cannot be read.
    pub fn new(smtp: &Smtp) -> Result<Self, NoticeError> {
        let wrong = |what: String| NoticeError::Settings { way: "mail", what };
        let tls = || -> Result<TlsParameters, NoticeError> {
            let mut builder = TlsParameters::builder(smtp.host.clone());
            if let Some(pem) = &smtp.authority {
                let authority = Certificate::from_pem(pem).map_err(|e| wrong(e.to_string()))?;
                builder = builder
                    .certificate_store(CertificateStore::None)
                    .add_root_certificate(authority);
            }
            builder.build_rustls().map_err(|e| wrong(e.to_string()))
        };
        let security = match smtp.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(security)
            .timeout(Some(smtp.timeout));
        if let Some((user, password)) = &smtp.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        if let Some(name) = &smtp.greeting {
            builder = builder.hello_name(ClientId::Domain(name.clone()));
        }
        Ok(Self {
            transport: builder.build(),
            from: mailbox(&smtp.from)?,
            server: format!("{}:{}", smtp.host, smtp.port),
        })
    }

    /// Sends `notice` to all of `to` in one mail. They do not see each other.
    ///
    /// # Errors
    /// When an address is none, or the server does not take it.
    pub async fn send(&self, notice: &Notice, to: &[String]) -> Result<(), NoticeError> {
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(notice.subject.replace(['\r', '\n'], " "))
            .message_id(Some(format!(
                "<{}@{}>",
                message_id(&notice.id),
                self.from.email.domain()
            )))
            .date(
                std::time::UNIX_EPOCH
                    + Duration::from_millis(u64::try_from(notice.at_ms).unwrap_or(0)),
            )
            .header(header::MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN);
        for address in to {
            builder = builder.bcc(mailbox(address)?);
        }
        let mail = builder
            .body(notice.body.clone())
            .map_err(|source| NoticeError::Compose {
                subject: notice.subject.clone(),
                source,
            })?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(source) => Err(NoticeError::Smtp {
                server: self.server.clone(),
                source,
            }),
        }
    }
}

fn mailbox(address: &str) -> Result<Mailbox, NoticeError> {
    address.parse().map_err(|_| NoticeError::Address {
        address: address.to_owned(),
    })
}

/// The id with only what a message id may hold.
fn message_id(id: &str) -> String {
    id.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '.'
            }
        })
        .collect()
}
