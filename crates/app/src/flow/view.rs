//! Flows as pages and the API show them: what waits for somebody, and one flow with its ways on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{
    authority::{Permission, Scope},
    id::Id,
    label::Label,
    problem::Problem,
    schema::Schema,
};
use policy::flow::{Flow, Step};
use store::{
    Tx,
    flow::{FlowEffect, FlowEvent, FlowQuery, FlowRow, FlowUnit},
};

use super::{
    begin::typed,
    ground::{Ground, definition, find},
    plan::{Plan, plan},
    who::{Acting, Not, actings, approvals, key, reaches, stands},
};
use crate::{App, Ctx};

/// So many flows wait for somebody at most; what is more is not counted.
const MOST: i64 = 500;

/// A flow that waits for somebody.
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
    /// What they may do.
    pub steps: Vec<Label>,
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
    /// In whose place they take it.
    pub in_place_of: Option<String>,
}

/// One flow as somebody sees it.
#[derive(Clone, Debug)]
pub struct Open {
    /// The flow.
    pub row: FlowRow,
    /// As it was when it began.
    pub flow: Flow,
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
fn state(flow: &Flow, row: &FlowRow) -> Label {
    let state = flow.states.get(&row.state).map(|state| state.label.clone());
    state.unwrap_or_else(|| Label::new("Đã rút", "Withdrawn"))
}

fn is_late(app: &App, row: &FlowRow) -> bool {
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
    let mut possible = Vec::new();
    let steps = ground.state().filter(|_| !ground.row.ended);
    for (name, step) in steps.into_iter().flat_map(|state| &state.steps) {
        let given = given
            .filter(|(step, _)| step == name)
            .map(|(_, typed)| typed);
        possible.push(possible_step(app, &mut tx, &actings, &ground, (name, step), given).await?);
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
    actings: &[Acting],
    ground: &Ground,
    (name, step): (&str, &Step),
    given: Option<&BTreeMap<String, String>>,
) -> Result<Possible, Problem> {
    let form = step.schema(&ground.flow);
    let mut all = ground.typed.clone();
    let complete = match given {
        Some(given) => typed(app, &form, given).map(|own| all.extend(own)).is_ok(),
        None => form.fields.iter().all(|f| !f.required),
    };
    let plan = match complete {
        true => plan(app, tx, ground, (name, step), &all).await,
        false => Err(Problem::internal(name)),
    };
    let plan = plan.ok().filter(|plan| plan.wrong.is_empty());
    let seen = plan.as_ref().map_or("", |plan| plan.seen.as_str());
    let mut not = Some(Not::Allowed.label());
    let mut in_place_of = None;
    for acting in actings {
        if !reaches(tx, acting, step, ground.row.organization).await? {
            continue;
        }
        let began = &ground.row.created_by;
        match stands(acting, (name, step), began, &ground.events, seen) {
            Ok(()) => {
                not = None;
                in_place_of = acting.in_place_of.as_ref().map(|(_, name)| name.clone());
                break;
            }
            Err(why) => not = Some(why.label()),
        }
    }
    if not.is_none() && !ground.guard_holds(step) {
        not = Some(Label::new(
            "Chưa đủ điều kiện để làm bước này",
            "This step may not be taken as things stand",
        ));
    }
    let approved = approvals(&ground.events, name, seen);
    Ok(Possible {
        name: name.to_owned(),
        approved_by: approved.map(|e| e.actor_name.clone()).collect(),
        step: step.clone(),
        form,
        plan,
        not,
        in_place_of,
    })
}

/// What waits for the actor, in their own name or in the place of who named them: the earliest due
/// first.
///
/// # Errors
/// Denied, unavailable.
pub async fn waiting(app: &App, ctx: &Ctx) -> Result<Vec<Waiting>, Problem> {
    ctx.actor.scope(Permission::Read)?;
    let definitions = store::flow::definitions(&app.db).await?;
    let mut flows = HashMap::new();
    for (hash, id, text) in &definitions {
        // One that is not read shows on its own page.
        if let Ok(flow) = definition(id, text) {
            flows.insert(hash.as_str(), flow);
        }
    }
    let mut tx = app.db.snapshot().await?;
    let actings = actings(app, &mut tx, ctx).await?;
    drop(tx);
    let mut found: Vec<Waiting> = Vec::new();
    for acting in &actings {
        for row in standing(app, acting, &flows).await? {
            let Some(flow) = flows.get(row.definition.as_str()) else {
                continue;
            };
            let Some(waits) = waits_for(app, acting, flow, row).await? else {
                continue;
            };
            // In another's place more may be done than in one's own.
            match found.iter_mut().find(|known| known.row.id == waits.row.id) {
                Some(known) => {
                    let more = waits.steps.into_iter();
                    let more: Vec<_> = more.filter(|s| !known.steps.contains(s)).collect();
                    known.steps.extend(more);
                }
                None => found.push(waits),
            }
        }
    }
    let far = String::from("9999");
    found.sort_by(|a, b| {
        let due = |w: &Waiting| w.row.due_on.clone().unwrap_or_else(|| far.clone());
        (due(a), a.row.entered_at, a.row.id).cmp(&(due(b), b.row.entered_at, b.row.id))
    });
    Ok(found)
}

/// The open flows whose steps somebody's roles reach.
async fn standing(
    app: &App,
    acting: &Acting,
    flows: &HashMap<&str, Flow>,
) -> Result<Vec<FlowRow>, Problem> {
    // Nearly always one or two reaches: each is one query.
    let mut reaches: Vec<(Scope, Vec<(&str, &str)>)> = Vec::new();
    for (hash, flow) in flows {
        for (from, _, step) in flow.steps() {
            let (Some(from), Ok(scope)) = (
                from,
                acting.actor.scope_among(step.who.may, &step.who.roles),
            ) else {
                continue;
            };
            match reaches.iter_mut().find(|(known, _)| *known == scope) {
                Some((_, places)) if places.contains(&(hash, from)) => {}
                Some((_, places)) => places.push((hash, from)),
                None => reaches.push((scope, vec![(hash, from)])),
            }
        }
    }
    let mut rows: Vec<FlowRow> = Vec::new();
    for (scope, places) in &reaches {
        for row in store::flow::standing(&app.db, scope, places, MOST).await? {
            if rows.iter().all(|known| known.id != row.id) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

async fn waits_for(
    app: &App,
    acting: &Acting,
    flow: &Flow,
    row: FlowRow,
) -> Result<Option<Waiting>, Problem> {
    let events = store::flow::events_of(&app.db, &[row.id]).await?;
    let mut tx = app.db.snapshot().await?;
    let late = is_late(app, &row);
    let ground = Ground::with(app, &mut tx, row, flow.clone(), events).await?;
    let mut steps = Vec::new();
    for (name, step) in ground.state().into_iter().flat_map(|s| &s.steps) {
        let seen = match step.approvals {
            1 => None,
            _ => plan(app, &mut tx, &ground, (name, step), &ground.typed)
                .await
                .ok(),
        };
        let seen = seen.map_or_else(String::new, |plan| plan.seen);
        if reaches(&mut tx, acting, step, ground.row.organization).await?
            && stands(
                acting,
                (name, step),
                &ground.row.created_by,
                &ground.events,
                &seen,
            )
            .is_ok()
            && ground.guard_holds(step)
        {
            steps.push(step.label.clone());
        }
    }
    if steps.is_empty() {
        return Ok(None);
    }
    Ok(Some(Waiting {
        kind: flow.title.clone(),
        state: state(flow, &ground.row),
        unit: ground.unit.name,
        row: ground.row,
        steps,
        in_place_of: acting.in_place_of.as_ref().map(|(_, name)| name.clone()),
        late,
    }))
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
    let mut flows: HashMap<String, Flow> = HashMap::new();
    let mut tx = app.db.snapshot().await?;
    let today = app.clock.today().to_string();
    let mut units: HashMap<Id, String> = HashMap::new();
    let mut all = Vec::new();
    for row in rows {
        if !flows.contains_key(&row.definition) {
            let text = store::flow::definition(&mut tx, &row.definition).await?;
            // As for what waits: it shows on its own page.
            if let Some(Ok(flow)) = text.map(|text| definition(&row.flow, &text)) {
                flows.insert(row.definition.clone(), flow);
            }
        }
        let name = match units.get(&row.organization.0) {
            Some(name) => name.clone(),
            None => {
                let unit = store::flow::unit(&mut tx, row.organization, &today).await?;
                let name = unit.unwrap_or_default().name;
                units.insert(row.organization.0, name.clone());
                name
            }
        };
        let flow = flows.get(&row.definition);
        all.push(Waiting {
            kind: flow.map_or_else(|| Label::same(&row.flow), |f| f.title.clone()),
            state: flow.map_or_else(|| Label::same(&row.state), |f| state(f, &row)),
            unit: name,
            steps: Vec::new(),
            in_place_of: None,
            late: is_late(app, &row),
            row,
        });
    }
    Ok((all, total))
}

/// How many flows wait for each account, as it was asked lately: the menu of every page shows it.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    mark: AtomicU64,
    /// By account: the mark and the moment at which it was counted, unix milliseconds.
    known: Mutex<HashMap<String, (u64, i64, usize)>>,
}

/// A count is asked again after so long: days pass, guards read records.
const COUNTED_FOR_MS: i64 = 60_000;
/// So many accounts are remembered.
const ACCOUNTS: usize = 10_000;

impl Counts {
    /// Flows, accounts or substitutes changed.
    pub(crate) fn changed(&self) {
        self.mark.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many flows wait for the actor.
///
/// # Errors
/// Denied, unavailable.
pub async fn waits(app: &App, ctx: &Ctx) -> Result<usize, Problem> {
    let (who, now) = (key(&ctx.actor), app.clock.now_ms());
    let mark = app.waiting.mark.load(Ordering::Relaxed);
    // A token may do less than its account.
    let remembered = ctx.actor.only.is_none();
    if remembered {
        let known = app
            .waiting
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((at_mark, at, count)) = known.get(&who)
            && *at_mark == mark
            && (0..COUNTED_FOR_MS).contains(&(now - at))
        {
            return Ok(*count);
        }
    }
    let count = waiting(app, ctx).await?.len();
    if remembered {
        let mut known = app
            .waiting
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ACCOUNTS {
            known.clear();
        }
        known.insert(who, (mark, now, count));
    }
    Ok(count)
}
