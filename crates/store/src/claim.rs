//! Whose an address, a name in log lines or a prefix is.

use std::collections::BTreeSet;

use domain::{
    authority::Scope,
    claim::{ClaimKind, ClaimState, Wanted, Why},
    id::{Id, OrganizationId},
    net::{self, Prefix},
};

use crate::{
    Arg, Db, Row, StoreError, Tx, args, dialect, registry::scope_condition, row::Readable as _,
};

/// A claim and how it stands.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Claim {
    /// What is claimed.
    pub kind: ClaimKind,
    /// The one form of the value.
    pub key: String,
    /// The value as it is shown.
    pub value: String,
    /// For whom.
    pub organization: OrganizationId,
    /// How it stands.
    pub state: ClaimState,
    /// Declared by the network centre: several units have it.
    pub shared: bool,
    /// Why it is not in force by itself.
    pub why: Why,
    /// When it was laid, unix milliseconds.
    pub asked_at: i64,
    /// Who laid it.
    pub asked_by: String,
    /// When it was granted or refused.
    pub decided_at: Option<i64>,
    /// Who did.
    pub decided_by: Option<String>,
    /// What was said to it.
    pub note: Option<String>,
}

/// A record that lays a claim.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Use {
    /// `site`, `circuit`, `device` or `prefix`.
    pub noun: String,
    /// Its id.
    pub id: Id,
    /// Its name.
    pub subject: String,
}

fn read(row: &Row) -> Result<Claim, StoreError> {
    Ok(Claim {
        kind: word(row, "kind")?,
        key: row.text("value_key")?,
        value: row.text("value")?,
        organization: row.parsed("organization_id")?,
        state: word(row, "state")?,
        shared: row.opt_boolean("shared")?.unwrap_or_default(),
        why: word(row, "why")?,
        asked_at: row.int("asked_at")?,
        asked_by: row.text("asked_by")?,
        decided_at: row.opt_int("decided_at")?,
        decided_by: row.opt_text("decided_by")?,
        note: row.opt_text("note")?,
    })
}

fn word<T: std::str::FromStr<Err = ()>>(row: &Row, column: &str) -> Result<T, StoreError> {
    let text = row.text(column)?;
    text.parse().map_err(|()| StoreError::Decode {
        column: column.into(),
        what: text,
    })
}

/// So many claims are locked one by one; of more, all.
const FEW: usize = 64;

/// Serialises who decides on the same values, until the transaction ends.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn lock<'a>(
    tx: &mut Tx,
    values: impl IntoIterator<Item = (ClaimKind, &'a str)>,
) -> Result<(), StoreError> {
    // In one order, so that two transactions never wait for each other.
    let values: BTreeSet<_> = values.into_iter().collect();
    dialect::lock(tx, "claims", values.len() > FEW).await?;
    if values.len() <= FEW {
        for (kind, key) in values {
            let name = format!("claim {} {key}", kind.code());
            dialect::lock(tx, &name, true).await?;
        }
    }
    Ok(())
}

/// All claims to these values, whoever's.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn to_values<'a>(
    tx: &mut Tx,
    values: impl IntoIterator<Item = (ClaimKind, &'a str)>,
) -> Result<Vec<Claim>, StoreError> {
    let values: BTreeSet<_> = values.into_iter().collect();
    let values: Vec<_> = values.into_iter().collect();
    let mut found = Vec::new();
    for kind in ClaimKind::ALL {
        let keys: Vec<Arg> = (values.iter().filter(|(k, _)| *k == kind))
            .map(|(_, key)| (*key).into())
            .collect();
        for keys in keys.chunks(500) {
            let places: Vec<String> = (2..=keys.len() + 1).map(|i| format!("${i}")).collect();
            let sql = format!(
                "SELECT * FROM claim WHERE kind = $1 AND value_key IN ({}) ORDER BY value_key, organization_id",
                places.join(", ")
            );
            let mut args = args![kind.code()].to_vec();
            args.extend_from_slice(keys);
            let rows = tx.fetch("claims", &sql, &args).await?;
            found.extend(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(found)
}

/// Writes claims, each over the one of the same unit to the same value.
///
/// # Errors
/// [`StoreError::Duplicate`] when another unit has it at that moment.
pub async fn save(tx: &mut Tx, claims: &[Claim]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = claims
        .iter()
        .map(|c| {
            args![
                c.kind.code(),
                &c.key,
                &c.value,
                c.organization,
                c.state.code(),
                c.shared,
                c.why.code(),
                c.asked_at,
                &c.asked_by,
                c.decided_at,
                c.decided_by.clone(),
                c.note.clone()
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "claim",
        "claim (kind, value_key, value, organization_id, state, shared, why, asked_at, asked_by, \
         decided_at, decided_by, note)",
        "ON CONFLICT (kind, value_key, organization_id) DO UPDATE SET state = excluded.state, \
         shared = excluded.shared, why = excluded.why, decided_at = excluded.decided_at, \
         decided_by = excluded.decided_by, note = excluded.note",
        &rows,
    )
    .await
}

/// Gives up a claim that no active record of the unit lays any more; the claim that it was.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn release(tx: &mut Tx, claim: &Wanted) -> Result<Option<Claim>, StoreError> {
    let gone = tx
        .fetch_one(
            "claim",
            "DELETE FROM claim WHERE kind = $1 AND value_key = $2 AND organization_id = $3 AND NOT EXISTS ( \
               SELECT 1 FROM claim_use u WHERE u.kind = $1 AND u.value_key = $2 AND u.organization_id = $3) RETURNING *",
            &args![claim.kind.code(), &claim.key, claim.organization],
        )
        .await?;
    gone.as_ref().map(read).transpose()
}

/// A prefix in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allocated {
    /// The range.
    pub prefix: Prefix,
    /// Whose; nobody's in particular where it is the whole province's.
    pub organization: Option<OrganizationId>,
}

/// The prefixes in force that may hold one of these addresses, the narrowest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn prefixes(
    tx: &mut Tx,
    addresses: &[std::net::IpAddr],
) -> Result<Vec<Allocated>, StoreError> {
    let keys = || addresses.iter().map(|a| net::address_key(*a));
    let (Some(least), Some(most)) = (keys().min(), keys().max()) else {
        return Ok(Vec::new());
    };
    let rows = tx
        .fetch(
            "prefixes",
            "SELECT cidr, unit FROM fact_prefix WHERE first_key <= $1 AND last_key >= $2",
            &args![most, least],
        )
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push(Allocated {
            prefix: row
                .text("cidr")?
                .parse()
                .map_err(|e: net::BadNet| StoreError::Decode {
                    column: "cidr".into(),
                    what: e.to_string(),
                })?,
            organization: row.opt_parsed("unit")?,
        });
    }
    found.sort_by_key(|a| std::cmp::Reverse(a.prefix.length()));
    Ok(found)
}

/// The unit's waiting claims to addresses and prefixes: what a new prefix may settle.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn waiting_of(
    tx: &mut Tx,
    organization: OrganizationId,
) -> Result<Vec<Claim>, StoreError> {
    tx.fetch(
        "claims",
        "SELECT * FROM claim WHERE organization_id = $1 AND state = 'waiting' AND kind <> 'log-name' \
         ORDER BY kind, value_key",
        &args![organization],
    )
    .await?
    .iter()
    .map(read)
    .readable()
}

/// What is laid and not in force.
const OPEN: &str = "claim_use u LEFT JOIN claim c ON c.kind = u.kind AND c.value_key = u.value_key \
     AND c.organization_id = u.organization_id WHERE (c.state IS NULL OR c.state <> 'granted')";

/// Claims in scope that are not in force, with the records that lay them, the latest first: so many of
/// them from a place on. A record whose claim was lost is listed too: it waits.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(
    db: &Db,
    scope: &Scope,
    (offset, limit): (i64, i64),
) -> Result<Vec<(Claim, Vec<Use>)>, StoreError> {
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, "u.organization_id", &mut args);
    args.extend(args![limit, offset]);
    let (limit, offset) = (args.len() - 1, args.len());
    let page = format!(
        "JOIN (SELECT u.kind, u.value_key, u.organization_id, MIN(COALESCE(c.asked_at, u.created_at)) AS at \
           FROM {OPEN} AND {in_scope} GROUP BY u.kind, u.value_key, u.organization_id \
           ORDER BY at DESC, u.kind, u.value_key, u.organization_id LIMIT ${limit} OFFSET ${offset}) p \
         ON p.kind = u.kind AND p.value_key = u.value_key AND p.organization_id = u.organization_id"
    );
    listed(db, (&page, "1 = 1", "p.at"), args).await
}

/// How many claims in scope are not in force.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn count_open(db: &Db, scope: &Scope) -> Result<i64, StoreError> {
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, "u.organization_id", &mut args);
    let sql = format!(
        "SELECT COUNT(*) AS n FROM (SELECT DISTINCT u.kind, u.value_key, u.organization_id FROM {OPEN} AND {in_scope}) o"
    );
    let row = db.fetch_one("claims", &sql, &args).await?;
    row.map_or(Ok(0), |row| row.int("n"))
}

/// How many claims of a unit are not in force, as a transaction sees it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn count_open_of(tx: &mut Tx, unit: OrganizationId) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM claim WHERE organization_id = $1 AND state <> 'granted'";
    let row = tx.fetch_one("claims", sql, &args![unit]).await?;
    row.map_or(Ok(0), |row| row.int("n"))
}

/// The claims that one record lays, in any state.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of_record(db: &Db, scope: &Scope, id: Id) -> Result<Vec<Claim>, StoreError> {
    let mut args = args![id].to_vec();
    let in_scope = scope_condition(scope, "u.organization_id", &mut args);
    let condition = format!("u.record_id = $1 AND {in_scope}");
    let listed = listed(db, ("", &condition, "asked_at"), args).await?;
    Ok(listed.into_iter().map(|(claim, _)| claim).collect())
}

/// Kind and value of the claims that one record lays for an organization and that are not in
/// force, within a transaction.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open_of_record(
    tx: &mut Tx,
    id: Id,
    organization: OrganizationId,
) -> Result<Vec<(ClaimKind, String)>, StoreError> {
    let sql = "SELECT u.kind, u.value FROM claim_use u LEFT JOIN claim c ON c.kind = u.kind \
               AND c.value_key = u.value_key AND c.organization_id = u.organization_id \
               WHERE u.record_id = $1 AND u.organization_id = $2 AND COALESCE(c.state, 'waiting') <> 'granted' \
               ORDER BY u.kind, u.value_key";
    let rows = tx.fetch("claims", sql, &args![id, organization]).await?;
    let mut all = Vec::new();
    for row in &rows {
        let kind = row.text("kind")?;
        let kind = kind.parse().map_err(|()| StoreError::Decode {
            column: "kind".into(),
            what: kind.clone(),
        })?;
        all.push((kind, row.text("value")?));
    }
    Ok(all)
}

/// So many of the records that lay one claim are told.
const USES: usize = 20;

/// Claims by what they are joined with, a condition on their uses and by what the latest come first.
async fn listed(
    db: &Db,
    (page, condition, by): (&str, &str, &str),
    args: Vec<Arg>,
) -> Result<Vec<(Claim, Vec<Use>)>, StoreError> {
    let sql = format!(
        "SELECT u.kind, u.value_key, u.value, u.organization_id, u.noun, u.record_id, u.subject, \
           COALESCE(c.state, 'waiting') AS state, c.shared, \
           COALESCE(c.why, 'outside') AS why, COALESCE(c.asked_at, u.created_at) AS asked_at, \
           COALESCE(c.asked_by, '') AS asked_by, c.decided_at, c.decided_by, c.note \
         FROM claim_use u LEFT JOIN claim c ON c.kind = u.kind AND c.value_key = u.value_key \
           AND c.organization_id = u.organization_id {page} \
         WHERE {condition} \
         ORDER BY {by} DESC, u.kind, u.value_key, u.organization_id, u.subject"
    );
    let mut found: Vec<(Claim, Vec<Use>)> = Vec::new();
    for row in db.fetch("claims", &sql, &args).await? {
        let claim = read(&row)?;
        let by = used(&row)?;
        match found.last_mut() {
            Some((last, uses))
                if (last.kind, &last.key, last.organization)
                    == (claim.kind, &claim.key, claim.organization) =>
            {
                if uses.len() < USES {
                    uses.push(by);
                }
            }
            _ => found.push((claim, vec![by])),
        }
    }
    Ok(found)
}

/// The active records of a unit that lay a claim.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn uses(
    tx: &mut Tx,
    kind: ClaimKind,
    key: &str,
    unit: OrganizationId,
) -> Result<Vec<Use>, StoreError> {
    tx.fetch(
        "claims",
        "SELECT noun, record_id, subject FROM claim_use \
         WHERE kind = $1 AND value_key = $2 AND organization_id = $3 ORDER BY created_at, record_id",
        &args![kind.code(), key, unit],
    )
    .await?
    .iter()
    .map(used)
    .readable()
}

fn used(row: &Row) -> Result<Use, StoreError> {
    Ok(Use {
        noun: row.text("noun")?,
        id: row.parsed("record_id")?,
        subject: row.text("subject")?,
    })
}

/// The units that have these values, by kind and key.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn owners(db: &Db, values: &[(ClaimKind, String)]) -> Result<Vec<Claim>, StoreError> {
    let mut found = Vec::new();
    for each in values.chunks(200) {
        let mut args: Vec<Arg> = Vec::new();
        let either: Vec<String> = each
            .iter()
            .map(|(kind, key)| {
                args.push(kind.code().into());
                args.push(key.into());
                format!(
                    "(kind = ${} AND value_key = ${})",
                    args.len() - 1,
                    args.len()
                )
            })
            .collect();
        let sql = format!(
            "SELECT * FROM claim WHERE state = 'granted' AND ({})",
            either.join(" OR ")
        );
        let rows = db.fetch("claims", &sql, &args).await?;
        found.extend(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}
