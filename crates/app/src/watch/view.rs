//! The network as pages, API and command line show it.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use domain::{
    authority::{Permission, Scope},
    id::{Id, TargetId},
    label::Label,
    problem::Problem,
    reachability::State,
};
use store::{
    alarm::Alarm,
    outage::{Outage, Wanted},
    standing::Standing,
    target::{AvailabilityRow, TargetRow, Transition},
};

use crate::{App, Ctx, task};

/// An alarm with the names that it needs.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct AlarmView {
    /// The alarm.
    pub alarm: Alarm,
    /// The cause's name; empty when the cause is our own isolation.
    pub subject: String,
    /// Names of what hangs behind it.
    pub behind: Vec<String>,
}

/// Time up of the time known, and the time not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Availability {
    /// 0 to 1; none when nothing is known.
    pub share: Option<f64>,
    /// Milliseconds known: up, down, unreachable.
    pub known_ms: i64,
    /// Milliseconds not known: no data, or we were cut off.
    pub unknown_ms: i64,
}

impl Availability {
    /// Of one row, or of several added up.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a AvailabilityRow>) -> Self {
        let (mut up, mut known, mut unknown) = (0, 0, 0);
        for row in rows {
            up += row.up_ms;
            known += row.up_ms + row.down_ms + row.unreachable_ms;
            unknown += row.no_data_ms + row.isolated_ms;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of months are far below 2^52"
        )]
        let share = (known > 0).then(|| up as f64 / known as f64);
        Self {
            share,
            known_ms: known,
            unknown_ms: unknown,
        }
    }
}

async fn standing(app: &App) -> Result<Arc<Standing>, Problem> {
    let mark = app.mark.now(&app.db).await?;
    let written = app.watch.written.load(Ordering::Acquire);
    let everything = task::everything();
    let make = Standing::load(&app.db, &everything);
    let kept = app.watch.standing.get((mark, written), make).await;
    kept.map_err(Problem::from)
}

/// All targets that the actor may see, in the order of their names.
///
/// # Errors
/// Denied, unavailable.
pub async fn targets(app: &App, ctx: &Ctx) -> Result<Vec<Arc<TargetRow>>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let mut found = standing(app).await?.within(&scope);
    for target in &mut found {
        if let Some(doubtful) = doubted(app, target) {
            *target = Arc::new(doubtful);
        }
    }
    Ok(found)
}

/// What is allowed on top of the intervals after which a target counts as not measured: states
/// are written every ten seconds, and a loaded machine is late.
const SLACK_MS: i64 = 60_000;

/// For how long a target may be silent and still counts as measured, milliseconds: so many
/// intervals of its class as the settings say, and some slack.
pub fn patience(app: &App, target: &TargetRow) -> i64 {
    let pace = super::core::pace(&app.settings(), &target.class);
    i64::from(pace.interval_ms) * i64::from(pace.stale_intervals.max(1)) + SLACK_MS
}

/// The target without data, where it is said to be up and was not measured lately: the watch
/// does not run, or has just begun again. Only a fresh answer says that something is up.
fn doubted(app: &App, target: &TargetRow) -> Option<TargetRow> {
    if target.state != State::Up.word() {
        return None;
    }
    let last = target.last_sample_at.unwrap_or_default();
    (app.clock.now_ms() - last > patience(app, target)).then(|| TargetRow {
        state: State::NoData.word().into(),
        degraded: false,
        since_at: target.last_sample_at,
        rtt_us: None,
        ..target.clone()
    })
}

/// One of them.
///
/// # Errors
/// Not found also when it is another unit's.
pub async fn target(app: &App, ctx: &Ctx, id: TargetId) -> Result<Arc<TargetRow>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let standing = standing(app).await?;
    let found = standing.get(&scope, id).cloned();
    let target = found
        .ok_or_else(|| Problem::not_found(&Label::new("điểm đo", "target"), &id.to_string()))?;
    Ok(doubted(app, &target).map_or(target, Arc::new))
}

/// How many targets are in each state, by its word.
pub fn summary(targets: &[Arc<TargetRow>]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for target in targets {
        *counts.entry(target.state.as_str()).or_default() += 1;
    }
    counts
}

/// The month that goes on, of every target that the actor may see and that has any.
///
/// # Errors
/// Denied, unavailable.
pub async fn availability(
    app: &App,
    ctx: &Ctx,
) -> Result<HashMap<TargetId, Arc<AvailabilityRow>>, Problem> {
    let seen = targets(app, ctx).await?;
    let mark = app.mark.now(&app.db).await?;
    let written = app.watch.written.load(Ordering::Acquire);
    let month = app.clock.today().strftime("%Y-%m").to_string();
    let everything = task::everything();
    let make = store::standing::month(&app.db, &everything, &month);
    let key = (mark, written, month.clone());
    let all = app.watch.month.get(key, make).await?;
    let of = |target: &Arc<TargetRow>| Some((target.id, all.get(&target.id)?.clone()));
    Ok(seen.iter().filter_map(of).collect())
}

/// Days of a target, ISO dates inclusive.
///
/// # Errors
/// As [`target`].
pub async fn days(
    app: &App,
    ctx: &Ctx,
    id: TargetId,
    from: &str,
    to: &str,
) -> Result<Vec<AvailabilityRow>, Problem> {
    target(app, ctx, id).await?;
    store::target::days(&app.db, Some(id), from, to)
        .await
        .map_err(Problem::from)
}

/// The months of a target that the actor may see, the newest first; also of one that is no
/// longer probed.
///
/// # Errors
/// Denied, unavailable.
pub async fn months(
    app: &App,
    ctx: &Ctx,
    id: TargetId,
    limit: i64,
) -> Result<Vec<AvailabilityRow>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    store::target::months(&app.db, &scope, id, limit)
        .await
        .map_err(Problem::from)
}

/// One month (`YYYY-MM`) of everything that the actor may see and that was probed in it.
///
/// # Errors
/// Denied, unavailable.
pub async fn month(app: &App, ctx: &Ctx, month: &str) -> Result<Vec<AvailabilityRow>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    store::target::month(&app.db, &scope, month)
        .await
        .map_err(Problem::from)
}

/// Outages that the actor may see, of one target or of all: those that had not ended by
/// `from` and had begun by `to` (unix milliseconds), the newest first.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn outages(
    app: &App,
    ctx: &Ctx,
    of: Option<TargetId>,
    from: i64,
    to: Option<i64>,
    limit: i64,
) -> Result<Vec<Outage>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let wanted = Wanted {
        target: of,
        from,
        to,
        limit,
    };
    let mut found = store::outage::list(&app.db, &scope, &wanted).await?;
    // What lay behind a line may be other units'.
    let standing = standing(app).await?;
    for outage in &mut found {
        outage
            .affected
            .retain(|id| standing.get(&scope, *id).is_some());
    }
    Ok(found)
}

/// A target's changes of state since `from`, the newest first.
///
/// # Errors
/// As [`target`].
pub async fn transitions(
    app: &App,
    ctx: &Ctx,
    id: TargetId,
    from: i64,
) -> Result<Vec<Transition>, Problem> {
    target(app, ctx, id).await?;
    store::target::transitions(&app.db, id, from, 500)
        .await
        .map_err(Problem::from)
}

/// A target's samples between two moments, as at most `buckets` points.
///
/// # Errors
/// As [`target`].
pub async fn samples(
    app: &App,
    ctx: &Ctx,
    id: TargetId,
    from: i64,
    to: i64,
    buckets: usize,
) -> Result<Vec<vault::series::probe::Bucket>, Problem> {
    target(app, ctx, id).await?;
    app.logs.samples(id, from, to, buckets).await
}

/// Open alarms that the actor may see; with `closed` also the latest that have ended.
///
/// # Errors
/// Denied, unavailable.
pub async fn alarms(
    app: &App,
    ctx: &Ctx,
    closed: bool,
    limit: i64,
) -> Result<Vec<AlarmView>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let found = store::alarm::list(&app.db, &scope, closed, limit).await;
    named(app, &scope, found?).await
}

/// Every open alarm that the actor may see, however old, the newest first.
///
/// # Errors
/// Denied, unavailable.
pub async fn open_alarms(app: &App, ctx: &Ctx) -> Result<Vec<AlarmView>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let found = store::alarm::open(&app.db, &scope).await;
    named(app, &scope, found?).await
}

/// The latest alarms that have ended and that the actor may see, the newest first.
///
/// # Errors
/// Denied, unavailable.
pub async fn past_alarms(app: &App, ctx: &Ctx, limit: i64) -> Result<Vec<AlarmView>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let found = store::alarm::past(&app.db, &scope, limit).await;
    named(app, &scope, found?).await
}

async fn named(app: &App, scope: &Scope, alarms: Vec<Alarm>) -> Result<Vec<AlarmView>, Problem> {
    let standing = standing(app).await?;
    let name = |id: &TargetId| Some(standing.get(scope, *id)?.subject.clone());
    Ok(alarms
        .into_iter()
        .map(|mut alarm| {
            // Ids and names stay side by side; what is not watched any more has no name.
            alarm.behind.retain(|id| name(id).is_some());
            alarm
        })
        .map(|alarm| AlarmView {
            subject: name(&alarm.target).unwrap_or_default(),
            behind: alarm.behind.iter().filter_map(name).collect(),
            alarm,
        })
        .collect())
}

/// Somebody takes an alarm on.
///
/// # Errors
/// Denied, not found.
pub async fn acknowledge(app: &App, ctx: &Ctx, id: Id) -> Result<(), Problem> {
    let mut work = app.begin(ctx, Permission::Write).await?;
    let found = store::alarm::get(&app.db, &work.scope(), id).await?;
    let alarm = found
        .ok_or_else(|| Problem::not_found(&Label::new("cảnh báo", "alarm"), &id.to_string()))?;
    let organization = alarm.organization;
    let taken = Alarm {
        acknowledged_at: Some(work.now()),
        acknowledged_by: Some(ctx.actor.name.clone()),
        ..alarm
    };
    store::alarm::save(&mut work, &taken).await?;
    let id = id.to_string();
    work.event("alarm", &id, organization, "acknowledge", None, None);
    work.commit().await?;
    Ok(())
}
