//! Random secrets that are shown once, and the hashes that are kept of them.

use domain::problem::Problem;
use sha2::{Digest, Sha256};

/// A new secret (256 random bits, base64url) and its hash.
pub(crate) fn secret() -> Result<(String, String), Problem> {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Problem::internal("random"))?;
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let hash = hash_of(&token);
    Ok((token, hash))
}

/// What the database knows of a secret.
pub(crate) fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
