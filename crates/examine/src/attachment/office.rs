//! The parts of an office document (Office Open XML, OpenDocument).

use std::borrow::Cow;

use super::{
    examine::{Active, Look, Part, Refusal},
    kind::{self, Kind},
    program, text,
    xml::{self, Styles},
};
use crate::marking::is_stamped_heading;

/// What is known of a document from the parts that were looked at.
#[derive(Default)]
pub(super) struct Office {
    styles: Styles,
}

impl Office {
    /// Looks at a part.
    ///
    /// # Errors
    /// Why the document is not taken.
    pub fn part(&mut self, name: &str, bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
        let lower = name.to_lowercase();
        let active = ["vbaproject.bin", "vbadata.xml"]
            .iter()
            .any(|end| lower.ends_with(end))
            || ["basic/", "scripts/"]
                .iter()
                .any(|at| lower.starts_with(at))
            || ["/macrosheets/", "/activex/", "/basic/"]
                .iter()
                .any(|at| lower.contains(at));
        if active {
            return Err(Refusal::Macros);
        }
        if lower.ends_with(".xml")
            || lower.ends_with(".rels")
            || lower.ends_with(".vml")
            || lower.ends_with(".rdf")
        {
            return self.xml(&lower, bytes, look);
        }
        // A part is what its document says it is, whatever its name ends in.
        if is_xml(bytes) && program::program(bytes).is_none() {
            self.xml(&lower, bytes, look)?;
        }
        binary(name, bytes, look)
    }

    fn xml(&mut self, name: &str, bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
        // Offices write no other code; what is read here otherwise than by them is not looked at.
        let text = decode(bytes).ok_or(Refusal::Broken)?;
        if name.ends_with("[content_types].xml")
            && [
                "macroEnabled",
                "vbaProject",
                "ms-office.activeX",
                "intlmacrosheet",
                "excel.macrosheet",
            ]
            .iter()
            .any(|m| text.contains(m))
        {
            return Err(Refusal::Macros);
        }
        if name == "meta-inf/manifest.xml" && text.contains("encryption-data") {
            return Err(Refusal::Locked);
        }
        let Some(read) = xml::read(&text, &mut self.styles) else {
            look.skip(Part::Damaged);
            return Ok(());
        };
        if read.declares {
            return Err(Refusal::Broken);
        }
        if let Some(active) = read.active {
            return Err(match active {
                Active::Script => Refusal::Macros,
                active => Refusal::Active(active),
            });
        }
        let root = root(&text);
        if name.starts_with("word/document")
            || name == "content.xml"
            || matches!(root, "document" | "document-content")
        {
            look.document(&read.lines)?;
        }
        let on_each_page = ["word/header", "word/footer"]
            .iter()
            .any(|part| name.starts_with(part))
            || name == "styles.xml"
            || matches!(root, "hdr" | "ftr" | "document-styles");
        if on_each_page && is_stamped_heading(&read.lines) {
            return Err(Refusal::Marked);
        }
        look.words(&read.lines)?;
        // A property that holds a level alone is one, however it is written.
        if name.starts_with("docprops/") || name == "meta.xml" {
            look.words(&as_levels(&read.lines))?;
        }
        Ok(())
    }
}

/// Lines of properties as values of the field "Độ mật".
pub(super) fn as_levels(properties: &str) -> String {
    properties
        .lines()
        .map(|line| format!("Độ mật: {line}\n"))
        .collect()
}

/// A part of XML as text: UTF-8, or UTF-16 with its mark.
fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return text::readings(bytes).into_iter().next();
    }
    let text = std::str::from_utf8(bytes).ok()?;
    // UTF-16 without its mark is UTF-8 with zeros.
    (!text.contains('\0')).then_some(Cow::Borrowed(text))
}

/// Whether a part is XML by how it begins, in any code; a page of the web is looked at as one.
fn is_xml(bytes: &[u8]) -> bool {
    let head = bytes.get(..400).unwrap_or(bytes);
    let head: Vec<u8> = head.iter().copied().filter(|b| *b != 0).collect();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let head = head
        .strip_prefix(b"\xff\xfe")
        .or_else(|| head.strip_prefix(b"\xfe\xff"))
        .unwrap_or(head)
        .trim_ascii_start();
    matches!(head, [b'<', c, ..] if c.is_ascii_alphabetic() || b"?!_".contains(c))
}

/// The local name of the root of a part; empty when there is none.
fn root(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/');
            let name = &rest[..end.unwrap_or(rest.len())];
            return name.rsplit(':').next().unwrap_or(name);
        }
        let over = if rest.starts_with("!--") { "-->" } else { ">" };
        let Some(end) = rest.find(over) else { break };
        rest = &rest[end + over.len()..];
    }
    ""
}

/// A picture made of shapes, as Office puts beside each icon; its text is looked at.
fn drawing(bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
    let text = decode(bytes).unwrap_or_default();
    let lower = text.to_lowercase();
    if program::ROOTS_OF_PAGES
        .iter()
        .any(|tag| lower.contains(tag))
        || lower.contains(" onload")
    {
        return Err(Refusal::Active(Active::Script));
    }
    look.skip(Part::Pictures);
    let read = xml::read(
        &text.replace("<text", "<p").replace("</text", "</p"),
        &mut Styles::default(),
    );
    let Some(read) = read else { return Ok(()) };
    if let Some(active) = read.active {
        return Err(Refusal::Active(active));
    }
    look.words(&read.lines)
}

/// A part that is not XML: a picture, a font, a document within the document.
fn binary(name: &str, bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
    if name.to_lowercase().ends_with(".svg") {
        return drawing(bytes, look);
    }
    if let Some(program) = program::program(bytes) {
        return Err(Refusal::Program(program.into()));
    }
    if program::holds_program(bytes) {
        return Err(Refusal::program("Windows"));
    }
    let file = name.rsplit('/').next().unwrap_or(name);
    let document = bytes.starts_with(b"PK\x03\x04")
        || matches!(
            kind::of(bytes),
            Some(Kind::Ole | Kind::Pdf | Kind::Rtf | Kind::Text | Kind::Signature)
        );
    if document {
        return match look.inner(file, bytes) {
            Err(Refusal::Inside { why, .. }) if *why == Refusal::Unknown => {
                look.skip(Part::Objects);
                Ok(())
            }
            found => found.map(|_| ()),
        };
    }
    if let Some(program) = program::runs(file) {
        return Err(Refusal::Program(program.into()));
    }
    let lower = name.to_lowercase();
    let unseen = [".odttf", ".ttf", ".otf", ".fntdata", ".wav"]
        .iter()
        .any(|end| lower.ends_with(end))
        || lower.contains("printersettings");
    match kind::of(bytes) {
        _ if unseen || bytes.is_empty() => {}
        Some(_) => look.skip(Part::Pictures),
        None if ["/media/", "pictures/", "thumbnail", "objectreplacements/"]
            .iter()
            .any(|at| lower.contains(at)) =>
        {
            look.skip(Part::Pictures);
        }
        None => look.skip(Part::Objects),
    }
    Ok(())
}
