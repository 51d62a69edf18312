//! Inspections as pages show them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Record,
};
use store::registry::RecordQuery;

use super::{FINDING, ITEM, ROUND, is_ended};
use crate::{App, Ctx, assess, registry};

/// One item of a checklist, with the verdict as it is now.
#[derive(Clone, Debug)]
pub struct Item {
    /// The item.
    pub record: Record,
    /// The unit's code.
    pub unit: String,
    /// The live verdict; none when the clause does not bind the unit any more.
    pub verdict: Option<policy::Status>,
    /// Whether this actor may answer it.
    pub may_answer: bool,
}

/// An inspection with all that hangs on it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The inspection.
    pub record: Record,
    /// The units in its checklist: code and name, in the order of names.
    pub units: Vec<(String, String)>,
    /// Items by result, over all units that the actor may see.
    pub counts: BTreeMap<String, usize>,
    /// The items, those of one unit when it is asked for.
    pub items: Vec<Item>,
    /// Its findings.
    pub findings: Vec<Record>,
    /// The units (codes) that have concluded their own part.
    pub concluded: BTreeSet<String>,
}

pub(super) fn of(id: Id) -> RecordQuery {
    RecordQuery {
        filters: vec![("inspection".into(), id.to_string())],
        limit: 1_000_000,
        ..RecordQuery::default()
    }
}

/// An inspection by its code or id, with the items of `unit` (a code) or of all.
///
/// # Errors
/// Denied; not found also when no unit of the actor's is in it.
pub async fn get(
    app: &App,
    ctx: &Ctx,
    key: &str,
    unit: Option<&str>,
) -> Result<Inspection, Problem> {
    let record = round(app, ctx, key).await?;
    let view = assess::board(app, ctx, None).await?;
    let all = registry::list(app, ctx, ITEM, &of(record.id))
        .await?
        .records;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut units: BTreeMap<Id, (String, String)> = BTreeMap::new();
    let centre = ctx.actor.scope(Permission::Manage).is_ok();
    let (mut items, mut concluded) = (Vec::new(), BTreeSet::new());
    for item in all {
        *counts.entry(item.text("result").to_owned()).or_default() += 1;
        let Some(id) = item.get("organization").as_id() else {
            continue;
        };
        let known = view.find(&id.to_string());
        let (code, name) = units
            .entry(id)
            .or_insert_with(|| {
                known.map_or_else(Default::default, |u| (u.code.clone(), u.name.clone()))
            })
            .clone();
        if !item.text("concluded_on").is_empty() {
            concluded.insert(code.clone());
        }
        if unit.is_some_and(|wanted| wanted != code) {
            continue;
        }
        let cell = known.and_then(|u| {
            view.board
                .get(item.text("regulation"), item.text("clause"), u.id)
        });
        items.push(Item {
            unit: if code.is_empty() { name } else { code },
            verdict: cell.map(|c| c.status),
            may_answer: answers(ctx, centre, &record, &item),
            record: item,
        });
    }
    // In the order of the texts: 13.2 before 13.10, point d before point đ.
    let order: HashMap<(&str, &str), usize> = (view.board.clauses.iter().enumerate())
        .map(|(i, c)| ((c.regulation.as_str(), c.cite.as_str()), i))
        .collect();
    items.sort_by_cached_key(|item| {
        let clause = (item.record.text("regulation"), item.record.text("clause"));
        (item.unit.clone(), order.get(&clause).copied())
    });
    let findings = registry::list(app, ctx, FINDING, &of(record.id))
        .await?
        .records;
    let mut units: Vec<(String, String)> = units.into_values().collect();
    units.sort_by_key(|(_, name)| domain::text::sort_key(name));
    Ok(Inspection {
        record,
        units,
        counts,
        items,
        findings,
        concluded,
    })
}

fn answers(ctx: &Ctx, centre: bool, round: &Record, item: &Record) -> bool {
    let open = !is_ended(round.text("status"));
    let own = item.text("answered_by") == "unit" && ctx.actor.scope(Permission::Write).is_ok();
    open && item.text("concluded_on").is_empty() && (centre || own)
}

/// The inspection itself. It belongs to the body that leads it, yet whoever has an item of
/// it may see it.
pub(super) async fn round(app: &App, ctx: &Ctx, key: &str) -> Result<Record, Problem> {
    match registry::get(app, ctx, ROUND, key).await {
        Err(problem) if problem.kind == ProblemKind::NotFound => {}
        other => return other,
    }
    let system = Ctx::system(app.clock.now_ms());
    let record = registry::get(app, &system, ROUND, key).await?;
    let one = RecordQuery {
        limit: 1,
        ..of(record.id)
    };
    if registry::list(app, ctx, ITEM, &one).await?.total == 0 {
        return Err(Problem::not_found(
            &Label::new("đợt kiểm tra", "inspection"),
            key,
        ));
    }
    Ok(record)
}

/// The inspections that the actor may see, the newest first.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(app: &App, ctx: &Ctx) -> Result<Vec<Record>, Problem> {
    let every = RecordQuery {
        limit: 1_000,
        sort: Some(("starts_on".into(), true)),
        ..RecordQuery::default()
    };
    ctx.actor.scope(Permission::Read)?;
    let system = Ctx::system(app.clock.now_ms());
    let all = registry::list(app, &system, ROUND, &every).await?.records;
    let mut seen = Vec::new();
    for record in all {
        if round(app, ctx, &record.id.to_string()).await.is_ok() {
            seen.push(record);
        }
    }
    Ok(seen)
}
