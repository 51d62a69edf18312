//! Notices by HTTP POST, signed as the Standard Webhooks specification says.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clock::{Clock, from_ms};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use ureq::tls::{PemItem, RootCerts, TlsConfig};

use super::{Notice, NoticeError};

/// A receiver of notices and how they are sent there; cheap to clone.
///
/// The body is `{"id", "type", "timestamp", "data": {"subject", "body", "details"}}`.
/// With a secret, the headers `webhook-id`, `webhook-timestamp` and
/// `webhook-signature: v1,BASE64` carry HMAC-SHA256 over `id.timestamp.body`
/// (<https://www.standardwebhooks.com>), which its libraries verify.
#[derive(Clone, Debug)]
pub struct Webhook {
    agent: ureq::Agent,
    url: String,
    secret: Option<Vec<u8>>,
    clock: Clock,
}

impl Webhook {
    /// A webhook. `secret`: the key of the signature, its bytes as they are.
    /// `authority`: PEM certificates to trust instead of the public ones.
    /// `timeout`: for the whole exchange. Redirects and proxies are not followed.
    ///
    /// # Errors
    /// When the address is not an HTTP one or the certificates cannot be read.
    pub fn new(
        url: &str,
        secret: Option<Vec<u8>>,
        authority: Option<&[u8]>,
        timeout: Duration,
        clock: Clock,
    ) -> Result<Self, NoticeError> {
        let wrong = |what: String| NoticeError::Settings {
            way: "webhook",
            what,
        };
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(wrong(format!("`{url}` is not an http or https address")));
        }
        let mut config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(concat!("gieng/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = authority {
            let mut certificates = Vec::new();
            for item in ureq::tls::parse_pem(pem) {
                if let PemItem::Certificate(c) = item.map_err(|e| wrong(e.to_string()))? {
                    certificates.push(c);
                }
            }
            if certificates.is_empty() {
                return Err(wrong(
                    "the authority's file holds no certificate".to_owned(),
                ));
            }
            let roots = RootCerts::new_with_certs(&certificates);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self {
            agent: config.build().into(),
            url: url.to_owned(),
            secret,
            clock,
        })
    }

    /// Posts `notice`; done when the receiver answers with a 2xx.
    ///
    /// # Errors
    /// When it is not reached in time or answers otherwise.
    pub async fn send(&self, notice: &Notice) -> Result<(), NoticeError> {
        let body = json!({
            "id": notice.id,
            "type": notice.kind,
            "timestamp": from_ms(notice.at_ms).to_string(),
            "data": {
                "subject": notice.subject,
                "body": notice.body,
                "details": notice.details,
            },
        })
        .to_string();
        let this = self.clone();
        let id = notice.id.clone();
        tokio::task::spawn_blocking(move || this.post(&id, &body))
            .await
            .unwrap_or(Err(NoticeError::Stopped))
    }

    fn post(&self, id: &str, body: &str) -> Result<(), NoticeError> {
        let timestamp = (self.clock.now_ms() / 1_000).to_string();
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", &timestamp);
        if let Some(secret) = &self.secret {
            request = request.header("webhook-signature", signature(secret, id, &timestamp, body));
        }
        let response = request.send(body).map_err(|source| NoticeError::Http {
            url: self.url.clone(),
            source: Box::new(source),
        })?;
        match response.status().as_u16() {
            200..300 => Ok(()),
            status => Err(NoticeError::Status {
                url: self.url.clone(),
                status,
            }),
        }
    }
}

fn signature(secret: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_specification() {
        // The example of the specification's own libraries; its secret is
        // whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
