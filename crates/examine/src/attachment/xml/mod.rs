//! The words of an XML part of an office document, as they are shown, and what in it runs.

mod acts;
mod fields;

use std::collections::HashMap;

use quick_xml::{
    Reader, XmlVersion, escape,
    events::{BytesStart, Event},
};

use domain::legacy::Legacy;

use acts::active;
pub use fields::{Fields, of_old_word};

use super::{
    examine::Active,
    formula::{is_active_formula, joined},
};
use crate::marking::{of_font, of_private, redrawn};

/// An attribute: its local name, its value.
type Attribute = (String, String);

/// How letters are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Format {
    /// All in capitals, or in small ones.
    capitals: bool,
    /// In a font of a legacy code.
    font: Option<Legacy>,
}

/// Styles by name; those of one part hold for the others.
#[derive(Debug, Default)]
pub struct Styles {
    named: HashMap<String, Format>,
    /// What styles begin with that say nothing else.
    defaults: Format,
    /// That of paragraphs which name none.
    usual: Format,
}

/// The name under which the formatting of all is kept; no style can have it.
const DEFAULTS: &str = "\0";

/// What a part says.
#[derive(Debug, Default)]
pub struct Read {
    /// One paragraph, cell or text of a shape a line.
    pub lines: String,
    /// What it does by itself.
    pub active: Option<Active>,
    /// Whether it says itself what names stand for (a DTD with declarations): no office writes
    /// that, and one program may read it otherwise than another.
    pub declares: bool,
}

/// An element that is open.
struct Open {
    name: String,
    format: Format,
    /// Whether its text is a line of its own.
    line: bool,
}

/// What is known while reading.
struct State<'a> {
    styles: &'a mut Styles,
    open: Vec<Open>,
    /// The text of each line that is not at its end: a shape stands inside a paragraph.
    lines: Vec<String>,
    fields: Fields,
    /// The style that is being described, and whether paragraphs have it that name none.
    style: Option<(String, bool)>,
    out: Read,
}

/// Reads a part; none when it is not XML that can be read to its end.
pub fn read(text: &str, styles: &mut Styles) -> Option<Read> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut state = State {
        styles,
        open: Vec::new(),
        lines: vec![String::new()],
        fields: Fields::default(),
        style: None,
        out: Read::default(),
    };
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(Event::Text(text)) => state.text(&text),
            Ok(Event::CData(text)) => state.text(&text),
            Ok(Event::GeneralRef(name)) => match name.resolve_char_ref() {
                Ok(Some(c)) => state.text(c.encode_utf8(&mut [0; 4])),
                _ => state.text(escape::resolve_predefined_entity(&name).unwrap_or(" ")),
            },
            Ok(Event::Empty(tag)) => {
                state.start(&tag);
                state.end();
            }
            Ok(Event::Start(tag)) => state.start(&tag),
            Ok(Event::End(_)) => state.end(),
            Ok(Event::DocType(text)) => state.out.declares |= text.contains('['),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
    while !state.open.is_empty() {
        state.end();
    }
    let State {
        mut out,
        lines,
        mut fields,
        ..
    } = state;
    for line in lines {
        push_line(&mut out.lines, &line);
    }
    fields.finish();
    out.lines.push_str(&fields.lines);
    out.active = out.active.or(fields.active);
    Some(out)
}

fn push_line(lines: &mut String, line: &str) {
    if !line.trim().is_empty() {
        lines.push_str(line);
        lines.push('\n');
    }
}

/// Elements whose text is a line: paragraphs of Word, PowerPoint and OpenDocument; shared and
/// inline texts, values and comments of Excel; texts of Visio; properties.
fn is_line(name: &str) -> bool {
    matches!(
        name,
        "p" | "h"
            | "li"
            | "si"
            | "is"
            | "v"
            | "f"
            | "formula"
            | "formula1"
            | "formula2"
            | "text"
            | "Text"
            | "title"
            | "subject"
            | "keywords"
            | "keyword"
            | "description"
            | "category"
            | "contentStatus"
            | "creator"
            | "lastModifiedBy"
            | "lpwstr"
            | "lpstr"
            | "user-defined"
            | "desc"
            | "Manager"
            | "Company"
            | "oddHeader"
            | "evenHeader"
            | "firstHeader"
            | "oddFooter"
            | "evenFooter"
            | "firstFooter"
            | "pt"
            | "Cell"
            | "Data"
            | "instrText"
            | "oneCellAnchor"
            | "definedName"
            | "Title"
            | "Subject"
            | "Keywords"
            | "Description"
            | "Category"
    )
}

impl State<'_> {
    fn format(&self) -> Format {
        self.open
            .last()
            .map_or(self.styles.usual, |open| open.format)
    }

    fn inside(&self, name: &str) -> bool {
        self.open
            .iter()
            .rev()
            .take(12)
            .any(|open| open.name == name)
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last() else {
            return;
        };
        if matches!(open.name.as_str(), "instrText" | "delInstrText") {
            self.fields.code(text);
            return;
        }
        let mut shown = match open.format.font {
            Some(code) => redrawn(code, text),
            None => text.to_owned(),
        };
        if open.format.capitals {
            shown = shown.to_uppercase();
        }
        if let Some(line) = self.lines.last_mut() {
            line.push_str(&shown);
        }
    }

    fn start(&mut self, tag: &BytesStart) {
        let name = tag.local_name().as_ref().to_owned();
        let attributes = attributes(tag);
        let get = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        let mut format = self.format();
        match name.as_str() {
            // A shape's paragraph has nothing of the one that it stands in.
            "p" | "h" if !self.styles.named.is_empty() || self.inside("txbxContent") => {
                format = self.styles.usual;
            }
            "br" | "line-break" | "cr" | "lastRenderedPageBreak" => self.text("\n"),
            "tab" if !self.inside("tabs") => self.text("\t"),
            "s" if self.inside("p") || self.inside("h") => self.text(" "),
            "noBreakHyphen" => self.text("-"),
            "fldChar" => match get("fldCharType") {
                Some("separate") => self.fields.separate(),
                Some("end") => self.fields.end(),
                _ => self.fields.begin(),
            },
            "fldSimple" => {
                self.fields.begin();
                self.fields.code(get("instr").unwrap_or(""));
                self.fields.separate();
            }
            "sym" => self.symbol(get("font").unwrap_or(""), get("char").unwrap_or("")),
            // Text that is written backwards.
            "bdo" if get("val") == Some("rtl") => self.text("\u{202e}"),
            _ => {}
        }
        if let Some(named) = get("style-name").and_then(|style| self.styles.named.get(style)) {
            format.capitals |= named.capitals;
            format.font = named.font.or(format.font);
        }
        self.describe_style(&name, &attributes);
        self.describe_run(&name, &attributes);
        self.shown_attributes(&name, &attributes);
        if self.out.active.is_none() {
            self.out.active = active(&name, &attributes);
        }
        let line = is_line(&name);
        if line {
            self.lines.push(String::new());
        }
        self.open.push(Open { name, format, line });
    }

    /// A letter by its number (`w:sym`); in the fonts of pictures it is none.
    fn symbol(&mut self, font: &str, code: &str) {
        let pictures = ["wingdings", "webdings", "marlett", "zapf"];
        let font = font.to_lowercase();
        let letter = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        if let Some(letter) = letter
            && !pictures.iter().any(|name| font.contains(name))
        {
            let letter = of_private(letter).unwrap_or(letter);
            self.text(letter.encode_utf8(&mut [0; 4]));
        }
    }

    /// Styles of Word (`w:style` with `w:rPr`) and OpenDocument (`style:style`).
    fn describe_style(&mut self, name: &str, attributes: &[Attribute]) {
        let get = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        if name == "docDefaults" {
            self.styles
                .named
                .insert(DEFAULTS.to_owned(), Format::default());
            self.style = Some((DEFAULTS.to_owned(), true));
            return;
        }
        if name == "style" || name == "default-style" {
            let key = get("styleId")
                .or_else(|| get("name"))
                .unwrap_or("")
                .to_owned();
            let parent = get("parent-style-name").and_then(|p| self.styles.named.get(p));
            let inherited = parent.copied().unwrap_or(self.styles.defaults);
            self.styles.named.insert(key.clone(), inherited);
            let usual = get("default").is_some_and(on) && get("type") == Some("paragraph");
            self.style = Some((key, usual));
            return;
        }
        let Some((style, _)) = self.style.clone() else {
            return;
        };
        let mut format = self.styles.named.get(&style).copied().unwrap_or_default();
        if name == "basedOn" {
            format = get("val")
                .and_then(|p| self.styles.named.get(p))
                .copied()
                .unwrap_or(format);
        }
        shape(&mut format, name, attributes);
        self.styles.named.insert(style, format);
    }

    /// Formatting of a run (`w:rPr`, `a:rPr`) or of a paragraph by its style.
    fn describe_run(&mut self, name: &str, attributes: &[Attribute]) {
        let val = attributes
            .iter()
            .find(|(name, _)| name == "val")
            .map(|(_, v)| v.as_str());
        let properties_of_paragraph = self.inside("pPr");
        let target = match name {
            "pStyle" => "p",
            "rStyle" | "caps" | "smallCaps" | "rFonts" | "rFont" | "rPr" | "latin"
                if !properties_of_paragraph =>
            {
                "r"
            }
            "defRPr" | "endParaRPr" => return,
            _ => return,
        };
        let named = val
            .filter(|_| name.ends_with("Style"))
            .and_then(|style| self.styles.named.get(style))
            .copied();
        let is_target =
            |open: &&mut Open| open.name == target || (target == "r" && open.name == "fld");
        let Some(open) = self.open.iter_mut().rev().find(is_target) else {
            return;
        };
        if let Some(named) = named {
            open.format.capitals |= named.capitals;
            open.format.font = named.font.or(open.format.font);
        }
        shape(&mut open.format, name, attributes);
    }

    /// Attributes that are shown: WordArt, descriptions of pictures, names of sheets, prompts.
    fn shown_attributes(&mut self, element: &str, attributes: &[Attribute]) {
        for (name, value) in attributes {
            let shown = match name.as_str() {
                "string" | "descr" | "title" | "alt" | "prompt" | "promptTitle" | "error"
                | "errorTitle" | "string-value" | "statusText" | "helpText" | "defaultText" => true,
                "name" => matches!(
                    element,
                    "sheet" | "table" | "page" | "property" | "user-defined"
                ),
                "val" => matches!(
                    element,
                    "docVar" | "alias" | "tag" | "default" | "listEntry" | "lvlText"
                ),
                "num-prefix" | "num-suffix" => true,
                "displayText" | "value" => matches!(element, "listItem" | "option"),
                "formatCode" => true,
                _ => false,
            };
            if shown && !value.is_empty() {
                push_line(&mut self.out.lines, &value.replace('"', "\n"));
            }
        }
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        match open.name.as_str() {
            "fldSimple" => self.fields.end(),
            "bdo" => self.text("\u{202c}"),
            "docDefaults" => {
                let defaults = self.styles.named.get(DEFAULTS).copied();
                self.styles.defaults = defaults.unwrap_or_default();
            }
            _ => {}
        }
        if matches!(
            open.name.as_str(),
            "style" | "default-style" | "docDefaults"
        ) && let Some((style, true)) = self.style.take()
        {
            self.styles.usual = self.styles.named.get(&style).copied().unwrap_or_default();
        }
        if !open.line {
            return;
        }
        let Some(line) = self.lines.pop() else {
            return;
        };
        match open.name.as_str() {
            "f" | "formula" | "formula1" | "formula2" | "definedName" => {
                if is_active_formula(&line) {
                    self.out.active.get_or_insert(Active::Dde);
                }
                if open.name == "definedName" {
                    push_line(&mut self.out.lines, &line);
                } else if let Some(text) = joined(&line) {
                    push_line(&mut self.out.lines, &text);
                }
            }
            "oddHeader" | "evenHeader" | "firstHeader" | "oddFooter" | "evenFooter"
            | "firstFooter" => {
                push_line(&mut self.out.lines, &page_heading(&line));
            }
            _ => push_line(&mut self.out.lines, &line),
        }
    }
}

/// What an element says of how letters are shown.
fn shape(format: &mut Format, name: &str, attributes: &[Attribute]) {
    let val = attributes
        .iter()
        .find(|(name, _)| name == "val")
        .map(|(_, v)| v.as_str());
    if matches!(name, "caps" | "smallCaps") {
        format.capitals |= val.is_none_or(on);
    }
    for (attribute, value) in attributes {
        match (name, attribute.as_str()) {
            ("rPr", "cap") => format.capitals |= value != "none",
            ("text-properties", "text-transform") => format.capitals |= value == "uppercase",
            ("text-properties", "font-variant") => format.capitals |= value == "small-caps",
            ("rFonts", "ascii" | "hAnsi")
            | ("rFont", "val")
            | ("latin", "typeface")
            | ("text-properties", "font-name" | "font-family") => {
                if let Some((code, capitals)) = of_font(value) {
                    format.font = Some(code);
                    format.capitals |= capitals;
                }
            }
            _ => {}
        }
    }
}

fn on(value: &str) -> bool {
    !matches!(value, "0" | "false" | "off" | "none")
}

/// The attributes by local name. References in them are resolved; what cannot be is left.
fn attributes(tag: &BytesStart) -> Vec<Attribute> {
    tag.attributes()
        .with_checks(false)
        .flatten()
        .map(|attribute| {
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_or_else(
                    |_| attribute.value.to_string(),
                    std::borrow::Cow::into_owned,
                );
            (attribute.key.local_name().as_ref().to_owned(), value)
        })
        .collect()
}

/// A heading of Excel without its codes: `&L&"Arial,Bold"&14MẬT` is `MẬT`.
fn page_heading(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('L' | 'C' | 'R') => out.push('\n'),
            Some('"') => while chars.next().is_some_and(|c| c != '"') {},
            Some('&') => out.push('&'),
            Some('K') => {
                for _ in 0..6 {
                    chars.next_if(char::is_ascii_hexdigit);
                }
            }
            Some(c) if c.is_ascii_digit() => while chars.next_if(char::is_ascii_digit).is_some() {},
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(xml: &str) -> String {
        read(xml, &mut Styles::default()).unwrap().lines
    }

    #[test]
    fn words_come_as_they_are_shown() {
        for (xml, shown) in [
            (
                "<w:d xmlns:w='w'><w:p><w:r><w:t>M</w:t></w:r><w:r><w:t>&#x1EAC;T</w:t></w:r></w:p><w:p><w:t>A &amp; B</w:t><w:tab/><w:t>c</w:t></w:p></w:d>",
                "MẬT\nA & B\tc\n",
            ),
            ("<text:p>TỐI<text:s/>MẬT</text:p>", "TỐI MẬT\n"),
            // A text box stands inside a paragraph.
            (
                "<w:p><w:r><w:t>UBND</w:t></w:r><w:r><w:pict><v:textbox><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></v:textbox></w:pict></w:r><w:r><w:t> TỈNH</w:t></w:r></w:p>",
                "MẬT\nUBND TỈNH\n",
            ),
            (
                "<v:shape><v:textpath style='x' string='TUYỆT MẬT'/></v:shape>",
                "TUYỆT MẬT\n",
            ),
            ("<wp:docPr id='1' descr='M&#x1EAC;T'/>", "MẬT\n"),
            (
                "<w:p><w:r><w:rPr><w:caps/></w:rPr><w:t>mật</w:t></w:r><w:r><w:t>ong</w:t></w:r></w:p>",
                "MẬTong\n",
            ),
            (
                "<w:p><w:r><w:rPr><w:smallCaps w:val='1'/></w:rPr><w:t>tối mật</w:t></w:r></w:p>",
                "TỐI MẬT\n",
            ),
            (
                "<w:p><w:pPr><w:rPr><w:caps/></w:rPr></w:pPr><w:r><w:rPr><w:caps w:val='0'/></w:rPr><w:t>mật</w:t></w:r></w:p>",
                "mật\n",
            ),
            (
                "<a:p><a:r><a:rPr cap='all'/><a:t>mật</a:t></a:r></a:p>",
                "MẬT\n",
            ),
            (
                "<w:p><w:r><w:rPr><w:rFonts w:ascii='.VnTimeH'/></w:rPr><w:t>mËt</w:t></w:r></w:p>",
                "MẬT\n",
            ),
            (
                "<w:p><w:r><w:rPr><w:rFonts w:ascii='VNI-Times'/></w:rPr><w:t>TOÁI MAÄT</w:t></w:r></w:p>",
                "TỐI MẬT\n",
            ),
            (
                "<w:s><w:style w:styleId='D'><w:rPr><w:caps/></w:rPr></w:style><w:style w:styleId='E'><w:basedOn w:val='D'/></w:style><w:p><w:pPr><w:pStyle w:val='E'/></w:pPr><w:r><w:t>mật</w:t></w:r></w:p></w:s>",
                "MẬT\n",
            ),
            (
                "<o:d><style:style style:name='P1' style:family='paragraph'><style:text-properties fo:text-transform='uppercase'/></style:style><text:p text:style-name='P1'>mật</text:p></o:d>",
                "MẬT\n",
            ),
            (
                "<oddHeader>&amp;L&amp;\"Arial,Bold\"&amp;14UBND&amp;RMẬT</oddHeader>",
                "\nUBND\nMẬT\n",
            ),
            ("<sheets><sheet name='TỐI MẬT'/></sheets>", "TỐI MẬT\n"),
            (
                "<w:p><w:r><w:t>M</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:softHyphen/><w:t>ẬT</w:t></w:r></w:p>",
                "MẬT\n",
            ),
            ("<numFmt formatCode='\"MẬT\"General'/>", "\nMẬT\nGeneral\n"),
            ("<w:lvl><w:lvlText w:val='MẬT'/></w:lvl>", "MẬT\n"),
            (
                "<w:s><w:docDefaults><w:rPrDefault><w:rPr><w:caps/></w:rPr></w:rPrDefault></w:docDefaults><w:style w:type='paragraph' w:default='1' w:styleId='N'/><w:p><w:r><w:t>mật</w:t></w:r></w:p></w:s>",
                "MẬT\n",
            ),
            (
                "<w:p><w:r><w:sym w:font='Times New Roman' w:char='F04D'/><w:sym w:font='Arial' w:char='1EAC'/><w:t>T</w:t><w:sym w:font='Wingdings' w:char='F0FE'/></w:r></w:p>",
                "MẬT\n",
            ),
            (
                "<w:p><w:bdo w:val='rtl'><w:r><w:t>TẬM</w:t></w:r></w:bdo></w:p>",
                "\u{202e}TẬM\u{202c}\n",
            ),
            (
                "<w:p><w:fldSimple w:instr='QUOTE \"MẬT\"'><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>",
                "x\nMẬT\n",
            ),
            ("<c><f>\"M\"&amp;\"ẬT\"</f></c>", "MẬT\n"),
        ] {
            assert_eq!(lines(xml), shown, "{xml}");
        }
        assert!(read("<a><b", &mut Styles::default()).is_none());
    }
}
