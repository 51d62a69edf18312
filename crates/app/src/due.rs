//! What is due now, counted: for the first page, and for the page of a unit.

use domain::{authority::Permission, id::OrganizationId, label::Label, problem::Problem};
use jiff::{Span, civil::Date};
pub use store::due::OpenDuty;

use crate::{App, Ctx, fault::fault};

/// What many owe by the same clause until the same day.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DueView {
    /// The duty.
    pub duty: OpenDuty,
    /// Code and name of the organization that owes it, where it is only one.
    pub unit: Option<(String, String)>,
    /// What the clause asks.
    pub summary: Label,
    /// Whether the day has passed.
    pub overdue: bool,
}

/// How many days ahead duties are looked at. Not until the end of a month: on the 27th that
/// would be three days, and a hundred yearly reports that are due on 31 December would come
/// as a surprise on the 1st.
pub const AHEAD_DAYS: i32 = 45;

/// From when and until when duties are looked at: what was due within a year and is still
/// open, and what is due within [`AHEAD_DAYS`].
fn window(today: Date) -> (String, String) {
    let from = today.saturating_sub(Span::new().years(1));
    let to = today.saturating_add(Span::new().days(AHEAD_DAYS));
    (from.to_string(), to.to_string())
}

/// Duties that are overdue or due within [`AHEAD_DAYS`], of the organizations that the
/// actor may see: the earliest first, one for a clause and a day.
///
/// # Errors
/// Denied, unavailable.
pub async fn open(app: &App, ctx: &Ctx) -> Result<Vec<DueView>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let today = app.clock.today();
    let (from, to) = window(today);
    let today = today.to_string();
    let rows = store::due::open(&app.db, &scope, &from, &to, &today)
        .await
        .map_err(fault)?;
    let (board, library) = (app.assess.board(), app.library());
    Ok(rows
        .into_iter()
        .filter_map(|duty| {
            let clause = library.clause(&duty.regulation, &duty.clause)?;
            let unit = board
                .unit(duty.organization)
                .map(|place| &board.units[place])
                .filter(|_| duty.organizations == 1)
                .map(|unit| (unit.code.clone(), unit.name.clone()));
            Some(DueView {
                unit,
                summary: clause.summary.clone(),
                overdue: duty.due_on < today,
                duty,
            })
        })
        .collect())
}

/// The same of one organization.
///
/// # Errors
/// Denied, unavailable.
pub async fn of(app: &App, ctx: &Ctx, unit: OrganizationId) -> Result<Vec<OpenDuty>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let (from, to) = window(app.clock.today());
    store::due::of(&app.db, &scope, unit, &from, &to)
        .await
        .map_err(fault)
}
