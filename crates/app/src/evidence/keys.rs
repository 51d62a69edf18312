//! The keys that an installation knows itself by: one, wherever it stands.

use domain::label::Label;
use vault::note::Verifier;

/// A key, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) key: Verifier,
    /// `given`, `journal`, `vault.key` or `vault/vkey`.
    pub(crate) from: &'static str,
}

/// A key that is another one than the one that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherKey {
    /// Where it stands.
    pub from: &'static str,
    /// What it is, a C2SP verifier key.
    pub found: String,
    /// The one that counts,
    pub known: String,
    /// and where that one stands.
    pub by: &'static str,
}

impl OtherKey {
    /// In words.
    pub fn label(&self) -> Label {
        let Self {
            from,
            found,
            known,
            by,
        } = self;
        Label::new(
            format!("Khóa ở {from} là {found}, không phải khóa đã biết {known} (theo {by})"),
            format!("The key in {from} is {found}, not the known {known} (by {by})"),
        )
    }
}

/// Those that are other keys than the first, which counts.
pub(crate) fn others(standing: &[Standing]) -> Vec<OtherKey> {
    let Some((known, rest)) = standing.split_first() else {
        return Vec::new();
    };
    let others = rest.iter().filter(|s| s.key != known.key);
    others
        .map(|s| OtherKey {
            from: s.from,
            found: s.key.to_vkey(),
            known: known.key.to_vkey(),
            by: known.from,
        })
        .collect()
}

/// All that are there, the one that counts first.
pub(crate) fn standing(
    given: Option<Verifier>,
    noted: Option<&str>,
    signer: Option<&Verifier>,
    named: Option<Verifier>,
) -> Vec<Standing> {
    let noted = noted.and_then(|key| Verifier::from_vkey(key).ok());
    let all = [
        (given, "given"),
        (noted, "journal"),
        (signer.cloned(), "vault.key"),
        (named, "vault/vkey"),
    ];
    all.into_iter()
        .filter_map(|(key, from)| Some(Standing { key: key?, from }))
        .collect()
}
