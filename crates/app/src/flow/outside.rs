//! What a flow does outside the database: a job with a key for each effect, done once or told that
//! it is unsure.
//!
//! Before a mail goes out the effect says `sending`, committed. Whoever finds it so later does not
//! know whether it went: it is `unsure`, is not sent again by itself, and the flow's page says so.

use std::{error::Error, io};

use domain::{
    id::{AccountId, Id, OrganizationId},
    label::Label,
    problem::{Problem, ProblemKind},
};
use observe::notice::{Notice, NoticeError};
use policy::flow::Receiver;
use serde::{Deserialize, Serialize};
use store::{
    StoreError,
    alarm::Said,
    flow::{EffectState, FlowEffect, FlowRow},
};

use super::{
    ground::{find, missing},
    plan::Planned,
    who::actings,
};
use crate::{
    App, Ctx,
    document::{self, Begin},
    job::{self, Job, JobError, Worked},
    notify, system_alarm,
    task::everything,
};

/// Does what flows do outside the database and is due.
///
/// # Errors
/// The store's; what is not done is put back, not an error.
pub async fn outside(app: &App) -> Result<Worked, StoreError> {
    job::work_off::<ToFlow>(app).await
}

/// One effect.
#[derive(Serialize, Deserialize)]
pub(crate) struct ToFlow {
    effect: Id,
}

impl ToFlow {
    pub(super) fn new(effect: Id) -> Self {
        Self { effect }
    }
}

/// What came of an attempt.
enum Came {
    Done(String),
    /// It surely did not go out, and may later.
    Later(String),
    /// It surely did not go out, and to try again is useless.
    Never(String),
    /// Nobody knows whether it went out.
    Unsure(String),
}

impl Job for ToFlow {
    const KIND: &'static str = "flow";

    fn key(&self) -> String {
        format!("flow:{}", self.effect)
    }

    async fn run(self, app: App) -> Result<(), JobError> {
        let later = |error: &dyn Error| JobError::Later(error.to_string());
        let found = store::flow::effect(&app.db, self.effect).await;
        let Some(effect) = found.map_err(|e| later(&e))? else {
            return Ok(());
        };
        if !matches!(effect.state, EffectState::Waiting | EffectState::Sending) {
            return Ok(());
        }
        let Some(planned) = told(&app, &effect).await.map_err(|e| later(&e))? else {
            return untold(&app, &effect).await.map_err(|e| later(&e));
        };
        let again = matches!(planned, Planned::Document { .. });
        match effect.state {
            EffectState::Waiting => {
                if !to(&app, &effect, EffectState::Waiting, EffectState::Sending)
                    .await
                    .map_err(|e| later(&e))?
                {
                    return Ok(());
                }
            }
            // A paper that is begun already is found; a mail that went out would go twice.
            EffectState::Sending if again => {}
            EffectState::Sending => {
                let said = "an attempt was cut off";
                return settle(&app, &effect, EffectState::Unsure, said)
                    .await
                    .map_err(|e| later(&e));
            }
            EffectState::Done | EffectState::Unsure | EffectState::Failed => return Ok(()),
        }
        let (state, said, outcome) = match attempt(&app, &effect, &planned).await {
            Came::Done(said) => (EffectState::Done, said, Ok(())),
            Came::Unsure(said) => (EffectState::Unsure, said, Ok(())),
            Came::Later(said) => (
                EffectState::Waiting,
                said.clone(),
                Err(JobError::Later(said)),
            ),
            Came::Never(said) => (
                EffectState::Failed,
                said.clone(),
                Err(JobError::Never(said)),
            ),
        };
        settle(&app, &effect, state, &said)
            .await
            .map_err(|e| later(&e))?;
        outcome
    }
}

/// What the flow's event says is to be done there: the journal holds the event, and nothing holds
/// what waits.
async fn told(app: &App, effect: &FlowEffect) -> Result<Option<Planned>, StoreError> {
    let mut tx = app.db.snapshot().await?;
    let events = store::flow::events(&mut tx, effect.flow).await?;
    let event = events.iter().find(|event| event.number == effect.number);
    let plan = event.map(|event| Vec::<Planned>::deserialize(&event.plan));
    let place = usize::try_from(effect.place).unwrap_or(usize::MAX);
    let planned = plan
        .and_then(Result::ok)
        .and_then(|plan| plan.into_iter().nth(place));
    Ok(planned.filter(Planned::is_outside))
}

/// The alarm about what was to go out and no event has.
const UNTOLD: &str = "flow-untold";

/// Does nothing of what no event has, and raises the alarm.
async fn untold(app: &App, effect: &FlowEffect) -> Result<(), StoreError> {
    settle(
        app,
        effect,
        EffectState::Failed,
        "no event of the flow has it",
    )
    .await?;
    let said = Said {
        what: Label::new(
            format!(
                "Một việc phải gửi ra ngoài nằm trong cơ sở dữ liệu mà không sự kiện nào của đề nghị {} nói tới; việc đó không được làm",
                effect.flow
            ),
            format!(
                "Something to be sent lies in the database, and no event of the request {} has it; it is not done",
                effect.flow
            ),
        ),
        next: Label::new(
            "Có người đã ghi thẳng vào cơ sở dữ liệu: sao chép nguyên trạng để làm chứng cứ, chạy gieng journal verify, rồi xóa dòng đó khỏi bảng flow_effect.",
            "Somebody wrote into the database itself: copy it as it is, as evidence; run gieng journal verify; then delete that row of the table flow_effect.",
        ),
    };
    let (subject, now) = (effect.id.to_string(), app.clock.now_ms());
    system_alarm::raise(app, UNTOLD, &subject, said, now).await
}

/// Ends the alarms about what no event had, once it is gone.
///
/// # Errors
/// The store's.
pub(crate) async fn told_again(app: &App) -> Result<(), StoreError> {
    for subject in system_alarm::open(app, UNTOLD).await? {
        let effect = match subject.parse() {
            Ok(id) => store::flow::effect(&app.db, id).await?,
            Err(_) => None,
        };
        if effect.is_none() {
            system_alarm::clear(app, UNTOLD, &subject).await?;
        }
    }
    Ok(())
}

async fn to(
    app: &App,
    effect: &FlowEffect,
    from: EffectState,
    to: EffectState,
) -> Result<bool, StoreError> {
    let mut work = app.begin_program().await?;
    let now = work.now();
    let taken = store::flow::claim_effect(&mut work, effect.id, (from, to), now).await?;
    work.commit().await?;
    Ok(taken)
}

async fn settle(
    app: &App,
    effect: &FlowEffect,
    state: EffectState,
    said: &str,
) -> Result<(), StoreError> {
    let mut work = app.begin_program().await?;
    let now = work.now();
    store::flow::settle_effect(&mut work, effect.id, (state, said), now).await?;
    // The flow's page shows it.
    work.touch("flow");
    work.commit().await
}

async fn attempt(app: &App, effect: &FlowEffect, planned: &Planned) -> Came {
    let row = match flow(app, effect.flow).await {
        Ok(Some(row)) => row,
        Ok(None) => return Came::Never("the flow is gone".into()),
        Err(error) => return Came::Later(error.to_string()),
    };
    match planned {
        Planned::Document { template, period } => {
            begin_paper(app, row.organization, template, period).await
        }
        Planned::Notice { to, text } => match addresses(app, &row, *to).await {
            Ok(to) if to.is_empty() => Came::Never("nobody of them has an address".into()),
            Ok(to) => {
                let subject = format!("Giềng: {}", row.title);
                let notice = Notice {
                    id: effect.id.to_string(),
                    kind: "flow.notice".into(),
                    subject,
                    body: format!("{}\n\n{}\n", text.vi, text.en),
                    at_ms: app.clock.now_ms(),
                    details: serde_json::json!({ "flow": row.id, "kind": row.flow }),
                };
                mail(app, &notice, &to).await
            }
            Err(error) => Came::Later(error.to_string()),
        },
        _ => Came::Never("it lies in the database".into()),
    }
}

async fn flow(app: &App, id: Id) -> Result<Option<FlowRow>, StoreError> {
    let mut tx = app.db.snapshot().await?;
    store::flow::get_in(&mut tx, &everything(), id).await
}

async fn begin_paper(app: &App, unit: OrganizationId, template: &str, period: &str) -> Came {
    let begin = Begin {
        template: template.into(),
        organization: unit,
        period: period.into(),
    };
    let ctx = Ctx::system(app.clock.now_ms());
    match document::begin(app, &ctx, &begin).await {
        Ok(paper) => Came::Done(paper.row.id.to_string()),
        Err(problem) if problem.kind == ProblemKind::Unavailable => {
            Came::Later(problem.to_string())
        }
        Err(problem) => Came::Never(problem.to_string()),
    }
}

/// The mail addresses of who gets a notice, as far as they have one.
async fn addresses(app: &App, row: &FlowRow, to: Receiver) -> Result<Vec<String>, StoreError> {
    let mut keys = vec![row.created_by.clone()];
    if to == Receiver::Takers {
        let mut tx = app.db.snapshot().await?;
        let events = store::flow::events(&mut tx, row.id).await?;
        keys.extend(events.into_iter().map(|e| e.actor));
    }
    keys.sort();
    keys.dedup();
    let mut all = Vec::new();
    for id in keys.iter().filter_map(|key| key.parse::<Id>().ok()) {
        let account = store::account::by_id(&app.db, AccountId(id)).await?;
        let account = account.filter(|account| account.enabled);
        all.extend(account.and_then(|a| a.email).filter(|e| !e.is_empty()));
    }
    Ok(all)
}

async fn mail(app: &App, notice: &Notice, to: &[String]) -> Came {
    let mailer = match notify::mailer(app) {
        Ok(mailer) => mailer,
        // A setting that is changed may still mend it.
        Err(why) => return Came::Later(why),
    };
    match mailer.send(notice, to).await {
        Ok(()) => Came::Done(to.join(", ")),
        Err(error) if error.is_permanent() => Came::Never(notify::words(&error)),
        Err(error) if surely_not_sent(&error) => Came::Later(notify::words(&error)),
        Err(error) => Came::Unsure(notify::words(&error)),
    }
}

/// Whether a mail that was not acknowledged cannot have been taken: the server said no, or there was
/// none.
fn surely_not_sent(error: &NoticeError) -> bool {
    if let NoticeError::Smtp { source, .. } = error
        && (source.is_transient() || source.is_tls() || source.is_client())
    {
        return true;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind::{
                AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound,
            };
            let no_server = [
                AddrNotAvailable,
                ConnectionRefused,
                HostUnreachable,
                NetworkUnreachable,
                NotFound,
            ];
            return no_server.contains(&error.kind());
        }
        cause = error.source();
    }
    false
}

/// Sends again what was unsure or failed, because somebody who sees the flow says so.
///
/// # Errors
/// Not found; denied to who may not write for the unit; conflict where it does not wait for that.
pub async fn again(app: &App, ctx: &Ctx, id: &str, effect: &str) -> Result<FlowRow, Problem> {
    let mut tx = app.db.snapshot().await?;
    let all = actings(app, &mut tx, ctx).await?;
    let row = find(&mut tx, &all, id).await?;
    drop(tx);
    let effect: Id = effect.parse().map_err(|_| missing(effect))?;
    let mut work = app.begin(ctx, domain::authority::Permission::Write).await?;
    if !work.covers(row.organization).await? {
        return Err(missing(id));
    }
    let now = work.now();
    let of_flow = store::flow::effects(&app.db, row.id).await?;
    let waits = of_flow.iter().find(|e| e.id == effect);
    let waits = waits.ok_or_else(|| missing(&effect.to_string()))?;
    let mut taken = false;
    for from in [EffectState::Unsure, EffectState::Failed] {
        let to = (from, EffectState::Waiting);
        taken |= store::flow::claim_effect(&mut work, effect, to, now).await?;
    }
    if !taken && waits.state != EffectState::Waiting {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new("Việc này đã xong hoặc đang làm", "It is done, or under way"),
            &row.title,
            Label::new("Xem lại đề nghị.", "Look at the request again."),
        ));
    }
    job::queue(&mut work, &ToFlow { effect }, now).await?;
    let told = serde_json::json!({ "flow": row.id, "state": EffectState::Waiting }).to_string();
    let (id, unit) = (effect.to_string(), Some(row.organization));
    work.event("flow-effect", &id, unit, "again", None, Some(told));
    work.commit().await?;
    Ok(row)
}
