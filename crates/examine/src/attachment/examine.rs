//! Decides whether a file may be kept, and says what in it was not looked at.

use std::{borrow::Cow, collections::BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    archive, cell,
    kind::{self, Kind},
    mail, ole, pdf,
    program::{self, runs},
    rtf, signature, text,
};
use crate::marking::{is_marked, is_stamped};

/// What all parts of one upload may unpack to, in bytes.
const MOST_BYTES: u64 = 128 << 20;
/// The most parts of one upload.
const MOST_PARTS: usize = 5_000;
/// So much of a file's text is given back, bytes.
const MOST_TEXT: usize = 512 << 10;
/// Files within files: a document in a mail in an archive in an archive.
const MOST_DEPTH: usize = 4;

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// It is a program or holds one.
    #[error("a program ({0})")]
    Program(Cow<'static, str>),
    /// It carries macros.
    #[error("macros")]
    Macros,
    /// It does something by itself when it is opened.
    #[error("active content: {0}")]
    Active(Active),
    /// It is two kinds of file at once: which one it is, whoever opens it decides.
    #[error("two kinds of file at once")]
    Polyglot,
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
    /// A file that lies in it is not taken.
    #[error("{name}: {why}")]
    Inside {
        /// The inner file's name.
        name: String,
        /// Why.
        why: Box<Refusal>,
    },
}

impl Refusal {
    /// A refusal as a program of this name.
    pub(super) fn program(name: &'static str) -> Self {
        Self::Program(Cow::Borrowed(name))
    }

    /// The reason, wherever in the file it lies, and the inner file's name, from outside in.
    pub fn root(&self) -> (&Self, Option<String>) {
        match self {
            Self::Inside { name, why } => {
                let (root, inner) = why.root();
                let path = inner.map_or_else(|| name.clone(), |inner| format!("{name} / {inner}"));
                (root, Some(path))
            }
            other => (other, None),
        }
    }
}

/// What a file would do when somebody opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Active {
    /// A field or formula that starts another program (DDE).
    #[error("DDE")]
    Dde,
    /// It loads a template, picture or object from another machine.
    #[error("loads from elsewhere")]
    Remote,
    /// It runs a script.
    #[error("script")]
    Script,
    /// It starts a program or sends data.
    #[error("starts a program")]
    Launch,
    /// It holds an object that a program of its own opens.
    #[error("OLE object")]
    Object,
    /// It holds a form in XML of which nobody knows what it does.
    #[error("a form that cannot be read")]
    Form,
}

/// Whether a file was looked at for markings of secrecy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Marking {
    /// All of it was looked at; there is none.
    None,
    /// Its text was looked at and has none; some parts were not looked at.
    Partly,
    /// Nothing of it could be looked at: a picture, a scan, a locked PDF.
    Unread,
}

impl Marking {
    /// Its code in the database.
    pub fn code(self) -> &'static str {
        match self {
            Marking::None => "none",
            Marking::Partly => "partly",
            Marking::Unread => "unread",
        }
    }
}

/// A part of a file that was not looked at for markings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// Pictures and scans.
    Pictures,
    /// Text in fonts that do not say which letters they show.
    Glyphs,
    /// What is locked.
    Locked,
    /// Drawings, equations and other objects.
    Objects,
    /// How text is formatted and laid out (files of Office before 2007).
    Layout,
    /// What is damaged or in an encoding that is not known.
    Damaged,
    /// The document that a detached signature belongs to.
    Signed,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pictures,
        Self::Glyphs,
        Self::Locked,
        Self::Objects,
        Self::Layout,
        Self::Damaged,
        Self::Signed,
    ];

    /// Its code in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Glyphs => "glyphs",
            Self::Locked => "locked",
            Self::Objects => "objects",
            Self::Layout => "layout",
            Self::Damaged => "damaged",
            Self::Signed => "signed",
        }
    }
}

/// What a file that may be kept is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// What it is.
    pub kind: Kind,
    /// Whether it was looked at for markings.
    pub marking: Marking,
    /// What of it was not.
    pub unread: Vec<Part>,
    /// Who signed it, by the names in the certificates; the signatures are not checked.
    pub signers: Vec<String>,
}

/// Looks at a file: what it is, whether it is or holds a program, whether it is marked.
///
/// # Errors
/// Why it is not taken.
pub fn examine(bytes: &[u8]) -> Result<Examined, Refusal> {
    let mut look = Look::default();
    let kind = look.at(bytes)?;
    let marking = match (look.read, look.unread.is_empty()) {
        (true, true) => Marking::None,
        (true, false) => Marking::Partly,
        (false, _) => Marking::Unread,
    };
    Ok(Examined {
        kind,
        marking,
        unread: look.unread.into_iter().collect(),
        signers: look.signers,
    })
}

/// The text of a file, one paragraph or cell a line, to be held against another; none where it
/// has none that can be read, is longer than half a MiB, or is not taken. A PDF gives its words
/// in the order in which they were drawn, with those of its metadata: none either.
pub fn text_of(bytes: &[u8]) -> Option<String> {
    let mut look = Look {
        text: Some(String::new()),
        ..Look::default()
    };
    look.at(bytes).ok()?;
    let whole = |text: &String| text.len() < MOST_TEXT && !text.trim().is_empty();
    look.text.filter(whole)
}

/// Whether a file's name marks it as a state secret: people meet it before the content.
pub fn is_marked_name(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| {
        let stem = part.rsplit_once('.').map_or(part, |(stem, _)| stem);
        is_marked(part) || is_marked(&stem.replace(['_', '+'], " "))
    })
}

/// Looking at one upload: what may still be unpacked, and what was found so far; shared by a
/// file and all that lies in it.
#[derive(Debug)]
pub(super) struct Look {
    bytes: u64,
    parts: usize,
    depth: usize,
    read: bool,
    unread: BTreeSet<Part>,
    signers: Vec<String>,
    /// What was read, where it is asked for.
    text: Option<String>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            bytes: MOST_BYTES,
            parts: MOST_PARTS,
            depth: 0,
            read: false,
            unread: BTreeSet::new(),
            signers: Vec::new(),
            text: None,
        }
    }
}

impl Look {
    /// Whether it is a file in a file that is looked at.
    pub fn is_nested(&self) -> bool {
        self.depth > 0
    }

    /// What is left of what may be unpacked, bytes.
    pub fn room(&self) -> u64 {
        self.bytes
    }

    /// Counts bytes that were unpacked.
    ///
    /// # Errors
    /// When there are more than may be.
    pub fn unpacked(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Refusal::Bomb)?;
        Ok(())
    }

    /// Counts parts.
    ///
    /// # Errors
    /// When there are more than may be.
    pub fn parts(&mut self, parts: usize) -> Result<(), Refusal> {
        self.parts = self.parts.checked_sub(parts).ok_or(Refusal::Bomb)?;
        Ok(())
    }

    /// Looks at text that says nothing of the file.
    ///
    /// # Errors
    /// When it is marked.
    pub fn marked(&self, text: &str) -> Result<(), Refusal> {
        match is_marked(text) {
            true => Err(Refusal::Marked),
            false => Ok(()),
        }
    }

    /// Looks at text, one paragraph or cell a line.
    ///
    /// # Errors
    /// When it is marked.
    pub fn words(&mut self, text: &str) -> Result<(), Refusal> {
        if is_marked(text) {
            return Err(Refusal::Marked);
        }
        self.read |= text.contains(char::is_alphabetic);
        if let Some(kept) = self.text.as_mut().filter(|kept| kept.len() < MOST_TEXT) {
            let end = text.floor_char_boundary(MOST_TEXT.min(text.len()));
            kept.push_str(&text[..end]);
            kept.push('\n');
        }
        Ok(())
    }

    /// Looks at the text of a whole document: its head may be stamped.
    ///
    /// # Errors
    /// When it is marked.
    pub fn document(&mut self, text: &str) -> Result<(), Refusal> {
        if is_stamped(text) {
            return Err(Refusal::Marked);
        }
        self.words(text)
    }

    /// Notes that nothing more is to be read here, and it was looked at.
    pub fn empty(&mut self) {
        self.read = true;
    }

    /// Notes what was not looked at.
    pub fn skip(&mut self, part: Part) {
        self.unread.insert(part);
    }

    /// Notes who signed.
    pub fn signer(&mut self, name: String) {
        if self.signers.len() < 20 && !self.signers.contains(&name) {
            self.signers.push(name);
        }
    }

    /// Looks at a file that lies in another one.
    ///
    /// # Errors
    /// Why it is not taken, with its name.
    pub fn inner(&mut self, name: &str, bytes: &[u8]) -> Result<Kind, Refusal> {
        let found = if let Some(program) = runs(name) {
            Err(Refusal::Program(program.into()))
        } else if is_marked_name(name) {
            Err(Refusal::Marked)
        } else {
            self.nested(bytes)
        };
        found.map_err(|why| match why {
            // It is the whole that is too much or too deep, and what is marked is not named.
            Refusal::Bomb | Refusal::Marked => why,
            why => Refusal::Inside {
                name: name.chars().filter(|c| !c.is_control()).take(120).collect(),
                why: Box::new(why),
            },
        })
    }

    /// Looks at what lies in another file and has no name.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn nested(&mut self, bytes: &[u8]) -> Result<Kind, Refusal> {
        if self.depth >= MOST_DEPTH {
            return Err(Refusal::Bomb);
        }
        self.depth += 1;
        let found = self.at(bytes);
        self.depth -= 1;
        found
    }

    fn at(&mut self, bytes: &[u8]) -> Result<Kind, Refusal> {
        if let Some(program) = program::program(bytes) {
            return Err(Refusal::Program(program.into()));
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return archive::look_into(bytes, self);
        }
        let kind = kind::of(bytes).ok_or(Refusal::Unknown)?;
        if program::is_two(bytes, kind) {
            return Err(Refusal::Polyglot);
        }
        match kind {
            Kind::Ole => return ole::look_into(bytes, self),
            Kind::Pdf => {
                self.text = None;
                pdf::look_into(bytes, self)?;
            }
            Kind::Rtf => rtf::look_into(bytes, self)?,
            Kind::Signature => signature::look_into(bytes, self)?,
            Kind::Text => return self.at_text(bytes),
            _ => self.skip(Part::Pictures),
        }
        Ok(kind)
    }

    fn at_text(&mut self, bytes: &[u8]) -> Result<Kind, Refusal> {
        let readings = text::readings(bytes);
        for text in &readings {
            if cell::has_active_formula(text) {
                return Err(Refusal::Active(Active::Dde));
            }
            self.document(text)?;
            text::look_into_uuencoded(text, self)?;
            // A piece of a page shows other letters than it holds.
            if text.contains("&#") || text.contains('<') {
                self.words(&mail::lines_of(text))?;
            }
        }
        self.empty();
        let Some(text) = readings.first() else {
            return Ok(Kind::Text);
        };
        if mail::is_mail(text) {
            mail::look_into(bytes, self)?;
            return Ok(Kind::Mail);
        }
        if let Some(signature) = signature::of_pem(text) {
            signature::look_into(&signature, self)?;
            return Ok(Kind::Signature);
        }
        text::look_into_markup(text, self)?;
        Ok(Kind::Text)
    }
}
