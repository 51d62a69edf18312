//! A stranger that sends is a registered device from now on: one change, all of it or nothing.

use domain::{
    claim::{ClaimKind, ClaimState, wanted},
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
    record::{Record, Values},
    schema::Schema,
};
use store::log_source;

use super::view::province_only;
use crate::{
    App, Ctx, Work,
    claim::{self, Decision, Heard},
    registry::{self, By, Writing, write_in},
    secrecy,
};

/// Makes an unknown sender a registered device: gives its address to an existing device. The
/// lines that it sent before are the device's too, by a fact that can be taken back
/// ([`super::end_claim`]). Record, claim and lines are written in one transaction.
///
/// # Errors
/// Denied, not found; conflict when the address is another unit's.
pub async fn adopt(app: &App, ctx: &Ctx, peer: &str, device: &str) -> Result<(), Problem> {
    province_only(ctx)?;
    let schema = app.schema("device")?;
    let record = registry::get(app, ctx, "device", device).await?;
    let unit = record
        .owner(&schema)
        .ok_or_else(|| Problem::not_found(&schema.label, device))?;
    // Only who sends, and no address that the device has already is thrown away.
    let heard = claim::heard_lately(app).await;
    let mut tx = app.db.snapshot().await?;
    let listed = log_source::unknown_since(&mut tx, peer).await?;
    drop(tx);
    if listed.is_none() && !heard.contains_key(peer) {
        return Err(Problem::not_found(
            &Label::new("nguồn gửi lạ", "unknown sender"),
            peer,
        ));
    }
    // An address of another unit is not taken from it by the way.
    claim::refuse_taken(app, ClaimKind::Address, peer, unit).await?;
    let has = record.text("address");
    if !has.is_empty() && has != peer {
        return Err(other_address(has, device));
    }
    let mut values = record.values.clone();
    values.insert("address".into(), peer.into());
    // A refusal is noted in a transaction of its own: SQLite has one writer.
    secrecy::refuse_marked(app, ctx, "device", Some(unit), secrecy::texts(&values)).await?;
    let mut tries = 0;
    loop {
        let mut work = app.begin(ctx, &schema).await?;
        let values = values.clone();
        let adopted = adopt_in(app, &mut work, (&schema, &record), unit, values, &heard).await;
        if let Some(()) = work.settle(adopted, &mut tries).await? {
            return Ok(());
        }
    }
}

async fn adopt_in(
    app: &App,
    work: &mut Work,
    (schema, before): (&Schema, &Record),
    unit: OrganizationId,
    values: Values,
    heard: &Heard,
) -> Result<(), Problem> {
    let scope = work.scope();
    let writing = Writing {
        schema,
        scope: &scope,
        before: Some(before),
        files: &[],
        by: By::Hand,
        id: None,
    };
    let record = write_in(app, work, writing, values).await?;
    let laid = wanted(schema, &record);
    if let Some(address) = laid.iter().find(|w| w.kind == ClaimKind::Address) {
        let known = store::claim::to_values(work, [(address.kind, address.key.as_str())]).await?;
        let mut own = known.into_iter().filter(|c| c.organization == unit);
        let waits = own.find(|c| c.state != ClaimState::Granted);
        if let Some(waits) = waits {
            let value = (ClaimKind::Address, waits.value.as_str());
            claim::decide_in(app, work, value, unit, (Decision::Grant, None), heard).await?;
        }
    }
    // The sender leaves the list of strangers, also where no line is left to be said its.
    work.touch("log-claim");
    claim::adopt_lines(app, work, schema, &record, heard).await
}

fn other_address(has: &str, device: &str) -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            format!("Thiết bị này đã có địa chỉ {has}"),
            format!("This device has the address {has} already"),
        ),
        device,
        Label::new(
            "Chọn thiết bị khác, hoặc sửa địa chỉ trên trang thiết bị trước.",
            "Choose another device, or change its address on its page first.",
        ),
    )
}
