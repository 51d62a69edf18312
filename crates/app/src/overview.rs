//! The province at a glance.

use std::collections::{BTreeMap, HashMap};

use domain::{id::TargetId, label::Label, problem::Problem};
use policy::Tally;

use crate::{
    App, Ctx, assess,
    duty::{self, DutyView},
    watch::{self, AlarmView, Availability, TargetRow},
};

/// One regulation's counts.
#[derive(Clone, Debug)]
pub struct RegulationCount {
    /// Its id.
    pub id: String,
    /// Its short name.
    pub short: Label,
    /// Over all.
    pub tally: Tally,
    /// By kind of organization.
    pub by_kind: BTreeMap<String, Tally>,
}

/// All that the first page shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Everything that is probed.
    pub targets: Vec<TargetRow>,
    /// Units' names and codes by target.
    pub owners: HashMap<TargetId, (String, String)>,
    /// Availability this month.
    pub availability: Availability,
    /// Since when we ourselves are cut off.
    pub isolated_since: Option<i64>,
    /// Open alarms.
    pub alarms: Vec<AlarmView>,
    /// What is due until the end of the month, and what is overdue.
    pub duties: Vec<DutyView>,
    /// How many duties are due or overdue in all.
    pub duties_total: usize,
    /// Compliance.
    pub regulations: Vec<RegulationCount>,
    /// The moment, unix milliseconds.
    pub at: i64,
}

/// The province, or the part of it that the actor may see.
///
/// # Errors
/// Denied, unavailable.
pub async fn get(app: &App, ctx: &Ctx) -> Result<Overview, Problem> {
    let today = app.clock.today();
    let month = today.strftime("%Y-%m").to_string();
    let view = assess::board(app, ctx, None).await?;
    let targets = watch::targets(app, ctx).await?;
    let owners = targets
        .iter()
        .filter_map(|t| {
            let unit = &view.board.units[view.board.unit(t.organization)?];
            Some((t.id, (unit.code.clone(), unit.name.clone())))
        })
        .collect();
    let rows = watch::availability_month(app, ctx, &month).await?;
    let year_back = today.yesterday().map_or(today, |d| d).first_of_year();
    let mut duties = duty::due(
        app,
        ctx,
        &year_back.to_string(),
        &today.last_of_month().to_string(),
        true,
        5_000,
    )
    .await?;
    let duties_total = duties.len();
    duties.truncate(8);
    let regulations = view
        .regulations()
        .filter(|r| r.in_force(today))
        .map(|r| RegulationCount {
            id: r.id.clone(),
            short: r.short.clone(),
            tally: view.tally(&r.id),
            by_kind: assess::by_kind(&view, &r.id),
        })
        .collect();
    Ok(Overview {
        availability: Availability::of(&rows),
        owners,
        isolated_since: app.watch.isolated_since(),
        alarms: watch::alarms(app, ctx, false, 50).await?,
        duties,
        duties_total,
        regulations,
        targets,
        at: app.clock.now_ms(),
    })
}
