//! Alarms about evidence: told once when they are raised and once when they end, by the ways
//! that are set up. What is open is kept beside the verifications, as `CODE:SUBJECT`.

use domain::label::Label;
use store::{
    StoreError,
    evidence::{self, EvidenceCheck},
};

use crate::{
    App,
    notify::{self, Payload},
};

/// What an alarm says.
pub(super) struct Said {
    pub what: Label,
    pub next: Label,
}

/// Raises the alarm `code` about `subject`, unless it is raised already.
pub(super) async fn raise(
    app: &App,
    code: &str,
    subject: &str,
    said: Said,
    since: i64,
) -> Result<(), StoreError> {
    if open(app, code).await?.iter().any(|s| s == subject) {
        return Ok(());
    }
    tracing::error!(
        code,
        subject,
        what = said.what.en,
        next = said.next.en,
        "alarm raised"
    );
    let check = EvidenceCheck {
        subject: format!("{code}:{subject}"),
        checked_at: since,
        sound: false,
        size: 0,
        reason: serde_json::to_string(&said.what).unwrap_or_default(),
    };
    let body = format!("{}.\n\n{}", said.what.vi, said.next.vi);
    tell(app, &check, "raised", &said.what.vi, body).await
}

/// Ends it, if it is raised.
pub(super) async fn clear(app: &App, code: &str, subject: &str) -> Result<(), StoreError> {
    if !open(app, code).await?.iter().any(|s| s == subject) {
        return Ok(());
    }
    tracing::info!(code, subject, "alarm ended");
    let check = EvidenceCheck {
        subject: format!("{code}:{subject}"),
        checked_at: app.clock.now_ms(),
        sound: true,
        size: 0,
        reason: String::new(),
    };
    let what = match code {
        "vault-check" => "kho nhật ký đã nguyên vẹn trở lại".to_owned(),
        "journal-check" => "sổ nhật ký thay đổi đã khớp trở lại".to_owned(),
        _ => format!("{subject} đã được chuyển đi"),
    };
    let body = format!("{what}.");
    tell(app, &check, "cleared", &what, body).await
}

/// What the open alarms of a code are about.
pub(super) async fn open(app: &App, code: &str) -> Result<Vec<String>, StoreError> {
    let checks = evidence::checks(&app.db).await?;
    let open = checks.into_iter().filter(|c| !c.sound).filter_map(|c| {
        let (of, subject) = c.subject.split_once(':')?;
        (of == code).then(|| subject.to_owned())
    });
    Ok(open.collect())
}

/// Writes it down and queues its notices.
async fn tell(
    app: &App,
    check: &EvidenceCheck,
    what: &str,
    title: &str,
    body: String,
) -> Result<(), StoreError> {
    evidence::note(&app.db, check).await?;
    let settings = app.settings();
    let centre = settings.text("notify.email_to");
    let ways = [
        (!centre.is_empty()).then_some(("mail", Some(centre.clone()))),
        (!settings.text("notify.webhook_url").is_empty()).then_some(("webhook", None)),
    ];
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    for (way, to) in ways.into_iter().flatten() {
        let payload = Payload {
            id: format!("{}-{what}-{now}", check.subject),
            kind: format!("alarm.{what}"),
            subject: format!("Giềng: {title}"),
            body: body.clone(),
            at_ms: now,
            details: serde_json::json!({ "alarm": check.subject, "reason": check.reason }),
            to,
        };
        notify::queue(&mut tx, way, &payload, now).await?;
    }
    tx.commit().await
}
