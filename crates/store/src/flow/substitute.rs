//! Who takes steps in somebody's place.

use domain::id::{AccountId, Id};

use crate::{Db, Row, StoreError, Tx, args, dialect};

/// That one account takes steps in another's place.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Substitute {
    /// Its identifier.
    pub id: Id,
    /// In whose place.
    pub account: AccountId,
    /// Who takes steps.
    pub substitute: AccountId,
    /// First ISO day.
    pub starts_on: String,
    /// Last ISO day.
    pub ends_on: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Who wrote it.
    pub created_by: String,
    /// When it was ended before its last day.
    pub ended_at: Option<i64>,
}

fn read(row: &Row) -> Result<Substitute, StoreError> {
    Ok(Substitute {
        id: row.parsed("id")?,
        account: row.parsed("account_id")?,
        substitute: row.parsed("substitute_id")?,
        starts_on: row.text("starts_on")?,
        ends_on: row.text("ends_on")?,
        created_at: row.int("created_at")?,
        created_by: row.text("created_by")?,
        ended_at: row.opt_int("ended_at")?,
    })
}

/// Writes a substitute.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn insert_substitute(tx: &mut Tx, s: &Substitute) -> Result<(), StoreError> {
    tx.execute(
        "substitute",
        "INSERT INTO flow_substitute (id, account_id, substitute_id, starts_on, ends_on, created_at, created_by, \
         ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            s.id,
            s.account,
            s.substitute,
            &s.starts_on,
            &s.ends_on,
            s.created_at,
            &s.created_by,
            s.ended_at
        ],
    )
    .await?;
    Ok(())
}

/// Serialises who names substitutes, until the transaction ends: of two at once both are counted.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn lock_substitutes(tx: &mut Tx) -> Result<(), StoreError> {
    dialect::lock(tx, "substitutes", true).await
}

/// The row of a namer and a named, also one that has ended: there is one for both.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn substitute_of(
    tx: &mut Tx,
    (account, substitute): (AccountId, AccountId),
) -> Result<Option<Substitute>, StoreError> {
    let sql = "SELECT * FROM flow_substitute WHERE account_id = $1 AND substitute_id = $2 \
               ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, ends_on DESC, id DESC LIMIT 1";
    let args = args![account, substitute];
    let row = tx.fetch_one("substitute", sql, &args).await?;
    row.as_ref().map(read).transpose()
}

/// One of them.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn substitute(db: &Db, id: Id) -> Result<Option<Substitute>, StoreError> {
    let sql = "SELECT * FROM flow_substitute WHERE id = $1";
    let rows = db.fetch("substitute", sql, &args![id]).await?;
    rows.first().map(read).transpose()
}

/// How many others hold today or later: whom a namer has named, and for whom a named stands in.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn held(
    tx: &mut Tx,
    (account, substitute): (AccountId, AccountId),
    today: &str,
) -> Result<(i64, i64), StoreError> {
    let mut count = [0; 2];
    for (n, (own, other)) in count.iter_mut().zip([
        ("account_id", "substitute_id"),
        ("substitute_id", "account_id"),
    ]) {
        let sql = format!(
            "SELECT COUNT(DISTINCT {other}) AS n FROM flow_substitute \
             WHERE {own} = $1 AND {other} <> $2 AND ends_on >= $3 AND ended_at IS NULL"
        );
        let args = match own {
            "account_id" => args![account, substitute, today],
            _ => args![substitute, account, today],
        };
        if let Some(row) = tx.fetch_one("substitute", &sql, &args).await? {
            *n = row.int("n")?;
        }
    }
    let [of_account, of_substitute] = count;
    Ok((of_account, of_substitute))
}

/// Gives a substitute its days anew.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn update_substitute(tx: &mut Tx, s: &Substitute) -> Result<(), StoreError> {
    let sql = "UPDATE flow_substitute SET starts_on = $2, ends_on = $3, created_at = $4, created_by = $5, \
               ended_at = $6 WHERE id = $1";
    let (from, to) = (&s.starts_on, &s.ends_on);
    let args = args![s.id, from, to, s.created_at, &s.created_by, s.ended_at];
    tx.execute("substitute", sql, &args).await.map(drop)
}

/// Ends the substitutes of a namer and, where it is given, this named, or those of a named; the rows as
/// they were.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_substitutes(
    tx: &mut Tx,
    (account, substitute): (Option<AccountId>, Option<AccountId>),
    now: i64,
) -> Result<Vec<Substitute>, StoreError> {
    let (condition, args) = match (account, substitute) {
        (Some(account), Some(substitute)) => (
            "account_id = $1 AND substitute_id = $2",
            args![account, substitute].to_vec(),
        ),
        (Some(account), None) => ("account_id = $1", args![account].to_vec()),
        (None, Some(substitute)) => ("substitute_id = $1", args![substitute].to_vec()),
        (None, None) => return Ok(Vec::new()),
    };
    let sql =
        format!("SELECT * FROM flow_substitute WHERE {condition} AND ended_at IS NULL ORDER BY id");
    let rows = tx.fetch("substitute", &sql, &args).await?;
    let ended: Vec<Substitute> = rows.iter().map(read).collect::<Result<_, _>>()?;
    for each in &ended {
        let sql = "UPDATE flow_substitute SET ended_at = $2 WHERE id = $1";
        tx.execute("substitute", sql, &args![each.id, now]).await?;
    }
    Ok(ended)
}

/// In whose place an account takes steps on `today`: each once, `most` of them; nobody where either may
/// not sign in.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn substituted(
    tx: &mut Tx,
    substitute: AccountId,
    today: &str,
    most: i64,
) -> Result<Vec<Substitute>, StoreError> {
    let sql = "SELECT * FROM flow_substitute WHERE id IN ( \
                 SELECT MIN(s.id) FROM flow_substitute s \
                 JOIN account a ON a.id = s.account_id JOIN account n ON n.id = s.substitute_id \
                 WHERE s.substitute_id = $1 AND s.starts_on <= $2 AND s.ends_on >= $2 AND s.ended_at IS NULL \
                   AND a.enabled = $3 AND n.enabled = $3 GROUP BY s.account_id) \
               ORDER BY id LIMIT $4";
    let args = args![substitute, today, true, most];
    let rows = tx.fetch("substitute", sql, &args).await?;
    rows.iter().map(read).collect()
}

/// Those who take steps in an account's place today or later and in whose place it takes them, at most
/// `most`.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn substitutes(
    db: &Db,
    account: AccountId,
    today: &str,
    most: i64,
) -> Result<Vec<Substitute>, StoreError> {
    let sql = "SELECT * FROM flow_substitute WHERE (account_id = $1 OR substitute_id = $1) AND ends_on >= $2 \
               AND ended_at IS NULL ORDER BY id LIMIT $3";
    let args = args![account, today, most];
    let rows = db.fetch("substitute", sql, &args).await?;
    rows.iter().map(read).collect()
}
