//! The markings of state secrets (Decree 26/2020/NĐ-CP; in the regulations: nothing so
//! marked may be on the network).

use unicode_normalization::UnicodeNormalization as _;

const MARKINGS: [&str; 3] = ["MẬT", "TỐI MẬT", "TUYỆT MẬT"];

/// Whether a text carries a marking of secrecy, as a document does: in capitals, alone on
/// its line or in its column, or after "Độ mật:". Words such as "bảo mật" or "MẬT KHẨU"
/// are no marking.
pub fn is_marked(text: &str) -> bool {
    // Without one of these no marking can be made: most of what is large is over here.
    if !text.contains(['Ậ', 'ậ', 'Ạ', 'ạ', '\u{323}']) {
        return false;
    }
    let text: String = text.nfc().collect();
    text.split(|c: char| c.is_control() && c != '\t')
        .flat_map(|line| line.split(['\t', '|']))
        .flat_map(|part| part.split("  "))
        .any(is_marking)
}

fn is_marking(part: &str) -> bool {
    let trimmed = part.trim_matches(|c: char| !c.is_alphabetic());
    let words: Vec<&str> = trimmed.split_whitespace().collect();
    let joined = words.join(" ");
    if MARKINGS.contains(&joined.as_str()) {
        return true;
    }
    // Letters set apart, "M Ậ T", are one word.
    if words.len() > 2 && words.iter().all(|w| w.chars().count() == 1) {
        let solid = words.concat();
        return MARKINGS.iter().any(|m| m.replace(' ', "") == solid);
    }
    let lower = joined.to_lowercase();
    let Some(level) = lower.strip_prefix("độ mật") else {
        return false;
    };
    let level = level.trim_matches(|c: char| !c.is_alphabetic());
    MARKINGS.iter().any(|m| m.to_lowercase() == level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markings_stand_for_themselves() {
        for marked in [
            "UBND TỈNH\nMẬT\nSố: 05",
            "  [TUYỆT MẬT]  ",
            "TỐI\u{a0}MẬT",
            "UBND TỈNH     TỐI MẬT\r\n",
            "a\tMẬT\tb",
            "M Ậ T",
            "T U Y Ệ T  M Ậ T\nT U Y Ệ T M Ậ T",
            "Độ mật: Tối mật",
            // The same letters, composed of parts.
            "MA\u{323}\u{302}T",
        ] {
            assert!(is_marked(marked), "{marked:?}");
        }
        for free in [
            "Đổi MẬT khẩu",
            "MẬT KHẨU",
            "BẢO MẬT",
            "Mật",
            "Không soạn tài liệu MẬT, TỐI MẬT trên mạng",
            "Độ mật: không",
            "",
        ] {
            assert!(!is_marked(free), "{free:?}");
        }
    }
}
