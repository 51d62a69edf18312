//! The earlier lines of a sender that a device is now known to be.

use domain::{
    claim::{ClaimKind, ClaimState},
    id::{Id, OrganizationId},
    net,
    problem::Problem,
    record::Record,
    schema::Schema,
};
use store::{Tx, claim, journal, log_claim, log_claim::LogClaim, log_source};

use super::Ground;
use crate::{App, Ctx, fault::fault};

/// The listener knows a new sender a moment after the records do: lines that come meanwhile
/// are the device's too. Milliseconds.
const MEANWHILE_MS: i64 = 60_000;

/// When the network centre gives an address to a device and it is in force, the lines that came
/// from there as a stranger's are said to be the device's, and the stranger is none any more.
/// Units do not say so: who had the address before them is not theirs to say.
pub(crate) async fn adopt_lines(
    app: &App,
    ctx: &Ctx,
    tx: &mut Tx,
    schema: &Schema,
    record: &Record,
) -> Result<(), Problem> {
    let unit = record.get("organization").as_id().map(OrganizationId);
    let address = net::parse_address(record.text("address"));
    let (Some(unit), Ok(address)) = (unit, address) else {
        return Ok(());
    };
    if schema.noun != "device" || record.text("status") != "active" {
        return Ok(());
    }
    let mut ground = Ground::around(app, ctx, tx, &[]).await.map_err(fault)?;
    if !ground.is_centre(tx, Some(unit)).await.map_err(fault)? {
        return Ok(());
    }
    let key = net::address_key(address);
    let claims = claim::to_values(tx, [(ClaimKind::Address, key.as_str())]);
    let in_force = (claims.await.map_err(fault)?.into_iter())
        .any(|c| c.organization == unit && c.state == ClaimState::Granted && !c.shared);
    if !in_force {
        return Ok(());
    }
    let peer = address.to_string();
    let since = log_source::forget_unknown(tx, &peer).await.map_err(fault)?;
    let Some(from_at) = since else { return Ok(()) };
    let now = app.clock.now_ms();
    let claim = LogClaim {
        id: Id::new(now),
        peer,
        host: None,
        device: record.id,
        organization: unit,
        from_at,
        to_at: now + MEANWHILE_MS,
        claimed_at: now,
        claimed_by: ctx.actor.name.clone(),
        ended_at: None,
        ended_by: None,
        counted_at: None,
        lines: 0,
        first_at: None,
        last_at: None,
    };
    log_claim::save(tx, &claim).await.map_err(fault)?;
    let told = app.event(
        ctx,
        "log-claim",
        &claim.id.to_string(),
        Some(unit),
        "create",
        None,
        serde_json::to_string(&claim).ok(),
    );
    journal::append(tx, &[told]).await.map_err(fault)
}
