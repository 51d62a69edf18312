//! Vietnamese text: search that ignores diacritics, and the order of a dictionary.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// `text` without diacritics and in lower case, `đ` as `d`, runs of white space as one blank.
///
/// What is typed as "vinh long" finds "Vĩnh Long".
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.nfd() {
        if is_combining_mark(c) {
            continue;
        }
        if c.is_whitespace() {
            blank = !out.is_empty();
            continue;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        match c {
            'đ' | 'Đ' => out.push('d'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// `text` as it is kept: composed (NFC), lines ended by a line feed, Word's bullets as what
/// they show, nothing blank around it.
pub fn nfc(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
    let text: String = text.trim_matches(ends).nfc().map(shown).collect();
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

/// The character of every font that shows what one of Word's own does: bullets and boxes in
/// Symbol and Wingdings, the breaks of lines and pages.
pub fn shown(c: char) -> char {
    match c {
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        // Forms as wide as a Chinese letter.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{f02d}' => '–',
        '\u{f0b7}' | '\u{f09f}' => '•',
        '\u{f06c}' => '●',
        '\u{f0a7}' => '▪',
        '\u{f06e}' => '■',
        '\u{f06f}' | '\u{f0a8}' | '\u{f071}' => '□',
        '\u{f075}' => '◆',
        '\u{f076}' => '❖',
        '\u{f0d8}' => '➢',
        '\u{f0e0}' | '\u{f0e8}' => '→',
        '\u{f0fb}' => '✗',
        '\u{f0fc}' => '✓',
        '\u{f0fd}' => '☒',
        '\u{f0fe}' => '☑',
        c => c,
    }
}

/// Whether a letter is one of the Vietnamese alphabet, composed or not; those of ASCII are.
pub fn is_vietnamese(c: char) -> bool {
    let mut parts = std::iter::once(c).nfd();
    let base = parts
        .next()
        .is_some_and(|base| base.is_ascii_alphabetic() || matches!(base, 'đ' | 'Đ'));
    base && parts.all(|mark| {
        matches!(
            mark,
            '\u{300}'..='\u{303}' | '\u{306}' | '\u{309}' | '\u{31b}' | '\u{323}'
        )
    })
}

/// Whether a character turns the direction of writing: with one `exe.fdp` reads as `pdf.exe`.
pub fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What two names share that are the same name: composed, with one blank where any white
/// space is. Tone marks and case count: "Tân Thạnh" is not "Tân Thành".
pub fn name_key(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    nfc(&words.join(" "))
}

/// A key whose byte order is the order of a Vietnamese dictionary.
///
/// Letters first (a ă â b c d đ e ê … o ô ơ … u ư …), then the tone of each
/// syllable (ngang, huyền, hỏi, ngã, sắc, nặng), then case. Numbers inside are
/// compared as numbers, so that "Phường 2" comes before "Phường 10".
pub fn sort_key(text: &str) -> String {
    let mut letters = String::with_capacity(text.len() * 2);
    let mut tones = String::new();
    let mut digits = String::new();
    for c in text.nfc() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        flush_number(&mut letters, &mut digits);
        let (base, variant, tone) = letter(c);
        if base.is_whitespace() {
            letters.push(' ');
            tones.push(' ');
            continue;
        }
        letters.extend(base.to_lowercase());
        letters.push(variant);
        tones.push(tone);
    }
    flush_number(&mut letters, &mut digits);
    format!("{letters}\u{1}{tones}")
}

fn flush_number(letters: &mut String, digits: &mut String) {
    if digits.is_empty() {
        return;
    }
    let number = digits.trim_start_matches('0');
    // The length in front makes 10 sort after 2; 62 digits are more than any name has.
    let width = u8::try_from(number.len().min(61)).unwrap_or(61);
    letters.push(char::from(b'0' + width.min(9)));
    if width >= 9 {
        letters.push(char::from(b'A' + width - 9));
    }
    letters.push_str(number);
    digits.clear();
}

/// Splits a letter into its base, its place among letters of that base, and its tone.
fn letter(c: char) -> (char, char, char) {
    let mut base = c;
    let (mut variant, mut tone) = ('0', '0');
    for part in std::iter::once(c).nfd() {
        match part {
            'đ' | 'Đ' => (base, variant) = ('d', '1'),
            '\u{0306}' => variant = '1', // ă
            '\u{0302}' => variant = if matches!(base, 'a' | 'A') { '2' } else { '1' },
            '\u{031B}' => variant = if matches!(base, 'o' | 'O') { '2' } else { '1' },
            '\u{0300}' => tone = '1',
            '\u{0309}' => tone = '2',
            '\u{0303}' => tone = '3',
            '\u{0301}' => tone = '4',
            '\u{0323}' => tone = '5',
            other if is_combining_mark(other) => {}
            other => base = other,
        }
    }
    (base, variant, tone)
}

/// A text to be told: its first characters, with an ellipsis where there are more.
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_drops_diacritics_however_they_are_encoded() {
        assert_eq!(fold("Vĩnh Long"), "vinh long");
        assert_eq!(fold("Vi\u{0303}nh  Long"), "vinh long");
        assert_eq!(fold("ĐƯỜNG Đê"), "duong de");
        assert_eq!(fold(" Ủy ban\tnhân dân "), "uy ban nhan dan");
    }

    #[test]
    fn what_word_writes_becomes_what_it_shows() {
        assert_eq!(
            nfc("\u{f0b7} một\u{b}\u{f0a7} hai\u{f0fc}"),
            "• một\n▪ hai✓"
        );
    }

    #[test]
    fn names_sort_as_in_a_dictionary() {
        let mut names = vec![
            "Ước",
            "Uyên",
            "Đạt",
            "Dũng",
            "Dung",
            "Ông",
            "Ơn",
            "Oanh",
            "Ân",
            "Ăn",
            "An",
            "Phường 10",
            "Phường 2",
            "Bà",
            "Ba",
            "Bả",
            "Bã",
            "Bá",
            "Bạ",
        ];
        names.sort_by_key(|n| sort_key(n));
        assert_eq!(
            names,
            [
                "An",
                "Ăn",
                "Ân",
                "Ba",
                "Bà",
                "Bả",
                "Bã",
                "Bá",
                "Bạ",
                "Dung",
                "Dũng",
                "Đạt",
                "Oanh",
                "Ông",
                "Ơn",
                "Phường 2",
                "Phường 10",
                "Uyên",
                "Ước"
            ]
        );
    }
}
