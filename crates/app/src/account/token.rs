//! API tokens of an account.

use domain::{
    id::Id,
    problem::{FieldProblem, Problem},
};
use store::session::{self, ApiToken};

use super::sign_in::{self, Authenticated};
use crate::{App, Ctx, fault::fault};

/// The caller's tokens, without their secrets.
///
/// # Errors
/// Unavailable.
pub async fn list(app: &App, me: &Authenticated) -> Result<Vec<ApiToken>, Problem> {
    session::tokens(&app.db, me.account).await.map_err(fault)
}

/// Makes a token that acts as the caller for `days`; its secret is shown once.
///
/// # Errors
/// Invalid without a name or with a lifetime outside 1 to 730 days.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    name: &str,
    days: i64,
) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || !(1..=730).contains(&days) {
        return Err(Problem::invalid(
            "token",
            vec![FieldProblem::new(
                "name",
                "Cần tên và thời hạn từ 1 đến 730 ngày",
                "Needs a name and a lifetime of 1 to 730 days",
            )],
        ));
    }
    let now = app.clock.now_ms();
    let (secret, hash) = sign_in::secret()?;
    let token = ApiToken {
        id: Id::new(now).to_string(),
        name: name.into(),
        created_at: now,
        expires_at: now + days * 86_400_000,
        used_at: None,
    };
    let mut tx = app.db.begin().await.map_err(fault)?;
    session::make_token(&mut tx, &hash, me.account, &token)
        .await
        .map_err(fault)?;
    let shown =
        serde_json::json!({ "name": token.name, "expires_at": token.expires_at }).to_string();
    let change = app.event(
        ctx,
        "api-token",
        &token.id,
        me.organization,
        "create",
        None,
        Some(shown),
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(secret)
}

/// Ends one of the caller's tokens.
///
/// # Errors
/// Unavailable.
pub async fn end(app: &App, ctx: &Ctx, me: &Authenticated, id: &str) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    session::end_token(&mut tx, me.account, id)
        .await
        .map_err(fault)?;
    let change = app.event(ctx, "api-token", id, me.organization, "delete", None, None);
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)
}
