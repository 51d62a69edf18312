//! PDF: its words wherever they stand, what in it acts, the files in it.

mod acts;
mod bounds;
mod draws;
mod glyphs;
mod unpack;

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Dictionary, Document, Object, ObjectId, output_doc_page};

use self::unpack::content;
use super::{
    examine::{Look, Part, Refusal},
    kind::pdf_heading,
    office::as_levels,
    xml,
};
use crate::marking::{of_font, redrawn};

/// Looks at a PDF. What cannot be read is noted as such.
///
/// The library that reads words unpacks without a bound, so everything is unpacked once
/// before, without keeping it.
pub(super) fn look_into(bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
    let readable = bounds::readable(bytes)?;
    if let Some(active) = acts::in_bytes(bytes) {
        return Err(Refusal::Active(active));
    }
    // The library panics on some files that it does not expect.
    let opened = readable
        .then(|| catch_unwind(AssertUnwindSafe(|| open(bytes))))
        .and_then(Result::ok)
        .flatten();
    let Some(mut document) = opened else {
        look.skip(Part::Damaged);
        return Ok(());
    };
    if document.is_encrypted() && document.decrypt("").is_err() {
        look.skip(Part::Locked);
        return Ok(());
    }
    if let Some(active) = acts::in_objects(&document) {
        return Err(Refusal::Active(active));
    }
    draws::bounded(&document)?;
    files(&document, look)?;
    said(&document, look)?;
    shown(&mut document, look)
}

/// Reads the structure; places in it are counted from the heading, or from the first byte.
fn open(bytes: &[u8]) -> Option<Document> {
    let at = pdf_heading(bytes)?;
    let from = bytes.get(at..)?;
    if let Ok(document) = Document::load_mem(from) {
        return Some(document);
    }
    // The heading is moved to the front, and a comment fills what stood before it.
    let line = from.iter().position(|b| matches!(b, b'\r' | b'\n'))?;
    let (heading, rest) = from.split_at_checked(line)?;
    let mut moved = heading.to_vec();
    moved.push(b'\n');
    moved.resize(at + line, b'%');
    moved.extend(rest);
    (at > 0).then(|| Document::load_mem(&moved).ok()).flatten()
}

/// The text of a string: UTF-16 or UTF-8 with a mark, else Latin-1.
fn string(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE
            .decode_without_bom_handling(rest)
            .0
            .into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE
            .decode_without_bom_handling(rest)
            .0
            .into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => encoding_rs::mem::decode_latin1(bytes).into_owned(),
    }
}

/// All dictionaries, also those that stand in other objects.
fn dictionaries(document: &Document) -> Vec<&Dictionary> {
    let mut out = Vec::new();
    let mut todo: Vec<&Object> = document.objects.values().collect();
    let trailer = &document.trailer;
    out.push(trailer);
    todo.extend(trailer.iter().map(|(_, value)| value));
    while let Some(object) = todo.pop() {
        let dictionary = match object {
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => &stream.dict,
            Object::Array(array) => {
                todo.extend(array);
                continue;
            }
            _ => continue,
        };
        out.push(dictionary);
        todo.extend(dictionary.iter().map(|(_, value)| value));
    }
    out
}

fn resolve<'a>(document: &'a Document, object: &'a Object) -> Option<&'a Object> {
    document.dereference(object).ok().map(|(_, object)| object)
}

/// Files that are attached to the document.
fn files(document: &Document, look: &mut Look) -> Result<(), Refusal> {
    for dictionary in dictionaries(document) {
        let Some(embedded) = dictionary
            .get(b"EF")
            .ok()
            .and_then(|o| resolve(document, o)?.as_dict().ok())
        else {
            continue;
        };
        let name = [&b"UF"[..], b"F"].iter().find_map(|key| {
            let name = resolve(document, dictionary.get(key).ok()?)?
                .as_str()
                .ok()?;
            Some(string(name))
        });
        let name = name.unwrap_or_default();
        for (_, file) in embedded {
            look.parts(1)?;
            match content(document, file) {
                Some(bytes) => {
                    look.unpacked(bytes.len() as u64)?;
                    look.inner(&name, &bytes)?;
                }
                None => look.skip(Part::Damaged),
            }
        }
    }
    Ok(())
}

/// What is said beside the pages: annotations, fields of forms, titles, properties.
fn said(document: &Document, look: &mut Look) -> Result<(), Refusal> {
    const KEYS: [&[u8]; 15] = [
        b"Contents",
        b"V",
        b"DV",
        b"Title",
        b"Subject",
        b"Keywords",
        b"RC",
        b"Alt",
        b"ActualText",
        b"TU",
        b"Subj",
        b"Opt",
        b"CA",
        b"Name",
        b"OverlayText",
    ];
    const PROPERTIES: [&[u8]; 3] = [b"Title", b"Subject", b"Keywords"];
    let mut lines = String::new();
    for dictionary in dictionaries(document) {
        for (key, value) in dictionary {
            let Some(value) = KEYS
                .contains(&key.as_slice())
                .then(|| resolve(document, value))
                .flatten()
            else {
                continue;
            };
            let texts: &[Object] = match value {
                Object::Array(array) => array,
                one => std::slice::from_ref(one),
            };
            for text in texts
                .iter()
                .filter_map(|t| resolve(document, t)?.as_str().ok())
            {
                let text = string(text);
                if key == b"RC" {
                    let read = xml::read(&text, &mut xml::Styles::default());
                    lines.push_str(&read.map_or(text, |r| r.lines));
                } else {
                    lines.push_str(&text);
                }
                lines.push('\n');
            }
        }
    }
    for object in document.objects.values() {
        let Ok(stream) = object.as_stream() else {
            continue;
        };
        if !stream.dict.has_type(b"Metadata") {
            continue;
        }
        let text =
            content(document, object).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        match text.and_then(|t| xml::read(&t, &mut xml::Styles::default())) {
            Some(read) => {
                look.words(&read.lines)?;
                look.words(&as_levels(&read.lines))?;
            }
            None => look.skip(Part::Damaged),
        }
    }
    if let Some(info) = document
        .trailer
        .get(b"Info")
        .ok()
        .and_then(|o| resolve(document, o)?.as_dict().ok())
    {
        for (key, value) in info {
            let custom = ![
                &b"Author"[..],
                b"Creator",
                b"Producer",
                b"CreationDate",
                b"ModDate",
                b"Trapped",
            ]
            .contains(&key.as_slice());
            if let Some(text) = resolve(document, value).and_then(|v| v.as_str().ok())
                && (custom || PROPERTIES.contains(&key.as_slice()))
            {
                look.words(&as_levels(&string(text)))?;
            }
        }
    }
    // One that cannot be read was refused before.
    for form in acts::forms(document).unwrap_or_default() {
        let read = xml::read(&form, &mut xml::Styles::default());
        lines.push_str(&read.map_or(form, |r| r.lines));
        lines.push('\n');
    }
    // Not counted as the document's text: a scan has a title too.
    if crate::marking::is_marked(&lines) {
        return Err(Refusal::Marked);
    }
    Ok(())
}

/// What the pages show, and what annotations show on them.
fn shown(document: &mut Document, look: &mut Look) -> Result<(), Refusal> {
    add_appearances(document);
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    look.parts(pages.len())?;
    let mut output = glyphs::Glyphs::default();
    for page in pages {
        let before = output.count();
        let read = catch_unwind(AssertUnwindSafe(|| {
            output_doc_page(document, &mut output, page)
        }));
        if !matches!(read, Ok(Ok(()))) {
            output.finish_page();
            look.skip(Part::Damaged);
        }
        if output.count() == before {
            look.skip(Part::Pictures);
        }
    }
    look.unpacked(output.lines.len() as u64)?;
    look.document(&output.lines)?;
    for dictionary in dictionaries(document) {
        if dictionary
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|s| s == b"Image")
            && dictionary.has(b"Width")
        {
            look.skip(Part::Pictures);
        }
        if !dictionary.has_type(b"Font") {
            continue;
        }
        if glyphs::is_unmapped(document, dictionary) {
            look.skip(Part::Glyphs);
        }
        let name = dictionary
            .get(b"BaseFont")
            .and_then(Object::as_name)
            .unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        let name = name.split_once('+').map_or(&*name, |(_, name)| name);
        if let Some((code, capitals)) = of_font(name) {
            let decoded = redrawn(code, &output.lines);
            look.words(&if capitals {
                decoded.to_uppercase()
            } else {
                decoded
            })?;
        }
    }
    Ok(())
}

/// Makes what annotations and fields show into pages of their own, which are read like the
/// others.
fn add_appearances(document: &mut Document) {
    let mut forms: Vec<ObjectId> = Vec::new();
    for dictionary in dictionaries(document) {
        let Some(appearance) = dictionary
            .get(b"AP")
            .ok()
            .and_then(|o| resolve(document, o)?.as_dict().ok())
        else {
            continue;
        };
        for (_, state) in appearance {
            match (state, resolve(document, state)) {
                (Object::Reference(id), Some(Object::Stream(_))) => forms.push(*id),
                (_, Some(Object::Dictionary(states))) => {
                    forms.extend(states.iter().filter_map(|(_, s)| s.as_reference().ok()));
                }
                _ => {}
            }
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms.truncate(2_000);
    let Some(root) = document
        .catalog()
        .ok()
        .and_then(|c| c.get(b"Pages").ok()?.as_reference().ok())
    else {
        return;
    };
    let mut pages = Vec::new();
    for form in forms {
        let Ok(stream) = document.get_object(form).and_then(Object::as_stream) else {
            continue;
        };
        let resources = stream
            .dict
            .get(b"Resources")
            .cloned()
            .unwrap_or_else(|_| Object::Dictionary(Dictionary::new()));
        let mut page = Dictionary::new();
        page.set("Type", "Page");
        page.set("Parent", root);
        page.set(
            "MediaBox",
            vec![0.into(), 0.into(), 1000.into(), 1000.into()],
        );
        page.set("Resources", resources);
        page.set("Contents", form);
        pages.push(Object::Reference(document.add_object(page)));
    }
    let Ok(root) = document.get_dictionary_mut(root) else {
        return;
    };
    let count = root.get(b"Count").and_then(Object::as_i64).unwrap_or(0);
    let more = i64::try_from(pages.len()).unwrap_or(0);
    root.set("Count", count + more);
    if let Ok(kids) = root.get_mut(b"Kids").and_then(Object::as_array_mut) {
        kids.extend(pages);
    }
}
