//! Signatures in the form of CMS (RFC 5652, `.p7s` and `.p7m`): who signed, and what.
//!
//! Signatures are not checked here: a name is what the certificate says of itself.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::examine::{Look, Part, Refusal};

/// Values within values.
const MOST_DEPTH: usize = 24;
/// `signedData`, 1.2.840.113549.1.7.2, and its siblings by the last number.
const CONTENT: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
const SIGNED: u8 = 2;

/// A value of BER: its tag, its content, and what follows it.
#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    tag: u8,
    body: &'a [u8],
}

/// Reads a value and returns what follows it.
fn value(bytes: &[u8], depth: usize) -> Option<(Value<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    // Tags of many bytes stand nowhere in a signature.
    if tag & 0x1f == 0x1f || depth > MOST_DEPTH {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    if first == 0x80 {
        // To the mark of the end.
        let mut inner = rest;
        let after = loop {
            match inner {
                [0, 0, after @ ..] => break after,
                _ => inner = value(inner, depth + 1)?.1,
            }
        };
        let body = rest.get(..rest.len() - inner.len())?;
        return Some((Value { tag, body }, after));
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        (length, rest)
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((Value { tag, body }, rest))
}

impl<'a> Value<'a> {
    /// The values in it, up to the first that cannot be read.
    fn children(self) -> Vec<Value<'a>> {
        let mut rest = self.body;
        let mut out = Vec::new();
        while !rest.is_empty() && out.len() < 10_000 {
            let Some((child, after)) = value(rest, 0) else {
                break;
            };
            out.push(child);
            rest = after;
        }
        out
    }

    /// The bytes of a string that may be cut into several.
    fn octets(self, depth: usize) -> Vec<u8> {
        if self.tag & 0x20 == 0 || depth > MOST_DEPTH {
            return self.body.to_vec();
        }
        self.children()
            .into_iter()
            .flat_map(|c| c.octets(depth + 1))
            .collect()
    }
}

/// Which content the outermost value has: the last number of its kind.
fn content(bytes: &[u8]) -> Option<u8> {
    // What is cut off is one too, but damaged: only its beginning is asked for.
    let rest = bytes.strip_prefix(b"\x30")?;
    let length = usize::from(*rest.first()?);
    let header = if length > 0x80 {
        1 + (length & 0x7f)
    } else {
        1
    };
    let oid = rest
        .get(header..)?
        .strip_prefix(b"\x06\x09")?
        .strip_prefix(CONTENT)?;
    oid.first().copied()
}

/// Whether bytes begin as CMS does.
pub(super) fn is_signature(bytes: &[u8]) -> bool {
    content(bytes).is_some()
}

/// The signature in a text of the form "-----BEGIN PKCS7-----".
pub(super) fn of_pem(text: &str) -> Option<Vec<u8>> {
    let rest = text.trim_start().strip_prefix("-----BEGIN ")?;
    let (name, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(body).ok()?;
    (matches!(name, "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA") && is_signature(&bytes))
        .then_some(bytes)
}

/// Notes who signed, and looks at what was signed when it lies inside.
pub(super) fn look_into(bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
    if content(bytes) != Some(SIGNED) {
        // Encrypted for its receivers.
        return Err(Refusal::Locked);
    }
    let outer = value(bytes, 0).ok_or(Refusal::Broken)?.0.children();
    let explicit = outer.get(1).ok_or(Refusal::Broken)?;
    let signed = explicit
        .children()
        .first()
        .ok_or(Refusal::Broken)?
        .children();
    // version, digest algorithms, what is signed, certificates [0], lists [1], signers.
    let what = signed.get(2).ok_or(Refusal::Broken)?.children();
    let certificates = signed
        .iter()
        .find(|v| v.tag == 0xa0)
        .map_or_else(Vec::new, |v| v.children());
    let signers = signed
        .get(3..)
        .and_then(|rest| rest.iter().rev().find(|v| v.tag == 0x31));
    for signer in signers.map_or_else(Vec::new, |v| v.children()) {
        let fields = signer.children();
        let id = fields.get(1).map_or_else(Vec::new, |v| v.children());
        let serial = id.get(1).map(|v| v.body);
        let own =
            |certificate: &&Value<'_>| serial.is_some_and(|s| serial_of(**certificate) == Some(s));
        let certificate = certificates
            .iter()
            .find(own)
            .or_else(|| certificates.first().filter(|_| certificates.len() == 1));
        if let Some(name) = certificate.and_then(|c| subject(*c)) {
            look.signer(name);
        }
    }
    match what.get(1).and_then(|v| v.children().first().copied()) {
        Some(inner) => {
            let document = inner.octets(0);
            look.unpacked(document.len() as u64)?;
            look.nested(&document)?;
        }
        None => look.skip(Part::Signed),
    }
    Ok(())
}

/// The fields of a certificate after its version.
fn fields(certificate: Value<'_>) -> Vec<Value<'_>> {
    let parts = certificate.children();
    let mut fields = parts.first().map_or_else(Vec::new, |v| v.children());
    if fields.first().is_some_and(|v| v.tag == 0xa0) {
        fields.remove(0);
    }
    fields
}

fn serial_of(certificate: Value<'_>) -> Option<&[u8]> {
    fields(certificate).first().map(|v| v.body)
}

/// Whose a certificate is: common name, and organization when it has one.
fn subject(certificate: Value<'_>) -> Option<String> {
    let fields = fields(certificate);
    let name = fields.get(4)?;
    let part = |oid: &[u8]| {
        name.children()
            .into_iter()
            .flat_map(Value::children)
            .find_map(|pair| {
                let pair = pair.children();
                (pair.first()?.body == oid).then(|| string(*pair.get(1)?))?
            })
    };
    let common = part(b"\x55\x04\x03").or_else(|| part(b"\x55\x04\x0a"))?;
    Some(match part(b"\x55\x04\x0a") {
        Some(organization) if organization != common => format!("{common} ({organization})"),
        _ => common,
    })
}

/// A string of a certificate, without control characters, at most 100 letters.
fn string(value: Value<'_>) -> Option<String> {
    let text = match value.tag {
        0x0c => String::from_utf8(value.body.to_vec()).ok()?,
        0x1e => encoding_rs::UTF_16BE
            .decode_without_bom_handling(value.body)
            .0
            .into_owned(),
        _ => encoding_rs::mem::decode_latin1(value.body).into_owned(),
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of DER.
    fn der(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        match u8::try_from(body.len()) {
            Ok(length @ 0..0x80) => out.push(length),
            _ => {
                out.push(0x82);
                out.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
            }
        }
        out.extend(body);
        out
    }

    fn certificate(serial: u8, common: &str, organization: &str) -> Vec<u8> {
        let rdn = |oid: &[u8], text: &str| {
            der(
                0x31,
                &der(0x30, &[der(6, oid), der(0x0c, text.as_bytes())].concat()),
            )
        };
        let name = der(
            0x30,
            &[
                rdn(b"\x55\x04\x03", common),
                rdn(b"\x55\x04\x0a", organization),
            ]
            .concat(),
        );
        let empty = der(0x30, b"");
        let tbs = [
            der(0xa0, &der(2, &[2])),
            der(2, &[serial]),
            empty.clone(),
            empty.clone(),
            empty.clone(),
            name,
        ]
        .concat();
        der(0x30, &[der(0x30, &tbs), empty].concat())
    }

    fn signed(content: Option<&[u8]>) -> Vec<u8> {
        let data = der(6, &[CONTENT, &[1]].concat());
        let what = content.map_or_else(Vec::new, |c| der(0xa0, &der(4, c)));
        let certificates = [
            certificate(1, "Ban Cơ yếu CA", "BCY"),
            certificate(7, "UBND xã An Bình", "UBND tỉnh"),
        ]
        .concat();
        let signer = der(
            0x30,
            &[
                der(2, &[1]),
                der(0x30, &[der(0x30, b""), der(2, &[7])].concat()),
            ]
            .concat(),
        );
        let body = [
            der(2, &[1]),
            der(0x31, b""),
            der(0x30, &[data, what].concat()),
            der(0xa0, &certificates),
            der(0x31, &signer),
        ]
        .concat();
        der(
            0x30,
            &[
                der(6, &[CONTENT, &[SIGNED]].concat()),
                der(0xa0, &der(0x30, &body)),
            ]
            .concat(),
        )
    }

    #[test]
    fn the_signer_is_named_and_what_is_signed_is_looked_at() {
        let mut look = Look::default();
        look_into(&signed(None), &mut look).unwrap();
        let examined = super::super::examine(&signed(None)).unwrap();
        assert_eq!(examined.signers, ["UBND xã An Bình (UBND tỉnh)"]);
        assert_eq!(examined.unread, [Part::Signed]);
        let inside = super::super::examine(&signed(Some("Biên bản họp".as_bytes()))).unwrap();
        assert_eq!(
            (inside.marking, inside.unread.len()),
            (super::super::Marking::None, 0)
        );
        let marked = signed(Some("UBND TỈNH\nTỐI MẬT\n".as_bytes()));
        assert_eq!(super::super::examine(&marked), Err(Refusal::Marked));
        assert!(super::super::examine(&signed(Some(b"MZ\x90\0\x03\0\0\0"))).is_err());
        let pem = format!(
            "-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n",
            BASE64_STANDARD.encode(signed(None))
        );
        assert_eq!(
            super::super::examine(pem.as_bytes()).unwrap().signers.len(),
            1
        );
        let mut locked = signed(None);
        let at = locked
            .windows(9)
            .position(|w| w == [CONTENT, &[SIGNED]].concat())
            .unwrap();
        locked[at + 8] = 3;
        assert_eq!(super::super::examine(&locked), Err(Refusal::Locked));
        for cut in 0..signed(None).len() {
            let _ = super::super::examine(&signed(None)[..cut]);
        }
    }
}
