//! What opens a device to a collector.

use domain::{
    id::Id,
    label::Label,
    problem::{FieldProblem, Problem},
};
use observe::collect::Secret;
use store::collection::{self, Course};

use crate::{App, Ctx, registry, task};

/// The kind of secret that SNMP v2c takes: a community.
pub const SNMP: &str = "snmp-v2c";

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

/// What a secret is sealed about: one device's opens no other.
fn about(device: Id) -> String {
    format!("device/{device}/{SNMP}")
}

/// Opens a device's secret.
pub(super) fn open(app: &App, device: Id, sealed: &str) -> Option<Secret> {
    let secret = app.keys.unseal_text(&about(device), sealed);
    secret.map(Secret::new)
}

/// A device's access.
///
/// # Errors
/// Not found also when it is another unit's; unavailable.
pub async fn access(app: &App, ctx: &Ctx, device: Id) -> Result<Access, Problem> {
    let schema = app.schema("device")?;
    let scope = ctx.actor.reads(&schema)?;
    registry::get(app, ctx, "device", &device.to_string()).await?;
    let may_set = match ctx.actor.writes(&schema) {
        Ok(scope) => store::registry::get(&app.db, &scope, &schema, device)
            .await?
            .is_some(),
        Err(_) => false,
    };
    Ok(Access {
        set: collection::access(&app.db, &scope, device, SNMP).await?,
        course: collection::course(&app.db, task::INTERFACES.keep.name, device).await?,
        may_set,
    })
}

/// Sets a device's community, or takes it away where none is given. It is sealed for this device,
/// and stands in no log and not in the journal, which has that it was set.
///
/// # Errors
/// Denied, not found, invalid.
pub async fn set(
    app: &App,
    ctx: &Ctx,
    device: Id,
    community: Option<&str>,
    port: u16,
) -> Result<(), Problem> {
    let schema = app.schema("device")?;
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
    // Where a unit has the program send to, the centre has granted: of ports one.
    if port == 0 || (port != SNMP_PORT && scope.roots().is_some()) {
        wrong.push(FieldProblem::new(
            "port",
            format!("Chỉ cổng {SNMP_PORT}; cổng khác do trung tâm đặt"),
            format!("Port {SNMP_PORT} only; the network centre sets another"),
        ));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid("device-access", wrong));
    }
    let sealed = community
        .map(|community| app.keys.seal_text(&about(device), community))
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
    // The device may have changed hands since it was looked up.
    let owner = record.owner(&schema);
    let now_owned = store::registry::get_in(&mut work, &schema, device).await?;
    if now_owned.and_then(|record| record.owner(&schema)) != owner {
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
        None => collection::close(&mut work, device, SNMP).await?,
    }
    let told = |port: i64| format!("{{\"snmp\":\"***\",\"port\":{port}}}");
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
