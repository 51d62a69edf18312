//! Alarms about Giềng itself: lines lost, a full disk, a vault that does not sign. They stand
//! beside those of the network: the same table, page and notices.

use domain::{
    id::{Id, TargetId},
    label::Label,
};
use store::{
    StoreError,
    alarm::{self, Alarm, Said},
};

use crate::{
    App,
    watch::{Say, notice},
};

/// Raises the alarm `code` about `subject` (a folder, a part; empty for the whole), unless it
/// is raised already: then only what it says is brought up to date. `since` is when the cause
/// began, unix milliseconds.
///
/// # Errors
/// The store's; the caller tries again, nothing was written.
pub async fn raise(
    app: &App,
    code: &str,
    subject: &str,
    said: Said,
    since: i64,
) -> Result<(), StoreError> {
    let open = alarm::open_system(&app.db, code, subject).await?;
    if open
        .as_ref()
        .is_some_and(|open| open.said.as_ref() == Some(&said))
    {
        return Ok(());
    }
    let fresh = open.is_none();
    let raised = open.unwrap_or_else(|| Alarm {
        id: Id::new(app.clock.now_ms()),
        target: TargetId(Id::NIL),
        organization: None,
        outage: None,
        state: code.to_owned(),
        subject: Some(subject.to_owned()),
        said: None,
        raised_at: since,
        cleared_at: None,
        lasted_ms: None,
        behind: Vec::new(),
        acknowledged_at: None,
        acknowledged_by: None,
    });
    let raised = Alarm {
        said: Some(said),
        ..raised
    };
    if fresh {
        tracing::error!(code, subject, what = words(&raised).en, "alarm raised");
    }
    save(app, &raised, fresh.then_some(Say::Raised)).await
}

/// Ends the alarm `code` about `subject`, if it is raised.
///
/// # Errors
/// As [`raise`].
pub async fn clear(app: &App, code: &str, subject: &str) -> Result<(), StoreError> {
    let Some(open) = alarm::open_system(&app.db, code, subject).await? else {
        return Ok(());
    };
    tracing::info!(code, subject, "alarm ended");
    let now = app.clock.now_ms();
    let ended = Alarm {
        cleared_at: Some(now),
        lasted_ms: Some((now - open.raised_at).max(0)),
        ..open
    };
    save(app, &ended, Some(Say::Cleared)).await
}

/// What the open alarms of a code are about.
///
/// # Errors
/// The store's.
pub async fn open(app: &App, code: &str) -> Result<Vec<String>, StoreError> {
    alarm::open_subjects(&app.db, code).await
}

fn words(alarm: &Alarm) -> &Label {
    static NONE: Label = Label {
        vi: String::new(),
        en: String::new(),
    };
    alarm.said.as_ref().map_or(&NONE, |said| &said.what)
}

async fn save(app: &App, alarm: &Alarm, say: Option<Say>) -> Result<(), StoreError> {
    let now = app.clock.now_ms();
    let mut work = app.begin_program().await?;
    alarm::save(&mut work, alarm).await?;
    if let Some(say) = say {
        let about = notice::About {
            subject: alarm.subject.clone().unwrap_or_default(),
            ..notice::About::default()
        };
        notice::enqueue(app, &mut work, alarm, say, &about, now).await?;
    }
    work.commit().await?;
    Ok(())
}
