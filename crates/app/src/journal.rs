//! The change journal as pages and the command line read it, and its verification.

mod finding;

use std::collections::BTreeMap;

use domain::{authority::Permission, label::Label, problem::Problem};
pub use store::journal::{Change, JournalEntry, JournalQuery};
use store::{
    StoreError,
    memory::LOST,
    replay::{Mismatch, Replay},
};
use vault::note::{JournalHead, Verifier};

use crate::{App, Ctx, attachment, evidence};

pub use finding::JournalFinding;

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
        .map_err(Problem::from)
}

/// What entries may be about that is neither a noun nor a book: one verdict is what a receipt is
/// about, `verdicts` are what an evaluation wrote.
pub const OTHERS: [&str; 24] = [
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
    "device-access",
    "document",
    "flow",
    "flow-effect",
    "flow-event",
    "flow-substitute",
    "journal",
    "log-claim",
    "lost-vault",
    "setting",
    "share",
    "vault",
    "verdict",
    "verdicts",
];

/// What entries may be about: nouns, books, and what is neither.
pub fn nouns(app: &App) -> Vec<String> {
    let library = app.library();
    let typed = domain::noun::all().iter().filter(|s| s.observed.is_none());
    let nouns = typed.map(|schema| &schema.noun);
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
        Err(error) => match or_illegible::<()>(&mut report, Err(error)) {
            Ok(_) => Ok(report),
            Err(error) => Err(Problem::from(error)),
        },
    }
}

/// Tells of what is illegible, so that it hides nothing else.
fn or_illegible<T>(
    report: &mut JournalReport,
    read: Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    match read {
        Err(error) if error.is_content() => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database cannot be verified"
            );
            find(report, JournalFinding::Illegible(error.to_string()));
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Holds everything against everything, and puts into the report what does not hold.
async fn hold(
    app: &App,
    given: Option<Verifier>,
    left: Vec<(JournalHead, String)>,
    report: &mut JournalReport,
) -> Result<(), StoreError> {
    let before = store::journal::last(&app.db).await?;
    // What the vault names before the journal is read is in it.
    let mut anchors: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    let heads = or_illegible(report, vault_heads(app, given).await)?.unwrap_or_default();
    for (head, from) in heads.known.iter().cloned().chain(left) {
        let known = anchors.entry(head.seq).or_default();
        known.push((hex::encode(head.hash), from));
    }
    let keys = heads.others.iter().cloned().map(JournalFinding::Key);
    report.anchors = anchors.len();
    report.findings.extend(keys);
    let (mut noted, mut lost) = (0, Vec::new());
    let (mut sealed, mut unsealed, mut known) = (false, None, Vec::new());
    let library = app.library();
    let books = library.registers.values().cloned();
    let books: Vec<_> = books.map(domain::schema::Schema::as_book).collect();
    // What the database is made of comes first: it says how to take the rest.
    let parts = store::structure::differences(&app.db, library.registers.values()).await;
    for part in or_illegible(report, parts)?.unwrap_or_default() {
        find(report, JournalFinding::Structure(part));
    }
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
        // A checkpoint was signed before it was noted.
        let of_vault = entry.seq > heads.begun && entry.seq <= before;
        noted += usize::from(of_vault && entry.change.noun == store::journal::CHECKPOINT);
        sealed |= entry.seal.is_some();
        if !sealed {
            unsealed = Some((entry.seq, entry.hash.clone()));
        }
        known.extend(evidence::acknowledged(&app.db, &entry));
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
    if let Some((last, _)) = unsealed.filter(|head| !known.contains(head)) {
        let all = walked.sealed_from.is_none();
        find(report, JournalFinding::Unsealed { last, all });
    }
    if walked.last > 0
        && let Some(unread) = heads.unread(noted)
    {
        find(report, JournalFinding::Unread(unread));
    }
    let compared = replay.compare(&app.db).await;
    let compared = or_illegible(report, compared)?.unwrap_or_default();
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
    /// The entry that says that the vault was begun.
    begun: i64,
    /// Why the checkpoints cannot be read.
    failed: Option<String>,
}

impl Heads {
    /// What could not be read, in words; `noted`: how many checkpoints of this vault the journal
    /// notes. The first of a vault is signed before anything can be told to it; each later one
    /// names a head.
    fn unread(&self, noted: usize) -> Option<Label> {
        if let Some(why) = &self.failed {
            return Some(Label::new(
                format!("Không đọc được các điểm kiểm của kho nhật ký: {why}"),
                format!("The checkpoints of the log vault cannot be read: {why}"),
            ));
        }
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
        if noted > self.signed {
            return Some(Label::new(
                format!(
                    "Sổ ghi {noted} điểm kiểm của kho nhật ký, kho chỉ có {}: kho đã bị thay bằng bản cũ hơn",
                    self.signed
                ),
                format!(
                    "The journal notes {noted} checkpoints of the log vault, which holds {}: an older copy is in its place",
                    self.signed
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
async fn vault_heads(app: &App, given: Option<Verifier>) -> Result<Heads, StoreError> {
    let noted = evidence::noted(&app.db).await?;
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
            begun: noted.begun,
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
            let rest = match vault::Reader::checkpoints(&dir, key, each) {
                Ok(rest) => rest,
                Err(error) => {
                    heads.failed = Some(error.in_full());
                    0
                }
            };
            heads.signed += own;
            notes = notes.max(own as u64 + rest);
        }
        heads.unsigned = notes.saturating_sub(heads.signed as u64);
        heads
    });
    Ok(read.await.unwrap_or_else(|error| Heads {
        failed: Some(error.to_string()),
        ..Heads::default()
    }))
}
