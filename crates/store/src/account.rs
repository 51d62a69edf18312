//! Accounts, their roles, passwords and tokens.

use domain::{
    authority::{Grant, Role, Scope},
    id::{AccountId, OrganizationId},
};

use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition, row::Readable as _};

/// An account. Secrets stay in this struct and are never serialised.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its identifier.
    pub id: AccountId,
    /// Version for optimistic change.
    pub version: i64,
    /// Sign-in name, lower case.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// For notices.
    pub email: Option<String>,
    /// The unit it belongs to.
    pub organization: Option<OrganizationId>,
    /// `personal`, `shared` or `service`.
    pub kind: String,
    /// `vi` or `en`.
    pub language: String,
    /// Whether it may sign in.
    pub enabled: bool,
    /// argon2id, PHC string.
    pub password_hash: Option<String>,
    /// Unix milliseconds.
    pub password_changed_at: Option<i64>,
    /// The next sign-in must choose a new password.
    pub must_change: bool,
    /// TOTP secret, base32; counts only once `totp_since` is set.
    pub totp_secret: Option<String>,
    /// When the second factor was confirmed.
    pub totp_since: Option<i64>,
    /// The last time step used: a code counts once.
    pub totp_step: i64,
    /// The last sign-in.
    pub last_sign_in_at: Option<i64>,
    /// Roles over subtrees.
    pub grants: Vec<Grant>,
}

fn read(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.parsed("id")?,
        version: row.int("version")?,
        login: row.text("login")?,
        name: row.text("name")?,
        email: row.opt_text("email")?,
        organization: row.opt_parsed("organization_id")?,
        kind: row.text("kind")?,
        language: row.text("language")?,
        enabled: row.boolean("enabled")?,
        password_hash: row.opt_text("password_hash")?,
        password_changed_at: row.opt_int("password_changed_at")?,
        must_change: row.boolean("must_change")?,
        totp_secret: row.opt_text("totp_secret")?,
        totp_since: row.opt_int("totp_since")?,
        totp_step: row.int("totp_step")?,
        last_sign_in_at: row.opt_int("last_sign_in_at")?,
        grants: Vec::new(),
    })
}

fn grant(row: &Row) -> Result<Grant, StoreError> {
    let code = row.text("role")?;
    let role = Role::from_code(&code).ok_or_else(|| StoreError::Decode {
        column: "role".into(),
        what: format!("unknown role {code}"),
    })?;
    Ok(Grant {
        role,
        organization: row.opt_parsed("organization_id")?,
    })
}

async fn with_grants(db: &Db, mut accounts: Vec<Account>) -> Result<Vec<Account>, StoreError> {
    for chunk in accounts.chunks_mut(500) {
        let args: Vec<Arg> = chunk.iter().map(|a| a.id.into()).collect();
        let places: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
        let sql = format!(
            "SELECT account_id, role, organization_id FROM account_grant WHERE account_id IN ({})",
            places.join(", ")
        );
        for row in db.fetch("roles", &sql, &args).await? {
            let id: AccountId = row.parsed("account_id")?;
            let grant = grant(&row)?;
            if let Some(account) = chunk.iter_mut().find(|a| a.id == id) {
                account.grants.push(grant);
            }
        }
    }
    Ok(accounts)
}

/// The account of a sign-in name.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn by_login(db: &Db, login: &str) -> Result<Option<Account>, StoreError> {
    one(db, "SELECT * FROM account WHERE login = $1", login).await
}

/// The account of an id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn by_id(db: &Db, id: AccountId) -> Result<Option<Account>, StoreError> {
    one(db, "SELECT * FROM account WHERE id = $1", &id.to_string()).await
}

async fn one(db: &Db, sql: &str, key: &str) -> Result<Option<Account>, StoreError> {
    let Some(row) = db.fetch_one("account", sql, &args![key]).await? else {
        return Ok(None);
    };
    Ok(with_grants(db, vec![read(&row)?]).await?.pop())
}

/// The account of an id, held until the transaction ends: who comes second waits and then
/// sees what the first has written.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn hold(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, StoreError> {
    tx.execute(
        "account",
        "UPDATE account SET login = login WHERE id = $1",
        &args![id],
    )
    .await?;
    in_tx(tx, id).await
}

/// The account of an id as a transaction sees it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn in_tx(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row = tx
        .fetch_one("account", "SELECT * FROM account WHERE id = $1", &args![id])
        .await?;
    let Some(mut account) = row.as_ref().map(read).transpose()? else {
        return Ok(None);
    };
    let grants = tx
        .fetch(
            "roles",
            "SELECT role, organization_id FROM account_grant WHERE account_id = $1",
            &args![id],
        )
        .await?;
    account.grants = grants.iter().map(grant).readable()?;
    Ok(Some(account))
}

/// Accounts of organizations in scope (those of no organization only when all is in scope).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<Account>, StoreError> {
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!("SELECT * FROM account WHERE {in_scope} ORDER BY login");
    let accounts = db
        .fetch("accounts", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()?;
    with_grants(db, accounts).await
}

/// How many accounts there are; none means that the first start is not over.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn count(db: &Db) -> Result<i64, StoreError> {
    db.fetch_one("accounts", "SELECT COUNT(*) AS n FROM account", &[])
        .await?
        .map_or(Ok(0), |row| row.int("n"))
}

/// Writes an account and its roles, new or over the version that was read.
///
/// # Errors
/// [`StoreError::Duplicate`] when the login is taken, [`StoreError::Stale`].
pub async fn save(tx: &mut Tx, a: &Account, now: i64) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "account",
            "INSERT INTO account (id, version, created_at, updated_at, login, name, email, organization_id, kind, \
             language, enabled, password_hash, password_changed_at, must_change, totp_secret, totp_since, \
             totp_step, last_sign_in_at) \
             VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT (id) DO UPDATE SET version = account.version + 1, updated_at = excluded.updated_at, \
             login = excluded.login, name = excluded.name, email = excluded.email, \
             organization_id = excluded.organization_id, kind = excluded.kind, language = excluded.language, \
             enabled = excluded.enabled, password_hash = excluded.password_hash, \
             password_changed_at = excluded.password_changed_at, must_change = excluded.must_change, \
             totp_secret = excluded.totp_secret, totp_since = excluded.totp_since, \
             totp_step = excluded.totp_step, last_sign_in_at = excluded.last_sign_in_at \
             WHERE account.version = excluded.version",
            &args![
                a.id,
                a.version,
                now,
                &a.login,
                &a.name,
                a.email.clone(),
                a.organization.map(|o| o.to_string()),
                &a.kind,
                &a.language,
                a.enabled,
                a.password_hash.clone(),
                a.password_changed_at,
                a.must_change,
                a.totp_secret.clone(),
                a.totp_since,
                a.totp_step,
                a.last_sign_in_at
            ],
        )
        .await?;
    if touched == 0 {
        return Err(StoreError::Stale {
            noun: "account".into(),
        });
    }
    tx.execute(
        "roles",
        "DELETE FROM account_grant WHERE account_id = $1",
        &args![a.id],
    )
    .await?;
    let rows: Vec<Vec<Arg>> = a
        .grants
        .iter()
        .map(|g| args![a.id, g.role.code(), g.organization.map(|o| o.to_string())].to_vec())
        .collect();
    tx.insert_many(
        "roles",
        "account_grant (account_id, role, organization_id)",
        "",
        &rows,
    )
    .await
}

/// Notes a sign-in. The account's version stays: nothing that a person writes has changed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn signed_in(tx: &mut Tx, id: AccountId, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "account",
        "UPDATE account SET last_sign_in_at = $2 WHERE id = $1",
        &args![id, now],
    )
    .await?;
    Ok(())
}

/// Notes the time step of a code that was accepted; false where a code of this step or of a
/// later one was accepted before, and nothing is noted then.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn use_totp_step(tx: &mut Tx, id: AccountId, step: i64) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            "account",
            "UPDATE account SET totp_step = $2 WHERE id = $1 AND totp_step < $2",
            &args![id, step],
        )
        .await?;
    Ok(touched == 1)
}

/// Remembers a password that was used.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn remember_password(
    tx: &mut Tx,
    id: AccountId,
    hash: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "password history",
        "INSERT INTO password_history (account_id, hash, set_at) VALUES ($1, $2, $3)",
        &args![id, hash, now],
    )
    .await?;
    Ok(())
}

/// The hashes of the latest passwords.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn past_passwords(db: &Db, id: AccountId, keep: i64) -> Result<Vec<String>, StoreError> {
    db.fetch(
        "password history",
        "SELECT hash FROM password_history WHERE account_id = $1 ORDER BY set_at DESC LIMIT $2",
        &args![id, keep],
    )
    .await?
    .iter()
    .map(|row| row.text("hash"))
    .collect()
}
