//! What a PDF does by itself: scripts, programs that it starts, data that it sends.

use memchr::memmem;
use pdf_extract::{Dictionary, Document, Object};
use quick_xml::{Reader, events::Event};

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
    found.or_else(|| match forms(document) {
        Some(forms) => forms.iter().find_map(|form| in_form(form)),
        None => Some(Active::Form),
    })
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

/// The forms in XML (XFA) that a PDF may hold beside its fields; none where one cannot be read as a reader
/// of forms reads it: what it would do stays unknown.
pub(super) fn forms(document: &Document) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for dictionary in dictionaries(document) {
        let Ok(form) = dictionary.get(b"XFA") else {
            continue;
        };
        let mut packets = Vec::new();
        add_packets(document, form, 0, &mut packets)?;
        if packets.is_empty() {
            continue;
        }
        // Each is written in a way of its own; together they are one document.
        let texts = packets.iter().map(|packet| written(packet));
        let form = texts.collect::<Option<Vec<String>>>()?.concat();
        out.push(Some(form).filter(|form| is_well_formed(form))?);
    }
    Some(out)
}

/// The parts of a form: in an array each stands behind its name, and nobody holds to that.
fn add_packets(
    document: &Document,
    form: &Object,
    depth: usize,
    out: &mut Vec<Vec<u8>>,
) -> Option<()> {
    match resolve(document, form) {
        None | Some(Object::Null) => {}
        Some(Object::String(text, _)) => out.push(text.clone()),
        Some(Object::Stream(_)) => out.push(content(document, form)?),
        Some(Object::Array(parts)) if depth < 8 => {
            for (at, part) in parts.iter().enumerate() {
                let name = matches!(resolve(document, part), Some(Object::String(..)));
                if at % 2 == 1 || !name {
                    add_packets(document, part, depth + 1, out)?;
                }
            }
        }
        Some(_) => return None,
    }
    Some(())
}

/// XML in UTF-8 or UTF-16, which a mark or a NUL beside its first letter tells; none where it is in
/// neither, or says that it is in another.
fn written(xml: &[u8]) -> Option<String> {
    let of = |rest: &[u8], pair: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let text = char::decode_utf16(pairs.iter().map(|two| pair(*two)));
        let text: String = text.collect::<Result<_, _>>().ok()?;
        odd.is_empty().then_some(text)
    };
    let text = match xml {
        [0xFF, 0xFE, rest @ ..] => of(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => of(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [_, 0, ..] => of(xml, u16::from_le_bytes),
        [0, _, ..] => of(xml, u16::from_be_bytes),
        _ => String::from_utf8(xml.to_vec()).ok(),
    }?;
    let foreign = |c: char| (c.is_control() && !"\t\n\r\u{85}".contains(c)) || c == '\u{FFFE}';
    let declared = text.trim_start().strip_prefix("<?xml");
    let declared = declared.and_then(|rest| rest.split_once("?>"));
    let encoding = declared.and_then(|(declared, _)| declared.split_once("encoding"));
    let known = encoding.is_none_or(|(_, after)| {
        let name = after.trim_start_matches(|c: char| c.is_whitespace() || "='\"".contains(c));
        let name = name.to_ascii_lowercase();
        ["utf-8", "utf8", "utf-16", "us-ascii"]
            .iter()
            .any(|known| name.starts_with(known))
    });
    (known && !text.contains(foreign)).then_some(text)
}

/// Whether a text is one element, closed, with nothing said beside it.
fn is_well_formed(xml: &str) -> bool {
    let mut reader = Reader::from_str(xml);
    let (mut depth, mut roots) = (0_usize, 0);
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => {
                roots += usize::from(depth == 0);
                depth += 1;
            }
            Ok(Event::Empty(_)) => roots += usize::from(depth == 0),
            // A name that does not fit is an error of the reader.
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Text(text)) if depth == 0 && !text.trim().is_empty() => return false,
            Ok(Event::CData(_) | Event::GeneralRef(_)) if depth == 0 => return false,
            Ok(Event::Eof) => return depth == 0 && roots == 1,
            Ok(_) => {}
            Err(_) => return false,
        }
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
                assert_eq!(in_form(&written(way).unwrap()), active, "{inner}");
            }
        }
    }

    /// A PDF with one form; `objects` stand from number 4 on.
    fn pdf(form: &str, objects: &[Vec<u8>]) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut at = Vec::new();
        let catalog =
            format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] /XFA {form} >> >>");
        let fixed = [
            catalog.into_bytes(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>".to_vec(),
        ];
        for (n, object) in fixed.iter().chain(objects).enumerate() {
            at.push(out.len());
            out.extend(format!("{} 0 obj\n", n + 1).bytes());
            out.extend(object);
            out.extend(b"\nendobj\n");
        }
        let xref = out.len();
        out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", at.len() + 1).bytes());
        for at in &at {
            out.extend(format!("{at:010} 00000 n \n").bytes());
        }
        let size = at.len() + 1;
        out.extend(
            format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF").bytes(),
        );
        out
    }

    fn stream(more: &str, content: &[u8]) -> Vec<u8> {
        let mut out = format!("<< /Length {} {more} >>\nstream\n", content.len()).into_bytes();
        out.extend(content);
        out.extend(b"\nendstream");
        out
    }

    #[test]
    fn a_form_that_cannot_be_read_as_it_stands_is_refused() {
        let own =
            "<t:template xmlns:t=\"x\"><t:event><t:script>x()</t:script></t:event></t:template>";
        let plain = "<xdp:xdp xmlns:xdp=\"x\"><template>Tờ khai</template></xdp:xdp>";
        let utf16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let marked = |text: &str| [&[0xFF, 0xFE], &utf16(text)[..]].concat();
        let runs = |text: &str| {
            let part = |part: &[u8]| [&[u8::try_from(part.len() - 1).unwrap()], part].concat();
            let mut out: Vec<u8> = text.as_bytes().chunks(128).flat_map(part).collect();
            out.push(128);
            out
        };
        let cjk = format!("<!-- {} -->{own}", "漢字機密".repeat(400));
        let (script, form) = (Some(Active::Script), Some(Active::Form));
        let one = "4 0 R";
        for (what, named, objects, active) in [
            ("plain", one, vec![stream("", plain.as_bytes())], None),
            (
                "plain runs",
                one,
                vec![stream("/Filter /RunLengthDecode", &runs(plain))],
                None,
            ),
            (
                "in parts",
                "[(preamble) 4 0 R (template) 5 0 R (postamble) 6 0 R]",
                vec![
                    stream(
                        "",
                        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><xdp:xdp xmlns:xdp=\"x\">",
                    ),
                    stream("", "<template>Tờ khai</template>".as_bytes()),
                    stream("", b"</xdp:xdp>"),
                ],
                None,
            ),
            (
                "runs",
                one,
                vec![stream("/Filter /RunLengthDecode", &runs(own))],
                script,
            ),
            (
                "no key",
                one,
                vec![stream(
                    "/Filter [/Crypt] /DecodeParms [<< /Name /Identity >>]",
                    own.as_bytes(),
                )],
                script,
            ),
            (
                "unknown filter",
                one,
                vec![stream("/Filter /JPXDecode", own.as_bytes())],
                form,
            ),
            ("no mark", one, vec![stream("", &utf16(&cjk))], script),
            (
                "no mark, letters first",
                one,
                vec![stream("", &utf16(&format!("漢{cjk}")))],
                form,
            ),
            (
                "two writings",
                "[(preamble) 4 0 R (config) 5 0 R (postamble) 6 0 R]",
                vec![
                    stream("", b"<xdp>"),
                    stream("", &marked(own)),
                    stream("", b"</xdp>"),
                ],
                script,
            ),
            (
                "out of order",
                "[4 0 R (template)]",
                vec![stream("", own.as_bytes())],
                form,
            ),
            (
                "without names",
                "[4 0 R]",
                vec![stream("", own.as_bytes())],
                script,
            ),
            (
                "another writing",
                one,
                vec![stream(
                    "",
                    b"<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>",
                )],
                form,
            ),
            (
                "cut off",
                one,
                vec![stream("", b"<xdp:xdp><template>")],
                form,
            ),
        ] {
            let document = Document::load_mem(&pdf(named, &objects)).unwrap();
            assert_eq!(in_objects(&document), active, "{what}");
        }
    }
}
