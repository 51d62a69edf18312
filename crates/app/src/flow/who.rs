//! Who takes a step: with their own authority, or in the place of who named them.

use domain::{
    authority::{Actor, Permission},
    id::AccountId,
    label::Label,
    problem::Problem,
};
use policy::flow::{Of, Step};
use store::{Tx, flow::FlowEvent};

use super::substitute::MOST_FOR;
use crate::{App, Ctx};

/// Somebody, and under whose authority.
#[derive(Clone, Debug)]
pub(super) struct Acting {
    /// Who acts, with the grants under which it is done.
    pub(super) actor: Actor,
    /// In whose place: key and name.
    pub(super) in_place_of: Option<(String, String)>,
}

/// An account's id, or the name of who has none.
pub(super) fn key(actor: &Actor) -> String {
    let account = actor.account.map(|account| account.to_string());
    account.unwrap_or_else(|| actor.name.clone())
}

impl Acting {
    /// Whether one of these keys is theirs, or of whom they stand for.
    fn is(&self, other: &str) -> bool {
        let stands_for = self
            .in_place_of
            .as_ref()
            .is_some_and(|(key, _)| key == other);
        stands_for || key(&self.actor) == other
    }

    /// The same context, acting so.
    pub(super) fn ctx(&self, ctx: &Ctx) -> Ctx {
        Ctx {
            actor: self.actor.clone(),
            ..ctx.clone()
        }
    }
}

/// The ways in which somebody may act today: as themselves, then in the place of each who named
/// them, with that account's grants as they are now.
///
/// # Errors
/// Unavailable.
pub(super) async fn actings(app: &App, tx: &mut Tx, ctx: &Ctx) -> Result<Vec<Acting>, Problem> {
    let mut all = vec![Acting {
        actor: ctx.actor.clone(),
        in_place_of: None,
    }];
    let Some(own) = ctx.actor.account else {
        return Ok(all);
    };
    let today = app.clock.today().to_string();
    for named in store::flow::substituted(tx, own, &today, MOST_FOR).await? {
        let Some(account) = store::account::in_tx(tx, named.account).await? else {
            continue;
        };
        if account.enabled {
            all.push(Acting {
                actor: Actor {
                    grants: account.grants,
                    ..ctx.actor.clone()
                },
                in_place_of: Some((account.id.to_string(), account.login)),
            });
        }
    }
    Ok(all)
}

/// Why somebody may not take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// Their roles do not reach it.
    Allowed,
    /// They did not begin it.
    Asker,
    /// They took a step before that somebody else must take.
    Other,
    /// They have approved already.
    Again,
}

impl Not {
    pub(super) fn label(self) -> Label {
        match self {
            Self::Allowed => Label::new(
                "Bạn không có quyền làm bước này",
                "You may not take this step",
            ),
            Self::Asker => Label::new(
                "Chỉ người gửi đề nghị làm bước này",
                "Only who sent the request takes this step",
            ),
            Self::Other => Label::new(
                "Bạn đã làm một bước trước đó: bước này phải do người khác làm",
                "You took a step before it: somebody else must take this one",
            ),
            Self::Again => Label::new(
                "Bạn đã duyệt; còn chờ người khác",
                "You have approved; others are still awaited",
            ),
        }
    }

    pub(super) fn problem(self, step: &Label) -> Problem {
        Problem::denied(self.label(), &step.vi)
    }
}

/// The approvals of a step that count: since the flow came into its state, of what is shown now.
pub(super) fn approvals<'a>(
    events: &'a [FlowEvent],
    name: &'a str,
    seen: &'a str,
) -> impl Iterator<Item = &'a FlowEvent> {
    let arrived = events.iter().rposition(|e| e.kind == "taken").unwrap_or(0);
    events
        .iter()
        .skip(arrived + 1)
        .filter(move |e| e.step == name && e.seen == seen)
}

/// Whether somebody may take a step of a flow, its guard apart. `began` is who began it.
pub(super) fn stands(
    acting: &Acting,
    (name, step): (&str, &Step),
    began: &str,
    events: &[FlowEvent],
    seen: &str,
) -> Result<(), Not> {
    if step.who.of == Of::Asker && !acting.is(began) {
        return Err(Not::Asker);
    }
    let theirs = |e: &FlowEvent| {
        acting.is(&e.actor) || e.for_actor.as_deref().is_some_and(|key| acting.is(key))
    };
    let mut before = events
        .iter()
        .filter(|e| step.who.other_than.contains(&e.step));
    if before.any(theirs) {
        return Err(Not::Other);
    }
    if step.approvals > 1 && approvals(events, name, seen).any(theirs) {
        return Err(Not::Again);
    }
    Ok(())
}

/// Whether the grants under which somebody acts reach a flow's unit for a step.
pub(super) async fn reaches(
    tx: &mut Tx,
    acting: &Acting,
    step: &Step,
    organization: domain::id::OrganizationId,
) -> Result<bool, Problem> {
    let Ok(scope) = acting.actor.scope_among(step.who.may, &step.who.roles) else {
        return Ok(false);
    };
    Ok(store::registry::covers(tx, &scope, organization).await?)
}

/// The account of somebody who must have one.
pub(super) fn account(ctx: &Ctx) -> Result<AccountId, Problem> {
    ctx.actor.scope(Permission::Read)?;
    ctx.actor.account.ok_or_else(|| {
        Problem::denied(
            Label::new(
                "Chỉ người có tài khoản làm được việc này",
                "Only somebody with an account does this",
            ),
            &ctx.actor.name,
        )
    })
}
