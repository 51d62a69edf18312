//! Who takes a step: with their own authority, or in the place of who named them.

use std::collections::HashSet;

use domain::{
    authority::{Actor, Permission, Role, Scope},
    id::{AccountId, OrganizationId},
    label::Label,
    problem::{Problem, ProblemKind},
};
use policy::flow::{Of, Step};
use store::{
    Tx,
    flow::{EventKind, FlowEvent},
};

use super::ground::Ground;
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

/// The units that somebody's grants reach, by what steps ask of them.
pub(super) struct Reach(Vec<(Scope, HashSet<OrganizationId>)>);

impl Reach {
    /// Whether they reach a unit for a step. What was not asked about is not reached.
    pub(super) fn takes_in(&self, acting: &Acting, step: &Step, unit: OrganizationId) -> bool {
        let scope = acting.scope(step);
        let asked = self
            .0
            .iter()
            .find(|(asked, _)| scope.as_ref() == Some(asked));
        asked.is_some_and(|(_, units)| units.contains(&unit))
    }
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

    pub(super) fn scope(&self, step: &Step) -> Option<Scope> {
        (self.actor.scope_among(step.who.may, &step.who.roles)).ok()
    }

    /// Which of some units their grants reach for each of these steps: one query for each scope.
    ///
    /// # Errors
    /// Unavailable.
    pub(super) async fn reach<'a>(
        &self,
        tx: &mut Tx,
        steps: impl Iterator<Item = &'a Step>,
        units: &[OrganizationId],
    ) -> Result<Reach, Problem> {
        let mut known: Vec<(Scope, HashSet<OrganizationId>)> = Vec::new();
        for scope in steps.filter_map(|step| self.scope(step)) {
            if known.iter().all(|(asked, _)| *asked != scope) {
                let covered = store::registry::covered(tx, &scope, units).await?;
                known.push((scope, covered));
            }
        }
        Ok(Reach(known))
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
    /// The record that it would write is gone, or another unit's.
    Gone,
    /// Things do not stand so that it may be taken.
    Guard,
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
            Self::Gone => Label::new(
                "Bản ghi mà đề nghị nói đến không còn, hoặc đã chuyển sang đơn vị khác",
                "The record that the request is about is gone, or another unit's now",
            ),
            Self::Guard => Label::new(
                "Chưa đủ điều kiện để làm bước này",
                "This step may not be taken as things stand",
            ),
        }
    }

    pub(super) fn problem(self, step: &Label) -> Problem {
        match self {
            Self::Gone | Self::Guard => Problem::new(
                ProblemKind::Conflict,
                self.label(),
                &step.vi,
                Label::new(
                    "Chọn bước khác để đi tiếp hoặc kết thúc.",
                    "Take another step that goes on or ends it.",
                ),
            ),
            _ => Problem::denied(self.label(), &step.vi),
        }
    }
}

/// The approvals of a step that count: since the flow came into its state, of what is shown now.
pub(super) fn approvals<'a>(
    events: &'a [FlowEvent],
    name: &'a str,
    seen: &'a str,
) -> impl Iterator<Item = &'a FlowEvent> {
    let here = since_arrival(events).iter();
    here.filter(move |e| e.step == name && e.seen == seen)
}

/// What happened since a flow came into its state: approvals.
pub(super) fn since_arrival(events: &[FlowEvent]) -> &[FlowEvent] {
    let taken = |e: &FlowEvent| e.kind == EventKind::Taken;
    let arrived = events.iter().rposition(taken).unwrap_or(0);
    events.get(arrived + 1..).unwrap_or_default()
}

/// Whether somebody may take a step as they stand to a flow: [`Ground::may`] asks the rest. `began` is
/// who began it.
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

/// Who is waited for, in words: those roles that may take a step, and of them not who is shut out.
pub(super) fn awaited(ground: &Ground, step: &Step) -> Label {
    let who = &step.who;
    let named = |role: &Role| who.roles.is_empty() || who.roles.contains(role);
    let roles: Vec<Role> = (Role::ALL.into_iter())
        .filter(|role| role.allows(who.may) && named(role))
        .collect();
    let began = ground.events.first().map(|e| e.actor_name.as_str());
    let unit = ground.unit.name.as_str();
    let (mut vi, mut en) = match (who.of, roles.contains(&Role::Officer)) {
        (Of::Asker, _) => {
            let name = began.unwrap_or_default();
            (
                format!("người gửi đề nghị ({name})"),
                format!("who sent the request ({name})"),
            )
        }
        (Of::Unit, true) => (
            format!("cán bộ CNTT của {unit}"),
            format!("the IT officer of {unit}"),
        ),
        (Of::Unit, false) => {
            let labels: Vec<Label> = roles.into_iter().map(Role::label).collect();
            let vi: Vec<String> = labels.iter().map(|l| l.vi.to_lowercase()).collect();
            let en: Vec<String> = labels.iter().map(|l| l.en.to_lowercase()).collect();
            (
                format!("trung tâm mạng ({})", vi.join(", ")),
                format!("the network centre ({})", en.join(", ")),
            )
        }
    };
    let taken = |e: &&FlowEvent| e.kind == EventKind::Taken && who.other_than.contains(&e.step);
    let mut others: Vec<&str> = (ground.events.iter().filter(taken))
        .map(|e| e.actor_name.as_str())
        .collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        let others = others.join(", ");
        vi.push_str(&format!(", không phải {others}"));
        en.push_str(&format!(", not {others}"));
    }
    Label::new(vi, en)
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
