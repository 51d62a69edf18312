//! The change journal as pages and the command line read it, and its verification.

use std::collections::BTreeMap;

use domain::{authority::Permission, label::Label, problem::Problem};
pub use store::journal::{Change, JournalEntry, JournalQuery};
use store::{
    StoreError,
    journal::Break,
    memory::LOST,
    replay::{Mismatch, Replay},
    structure::{Difference, How},
};
use vault::note::{JournalHead, Verifier};

use crate::{App, Ctx, attachment, evidence, fault::fault};

/// Entries that the actor may see, the newest first. Who keeps only a unit's books may
/// read what happened to a record of that unit.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    query: &JournalQuery,
) -> Result<Vec<JournalEntry>, Problem> {
    let scope = ctx.actor.scope(Permission::Journal).or_else(|denied| {
        if query.record_id.is_some() {
            ctx.actor.scope(Permission::Read)
        } else {
            Err(denied)
        }
    })?;
    store::journal::list(&app.db, &scope, query)
        .await
        .map_err(fault)
}

/// What entries may be about: nouns, books, and what is neither.
pub fn nouns(app: &App) -> Vec<String> {
    const OTHERS: [&str; 18] = [
        "account",
        "alarm",
        "api-token",
        "attachment",
        "attestation",
        "baseline",
        "book",
        "calendar-feed",
        "checkpoint",
        "claim",
        "document",
        "journal",
        "log-claim",
        "lost-vault",
        "setting",
        "share",
        "vault",
        "verdict",
    ];
    let library = app.library();
    let nouns = domain::noun::all().iter().map(|schema| &schema.noun);
    let books = library.registers.values().map(|schema| &schema.noun);
    let known = nouns.chain(books).map(String::as_str);
    known.chain(OTHERS).map(ToOwned::to_owned).collect()
}

/// What a verification of the journal came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalReport {
    /// How many entries were read.
    pub entries: i64,
    /// The hash of the last one.
    pub head: String,
    /// How many records were held against them.
    pub records: u64,
    /// How many heads of the journal were known from elsewhere: from checkpoints of the log
    /// vault, and from what left the house.
    pub anchors: usize,
    /// What does not hold; nothing when the journal is sound. At most 100 of each kind.
    pub findings: Vec<JournalFinding>,
    /// How many more there were.
    pub more: u64,
}

impl JournalReport {
    /// Whether every entry and every record is as it was written.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalFinding {
    /// An entry does not hold.
    Entry(Break),
    /// An entry is not the one that was anchored elsewhere; none when it is gone.
    Anchor {
        /// Its number.
        seq: u64,
        /// Where its hash was noted.
        from: String,
        /// The number of the last entry that is there.
        last: i64,
    },
    /// A key of the installation is another one.
    Key(evidence::OtherKey),
    /// Of the vault's checkpoints, which name heads of the journal, these were not read.
    Unread(Label),
    /// No entry carries a seal although the vault knows the journal.
    Unsealed,
    /// A vault that was known is lost, and nobody has acknowledged it.
    LostVault(evidence::LostVault),
    /// A view, a trigger or another part of the database is not as this program makes it.
    Structure(Difference),
    /// A record is not as the journal tells it.
    Record(Mismatch),
    /// A file that a record names, by its SHA-256, is gone or not as it was handed in.
    File(String),
    /// A part of the database cannot be read, in the words of the program.
    Illegible(String),
}

impl JournalFinding {
    /// In words.
    pub fn label(&self) -> Label {
        match self {
            Self::Entry(Break::Outside(seq)) => Label::new(
                format!("Mục {seq} không thuộc sổ: sổ bắt đầu từ mục 1"),
                format!("Entry {seq} is no part of the journal, which begins with entry 1"),
            ),
            Self::Entry(Break::Missing(seq)) => Label::new(
                format!("Mất mục {seq} của sổ nhật ký thay đổi"),
                format!("Entry {seq} is missing"),
            ),
            Self::Entry(Break::Apart(seq)) => Label::new(
                format!("Mục {seq} không nối tiếp mục trước nó"),
                format!("Entry {seq} does not follow the entry before it"),
            ),
            Self::Entry(Break::Changed(seq)) => Label::new(
                format!("Nội dung mục {seq} bị sửa sau khi ghi"),
                format!("Entry {seq} was changed after it was written"),
            ),
            Self::Entry(Break::Unsealed(seq)) => Label::new(
                format!("Mục {seq} không có dấu niêm: không do chương trình này ghi"),
                format!("Entry {seq} carries no seal: this installation did not write it"),
            ),
            Self::Entry(Break::Forged(seq)) => Label::new(
                format!("Dấu niêm của mục {seq} không đúng: không do chương trình này ghi"),
                format!(
                    "The seal of entry {seq} does not hold: this installation did not write it"
                ),
            ),
            Self::Anchor { seq, from, last } if i64::try_from(*seq).is_ok_and(|s| s > *last) => {
                Label::new(
                    format!("Mất các mục {} đến {seq} ở cuối sổ (theo {from})", last + 1),
                    format!(
                        "Entries {} to {seq} at the end are gone (by {from})",
                        last + 1
                    ),
                )
            }
            Self::Anchor { seq, from, .. } => Label::new(
                format!("Mục {seq} không phải mục đã được xác nhận (theo {from})"),
                format!("Entry {seq} is not the one that was anchored (by {from})"),
            ),
            Self::Key(other) => other.label(),
            Self::Unread(what) => what.clone(),
            Self::Unsealed => Label::new(
                "Không mục nào có dấu niêm: sổ đã bị thay",
                "No entry carries a seal: the journal was replaced",
            ),
            Self::LostVault(lost) => lost.label(),
            Self::Structure(d) => structure(d),
            Self::Record(m) => record(m),
            Self::File(sha256) => Label::new(
                format!("Tệp đính kèm {sha256} bị mất hoặc không còn nguyên như khi nộp"),
                format!("The attachment {sha256} is gone or not as it was handed in"),
            ),
            Self::Illegible(what) => Label::new(
                format!("Cơ sở dữ liệu có phần không đọc được: {what}"),
                format!("A part of the database cannot be read: {what}"),
            ),
        }
    }
}

fn structure(d: &Difference) -> Label {
    let Difference { kind, name, how } = d;
    let (vi, en) = match how {
        How::Changed => (
            "không còn như chương trình này tạo ra",
            "is not as this program makes it",
        ),
        How::Missing => ("đã mất", "is gone"),
        How::Foreign => (
            "không do chương trình này tạo ra",
            "is none that this program makes",
        ),
    };
    Label::new(
        format!("Cơ sở dữ liệu: {kind} {name} {vi}"),
        format!("The database: {kind} {name} {en}"),
    )
}

fn record(m: &Mismatch) -> Label {
    let (noun, id, field) = (&m.noun, &m.record_id, &m.field);
    let entry = m
        .seq
        .map(|seq| (format!(" (mục {seq})"), format!(" (entry {seq})")));
    let (vi, en) = entry.unwrap_or_default();
    match (field.is_empty(), m.expected.is_empty(), m.seq) {
        (true, true, None) => Label::new(
            format!(
                "{noun} {id} không có trong sổ nhật ký thay đổi: {}",
                m.found
            ),
            format!("{noun} {id} is in no entry: {}", m.found),
        ),
        (true, true, Some(_)) => Label::new(
            format!("{noun} {id} đã xóa theo sổ{vi} nhưng vẫn còn: {}", m.found),
            format!("{noun} {id} was deleted{en} but is there: {}", m.found),
        ),
        (true, false, _) => Label::new(
            format!("Mất {noun} {id}{vi}, lẽ ra là: {}", m.expected),
            format!("{noun} {id} is gone{en}, it was: {}", m.expected),
        ),
        (false, ..) => Label::new(
            format!(
                "{noun} {id}, {field}: sổ ghi \"{}\"{vi}, bản ghi là \"{}\"",
                m.expected, m.found
            ),
            format!(
                "{noun} {id}, {field}: \"{}\" in the journal{en}, \"{}\" in the record",
                m.expected, m.found
            ),
        ),
    }
}

/// Reads the whole chain with its seals, holds it against the heads that checkpoints of the
/// log vault name, and all records against it.
///
/// # Errors
/// Denied, unavailable.
pub async fn verify(app: &App, ctx: &Ctx) -> Result<JournalReport, Problem> {
    verify_against(app, ctx, None, Vec::new()).await
}

/// The same, held also against heads that `left` the house; `given` is the key that must have
/// signed the vault's checkpoints, else it is this installation's.
///
/// # Errors
/// As [`verify`].
pub async fn verify_against(
    app: &App,
    ctx: &Ctx,
    given: Option<Verifier>,
    left: Vec<(JournalHead, String)>,
) -> Result<JournalReport, Problem> {
    let scope = ctx.actor.scope(Permission::Journal)?;
    if scope.roots().is_some() {
        return Err(Problem::denied(
            Label::new(
                "Kiểm tra nhật ký là việc của tỉnh",
                "Verifying the journal is the province's",
            ),
            "journal",
        ));
    }
    let mut report = JournalReport {
        entries: 0,
        head: String::new(),
        records: 0,
        anchors: 0,
        findings: Vec::new(),
        more: 0,
    };
    match hold(app, given, left, &mut report).await {
        Ok(()) => Ok(report),
        // Whoever can write into the database can also make it illegible: no verification is no
        // sound one.
        Err(Failed::Store(error)) if error.is_content() => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database cannot be verified"
            );
            let what = error.to_string();
            find(&mut report, JournalFinding::Illegible(what));
            Ok(report)
        }
        Err(Failed::Store(error)) => Err(fault(error)),
        Err(Failed::Told(problem)) => Err(problem),
    }
}

/// Why a verification came to no end.
enum Failed {
    Store(StoreError),
    Told(Problem),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

/// Holds everything against everything, and puts into the report what does not hold.
async fn hold(
    app: &App,
    given: Option<Verifier>,
    left: Vec<(JournalHead, String)>,
    report: &mut JournalReport,
) -> Result<(), Failed> {
    // What the vault names before the journal is read is in it.
    let mut anchors: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    let heads = vault_heads(app, given).await?;
    for (head, from) in heads.known.iter().cloned().chain(left) {
        let known = anchors.entry(head.seq).or_default();
        known.push((hex::encode(head.hash), from));
    }
    let keys = heads.others.iter().cloned().map(JournalFinding::Key);
    report.anchors = anchors.len();
    report.findings.extend(keys);
    let (mut noted, mut lost) = (0, Vec::new());
    let library = app.library();
    let books = library.registers.values().cloned();
    let books: Vec<_> = books.map(domain::schema::Schema::as_book).collect();
    let mut replay = Replay::new(domain::noun::all().iter().chain(&books));
    let walked = store::journal::walk(&app.db, |entry, broken| {
        if let Some(broken) = broken {
            find(report, JournalFinding::Entry(broken));
        }
        let Some(seq) = u64::try_from(entry.seq).ok().filter(|seq| *seq > 0) else {
            return Ok(());
        };
        for (hash, from) in anchors.remove(&seq).unwrap_or_default() {
            if hash != entry.hash {
                let (from, last) = (from, i64::MAX);
                find(report, JournalFinding::Anchor { seq, from, last });
                break;
            }
        }
        noted += usize::from(entry.change.noun == store::journal::CHECKPOINT);
        lost.extend(gone(&entry));
        replay.take(&entry);
        Ok(())
    })
    .await?;
    // The farthest one says it all.
    if let Some((seq, known)) = anchors.pop_last() {
        let from = known.into_iter().next().map_or_else(String::new, |k| k.1);
        let last = walked.last;
        find(report, JournalFinding::Anchor { seq, from, last });
    }
    for (seq, hash, from) in lost {
        let found = store::journal::hash_at(&app.db, seq).await?;
        if found.as_ref() != Some(&hash) {
            let (seq, last) = (u64::try_from(seq).unwrap_or_default(), walked.last);
            find(report, JournalFinding::Anchor { seq, from, last });
        }
    }
    let vaults = evidence::unacknowledged(&app.db).await?;
    for vault in vaults {
        find(report, JournalFinding::LostVault(vault));
    }
    if walked.sealed_from.is_none() && walked.last > 0 && report.anchors > 0 {
        find(report, JournalFinding::Unsealed);
    }
    if walked.last > 0
        && let Some(unread) = heads.unread(noted)
    {
        find(report, JournalFinding::Unread(unread));
    }
    let parts = store::structure::differences(&app.db, library.registers.values()).await;
    for part in parts? {
        find(report, JournalFinding::Structure(part));
    }
    let compared = replay.compare(&app.db).await?;
    // What was changed while records were read is told by later entries.
    let later = store::journal::touched(&app.db, walked.last).await;
    let later = later?;
    for mismatch in compared.mismatches {
        if !later.iter().any(|(noun, id)| moves(&mismatch, noun, id)) {
            find(report, JournalFinding::Record(mismatch));
        }
    }
    for sha256 in attachment::damaged(app).await? {
        find(report, JournalFinding::File(sha256));
    }
    report.entries = walked.last;
    report.head = walked.head;
    report.records = compared.records;
    report.more += compared.more;
    Ok(())
}

/// What an entry says of one that was gone while the program ran: its number, its hash, and who
/// says so.
fn gone(entry: &JournalEntry) -> Option<(i64, String, String)> {
    let change = &entry.change;
    let after = change.after.as_deref().filter(|_| change.noun == LOST)?;
    let after: serde_json::Value = serde_json::from_str(after).ok()?;
    let from = format!("entry {} of the change journal", entry.seq);
    Some((
        after["seq"].as_i64()?,
        after["hash"].as_str()?.to_owned(),
        from,
    ))
}

/// Whether a change of this record, made while records were read, explains a mismatch.
fn moves(mismatch: &Mismatch, noun: &str, id: &str) -> bool {
    let Mismatch {
        record_id, field, ..
    } = mismatch;
    match noun {
        store::journal::CHECKPOINT => false,
        "organization" if field == "grants" || field.starts_with("below ") => true,
        // Settings stand behind their province, claims before and uploads of earlier versions
        // beside their unit.
        _ => {
            !id.is_empty()
                && (record_id == id
                    || record_id
                        .strip_suffix(id)
                        .is_some_and(|s| s.ends_with(['/', ' ']))
                    || record_id
                        .strip_prefix(id)
                        .is_some_and(|s| s.starts_with(['/', ' '])))
        }
    }
}

fn find(report: &mut JournalReport, finding: JournalFinding) {
    if report.findings.len() < 2 * store::replay::MOST {
        report.findings.push(finding);
    } else {
        report.more += 1;
    }
}

/// What the vault says of the journal.
#[derive(Debug, Default)]
struct Heads {
    /// The heads that its checkpoints name, with where they stand.
    known: Vec<(JournalHead, String)>,
    /// How many checkpoints a known key signed,
    signed: usize,
    /// and how many notes none of them did.
    unsigned: u64,
    /// Keys that are others than the one that counts.
    others: Vec<evidence::OtherKey>,
}

impl Heads {
    /// What could not be read, in words; `noted`: how many checkpoints the journal says were
    /// signed. The first of a vault is signed before anything can be told to it; each later one
    /// names a head.
    fn unread(&self, noted: usize) -> Option<Label> {
        if self.signed == 0 {
            return Some(Label::new(
                format!(
                    "Không đọc được điểm kiểm nào của kho nhật ký ({} điểm kiểm không do khóa đã biết ký): phần cuối sổ chưa được đối chiếu với đâu cả",
                    self.unsigned
                ),
                format!(
                    "No checkpoint of the log vault could be read ({} are signed by no known key): the journal's end is held against nothing",
                    self.unsigned
                ),
            ));
        }
        if self.unsigned > 0 {
            return Some(Label::new(
                format!(
                    "{} điểm kiểm của kho nhật ký không do khóa đã biết ký nên không đọc được",
                    self.unsigned
                ),
                format!(
                    "{} checkpoints of the log vault are signed by no known key and were not read",
                    self.unsigned
                ),
            ));
        }
        (self.known.is_empty() && noted > 1).then(|| {
            Label::new(
                "Không điểm kiểm nào của kho nhật ký ghi đầu sổ, dù sổ có ghi điểm kiểm: phần cuối sổ chưa được đối chiếu với đâu cả",
                "No checkpoint of the log vault names a head of the journal although the journal notes checkpoints: its end is held against nothing",
            )
        })
    }
}

/// Reads the checkpoints of the vault by every key that is known: the one that counts, and those
/// that should be the same.
async fn vault_heads(app: &App, given: Option<Verifier>) -> Result<Heads, Problem> {
    let noted = evidence::noted(&app.db).await.map_err(fault)?;
    let dir = app.data.join("vault");
    let named = vault::Reader::named_key(&dir).ok().flatten();
    let signer = app.logs.signer().map(vault::note::Signer::verifier);
    let standing = evidence::standing(given, noted.key.as_deref(), signer, named);
    let others = evidence::others(&standing);
    let mut keys: Vec<Verifier> = Vec::new();
    for known in standing {
        if !keys.contains(&known.key) {
            keys.push(known.key);
        }
    }
    let read = tokio::task::spawn_blocking(move || {
        let mut heads = Heads {
            others,
            ..Heads::default()
        };
        let mut notes = 0;
        for key in &keys {
            let mut own = 0;
            let each = |checkpoint: vault::note::Checkpoint| {
                own += 1;
                let at = domain::clock::from_ms(checkpoint.signed_at * 1000);
                if let Some(head) = checkpoint.journal {
                    let from = format!("checkpoint {} {at}", checkpoint.size);
                    heads.known.push((head, from));
                }
            };
            let rest = vault::Reader::checkpoints(&dir, key, each)?;
            heads.signed += own;
            notes = notes.max(own as u64 + rest);
        }
        heads.unsigned = notes.saturating_sub(heads.signed as u64);
        Ok::<_, vault::Error>(heads)
    });
    let heads = read.await.map_err(|_| Problem::internal("vault"))?;
    heads.map_err(|error| {
        tracing::error!(%error, "the checkpoints of the vault cannot be read");
        Problem::internal("vault")
    })
}
