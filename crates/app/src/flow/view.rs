//! Flows as pages and the API show them: what waits for somebody, and one flow with its ways on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::{
    authority::Permission,
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
    schema::Schema,
};
use policy::flow::{Flow, Step};
use store::{
    Tx,
    flow::{FlowEffect, FlowEvent, FlowQuery, FlowRow, FlowUnit},
};

use super::{
    definition::definition,
    form::typed,
    ground::{Ground, find},
    plan::{Plan, plan},
    who::{Acting, Not, Reach, actings, approvals, awaited, key},
};
use crate::{App, Ctx};

/// A flow in a list.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The flow.
    pub row: FlowRow,
    /// What kind of request it is.
    pub kind: Label,
    /// Where it stands.
    pub state: Label,
    /// Its unit's name.
    pub unit: String,
    /// The steps for which it waits and that the reader may take.
    pub steps: Vec<Label>,
    /// What the reader may do as well, and need not.
    pub optional: Vec<Label>,
    /// In whose place, where not in their own.
    pub in_place_of: Option<String>,
    /// Whether the day by which it should have gone on has passed.
    pub late: bool,
}

/// A step that leads on.
#[derive(Clone, Debug)]
pub struct Possible {
    /// Its name.
    pub name: String,
    /// The step.
    pub step: Step,
    /// Its form.
    pub form: Schema,
    /// What it will do; none as long as that depends on what is typed.
    pub plan: Option<Plan>,
    /// Who approved it so far.
    pub approved_by: Vec<String>,
    /// Why the actor may not take it; none where they may.
    pub not: Option<Label>,
    /// Who may.
    pub who: Label,
    /// In whose place they take it.
    pub in_place_of: Option<String>,
}

/// One flow as somebody sees it.
#[derive(Clone, Debug)]
pub struct Open {
    /// The flow.
    pub row: FlowRow,
    /// As it was when it began.
    pub flow: Arc<Flow>,
    /// What happened, in order.
    pub events: Vec<FlowEvent>,
    /// Its unit.
    pub unit: FlowUnit,
    /// Where it stands.
    pub state: Label,
    /// The ways on.
    pub possible: Vec<Possible>,
    /// Whether the actor may take it back.
    pub may_withdraw: bool,
    /// What went out of the database, or will.
    pub effects: Vec<FlowEffect>,
    /// Whether the day by which it should have gone on has passed.
    pub late: bool,
}

/// The name of the state in which a flow stands.
pub(super) fn state(flow: &Flow, row: &FlowRow) -> Label {
    let state = flow.states.get(&row.state).map(|state| state.label.clone());
    state.unwrap_or_else(|| Label::new("Đã rút", "Withdrawn"))
}

pub(super) fn is_late(app: &App, row: &FlowRow) -> bool {
    let today = app.clock.today().to_string();
    !row.ended && row.due_on.as_ref().is_some_and(|day| *day < today)
}

/// One flow; `given` is a step and what was typed into its form.
///
/// # Errors
/// Not found also when it is another unit's.
pub async fn get(
    app: &App,
    ctx: &Ctx,
    id: &str,
    given: Option<(&str, &BTreeMap<String, String>)>,
) -> Result<Open, Problem> {
    let mut tx = app.db.snapshot().await?;
    let actings = actings(app, &mut tx, ctx).await?;
    let row = find(&mut tx, &actings, id).await?;
    let ground = Ground::load(app, &mut tx, row).await?;
    let mut all = Vec::new();
    for acting in &actings {
        let steps = ground.steps().map(|(_, step)| step);
        let units = [ground.row.organization];
        all.push((acting, acting.reach(&mut tx, steps, &units).await?));
    }
    let mut possible = Vec::new();
    for (name, step) in ground.steps() {
        let given = given.filter(|(step, _)| *step == name);
        let given = given.map(|(_, typed)| typed);
        possible.push(possible_step(app, &mut tx, &all, &ground, (name, step), given).await?);
    }
    drop(tx);
    Ok(Open {
        effects: store::flow::effects(&app.db, ground.row.id).await?,
        state: state(&ground.flow, &ground.row),
        may_withdraw: ground.is_untouched() && key(&ctx.actor) == ground.row.created_by,
        late: is_late(app, &ground.row),
        row: ground.row,
        flow: ground.flow,
        events: ground.events,
        unit: ground.unit,
        possible,
    })
}

async fn possible_step(
    app: &App,
    tx: &mut Tx,
    actings: &[(&Acting, Reach)],
    ground: &Ground,
    (name, step): (&str, &Step),
    given: Option<&BTreeMap<String, String>>,
) -> Result<Possible, Problem> {
    let form = step.schema(&ground.flow);
    let mut all = ground.row.typed.clone();
    let complete = match given {
        Some(given) => typed(app, &form, given).map(|own| all.extend(own)).is_ok(),
        None => form.fields.iter().all(|f| !f.required),
    };
    let (plan, cannot) = match complete {
        true => foreseen(app, tx, ground, (name, step), &all).await?,
        false => (None, None),
    };
    let plan = plan.filter(|plan| plan.wrong.is_empty());
    let seen = plan.as_ref().map_or("", |plan| plan.seen.as_str());
    let mut not = Some(Not::Allowed.label());
    let mut in_place_of = None;
    for (acting, reach) in actings {
        match ground.may(acting, reach, (name, step), seen) {
            Ok(()) => {
                not = cannot;
                in_place_of = acting.in_place_of.as_ref().map(|(_, name)| name.clone());
                break;
            }
            // Who may not at all learns nothing from why another of their ways is shut.
            Err(Not::Allowed) => {}
            Err(why) => not = Some(why.label()),
        }
    }
    let approved = approvals(&ground.events, name, seen);
    Ok(Possible {
        name: name.to_owned(),
        approved_by: approved.map(|e| e.actor_name.clone()).collect(),
        who: awaited(ground, step),
        step: step.clone(),
        form,
        plan,
        not,
        in_place_of,
    })
}

/// What a step would do; where that cannot be said, why.
///
/// # Errors
/// Unavailable, internal: what the database does not answer, or not legibly, is not "nothing".
pub(super) async fn foreseen(
    app: &App,
    tx: &mut Tx,
    ground: &Ground,
    named: (&str, &Step),
    typed: &domain::record::Values,
) -> Result<(Option<Plan>, Option<Label>), Problem> {
    match plan(app, tx, ground, named, typed).await {
        Ok(plan) => Ok((Some(plan), None)),
        Err(problem)
            if matches!(
                problem.kind,
                ProblemKind::Unavailable | ProblemKind::Internal
            ) =>
        {
            Err(problem)
        }
        Err(problem) => Ok((None, Some(problem.what))),
    }
}

/// Flows that the actor may see, the last changed first, each with the name of its kind, state and
/// unit, and how many there are in all.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(app: &App, ctx: &Ctx, query: &FlowQuery) -> Result<(Vec<Waiting>, i64), Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let query = FlowQuery {
        limit: match query.limit {
            0 => 50,
            limit => limit.clamp(1, 500),
        },
        ..query.clone()
    };
    let (rows, total) = store::flow::list(&app.db, &scope, &query).await?;
    let mut tx = app.db.snapshot().await?;
    let units = units_of(app, &mut tx, &rows).await?;
    let mut all = Vec::new();
    for row in rows {
        // One that this version of the program does not read stands in the list by its id.
        let flow = definition(app, &mut tx, &row.flow, &row.definition)
            .await
            .ok();
        all.push(Waiting {
            kind: (flow.as_ref()).map_or_else(|| Label::same(&row.flow), |f| f.title.clone()),
            state: flow.map_or_else(|| Label::same(&row.state), |f| state(&f, &row)),
            unit: units
                .get(&row.organization)
                .map_or_else(String::new, |u| u.name.clone()),
            steps: Vec::new(),
            optional: Vec::new(),
            in_place_of: None,
            late: is_late(app, &row),
            row,
        });
    }
    Ok((all, total))
}

/// The units of some flows, by id.
///
/// # Errors
/// Unavailable.
pub(super) async fn units_of(
    app: &App,
    tx: &mut Tx,
    rows: &[FlowRow],
) -> Result<HashMap<OrganizationId, FlowUnit>, Problem> {
    let mut ids: Vec<OrganizationId> = rows.iter().map(|row| row.organization).collect();
    ids.sort_unstable();
    ids.dedup();
    let today = app.clock.today().to_string();
    Ok(store::flow::units(tx, &ids, &today).await?)
}
