//! Packed files: office documents and plain archives, unpacked in memory within bounds.

use std::io::{Cursor, Read as _};

use zip::{ZipArchive, read::ZipFile};

use crate::marking::is_marked;

use super::{
    examine::{Examined, Marking, Refusal, look},
    kind::{self, Kind},

    text,
};

/// What all parts of one upload may unpack to, in bytes.
const MOST_BYTES: u64 = 128 << 20;
/// The most parts of one upload.
const MOST_PARTS: usize = 5_000;
/// Archives within archives.
const MOST_DEPTH: usize = 2;

/// What may still be unpacked; shared by a file and all that is packed in it.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    parts: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: MOST_BYTES,
            parts: MOST_PARTS,
        }
    }
}

impl Budget {
    /// Reads a part to its end, or refuses it. Sizes that the archive states are not believed.
    fn unpack(&mut self, part: &mut ZipFile<'_, Cursor<&[u8]>>) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        part.take(self.bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| Refusal::Broken)?;
        let length = bytes.len() as u64;
        self.bytes = self.bytes.checked_sub(length).ok_or(Refusal::Bomb)?;
        Ok(bytes)
    }
}

/// Looks into a ZIP: an office document by its parts, anything else file by file.
pub(super) fn look_into(
    bytes: &[u8],
    depth: usize,
    budget: &mut Budget,
) -> Result<Examined, Refusal> {
    if depth > MOST_DEPTH {
        return Err(Refusal::Bomb);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::Broken)?;
    budget.parts = budget
        .parts
        .checked_sub(archive.len())
        .ok_or(Refusal::Bomb)?;
    let office = office(&mut archive, budget)?;
    let mut marking = Marking::None;
    for index in 0..archive.len() {
        let locked = archive
            .by_index_raw(index)
            .map_err(|_| Refusal::Broken)?
            .encrypted();
        if locked {
            return Err(Refusal::Locked);
        }
        let mut part = archive.by_index(index).map_err(|_| Refusal::Broken)?;
        if part.is_dir() {
            continue;
        }
        let name = part.name().map_err(|_| Refusal::Broken)?.to_lowercase();
        let bytes = budget.unpack(&mut part)?;
        match office {
            Some(_) => of_office(&name, &bytes, depth, budget, &mut marking)?,
            None => {
                if look(&bytes, depth + 1, budget)?.marking == Marking::Unread {
                    marking = Marking::Unread;
                }
            }
        }
    }
    Ok(Examined {
        kind: office.unwrap_or(Kind::Zip),
        marking,
    })
}

/// A part of an office document.
fn of_office(
    name: &str,
    bytes: &[u8],
    depth: usize,
    budget: &mut Budget,
    marking: &mut Marking,
) -> Result<(), Refusal> {
    let active = ["vbaproject.bin", "vbadata.xml"]
        .iter()
        .any(|end| name.ends_with(end))
        || ["basic/", "scripts/"].iter().any(|at| name.starts_with(at))
        || ["/macrosheets/", "/activex/"]
            .iter()
            .any(|at| name.contains(at));
    if active {
        return Err(Refusal::Macros);
    }
    // XML parts begin as web pages may; what runs in an office document is no XML part.
    let xml = name.ends_with(".xml") || name.ends_with(".rels");
    if !xml && let Some(program) = kind::program(bytes) {
        return Err(Refusal::Program(program.into()));
    }
    if xml {
        if name.ends_with("[content_types].xml")
            && String::from_utf8_lossy(bytes).contains("macroEnabled")
        {
            return Err(Refusal::Macros);
        }
        match text::of_xml(bytes) {
            Some(words) if is_marked(&words) => return Err(Refusal::Marked),
            Some(_) => {}
            None => *marking = Marking::Unread,
        }
    } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(super::examine::OLE) {
        // A document within the document.
        match look(bytes, depth + 1, budget) {
            Ok(_) | Err(Refusal::Unknown) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
}

/// Which office document it is, if it is one.
fn office(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    budget: &mut Budget,
) -> Result<Option<Kind>, Refusal> {
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("[Content_Types].xml") {
        let main = [
            ("word/document.xml", Kind::Docx),
            ("xl/workbook.xml", Kind::Xlsx),
            ("ppt/presentation.xml", Kind::Pptx),
        ];
        let found = main.iter().find(|(name, _)| has(name));
        return found.map(|(_, kind)| Some(*kind)).ok_or(Refusal::Unknown);
    }
    let Some(index) = archive.index_for_name("mimetype") else {
        return Ok(None);
    };
    let mut part = archive.by_index(index).map_err(|_| Refusal::Broken)?;
    let media_type = budget.unpack(&mut part)?;
    let media_type = String::from_utf8_lossy(&media_type);
    let known = media_type
        .trim()
        .strip_prefix("application/vnd.oasis.opendocument.")
        .map(|rest| rest.trim_end_matches("-template"));
    match known {
        Some("text") => Ok(Some(Kind::Odt)),
        Some("spreadsheet") => Ok(Some(Kind::Ods)),
        Some("presentation") => Ok(Some(Kind::Odp)),
        _ => Err(Refusal::Unknown),
    }
}
