//! The words inside documents, to look for markings of secrecy.

use quick_xml::{Reader, escape, events::Event};

/// The words of an XML part of an office document, one paragraph a line; none when it is
/// not XML that can be read to its end.
pub fn of_xml(bytes: &[u8]) -> Option<String> {
    let mut reader = Reader::from_str(std::str::from_utf8(bytes).ok()?);
    reader.config_mut().check_end_names = false;
    let mut out = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return Some(out),
            Ok(Event::Text(text)) => out.push_str(&text),
            Ok(Event::CData(text)) => out.push_str(&text),
            Ok(Event::GeneralRef(name)) => match name.resolve_char_ref() {
                Ok(Some(c)) => out.push(c),
                _ => out.push_str(escape::resolve_predefined_entity(&name).unwrap_or(" ")),
            },
            Ok(Event::Empty(tag)) => match tag.local_name().as_ref() {
                "br" | "line-break" | "cr" => out.push('\n'),
                "tab" => out.push('\t'),
                "s" => out.push(' '),
                "p" | "h" => out.push('\n'),
                _ => {}
            },
            // Paragraphs of Word, PowerPoint and OpenDocument; a shared text, an inline
            // text and a value of Excel.
            Ok(Event::End(tag)) => {
                if matches!(
                    tag.local_name().as_ref(),
                    "p" | "h" | "si" | "is" | "v" | "title" | "subject" | "keywords"
                ) {
                    out.push('\n');
                }
            }
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

/// What stands as UTF-16 in an old Office file, as lines: Word keeps Vietnamese so.
pub fn of_utf16(bytes: &[u8]) -> String {
    let decode = |bytes: &[u8]| {
        char::decode_utf16(
            bytes
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]])),
        )
        .map(|c| c.unwrap_or('\n'))
        .collect::<String>()
    };
    let shifted = bytes.get(1..).unwrap_or_default();
    format!("{}\n{}", decode(bytes), decode(shifted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_cut_into_runs_come_together() {
        let word = "<w:document xmlns:w='w'><w:p><w:r><w:t>M</w:t></w:r><w:r><w:t>&#x1EAC;T</w:t></w:r></w:p>\
                    <w:p><w:t>A &amp; B</w:t><w:tab/><w:t>c</w:t></w:p></w:document>";
        assert_eq!(of_xml(word.as_bytes()).unwrap(), "MẬT\nA & B\tc\n");
        let odf = "<text:p>TỐI<text:s/>MẬT</text:p>";
        assert_eq!(of_xml(odf.as_bytes()).unwrap(), "TỐI MẬT\n");
        assert_eq!(of_xml(b"<a><b"), None);
    }
}
