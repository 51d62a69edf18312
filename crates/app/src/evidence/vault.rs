//! The verification of the log vault, held against all that is known of it.

use std::path::PathBuf;

use domain::{authority::Permission, label::Label, problem::Problem};
use store::journal::{self, CHECKPOINT};
use vault::{Cancel, Expect, Finding, Known, Progress, Reader, Report, Subject, note::Verifier};

use super::anchor;
use crate::{App, Ctx};

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

/// What a verification is asked to hold a vault against.
#[derive(Clone, Debug, Default)]
pub struct Against {
    /// Another folder than the one in use, such as one that was set apart.
    pub folder: Option<PathBuf>,
    /// The key that must have signed; else it is the one that the journal names.
    pub key: Option<Verifier>,
    /// What left the house.
    pub left: Vec<Known>,
    /// The record to begin with ([`Expect::begin_at`]).
    pub begin_at: u64,
}

/// Reads all of the vault and holds it against the key that must have signed, against each
/// checkpoint in the journal, and against those that left the house. A key of the installation
/// that is another one is told too.
///
/// # Errors
/// Denied; unavailable where it cannot be read at all.
pub async fn verify(
    app: &App,
    ctx: &Ctx,
    against: Against,
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
    let Against {
        folder,
        key: given,
        left,
        begin_at,
    } = against;
    let noted = super::noted(&app.db).await?;
    // One that was set apart is no longer the one that the journal follows.
    let followed = folder.is_none();
    let mut known = Vec::new();
    if followed {
        journal::each_of(&app.db, CHECKPOINT, noted.begun, |entry| {
            known.extend(anchor::known(&entry));
        })
        .await?;
    }
    let signer = app.logs.signer().cloned();
    // What the folder itself says is held against this by the reading.
    let standing = super::standing(
        given,
        noted.key.as_deref().filter(|_| followed),
        signer.as_ref().map(vault::note::Signer::verifier),
        None,
    );
    let others = if followed {
        super::others(&standing)
    } else {
        Vec::new()
    };
    let (key, key_from) = match standing.into_iter().next() {
        Some(first) => (Some(first.key), Some(first.from)),
        None => (None, None),
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
            begin_at,
            now_ms,
        };
        Reader::verify_against(&dir, &expect, progress, &cancel)
    });
    let mut report = read
        .await
        .map_err(|_| Problem::internal("vault"))?
        .map_err(|error| {
            tracing::error!(%error, "the vault could not be verified");
            Problem::internal("vault")
        })?;
    let lost = if followed {
        let lost = super::unacknowledged(&app.db).await?;
        lost.into_iter()
    } else {
        Vec::new().into_iter()
    };
    report.findings.extend(lost.map(|lost| Finding {
        subject: Subject::Checkpoint,
        path: lost.folder.clone().into(),
        records: None,
        what: lost.label().en,
    }));
    for other in others {
        report.findings.push(Finding {
            subject: Subject::Key,
            path: other.from.into(),
            records: None,
            what: other.label().en,
        });
    }
    Ok(VaultReport { report, against })
}
