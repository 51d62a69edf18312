//! The change journal as pages and the command line read it.

use domain::{authority::Permission, label::Label, problem::Problem};
pub use store::journal::{Change, JournalEntry, JournalQuery, JournalReport};

use crate::{App, Ctx, fault::fault};

/// Entries that the actor may see, the newest first. Who keeps only a unit's books may
/// read what happened to a record of that unit.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    query: &JournalQuery,
) -> Result<Vec<JournalEntry>, Problem> {
    let scope = ctx.actor.scope(Permission::Journal).or_else(|denied| {
        if query.record_id.is_some() {
            ctx.actor.scope(Permission::Read)
        } else {
            Err(denied)
        }
    })?;
    store::journal::list(&app.db, &scope, query)
        .await
        .map_err(fault)
}

/// Recomputes the whole chain.
///
/// # Errors
/// Denied, unavailable.
pub async fn verify(app: &App, ctx: &Ctx) -> Result<JournalReport, Problem> {
    let scope = ctx.actor.scope(Permission::Journal)?;
    if scope.roots().is_some() {
        return Err(Problem::denied(
            Label::new(
                "Kiểm tra nhật ký là việc của tỉnh",
                "Verifying the journal is the province's",
            ),
            "journal",
        ));
    }
    store::journal::verify(&app.db).await.map_err(fault)
}
