//! Text as it is: in which encodings it may be read, and what in it runs.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};

use super::{
    examine::{Active, Look, Refusal},
    xml,
};

/// Control characters that texts have: those of lines and pages, and what consoles send
/// (bell, backspace, shift, flow control, end of file, escape, delete).
fn usual(byte: u8) -> bool {
    matches!(byte, 0x07..=0x0f | 0x11 | 0x13 | 0x1a | 0x1b | 0x7f) || byte >= 0x20
}

/// UTF-16 by its mark, or by every other byte being zero.
fn utf16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => {
            let head = bytes.get(..bytes.len().min(4_096) & !1).unwrap_or(bytes);
            let zeros = |odd: usize| {
                head.iter()
                    .skip(odd)
                    .step_by(2)
                    .filter(|b| **b == 0)
                    .count()
            };
            let (high, low) = (zeros(0), zeros(1));
            let pairs = head.len() / 2;
            let most = pairs >= 8 && bytes.len().is_multiple_of(2);
            if most && low * 10 > pairs * 6 && high == 0 {
                Some(UTF_16LE)
            } else if most && high * 10 > pairs * 6 && low == 0 {
                Some(UTF_16BE)
            } else {
                None
            }
        }
    }
}

/// Whether the bytes are text: UTF-8, UTF-16, or a code of eight bits such as Windows-1258
/// and TCVN3, with no control characters but those that texts and consoles have.
pub fn is_text(bytes: &[u8]) -> bool {
    if let Some(encoding) = utf16(bytes) {
        let (text, _, wrong) = encoding.decode(bytes);
        return !wrong
            && text
                .chars()
                .all(|c| u8::try_from(c).is_ok_and(usual) || u32::from(c) > 0xff);
    }
    // Telnet sends a zero after each carriage return.
    let mut before = 0;
    bytes.iter().all(|byte| {
        let fits = usual(*byte) || (*byte == 0 && before == b'\r');
        before = *byte;
        fits
    })
}

/// The text in each encoding that it may be in, the likeliest first: a marking in any of
/// them counts.
pub fn readings(bytes: &[u8]) -> Vec<Cow<'_, str>> {
    if let Some(encoding) = utf16(bytes) {
        return vec![encoding.decode(bytes).0];
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => vec![Cow::Borrowed(text)],
        Err(_) => vec![WINDOWS_1258.decode(bytes).0, WINDOWS_1252.decode(bytes).0],
    }
}

/// The first two kilobytes in lower case, without the mark of the encoding and blanks.
pub fn beginning(bytes: &[u8]) -> String {
    let head = bytes.get(..2_048).unwrap_or(bytes);
    let text = match utf16(head) {
        Some(encoding) => encoding.decode(head).0,
        None => String::from_utf8_lossy(head),
    };
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .to_lowercase()
}

/// Documents that are one text: Word and Excel of 2003 as XML, flat OpenDocument.
pub fn look_into_markup(text: &str, look: &mut Look) -> Result<(), Refusal> {
    let begin = text.trim_start();
    if !begin.starts_with('<') {
        return Ok(());
    }
    let document = [
        "office:mimetype",
        "progid=\"Word.Document\"",
        "progid=\"Excel.Sheet\"",
        "schemas-microsoft-com:office",
        "urn:oasis:names:tc:opendocument",
        "schemas.microsoft.com/office/2006/xmlPackage",
        "schemas.microsoft.com/office/word/2003",
    ]
    .iter()
    .any(|sign| text.contains(sign));
    if !document {
        return Ok(());
    }
    if text.contains("macrosPresent=\"yes\"")
        || text.contains("editdata.mso")
        || text.contains("vbaProject")
    {
        return Err(Refusal::Macros);
    }
    if text.contains("binData") || text.contains("binaryData") || text.contains("binary-data") {
        look.skip(super::examine::Part::Objects);
    }
    let read = xml::read(text, &mut xml::Styles::default()).ok_or(Refusal::Broken)?;
    if read.declares {
        return Err(Refusal::Broken);
    }
    match read.active {
        Some(Active::Script) => return Err(Refusal::Macros),
        Some(active) => return Err(Refusal::Active(active)),
        None => {}
    }
    look.document(&read.lines)
}

/// Runs of letters in bytes that hold UTF-16 among other things, one a line.
pub fn strings(bytes: &[u8]) -> String {
    let mut out = String::new();
    for start in [0, 1] {
        let (pairs, _) = bytes.get(start..).unwrap_or_default().as_chunks();
        let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
        for c in char::decode_utf16(units) {
            out.push(c.ok().filter(|c| written(*c)).unwrap_or('\n'));
        }
        out.push('\n');
    }
    out
}

/// Characters that Vietnamese text is made of.
fn written(c: char) -> bool {
    matches!(u32::from(c), 0x20..=0x7e | 0xa0..=0xff | 0x102 | 0x103 | 0x110 | 0x111 | 0x128 | 0x129
        | 0x168 | 0x169 | 0x1a0 | 0x1a1 | 0x1af | 0x1b0 | 0x300..=0x323 | 0x400..=0x45f | 0x391..=0x3c9
        | 0x1ea0..=0x1ef9 | 0x2000..=0x206f | 0xff01..=0xff5e | 0x09)
}

/// Files that a text holds in the form of mails from before MIME (`begin 644 name`), each with
/// its name.
pub fn uuencoded(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((mode, name)) = line
            .strip_prefix("begin ")
            .and_then(|rest| rest.trim_start().split_once(' '))
        else {
            continue;
        };
        if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|b| matches!(b, b'0'..=b'7')) {
            continue;
        }
        let mut file = Vec::new();
        for line in lines.by_ref() {
            let mut codes = line.bytes().map(|b| b.wrapping_sub(32) & 63);
            let length = usize::from(codes.next().unwrap_or(0));
            if line.starts_with("end") || length == 0 {
                break;
            }
            let codes: Vec<u8> = codes.collect();
            let bytes = codes.chunks(4).flat_map(|four| {
                let at = |i: usize| four.get(i).copied().unwrap_or(0);
                [
                    at(0) << 2 | at(1) >> 4,
                    at(1) << 4 | at(2) >> 2,
                    at(2) << 6 | at(3),
                ]
            });
            file.extend(bytes.take(length));
        }
        if !file.is_empty() {
            out.push((name.trim().to_owned(), file));
        }
    }
    out
}

/// Looks at files that a text holds; what is no file of a kind that is known was only text.
///
/// # Errors
/// Why one is not taken.
pub fn look_into_uuencoded(text: &str, look: &mut Look) -> Result<(), Refusal> {
    for (name, file) in uuencoded(text) {
        look.parts(1)?;
        look.unpacked(file.len() as u64)?;
        match look.inner(&name, &file) {
            Err(Refusal::Inside { why, .. }) if *why == Refusal::Unknown => {
                look.skip(super::examine::Part::Objects);
            }
            found => {
                found?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_offices_are_texts() {
        let utf16le: Vec<u8> = "Biên bản kiểm tra\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [
            &b"Router>show run\r\n--More--\x08\x08\x08 hostname R1\r\n"[..],
            b"\x1b[1;32muser@host\x1b[0m$ ls\r\0\n\x07",
            b"Bi\xean b\xe0n ki\xecm tra",
            b"C\xe9ng ho\xb5 x\xb7 h\xe9i",
            b"",
            &[b"\xff\xfe", utf16le.as_slice()].concat(),
            &utf16le,
        ] {
            assert!(is_text(bytes), "{bytes:?}");
        }
        for bytes in [
            &b"\0\x01\x02"[..],
            b"a\0b",
            b"7z\xbc\xaf\x27\x1c",
            b"Rar!\x1a\x07\x01\0",
        ] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
        assert_eq!(readings(&utf16le)[0], "Biên bản kiểm tra\r\n");
        assert!(
            readings(b"M\xc2\xf2T")
                .iter()
                .any(|t| crate::marking::is_marked(t))
        );
        assert!(
            readings(b"\xffM\xcbT".get(1..).unwrap())
                .iter()
                .any(|t| crate::marking::is_marked(t))
        );
    }

    #[test]
    fn files_from_before_mime_are_found() {
        let text = "Kinh gui\nbegin 644 a.txt\n#0V%T\n`\nend\nbegin and end\n";
        assert_eq!(uuencoded(text), [("a.txt".to_owned(), b"Cat".to_vec())]);
        assert_eq!(uuencoded("begin 999 x\n#0V%T\nend"), []);
    }
}
