//! Packed files: office documents and plain archives, unpacked in memory within bounds.

use std::io::{Cursor, Read as _};

use zip::{ZipArchive, read::ZipFile};

use super::{
    examine::{Look, Refusal},
    kind::Kind,
    office::Office,
    text,
};

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Looks into a ZIP: an office document by its parts, anything else file by file.
pub(super) fn look_into(bytes: &[u8], look: &mut Look) -> Result<Kind, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::Broken)?;
    // What stands before the first file would be another file to who reads from its front.
    if archive.offset() != 0 {
        return Err(Refusal::Polyglot);
    }
    look.parts(archive.len())?;
    for comment in text::readings(archive.comment()) {
        look.marked(&comment)?;
    }
    let kind = kind(&mut archive, look)?;
    let mut names = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|_| Refusal::Broken)?;
        if part.encrypted() {
            return Err(Refusal::Locked);
        }
        look.marked(part.comment())?;
        // Some programs go by the name in front of the file, some by that in the list at the end.
        if name_in_front(bytes, part.header_start()) != Some(part.name_raw()) {
            return Err(Refusal::Polyglot);
        }
        if !part.is_dir() {
            let name = part.name().map_err(|_| Refusal::Broken)?;
            names.push((index, name.into_owned()));
        }
    }
    let Some(kind) = kind else {
        if names.is_empty() {
            look.empty();
        }
        for (index, name) in names {
            let bytes = unpack(&mut archive, index, look)?;
            if !is_furniture(&name, &bytes) {
                look.inner(&name, &bytes)?;
            }
        }
        return Ok(Kind::Zip);
    };
    // Styles first: they say how the text of the other parts is shown.
    names.sort_by_key(|(_, name)| !name.to_lowercase().ends_with("styles.xml"));
    let mut office = Office::default();
    for (index, name) in names {
        let bytes = unpack(&mut archive, index, look)?;
        office.part(&name, &bytes, look)?;
    }
    Ok(kind)
}

/// The name in the heading of a file in an archive (APPNOTE 4.3.7).
fn name_in_front(bytes: &[u8], header: u64) -> Option<&[u8]> {
    let heading = bytes.get(usize::try_from(header).ok()?..)?;
    let length = usize::from(u16::from_le_bytes(*heading.get(26..)?.first_chunk()?));
    heading.get(30..30 + length)
}

/// Reads a part to its end, or refuses it. Sizes that the archive states are not believed.
fn unpack(archive: &mut Archive, index: usize, look: &mut Look) -> Result<Vec<u8>, Refusal> {
    let part: ZipFile<'_, _> = archive.by_index(index).map_err(|_| Refusal::Broken)?;
    let mut bytes = Vec::new();
    part.take(look.room() + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| Refusal::Broken)?;
    look.unpacked(bytes.len() as u64)?;
    Ok(bytes)
}

/// What file managers leave in folders and therefore in archives: of macOS (AppleDouble,
/// `.DS_Store`), of Windows (thumbnails), and Word's note that a document is open.
fn is_furniture(name: &str, bytes: &[u8]) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    (file.starts_with("._") && bytes.starts_with(b"\0\x05\x16\x07"))
        || (file == ".DS_Store" && bytes.starts_with(b"\0\0\0\x01Bud1"))
        || (file.eq_ignore_ascii_case("thumbs.db") && bytes.starts_with(b"\xd0\xcf\x11\xe0"))
        || (file.starts_with("~$") && bytes.len() <= 512)
}

/// Which office document it is, if it is one.
fn kind(archive: &mut Archive, look: &mut Look) -> Result<Option<Kind>, Refusal> {
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("AndroidManifest.xml") || has("classes.dex") {
        return Err(Refusal::program("Android"));
    }
    if has("[Content_Types].xml") {
        // Some servers number the main part of Word.
        let numbered = |name: &str| name.starts_with("word/document") && name.ends_with(".xml");
        if archive
            .file_names()
            .any(|name| name.is_ok_and(|name| numbered(&name)))
        {
            return Ok(Some(Kind::Docx));
        }
        let main = [
            ("word/document.xml", Kind::Docx),
            ("xl/workbook.xml", Kind::Xlsx),
            ("ppt/presentation.xml", Kind::Pptx),
            ("visio/document.xml", Kind::Vsdx),
        ];
        let found = main.iter().find(|(name, _)| has(name));
        return found.map(|(_, kind)| Some(*kind)).ok_or(Refusal::Unknown);
    }
    let Some(index) = archive.index_for_name("mimetype") else {
        return Ok(None);
    };
    let media_type = unpack(archive, index, look)?;
    let media_type = String::from_utf8_lossy(&media_type);
    let known = media_type
        .trim()
        .strip_prefix("application/vnd.oasis.opendocument.")
        .map(|rest| rest.trim_end_matches("-template"));
    match known {
        Some("text") => Ok(Some(Kind::Odt)),
        Some("spreadsheet") => Ok(Some(Kind::Ods)),
        Some("presentation") => Ok(Some(Kind::Odp)),
        Some("graphics") => Ok(Some(Kind::Odg)),
        _ => Err(Refusal::Unknown),
    }
}
