//! What a saved record claims is granted, or waits.

use std::collections::BTreeSet;

use domain::{
    claim::{self as claims, ClaimKind, ClaimState, Wanted, Why},
    id::OrganizationId,
    label::Label,
    net::{self, Prefix},
    problem::{Problem, ProblemKind},
    record::Record,
    schema::Schema,
};
use store::{
    StoreError, Tx,
    claim::{self, Claim},
    journal::Change,
    log_source,
};

use super::{Ground, adopt_lines, heard_lately};
use crate::{App, Ctx, Work, collect};

/// A record as it was and as it is: new without the one, deleted without the other.
pub(crate) type Written<'a> = (Option<&'a Record>, Option<&'a Record>);

/// Lays the claims of records that were just written, gives up those that no record lays any
/// more, and settles what waited for that; in the transaction of the caller, who commits.
///
/// # Errors
/// Conflict where too many claims of a unit would wait; unavailable.
pub(crate) async fn settle(
    app: &App,
    work: &mut Work,
    schema: &Schema,
    written: &[Written<'_>],
) -> Result<(), Problem> {
    collect::follow(work, schema, written).await?;
    let of = |record: Option<&Record>| -> Vec<Wanted> {
        record.map_or_else(Vec::new, |r| claims::wanted(schema, r))
    };
    let (mut laid, mut left) = (BTreeSet::new(), BTreeSet::new());
    for (before, after) in written {
        let (before, after) = (of(*before), of(*after));
        left.extend(before.iter().filter(|w| !after.contains(w)).cloned());
        laid.extend(after.into_iter().filter(|w| !before.contains(w)));
    }
    if laid.is_empty() && left.is_empty() {
        return Ok(());
    }
    // Of two spellings of one value the first is enough.
    let mut laid: Vec<Wanted> = laid.into_iter().collect();
    laid.dedup_by(|a, b| (a.kind, &a.key, a.organization) == (b.kind, &b.key, b.organization));
    let mut changes = Vec::new();
    let touched = || laid.iter().chain(&left).map(|w| (w.kind, w.key.as_str()));
    claim::lock(work, touched()).await?;
    // What is given up first is free for who comes next: a device that moves to another unit.
    let mut waiting = Vec::new();
    for given in &left {
        if let Some(gone) = claim::release(work, given).await? {
            changes.push(released(work, &gone));
            let rest = claim::to_values(work, [(given.kind, given.key.as_str())]);
            waiting.extend(rest.await?);
        }
    }
    let waits = lay(app, work, &laid, &mut changes).await?;
    for unit in waits {
        refuse_many(claim::count_open_of(work, unit).await?)?;
    }
    for prefix in laid.iter().filter(|w| w.kind == ClaimKind::Prefix) {
        let may_fit = claim::waiting_of(work, prefix.organization).await;
        waiting.extend(may_fit?);
    }
    let ended = free(app, work, waiting, &mut changes).await;
    ended?;
    if schema.noun == "device" {
        let strangers = log_source::strangers(work).await?;
        let heard = heard_lately(app).await;
        for record in written.iter().filter_map(|(_, after)| *after) {
            let address = record.text("address");
            if strangers.contains(address)
                || heard.contains_key(address)
                || !record.text("log_name").is_empty()
            {
                adopt_lines(app, work, schema, record, &heard).await?;
            }
        }
    }
    changes.into_iter().for_each(|change| work.journal(change));
    Ok(())
}

/// So many claims of one unit wait or were refused at once: whoever decides reads them all.
const MOST_OPEN: i64 = 1_000;

fn refuse_many(open: i64) -> Result<(), Problem> {
    if open <= MOST_OPEN {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Conflict,
        Label::new(
            format!(
                "Đơn vị đã có {MOST_OPEN} địa chỉ, dải địa chỉ và tên trong nhật ký chưa được duyệt"
            ),
            format!(
                "{MOST_OPEN} addresses, prefixes and log names of the organization are not granted yet"
            ),
        ),
        "",
        Label::new(
            "Chờ trung tâm mạng duyệt, hoặc đề nghị trung tâm khai báo dải địa chỉ của đơn vị trước.",
            "Wait for the network centre's decisions, or ask it to register the organization's prefix first.",
        ),
    ))
}

/// Decides on new claims; the units of which more wait now. What was refused stays so until the centre
/// itself lays it.
async fn lay(
    app: &App,
    work: &mut Work,
    laid: &[Wanted],
    changes: &mut Vec<Change>,
) -> Result<BTreeSet<OrganizationId>, StoreError> {
    let addresses: Vec<_> = laid.iter().filter_map(address).collect();
    let ctx = work.ctx();
    let mut ground = Ground::around(app, &ctx, work, &addresses).await?;
    let known = claim::to_values(work, laid.iter().map(|w| (w.kind, w.key.as_str()))).await?;
    let mut known: std::collections::HashMap<(ClaimKind, String), Vec<Claim>> =
        known.into_iter().fold(Default::default(), |mut by, claim| {
            let of: &mut Vec<Claim> = by.entry((claim.kind, claim.key.clone())).or_default();
            of.push(claim);
            by
        });
    let (mut fresh, mut waits) = (Vec::new(), BTreeSet::new());
    for wanted in laid {
        let others = known.entry((wanted.kind, wanted.key.clone())).or_default();
        let own = others
            .iter()
            .position(|c| c.organization == wanted.organization);
        let own = own.map(|at| others.remove(at));
        if own.as_ref().is_some_and(|c| c.state == ClaimState::Granted) {
            others.extend(own);
            continue;
        }
        let (state, why) = judge(work, &mut ground, wanted, own.as_ref(), others).await?;
        let claim = of_wanted(work, wanted, own.as_ref(), state, why);
        if own.is_none() && state == ClaimState::Waiting {
            waits.insert(wanted.organization);
        }
        if own.as_ref() != Some(&claim) {
            let action = match state {
                ClaimState::Granted => "grant",
                ClaimState::Waiting => "wait",
                ClaimState::Refused => "update",
            };
            changes.push(told(work, action, own.as_ref(), &claim));
        }
        others.push(claim.clone());
        fresh.push(claim);
    }
    claim::save(work, &fresh).await?;
    Ok(waits)
}

/// How a claim will stand, and why: `own` is what the unit has of it, `others` are other units'.
async fn judge(
    tx: &mut Tx,
    ground: &mut Ground,
    wanted: &Wanted,
    own: Option<&Claim>,
    others: &[Claim],
) -> Result<(ClaimState, Why), StoreError> {
    let unit = wanted.organization;
    let centre = ground.is_centre(tx, Some(unit)).await?;
    let why = if others.iter().any(|c| c.state == ClaimState::Granted) {
        Why::Taken
    } else if wanted.kind == ClaimKind::LogName {
        if centre { Why::Free } else { Why::Name }
    } else if ground
        .is_inside(tx, wanted.kind, &wanted.value, unit, false)
        .await?
    {
        Why::Free
    } else {
        Why::Outside
    };
    let refused = own.is_some_and(|c| c.state == ClaimState::Refused);
    let state = match why {
        Why::Free if centre || !refused => ClaimState::Granted,
        _ if refused => ClaimState::Refused,
        _ => ClaimState::Waiting,
    };
    Ok((state, why))
}

/// What of records that are to be written will not be in force by itself, with which of them it
/// is: told before they are written.
///
/// # Errors
/// Unavailable.
pub(crate) async fn foretell(
    app: &App,
    ctx: &Ctx,
    tx: &mut Tx,
    schema: &Schema,
    written: &[Written<'_>],
) -> Result<Vec<(usize, Label)>, Problem> {
    let mut laid = Vec::new();
    for (at, (before, after)) in written.iter().enumerate() {
        let of =
            |record: &Option<&Record>| record.map_or_else(Vec::new, |r| claims::wanted(schema, r));
        let before = of(before);
        let new = of(after).into_iter().filter(|w| !before.contains(w));
        laid.extend(new.map(|wanted| (at, wanted)));
    }
    if laid.is_empty() {
        return Ok(Vec::new());
    }
    let told = async {
        let addresses: Vec<_> = laid.iter().filter_map(|(_, w)| address(w)).collect();
        let mut ground = Ground::around(app, ctx, tx, &addresses).await?;
        let values = laid.iter().map(|(_, w)| (w.kind, w.key.as_str()));
        let known = claim::to_values(tx, values).await?;
        let mut told = Vec::new();
        for (at, wanted) in &laid {
            let of = |c: &&Claim| (c.kind, &c.key) == (wanted.kind, &wanted.key);
            let (own, others): (Vec<Claim>, Vec<Claim>) = (known.iter().filter(of).cloned())
                .partition(|c| c.organization == wanted.organization);
            let own = own.first();
            if own.is_some_and(|c| c.state == ClaimState::Granted) {
                continue;
            }
            let (state, why) = judge(tx, &mut ground, wanted, own, &others).await?;
            let (kind, value, why) = (wanted.kind.label(), &wanted.value, why.label());
            told.extend(match state {
                ClaimState::Granted => None,
                ClaimState::Waiting => Some((
                    *at,
                    Label::new(
                        format!(
                            "{} {value} sẽ chờ trung tâm mạng duyệt: {}",
                            kind.vi, why.vi
                        ),
                        format!(
                            "{} {value} will wait for the network centre: {}",
                            kind.en, why.en
                        ),
                    ),
                )),
                ClaimState::Refused => Some((
                    *at,
                    Label::new(
                        format!("{} {value}: trung tâm mạng đã từ chối", kind.vi),
                        format!("{} {value}: the network centre has refused it", kind.en),
                    ),
                )),
            });
        }
        Ok::<_, StoreError>(told)
    };
    told.await.map_err(Problem::from)
}

fn address(wanted: &Wanted) -> Option<std::net::IpAddr> {
    match wanted.kind {
        ClaimKind::Address => net::parse_address(&wanted.value).ok(),
        ClaimKind::Prefix => Some(wanted.value.parse::<Prefix>().ok()?.address()),
        ClaimKind::LogName => None,
    }
}

fn of_wanted(
    work: &Work,
    wanted: &Wanted,
    own: Option<&Claim>,
    state: ClaimState,
    why: Why,
) -> Claim {
    let (now, ctx) = (work.now(), work.ctx());
    let granted = state == ClaimState::Granted;
    let kept = own.filter(|c| c.state == state);
    Claim {
        kind: wanted.kind,
        key: wanted.key.clone(),
        value: own.map_or_else(|| wanted.value.clone(), |c| c.value.clone()),
        organization: wanted.organization,
        state,
        shared: false,
        why,
        asked_at: own.map_or(now, |c| c.asked_at),
        asked_by: own.map_or_else(|| ctx.actor.name.clone(), |c| c.asked_by.clone()),
        decided_at: granted.then_some(now).or(kept.and_then(|c| c.decided_at)),
        decided_by: (granted.then(|| ctx.actor.name.clone()))
            .or(kept.and_then(|c| c.decided_by.clone())),
        note: kept.and_then(|c| c.note.clone()),
    }
}

/// Grants what waits and lies in the unit's own prefix, where nobody else has it (any more).
pub(super) async fn free(
    app: &App,
    work: &mut Work,
    waiting: Vec<Claim>,
    changes: &mut Vec<Change>,
) -> Result<(), StoreError> {
    let waiting: Vec<Claim> = (waiting.into_iter())
        .filter(|c| c.state == ClaimState::Waiting && c.kind != ClaimKind::LogName)
        .collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let values = || waiting.iter().map(|c| (c.kind, c.key.as_str()));
    let addresses: Vec<_> = waiting
        .iter()
        .map(|c| Wanted {
            kind: c.kind,
            key: c.key.clone(),
            organization: c.organization,
            value: c.value.clone(),
        })
        .filter_map(|w| address(&w))
        .collect();
    let ctx = work.ctx();
    let mut ground = Ground::around(app, &ctx, work, &addresses).await?;
    let mut known = claim::to_values(work, values()).await?;
    for claim in &waiting {
        let taken = known
            .iter()
            .any(|c| (c.kind, &c.key, c.state) == (claim.kind, &claim.key, ClaimState::Granted));
        let unit = claim.organization;
        if taken
            || !ground
                .is_inside(work, claim.kind, &claim.value, unit, true)
                .await?
        {
            continue;
        }
        let granted = Claim {
            state: ClaimState::Granted,
            why: Why::Free,
            decided_at: Some(work.now()),
            decided_by: Some(ctx.actor.name.clone()),
            ..claim.clone()
        };
        claim::save(work, std::slice::from_ref(&granted)).await?;
        changes.push(told(work, "grant", Some(claim), &granted));
        known.push(granted);
    }
    Ok(())
}

/// A line of the journal about a claim that was given up.
fn released(work: &Work, gone: &Claim) -> Change {
    Change {
        action: "release".into(),
        after: None,
        ..told(work, "", Some(gone), gone)
    }
}

/// A line of the journal about a claim.
pub(super) fn told(work: &Work, action: &str, before: Option<&Claim>, after: &Claim) -> Change {
    let json = |c: &Claim| serde_json::to_string(c).unwrap_or_default();
    let id = format!("{} {}", after.kind.code(), after.value);
    let unit: Option<OrganizationId> = Some(after.organization);
    let (before, after) = (before.map(json), Some(json(after)));
    work.entry("claim", &id, unit, action, before, after)
}
