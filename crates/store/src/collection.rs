//! What collectors ask, with what, and how it goes.

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
};

use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition};

/// A device that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The device.
    pub id: Id,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its address, which was granted.
    pub address: String,
    /// The port.
    pub port: i64,
    /// What opens it, sealed.
    pub sealed: String,
}

/// The devices that a collector asks, where `$1` is its kind of secret.
pub(crate) const ASKED: &str = "device_secret s JOIN device d ON d.id = s.device_id \
     JOIN claim g ON g.kind = 'address' AND g.value_key = d.address_key \
         AND g.organization_id = d.organization_id AND g.state = 'granted' \
     WHERE s.kind = $1 AND d.status = 'active'";

/// The devices in service that have a secret of that kind, at addresses that were granted.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn asked(db: &Db, kind: &str) -> Result<Vec<Asked>, StoreError> {
    let sql = format!(
        "SELECT d.id, d.organization_id, d.address, s.port, s.sealed FROM {ASKED} ORDER BY d.id"
    );
    let asked = |row: &Row| {
        Ok(Asked {
            id: row.parsed("id")?,
            organization: row.parsed("organization_id")?,
            address: row.text("address")?,
            port: row.int("port")?,
            sealed: row.text("sealed")?,
        })
    };
    let rows = db.fetch("device_secret", &sql, &args![kind]).await?;
    rows.iter().map(asked).collect()
}

/// How a collector gets on with a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The collector.
    pub collector: String,
    /// The target.
    pub target: Id,
    /// When it was last asked, unix milliseconds.
    pub tried_at: i64,
    /// When it last answered.
    pub good_at: Option<i64>,
    /// How often in a row it has not.
    pub failures: i64,
    /// Why, by its word.
    pub fault: Option<String>,
}

/// Writes how it goes, of each target once; one that did not answer keeps when it last did.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note(tx: &mut Tx, courses: &[Course]) -> Result<(), StoreError> {
    let row = |course: &Course| {
        vec![
            (&course.collector).into(),
            course.target.into(),
            course.tried_at.into(),
            Arg::Int(course.good_at),
            course.failures.into(),
            Arg::Text(course.fault.as_ref().map(Into::into)),
        ]
    };
    let rows: Vec<Vec<Arg>> = courses.iter().map(row).collect();
    let into = "collection (collector, target_id, tried_at, good_at, failures, fault)";
    let over = "ON CONFLICT (collector, target_id) DO UPDATE SET tried_at = excluded.tried_at, \
                good_at = COALESCE(excluded.good_at, collection.good_at), \
                failures = excluded.failures, fault = excluded.fault";
    tx.insert_many("collection", into, over, &rows).await
}

/// How a collector gets on with a target; none before it was asked.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn course(db: &Db, collector: &str, target: Id) -> Result<Option<Course>, StoreError> {
    let sql = "SELECT * FROM collection WHERE collector = $1 AND target_id = $2";
    let row = db
        .fetch_one("collection", sql, &args![collector, target])
        .await?;
    let course = |row: Row| {
        Ok(Course {
            collector: row.text("collector")?,
            target: row.parsed("target_id")?,
            tried_at: row.int("tried_at")?,
            good_at: row.opt_int("good_at")?,
            failures: row.int("failures")?,
            fault: row.opt_text("fault")?,
        })
    };
    row.map(course).transpose()
}

/// Forgets what is about devices that are gone.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn sweep(tx: &mut Tx) -> Result<(), StoreError> {
    for (table, column) in [("device_secret", "device_id"), ("collection", "target_id")] {
        let sql = format!("DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM device)");
        tx.execute(table, &sql, &[]).await?;
    }
    Ok(())
}

/// What opens a device: its port, since when and by whom it was set. Never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The port.
    pub port: i64,
    /// When it was set, unix milliseconds.
    pub set_at: i64,
    /// By whom.
    pub set_by: String,
}

/// Whether a device in scope has a secret of that kind.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn access(
    db: &Db,
    scope: &Scope,
    device: Id,
    kind: &str,
) -> Result<Option<Access>, StoreError> {
    let mut args = args![device, kind].to_vec();
    let in_scope = scope_condition(scope, "d.organization_id", &mut args);
    let sql = format!(
        "SELECT s.port, s.set_at, s.set_by FROM device_secret s JOIN device d ON d.id = s.device_id \
         WHERE s.device_id = $1 AND s.kind = $2 AND {in_scope}"
    );
    let access = |row: Row| {
        Ok(Access {
            port: row.int("port")?,
            set_at: row.int("set_at")?,
            set_by: row.text("set_by")?,
        })
    };
    let row = db.fetch_one("device_secret", &sql, &args).await?;
    row.map(access).transpose()
}

/// Sets what opens a device, over what did.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(
    tx: &mut Tx,
    device: Id,
    kind: &str,
    sealed: &str,
    access: &Access,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO device_secret (device_id, kind, port, sealed, set_at, set_by) \
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (device_id, kind) DO UPDATE SET \
               port = excluded.port, sealed = excluded.sealed, set_at = excluded.set_at, set_by = excluded.set_by";
    let Access {
        port,
        set_at,
        set_by,
    } = access;
    let args = args![device, kind, *port, sealed, *set_at, set_by];
    tx.execute("device_secret", sql, &args).await.map(drop)
}

/// Takes away what opens a device; the port where it was sent, none where there was none.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn close(tx: &mut Tx, device: Id, kind: &str) -> Result<Option<i64>, StoreError> {
    let sql = "DELETE FROM device_secret WHERE device_id = $1 AND kind = $2 RETURNING port";
    let args = args![device, kind];
    let row = tx.fetch_one("device_secret", sql, &args).await?;
    row.map(|row| row.int("port")).transpose()
}
