//! Streams as they are: every filter that a form or a file may stand behind.

use pdf_extract::{Dictionary, Document, Object, Stream};

use super::{
    bounds::{MOST_WORDS, unpacked},
    resolve,
};

/// What a stream holds; none where a filter is none that is known here, or unpacks to too much.
pub(super) fn content(document: &Document, object: &Object) -> Option<Vec<u8>> {
    let stream = resolve(document, object)?.as_stream().ok()?;
    let named = |key: &[u8]| {
        let found = stream.dict.get(key).ok();
        found.and_then(|found| resolve(document, found))
    };
    let filters = match named(b"Filter") {
        None | Some(Object::Null) => Vec::new(),
        Some(Object::Array(several)) => several
            .iter()
            .map(|one| resolve(document, one))
            .collect::<Option<Vec<&Object>>>()?,
        Some(one) => vec![one],
    };
    let options = named(b"DecodeParms");
    let mut bytes = stream.content.clone();
    for (at, filter) in filters.into_iter().enumerate() {
        let options = match options {
            Some(Object::Array(several)) => several.get(at).and_then(|o| resolve(document, o)),
            one => one.filter(|_| at == 0),
        };
        let options = options.and_then(|options| options.as_dict().ok());
        bytes = opened(filter.as_name().ok()?, options, bytes)?;
    }
    Some(bytes)
}

/// What one filter makes of bytes, by its name or the short one.
fn opened(filter: &[u8], options: Option<&Dictionary>, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let known: &str = match filter {
        b"FlateDecode" | b"Fl" => "FlateDecode",
        b"LZWDecode" | b"LZW" => "LZWDecode",
        b"ASCII85Decode" | b"A85" => "ASCII85Decode",
        b"ASCIIHexDecode" | b"AHx" => return of_hex(&bytes),
        b"RunLengthDecode" | b"RL" => return of_runs(&bytes),
        b"Crypt" => {
            // What another one would hide was opened with the document.
            let name = options.and_then(|o| o.get(b"Name").and_then(Object::as_name).ok());
            return name.is_none_or(|name| name == b"Identity").then_some(bytes);
        }
        _ => return None,
    };
    if unpacked(&bytes) > MOST_WORDS {
        return None;
    }
    let mut own = Dictionary::new();
    own.set("Filter", known);
    if let Some(options) = options {
        own.set("DecodeParms", options.clone());
    }
    Stream::new(own, bytes).decompressed_content().ok()
}

/// Two digits a byte (ISO 32000-1, 7.4.2).
fn of_hex(bytes: &[u8]) -> Option<Vec<u8>> {
    let digits = bytes.iter().take_while(|b| **b != b'>');
    let digits = digits.filter(|b| !b.is_ascii_whitespace() && **b != 0);
    let digits: Option<Vec<u8>> = digits
        .map(|b| {
            char::from(*b)
                .to_digit(16)
                .and_then(|n| u8::try_from(n).ok())
        })
        .collect();
    let bytes = digits?;
    let bytes = bytes.chunks(2).map(|two| match two {
        [high, low] => high << 4 | low,
        rest => rest.first().map_or(0, |high| high << 4),
    });
    Some(bytes.collect())
}

/// A length and so many bytes, or one byte so often (ISO 32000-1, 7.4.5): at most 64 times as much.
fn of_runs(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some((length, after)) = rest.split_first() {
        let length = usize::from(*length);
        match length {
            0..128 => {
                let (own, after) = after.split_at_checked(length + 1)?;
                out.extend_from_slice(own);
                rest = after;
            }
            128 => break,
            _ => {
                let (byte, after) = after.split_first()?;
                out.resize(out.len() + 257 - length, *byte);
                rest = after;
            }
        }
        if out.len() as u64 > MOST_WORDS {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standard_filter_is_opened() {
        let opened = |filter: &[u8], bytes: &[u8]| opened(filter, None, bytes.to_vec());
        assert_eq!(opened(b"RL", b"\x01ab\xfec\x80x").unwrap(), b"abccc");
        assert_eq!(opened(b"AHx", b"61 6 2 7>").unwrap(), b"abp");
        assert_eq!(opened(b"Crypt", b"a").unwrap(), b"a");
        assert_eq!(opened(b"RL", b"\x05ab"), None, "cut off");
        assert_eq!(opened(b"Own", b"a"), None);
        let mut other = Dictionary::new();
        other.set("Name", "StdCF");
        assert_eq!(super::opened(b"Crypt", Some(&other), b"a".to_vec()), None);
    }
}
