//! From when on every table is held against the journal: at the first start of a version that
//! tells the journal all of it, how everything stands is written down once.

use store::{
    StoreError,
    journal::{self, BASELINE, SCANS},
    replay,
};

use crate::{App, Work};

/// Writes it down, where it was not yet.
pub(crate) async fn begin(app: &App) -> Result<(), StoreError> {
    let last = journal::last_of(&app.db, BASELINE).await?;
    if last.as_ref().is_some_and(|b| b.change.record_id == SCANS) {
        return Ok(());
    }
    let mut work = app.begin_program().await?;
    let entry = |work: &Work, noun: &str, id: &str, after| {
        work.entry(noun, id, None, "baseline", None, after)
    };
    if last.is_none() {
        let begun = entry(&work, BASELINE, "tables", None);
        work.journal(begun);
    }
    // Before the first entry of all nothing can be that an earlier version wrote: what is there
    // although the journal is empty is told by nobody.
    if last.is_none() && journal::last(&app.db).await? > 0 {
        for told in replay::restate(&mut work).await? {
            let stands = journal::Change {
                organization_id: told.organization_id,
                ..entry(&work, told.noun, &told.record_id, Some(told.after))
            };
            work.journal(stands);
        }
    }
    let scans = entry(&work, BASELINE, SCANS, None);
    work.journal(scans);
    work.commit().await
}
