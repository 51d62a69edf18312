//! What waits, and what the network centre says to it.

use std::collections::HashMap;

use domain::{
    authority::{Permission, Scope},
    claim::{ClaimKind, ClaimState, Why},
    id::{Id, OrganizationId},
    label::Label,
    noun,
    problem::{FieldProblem, Problem, ProblemKind},
};
use store::{
    claim::{self, Claim, Use},
    registry,
};

use super::{Ground, Heard, adopt_lines, heard_lately, settle, settle::told};
use crate::{App, Ctx, Work, secrecy};

/// What is said to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is the unit's; refused while another has it.
    Grant,
    /// It is the unit's and also of those who have it: address translation, VRRP.
    Share,
    /// It is the unit's, and no longer of those who have it: theirs wait.
    Move,
    /// It is not the unit's.
    Refuse,
}

impl std::str::FromStr for Decision {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Ok(match word {
            "grant" => Self::Grant,
            "share" => Self::Share,
            "move" => Self::Move,
            "refuse" => Self::Refuse,
            _ => return Err(()),
        })
    }
}

/// A claim that is not in force, as it is shown.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct OpenClaim {
    /// The claim.
    #[serde(flatten)]
    pub claim: Claim,
    /// The unit's name.
    pub unit: String,
    /// The records that lay it.
    pub uses: Vec<Use>,
    /// The units that have it, for those who manage them.
    pub owners: Vec<String>,
    /// Whether the actor decides on it.
    pub may_decide: bool,
}

/// How many claims that the actor may see are not in force.
///
/// # Errors
/// Denied, unavailable.
pub async fn count_open(app: &App, ctx: &Ctx) -> Result<i64, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    Ok(claim::count_open(&app.db, &scope).await?)
}

/// Claims that the actor may see and that are not in force, the latest first: so many from a place on;
/// and how many there are.
///
/// # Errors
/// Denied, unavailable.
pub async fn open(
    app: &App,
    ctx: &Ctx,
    page: (i64, i64),
) -> Result<(Vec<OpenClaim>, i64), Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let total = claim::count_open(&app.db, &scope).await?;
    let listed = claim::open(&app.db, &scope, page).await?;
    let claims: Vec<Claim> = listed.iter().map(|(claim, _)| claim.clone()).collect();
    let manages = ctx.actor.scope(Permission::Manage).ok();
    let tree = registry::Tree::load(&app.db).await?;
    let owners = match &manages {
        Some(_) => {
            let values: Vec<_> = claims.iter().map(|c| (c.kind, c.key.clone())).collect();
            claim::owners(&app.db, &values).await?
        }
        None => Vec::new(),
    };
    let seen = |scope: &Scope, unit| tree.covers(scope, Some(unit));
    let mut ids: Vec<Id> = (claims.iter().chain(&owners))
        .map(|c| c.organization.0)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let names = names(app, &ids).await?;
    let name = |unit: OrganizationId| names.get(&unit.0).cloned().unwrap_or_default();
    let open = listed.into_iter().map(|(claim, uses)| OpenClaim {
        unit: name(claim.organization),
        owners: owners
            .iter()
            .filter(|o| (o.kind, &o.key) == (claim.kind, &claim.key))
            .filter(|o| manages.as_ref().is_some_and(|m| seen(m, o.organization)))
            .map(|o| name(o.organization))
            .collect(),
        may_decide: (manages.as_ref()).is_some_and(|m| tree.covers_head(m, claim.organization)),
        claim,
        uses,
    });
    Ok((open.collect(), total))
}

async fn names(app: &App, ids: &[Id]) -> Result<HashMap<Id, String>, Problem> {
    match noun::get("organization") {
        Some(schema) => registry::titles(&app.db, schema, ids)
            .await
            .map_err(Problem::from),
        None => Ok(HashMap::new()),
    }
}

/// How the claims of one record stand.
///
/// # Errors
/// Denied, unavailable.
pub async fn of_record(app: &App, ctx: &Ctx, id: Id) -> Result<Vec<Claim>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    claim::of_record(&app.db, &scope, id)
        .await
        .map_err(Problem::from)
}

fn missing(kind: ClaimKind, value: &str) -> Problem {
    let label = kind.label();
    Problem::not_found(
        &Label::new(
            format!("{} được đề nghị", label.vi.to_lowercase()),
            format!("claim to a {}", label.en.to_lowercase()),
        ),
        value,
    )
}

/// The network centre decides on a unit's claim, or again on one that was granted. A refusal
/// says why.
///
/// # Errors
/// Denied to all but the centre of the units concerned; not found when no record of the unit
/// lays the claim; conflict when it is granted while another unit has it; invalid for a refusal
/// without a word.
pub async fn decide(
    app: &App,
    ctx: &Ctx,
    (kind, value): (ClaimKind, &str),
    unit: OrganizationId,
    decision: Decision,
    note: &str,
) -> Result<Claim, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let note = Some(note.trim().to_owned()).filter(|n| !n.is_empty());
    if decision == Decision::Refuse && note.is_none() {
        let why = FieldProblem::new(
            "note",
            "Ghi lý do từ chối để đơn vị biết phải sửa gì",
            "Say why, so that the unit knows what to mend",
        );
        return Err(Problem::invalid(value, vec![why]));
    }
    let typed = note.iter().map(|note| ("note", note.as_str()));
    secrecy::refuse_marked(app, ctx, "claim", Some(unit), typed).await?;
    let heard = heard_lately(app).await;
    let mut work = app.begin(ctx, Permission::Manage).await?;
    let decided = decide_in(
        app,
        &mut work,
        (kind, value),
        unit,
        (decision, note),
        &heard,
    )
    .await?;
    work.commit().await?;
    Ok(decided)
}

/// Decides in the transaction of the caller, who commits and has asked for [`heard_lately`] and
/// for authority over the network.
///
/// # Errors
/// As [`decide`].
pub(crate) async fn decide_in(
    app: &App,
    work: &mut Work,
    (kind, value): (ClaimKind, &str),
    unit: OrganizationId,
    (decision, note): (Decision, Option<String>),
    heard: &Heard,
) -> Result<Claim, Problem> {
    let key = kind.key(value).ok_or_else(|| missing(kind, value))?;
    let ctx = work.ctx();
    claim::lock(work, [(kind, key.as_str())]).await?;
    let mut ground = Ground::around(app, &ctx, work, &[]).await?;
    if !ground.is_centre(work, Some(unit)).await? {
        return Err(missing(kind, value));
    }
    let uses = claim::uses(work, kind, &key, unit).await?;
    if uses.is_empty() {
        return Err(missing(kind, value));
    }
    let known = claim::to_values(work, [(kind, key.as_str())]);
    let (own, others): (Vec<Claim>, Vec<Claim>) =
        (known.await?.into_iter()).partition(|c| c.organization == unit);
    let own = own.into_iter().next();
    let holders: Vec<Claim> = (others.iter())
        .filter(|c| c.state == ClaimState::Granted)
        .cloned()
        .collect();
    for holder in &holders {
        let theirs = ground.is_centre(work, Some(holder.organization)).await;
        if decision != Decision::Refuse && !theirs? {
            return Err(taken(kind, value, ""));
        }
    }
    if decision == Decision::Grant && !holders.is_empty() {
        let ids: Vec<Id> = holders.iter().map(|c| c.organization.0).collect();
        let names: Vec<String> = names(app, &ids).await?.into_values().collect();
        return Err(taken(kind, value, &names.join(", ")));
    }
    let now = work.now();
    let by = Some(ctx.actor.name.clone());
    let mut changes = Vec::new();
    for holder in holders {
        let then = match decision {
            Decision::Share => Claim {
                shared: true,
                ..holder.clone()
            },
            Decision::Move => Claim {
                state: ClaimState::Waiting,
                shared: false,
                why: Why::Taken,
                decided_at: Some(now),
                decided_by: by.clone(),
                note: note.clone(),
                ..holder.clone()
            },
            Decision::Grant | Decision::Refuse => continue,
        };
        let action = if decision == Decision::Share {
            "share"
        } else {
            "move"
        };
        changes.push(told(work, action, Some(&holder), &then));
        claim::save(work, &[then]).await?;
    }
    let refused = decision == Decision::Refuse;
    let decided = Claim {
        kind,
        key,
        value: own
            .as_ref()
            .map_or_else(|| value.into(), |c| c.value.clone()),
        organization: unit,
        state: if refused {
            ClaimState::Refused
        } else {
            ClaimState::Granted
        },
        shared: decision == Decision::Share,
        why: match own.as_ref().map(|c| c.why) {
            Some(why) if refused => why,
            _ => Why::Free,
        },
        asked_at: own.as_ref().map_or(now, |c| c.asked_at),
        asked_by: (own.as_ref()).map_or_else(|| ctx.actor.name.clone(), |c| c.asked_by.clone()),
        decided_at: Some(now),
        decided_by: by,
        note,
    };
    let action = match decision {
        Decision::Grant => "grant",
        Decision::Share => "share",
        Decision::Move => "move",
        Decision::Refuse => "refuse",
    };
    changes.push(told(work, action, own.as_ref(), &decided));
    claim::save(work, std::slice::from_ref(&decided)).await?;
    // What the decision makes room for needs none of its own.
    let waiting = match (kind, decision) {
        (ClaimKind::Prefix, _) => claim::waiting_of(work, unit).await?,
        (_, Decision::Refuse) => others,
        _ => Vec::new(),
    };
    let freed = settle::free(app, work, waiting, &mut changes).await;
    freed?;
    changes.into_iter().for_each(|change| work.journal(change));
    for by in uses.iter().filter(|u| u.noun == "device") {
        if let Some(schema) = noun::get("device")
            && let Some(device) = registry::get_in(work, schema, by.id).await?
        {
            adopt_lines(app, work, schema, &device, heard).await?;
        }
    }
    Ok(decided)
}

/// Refuses a value that another unit has.
///
/// # Errors
/// Conflict, with the units that have it; unavailable.
pub(crate) async fn refuse_taken(
    app: &App,
    kind: ClaimKind,
    value: &str,
    unit: OrganizationId,
) -> Result<(), Problem> {
    let Some(key) = kind.key(value) else {
        return Ok(());
    };
    let holders = claim::owners(&app.db, &[(kind, key)]).await?;
    let others = holders.iter().filter(|c| c.organization != unit);
    let ids: Vec<Id> = others.map(|c| c.organization.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = names(app, &ids).await?.into_values().collect();
    Err(taken(kind, value, &names.join(", ")))
}

fn taken(kind: ClaimKind, value: &str, owners: &str) -> Problem {
    let label = kind.label();
    let of = |other: &str| {
        if owners.is_empty() {
            other.to_owned()
        } else {
            owners.to_owned()
        }
    };
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            format!("{} này đang là của {}", label.vi, of("tỉnh khác")),
            format!(
                "This {} is {}'s",
                label.en.to_lowercase(),
                of("another province")
            ),
        ),
        value,
        Label::new(
            "Khai báo dùng chung, chuyển sang đơn vị này, hoặc từ chối.",
            "Declare it shared, move it to this unit, or refuse.",
        ),
    )
}
