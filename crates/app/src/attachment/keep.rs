//! Taking files in, handing them out, and scanning what was not scanned.

use std::{io, path::PathBuf};

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    problem::{Problem, ProblemKind},
};
use examine::{
    ask::Ask,
    attachment::{Examined, Part, Refusal, is_marked_name, runs},
};
use sha2::{Digest, Sha256};
use store::{StoreError, attachment::Attachment};

use super::{
    clamd::{self, Scan},
    refusal::{note_refusal, refused},
    staged::Staged,
};
use crate::{
    App, Ctx,
    disk::{self, Room},
    examiner, setting,
};

/// The ending of a sealed file in the data folder.
pub(super) const SEALED: &str = "sealed";

/// The largest attachment, bytes (a setting).
pub fn max_bytes(app: &App) -> usize {
    let megabytes = app.settings().integer("attachment.max_mb").clamp(1, 200);
    usize::try_from(megabytes).unwrap_or(20) << 20
}

fn refuse(what: Label, name: &str, next: Label) -> Problem {
    Problem::new(ProblemKind::Invalid, what, name, next)
}

/// Keeps a file for an organization, without a record that names it, and returns its SHA-256.
///
/// # Errors
/// As [`stage`].
pub async fn keep(
    app: &App,
    ctx: &Ctx,
    organization: OrganizationId,
    name: &str,
    bytes: Vec<u8>,
) -> Result<String, Problem> {
    let staged = stage(app, ctx, organization, name, bytes).await?;
    let mut work = app.begin(ctx, Permission::Write).await?;
    staged.enter(app, &mut work, "").await?;
    work.commit().await?;
    Ok(staged.sha256().to_owned())
}

/// Looks into a file for an organization and lays it aside for the record that will name it.
///
/// # Errors
/// Denied for another's unit; invalid when it is empty, too large, or for one of the
/// reasons of [`Refusal`], cannot be read within limits, or when the scanner finds
/// something; unavailable when too many files wait or the disk has no room; a limit when the
/// unit's share is used up. Refusals of what is dangerous, marked or cannot be read are
/// journaled, without name or content.
pub async fn stage(
    app: &App,
    ctx: &Ctx,
    organization: OrganizationId,
    name: &str,
    bytes: Vec<u8>,
) -> Result<Staged, Problem> {
    let scope = ctx.actor.scope(Permission::Write)?;
    let mut tx = app.db.snapshot().await?;
    let own = store::registry::covers(&mut tx, &scope, organization).await?;
    drop(tx);
    if !own {
        return Err(Problem::denied(
            Label::new(
                "Bạn chỉ được gửi tệp cho đơn vị của mình",
                "You may upload only for your own unit",
            ),
            name,
        ));
    }
    let most = max_bytes(app);
    if bytes.is_empty() || bytes.len() > most {
        let most = most >> 20;
        return Err(refuse(
            Label::new(
                format!("Tệp rỗng hoặc lớn hơn {most} MB"),
                format!("The file is empty or larger than {most} MB"),
            ),
            name,
            Label::new(
                "Chọn tệp khác hoặc nén nhỏ lại.",
                "Choose another, or make it smaller.",
            ),
        ));
    }
    disk::room_for(app, Room::NoAttachments, name)?;
    within_quota(app, organization, name, bytes.len()).await?;
    let examined: Result<Examined, Refusal> = examiner::ask(
        app,
        ctx,
        ("attachment", Some(organization)),
        name,
        (Ask::Attachment, &bytes),
    )
    .await?;
    // A name is met before the content, and what runs on a double click is told by it.
    let examined = match runs(name) {
        _ if is_marked_name(name) => Err(Refusal::Marked),
        Some(ending) => Err(Refusal::Program(ending.into())),
        None => examined,
    };
    let examined = match examined {
        Ok(examined) => examined,
        Err(refusal) => {
            note_refusal(app, ctx, organization, &refusal).await?;
            return Err(refused(&refusal, name));
        }
    };
    let now = app.clock.now_ms();
    let scan = scan(app, &bytes).await;
    if let Scan::Infected(signature) = &scan {
        let said = serde_json::json!({ "signature": signature }).to_string();
        note(app, ctx, organization, "refused-as-infected", Some(said)).await?;
        return Err(refuse(
            Label::new(
                format!("Tệp nhiễm mã độc: {signature}"),
                format!("The file carries malware: {signature}"),
            ),
            name,
            Label::new(
                "Không lưu tệp. Ngắt máy gửi khỏi mạng, quét mã độc và báo người phụ trách an toàn thông tin.",
                "It was not kept. Take the sending machine off the network, scan it, and tell your security officer.",
            ),
        ));
    }
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let (scan, scan_detail, scanned_at) = columns(scan, now);
    let attachment = Attachment {
        id: Id::new(now).to_string(),
        record_id: String::new(),
        sha256,
        name: examined.kind.name(name),
        media_type: examined.kind.media_type().into(),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        organization,
        uploaded_by: ctx.actor.name.clone(),
        uploaded_at: now,
        marking: examined.marking.code().into(),
        unread: codes(&examined.unread),
        signers: examined.signers.join("\n"),
        scan,
        scan_detail,
        scanned_at,
    };
    Staged::write(app, attachment, bytes).await
}

/// What is said when a file cannot be written.
pub(super) fn unwritten(error: &io::Error, name: &str) -> Problem {
    tracing::error!(%error, "an attachment could not be written");
    Problem::new(
        ProblemKind::Unavailable,
        Label::new("Không ghi được tệp", "The file could not be written"),
        name,
        Label::new(
            "Kiểm tra dung lượng đĩa rồi gửi lại.",
            "Check disk space and send it again.",
        ),
    )
}

/// Refuses what a unit, or all together, have no room for any more.
async fn within_quota(
    app: &App,
    organization: OrganizationId,
    name: &str,
    more: usize,
) -> Result<(), Problem> {
    const DAY: i64 = 24 * 3_600_000;
    let settings = app.settings();
    let yesterday = app.clock.now_ms() - DAY;
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    for (key, of, since) in [
        ("attachment.unit_day_mb", Some(organization), yesterday),
        ("attachment.unit_mb", Some(organization), 0),
        ("attachment.all_mb", None, 0),
    ] {
        let megabytes = settings.integer(key);
        if megabytes <= 0 {
            continue;
        }
        let used = store::attachment::bytes(&app.db, of, since).await?;
        if used.saturating_add(more) <= megabytes << 20 {
            continue;
        }
        let (used, label) = (used >> 20, setting::spec(key).map_or(("", ""), |s| s.label));
        return Err(Problem::new(
            ProblemKind::Limit,
            Label::new(
                format!(
                    "Hết hạn mức tệp đính kèm: {} {megabytes}, đã dùng {used}",
                    label.0
                ),
                format!(
                    "No room for more attachments: {} {megabytes}, used {used}",
                    label.1
                ),
            ),
            name,
            Label::new(
                "Chưa lưu gì. Nén nhỏ tệp, gửi vào ngày mai, hoặc đề nghị trung tâm nâng hạn mức ở trang Thiết lập.",
                "Nothing was kept. Make the file smaller, send it tomorrow, or ask the centre to raise the bound on the settings page.",
            ),
        ));
    }
    Ok(())
}

pub(super) async fn note(
    app: &App,
    ctx: &Ctx,
    organization: OrganizationId,
    action: &str,
    after: Option<String>,
) -> Result<(), Problem> {
    let mut work = app.begin_own(ctx).await?;
    work.event("attachment", "", Some(organization), action, None, after);
    work.commit().await.map_err(Problem::from)
}

/// The parts that were not looked at, as they are kept.
fn codes(parts: &[Part]) -> String {
    let codes: Vec<&str> = parts.iter().map(|part| part.code()).collect();
    codes.join(" ")
}

async fn scan(app: &App, bytes: &[u8]) -> Scan {
    let address = app.settings().text("attachment.clamd");
    if address.is_empty() {
        return Scan::NotScanned("no scanner is set".into());
    }
    clamd::scan(&address, bytes).await
}

/// State, detail and time as they are kept.
fn columns(scan: Scan, now: i64) -> (String, Option<String>, Option<i64>) {
    match scan {
        Scan::Clean => ("clean".into(), None, Some(now)),
        Scan::Infected(signature) => ("infected".into(), Some(signature), Some(now)),
        Scan::NotScanned(why) => ("not-scanned".into(), Some(why), Some(now)),
    }
}

/// No sealed file is larger, whatever is set.
const MOST_SEALED: u64 = 256 << 20;

/// Where attachments lie.
pub(super) fn folder(app: &App) -> PathBuf {
    app.data.join("attachments")
}

/// Where one lies.
pub(super) fn path(app: &App, sha256: &str) -> PathBuf {
    folder(app)
        .join(sha256.get(..2).unwrap_or_default())
        .join(format!("{sha256}.{SEALED}"))
}

fn put(path: &std::path::Path, sealed: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)?;
    let aside = path.with_extension("part");
    let mut file = std::fs::File::create(&aside)?;
    io::Write::write_all(&mut file, sealed)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    std::fs::File::open(folder)?.sync_all()
}

/// The content of a file as it was handed in; none when it is not there, was changed on
/// disk, or was sealed with another key.
async fn read(app: &App, sha256: &str) -> Option<Vec<u8>> {
    let (keys, about, path) = (app.keys.clone(), sha256.to_owned(), path(app, sha256));
    let plain = tokio::task::spawn_blocking(move || {
        let sealed = vault::read(&path, MOST_SEALED).ok()?;
        keys.unseal(about.as_bytes(), &sealed)
    });
    let plain = plain.await.ok()?;
    if plain.is_none() {
        tracing::error!(
            sha256,
            "an attachment does not open with the key of this data folder"
        );
    }
    plain
}

/// The SHA-256 of every file that a record names and that is not there as it was handed in. Each
/// is read whole.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn damaged(app: &App) -> Result<Vec<String>, StoreError> {
    let mut damaged = Vec::new();
    for sha256 in store::attachment::all_hashes(&app.db).await? {
        if read(app, &sha256).await.is_none() {
            damaged.push(sha256);
        }
    }
    Ok(damaged)
}

/// What is known of an attachment that the actor may see: of a unit in reach, named by an entry
/// of a book that is shared with the actor, or handed in with an entry that was shared. Name, uploader and time are those of the
/// upload with `record`; without one, of the last that the actor may see.
///
/// # Errors
/// Not found also when it is another unit's.
pub async fn about(
    app: &App,
    ctx: &Ctx,
    sha256: &str,
    record: Option<&str>,
) -> Result<Attachment, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let found = store::attachment::get(&app.db, &scope, sha256, record).await?;
    if let Some(own) = found {
        return Ok(own);
    }
    let library = app.library();
    for book in library.registers.values() {
        if book.shared_with.is_empty() {
            continue;
        }
        let Ok(scope) = ctx.actor.reads(book) else {
            continue;
        };
        let books = [book.noun.as_str()];
        let found =
            store::attachment::named_by_entry(&app.db, &scope, &books, sha256, record).await?;
        if let Some(shared) = found {
            return Ok(shared);
        }
    }
    let today = app.clock.today().to_string();
    store::attachment::shared(&app.db, &scope, &today, sha256, record)
        .await?
        .ok_or_else(|| missing(sha256))
}

fn missing(sha256: &str) -> Problem {
    Problem::not_found(&Label::new("tệp đính kèm", "attachment"), sha256)
}

/// An attachment that the actor may see, with its content.
///
/// # Errors
/// Not found also when it is another unit's; denied when a scanner has found malware in it
/// since it was handed in.
pub async fn get(
    app: &App,
    ctx: &Ctx,
    sha256: &str,
    record: Option<&str>,
) -> Result<(Attachment, Vec<u8>), Problem> {
    let attachment = about(app, ctx, sha256, record).await?;
    if attachment.scan == "infected" {
        return Err(Problem::new(
            ProblemKind::Denied,
            Label::new(
                "Tệp nhiễm mã độc, không phát ra nữa",
                "The file carries malware and is not handed out",
            ),
            attachment.scan_detail.unwrap_or_default(),
            Label::new(
                "Báo người phụ trách an toàn thông tin.",
                "Tell your security officer.",
            ),
        ));
    }
    let bytes = read(app, sha256).await.ok_or_else(|| missing(sha256))?;
    Ok((attachment, bytes))
}

/// Asks the scanner again about files that it has not answered about, some at a time.
///
/// # Errors
/// Unavailable.
pub async fn rescan(app: &App) -> Result<Option<Label>, StoreError> {
    if app.settings().text("attachment.clamd").is_empty() {
        return Ok(None);
    }
    let (mut clean, mut infected) = (0, 0);
    for attachment in store::attachment::not_scanned(&app.db, 20).await? {
        let Some(bytes) = read(app, &attachment.sha256).await else {
            continue;
        };
        let now = app.clock.now_ms();
        let answer = scan(app, &bytes).await;
        let unanswered = matches!(answer, Scan::NotScanned(_));
        let (state, detail, at) = columns(answer, now);
        let mut work = app.begin_program().await?;
        let others = store::attachment::scanned(
            &mut work,
            &attachment.sha256,
            &state,
            detail.as_deref(),
            at.unwrap_or(now),
        )
        .await?;
        let (action, said) = match state.as_str() {
            "infected" => ("found-infected", serde_json::json!({ "signature": detail })),
            state => ("found-clean", serde_json::json!({ "scan": state })),
        };
        infected += usize::from(state == "infected");
        let said = Some(said.to_string());
        for (id, unit) in &others {
            work.event("attachment", id, Some(*unit), action, None, said.clone());
        }
        work.commit().await?;
        if unanswered {
            // The others would wait for the same.
            break;
        }
        clean += usize::from(state == "clean");
    }
    let label = || {
        Label::new(
            format!("{clean} tệp sạch, {infected} tệp nhiễm mã độc"),
            format!("{clean} clean, {infected} infected"),
        )
    };
    Ok((clean + infected > 0).then(label))
}

/// Seals files that were kept as they are by an earlier version of the program.
///
/// # Errors
/// When the folder cannot be read or written.
pub fn seal_old(data: &std::path::Path, keys: &crate::keyring::Keyring) -> io::Result<usize> {
    let folder = data.join("attachments");
    let mut sealed = 0;
    let folders = match std::fs::read_dir(&folder) {
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
            let plain = file?.path();
            let name = plain.file_name().and_then(|n| n.to_str()).unwrap_or("");
            if name.len() != 64 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
                continue;
            }
            // A pipe or a folder of that name holds nothing to seal.
            let Ok(bytes) = vault::read(&plain, MOST_SEALED) else {
                continue;
            };
            put(
                &plain.with_extension(SEALED),
                &keys.seal(name.as_bytes(), &bytes)?,
            )?;
            std::fs::remove_file(&plain)?;
            sealed += 1;
        }
    }
    Ok(sealed)
}

/// Whether any attachment lies sealed in the data folder.
///
/// # Errors
/// When the folder cannot be read.
pub fn any_sealed(data: &std::path::Path) -> io::Result<bool> {
    let folders = match std::fs::read_dir(data.join("attachments")) {
        Ok(folders) => folders,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    for folder in folders {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder)? {
            if file?.path().extension().is_some_and(|e| e == SEALED) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
