//! Files between the form they came with and the record they belong to. A form that is
//! refused leaves nothing: neither a file nor a row.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{
    id::{Id, OrganizationId},
    label::Label,
    problem::Problem,
};
use store::{StoreError, attachment::Attachment};

use super::keep::{SEALED, folder, path, unwritten};
use crate::{App, Work};

/// What belongs to no record is removed when it is so old.
const GRACE: Duration = Duration::from_secs(3_600);

/// A file that was looked at and lies on disk, sealed, but belongs to no record yet. When it
/// is dropped before it is entered, it is gone.
#[derive(Debug)]
#[must_use]
pub struct Staged {
    attachment: Attachment,
    aside: PathBuf,
}

impl Staged {
    /// Writes it aside, sealed and synced.
    pub(super) async fn write(
        app: &App,
        attachment: Attachment,
        bytes: Vec<u8>,
    ) -> Result<Self, Problem> {
        let folder = folder(app).join("staged");
        let staged = Self {
            aside: folder.join(format!("{}.{SEALED}", attachment.id)),
            attachment,
        };
        let (keys, about) = (app.keys.clone(), staged.attachment.sha256.clone());
        let to = staged.aside.clone();
        let written = tokio::task::spawn_blocking(move || {
            let sealed = keys.seal(about.as_bytes(), &bytes)?;
            std::fs::create_dir_all(folder)?;
            let mut file = std::fs::File::create(to)?;
            io::Write::write_all(&mut file, &sealed)?;
            file.sync_all()
        });
        let written = written.await.unwrap_or_else(|e| Err(io::Error::other(e)));
        written.map_err(|error| unwritten(&error, &staged.attachment.name))?;
        Ok(staged)
    }

    /// The SHA-256 of its content, hex.
    pub fn sha256(&self) -> &str {
        &self.attachment.sha256
    }

    /// Whose it is.
    pub fn organization(&self) -> OrganizationId {
        self.attachment.organization
    }

    /// Enters it with its record, in the transaction that writes that, as the last thing
    /// before it commits; `record` is empty where there is none.
    pub(crate) async fn enter(
        &self,
        app: &App,
        work: &mut Work,
        record: &str,
    ) -> Result<(), Problem> {
        let attachment = &Attachment {
            record_id: record.to_owned(),
            ..self.attachment.clone()
        };
        let (aside, to) = (self.aside.clone(), path(app, &attachment.sha256));
        let moved = tokio::task::spawn_blocking(move || settle(&aside, &to)).await;
        let moved = moved.unwrap_or_else(|e| Err(io::Error::other(e)));
        moved.map_err(|error| unwritten(&error, &attachment.name))?;
        note(work, attachment).await.map_err(Problem::from)
    }
}

/// Writes an upload down, with its entry in the journal.
async fn note(work: &mut Work, attachment: &Attachment) -> Result<(), StoreError> {
    store::attachment::note(work, attachment).await?;
    let after = serde_json::to_string(attachment).unwrap_or_default();
    let (id, owner) = (&attachment.id, Some(attachment.organization));
    work.event("attachment", id, owner, "create", None, Some(after));
    Ok(())
}

/// Enters uploads that another record has named already with a record that names them too.
pub(crate) async fn enter_again(work: &mut Work, uploads: &[Attachment]) -> Result<(), StoreError> {
    for upload in uploads {
        let again = Attachment {
            id: Id::new(work.now()).to_string(),
            ..upload.clone()
        };
        note(work, &again).await?;
    }
    Ok(())
}

impl Drop for Staged {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.aside) {
            Ok(()) => {}
            // It was entered.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "a file that belongs to nothing stays for now"),
        }
    }
}

/// On disk under its name before the row that names it is.
fn settle(aside: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(to);
    std::fs::create_dir_all(folder)?;
    match std::fs::rename(aside, to) {
        // The transaction before this one did it, and was tried again.
        Err(e) if e.kind() == io::ErrorKind::NotFound && to.exists() => {}
        moved => moved?,
    }
    std::fs::File::open(folder)?.sync_all()
}

/// Removes files that no record names: what a crash left between file and record.
///
/// # Errors
/// The store's.
pub async fn sweep(app: &App) -> Result<Option<Label>, store::StoreError> {
    let known: HashSet<String> = store::attachment::all_hashes(&app.db)
        .await?
        .into_iter()
        .collect();
    let (root, now) = (folder(app), app.clock.now());
    let swept = tokio::task::spawn_blocking(move || orphans(&root, &known, now)).await;
    let removed = match swept.unwrap_or_else(|e| Err(io::Error::other(e))) {
        Ok(removed) => removed,
        Err(error) => {
            tracing::error!(%error, "the attachments could not be gone through");
            0
        }
    };
    Ok((removed > 0).then(|| {
        Label::new(
            format!("đã xóa {removed} tệp không thuộc bản ghi nào"),
            format!("removed {removed} files that belonged to no record"),
        )
    }))
}

fn orphans(root: &Path, known: &HashSet<String>, now: jiff::Timestamp) -> io::Result<usize> {
    let mut removed = 0;
    let folders = match std::fs::read_dir(root) {
        Ok(folders) => folders,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(e),
    };
    for folder in folders {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder)? {
            let file = file?;
            let path = file.path();
            let ours = path.extension().is_some_and(|e| e == SEALED || e == "part");
            let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or("");
            let whole = path.extension().is_some_and(|e| e == SEALED);
            if !ours || whole && known.contains(name) {
                continue;
            }
            let Ok(changed) = jiff::Timestamp::try_from(file.metadata()?.modified()?) else {
                continue;
            };
            let age = now.duration_since(changed);
            if age.unsigned_abs() > GRACE && age.is_positive() {
                std::fs::remove_file(&path)?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}
