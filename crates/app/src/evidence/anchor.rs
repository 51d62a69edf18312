//! What ties the log vault to the change journal.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use store::{
    Db, StoreError,
    journal::{self, CHECKPOINT, VAULT},
    memory,
};
use vault::{
    Known, Vault,
    note::{Checkpoint, JournalHead},
};

use crate::{App, Core, task::everything};

/// What the journal says of the vault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    /// The last checkpoint since the vault was begun; where the newest entry about one is not
    /// ours, that one too.
    pub known: Vec<Known>,
    /// The key that signs it, a C2SP verifier key.
    pub key: Option<String>,
    /// The entry that says that it was begun.
    pub begun: i64,
}

/// The checkpoint that an entry notes.
pub(super) fn known(entry: &journal::JournalEntry) -> Option<Known> {
    let after: serde_json::Value = serde_json::from_str(entry.change.after.as_ref()?).ok()?;
    let id = hex::decode(after["id"].as_str()?).ok()?;
    Some(Known {
        size: after["size"].as_u64()?,
        id: id.try_into().ok()?,
        from: format!("entry {} of the change journal", entry.seq),
    })
}

/// Reads it. An entry that carries no seal of this installation can ask for more, and excuse
/// nothing: who takes the seals off does not make the vault forget.
pub(crate) async fn noted(db: &Db) -> Result<Noted, StoreError> {
    let begun = journal::last_of(db, VAULT).await?;
    let at = begun.as_ref().map_or(0, |b| b.seq);
    let mut last = Vec::new();
    last.extend(journal::last_of(db, CHECKPOINT).await?);
    last.extend(journal::newest_of(db, CHECKPOINT).await?);
    last.dedup_by_key(|entry| entry.seq);
    let named = match begun {
        Some(begun) => Some(begun),
        None => journal::newest_of(db, VAULT).await?,
    };
    let after = named.and_then(|b| b.change.after);
    let after: serde_json::Value = after
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    Ok(Noted {
        known: last
            .iter()
            .filter(|l| l.seq > at)
            .filter_map(known)
            .collect(),
        key: after["key"].as_str().map(Into::into),
        begun: at,
    })
}

/// The vault that was set apart, and why.
#[derive(Clone, Debug)]
pub(crate) struct Continued {
    /// Its folder's name.
    pub folder: String,
    /// Why it was set apart.
    pub reason: String,
    /// The last that is known of it: how many lines, and the root or the checkpoint's id.
    pub size: u64,
    pub root: String,
}

/// Writes down that a vault was begun with this key.
pub(crate) async fn begin(
    core: &Core,
    key: &str,
    continued: Option<&Continued>,
) -> Result<(), StoreError> {
    let continues = continued.map(|c| {
        serde_json::json!({ "folder": c.folder, "size": c.size, "root": c.root, "reason": c.reason })
    });
    let after = serde_json::json!({ "key": key, "continues": continues }).to_string();
    let mut work = core.begin_program().await?;
    work.event(VAULT, "vault", None, "begin", None, Some(after));
    work.commit().await
}

/// Looks whether the journal still ends as this process knows it, notes the vault's latest
/// checkpoint in the journal, and gives the vault the journal's head for its next one. Runs every few seconds; writes only what is new.
///
/// # Errors
/// The store's.
pub async fn reconcile(app: &App) -> Result<(), StoreError> {
    memory::hold(&app.db, app.clock.now_ms()).await?;
    for (seq, _) in memory::lost(&app.db) {
        super::daily::cut(app, seq).await?;
    }
    let Some(vault) = app.logs.vault() else {
        return Ok(());
    };
    note(app, vault).await?;
    witness(app, vault).await
}

async fn witness(app: &App, vault: &Vault) -> Result<(), StoreError> {
    let (seq, news, hash) = journal::tip(&app.db).await?;
    let (Ok(seq), Ok(news)) = (u64::try_from(seq), u64::try_from(news)) else {
        return Ok(());
    };
    let hash = hex::decode(hash).ok().and_then(|h| h.try_into().ok());
    if let Some(hash) = hash.filter(|_| seq > 0) {
        vault.witness(JournalHead { seq, hash }, news);
    }
    Ok(())
}

async fn note(app: &App, vault: &Vault) -> Result<(), StoreError> {
    let Some(latest) = vault.latest_checkpoint() else {
        return Ok(());
    };
    if app.logs.noted() == Some(latest.id()) {
        return Ok(());
    }
    let noted = noted(&app.db).await?;
    let key = vault.verifier().to_vkey();
    if noted.key.is_none() {
        baseline(app).await?;
    }
    if noted.key.as_ref() != Some(&key) {
        begin(app, &key, None).await?;
    }
    if noted.known.iter().all(|k| k.id != latest.id()) {
        let after = serde_json::json!({
            "size": latest.size,
            "root": BASE64_STANDARD.encode(latest.root),
            "id": hex::encode(latest.id()),
        });
        let (size, after) = (latest.size.to_string(), Some(after.to_string()));
        let mut work = app.begin_program().await?;
        work.event(CHECKPOINT, &size, None, "sign", None, after);
        work.commit().await?;
    }
    app.logs.note(latest.id());
    Ok(())
}

/// At the first start with sealed entries: how accounts stand. Versions that sealed none did not
/// write down by what somebody signs in; without an entry of theirs there is nothing to tell anew.
async fn baseline(app: &App) -> Result<(), StoreError> {
    if store::sealed::unsealed(&app.db).await?.is_none() {
        return Ok(());
    }
    let accounts = store::account::list(&app.db, &everything()).await?;
    let mut work = app.begin_program().await?;
    for account in &accounts {
        let (id, unit) = (account.id.to_string(), account.organization);
        let after = Some(crate::account::shown(account).to_string());
        work.event("account", &id, unit, "baseline", None, after);
    }
    work.commit().await
}

/// The last act before the program ends: everything signed, everything noted, and the entry
/// that notes it anchored by a checkpoint that comes last of all.
pub(crate) async fn settle(app: &App) {
    let Some(vault) = app.logs.vault() else {
        return;
    };
    let settled = async {
        witness(app, vault).await?;
        if let Err(error) = vault.checkpoint().await {
            tracing::error!(%error, "no last checkpoint was written");
        }
        note(app, vault).await?;
        witness(app, vault).await?;
        if let Err(error) = vault.settle().await {
            tracing::error!(%error, "the journal's last entry is not anchored");
        }
        Ok::<_, StoreError>(())
    };
    if let Err(error) = settled.await {
        tracing::error!(%error, "the last checkpoint is not in the journal");
    }
}

/// The lines with which a digest carries the latest checkpoint out of the house.
pub(crate) fn digest(latest: &Checkpoint) -> String {
    format!(
        "Chứng cứ đến lúc này, gồm {} dòng nhật ký hệ thống và đầu sổ nhật ký thay đổi. Giữ thư này: khi cần, \
         lưu thành tệp và đối chiếu bằng lệnh gieng vault verify --checkpoint TỆP.\n\n{}",
        latest.size, latest.note
    )
}
