//! Whether a line contains a text, without regard to case, or to diacritics as well.

use domain::{legacy, text::fold};

/// Letters from the most frequent to the rarest: a rare one is looked for first.
const FREQUENT: &[u8] = b" eatoinsrhldc0um1fpgw2yb.v3k4x5j6q7z8:9-/";

/// A text to look for.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    /// As typed, in lower case.
    plain: String,
    /// Without diacritics, when these are to be ignored.
    folded: Option<String>,
}

impl Matcher {
    /// `None` for a text that every line contains.
    pub(crate) fn new(text: &str, ignore_diacritics: bool) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let folded = ignore_diacritics
            .then(|| fold(text))
            .filter(|f| !f.is_empty());
        Some(Self {
            plain: text.to_lowercase(),
            folded,
        })
    }

    pub(crate) fn matches(&self, line: &[u8]) -> bool {
        if self.plain.is_ascii() && contains_ascii(line, self.plain.as_bytes()) {
            return true;
        }
        if let Some(folded) = &self.folded {
            if line.is_ascii() {
                return *folded != self.plain
                    && folded.is_ascii()
                    && contains_ascii(line, folded.as_bytes());
            }
            return fold(&legacy::text(line)).contains(folded.as_str());
        }
        // A text with letters beyond ASCII is in no line of ASCII alone.
        !self.plain.is_ascii()
            && !line.is_ascii()
            && legacy::text(line).to_lowercase().contains(&self.plain)
    }
}

/// Whether `line` contains `needle`, which is ASCII in lower case, in any case.
fn contains_ascii(line: &[u8], needle: &[u8]) -> bool {
    let rarity = |b: &u8| FREQUENT.iter().position(|f| f == b).unwrap_or(usize::MAX);
    let Some((at, anchor)) = needle.iter().enumerate().max_by_key(|(_, b)| rarity(b)) else {
        return true;
    };
    let Some(last) = line.len().checked_sub(needle.len()) else {
        return false;
    };
    let Some(window) = line.get(at..=last + at) else {
        return false;
    };
    memchr::memchr2_iter(*anchor, anchor.to_ascii_uppercase(), window)
        .filter_map(|start| line.get(start..start + needle.len()))
        .any(|found| found.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, text: &str, ignore_diacritics: bool) -> bool {
        Matcher::new(text, ignore_diacritics).is_none_or(|m| m.matches(line.as_bytes()))
    }

    #[test]
    fn case_and_diacritics() {
        assert!(found("Accepted PASSWORD for admin", "password FOR", false));
        assert!(!found("Accepted password", "passwords", true));
        assert!(found("mất kênh truyền Vĩnh Long", "vinh long", true));
        assert!(found("mất kênh truyền Vĩnh Long", "VĨNH long", true));
        assert!(found("mat kenh Vinh Long", "vĩnh long", true));
        assert!(!found("mất kênh Vĩnh Long", "vinh long", false));
        assert!(found("mất kênh VĨNH Long", "vĩnh long", false));
        assert!(found("anything", "", false));
        assert!(!found("", "a", false));
    }

    #[test]
    fn lines_in_codes_from_before_unicode_are_found_as_text() {
        // "mất kết nối" in Windows-1258, TCVN3 and VNI.
        for line in [
            &b"l\xe2n: m\xe2\xect k\xea\xect n\xf4\xeci"[..],
            b"m\xcat k\xd5t n\xe8i",
            b"ma\xe1t ke\xe1t no\xe1i",
        ] {
            for (text, ignore) in [
                ("mat ket noi", true),
                ("mất kết nối", false),
                ("MẤT KẾT", true),
            ] {
                let matcher = Matcher::new(text, ignore).unwrap();
                assert!(matcher.matches(line), "{text} in {line:?}");
            }
        }
    }

    #[test]
    fn a_part_of_a_word_is_found_wherever_it_is() {
        for (line, text) in [
            ("abcabd", "abd"),
            ("xxGigabitEthernet0/1", "ethernet0/1"),
            ("q", "q"),
            ("aaab", "aab"),
        ] {
            assert!(found(line, text, false), "{text} in {line}");
        }
    }
}
