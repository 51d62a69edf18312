//! Decides from the bytes alone whether a file may be kept.

use std::borrow::Cow;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::marking::is_marked;

use super::{
    archive::{self, Budget},
    kind::{self, Kind},

    pdf, text,
};

/// How files of Office before 2007 begin.
pub(super) const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// It is a program or holds one.
    #[error("a program ({0})")]
    Program(Cow<'static, str>),
    /// It carries macros.
    #[error("macros")]
    Macros,
    /// None of the kinds that are taken.
    #[error("of an unknown kind")]
    Unknown,
    /// Locked by a password: nobody can look into it.
    #[error("locked by a password")]
    Locked,
    /// It unpacks to more than is taken.
    #[error("it unpacks to too much")]
    Bomb,
    /// It is damaged.
    #[error("damaged")]
    Broken,
    /// It is marked as a state secret.
    #[error("marked as a state secret")]
    Marked,
}

/// Whether a file's text was looked at for markings of secrecy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Marking {
    /// Its text was looked at; there is none.
    None,
    /// It has no text that can be looked at: a picture, a scan, a locked PDF.
    Unread,
}

impl Marking {
    /// Its code in the database.
    pub fn code(self) -> &'static str {
        match self {
            Marking::None => "none",
            Marking::Unread => "unread",
        }
    }
}

/// What a file that may be kept is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// What it is.
    pub kind: Kind,
    /// Whether its text was looked at.
    pub marking: Marking,
}

/// Looks at a file: what it is, whether it is or holds a program, whether it is marked.
/// Memory stays within a fixed bound whatever the bytes are.
///
/// # Errors
/// Why it is not taken.
pub fn examine(bytes: &[u8]) -> Result<Examined, Refusal> {
    look(bytes, 0, &mut Budget::default())
}

pub(super) fn look(bytes: &[u8], depth: usize, budget: &mut Budget) -> Result<Examined, Refusal> {
    if let Some(program) = kind::program(bytes) {
        return Err(Refusal::Program(program.into()));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return archive::look_into(bytes, depth, budget);
    }
    if bytes.starts_with(OLE) {
        return old_office(bytes);
    }
    let kind = kind::simple(bytes).ok_or(Refusal::Unknown)?;
    let words = match kind {
        Kind::Pdf => pdf::words(bytes)?,
        Kind::Text => kind::plain_text(bytes).map(ToOwned::to_owned),
        _ => None,
    };
    let marking = match words {
        Some(words) if is_marked(&words) => return Err(Refusal::Marked),
        Some(_) => Marking::None,
        None => Marking::Unread,
    };
    Ok(Examined { kind, marking })
}

/// A compound file: its streams are told by their names, which are UTF-16.
fn old_office(bytes: &[u8]) -> Result<Examined, Refusal> {
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &name).is_some()
    };
    if has("EncryptedPackage") {
        return Err(Refusal::Locked);
    }
    if has("_VBA_PROJECT") {
        return Err(Refusal::Macros);
    }
    if has("Ole10Native") {
        return Err(Refusal::Program("packaged file".into()));
    }
    let kind = if has("WordDocument") {
        Kind::Doc
    } else if has("Workbook") {
        Kind::Xls
    } else if has("PowerPoint Document") {
        Kind::Ppt
    } else {
        return Err(Refusal::Unknown);
    };
    if is_marked(&text::of_utf16(bytes)) {
        return Err(Refusal::Marked);
    }
    let marking = match kind {
        Kind::Doc => Marking::None,
        // How spreadsheets and slides put texts together is not looked into.
        _ => Marking::Unread,
    };
    Ok(Examined { kind, marking })
}
