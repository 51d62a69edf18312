//! Compound files: Office before 2007, mails of Outlook, objects in documents.

use std::io::{Cursor, Read as _};

use encoding_rs::{WINDOWS_1252, WINDOWS_1258};
use memchr::memmem;

use super::{
    examine::{Active, Look, Part, Refusal},
    kind::{self, Kind},
    program, rtf, text,
    xml::of_old_word,
};

/// A stream: the names on the way to it, joined by `/`, and its content.
type Stream = (String, Vec<u8>);

/// Looks into a compound file: by its streams, and where it is damaged, by its bytes.
pub(super) fn look_into(bytes: &[u8], look: &mut Look) -> Result<Kind, Refusal> {
    let streams = streams(bytes, look)?;
    let names: Vec<&str> = streams.iter().map(|(name, _)| name.as_str()).collect();
    let has = |name: &str| {
        let utf16 = || {
            name.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        names.iter().any(|n| n.split('/').any(|part| part == name))
            || memmem::find(bytes, &utf16()).is_some()
    };
    // The class of installers: {000C1084-0000-0000-C000-000000000046}.
    if memmem::find(bytes, b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46").is_some() {
        return Err(Refusal::program("Windows installer"));
    }
    if has("EncryptedPackage") {
        return Err(Refusal::Locked);
    }
    if has("_VBA_PROJECT") || has("_VBA_PROJECT_CUR") {
        return Err(Refusal::Macros);
    }
    let kind = [
        ("__properties_version1.0", Kind::Msg),
        ("WordDocument", Kind::Doc),
        ("Workbook", Kind::Xls),
        ("PowerPoint Document", Kind::Ppt),
        ("VisioDocument", Kind::Vsd),
    ]
    .into_iter()
    .find(|(name, _)| has(name))
    .map(|(_, kind)| kind);
    let kind = match kind {
        Some(kind) => kind,
        None if names.contains(&"Book") => Kind::Xls,
        // Objects of a document: equations, what other programs drew.
        None if look.is_nested()
            && (has("CompObj")
                || has("\u{1}CompObj")
                || has("Equation Native")
                || has("\u{1}Ole")
                || has("\u{1}Ole10Native")) =>
        {
            Kind::Ole
        }
        None => return Err(Refusal::Unknown),
    };
    for (name, content) in &streams {
        packaged(name, content, look)?;
        if kind != Kind::Msg {
            embedded(name, content, look)?;
        }
        if kind != Kind::Msg {
            look.words(&text::strings(content))?;
        }
    }
    if streams.is_empty() {
        if has("Ole10Native") {
            return Err(Refusal::program("packaged file"));
        }
        look.words(&text::strings(bytes))?;
    }
    if program::holds_program(bytes) {
        return Err(Refusal::program("Windows"));
    }
    match kind {
        Kind::Msg => mail(&streams, look)?,
        Kind::Doc => document(&streams, look)?,
        Kind::Xls => workbook(&streams, look)?,
        _ => look.skip(Part::Objects),
    }
    look.skip(match kind {
        Kind::Msg | Kind::Ole => return Ok(kind),
        // How spreadsheets and slides put texts together, and how letters are shown.
        _ => Part::Layout,
    });
    Ok(kind)
}

/// All streams, within what may be unpacked; none when the file is damaged.
fn streams(bytes: &[u8], look: &mut Look) -> Result<Vec<Stream>, Refusal> {
    let Ok(mut file) = cfb::CompoundFile::open(Cursor::new(bytes)) else {
        look.skip(Part::Damaged);
        return Ok(Vec::new());
    };
    let entries: Vec<_> = file
        .walk()
        .filter(cfb::Entry::is_stream)
        .map(|e| e.path().to_owned())
        .collect();
    look.parts(entries.len())?;
    let mut out = Vec::with_capacity(entries.len());
    for path in entries {
        let name = path.to_string_lossy().trim_start_matches('/').to_owned();
        let mut content = Vec::new();
        let read = file
            .open_stream(&path)
            .and_then(|stream| stream.take(look.room() + 1).read_to_end(&mut content));
        if read.is_err() {
            look.skip(Part::Damaged);
        }
        look.unpacked(content.len() as u64)?;
        out.push((name, content));
    }
    Ok(out)
}

/// A file that was put into a document as an icon (`\x01Ole10Native`).
fn packaged(name: &str, content: &[u8], look: &mut Look) -> Result<(), Refusal> {
    if !name.to_lowercase().ends_with("\u{1}ole10native") {
        return Ok(());
    }
    match package(content) {
        Some((label, file)) => look.inner(&label, file).map(|_| ()),
        // A bitmap stands there without a name.
        None if content.get(4..6) == Some(b"BM") => {
            look.skip(Part::Pictures);
            Ok(())
        }
        None => Err(Refusal::Active(Active::Object)),
    }
}

/// What another program keeps in a document: its own file, a program, an equation.
fn embedded(name: &str, content: &[u8], look: &mut Look) -> Result<(), Refusal> {
    if let Some(program) = program::binary(content) {
        return Err(Refusal::Program(program.into()));
    }
    if program::holds_program(content) {
        return Err(Refusal::program("Windows"));
    }
    let lower = name.to_lowercase();
    let stream = lower.rsplit('/').next().unwrap_or(&lower);
    let whole = matches!(stream, "contents" | "package" | "embeddedodf");
    let known = || {
        content.starts_with(b"PK\x03\x04")
            || matches!(kind::of(content), Some(Kind::Ole | Kind::Pdf | Kind::Rtf))
    };
    if whole && known() {
        return look.inner(stream, content).map(|_| ());
    }
    // Storages of objects: of Word, and of Excel and PowerPoint.
    let inside = lower.starts_with("objectpool/") || lower.starts_with("mbd");
    if whole || inside || stream == "equation native" {
        look.skip(Part::Objects);
    }
    Ok(())
}

/// The name and the content of a package.
fn package(content: &[u8]) -> Option<(String, &[u8])> {
    let text = |bytes: &[u8]| {
        WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned()
    };
    let number = |bytes: &[u8]| {
        let bytes = bytes.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    // Size, flags, then the label and the path, each to a zero.
    let mut parts = content.get(6..)?.splitn(3, |byte| *byte == 0);
    let (label, path) = (text(parts.next()?), text(parts.next()?));
    let rest = parts.next()?.get(4..)?;
    let rest = rest.get(4 + number(rest)?..)?;
    let file = rest.get(4..4_usize.checked_add(number(rest)?)?)?;
    // The path says what is opened; the label is only shown.
    let name = if program::runs(&path).is_some() || label.is_empty() {
        path
    } else {
        label
    };
    Some((name, file))
}

/// A mail of Outlook: its subject, its text in each form, the files with it.
fn mail(streams: &[Stream], look: &mut Look) -> Result<(), Refusal> {
    for (name, content) in streams {
        let (folder, stream) = name.rsplit_once('/').unwrap_or(("", name));
        let Some(tag) = stream.strip_prefix("__substg1.0_") else {
            continue;
        };
        let (property, kind) = tag.split_at_checked(4).unwrap_or((tag, ""));
        let string = |content: &[u8]| match kind {
            "001F" => encoding_rs::UTF_16LE
                .decode_without_bom_handling(content)
                .0
                .into_owned(),
            _ => match std::str::from_utf8(content) {
                Ok(text) => text.to_owned(),
                Err(_) => WINDOWS_1258
                    .decode_without_bom_handling(content)
                    .0
                    .into_owned(),
            },
        };
        match property {
            "0037" | "1000" | "0E1D" => look.words(&string(content))?,
            "1013" => {
                let html = string(content);
                look.words(&mail_parser::decoders::html::html_to_text(&html))?;
            }
            "1009" => match unpack_rtf(content, look)? {
                Some(rtf) => rtf::look_into(&rtf, look)?,
                None => look.skip(Part::Damaged),
            },
            "3701" if kind == "0102" => {
                let named = |property: &str| {
                    let wanted = format!("{folder}/__substg1.0_{property}");
                    let (stream, content) = streams.iter().find(|(n, _)| n.starts_with(&wanted))?;
                    let wide = stream.ends_with("001F");
                    let text = if wide {
                        encoding_rs::UTF_16LE.decode_without_bom_handling(content).0
                    } else {
                        WINDOWS_1258.decode_without_bom_handling(content).0
                    };
                    Some(text.trim_end_matches('\0').to_owned())
                };
                let name = named("3707").or_else(|| named("3704")).unwrap_or_default();
                look.inner(&name, content)?;
            }
            _ => {}
        }
    }
    look.empty();
    Ok(())
}

/// What the dictionary of packed RTF begins with (MS-OXRTFCP 2.1.2.1).
const RTF_DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The last bytes that were unpacked, in a ring.
struct Dictionary {
    bytes: [u8; 4_096],
    write: usize,
}

#[expect(
    clippy::indexing_slicing,
    reason = "each place is taken modulo the length of the ring"
)]
impl Dictionary {
    fn new() -> Self {
        let (bytes, write) = ([b' '; 4_096], 0);
        let mut ring = Self { bytes, write };
        RTF_DICTIONARY.iter().for_each(|byte| ring.put(*byte));
        ring
    }

    fn at(&self, place: usize) -> u8 {
        self.bytes[place % self.bytes.len()]
    }

    fn put(&mut self, byte: u8) {
        self.bytes[self.write % self.bytes.len()] = byte;
        self.write = (self.write + 1) % self.bytes.len();
    }
}

/// Unpacks the text of a mail in RTF (MS-OXRTFCP); none when it is damaged.
fn unpack_rtf(packed: &[u8], look: &mut Look) -> Result<Option<Vec<u8>>, Refusal> {
    let Some((heading, data)) = packed.split_first_chunk::<16>() else {
        return Ok(None);
    };
    match &heading[8..12] {
        b"MELA" => return Ok(Some(data.to_vec())),
        b"LZFu" => {}
        _ => return Ok(None),
    }
    let mut dictionary = Dictionary::new();
    let mut out = Vec::new();
    let mut bytes = data.iter().copied();
    'all: while let Some(control) = bytes.next() {
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(byte) = bytes.next() else {
                    break 'all;
                };
                out.push(byte);
                dictionary.put(byte);
                continue;
            }
            let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else {
                break 'all;
            };
            let token = usize::from(high) << 8 | usize::from(low);
            let (offset, length) = (token >> 4, (token & 0xf) + 2);
            if offset == dictionary.write {
                break 'all;
            }
            for at in 0..length {
                let byte = dictionary.at(offset + at);
                out.push(byte);
                dictionary.put(byte);
            }
        }
    }
    look.unpacked(out.len() as u64)?;
    Ok(Some(out))
}

/// A document of Word: text of eight bits, fields that act, a password.
fn document(streams: &[Stream], look: &mut Look) -> Result<(), Refusal> {
    for (_, content) in streams.iter().filter(|(name, _)| name == "WordDocument") {
        // The first block says in bit 8 of its flags whether it is encrypted.
        if content.get(11).is_some_and(|flags| flags & 1 == 1) {
            return Err(Refusal::Locked);
        }
        let eight = encoding_rs::mem::decode_latin1(content);
        let wide = encoding_rs::UTF_16LE.decode_without_bom_handling(content).0;
        for text in [&*eight, &*wide] {
            let fields = of_old_word(text);
            if let Some(active) = fields.active {
                return Err(Refusal::Active(active));
            }
            look.marked(&fields.lines)?;
        }
        // Text in a legacy code stands in eight bits.
        look.words(&eight)?;
    }
    Ok(())
}

/// A workbook: sheets of macros, links by DDE, a password.
fn workbook(streams: &[Stream], look: &mut Look) -> Result<(), Refusal> {
    for (_, content) in streams
        .iter()
        .filter(|(name, _)| name == "Workbook" || name == "Book")
    {
        let mut rest = content.as_slice();
        while let [k0, k1, l0, l1, body @ ..] = rest {
            let kind = u16::from_le_bytes([*k0, *k1]);
            let length = usize::from(u16::from_le_bytes([*l0, *l1]));
            let Some((record, after)) = body.split_at_checked(length) else {
                break;
            };
            match kind {
                // FILEPASS.
                0x2f => return Err(Refusal::Locked),
                // BOUNDSHEET of a sheet of macros, or of Visual Basic.
                0x85 if matches!(record.get(5), Some(1 | 6)) => return Err(Refusal::Macros),
                // SUPBOOK: a link's service and topic are divided by 3.
                0x1ae
                    if record.len() > 8
                        && record.contains(&3)
                        && record.get(4..).is_some_and(|name| name.contains(&3))
                        && is_dde_book(record) =>
                {
                    return Err(Refusal::Active(Active::Dde));
                }
                _ => {}
            }
            rest = after;
        }
    }
    look.empty();
    Ok(())
}

/// Whether the name of a linked book is a service and a topic.
fn is_dde_book(record: &[u8]) -> bool {
    let text = record.get(5..).unwrap_or_default();
    let letters: Vec<u8> = text.iter().copied().filter(|b| *b != 0).collect();
    let mut parts = letters.splitn(2, |b| *b == 3);
    let (Some(service), Some(_)) = (parts.next(), parts.next()) else {
        return false;
    };
    !service.is_empty() && service.iter().all(u8::is_ascii_alphanumeric)
}
