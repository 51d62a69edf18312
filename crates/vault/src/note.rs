//! Signed checkpoints: C2SP signed-note, tlog-checkpoint and tlog-cosignature.
//!
//! A checkpoint is a text of three lines (origin, size, root) with two signatures
//! of the vault's key: the plain Ed25519 one that every reader of tlog-checkpoint
//! understands, and a `cosignature/v1` that also signs the time. The same key signs other
//! texts ([`Signer::sign_text`]); their first line is never an origin, so that none of them
//! can be taken for a checkpoint.
//!
//! Extension lines behind the root say what the checkpoint proves beside the lines:
//! `journal SEQ HASH` is the head of the change journal when it was signed, `previous HASH`
//! the SHA-256 of the checkpoint before it (64 zeros for the first), so that none can be
//! taken out. Checkpoints that older versions signed have neither and stay valid.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};

use crate::tree::Hash;

const PLAIN: u8 = 0x01;
const TIMED: u8 = 0x04;

/// Why a name, key or note is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A key name is empty, or contains a blank, a plus sign or a line end.
    #[error("{0:?} cannot be the name of a signing key")]
    Name(String),
    /// A verifier key is not `name+hash+base64`.
    #[error("not a verifier key: {0}")]
    VerifierKey(&'static str),
    /// A note does not have the form of a signed checkpoint.
    #[error("not a signed checkpoint: {0}")]
    Form(&'static str),
    /// A signature does not verify.
    #[error("the {0} signature of the checkpoint is not valid")]
    Signature(&'static str),
}

/// The head of the change journal at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// The number of its last entry.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: Hash,
}

/// A state of the tree that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many records it covers.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The head of the change journal that it proves.
    pub journal: Option<JournalHead>,
    /// SHA-256 of the note before it, zeros for the first; none on those of older versions.
    pub previous: Option<Hash>,
    /// When it was signed, unix seconds.
    pub signed_at: i64,
    /// The whole signed note.
    pub note: String,
}

impl Checkpoint {
    /// SHA-256 of the whole signed note: by it the next one and the journal name it.
    pub fn id(&self) -> Hash {
        note_id(&self.note)
    }
}

pub(crate) fn note_id(note: &str) -> Hash {
    Sha256::digest(note.as_bytes()).into()
}

/// What a block of the write-ahead log is sealed with.
pub(crate) type Seal = [u8; 32];

/// The vault's name and signing key.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    /// Keyed for what seals the write-ahead log.
    sealing: Hmac<Sha256>,
    verifier: Verifier,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.verifier.to_vkey())
    }
}

/// The vault's name and public key: all that a verifier needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Signer {
    /// A signer for the log called `origin` (a schema-less URL such as `gieng.example/vault`).
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(origin: &str, key: SigningKey) -> Result<Self, NoteError> {
        let verifier = Verifier::new(origin, key.verifying_key())?;
        let derived = keyed(key.as_bytes()).chain_update(b"gieng write-ahead log v1");
        let sealing = keyed(&derived.finalize().into_bytes());
        Ok(Self {
            key,
            sealing,
            verifier,
        })
    }

    /// Seals a block of the write-ahead log: the tree of `size` records after it has `root`.
    /// Lines that no checkpoint covers yet are held by this alone.
    pub(crate) fn seal(&self, size: u64, root: &Hash) -> Seal {
        self.sealed(size, root).finalize().into_bytes().into()
    }

    /// Whether [`Signer::seal`] made this seal, in constant time.
    pub(crate) fn unseals(&self, size: u64, root: &Hash, seal: &Seal) -> bool {
        self.sealed(size, root).verify_slice(seal).is_ok()
    }

    fn sealed(&self, size: u64, root: &Hash) -> Hmac<Sha256> {
        self.sealing
            .clone()
            .chain_update(size.to_le_bytes())
            .chain_update(root)
    }

    /// The public half.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs a text as a C2SP signed note: the text, an empty line, the signature's line.
    ///
    /// # Errors
    /// [`NoteError::Form`] when the text could be a checkpoint or could not be told from its
    /// signatures: it must end with a line end, hold no empty line, and not begin with the
    /// vault's name.
    pub fn sign_text(&self, text: &str) -> Result<String, NoteError> {
        text_form(&self.verifier.name, text)?;
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let blob = [&self.verifier.key_id(PLAIN)[..], &signature].concat();
        let name = &self.verifier.name;
        Ok(format!(
            "{text}\n\u{2014} {name} {}\n",
            STANDARD.encode(blob)
        ))
    }

    /// Signs a state of the tree at `unix` seconds, with the head of the journal and the id
    /// of the checkpoint before it.
    pub fn sign(
        &self,
        size: u64,
        root: Hash,
        journal: Option<JournalHead>,
        previous: Option<Hash>,
        unix: i64,
    ) -> Checkpoint {
        let signed_at = unix.max(0);
        let body = body(
            &self.verifier.name,
            size,
            &root,
            journal.as_ref(),
            previous.as_ref(),
        );
        let plain = self.key.sign(body.as_bytes()).to_bytes();
        let timed = self
            .key
            .sign(timed_message(&body, signed_at).as_bytes())
            .to_bytes();
        let plain = [&self.verifier.key_id(PLAIN)[..], &plain].concat();
        let timed = [
            &self.verifier.key_id(TIMED)[..],
            &signed_at.to_be_bytes(),
            &timed,
        ]
        .concat();
        let name = &self.verifier.name;
        let note = format!(
            "{body}\n\u{2014} {name} {}\n\u{2014} {name} {}\n",
            STANDARD.encode(plain),
            STANDARD.encode(timed)
        );
        Checkpoint {
            size,
            root,
            journal,
            previous,
            signed_at,
            note,
        }
    }
}

/// HMAC takes a key of any length.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
}

fn text_form(name: &str, text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') || text.starts_with('\n') || text.contains("\n\n") {
        return Err(NoteError::Form("an empty line, or no line end"));
    }
    if text.lines().next() == Some(name) {
        return Err(NoteError::Form("it begins like a checkpoint"));
    }
    Ok(())
}

fn body(
    name: &str,
    size: u64,
    root: &Hash,
    journal: Option<&JournalHead>,
    previous: Option<&Hash>,
) -> String {
    let mut body = format!("{name}\n{size}\n{}\n", STANDARD.encode(root));
    if let Some(head) = journal {
        body.push_str(&format!(
            "journal {} {}\n",
            head.seq,
            hex::encode(head.hash)
        ));
    }
    if let Some(previous) = previous {
        body.push_str(&format!("previous {}\n", hex::encode(previous)));
    }
    body
}

fn hash_of(text: &str) -> Option<Hash> {
    hex::decode(text).ok()?.try_into().ok()
}

fn timed_message(body: &str, signed_at: i64) -> String {
    format!("cosignature/v1\ntime {signed_at}\n{body}")
}

impl Verifier {
    /// A verifier for the log called `name`.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        if name.is_empty()
            || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
        {
            return Err(NoteError::Name(name.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// The log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the key is the same, under whatever name.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// The public key in the form `name+hash+base64` that tools for signed notes read.
    pub fn to_vkey(&self) -> String {
        self.vkey(PLAIN)
    }

    /// The same for the signature that carries the time (a tlog-cosignature key).
    pub fn to_cosignature_vkey(&self) -> String {
        self.vkey(TIMED)
    }

    fn vkey(&self, kind: u8) -> String {
        let key = [&[kind][..], self.key.as_bytes()].concat();
        format!(
            "{}+{}+{}",
            self.name,
            hex::encode(self.key_id(kind)),
            STANDARD.encode(key)
        )
    }

    /// Reads what [`Verifier::to_vkey`] writes.
    ///
    /// # Errors
    /// [`NoteError::VerifierKey`] and [`NoteError::Name`].
    pub fn from_vkey(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey("it has not three parts"));
        };
        let key = STANDARD
            .decode(key)
            .map_err(|_| NoteError::VerifierKey("the key is not base64"))?;
        let Some((&PLAIN, key)) = key.split_first() else {
            return Err(NoteError::VerifierKey("it is not an Ed25519 key"));
        };
        let key = key
            .try_into()
            .map_err(|_| NoteError::VerifierKey("the key has not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key)
            .map_err(|_| NoteError::VerifierKey("it is no point of the curve"))?;
        let verifier = Self::new(name, key)?;
        if hex::encode(verifier.key_id(PLAIN)) != id {
            return Err(NoteError::VerifierKey("its hash does not fit"));
        }
        Ok(verifier)
    }

    /// The first four bytes of `SHA-256(name || "\n" || kind || key)`.
    fn key_id(&self, kind: u8) -> [u8; 4] {
        let hash: Hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', kind])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Reads what [`Signer::sign_text`] writes and checks the signature; the text that was signed.
    ///
    /// # Errors
    /// [`NoteError::Form`] and [`NoteError::Signature`].
    pub fn open_text<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let end = note.find("\n\n").ok_or(NoteError::Form("no empty line"))?;
        let (text, signatures) = (&note[..=end], &note[end + 2..]);
        text_form(&self.name, text)?;
        let mut lines = signatures.split_inclusive('\n');
        let signature = self.signature(lines.next(), PLAIN, "plain")?;
        if lines.next().is_some() {
            return Err(NoteError::Form("something follows the signature"));
        }
        self.check(text.as_bytes(), &signature, "plain")?;
        Ok(text)
    }

    /// Reads a checkpoint and checks both signatures. It must be, byte for byte,
    /// what [`Signer::sign`] writes; signatures of witnesses may follow.
    ///
    /// # Errors
    /// [`NoteError::Form`] and [`NoteError::Signature`].
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let (text, signatures) = note
            .split_once("\n\n")
            .ok_or(NoteError::Form("no empty line"))?;
        let mut lines = text.split('\n');
        if lines.next() != Some(&self.name) {
            return Err(NoteError::Form("another origin"));
        }
        let size = lines
            .next()
            .and_then(|s| s.parse::<u64>().ok())
            .ok_or(NoteError::Form("no size"))?;
        let root = lines
            .next()
            .and_then(|s| STANDARD.decode(s).ok())
            .ok_or(NoteError::Form("no root"))?;
        let root: Hash = root
            .try_into()
            .map_err(|_| NoteError::Form("a root that has not 32 bytes"))?;
        let (mut journal, mut previous) = (None, None);
        for line in lines {
            let read = match line.split_once(' ') {
                Some(("journal", head)) => head.split_once(' ').and_then(|(seq, hash)| {
                    let (seq, hash) = (seq.parse().ok()?, hash_of(hash)?);
                    journal = Some(JournalHead { seq, hash });
                    Some(())
                }),
                Some(("previous", hash)) => hash_of(hash).map(|hash| previous = Some(hash)),
                _ => None,
            };
            read.ok_or(NoteError::Form("a line that is not known"))?;
        }
        let body = body(&self.name, size, &root, journal.as_ref(), previous.as_ref());
        // What was signed must also be how it is written: no leading zeros, no line twice.
        if body.strip_suffix('\n') != Some(text) {
            return Err(NoteError::Form("it is not written as it was signed"));
        }
        let mut signatures = signatures.split_inclusive('\n');
        let plain = self.signature(signatures.next(), PLAIN, "plain")?;
        let timed = self.signature(signatures.next(), TIMED, "timed")?;
        let (signed_at, timed) = timed
            .split_first_chunk::<8>()
            .ok_or(NoteError::Signature("timed"))?;
        let signed_at = i64::from_be_bytes(*signed_at);
        self.check(body.as_bytes(), &plain, "plain")?;
        self.check(timed_message(&body, signed_at).as_bytes(), timed, "timed")?;
        Ok(Checkpoint {
            size,
            root,
            journal,
            previous,
            signed_at,
            note: note.to_owned(),
        })
    }

    fn signature(
        &self,
        line: Option<&str>,
        kind: u8,
        what: &'static str,
    ) -> Result<Vec<u8>, NoteError> {
        let blob = line
            .and_then(|l| l.strip_prefix("\u{2014} "))
            .and_then(|l| l.strip_suffix('\n'))
            .and_then(|l| l.strip_prefix(&self.name))
            .and_then(|l| l.strip_prefix(' '))
            .and_then(|l| STANDARD.decode(l).ok())
            .ok_or(NoteError::Signature(what))?;
        blob.strip_prefix(&self.key_id(kind))
            .map(<[u8]>::to_vec)
            .ok_or(NoteError::Signature(what))
    }

    fn check(&self, message: &[u8], signature: &[u8], what: &'static str) -> Result<(), NoteError> {
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::Signature(what))?;
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| NoteError::Signature(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::new("gieng.example/vault", SigningKey::from_bytes(&[7; 32])).unwrap()
    }

    #[test]
    fn a_checkpoint_opens_and_no_flipped_byte_does() {
        let head = JournalHead {
            seq: 77,
            hash: [3; 32],
        };
        let verifier = Verifier::from_vkey(&signer().verifier().to_vkey()).unwrap();
        for (journal, previous) in [
            (None, None),
            (None, Some([0; 32])),
            (Some(head), Some([8; 32])),
        ] {
            let checkpoint = signer().sign(1_234, [9; 32], journal, previous, 1_795_230_000);
            assert_eq!(verifier.open(&checkpoint.note).unwrap(), checkpoint);
            for i in 0..checkpoint.note.len() {
                let mut bytes = checkpoint.note.clone().into_bytes();
                bytes[i] ^= 1;
                if let Ok(note) = String::from_utf8(bytes) {
                    assert!(verifier.open(&note).is_err(), "byte {i}");
                }
            }
        }
    }

    #[test]
    fn a_seal_holds_for_its_state_and_key_alone() {
        let seal = signer().seal(5, &[1; 32]);
        assert!(signer().unseals(5, &[1; 32], &seal));
        assert!(!signer().unseals(6, &[1; 32], &seal));
        assert!(!signer().unseals(5, &[2; 32], &seal));
        let other = Signer::new("gieng.example/vault", SigningKey::from_bytes(&[8; 32])).unwrap();
        assert!(!other.unseals(5, &[1; 32], &seal));
    }

    #[test]
    fn a_text_opens_and_no_flipped_byte_does() {
        let text = "a receipt\n{\"verdict\": \"met\"}\n";
        let note = signer().sign_text(text).unwrap();
        let verifier = signer().verifier().clone();
        assert_eq!(verifier.open_text(&note).unwrap(), text);
        for i in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[i] ^= 1;
            if let Ok(note) = String::from_utf8(bytes) {
                assert!(verifier.open_text(&note).is_err(), "byte {i}");
            }
        }
        let checkpoint = signer().sign(1, [9; 32], None, None, 0).note;
        assert!(verifier.open_text(&checkpoint).is_err());
        for bad in [
            "no line end",
            "an\n\nempty line\n",
            "gieng.example/vault\n1\n",
            "",
        ] {
            assert!(signer().sign_text(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_that_would_frame_another_note_are_refused() {
        for name in ["", "a b", "a+b", "a\nb"] {
            assert!(
                Signer::new(name, SigningKey::from_bytes(&[7; 32])).is_err(),
                "{name:?}"
            );
        }
    }
}
