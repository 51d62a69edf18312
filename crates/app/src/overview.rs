//! The province at a glance: each part by itself, so that a page asks again only for what
//! changed.

use std::{collections::BTreeMap, sync::Arc};

use domain::{label::Label, problem::Problem};
use policy::Tally;

use crate::{
    App, Ctx, assess,
    watch::{self, Availability, TargetRow},
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

/// Everything that is probed, each with its unit's code.
///
/// # Errors
/// Denied, unavailable.
pub async fn network(
    app: &App,
    ctx: &Ctx,
) -> Result<Vec<(Arc<TargetRow>, Option<String>)>, Problem> {
    let board = app.assess.board();
    let code =
        |target: &TargetRow| Some(board.units[board.unit(target.organization)?].code.clone());
    let targets = watch::targets(app, ctx).await?;
    Ok(targets.into_iter().map(|t| (t.clone(), code(&t))).collect())
}

/// Availability of this month over everything that is probed.
///
/// # Errors
/// Denied, unavailable.
pub async fn availability(app: &App, ctx: &Ctx) -> Result<Availability, Problem> {
    let rows = watch::availability(app, ctx).await?;
    Ok(Availability::of(rows.values().map(AsRef::as_ref)))
}

/// Since when we ourselves are cut off, unix milliseconds.
pub fn isolated_since(app: &App) -> Option<i64> {
    app.watch.isolated_since()
}

/// The regulations in force, counted.
///
/// # Errors
/// Denied, unavailable.
pub async fn compliance(app: &App, ctx: &Ctx) -> Result<Vec<RegulationCount>, Problem> {
    let view = assess::board(app, ctx, None).await?;
    let today = app.clock.today();
    Ok(view
        .regulations()
        .filter(|r| r.in_force(today))
        .map(|r| RegulationCount {
            id: r.id.clone(),
            short: r.short.clone(),
            tally: view.tally(&r.id),
            by_kind: assess::by_kind(&view, &r.id),
        })
        .collect())
}
