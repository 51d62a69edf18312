//! What the streams of a PDF unpack to.

use std::io::{self, Read as _};

use memchr::memmem;

use crate::attachment::Refusal;

/// What the streams that are no pictures may unpack to, in bytes.
pub(super) const MOST_WORDS: u64 = 96 << 20;
/// What all streams may unpack to: a scan of some hundred pages.
const MOST: u64 = 2 << 30;

/// Whether the words can be read in bounded memory; a file that unpacks without end is refused.
pub(super) fn readable(bytes: &[u8]) -> Result<bool, Refusal> {
    let (mut words, mut all, mut readable) = (0, 0, true);
    let mut last = 0;
    for at in memmem::find_iter(bytes, b"stream") {
        let (before, data) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
        let heading = before.get(last.max(at.saturating_sub(4_096))..);
        last = at;
        if before.ends_with(b"end") {
            continue;
        }
        let heading = unescape(heading.unwrap_or(before));
        let count = |name: &[u8]| memmem::find_iter(&heading, name).count();
        if count(b"FlateDecode") > 1 {
            return Err(Refusal::Bomb);
        }
        // A filter that is named elsewhere, or one that is not counted here.
        let elsewhere = memmem::find(&heading, b"/Filter").is_some_and(|f| {
            let rest = heading.get(f + b"/Filter".len()..).unwrap_or_default();
            matches!(rest.trim_ascii_start(), [b'0'..=b'9', ..])
        });
        let picture = count(b"/Image") > 0 && count(b"/Width") > 0;
        readable &= !elsewhere && (picture || count(b"LZWDecode") == 0);
        let data = data.strip_prefix(b"stream").unwrap_or(data);
        let data = data
            .strip_prefix(b"\r\n")
            .or_else(|| data.strip_prefix(b"\n"))
            .unwrap_or(data);
        let size = unpacked(data);
        all += size;
        if !picture {
            words += size;
        }
        if words > MOST_WORDS || all > MOST {
            return Err(Refusal::Bomb);
        }
    }
    Ok(readable)
}

/// What a stream unpacks to, up to just above the limit; 0 for what is not packed.
pub(super) fn unpacked(data: &[u8]) -> u64 {
    // A zlib stream begins with 8 in the low half of its first byte (RFC 1950).
    if data.first().is_none_or(|b| b & 0x0f != 8) {
        return 0;
    }
    let mut from = flate2::read::ZlibDecoder::new(data).take(MOST + 1);
    let mut buffer = [0; 16 << 10];
    let mut size = 0;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return size,
            Ok(n) => size += n as u64,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return size,
        }
    }
}

/// Names with `#xx` in them, read as PDF readers do.
pub(super) fn unescape(heading: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(heading.len());
    let mut i = 0;
    while let Some(&byte) = heading.get(i) {
        let hex = (byte == b'#')
            .then(|| std::str::from_utf8(heading.get(i + 1..i + 3)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match hex {
            Some(decoded) => {
                out.push(decoded);
                i += 3;
            }
            None => {
                out.push(byte);
                i += 1;
            }
        }
    }
    out
}
