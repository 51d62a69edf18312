//! Rich Text Format: its words, and what in it acts.

use domain::legacy::Legacy;
use encoding_rs::{Encoding, WINDOWS_1252};

use super::{
    examine::{Active, Look, Part, Refusal},
    office::as_levels,
    xml::Fields,
};
use crate::marking::{of_font, redrawn};

/// Groups within groups; Word itself stops at some hundred.
const MOST_DEPTH: usize = 2_000;

/// Groups whose content is no text that is shown.
const SILENT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "generator",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "blipuid",
    "xmlnstbl",
    "filetbl",
    "datafield",
    "mmathPr",
    "pgptbl",
    "falt",
    "panose",
];

/// What a group adds to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Text,
    Nothing,
    Fonts,
    Field,
    Properties,
}

#[derive(Clone, Debug)]
struct Group {
    target: Target,
    encoding: &'static Encoding,
    legacy: Option<Legacy>,
    capitals: bool,
    /// Whether it is a line of its own: the text of a shape, a heading of pages.
    block: bool,
    /// How many codes of fields it stands in.
    codes: usize,
    /// How many bytes stand for a character that is also given as `\u`.
    fallback: usize,
}

/// Looks at a file; it is refused when it holds objects, remote templates or fields that act.
pub(super) fn look_into(bytes: &[u8], look: &mut Look) -> Result<(), Refusal> {
    let read = read(bytes)?;
    if let Some(active) = read.active.or(read.fields.active) {
        return Err(Refusal::Active(active));
    }
    look.document(&read.text)?;
    look.words(&read.fields.lines)?;
    look.words(&read.properties)?;
    look.words(&as_levels(&read.properties))?;
    look.empty();
    if read.pictures {
        look.skip(Part::Pictures);
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Read {
    text: String,
    properties: String,
    fields: Fields,
    active: Option<Active>,
    pictures: bool,
}

/// A font of the table: its character set's encoding, its legacy code.
#[derive(Clone, Debug)]
struct Font {
    number: usize,
    encoding: Option<&'static Encoding>,
    name: String,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    group: Group,
    outer: Vec<Group>,
    fonts: Vec<Font>,
    /// Bytes of eight bits that were not decoded yet.
    pending: Vec<u8>,
    /// Characters that are left out after `\u`.
    skip: usize,
    out: Read,
}

fn read(bytes: &[u8]) -> Result<Read, Refusal> {
    let mut reader = Reader {
        bytes,
        at: 0,
        group: Group {
            target: Target::Text,
            encoding: WINDOWS_1252,
            legacy: None,
            capitals: false,
            block: false,
            codes: 0,
            fallback: 1,
        },
        outer: Vec::new(),
        fonts: Vec::new(),
        pending: Vec::new(),
        skip: 0,
        out: Read::default(),
    };
    while let Some(byte) = reader.next() {
        match byte {
            b'{' => {
                reader.flush();
                if reader.outer.len() >= MOST_DEPTH {
                    return Err(Refusal::Bomb);
                }
                reader.outer.push(reader.group.clone());
            }
            b'}' => reader.close(),
            b'\\' => reader.control(),
            b'\r' | b'\n' => {}
            byte => reader.byte(byte),
        }
    }
    reader.flush();
    reader.out.fields.finish();
    Ok(reader.out)
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn close(&mut self) {
        self.flush();
        let Some(outer) = self.outer.pop() else {
            return;
        };
        for _ in outer.codes..self.group.codes {
            self.out.fields.end();
        }
        if [self.group.target, outer.target].contains(&Target::Properties) {
            self.out.properties.push('\n');
        }
        if self.group.block && !outer.block {
            self.push_text("\n");
        }
        self.group = outer;
        self.skip = 0;
    }

    /// The code of a field follows.
    fn begin_code(&mut self, code: &str) {
        self.group.target = Target::Field;
        self.group.codes += 1;
        self.out.fields.begin();
        self.out.fields.code(code);
    }

    /// A control word, a control symbol, or an escaped byte.
    fn control(&mut self) {
        let Some(first) = self.next() else {
            return;
        };
        if !first.is_ascii_alphabetic() {
            return match first {
                b'\'' => {
                    let hex = self
                        .bytes
                        .get(self.at..self.at + 2)
                        .and_then(|h| std::str::from_utf8(h).ok());
                    if let Some(byte) = hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                        self.at += 2;
                        self.byte(byte);
                    }
                }
                b'\\' | b'{' | b'}' => self.byte(first),
                b'~' => self.push(" "),
                b'_' => self.push("-"),
                b'\r' | b'\n' => self.push("\n"),
                // `\-` is an optional hyphen, `\*` begins a group that old readers skip.
                _ => {}
            };
        }
        let start = self.at - 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) && self.at - start < 40 {
            self.at += 1;
        }
        let bytes = self.bytes;
        let read = |from: usize, to: usize| std::str::from_utf8(bytes.get(from..to)?).ok();
        let word = read(start, self.at).unwrap_or("");
        let number_at = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) && self.at - number_at < 12 {
            self.at += 1;
        }
        let number = read(number_at, self.at).and_then(|n| n.parse::<i64>().ok());
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.word(word, number);
    }

    fn word(&mut self, word: &str, number: Option<i64>) {
        if word != "u" {
            self.flush();
        }
        let on = number != Some(0);
        let at = |number: Option<i64>| number.and_then(|n| usize::try_from(n).ok());
        match word {
            "par" | "line" | "cell" | "row" | "page" | "sect" | "nestcell" | "nestrow" => {
                self.push("\n");
            }
            "sv" | "sn" | "shptxt" | "footnote" | "annotation" | "header" | "footer"
            | "headerl" | "headerr" | "headerf" | "footerl" | "footerr" | "footerf" => {
                self.push("\n");
                self.group.block = true;
            }
            "tab" => self.push("\t"),
            "emspace" | "enspace" | "qmspace" => self.push(" "),
            "emdash" | "endash" => self.push("-"),
            "caps" | "scaps" => self.group.capitals = on,
            "plain" => {
                self.group.capitals = false;
                self.group.legacy = None;
            }
            "ansicpg" => {
                if let Some(encoding) = number.and_then(code_page) {
                    self.group.encoding = encoding;
                }
            }
            "uc" => self.group.fallback = at(number).unwrap_or(1).min(8),
            "u" => {
                if self.skip == 0 || !self.pending.is_empty() {
                    self.flush();
                }
                let code = number.unwrap_or(0);
                let unit = u16::try_from(code.rem_euclid(0x1_0000)).unwrap_or(0);
                let c = char::decode_utf16([unit])
                    .next()
                    .and_then(Result::ok)
                    .unwrap_or('\u{fffd}');
                self.skip = 0;
                self.push(c.encode_utf8(&mut [0; 4]));
                self.skip = self.group.fallback;
            }
            "f" | "af" if self.group.target == Target::Fonts => {
                let number = at(number).unwrap_or(0);
                self.fonts.push(Font {
                    number,
                    encoding: None,
                    name: String::new(),
                });
            }
            "fcharset" => {
                let encoding = number.and_then(character_set);
                if let Some(font) = self
                    .fonts
                    .last_mut()
                    .filter(|_| self.group.target == Target::Fonts)
                {
                    font.encoding = encoding;
                }
            }
            "f" => self.font(at(number).unwrap_or(0)),
            "fonttbl" => self.group.target = Target::Fonts,
            "info" | "userprops" => self.group.target = Target::Properties,
            "fldinst" => self.begin_code(""),
            "fldrslt" => self.group.target = Target::Text,
            "pict" => {
                self.out.pictures = true;
                self.group.target = Target::Nothing;
            }
            // Objects of other programs: the usual way in of what attacks Word.
            "object" | "objdata" | "objocx" | "objautlink" | "objupdate" => {
                self.act(Active::Object);
            }
            // The template's address follows as text.
            "template" => self.begin_code("INCLUDETEXT "),
            "bin" => {
                let length = at(number).unwrap_or(0);
                self.at = self.at.saturating_add(length).min(self.bytes.len());
            }
            silent if SILENT.contains(&silent) => self.group.target = Target::Nothing,
            _ => {}
        }
    }

    fn act(&mut self, active: Active) {
        self.out.active.get_or_insert(active);
    }

    fn font(&mut self, number: usize) {
        let Some(font) = self.fonts.iter().find(|f| f.number == number) else {
            return;
        };
        if let Some(encoding) = font.encoding {
            self.group.encoding = encoding;
        }
        let legacy = of_font(&font.name);
        self.group.legacy = legacy.map(|(code, _)| code);
        self.group.capitals |= legacy.is_some_and(|(_, capitals)| capitals);
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if self.group.target == Target::Fonts {
            if let Some(font) = self.fonts.last_mut().filter(|f| f.name.len() < 80)
                && byte != b';'
            {
                font.name.push(char::from(byte));
            }
            return;
        }
        self.pending.push(byte);
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        let text = match self.group.legacy {
            // The bytes are those of the font, whatever the code page is.
            Some(_) => encoding_rs::mem::decode_latin1(&pending).into_owned(),
            None => self
                .group
                .encoding
                .decode_without_bom_handling(&pending)
                .0
                .into_owned(),
        };
        self.push_text(&text);
    }

    fn push(&mut self, text: &str) {
        self.flush();
        self.push_text(text);
    }

    fn push_text(&mut self, text: &str) {
        let mut shown = self
            .group
            .legacy
            .map_or_else(|| text.to_owned(), |code| redrawn(code, text));
        if self.group.capitals {
            shown = shown.to_uppercase();
        }
        match self.group.target {
            Target::Text => self.out.text.push_str(&shown),
            Target::Properties => self.out.properties.push_str(&shown),
            Target::Field => self.out.fields.code(&shown),
            Target::Nothing | Target::Fonts => {}
        }
    }
}

fn code_page(number: i64) -> Option<&'static Encoding> {
    match number {
        65_001 => Some(encoding_rs::UTF_8),
        874 => Some(encoding_rs::WINDOWS_874),
        _ => Encoding::for_label(format!("windows-{number}").as_bytes()),
    }
}

fn character_set(number: i64) -> Option<&'static Encoding> {
    match number {
        0 => Some(WINDOWS_1252),
        163 => Some(encoding_rs::WINDOWS_1258),
        161 => Some(encoding_rs::WINDOWS_1253),
        204 => Some(encoding_rs::WINDOWS_1251),
        238 => Some(encoding_rs::WINDOWS_1250),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examined(rtf: &[u8]) -> Result<(), Refusal> {
        look_into(rtf, &mut Look::default())
    }

    #[test]
    fn markings_are_found() {
        for marked in [
            &br"{\rtf1\ansi\ansicpg1258 {\fonttbl{\f0 Times New Roman;}}\f0\fs28 M\u7852?T\par S\u7889?: 05\par}"[..],
            br"{\rtf1\ansi\ansicpg1258 M\'c2\'f2T\par}",
            br"{\rtf1{\fonttbl{\f1\fcharset163 Arial;}}\f1 T\'d4\'ecI M\'c2\'f2T\par}",
            br"{\rtf1{\caps m\u7853?t}\par}",
            br"{\rtf1{\b M}{\i\u7852?}T\par}",
            br"{\rtf1{\fonttbl{\f3 .VnTimeH;}}{\f3 m\'cbt}\par}",
            br"{\rtf1{\fonttbl{\f3 VNI-Times;}}{\f3 MA\'c4T}\par}",
            br"{\rtf1 UBND{\header M\u7852?T\par}\par}",
            br"{\rtf1{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv TUY\u7878?T M\u7852?T}}}}x\par}",
            br"{\rtf1 x{\shp{\*\shpinst{\shptxt M\u7852?T\par}}}y\par}",
            br"{\rtf1{\info{\title x}{\keywords M\u7853?t}}y\par}",
            br"{\rtf1\uc0 M\u7852T\par}",
            br#"{\rt1 M\u7852?T\par}"#,
            br#"{\rtf1 x{\field{\*\fldinst QUOTE "M\u7852?T"}{\fldrslt x}}\par}"#,
            br"{\rtf1 UBND T\u7880?NH\par T\u7889?i m\u7853?t\par S\u7889?: 05\par}",
            br"{\rtf1 UBND\tab M\u7852?T\tab S\u7889?: 5\par}",
        ] {
            assert_eq!(examined(marked), Err(Refusal::Marked), "{}", String::from_utf8_lossy(marked));
        }
        for free in [
            &br"{\rtf1\ansi\ansicpg1252 B\u225?o c\u225?o}"[..],
            br"{\rtf1 B\u7842?O M\u7852?T\par}",
            br"{\rtf1{\info{\title B\u7843?o m\u7853?t}}}",
        ] {
            assert_eq!(examined(free), Ok(()), "{}", String::from_utf8_lossy(free));
        }
    }

    #[test]
    fn what_acts_is_refused() {
        for (rtf, active) in [
            (
                &br"{\rtf1{\object\objocx{\*\objdata 0105000002000000}}}"[..],
                Active::Object,
            ),
            (
                br"{\rtf1{\object\objemb\objupdate{\*\objdata 01}}}",
                Active::Object,
            ),
            (
                br"{\rtf1{\*\template http://10.0.0.1/a.dotm}}",
                Active::Remote,
            ),
            (
                br"{\rtf1{\field{\*\fldinst{ DDE}{AUTO cmd}}{\fldrslt x}}}",
                Active::Dde,
            ),
            (
                br"{\rtf1{\field{\*\fldinst {\field{\*\fldinst QUOTE 68 68 69}{\fldrslt x}} cmd}{\fldrslt x}}}",
                Active::Dde,
            ),
            (
                br#"{\rtf1{\field{\*\fldinst INCLUDEPICTURE "http://x/a.png"}{\fldrslt x}}}"#,
                Active::Remote,
            ),
        ] {
            assert_eq!(
                examined(rtf),
                Err(Refusal::Active(active)),
                "{}",
                String::from_utf8_lossy(rtf)
            );
        }
        for free in [
            &br#"{\rtf1{\field{\*\fldinst HYPERLINK "http://x/"}{\fldrslt DDEAUTO}}}"#[..],
            br"{\rtf1{\*\template C:\\Mau\\a.dotx}}",
            br"{\rtf1{\pict\bin4 {{{{}x}",
        ] {
            assert_eq!(examined(free), Ok(()), "{}", String::from_utf8_lossy(free));
        }
        assert_eq!(examined(&b"{".repeat(5_000)), Err(Refusal::Bomb));
    }
}
