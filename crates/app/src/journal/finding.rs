//! What a verification of the journal finds, in words.

use domain::label::Label;
use store::{
    journal::Break,
    replay::Mismatch,
    structure::{Difference, How},
};

use crate::evidence;

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
    /// The entries up to this one carry no seal, and nobody has acknowledged it: all that are
    /// there, or those before the first that carries one.
    Unsealed {
        /// The number of the last one.
        last: i64,
        /// Whether there is none behind it.
        all: bool,
    },
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
            Self::Unsealed { last, all } => {
                let (vi, en) = if *all {
                    (
                        "Không mục nào có dấu niêm".to_owned(),
                        "No entry carries a seal".to_owned(),
                    )
                } else {
                    (
                        format!("Các mục 1 đến {last} không có dấu niêm"),
                        format!("Entries 1 to {last} carry no seal"),
                    )
                };
                Label::new(
                    format!(
                        "{vi}: sổ đã bị thay, hoặc do phiên bản chưa niêm ghi; chưa ai xác nhận"
                    ),
                    format!(
                        "{en}: the journal was replaced, or a version that sealed nothing wrote it; nobody has acknowledged it (gieng vault repair --accept REASON --yes)"
                    ),
                )
            }
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
