//! Vaults that were known and are followed no longer, and entries with which the journal begins
//! that carry no seal. Whoever takes a vault away takes with it what names the journal's end, and
//! whoever makes the journal anew cannot seal it: so that is BAD until a person has acknowledged
//! it by name.

use domain::{
    authority::Permission,
    label::Label,
    problem::{FieldProblem, Problem},
};
use store::{
    Db, StoreError,
    journal::{self, JournalEntry, LOST_VAULT, VAULT},
    memory::{Head, LOST},
    sealed,
};

use crate::{App, Ctx};

/// A vault in whose place another one was begun.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LostVault {
    /// The entry that says so.
    pub begun: i64,
    /// When that was noted, unix milliseconds.
    pub at: i64,
    /// Its folder, as it was called when it was set apart.
    pub folder: String,
    /// How many of its lines were known,
    pub size: u64,
    /// and by what.
    pub root: String,
    /// Why it was not followed.
    pub reason: String,
}

impl LostVault {
    /// In words.
    pub fn label(&self) -> Label {
        let Self {
            begun,
            folder,
            size,
            root,
            reason,
            ..
        } = self;
        Label::new(
            format!(
                "Kho nhật ký {folder} ({size} dòng đã biết, {root}) bị thay bằng kho mới ở mục {begun}: {reason}; chưa ai xác nhận mất mát này"
            ),
            format!(
                "The log vault {folder} ({size} lines known, {root}) was replaced by a new one at entry {begun}: {reason}; nobody has acknowledged what is lost (gieng vault repair --accept REASON --yes)"
            ),
        )
    }

    fn read(entry: &JournalEntry) -> Option<Self> {
        let after: serde_json::Value = serde_json::from_str(entry.change.after.as_deref()?).ok()?;
        let continues = after.get("continues").filter(|c| !c.is_null())?;
        let text = |name: &str| continues[name].as_str().unwrap_or_default().to_owned();
        Some(Self {
            begun: entry.seq,
            at: entry.change.at,
            folder: text("folder"),
            size: continues["size"].as_u64().unwrap_or_default(),
            root: text("root"),
            reason: text("reason"),
        })
    }
}

/// Those that nobody has acknowledged.
pub(crate) async fn unacknowledged(db: &Db) -> Result<Vec<LostVault>, StoreError> {
    let mut lost = Vec::new();
    journal::each_of(db, VAULT, 0, |entry| lost.extend(LostVault::read(&entry))).await?;
    journal::each_of(db, LOST_VAULT, 0, |entry| {
        let after = entry.change.after.as_deref().unwrap_or_default();
        let after: serde_json::Value = serde_json::from_str(after).unwrap_or_default();
        // What this installation did not write acknowledges nothing.
        if entry.is_of(db) {
            lost.retain(|l: &LostVault| after["begun"] != l.begun);
        }
    })
    .await?;
    Ok(lost)
}

/// What is lost and nobody has acknowledged, or what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The vaults.
    pub vaults: Vec<LostVault>,
    /// The last of the entries with which the journal begins that carry no seal: number and hash.
    pub unsealed: Option<Head>,
}

impl Lost {
    /// Whether there is nothing.
    pub fn is_none(&self) -> bool {
        self.vaults.is_empty() && self.unsealed.is_none()
    }
}

/// The last entry of those without a seal that a person has acknowledged by this entry.
pub(crate) fn acknowledged(db: &Db, entry: &JournalEntry) -> Option<Head> {
    let change = &entry.change;
    if change.noun != LOST || change.action != "acknowledge" || !entry.is_of(db) {
        return None;
    }
    let after: serde_json::Value = serde_json::from_str(change.after.as_deref()?).ok()?;
    let hash = after["head"].as_str()?.to_owned();
    Some((after["unsealed"].as_i64()?, hash))
}

async fn unsealed(db: &Db) -> Result<Option<Head>, StoreError> {
    let last = sealed::unsealed(db).await?;
    let mut known = false;
    journal::each_of(db, LOST, 0, |entry| {
        known |= acknowledged(db, &entry) == last;
    })
    .await?;
    Ok(last.filter(|_| !known))
}

/// What is lost and nobody has acknowledged.
///
/// # Errors
/// Unavailable.
pub async fn lost(app: &App) -> Result<Lost, Problem> {
    Ok(Lost {
        vaults: unacknowledged(&app.db).await?,
        unsealed: unsealed(&app.db).await?,
    })
}

/// Acknowledges what is lost, for a reason: an entry of the journal for each vault names it, and
/// one the entries without a seal. From then on the vault that took its place counts, and these
/// entries as they are now.
///
/// # Errors
/// Denied; invalid without a reason; unavailable.
pub async fn acknowledge(app: &App, ctx: &Ctx, why: &str) -> Result<Lost, Problem> {
    let scope = ctx.actor.scope(Permission::Manage)?;
    if scope.roots().is_some() {
        return Err(Problem::denied(
            Label::new(
                "Xác nhận mất kho nhật ký là việc của tỉnh",
                "Acknowledging a lost vault is the province's",
            ),
            "vault",
        ));
    }
    let why = why.trim();
    if !(10..=2_000).contains(&why.chars().count()) {
        let wrong = FieldProblem::new(
            "reason",
            "Nêu lý do và việc đã làm (10 đến 2.000 ký tự)",
            "Say why and what was done about it (10 to 2,000 characters)",
        );
        return Err(Problem::invalid("vault", vec![wrong]));
    }
    let lost = lost(app).await?;
    let mut work = app.begin(ctx, Permission::Manage).await?;
    for vault in &lost.vaults {
        let mut after = serde_json::json!(vault);
        after["why"] = why.into();
        let after = Some(after.to_string());
        work.event(LOST_VAULT, &vault.folder, None, "acknowledge", None, after);
    }
    if let Some((last, head)) = &lost.unsealed {
        let after = serde_json::json!({ "unsealed": last, "head": head, "why": why });
        let (id, after) = (last.to_string(), Some(after.to_string()));
        work.event(LOST, &id, None, "acknowledge", None, after);
    }
    work.commit().await?;
    store::evidence::forget(&app.db).await?;
    Ok(lost)
}
