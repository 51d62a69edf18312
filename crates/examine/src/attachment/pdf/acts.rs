//! What a PDF does by itself: scripts, programs that it starts, data that it sends.

use memchr::memmem;
use pdf_extract::{Dictionary, Document, Object};

use super::{bounds::unescape, content, dictionaries, resolve};
use crate::attachment::Active;

/// Names that stand only where something acts.
const NAMES: [(&[u8], Active); 6] = [
    (b"/JavaScript", Active::Script),
    (b"/JS", Active::Script),
    (b"/Launch", Active::Launch),
    (b"/ImportData", Active::Launch),
    (b"/SubmitForm", Active::Launch),
    (b"/RichMedia", Active::Object),
];

/// What stands in the objects that are not packed, also of a damaged file: readers mend it.
pub(super) fn in_bytes(bytes: &[u8]) -> Option<Active> {
    let names = unescape(&without_streams(bytes));
    NAMES
        .iter()
        .find(|(name, _)| {
            memmem::find_iter(&names, name).any(|at| {
                let next = names.get(at + name.len());
                next.is_none_or(|b| b.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(b))
            })
        })
        .map(|(_, active)| *active)
}

/// The file without its streams, and without strings in them that only look like names.
fn without_streams(bytes: &[u8]) -> Vec<u8> {
    const END: &[u8] = b"endstream";
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((heading, after)) =
        memmem::find(rest, b"stream").and_then(|at| rest.split_at_checked(at + b"stream".len()))
    {
        out.extend(heading);
        rest = after;
        if !heading.ends_with(END) && matches!(after, [b'\r' | b'\n', ..]) {
            // The word itself must not be read as the beginning of another.
            let end = memmem::find(after, END).and_then(|end| after.get(end + END.len()..));
            rest = end.unwrap_or_default();
        }
    }
    out.extend(rest);
    strings_emptied(&out)
}

/// Text in strings is no name: "(see /JavaScript)".
fn strings_emptied(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut depth, mut escaped) = (0_usize, false);
    let mut open_at = 0;
    for byte in bytes {
        match (depth, escaped, byte) {
            (1.., true, _) => escaped = false,
            (1.., _, b'\\') => escaped = true,
            (_, _, b'(') => {
                if depth == 0 {
                    open_at = out.len();
                }
                depth += 1;
            }
            (1.., _, b')') => {
                depth -= 1;
                if depth == 0 {
                    out.truncate(open_at);
                    out.extend(b"()");
                    continue;
                }
            }
            _ => {}
        }
        // What is never closed was no string: it is kept.
        out.push(*byte);
    }
    out
}

/// What stands in the objects, packed or not.
pub(super) fn in_objects(document: &Document) -> Option<Active> {
    // A stream whose content lies in another file.
    let outside = |object: &Object| matches!(object, Object::Stream(s) if s.dict.has(b"F"));
    if document.objects.values().any(outside) {
        return Some(Active::Remote);
    }
    let found = dictionaries(document)
        .into_iter()
        .find_map(|dictionary| acts(document, dictionary));
    found.or_else(|| forms(document).iter().find_map(|form| in_form(form)))
}

/// What a form in XML does by itself, or sends and fetches elsewhere. An entity may stand for
/// any of it.
fn in_form(form: &str) -> Option<Active> {
    let form = form.to_lowercase();
    let tag = |name: &str| {
        [format!("<{name}"), format!(":{name}")]
            .iter()
            .any(|tag| form.contains(tag))
    };
    let outside = || {
        let mut rest = form.split("href").skip(1);
        rest.any(|after| {
            let target = after.trim_start().strip_prefix('=').map(str::trim_start);
            let target = target.and_then(|t| t.strip_prefix(['"', '\'']));
            target.is_some_and(|t| !t.starts_with(['#', '"', '\'']))
        })
    };
    if form.contains("script") || form.contains("<!entity") {
        return Some(Active::Script);
    }
    if tag("submit") || tag("execute") {
        return Some(Active::Launch);
    }
    (tag("connectionset") || outside()).then_some(Active::Remote)
}

fn acts(document: &Document, dictionary: &Dictionary) -> Option<Active> {
    if [&b"JS"[..], b"JavaScript", b"OnInstantiate"]
        .iter()
        .any(|key| dictionary.has(key))
    {
        return Some(Active::Script);
    }
    let name = |key: &[u8]| {
        let value = resolve(document, dictionary.get(key).ok()?)?;
        value.as_name().ok()
    };
    let action = name(b"S").and_then(|s| match s {
        b"JavaScript" => Some(Active::Script),
        b"Launch" | b"ImportData" | b"SubmitForm" => Some(Active::Launch),
        _ => None,
    });
    let media = name(b"Subtype")
        .is_some_and(|s| matches!(s, b"RichMedia" | b"Movie" | b"Sound"))
        .then_some(Active::Object);
    // Media and pages of other files that are shown with this one.
    let shown = match name(b"S") {
        Some(b"MCD") => dictionary.get(b"D").ok(),
        _ => dictionary
            .get(b"Ref")
            .and_then(|page| document.dereference(page))
            .and_then(|(_, page)| page.as_dict())
            .and_then(|page| page.get(b"F"))
            .ok(),
    };
    let outside = shown
        .is_some_and(|file| is_outside(document, file))
        .then_some(Active::Remote);
    // What is done without a click: when the file opens, when a page or a field is shown.
    let opens = dictionary.get(b"OpenAction").ok();
    let more = dictionary
        .get(b"AA")
        .ok()
        .and_then(|o| resolve(document, o)?.as_dict().ok());
    let done = opens.into_iter().chain(
        more.into_iter()
            .flat_map(|more| more.iter().map(|(_, done)| done)),
    );
    action.or(media).or(outside).or_else(|| {
        done.into_iter()
            .find_map(|done| leads_out(document, done, 0))
    })
}

/// Whether an action, or one that follows it, leaves the document.
fn leads_out(document: &Document, action: &Object, depth: usize) -> Option<Active> {
    let action = resolve(document, action)?;
    if let Object::Array(several) = action {
        let mut several = several.iter().take(100);
        return several.find_map(|one| leads_out(document, one, depth + 1));
    }
    let action = action.as_dict().ok()?;
    match action.get(b"S").and_then(Object::as_name) {
        Ok(b"URI" | b"GoToR") => return Some(Active::Remote),
        Ok(b"Thread") if action.has(b"F") => return Some(Active::Remote),
        Ok(b"GoToE") => return Some(Active::Launch),
        _ => {}
    }
    let next = action.get(b"Next").ok().filter(|_| depth < 8)?;
    leads_out(document, next, depth + 1)
}

/// Whether a file (ISO 32000-1, 7.11) is none that lies in the document.
fn is_outside(document: &Document, file: &Object) -> bool {
    match resolve(document, file) {
        Some(Object::Dictionary(file)) => !file.has(b"EF"),
        Some(Object::String(..)) => true,
        _ => false,
    }
}

/// The forms in XML (XFA) that a PDF may hold beside its fields.
pub(super) fn forms(document: &Document) -> Vec<String> {
    let mut out = Vec::new();
    for dictionary in dictionaries(document) {
        let Some(form) = dictionary
            .get(b"XFA")
            .ok()
            .and_then(|o| resolve(document, o))
        else {
            continue;
        };
        // In an array each part stands behind its name.
        let (parts, every) = match form {
            Object::Array(parts) => (parts.get(1..).unwrap_or_default(), 2),
            one => (std::slice::from_ref(one), 1),
        };
        let text: Vec<u8> = parts
            .iter()
            .step_by(every)
            .filter_map(|part| match resolve(document, part) {
                Some(Object::String(text, _)) => Some(text.clone()),
                _ => content(document, part),
            })
            .flatten()
            .collect();
        out.push(written(&text));
    }
    out
}

/// XML as it is written: a mark of UTF-16, or NULs between its letters, say that it is that.
fn written(xml: &[u8]) -> String {
    let of = |pair: fn([u8; 2]) -> u16| {
        let pairs = xml.as_chunks::<2>().0.iter();
        char::decode_utf16(pairs.map(|two| pair(*two)))
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    let nuls = |at: usize| xml.iter().skip(at).step_by(2).filter(|b| **b == 0).count();
    let half = xml.len() / 4;
    match xml {
        [0xFF, 0xFE, ..] => of(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => of(u16::from_be_bytes),
        _ if half > 0 && nuls(1) > half => of(u16::from_le_bytes),
        _ if half > 0 && nuls(0) > half => of(u16::from_be_bytes),
        _ => String::from_utf8_lossy(xml).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_act_are_found_and_texts_about_them_are_not() {
        for (pdf, active) in [
            (
                &b"%PDF-1.4\n1 0 obj << /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>"[..],
                Some(Active::Script),
            ),
            (
                b"%PDF-1.4\n1 0 obj << /S /J#61vaScript >>",
                Some(Active::Script),
            ),
            (
                b"%PDF-1.4\n1 0 obj << /S/Launch/F(cmd.exe) >>",
                Some(Active::Launch),
            ),
            (
                b"%PDF-1.4\n1 0 obj << >>\nstream\nx /JS (y)\nendstream\n2 0 obj << /JS 3 0 R >>",
                Some(Active::Script),
            ),
            (
                b"%PDF-1.4\n1 0 obj << >>\nstream\nx /JS (y)\nendstream\nendobj",
                None,
            ),
            (
                b"%PDF-1.4\n1 0 obj << /Title (About /JavaScript and \\) /Launch) >>",
                None,
            ),
            (b"%PDF-1.4\n1 0 obj << /JSX /LaunchPad >>", None),
        ] {
            assert_eq!(in_bytes(pdf), active, "{}", String::from_utf8_lossy(pdf));
        }
    }

    #[test]
    fn forms_in_xml_are_read_in_every_writing() {
        let form = |inner: &str| {
            let ns = "http://www.xfa.org/schema/xfa-template/3.0/";
            format!("<template xmlns=\"{ns}\"><subform name=\"a\">{inner}</subform></template>")
        };
        for (inner, active) in [
            ("<draw><value><text>Tờ khai</text></value></draw>", None),
            ("<image href=\"#anh\"/>", None),
            ("<event><SCRIPT>x()</SCRIPT></event>", Some(Active::Script)),
            ("<!ENTITY s \"<event>\">", Some(Active::Script)),
            (
                "<event><submit target=\"http://a\"/></event>",
                Some(Active::Launch),
            ),
            ("<t:submit target=\"http://a\"/>", Some(Active::Launch)),
            (
                "<image href = '\\\\10.0.0.1\\a.png'/>",
                Some(Active::Remote),
            ),
            ("<connectionSet/>", Some(Active::Remote)),
        ] {
            let form = form(inner);
            let bytes =
                |of: fn(u16) -> [u8; 2]| form.encode_utf16().flat_map(of).collect::<Vec<u8>>();
            let (le, be) = (bytes(u16::to_le_bytes), bytes(u16::to_be_bytes));
            let marked = [&[0xFF, 0xFE], &le[..]].concat();
            for way in [form.as_bytes(), &le, &be, &marked] {
                assert_eq!(in_form(&written(way)), active, "{inner}");
            }
        }
    }
}
