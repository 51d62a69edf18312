//! The verification of the log vault, held against all that is known of it.

use std::path::PathBuf;

use domain::{authority::Permission, label::Label, problem::Problem};
use store::journal::{self, CHECKPOINT};
use vault::{Cancel, Expect, Known, Progress, Reader, Report, note::Verifier};

use super::anchor;
use crate::{App, Ctx, fault::fault};

/// What a verification of the vault came to.
#[derive(Clone, Debug)]
pub struct VaultReport {
    /// What was read, and what is wrong.
    pub report: Report,
    /// What it was held against.
    pub against: HeldAgainst,
}

/// What a vault was held against.
#[derive(Clone, Debug)]
pub struct HeldAgainst {
    /// The key that must have signed.
    pub key: Option<String>,
    /// Whence: `given`, `journal`, `vault.key`; none when only the vault itself names it.
    pub key_from: Option<&'static str>,
    /// How many checkpoints the journal names.
    pub journal: usize,
    /// How many left the house and were given.
    pub left: usize,
}

/// Reads all of the vault and holds it against the key `given`, or else the one that the
/// journal names, against each checkpoint in the journal, and against those that `left` the
/// house. `folder` is another folder than the one in use, such as one that was set apart.
///
/// # Errors
/// Denied; unavailable where it cannot be read at all.
pub async fn verify(
    app: &App,
    ctx: &Ctx,
    folder: Option<PathBuf>,
    given: Option<Verifier>,
    left: Vec<Known>,
    progress: impl FnMut(Progress) + Send + 'static,
    cancel: Cancel,
) -> Result<VaultReport, Problem> {
    let scope = ctx.actor.scope(Permission::Journal)?;
    if scope.roots().is_some() {
        return Err(Problem::denied(
            Label::new(
                "Kiểm tra kho nhật ký là việc của tỉnh",
                "Verifying the log vault is the province's",
            ),
            "vault",
        ));
    }
    let noted = super::noted(&app.db).await.map_err(fault)?;
    // One that was set apart is no longer the one that the journal follows.
    let followed = folder.is_none();
    let mut known = Vec::new();
    if followed {
        journal::each_of(&app.db, CHECKPOINT, noted.begun, |entry| {
            known.extend(anchor::known(&entry));
        })
        .await
        .map_err(fault)?;
    }
    let named = noted
        .key
        .filter(|_| followed)
        .and_then(|key| Verifier::from_vkey(&key).ok());
    let signer = app.logs.signer().cloned();
    let (key, key_from) = match (given, named, &signer) {
        (Some(key), ..) => (Some(key), Some("given")),
        (None, Some(key), _) => (Some(key), Some("journal")),
        (None, None, Some(signer)) => (Some(signer.verifier().clone()), Some("vault.key")),
        (None, None, None) => (None, None),
    };
    let against = HeldAgainst {
        key: key.as_ref().map(Verifier::to_vkey),
        key_from,
        journal: known.len(),
        left: left.len(),
    };
    known.extend(left);
    let dir = folder.unwrap_or_else(|| app.data.join("vault"));
    let now_ms = Some(app.clock.now_ms());
    let read = tokio::task::spawn_blocking(move || {
        let expect = Expect {
            key: key.as_ref(),
            // Another key's seals say nothing of these lines.
            signer: signer
                .as_ref()
                .filter(|s| key.as_ref().is_none_or(|key| key == s.verifier())),
            known: &known,
            now_ms,
        };
        Reader::verify_against(&dir, &expect, progress, &cancel)
    });
    let report = read
        .await
        .map_err(|_| Problem::internal("vault"))?
        .map_err(|error| {
            tracing::error!(%error, "the vault could not be verified");
            Problem::internal("vault")
        })?;
    Ok(VaultReport { report, against })
}
