//! From when on every table is held against the journal: at the first start of a version that
//! tells the journal all of it, how everything stands is written down once.

use store::{
    StoreError,
    journal::{self, BASELINE, SCANS},
    replay,
};

use crate::{App, Ctx};

/// Writes it down, where it was not yet.
pub(crate) async fn begin(app: &App) -> Result<(), StoreError> {
    let last = journal::last_of(&app.db, BASELINE).await?;
    if last.as_ref().is_some_and(|b| b.change.record_id == SCANS) {
        return Ok(());
    }
    let ctx = Ctx::system(app.clock.now_ms());
    let event =
        |noun: &str, id: &str, after| app.event(&ctx, noun, id, None, "baseline", None, after);
    let mut tx = app.db.begin().await?;
    let mut changes = Vec::new();
    if last.is_none() {
        changes.push(event(BASELINE, "tables", None));
    }
    // Before the first entry of all nothing can be that an earlier version wrote: what is there
    // although the journal is empty is told by nobody.
    if last.is_none() && journal::last(&app.db).await? > 0 {
        for told in replay::restate(&mut tx).await? {
            changes.push(journal::Change {
                organization_id: told.organization_id,
                ..event(told.noun, &told.record_id, Some(told.after))
            });
        }
    }
    changes.push(event(BASELINE, SCANS, None));
    journal::append(&mut tx, &changes).await?;
    tx.commit().await
}
