//! What is due now, counted: for the first page, and for the page of a unit.

use domain::{authority::Permission, id::OrganizationId, label::Label, problem::Problem};
use jiff::{Span, civil::Date};
use store::duty::FLOW_CENTRE;
pub use store::{due::OpenDuty, duty::DutyRow};

use crate::{App, Ctx, duty::flow_words, flow};

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
    /// The finding that is to be mended, where it is one: its id.
    pub finding: Option<String>,
    /// The flow whose step is to be taken, where it is one: its id, and whether the step is the network
    /// centre's.
    pub flow: Option<(String, bool)>,
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
    let rows = store::due::open(&app.db, &scope, &from, &to, &today).await?;
    let (board, library) = (app.assess.board(), app.library());
    let whose = |id: OrganizationId| {
        let unit = &board.units[board.unit(id)?];
        Some((unit.code.clone(), unit.name.clone()))
    };
    let found = store::duty::findings(&app.db, &scope, (&from, &to), &today, true).await;
    let found = found?.into_iter().map(|row| DueView {
        unit: whose(row.organization),
        summary: Label::same(row.subject.unwrap_or_default()),
        overdue: row.outcome == "missed",
        finding: Some(row.period),
        flow: None,
        duty: OpenDuty {
            due_on: row.due_on.unwrap_or_default(),
            regulation: row.regulation,
            clause: row.clause,
            organizations: 1,
            organization: row.organization,
        },
    });
    let flows = flow::deadlines(app, &scope, (&from, &to)).await?.dated;
    let flows = flows.into_iter().map(|row| DueView {
        unit: whose(row.organization),
        summary: flow_words(&library, &row),
        overdue: row.outcome == "missed",
        finding: None,
        flow: Some((row.period, row.side == FLOW_CENTRE)),
        duty: OpenDuty {
            due_on: row.due_on.unwrap_or_default(),
            regulation: row.regulation,
            clause: row.clause,
            organizations: 1,
            organization: row.organization,
        },
    });
    let mut all: Vec<DueView> = rows
        .into_iter()
        .filter_map(|duty| {
            let clause = library.clause(&duty.regulation, &duty.clause)?;
            Some(DueView {
                unit: whose(duty.organization).filter(|_| duty.organizations == 1),
                finding: None,
                flow: None,
                summary: clause.summary.clone(),
                overdue: duty.due_on < today,
                duty,
            })
        })
        .chain(found)
        .chain(flows)
        .collect();
    all.sort_by(|a, b| a.duty.due_on.cmp(&b.duty.due_on));
    Ok(all)
}

/// What is to be mended at one organization: findings that are overdue or due within
/// [`AHEAD_DAYS`], the earliest first.
///
/// # Errors
/// Denied, unavailable.
pub async fn findings(app: &App, ctx: &Ctx, unit: OrganizationId) -> Result<Vec<DutyRow>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let today = app.clock.today();
    let (from, to) = window(today);
    let today = today.to_string();
    let found = store::duty::findings(&app.db, &scope, (&from, &to), &today, true);
    let mut found = found.await?;
    found.retain(|row| row.organization == unit);
    Ok(found)
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
        .map_err(Problem::from)
}
