//! What is due: duties with a period, by organization and day.

use domain::{authority::Permission, label::Label, problem::Problem};
use store::duty::DutyRow;

use crate::{App, Ctx, fault::fault};

/// A duty with the words that a page needs.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DutyView {
    /// The instance.
    pub duty: DutyRow,
    /// The organization's code.
    pub unit_code: String,
    /// The organization's name.
    pub unit_name: String,
    /// What the clause asks.
    pub summary: Label,
    /// Days left; negative when overdue, none when done.
    pub days_left: Option<i32>,
}

/// Duties due between two ISO dates (inclusive) of the organizations that the actor may see.
///
/// # Errors
/// Denied, unavailable.
pub async fn due(
    app: &App,
    ctx: &Ctx,
    from: &str,
    to: &str,
    open_only: bool,
    limit: i64,
) -> Result<Vec<DutyView>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let rows = store::duty::due(&app.db, &scope, from, to, open_only, limit)
        .await
        .map_err(fault)?;
    let board = app.assess.board();
    let library = app.library();
    let today = app.clock.today();
    Ok(rows
        .into_iter()
        .filter_map(|duty| {
            let unit = &board.units[board.unit(duty.organization)?];
            let clause = library.clause(&duty.regulation, &duty.clause)?;
            let due: Option<jiff::civil::Date> = duty.due_on.parse().ok();
            let days_left = if duty.fulfilled_on.is_some() {
                None
            } else {
                due.and_then(|d| (d - today).get_days().into())
            };
            Some(DutyView {
                unit_code: unit.code.clone(),
                unit_name: unit.name.clone(),
                summary: clause.summary.clone(),
                days_left,
                duty,
            })
        })
        .collect())
}
