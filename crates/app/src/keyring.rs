//! The key of the data folder: what lies on disk or in the database and shall not be read
//! there is sealed with it (XChaCha20-Poly1305, a random nonce each time).

use std::{io, io::Write as _, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const NONCE: usize = 24;

/// What a sealed text in the database begins with.
const SEALED: &str = "sealed:";

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    cipher: XChaCha20Poly1305,
    key: [u8; 32],
}

impl Keyring {
    /// Reads `data.key` of the folder of keys, making it when absent.
    ///
    /// # Errors
    /// When the file cannot be read or made, or is not 32 bytes long.
    pub fn open(keys: &Path) -> io::Result<Self> {
        let key = key_file(&keys.join("data.key"))?;
        let cipher = XChaCha20Poly1305::new(&key.into());
        Ok(Self { cipher, key })
    }

    /// A key of its own for another purpose: it tells nothing of this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mac: Hmac<Sha256> = Hmac::new_from_slice(&self.key)
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.chain_update(purpose).finalize().into_bytes().into()
    }

    /// A mark, hex, of what belongs together for a purpose: who has not the key makes none.
    pub fn mark(&self, purpose: &str, parts: &[&str]) -> String {
        let mut mac: Hmac<Sha256> = Hmac::new_from_slice(&self.derive(purpose))
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        for part in parts {
            // Each with its length: nothing moves from one part to the next.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// Whether the folder of keys has one.
    pub fn is_there(keys: &Path) -> bool {
        keys.join("data.key").exists()
    }

    /// Seals bytes. `about` is not kept but must be the same when they are opened: what was
    /// sealed about one thing cannot be passed off as another's.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, about: &[u8], plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let payload = Payload {
            msg: plain,
            aad: about,
        };
        let body = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| io::Error::other("the content cannot be sealed"))?;
        let mut out = Vec::with_capacity(NONCE + body.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        Ok(out)
    }

    /// Opens what [`Keyring::seal`] made; none when it was changed, is about something else,
    /// or was sealed with another key.
    pub fn unseal(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload {
            msg: body,
            aad: about,
        };
        self.cipher.decrypt(&XNonce::from(nonce), payload).ok()
    }

    /// Seals a text for a column of the database.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal_text(&self, about: &str, plain: &str) -> io::Result<String> {
        let sealed = self.seal(about.as_bytes(), plain.as_bytes())?;
        Ok(format!("{SEALED}{}", BASE64_STANDARD_NO_PAD.encode(sealed)))
    }

    /// Opens what [`Keyring::seal_text`] made.
    pub fn unseal_text(&self, about: &str, text: &str) -> Option<String> {
        let sealed = BASE64_STANDARD_NO_PAD
            .decode(text.strip_prefix(SEALED)?)
            .ok()?;
        String::from_utf8(self.unseal(about.as_bytes(), &sealed)?).ok()
    }

    /// Whether a text of the database is sealed.
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(SEALED)
    }
}

/// The 32 random bytes of a key file, made when absent; readable by its owner alone.
///
/// # Errors
/// When the file cannot be read or made, or is not 32 bytes long.
pub(crate) fn key_file(path: &Path) -> io::Result<[u8; 32]> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let read = || -> io::Result<[u8; 32]> {
        if crate::private::mend(path)? > 0 {
            tracing::warn!(path = %path.display(), "others could read this key; no longer");
        }
        vault::read(path, 64)?.try_into().map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} is not 32 bytes long", path.display()),
            )
        })
    };
    match read() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    // Written aside and linked: a second program that starts meanwhile finds the whole key
    // or none, and whoever comes second takes the first one's.
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Ok(()) => Ok(bytes),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => read(),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_sealed_opens_only_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keyring::open(folder.path()).unwrap();
        let path = folder.path().join("data.key");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let sealed = keys.seal(b"a", "biên bản".as_bytes()).unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"bi\xc3\xaa"));
        let again = Keyring::open(folder.path()).unwrap();
        assert_eq!(again.unseal(b"a", &sealed).unwrap(), "biên bản".as_bytes());
        assert_eq!(keys.unseal(b"b", &sealed), None);
        assert_eq!(keys.unseal(b"a", &sealed[..20]), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(keys.unseal(b"a", &changed), None);
        }
        let text = keys.seal_text("me", "JBSWY3DP").unwrap();
        assert!(Keyring::is_sealed(&text) && !text.contains("JBSWY3DP"));
        assert_eq!(keys.unseal_text("me", &text).unwrap(), "JBSWY3DP");
        assert_eq!(keys.unseal_text("you", &text), None);
        std::fs::write(&path, b"short").unwrap();
        assert!(Keyring::open(folder.path()).is_err());
    }
}
