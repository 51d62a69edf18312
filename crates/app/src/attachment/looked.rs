//! What was looked at in a file for markings of secrecy, in words.

use domain::label::Label;
use examine::attachment::Part;

/// Whether a file was looked at for markings, which parts were not, and who signed it; as
/// [`Attachment`](store::attachment::Attachment) has it in the fields of these names.
pub fn looked_at(marking: &str, unread: &str, signers: &str) -> Label {
    let parts: Vec<Label> = unread.split(' ').filter_map(part).collect();
    let list = |words: fn(&Label) -> &str| parts.iter().map(words).collect::<Vec<_>>().join(", ");
    let (vi, en) = (list(|l| &l.vi), list(|l| &l.en));
    let looked = match marking {
        "none" => Label::new(
            "Đã xem hết nội dung, không có dấu độ mật",
            "All of it was looked at, no marking of secrecy",
        ),
        "partly" => Label::new(
            format!("Đã xem phần chữ, không có dấu độ mật; chưa xem: {vi}"),
            format!("Its text was looked at, no marking of secrecy; not looked at: {en}"),
        ),
        _ if parts.is_empty() => Label::new(
            "Chưa xem được dấu độ mật",
            "Not looked at for markings of secrecy",
        ),
        _ => Label::new(
            format!("Chưa xem được dấu độ mật: {vi}"),
            format!("Not looked at for markings of secrecy: {en}"),
        ),
    };
    if signers.is_empty() {
        return looked;
    }
    let names = signers.replace('\n', "; ");
    Label::new(
        format!(
            "{}. Người ký ghi trong chứng thư: {names} (chưa kiểm tra chữ ký)",
            looked.vi
        ),
        format!(
            "{}. Signed, by the name in the certificate: {names} (signature not checked)",
            looked.en
        ),
    )
}

/// What a code stands for; none for what is no code.
fn part(code: &str) -> Option<Label> {
    if code == "earlier" {
        return Some(Label::new(
            "phần mà phiên bản trước của chương trình không xem",
            "what an earlier version of the program did not look at",
        ));
    }
    let part = Part::ALL.into_iter().find(|part| part.code() == code)?;
    Some(match part {
        Part::Pictures => Label::new("hình ảnh, bản quét", "pictures, scans"),
        Part::Glyphs => Label::new(
            "chữ dùng phông không cho biết là chữ gì",
            "text in fonts that do not say which letters they show",
        ),
        Part::Locked => Label::new("phần bị khóa", "what is locked"),
        Part::Objects => Label::new("đối tượng nhúng", "embedded objects"),
        Part::Layout => Label::new(
            "cách trình bày chữ (tệp Office cũ)",
            "how text is laid out (file of old Office)",
        ),
        Part::Damaged => Label::new("phần hỏng, không đọc được", "what is damaged"),
        Part::Signed => Label::new(
            "văn bản được ký (tệp khác)",
            "the signed document (another file)",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_at_is_never_called_clean() {
        let file = |marking, unread| looked_at(marking, unread, "UBND xã An Bình");
        assert!(file("none", "").en.starts_with("All of it was looked at"));
        for part in Part::ALL {
            let label = file("partly", part.code());
            assert!(
                label.en.contains("not looked at: ") && label.vi.contains("chưa xem: "),
                "{label:?}"
            );
            assert!(
                !label.en.contains(": ;") && !label.en.starts_with("All"),
                "{label:?}"
            );
        }
        assert!(file("unread", "pictures").vi.starts_with("Chưa xem được"));
        assert!(
            file("unread", "")
                .vi
                .contains("UBND xã An Bình (chưa kiểm tra chữ ký)")
        );
        assert!(file("partly", "earlier").en.contains("earlier version"));
    }
}
