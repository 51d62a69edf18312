//! What waits for somebody: flows and papers, in a number of queries that does not grow with them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{
    authority::{Permission, Scope},
    id::Id,
    noun,
    problem::Problem,
    record::Record,
};
use policy::flow::{Effect, Flow, Step};
use store::{Tx, flow::FlowRow};

use super::{
    definition::definition,
    ground::Ground,
    view::{Waiting, foreseen, is_late, state, units_of},
    who::{Acting, Reach, actings, key, since_arrival},
};
use crate::{
    App, Ctx,
    document::{self, Paper},
};

/// So many flows wait for somebody at most; what is more is not counted.
const MOST: i64 = 500;

/// What waits for somebody.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Flows that wait for a step of theirs, the earliest due first.
    pub waiting: Vec<Waiting>,
    /// Flows that wait for others, of which they may take a step as well.
    pub optional: Vec<Waiting>,
    /// Papers that wait for a step of theirs, the longest waiting first.
    pub papers: Vec<Paper>,
}

impl Desk {
    /// How much waits: what need not be done is not counted.
    pub fn count(&self) -> usize {
        self.waiting.len() + self.papers.len()
    }
}

/// A definition's hash and a state of it.
type Place = (String, String);

/// What waits for the actor, in their own name or in the place of who named them.
///
/// # Errors
/// Denied, unavailable.
pub async fn waiting(app: &App, ctx: &Ctx) -> Result<Desk, Problem> {
    ctx.actor.scope(Permission::Read)?;
    let mut tx = app.db.snapshot().await?;
    let mut flows: HashMap<String, Arc<Flow>> = HashMap::new();
    for (hash, id) in store::flow::running(&mut tx).await? {
        // One that is not read shows on its own page.
        if let Ok(flow) = definition(app, &mut tx, &id, &hash).await {
            flows.insert(hash, flow);
        }
    }
    let mut found: Vec<Waiting> = Vec::new();
    for acting in &actings(app, &mut tx, ctx).await? {
        let rows = standing(&mut tx, acting, &flows).await?;
        let steps = flows.values().flat_map(|flow| flow.steps());
        let units: BTreeSet<_> = rows.iter().map(|row| row.organization).collect();
        let units: Vec<_> = units.into_iter().collect();
        let reach = acting.reach(&mut tx, steps.map(|(.., step)| step), &units);
        let reach = reach.await?;
        for ground in grounds(app, &mut tx, &flows, rows).await? {
            let waits = waits_for(app, &mut tx, (acting, &reach), ground).await?;
            let Some(waits) = waits else { continue };
            // In another's place more may be done than in one's own.
            match found.iter_mut().find(|known| known.row.id == waits.row.id) {
                Some(known) => {
                    let own = known.steps.clone();
                    let more = waits.steps.into_iter();
                    known.steps.extend(more.filter(|step| !own.contains(step)));
                    let own = known.optional.clone();
                    let more = waits.optional.into_iter();
                    known
                        .optional
                        .extend(more.filter(|step| !own.contains(step)));
                }
                None => found.push(waits),
            }
        }
    }
    drop(tx);
    let far = String::from("9999");
    found.sort_by(|a, b| {
        let due = |w: &Waiting| w.row.due_on.clone().unwrap_or_else(|| far.clone());
        (due(a), a.row.entered_at, a.row.id).cmp(&(due(b), b.row.entered_at, b.row.id))
    });
    let (waiting, optional) = found.into_iter().partition(|w| !w.steps.is_empty());
    Ok(Desk {
        waiting,
        optional,
        papers: document::waiting(app, ctx, MOST).await?,
    })
}

/// The open flows whose steps somebody's roles reach: one query for each of their scopes.
async fn standing(
    tx: &mut Tx,
    acting: &Acting,
    flows: &HashMap<String, Arc<Flow>>,
) -> Result<Vec<FlowRow>, Problem> {
    let mut reaches: Vec<(Scope, BTreeSet<Place>)> = Vec::new();
    for (hash, flow) in flows {
        for (from, _, step) in flow.steps() {
            let (Some(from), Some(scope)) = (from, acting.scope(step)) else {
                continue;
            };
            let place = (hash.clone(), from.to_owned());
            match reaches.iter_mut().find(|(known, _)| *known == scope) {
                Some((_, places)) => drop(places.insert(place)),
                None => reaches.push((scope, BTreeSet::from([place]))),
            }
        }
    }
    let mut rows: HashMap<Id, FlowRow> = HashMap::new();
    for (scope, places) in &reaches {
        let places: Vec<_> = places
            .iter()
            .map(|(d, s)| (d.as_str(), s.as_str()))
            .collect();
        let found = store::flow::standing(tx, scope, &places, MOST).await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows.into_values().collect())
}

/// All that the steps of some flows ask about, read at once.
async fn grounds(
    app: &App,
    tx: &mut Tx,
    flows: &HashMap<String, Arc<Flow>>,
    rows: Vec<FlowRow>,
) -> Result<Vec<Ground>, Problem> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let mut events = store::flow::events_of(tx, &ids).await?;
    let units = units_of(app, tx, &rows).await?;
    let mut subjects: HashMap<&str, Vec<Id>> = HashMap::new();
    for row in &rows {
        let about = flows.get(&row.definition).and_then(|f| f.about.as_deref());
        if let (Some(about), Some(subject)) = (about, row.subject) {
            subjects.entry(about).or_default().push(subject);
        }
    }
    let mut records: HashMap<Id, Record> = HashMap::new();
    for (about, ids) in subjects {
        if let Some(schema) = noun::get(about) {
            records.extend(store::registry::by_ids_in(tx, schema, &ids).await?);
        }
    }
    let all = rows.into_iter().filter_map(|row| {
        let flow = Arc::clone(flows.get(&row.definition)?);
        let record = row.subject.and_then(|id| records.get(&id).cloned());
        let unit = units.get(&row.organization).cloned().unwrap_or_default();
        let events = events.remove(&row.id).unwrap_or_default();
        Some(Ground::of(row, flow, events, record, unit))
    });
    Ok(all.collect())
}

async fn waits_for(
    app: &App,
    tx: &mut Tx,
    (acting, reach): (&Acting, &Reach),
    ground: Ground,
) -> Result<Option<Waiting>, Problem> {
    let (mut steps, mut optional) = (Vec::new(), Vec::new());
    for (name, step) in ground.steps() {
        let Some(seen) = seen(app, tx, &ground, (name, step)).await? else {
            continue;
        };
        if ground.may(acting, reach, (name, step), &seen).is_ok() {
            match step.optional {
                true => optional.push(step.label.clone()),
                false => steps.push(step.label.clone()),
            }
        }
    }
    if steps.is_empty() && optional.is_empty() {
        return Ok(None);
    }
    Ok(Some(Waiting {
        kind: ground.flow.title.clone(),
        state: state(&ground.flow, &ground.row),
        late: is_late(app, &ground.row),
        unit: ground.unit.name,
        row: ground.row,
        steps,
        optional,
        in_place_of: acting.in_place_of.as_ref().map(|(_, name)| name.clone()),
    }))
}

/// The hash of what somebody would be shown of a step, where it matters who approved that already;
/// none where it cannot be done as things stand.
async fn seen(
    app: &App,
    tx: &mut Tx,
    ground: &Ground,
    (name, step): (&str, &Step),
) -> Result<Option<String>, Problem> {
    let approved = since_arrival(&ground.events);
    let matters = step.approvals > 1 && approved.iter().any(|e| e.step == name);
    // A call asks the database what it would be done to: one query more for each flow that somebody
    // has approved.
    let calls = step.effects.iter().any(|e| matches!(e, Effect::Call(_)));
    if !matters && (calls || step.form.iter().any(|f| f.required)) {
        return Ok(Some(String::new()));
    }
    let (plan, cannot) = foreseen(app, tx, ground, (name, step), &ground.row.typed).await?;
    Ok(match cannot {
        Some(_) => None,
        None => Some(plan.map_or_else(String::new, |plan| plan.seen)),
    })
}

/// How much waits for each account, as it was asked lately: the menu of every page shows it.
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
    /// Flows, papers, accounts or substitutes changed.
    pub(crate) fn changed(&self) {
        self.mark.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many flows and papers wait for the actor.
///
/// # Errors
/// Denied, unavailable.
pub async fn waits(app: &App, ctx: &Ctx) -> Result<usize, Problem> {
    let (who, now) = (key(&ctx.actor), app.clock.now_ms());
    let mark = app.waiting.mark.load(Ordering::Relaxed);
    // A token may do less than its account, and a name alone is nobody's.
    let remembered = ctx.actor.only.is_none() && ctx.actor.account.is_some();
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
    let count = waiting(app, ctx).await?.count();
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
