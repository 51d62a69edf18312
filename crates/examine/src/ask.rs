//! What is asked of the child and what it answers.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// What the child is asked to do with the bytes it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// To try what a reader must not be able to do: [`Tried`].
    Trial,
    /// What an attachment is: [`crate::attachment::examine`].
    Attachment,
    /// The text of an attachment, as a string; none where it has none that can be read:
    /// [`crate::attachment::text`].
    Text,
    /// A table for import: [`crate::table::read`].
    Table,
    /// A policy with a draft in it, as a JSON object of texts by path: the first mistakes
    /// that [`mod@policy::lint`] finds.
    Draft,
}

impl Ask {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Trial,
        Self::Attachment,
        Self::Text,
        Self::Table,
        Self::Draft,
    ];

    /// The word on the child's command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Attachment => "attachment",
            Self::Text => "text",
            Self::Table => "table",
            Self::Draft => "draft",
        }
    }

    /// What the child may use for a file of `length` bytes.
    pub fn limits(self, length: u64) -> Limits {
        Limits {
            memory: (512 << 20) + 2 * length,
            cpu: 10,
            wall: Duration::from_secs(30),
            answer: match self {
                Self::Trial | Self::Attachment => 64 << 10,
                Self::Text => 4 << 20,
                Self::Draft => 8 << 20,
                // All text of a table, and what JSON puts around each cell.
                Self::Table => 128 << 20,
            },
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Ask {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let found = Self::ALL.into_iter().find(|ask| ask.word() == word);
        found.ok_or(())
    }
}

/// What one child may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Address space, bytes.
    pub memory: u64,
    /// Time of a processor, seconds.
    pub cpu: u64,
    /// Time from its start to its answer; the parent watches over it.
    pub wall: Duration,
    /// The longest answer, bytes.
    pub answer: u64,
}

/// What one answer says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer<T> {
    /// How the child that answers was confined.
    pub confined: Confined,
    /// What it found.
    pub found: T,
}

/// What holds the child back, beside its limits, which always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confined {
    /// No file and no TCP port can be opened (Landlock).
    pub files: Held,
    /// Only calls that ask for memory, read and write can be made (seccomp).
    pub calls: bool,
}

/// What a child could do that none should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// It opened a file.
    pub file: bool,
    /// It opened a socket.
    pub socket: bool,
    /// It started a process.
    pub process: bool,
    /// It took more memory than its limit.
    pub memory: bool,
}

/// How far the kernel knows what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// All of it.
    Full,
    /// A part: an older kernel.
    Part,
    /// Nothing: the kernel lacks it.
    Not,
}
