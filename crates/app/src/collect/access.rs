//! What opens a device to a collector.

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::Schema,
};
use observe::collect::Secret;
use store::{
    StoreError,
    collection::{self, Course},
};

use crate::{App, Ctx, Work, registry};

/// The kind of secret that SNMP v2c takes: a community.
pub const SNMP: &str = "snmp-v2c";

/// The collector that takes it.
pub const INTERFACES: &str = "interfaces";

/// Where SNMP is answered.
pub const SNMP_PORT: u16 = 161;

/// Longest community.
const LONGEST: usize = 64;

/// What is known of a device's access; never the secret.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Port, since when and by whom; none where none is set.
    pub set: Option<collection::Access>,
    /// How asking it goes; none before it was asked.
    pub course: Option<Course>,
    /// Whether the reader may set it.
    pub may_set: bool,
}

/// What a secret is sealed about: one device's opens no other, nor the same in another unit's hands or
/// at another address or port, where it would be sent to somebody else.
fn about(device: Id, owner: Option<OrganizationId>, (address, port): (&str, i64)) -> String {
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    format!("device/{device}/{SNMP}/{owner}/{address}/{port}")
}

/// The access as the journal has it.
fn told(port: i64) -> String {
    format!("{{\"snmp\":\"***\",\"port\":{port}}}")
}

/// Takes away what opens devices that just got another address or owner, or were deleted: where they
/// come back nothing is sent before it is set anew.
///
/// # Errors
/// The store's.
pub(crate) async fn follow(
    work: &mut Work,
    schema: &Schema,
    written: &[(Option<&Record>, Option<&Record>)],
) -> Result<(), StoreError> {
    if schema.noun != "device" {
        return Ok(());
    }
    let is = |record: &Record| (record.owner(schema), record.text("address").to_owned());
    for (before, after) in written {
        let Some(before) = before.filter(|before| Some(is(before)) != after.map(is)) else {
            continue;
        };
        if let Some(port) = collection::close(work, before.id, SNMP).await? {
            let (id, owner) = (before.id.to_string(), before.owner(schema));
            work.event(
                "device-access",
                &id,
                owner,
                "update",
                Some(told(port)),
                None,
            );
        }
    }
    Ok(())
}

/// Opens a device's secret, which is the owner's at that address.
pub(super) fn open(app: &App, asked: &collection::Asked) -> Option<Secret> {
    let at = (asked.address.as_str(), asked.port);
    let about = about(asked.id, Some(asked.organization), at);
    let secret = app.keys.unseal_text(&about, &asked.sealed);
    secret.map(Secret::new)
}

/// A device's access by a kind of secret, and how the collector that takes it gets on.
///
/// # Errors
/// Not found also when it is another unit's; unavailable.
pub async fn access(
    app: &App,
    ctx: &Ctx,
    (collector, kind): (&str, &str),
    device: Id,
) -> Result<Access, Problem> {
    let schema = app.schema("device")?;
    let scope = ctx.actor.reads(&schema)?;
    registry::get(app, ctx, "device", &device.to_string()).await?;
    let may_set = ctx.actor.scope(Permission::Manage).is_ok();
    Ok(Access {
        set: collection::access(&app.db, &scope, device, kind).await?,
        course: collection::course(&app.db, collector, device).await?,
        may_set,
    })
}

/// Sets a device's community, or takes it away where none is given. It is sealed for this device,
/// and stands in no log and not in the journal, which has that it was set.
///
/// # Errors
/// Denied to who is not of the network centre; not found, invalid.
pub async fn set(
    app: &App,
    ctx: &Ctx,
    device: Id,
    community: Option<&str>,
    port: u16,
) -> Result<(), Problem> {
    let schema = app.schema("device")?;
    // What is asked answers as it likes: the network centre says whom the program asks.
    ctx.actor.scope(Permission::Manage)?;
    let scope = ctx.actor.writes(&schema)?;
    let record = store::registry::get(&app.db, &scope, &schema, device).await?;
    let record = record.ok_or_else(|| Problem::not_found(&schema.label, &device.to_string()))?;
    let mut wrong = Vec::new();
    if let Some(community) = community {
        let plain = community.bytes().all(|b| b.is_ascii_graphic());
        if !plain || community.is_empty() || community.len() > LONGEST {
            wrong.push(FieldProblem::new(
                "community",
                format!("Từ 1 đến {LONGEST} chữ, số, dấu không có dấu cách"),
                format!("1 to {LONGEST} letters, digits and marks without blanks"),
            ));
        }
    }
    if port == 0 {
        wrong.push(FieldProblem::new(
            "port",
            format!("Từ 1 đến 65535; thường là {SNMP_PORT}"),
            format!("1 to 65535; as a rule {SNMP_PORT}"),
        ));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid("device-access", wrong));
    }
    let (owner, address) = (record.owner(&schema), record.text("address"));
    let about = about(device, owner, (address, port.into()));
    let sealed = community
        .map(|community| app.keys.seal_text(&about, community))
        .transpose();
    let sealed = sealed.map_err(|error| {
        tracing::error!(%error, "a secret could not be sealed");
        Problem::internal("device-access")
    })?;
    let before = collection::access(&app.db, &scope, device, SNMP).await?;
    if before.is_none() && sealed.is_none() {
        return Ok(());
    }
    let mut work = app.begin(ctx, &*schema).await?;
    // The device may have changed hands since it was looked up, or got another address.
    let now = store::registry::get_in(&mut work, &schema, device).await?;
    let is_same = |now: Record| now.owner(&schema) == owner && now.text("address") == address;
    if !now.is_some_and(is_same) {
        return Err(Problem::not_found(
            &Label::new("thiết bị", "device"),
            &device.to_string(),
        ));
    }
    match &sealed {
        Some(sealed) => {
            let access = collection::Access {
                port: port.into(),
                set_at: work.now(),
                set_by: ctx.actor.name.clone(),
            };
            collection::open(&mut work, device, SNMP, sealed, &access).await?;
        }
        None => drop(collection::close(&mut work, device, SNMP).await?),
    }
    work.event(
        "device-access",
        &device.to_string(),
        owner,
        "update",
        before.map(|access| told(access.port)),
        sealed.map(|_| told(port.into())),
    );
    work.commit().await?;
    Ok(())
}
