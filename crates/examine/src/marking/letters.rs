//! Letters as a reader sees them, whatever code they are written in.

use std::borrow::Cow;

use domain::legacy::Legacy;
use unicode_normalization::UnicodeNormalization as _;

/// The text with what is not seen left out and what looks alike made equal: zero-width
/// characters, soft hyphens, full-width, mathematical, Cyrillic and Greek letters, letters
/// put together from parts (NFC).
pub fn plain(text: &str) -> String {
    text.nfkd()
        .filter(|c| !unseen(*c))
        .map(latin)
        .nfc()
        .collect()
}

/// Characters without a shape, and marks that no Vietnamese letter carries.
fn unseen(c: char) -> bool {
    match c {
        // The marks of Vietnamese letters.
        '\u{300}'..='\u{303}' | '\u{306}' | '\u{309}' | '\u{31b}' | '\u{323}' => false,
        '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// Letters of other scripts, each after the Latin one that it looks like.
const ALIKE: &[(char, &str)] = &[
    ('A', "АΑᴀᎪⲀꓮ"),
    ('B', "ВΒʙᏴⲂꓐ"),
    ('C', "СϹᴄⲤꓚ"),
    ('E', "ЕΕᴇᎬⲈꓰ"),
    ('H', "НΗʜᎻⲎꓧ"),
    ('I', "ІΙɪᏆⲒꓲӀ"),
    ('K', "КΚᴋᏦⲔꓗ"),
    ('M', "МΜᴍᎷⲘꓟ"),
    ('N', "ΝɴⲚꓠ"),
    ('O', "ОΟᴏⲞꓳ"),
    ('P', "РΡᴘᏢⲢꓑ"),
    ('T', "ТΤᴛᎢⲦꓔ"),
    ('U', "Սᴜꓴ"),
    ('X', "ХΧⲬꓫ"),
    ('Y', "УΥҮʏᎽⲨꓬ"),
    ('a', "аα"),
    ('c', "сϲ"),
    ('e', "е"),
    ('i', "іι"),
    ('m', "м"),
    ('o', "оο"),
    ('p', "рρ"),
    ('t', "тτ"),
    ('u', "υս"),
    ('x', "хχ"),
    ('y', "уγ"),
];

fn latin(c: char) -> char {
    match c {
        // The Icelandic and the African letter look as the Vietnamese one does.
        '\u{d0}' | '\u{189}' => return 'Đ',
        '\u{f0}' => return 'đ',
        _ => {}
    }
    // Only letters of other scripts are looked up.
    if !matches!(u32::from(c), 0x250..=0x5ff | 0x13a0..=0x1d7f | 0x2c80..=0x2cff | 0xa4d0..=0xa4ff)
        || matches!(c, '\u{300}'..='\u{36f}')
    {
        return c;
    }
    let found = ALIKE.iter().find(|(_, others)| others.contains(c));
    found.map_or(c, |(latin, _)| *latin)
}

/// The code that a font's name stands for, and whether it shows small letters as capitals.
pub fn of_font(name: &str) -> Option<(Legacy, bool)> {
    let name = name.trim().trim_matches(['"', '\'']).to_lowercase();
    if let Some(rest) = name.strip_prefix(".vn") {
        let family = rest.split([' ', ',', ';']).next().unwrap_or(rest);
        return Some((
            Legacy::Tcvn3,
            family.len() > 1 && family.ends_with('h') && !family.ends_with("bach"),
        ));
    }
    name.strip_prefix("vni")
        .filter(|rest| rest.starts_with(['-', ' ']))?;
    Some((Legacy::Vni, false))
}

/// A code in which a text could hold the letter `Ậ`: without it there is no marking.
pub fn may_mark(code: Legacy, text: &str) -> bool {
    match code {
        Legacy::Tcvn3 => text.contains(['Ë', '\u{f0cb}']),
        Legacy::Vni => text.contains(['Ä', 'ä', '\u{f0c4}', '\u{f0e4}']),
        Legacy::Viscii | Legacy::Windows1258 => false,
    }
}

/// The letters that the fonts of a code show, of a text that was read as Latin-1.
pub fn redrawn(code: Legacy, text: &str) -> String {
    // Symbol fonts put their characters into the private area.
    let latin: String = text.chars().map(|c| of_private(c).unwrap_or(c)).collect();
    code.decode_latin(&latin)
}

/// The letter of Latin-1 that a symbol font has in the private area.
pub fn of_private(c: char) -> Option<char> {
    match u32::from(c) {
        code @ 0xf020..=0xf0ff => char::from_u32(code - 0xf000),
        _ => None,
    }
}

/// Vietnamese as it is typed in ASCII (VIQR, RFC 1456): the letters that levels have.
pub fn typed(text: &str) -> Option<String> {
    const LETTERS: [(&str, &str); 6] = [
        ("A^.", "Ậ"),
        ("a^.", "ậ"),
        ("E^.", "Ệ"),
        ("e^.", "ệ"),
        ("O^'", "Ố"),
        ("o^'", "ố"),
    ];
    if !text.contains("A^.") && !text.contains("a^.") {
        return None;
    }
    let mut out = text.to_owned();
    for (typed, letter) in LETTERS {
        out = out.replace(typed, letter);
    }
    Some(out)
}

/// A text as it is seen where a mark turns the direction of writing (U+202E, until U+202C or
/// the end of the line).
pub fn turned(text: &str) -> Option<String> {
    if !text.contains('\u{202e}') {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut run: Option<Vec<char>> = None;
    for c in text.nfc() {
        match (c, &mut run) {
            ('\u{202e}', None) => run = Some(Vec::new()),
            ('\u{202c}' | '\n' | '\r', Some(letters)) => {
                out.extend(letters.drain(..).rev());
                out.push(c);
                run = None;
            }
            (c, Some(letters)) => letters.push(c),
            (c, None) => out.push(c),
        }
    }
    out.extend(run.into_iter().flatten().rev());
    Some(out)
}

/// A word in capitals, if it is one; small letters with marks between plain capitals are
/// what TCVN3 has for capitals (`MËT` is `MậT`).
pub fn capitals(word: &str) -> Option<Cow<'_, str>> {
    let mut plain_capital = false;
    let mut small = false;
    for c in word.chars().filter(|c| c.is_alphabetic()) {
        plain_capital |= c.is_ascii_uppercase();
        if c.is_lowercase() {
            if c.is_ascii() {
                return None;
            }
            small = true;
        }
    }
    match (small, plain_capital) {
        (false, _) => Some(Cow::Borrowed(word)),
        (true, true) => Some(Cow::Owned(word.to_uppercase())),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_codes_are_read() {
        for (code, written, read) in [
            (
                Legacy::Tcvn3,
                "Céng hoµ x· héi chñ nghÜa ViÖt Nam",
                "Cộng hoà xã hội chủ nghĩa Việt Nam",
            ),
            (
                Legacy::Tcvn3,
                "§éc lËp - Tù do - H¹nh phóc",
                "Độc lập - Tự do - Hạnh phúc",
            ),
            (
                Legacy::Tcvn3,
                "TuyÖt mËt, tèi mËt, khÈn",
                "Tuyệt mật, tối mật, khẩn",
            ),
            (
                Legacy::Vni,
                "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam",
                "Cộng hòa xã hội chủ nghĩa Việt Nam",
            ),
            (
                Legacy::Vni,
                "Ñoäc laäp - Töï do - Haïnh phuùc",
                "Độc lập - Tự do - Hạnh phúc",
            ),
            (
                Legacy::Vni,
                "TUYEÄT MAÄT, TOÁI MAÄT, khaån",
                "TUYỆT MẬT, TỐI MẬT, khẩn",
            ),
        ] {
            assert_eq!(redrawn(code, written), read);
        }
        assert_eq!(of_font(".VnTimeH"), Some((Legacy::Tcvn3, true)));
        assert_eq!(of_font(".VnTime"), Some((Legacy::Tcvn3, false)));
        assert_eq!(of_font("VNI-Times"), Some((Legacy::Vni, false)));
        assert_eq!(of_font("Times New Roman"), None);
    }

    #[test]
    fn what_looks_alike_is_equal() {
        for written in [
            "M\u{200b}Ậ\u{ad}T",
            "МẬТ",
            "ＭẬＴ",
            "ΜẬΤ",
            "MA\u{302}\u{323}T",
            "𝐌ẬT",
            "M\u{336}Ậ\u{336}T\u{336}",
            "МА\u{323}\u{302}Т",
        ] {
            assert_eq!(plain(written), "MẬT", "{written}");
        }
        assert_eq!(typed("UBND MA^.T"), Some("UBND MẬT".into()));
        assert_eq!(typed("a^b"), None);
        assert_eq!(
            turned("x \u{202e}TẬM\u{202c} y").as_deref(),
            Some("x MẬT\u{202c} y")
        );
        assert_eq!(
            turned("\u{202e}TA\u{323}\u{302}M\nMẬT").as_deref(),
            Some("MẬT\nMẬT")
        );
        assert_eq!(plain("Điều 5. Bảo mật\u{a0}mạng"), "Điều 5. Bảo mật mạng");
    }
}
