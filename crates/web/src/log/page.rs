//! The pages of the logs.

use askama::Template;

use super::PAGE;
use crate::{cx::Cx, paging::Pages};

/// A line in a list.
#[derive(Clone, Debug)]
pub struct LineRow {
    /// Its place in the order of arrival.
    pub index: u64,
    /// When it arrived, unix milliseconds.
    pub at: i64,
    /// 0 (emergency) to 7 (debug), RFC 5424; `None` when the line tells none.
    pub severity: Option<u8>,
    /// The severity as a word; empty without one.
    pub severity_word: String,
    /// What is amiss with it.
    pub flags: Vec<FlagTag>,
    /// The device, or the address when nobody knows it.
    pub source: String,
    /// The line as HTML, what was searched for marked.
    pub text: String,
}

/// Something that is known to be amiss with a line.
#[derive(Clone, Debug)]
pub struct FlagTag {
    /// In a word or two.
    pub word: String,
    /// What that means.
    pub about: String,
}

/// The last verification of the log vault or of the change journal.
#[derive(Clone, Debug)]
pub struct Check {
    /// Whether everything is as it was written.
    pub sound: bool,
    /// What came of it, in words.
    pub said: String,
    /// When, unix milliseconds.
    pub at: i64,
}

/// `GET /logs`.
#[derive(Debug, Template)]
#[template(path = "log/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// The address with its filters, for refetching.
    pub here: String,
    /// How many unknown senders there are.
    pub unknown: usize,
    /// The last verifications: whether all was sound, what was verified, when, what is wrong.
    pub checks: Vec<Check>,
    /// The text searched for.
    pub q: String,
    /// The source searched for.
    pub source: String,
    /// Code, word, whether it is the one shown.
    pub severities: Vec<(String, String, bool)>,
    /// The same of what may be amiss with lines.
    pub flags: Vec<(String, String, bool)>,
    /// Local date and time, `2026-11-21T14:05`.
    pub from: String,
    /// Local date and time.
    pub to: String,
    /// How many lines, in words.
    pub found: String,
    /// Whether new lines are added as they come.
    pub live: bool,
    /// The newest first.
    pub lines: Vec<LineRow>,
    /// The way to older lines.
    pub older: Option<String>,
}

/// `GET /logs/{index}`.
#[derive(Debug, Template)]
#[template(path = "log/line.html")]
pub struct Line {
    /// Context.
    pub cx: Cx,
    /// Its place in the order of arrival.
    pub index: u64,
    /// As it came; bytes that are no UTF-8 are replaced.
    pub raw: String,
    /// Name and value.
    pub fields: Vec<(String, String)>,
}

/// An address that sends without being registered.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Its address.
    pub peer: String,
    /// One of its lines.
    pub sample: String,
    /// How many came.
    pub lines: i64,
    /// When the last came, unix milliseconds.
    pub last: i64,
}

/// Earlier lines of a sender that were said to be a device's.
#[derive(Clone, Debug)]
pub struct ClaimRow {
    /// The claim's id.
    pub id: String,
    /// The sender's address.
    pub peer: String,
    /// The device.
    pub device: String,
    /// From when to when, in words.
    pub time: String,
    /// How many lines; `None` while they are counted.
    pub lines: Option<i64>,
    /// Who said so, and when.
    pub by: String,
}

/// `GET /logs/unknown`.
#[derive(Debug, Template)]
#[template(path = "log/unknown.html")]
pub struct Unknown {
    /// Context.
    pub cx: Cx,
    /// Whether the reader may adopt.
    pub may_adopt: bool,
    /// Those with the most lines first.
    pub senders: Vec<Sender>,
    /// The way to the others.
    pub pages: Pages,
    /// Devices to choose from: code and name.
    pub devices: Vec<(String, String)>,
    /// Senders adopted later, whose earlier lines were claimed.
    pub claims: Vec<ClaimRow>,
}
