//! Taking a step, approving it with others, taking a flow back.

use std::collections::BTreeMap;

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Values,
};
use policy::flow::{Effect, Step, WITHDRAWN};
use serde_json::Value as Json;
use store::{
    StoreError,
    flow::{EffectState, EventKind, FlowEffect, FlowEvent, FlowRow},
};

use super::{
    act,
    form::typed,
    ground::{Ground, due, find},
    outside::ToFlow,
    plan::{Plan, Planned, plan},
    who::{Acting, Not, actings, approvals, key},
};
use crate::{App, Ctx, Work, claim, job, secrecy};

/// A click.
#[derive(Clone, Debug, Default)]
pub struct Taking {
    /// The step.
    pub step: String,
    /// The version of the flow that was read.
    pub version: i64,
    /// What was typed, by field.
    pub typed: BTreeMap<String, String>,
    /// The hash of what was shown; empty where nothing was.
    pub seen: String,
}

/// Goes on with a flow: all of the step or nothing of it. Where it does something, what it does must
/// be what was shown; where several must approve, it counts once enough of them have approved one
/// and the same.
///
/// # Errors
/// Denied: not for the actor, or somebody else must. Conflict: the flow went on meanwhile, the
/// guard does not hold, or what would be done is not what was shown. Invalid: what was typed, or
/// what a record that is written refuses.
pub async fn take(app: &App, ctx: &Ctx, id: &str, taking: &Taking) -> Result<FlowRow, Problem> {
    let (acting, step, calls) = chosen(app, ctx, id, taking).await?;
    let texts = taking.typed.iter().map(|(f, t)| (f.as_str(), t.as_str()));
    secrecy::refuse_marked(app, ctx, "flow", None, texts).await?;
    // Asked before the database is held.
    let heard = match calls {
        true => claim::heard_lately(app).await,
        false => claim::Heard::default(),
    };
    let as_whom = acting.ctx(ctx);
    let mut tries = 0;
    loop {
        let mut work = app.begin(&as_whom, step).await?;
        let taken = take_in(app, &mut work, &acting, id, taking, &heard).await;
        if let Some(row) = work.settle(taken, &mut tries).await? {
            return Ok(row);
        }
    }
}

/// In which way the actor takes the step, what that asks of them, and whether it calls anything.
async fn chosen(
    app: &App,
    ctx: &Ctx,
    id: &str,
    taking: &Taking,
) -> Result<(Acting, Permission, bool), Problem> {
    let mut tx = app.db.snapshot().await?;
    let all = actings(app, &mut tx, ctx).await?;
    let row = find(&mut tx, &all, id).await?;
    let ground = Ground::load(app, &mut tx, row).await?;
    let step = ground.step(&taking.step).ok_or_else(|| went_on(&ground))?;
    let calls = step.effects.iter().any(|e| matches!(e, Effect::Call(_)));
    let mut not = Not::Allowed;
    for acting in all {
        let units = [ground.row.organization];
        let reach = acting.reach(&mut tx, [step].into_iter(), &units).await?;
        match ground.may(&acting, &reach, (&taking.step, step), &taking.seen) {
            Ok(()) => return Ok((acting, step.who.may, calls)),
            Err(why) => not = why,
        }
    }
    Err(not.problem(&step.label))
}

fn went_on(ground: &Ground) -> Problem {
    let label = ground.state().map(|state| state.label.clone());
    let label = label.unwrap_or_else(|| Label::new("đã rút", "withdrawn"));
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            format!(
                "Đề nghị đang ở trạng thái “{}”, không còn bước này",
                label.vi
            ),
            format!(
                "The request stands at “{}”, this step is no longer there",
                label.en
            ),
        ),
        &ground.row.title,
        Label::new(
            "Xem lại đề nghị rồi làm tiếp.",
            "Look at the request again and go on.",
        ),
    )
}

fn shown_anew(seen: &str, title: &str) -> Problem {
    let what = if seen.is_empty() {
        Label::new("Xem những gì bước này sẽ làm", "See what this step will do")
    } else {
        Label::new(
            "Nội dung đã thay đổi sau khi bạn xem",
            "What the step would do has changed since you saw it",
        )
    };
    let next = Label::new(
        "Đọc phần “Bước này sẽ làm” rồi bấm lần nữa để xác nhận.",
        "Read what the step will do and press once more to confirm it.",
    );
    Problem::new(ProblemKind::Conflict, what, title, next)
}

async fn take_in(
    app: &App,
    work: &mut Work,
    acting: &Acting,
    id: &str,
    taking: &Taking,
    heard: &claim::Heard,
) -> Result<FlowRow, Problem> {
    let ground = held(app, work, acting, id, taking.version).await?;
    let name = taking.step.as_str();
    let step = ground.step(name).ok_or_else(|| went_on(&ground))?;
    let own = typed(app, &step.schema(&ground.flow), &taking.typed)?;
    let mut all = ground.row.typed.clone();
    all.extend(own.clone());
    let plan = plan(app, work, &ground, (name, step), &all).await?;
    // Decided again here: grants, substitutes, events and the record may have changed meanwhile.
    let units = [ground.row.organization];
    let reach = acting.reach(work, [step].into_iter(), &units).await?;
    let may = ground.may(acting, &reach, (name, step), &plan.seen);
    may.map_err(|not| not.problem(&step.label))?;
    if !plan.wrong.is_empty() {
        return Err(Problem::invalid(&ground.flow.id, plan.wrong));
    }
    let shown = !plan.effects.is_empty() || step.approvals > 1;
    if shown && plan.seen != taking.seen {
        return Err(shown_anew(&taking.seen, &ground.row.title));
    }
    let before = approvals(&ground.events, name, &plan.seen).count();
    let counts = before + 1 >= usize::from(step.approvals);
    if !counts {
        let nothing = Plan {
            effects: Vec::new(),
            ..plan
        };
        return write(
            app,
            work,
            acting,
            &ground,
            Written::Approved(name, &nothing),
        )
        .await;
    }
    act::act(app, work, acting, &ground, &plan.effects, heard).await?;
    let taken = Written::Taken {
        name,
        step,
        plan: &plan,
        own,
        all,
    };
    write(app, work, acting, &ground, taken).await
}

/// The flow, held, at the version that was read.
async fn held(
    app: &App,
    work: &mut Work,
    acting: &Acting,
    id: &str,
    version: i64,
) -> Result<Ground, Problem> {
    if let Ok(id) = id.parse::<Id>() {
        store::flow::lock(work, id).await?;
    }
    let row = find(work, std::slice::from_ref(acting), id).await?;
    if row.version != version {
        return Err(Problem::from(StoreError::Stale {
            noun: "flow".into(),
        }));
    }
    Ground::load(app, work, row).await
}

/// Takes a flow back: who began it, as long as nothing was done with it.
///
/// # Errors
/// Denied to others; conflict where something was done, or where it went on meanwhile.
pub async fn withdraw(app: &App, ctx: &Ctx, id: &str, version: i64) -> Result<FlowRow, Problem> {
    let acting = Acting {
        actor: ctx.actor.clone(),
        in_place_of: None,
    };
    let mut tries = 0;
    loop {
        let mut work = app.begin(ctx, Permission::Read).await?;
        let withdrawn = withdraw_in(app, &mut work, &acting, id, version).await;
        if let Some(row) = work.settle(withdrawn, &mut tries).await? {
            return Ok(row);
        }
    }
}

async fn withdraw_in(
    app: &App,
    work: &mut Work,
    acting: &Acting,
    id: &str,
    version: i64,
) -> Result<FlowRow, Problem> {
    let ground = held(app, work, acting, id, version).await?;
    if key(&acting.actor) != ground.row.created_by {
        return Err(Not::Asker.problem(&Label::new("Rút đề nghị", "Withdraw")));
    }
    if !ground.is_untouched() {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new(
                "Không rút được: đề nghị đã kết thúc hoặc đã có việc được thực hiện theo nó",
                "It cannot be withdrawn: it has ended, or something was done by it",
            ),
            &ground.row.title,
            Label::new(
                "Chọn một bước khác để kết thúc.",
                "Take another step that ends it.",
            ),
        ));
    }
    write(app, work, acting, &ground, Written::Withdrawn).await
}

/// What an event is.
enum Written<'a> {
    Taken {
        name: &'a str,
        step: &'a Step,
        plan: &'a Plan,
        own: Values,
        all: Values,
    },
    Approved(&'a str, &'a Plan),
    Withdrawn,
}

/// Writes the event, the flow as it then stands, and what goes out.
async fn write(
    app: &App,
    work: &mut Work,
    acting: &Acting,
    ground: &Ground,
    written: Written<'_>,
) -> Result<FlowRow, Problem> {
    let (now, before) = (work.now(), &ground.row);
    let mut row = FlowRow {
        version: before.version + 1,
        updated_at: now,
        ..before.clone()
    };
    let (for_actor, for_name) = acting.in_place_of.clone().unzip();
    let mut event = FlowEvent {
        id: Id::new(now),
        flow: row.id,
        number: row.version,
        step: "withdraw".into(),
        kind: EventKind::Taken,
        from_state: Some(before.state.clone()),
        to_state: before.state.clone(),
        actor: key(&acting.actor),
        actor_name: acting.actor.name.clone(),
        for_actor,
        for_name,
        at: now,
        typed: Values::new(),
        plan: Json::Array(Vec::new()),
        seen: String::new(),
    };
    let mut outside = Vec::new();
    let to =
        match written {
            Written::Approved(name, plan) => {
                event.step = name.into();
                event.kind = EventKind::Approved;
                event.seen.clone_from(&plan.seen);
                None
            }
            Written::Withdrawn => Some(WITHDRAWN),
            Written::Taken {
                name,
                step,
                plan,
                own,
                all,
            } => {
                event.step = name.into();
                event.typed = own;
                event.plan = plan.kept()?;
                event.seen.clone_from(&plan.seen);
                row.typed = all;
                let effects = plan.effects.iter().enumerate();
                outside.extend(effects.filter(|(_, e)| {
                    matches!(e, Planned::Document { .. } | Planned::Notice { .. })
                }));
                Some(step.to.as_str())
            }
        };
    if let Some(to) = to {
        let state = ground.flow.states.get(to);
        row.state = to.into();
        row.ended = ground.flow.is_end(to);
        row.entered_at = now;
        row.due_on = due(&app.library(), state, app.clock.today());
        event.to_state = to.into();
    }
    store::flow::update(work, &row).await?;
    store::flow::insert_event(work, &event).await?;
    for (place, effect) in outside {
        let waits = FlowEffect {
            id: Id::new(now),
            flow: row.id,
            number: event.number,
            place: i64::try_from(place).unwrap_or_default(),
            effect: serde_json::to_value(effect).map_err(|_| Problem::internal("flow"))?,
            state: EffectState::Waiting,
            said: String::new(),
            updated_at: now,
        };
        store::flow::insert_effect(work, &waits).await?;
        job::queue(work, &ToFlow::new(waits.id), now).await?;
    }
    note(work, Some(before), &row);
    note_event(work, &row, &event);
    Ok(row)
}

/// A flow, or what happened to it, as the journal tells it.
fn told(row: &impl serde::Serialize) -> String {
    serde_json::to_string(row).unwrap_or_default()
}

/// The journal's entry about a flow.
pub(super) fn note(work: &mut Work, before: Option<&FlowRow>, after: &FlowRow) {
    let action = if before.is_some() { "update" } else { "create" };
    let (id, unit) = (after.id.to_string(), Some(after.organization));
    work.event(
        "flow",
        &id,
        unit,
        action,
        before.map(told),
        Some(told(after)),
    );
}

/// The journal's entry about what happened to it.
pub(super) fn note_event(work: &mut Work, row: &FlowRow, event: &FlowEvent) {
    let (id, unit) = (event.id.to_string(), Some(row.organization));
    work.event("flow-event", &id, unit, "create", None, Some(told(event)));
}
