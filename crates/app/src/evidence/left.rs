//! What left the house comes back: checkpoints and heads of the journal in a file.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use vault::{
    Known,
    note::{Checkpoint, JournalHead, Verifier},
};

use crate::proof;

/// What a file says of vault and journal.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Checkpoints of the log vault.
    pub checkpoints: Vec<Known>,
    /// Heads of the change journal, with where they stand.
    pub heads: Vec<(JournalHead, String)>,
}

/// Nothing in a file is signed by the key.
#[derive(Debug, thiserror::Error)]
pub enum LeftError {
    /// It cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It holds no checkpoint, receipt or proof of this key.
    #[error("{path} holds no checkpoint that {key} signed")]
    Nothing {
        /// The file.
        path: String,
        /// The key.
        key: String,
    },
}

impl Left {
    /// Reads a checkpoint, a receipt, a proof of a line, or a mail that was saved with a
    /// digest in it. What another key signed does not count.
    ///
    /// # Errors
    /// [`LeftError`].
    pub fn read(path: &std::path::Path, verifier: &Verifier) -> Result<Self, LeftError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| LeftError::Unreadable {
            path: shown.clone(),
            source,
        })?;
        let mut left = Self::default();
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        left.receipt(&text, verifier, &shown);
        for text in [quoted(&text), parts(&text), text] {
            for checkpoint in notes(&text, verifier) {
                left.take(&checkpoint, &shown);
            }
        }
        if left.checkpoints.is_empty() && left.heads.is_empty() {
            return Err(LeftError::Nothing {
                path: shown,
                key: verifier.to_vkey(),
            });
        }
        Ok(left)
    }

    /// Adds what another file says.
    pub fn extend(&mut self, other: Self) {
        self.checkpoints.extend(other.checkpoints);
        self.heads.extend(other.heads);
    }

    fn take(&mut self, checkpoint: &Checkpoint, from: &str) {
        let known = Known {
            size: checkpoint.size,
            id: checkpoint.id(),
            from: from.to_owned(),
        };
        if !self.checkpoints.contains(&known) {
            self.checkpoints.push(known);
            let head = checkpoint.journal.clone();
            self.heads.extend(head.map(|head| (head, from.to_owned())));
        }
    }

    fn receipt(&mut self, text: &str, verifier: &Verifier, from: &str) {
        let Ok(verified) = proof::verify(text, Some(&verifier.to_vkey())) else {
            return;
        };
        let receipt = verified.receipt;
        let note = receipt.statement.checkpoint;
        if let Some(checkpoint) = note.and_then(|note| verifier.open(&note).ok()) {
            self.take(&checkpoint, from);
        }
        let hash = hex::decode(&receipt.journal.hash);
        let hash = hash.ok().and_then(|hash| hash.try_into().ok());
        if let (Ok(seq), Some(hash)) = (u64::try_from(receipt.journal.seq), hash) {
            self.heads
                .push((JournalHead { seq, hash }, from.to_owned()));
        }
    }
}

/// The checkpoints in a text, wherever they stand: from a line that is the vault's name to
/// the last line of signatures. A mail program may have put `> ` or blanks before each line.
fn notes(text: &str, verifier: &Verifier) -> Vec<Checkpoint> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut found = Vec::new();
    for (at, first) in lines.iter().enumerate() {
        let Some(before) = first.trim_end().strip_suffix(verifier.name()) else {
            continue;
        };
        let inner = |line: &&str| {
            let line = line
                .strip_prefix(before)
                .unwrap_or(line.trim_start_matches(before));
            line.trim_end().to_owned()
        };
        let mut note: Vec<String> = Vec::new();
        let (mut blank, mut signatures) = (false, 0);
        for line in lines[at..].iter().take(64).map(inner) {
            match (blank, line.is_empty(), line.starts_with('\u{2014}')) {
                (false, true, _) => blank = true,
                (true, _, true) => signatures += 1,
                (true, ..) => break,
                _ => {}
            }
            note.push(line);
        }
        let note = format!("{}\n", note.join("\n"));
        if signatures > 0
            && let Ok(checkpoint) = verifier.open(&note)
        {
            found.push(checkpoint);
        }
    }
    found
}

/// A text as a mail carries it in quoted-printable.
fn quoted(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).filter(|_| *byte == b'=');
        match pair.map(hex::decode) {
            Some(Ok(decoded)) => {
                out.extend(decoded);
                at += 3;
            }
            _ if *byte == b'=' && bytes.get(at + 1) == Some(&b'\n') => at += 2,
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).replace("\r\n", "\n")
}

/// The parts of a mail in base64, one after the other.
fn parts(text: &str) -> String {
    let mut out = String::new();
    for part in text.split("\n\n") {
        let joined: String = part.split_whitespace().collect();
        if joined.len() > 76
            && let Ok(bytes) = BASE64_STANDARD.decode(joined)
        {
            out.push_str(&String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use vault::note::Signer;

    use super::*;

    fn signed() -> (Signer, Checkpoint) {
        let signer = Signer::new("gieng.example/vault", SigningKey::from_bytes(&[7; 32])).unwrap();
        let head = JournalHead {
            seq: 12,
            hash: [5; 32],
        };
        let checkpoint = signer.sign(1_234, [9; 32], Some(head), Some([1; 32]), 1_795_230_000);
        (signer, checkpoint)
    }

    fn read(text: &str) -> Result<Left, LeftError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("left");
        std::fs::write(&path, text).unwrap();
        Left::read(&path, signed().0.verifier())
    }

    #[test]
    fn a_checkpoint_is_found_in_whatever_carried_it() {
        let (_, checkpoint) = signed();
        let note = &checkpoint.note;
        let mail = format!(
            "Kính gửi\n\n{}\nTrân trọng\n",
            super::super::digest(&checkpoint)
        );
        let answered: String = mail.lines().map(|l| format!("> {l}\n")).collect();
        let encoded = BASE64_STANDARD.encode(&mail);
        let wrapped: Vec<String> = encoded
            .as_bytes()
            .chunks(76)
            .map(|c| String::from_utf8_lossy(c).into_owned())
            .collect();
        let base64 = format!(
            "From: a\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            wrapped.join("\r\n")
        );
        let printable: String = mail
            .bytes()
            .map(|b| match b {
                b'\n' => "\r\n".to_owned(),
                b'=' | 128.. => format!("={b:02X}"),
                // Lines are broken softly.
                b'/' => "/=\r\n".to_owned(),
                _ => char::from(b).to_string(),
            })
            .collect();
        for text in [note.clone(), mail, answered, base64, printable] {
            let left = read(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_eq!(left.checkpoints.len(), 1, "{text}");
            assert_eq!(left.checkpoints[0].id, checkpoint.id());
            assert_eq!(left.heads[0].0.seq, 12);
        }
    }

    #[test]
    fn what_another_key_signed_does_not_count() {
        let other = Signer::new("gieng.example/vault", SigningKey::from_bytes(&[8; 32])).unwrap();
        let forged = other.sign(1, [0; 32], None, Some([0; 32]), 1);
        assert!(matches!(read(&forged.note), Err(LeftError::Nothing { .. })));
        let (_, checkpoint) = signed();
        let changed = checkpoint.note.replace("1234", "1235");
        assert!(matches!(read(&changed), Err(LeftError::Nothing { .. })));
    }
}
