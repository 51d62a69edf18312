//! Mails: their headings, their text in every form, the files in them.

use mail_parser::{
    HeaderValue, MessageParser, MimeHeaders as _, PartType, decoders::html::html_to_text,
};

use super::{
    examine::{Active, Look, Part, Refusal},
    program::ROOTS_OF_PAGES,
    text,
};

/// Headings that mails have, in lower case.
const HEADINGS: &[&str] = &[
    "from",
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "date",
    "to",
    "subject",
    "delivered-to",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "x-unsent",
    "reply-to",
    "sender",
    "cc",
];

/// Whether a text begins with the headings of a mail.
pub(super) fn is_mail(text: &str) -> bool {
    let mut known = 0;
    for line in text.lines().take(60) {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) || line.starts_with("From ") || line.starts_with('>') {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return false;
        }
        known += usize::from(HEADINGS.contains(&name.to_lowercase().as_str()));
    }
    known >= 2
}

/// Looks at a mail and at each file in it.
pub(super) fn look_into(bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
    let Some(message) = MessageParser::default().parse(bytes) else {
        look.skip(Part::Damaged);
        return Ok(());
    };
    for header in message.headers() {
        look.marked(&header_text(&header.value))?;
    }
    look.words(message.subject().unwrap_or(""))?;
    for (index, part) in message.parts.iter().enumerate() {
        look.parts(1)?;
        let name = part.attachment_name();
        let contents = part.contents();
        look.unpacked(contents.len() as u64)?;
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Text(body) if name.is_none() => {
                look.document(body)?;
                text::look_into_uuencoded(body, look)?;
                // A body may be in a code that its heading does not say.
                look.words(&encoding_rs::mem::decode_latin1(contents))?;
            }
            PartType::Html(html) if name.is_none() => {
                if runs(html) {
                    return Err(Refusal::Active(Active::Script));
                }
                look.words(&html_to_text(html))?;
                look.words(&lines_of(html))?;
            }
            PartType::Message(inner) => {
                let raw = inner.raw_message();
                look.nested(raw)?;
            }
            _ if contents.is_empty() && index == 0 => {}
            _ => {
                let name = name.map_or_else(|| format!("{index}"), ToOwned::to_owned);
                let transport = contents.starts_with(b"\x78\x9f\x3e\x22");
                if transport {
                    // Outlook's own envelope (TNEF).
                    look.skip(Part::Objects);
                } else {
                    look.inner(&name, contents)?;
                }
            }
        }
    }
    look.empty();
    Ok(())
}

/// What a heading says in words: texts, and the names beside addresses, one a line.
fn header_text(value: &HeaderValue) -> String {
    match value {
        HeaderValue::Text(text) => text.clone().into_owned(),
        HeaderValue::TextList(texts) => texts.join("\n"),
        HeaderValue::Address(addresses) => {
            let names = addresses.iter().filter_map(|a| a.name.as_deref());
            names.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// Whether the text of a page runs something when it is shown.
fn runs(html: &str) -> bool {
    let html = html.to_lowercase();
    ROOTS_OF_PAGES.iter().any(|tag| html.contains(tag))
}

/// The text of a page with each cell and paragraph on a line of its own, without its tags.
pub(super) fn lines_of(html: &str) -> String {
    let mut out = String::new();
    for (index, piece) in html.split('<').enumerate() {
        let Some((tag, text)) = (if index == 0 {
            Some(("", piece))
        } else {
            piece.split_once('>')
        }) else {
            continue;
        };
        let name = tag
            .trim_start_matches('/')
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or("");
        let inline = [
            "b", "i", "u", "span", "font", "strong", "em", "a", "small", "big", "o", "wbr",
        ];
        if !inline.contains(&name.to_lowercase().as_str()) {
            out.push('\n');
        }
        out.push_str(text);
    }
    html_to_text(&out.replace('\n', "<br>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examined(mail: &str) -> Result<(), Refusal> {
        assert!(is_mail(mail), "{mail}");
        look_into(mail.as_bytes(), &mut Look::default())
    }

    fn with_part(heading: &str, body: &str) -> String {
        format!(
            "From: a@x.vn\r\nTo: b@x.vn\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n\
             --z\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKính gửi\r\n--z\r\n{heading}\r\n\r\n{body}\r\n--z--\r\n"
        )
    }

    #[test]
    fn markings_are_found() {
        let base64 = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nTeG6rFQKU+G7kTogMDUK\n";
        for marked in [
            &format!("From: a@b\nSubject: x\nMIME-Version: 1.0\n{base64}")[..],
            "From: a@b\nSubject: =?UTF-8?B?TeG6rFQ=?=\n\nx\n",
            "From: a@b\nTo: c@d\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nM=E1=BA=ACT\n",
            "From: a@b\nTo: c@d\nContent-Type: text/html; charset=utf-8\n\n<p>x</p><p><b>M</b>&#x1EAC;T</p>\n",
            "From: a@b\nTo: c@d\nContent-Type: text/html; charset=utf-8\n\n<table><tr><td>UBND x<td>TỐI MẬT</table>\n",
            &with_part(
                "Content-Type: text/plain; name=a.txt\r\nContent-Transfer-Encoding: base64",
                "TeG6rFQK",
            ),
            &with_part(
                "Content-Type: message/rfc822",
                "From: a@b\r\nSubject: =?UTF-8?B?TeG6rFQ=?=\r\n\r\nx",
            ),
        ] {
            assert_eq!(examined(marked), Err(Refusal::Marked), "{marked}");
        }
    }

    #[test]
    fn what_acts_is_refused_and_the_rest_is_taken() {
        let exe = with_part(
            "Content-Type: application/octet-stream; name=a.exe\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.exe",
            "TVqQAAMAAAAEAAAA//8AALgAAAA",
        );
        let old = "From: a@b\nSubject: x\n\nKinh gui\nbegin 644 a.dat\n,35J0``,````$````\n`\nend\n";
        let packed = "From: a@b\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nYmVnaW4gNjQ0IGEuZXhlCiMwViVUCmAKZW5kCg==\n";
        for mail in [old, packed] {
            let why = examined(mail).unwrap_err();
            assert!(matches!(why.root().0, Refusal::Program(_)), "{why}");
        }
        let unnamed = exe.replace("a.exe", "a.dat");
        for mail in [&exe, &unnamed] {
            let why = examined(mail).unwrap_err();
            assert!(matches!(why.root().0, Refusal::Program(_)), "{why}");
        }
        let script = "From: a@b\nTo: c@d\nContent-Type: text/html\n\n<p>x<script>1</script>\n";
        assert_eq!(examined(script), Err(Refusal::Active(Active::Script)));
        for free in [
            "From: a@b\nSubject: bao cao\n\nKinh gui\n",
            "From: a@b\nTo: c@d\nContent-Type: text/html; charset=utf-8\n\n<html><head><style>p{}</style></head><body><p>Quy chế bảo mật</p></body></html>\n",
            &with_part(
                "Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64",
                "iVBORw0KGgo=",
            ),
        ] {
            assert_eq!(examined(free), Ok(()), "{free}");
        }
        for text in [
            "Ghi chú: a\nNội dung: b\n",
            "interface: eth0\naddress: 10.0.0.1\n",
            "Kính gửi",
        ] {
            assert!(!is_mail(text), "{text}");
        }
    }
}
