//! Vietnamese text in the codes from before Unicode: what old devices and documents still send.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// A code of one byte (VNI: one or two) a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// TCVN 5712:1993 as its fonts have it (`.VnTime`, `.VnArial` …), also called ABC.
    Tcvn3,
    /// VNI for Windows (`VNI-Times` …): a vowel, then its marks.
    Vni,
    /// VISCII 1.1 (RFC 1456).
    Viscii,
    /// Windows code page 1258: a vowel, then its tone.
    Windows1258,
}

/// In the order in which they are tried; of equals the first counts.
const ALL: [Legacy; 4] = [
    Legacy::Windows1258,
    Legacy::Tcvn3,
    Legacy::Vni,
    Legacy::Viscii,
];

/// Bytes as a person reads them: UTF-8, also cut off within its last letter; else the legacy code
/// in which most of the words are Vietnamese syllables, else UTF-8 with U+FFFD for what is none.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text),
        Err(error) => error,
    };
    let lossy = String::from_utf8_lossy(bytes);
    // No length: the letter would have gone on.
    if error.error_len().is_none() {
        return lossy;
    }
    let mut best = (score(&lossy).max(0), lossy);
    for code in ALL {
        let decoded = code.decode(bytes);
        let score = score(&decoded);
        if score > best.0 {
            best = (score, Cow::Owned(decoded));
        }
    }
    best.1
}

/// Words with letters beyond ASCII that are Vietnamese syllables, less those that are not. A
/// letter alone shows nothing: any stray byte is one in some code.
fn score(text: &str) -> i64 {
    text.split(|c: char| !c.is_alphabetic() && c != '\u{fffd}')
        .filter(|word| !word.is_ascii())
        .map(|word| match is_syllable(word) {
            true if word.chars().nth(1).is_none() => 0,
            true => 1,
            false => -1,
        })
        .sum()
}

impl Legacy {
    /// The letters that bytes of this code stand for, composed (NFC).
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Tcvn3 => bytes.iter().map(|b| tcvn3(char::from(*b))).collect(),
            Self::Vni => self.decode_latin(&latin(bytes)),
            Self::Viscii => bytes.iter().map(|b| viscii(*b)).collect(),
            Self::Windows1258 => {
                let (text, _) = encoding_rs::WINDOWS_1258.decode_without_bom_handling(bytes);
                text.nfc().collect()
            }
        }
    }

    /// The same for text that was read as Latin-1, as documents keep what a font redraws; fonts
    /// have no letters from 0x80 to 0x9F.
    pub fn decode_latin(self, text: &str) -> String {
        match self {
            Self::Tcvn3 => text.chars().map(tcvn3_of_fonts).collect(),
            Self::Vni => vni(text.chars()),
            Self::Viscii | Self::Windows1258 => {
                let bytes: Vec<u8> = text
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                    .collect();
                self.decode(&bytes)
            }
        }
    }
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// TCVN 5712:1993, from 0xA1 on; a blank where it has no letter.
const TCVN3: &str = "ĂÂÊÔƠƯĐăâêôơưđ      àảãáạ ằẳẵắ       ặầẩẫấậè ẻẽéẹềểễếệìỉ   ĩíịò ỏõóọồổỗốộờởỡớợù ủũúụừửữứựỳỷỹýỵ ";

/// The capitals of the standard, from 0x80 on, which the fonts lack.
const TCVN_CAPITALS: &str = "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ";

fn tcvn3(c: char) -> char {
    if let '\u{80}'..'\u{a0}' = c {
        let at = u32::from(c) - 0x80;
        return TCVN_CAPITALS.chars().nth(at as usize).unwrap_or(c);
    }
    tcvn3_of_fonts(c)
}

fn tcvn3_of_fonts(c: char) -> char {
    let at = u32::from(c).checked_sub(0xa1).filter(|at| *at < 0x5f);
    at.and_then(|at| TCVN3.chars().nth(at as usize))
        .filter(|letter| *letter != ' ')
        .unwrap_or(c)
}

/// RFC 1456, from 0x80 on.
const VISCII: &str = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ";

fn viscii(byte: u8) -> char {
    match byte {
        0x02 => 'Ẳ',
        0x05 => 'Ẵ',
        0x06 => 'Ẫ',
        0x14 => 'Ỷ',
        0x19 => 'Ỹ',
        0x1e => 'Ỵ',
        0..0x80 => char::from(byte),
        _ => VISCII
            .chars()
            .nth(usize::from(byte - 0x80))
            .unwrap_or('\u{fffd}'),
    }
}

fn vni(text: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in text {
        let vowel = out
            .chars()
            .next_back()
            .is_some_and(|last| "aeouyAEOUYơưƠƯ".contains(last));
        let small = c.to_lowercase().next().unwrap_or(c);
        let marks = match small {
            'ù' => "\u{301}",
            'ø' => "\u{300}",
            'û' => "\u{309}",
            'õ' => "\u{303}",
            'ï' => "\u{323}",
            'â' => "\u{302}",
            'á' => "\u{302}\u{301}",
            'à' => "\u{302}\u{300}",
            'å' => "\u{302}\u{309}",
            'ã' => "\u{302}\u{303}",
            'ä' => "\u{302}\u{323}",
            'ê' => "\u{306}",
            'é' => "\u{306}\u{301}",
            'è' => "\u{306}\u{300}",
            'ú' => "\u{306}\u{309}",
            'ü' => "\u{306}\u{303}",
            'ë' => "\u{306}\u{323}",
            _ => "",
        };
        if vowel && !marks.is_empty() {
            out.push_str(marks);
            continue;
        }
        let alone = match small {
            'ô' => 'ơ',
            'ö' => 'ư',
            'æ' => 'ỉ',
            'ó' => 'ĩ',
            'ò' => 'ị',
            'î' => 'ỵ',
            'ñ' => 'đ',
            _ => small,
        };
        if c == small {
            out.push(alone);
        } else {
            out.extend(alone.to_uppercase());
        }
    }
    out.nfc().collect()
}

/// What a syllable may begin with, the longer first.
const ONSETS: [&str; 28] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];

/// What may follow, without tones.
const RIMES: &str = " a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây \
e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip \
it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on \
ong op ot ooc oong ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc ue uê uêch uênh ui \
um un ung uơ uôc uôi uôm uôn uông uôt up ut uy uya uych uyên uyêt uyn uynh uyt uyu ư ưa ưc ưi ưm ưn ưng \
ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yên yêm yêng yêt yêu yn ynh yt ych ";

/// Whether a word is a Vietnamese syllable: in one case (or with a capital in front), with
/// one tone at most, an onset and a rime that go together somewhere.
fn is_syllable(word: &str) -> bool {
    let letters: Vec<char> = word.nfc().collect();
    let capitals = letters.iter().filter(|c| c.is_uppercase()).count();
    let begins = letters.first().is_some_and(|c| c.is_uppercase());
    if letters.len() > 7
        || !(capitals == 0 || capitals == letters.len() || (capitals == 1 && begins))
    {
        return false;
    }
    let mut tones = 0;
    let plain: String = letters
        .iter()
        .flat_map(|c| c.to_lowercase())
        .nfd()
        .filter(|c| {
            let tone = matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
            tones += usize::from(tone);
            !tone
        })
        .nfc()
        .collect();
    tones <= 1
        && ONSETS.iter().any(|onset| {
            plain
                .strip_prefix(onset)
                .is_some_and(|rime| !rime.is_empty() && RIMES.contains(&format!(" {rime} ")))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Lỗi đăng nhập: người dùng Nguyễn Văn Ảnh từ 10.1.1.2, thiết bị mất kết nối đường truyền";

    #[test]
    fn each_code_is_told_from_the_others() {
        for (hex, said) in [
            // `iconv -f UTF-8 -t VISCII` of the text.
            (
                "4cb26920f0e56e67206e68a7703a206e67dfb6692064f96e67204e677579ad6e2056e56e20c46e682074d72031302e312e312e322c20746869aa742062b8206da474206baa74206eaf6920f0dfb66e672074727579ab6e",
                "VISCII",
            ),
            (
                "4ce76920aea86e67206e68cb703a206e67adea692064ef6e67204e677579d46e2056a86e20816e682074f52031302e312e312e322c20746869d5742062de206dca74206bd574206ee86920aeadea6e672074727579d26e",
                "TCVN 5712",
            ),
            (
                "4cf4de6920f0e36e67206e68e2f2703a206e67fdf5cc692064f96e67204e677579eade6e2056e36e2041d26e682074fdcc2031302e312e312e322c20746869eaec74206269f2206de2ec74206beaec74206ef4ec6920f0fdf5cc6e672074727579eacc6e",
                "Windows-1258",
            ),
        ] {
            let bytes = hex_bytes(hex);
            assert!(std::str::from_utf8(&bytes).is_err(), "{said}");
            assert_eq!(text(&bytes), TEXT, "{said}");
        }
        let vni = "Loãi ñaêng nhaäp: ngöôøi duøng Nguyeãn Vaên AÛnh töø 10.1.1.2, thieát bò maát keát noái ñöôøng truyeàn";
        let bytes: Vec<u8> = vni
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect();
        assert_eq!(text(&bytes), TEXT, "VNI");
    }

    #[test]
    fn what_is_no_vietnamese_is_left_alone() {
        assert_eq!(text("đường truyền".as_bytes()), "đường truyền");
        assert_eq!(text(b"plain"), "plain");
        // A cut in the middle of a letter.
        let cut = &"mất kết nối đường".as_bytes()[..3];
        assert_eq!(text(cut), "m\u{fffd}");
        assert_eq!(
            text(b"\xff\xfe\x01\x80"),
            String::from_utf8_lossy(b"\xff\xfe\x01\x80")
        );
    }

    #[test]
    fn a_cut_and_a_stray_byte_make_no_legacy_code() {
        for whole in ["khung đường truyền", "Đăng nhập thất bại", "Lỗi ổ đĩa"] {
            for end in 1..whole.len() {
                let kept = &whole[..whole.floor_char_boundary(end)];
                let cut = text(&whole.as_bytes()[..end]);
                assert_eq!(cut.trim_end_matches('\u{fffd}'), kept);
            }
        }
        for line in [
            &b"plain text with one stray \x9b byte"[..],
            b"temp 45\xb0C fan \xb5",
            b"\xa92026 Acme, all rights",
            b"fan \xb5 and \xe0",
        ] {
            assert_eq!(text(line), String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn syllables() {
        for word in [
            "đường",
            "Nguyễn",
            "TRUYỀN",
            "quyết",
            "giữ",
            "ở",
            "nghiệp",
            "khuỷu",
            "quốc",
            "ý",
        ] {
            assert!(is_syllable(word), "{word}");
        }
        for word in ["Më", "x·", "ñoäc", "hßng", "đưóờng", "nốỉ", "ĐưỜng", "bốcc"]
        {
            assert!(!is_syllable(word), "{word}");
        }
    }

    fn hex_bytes(hex: &str) -> Vec<u8> {
        let digits = hex.trim().as_bytes();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }
}
