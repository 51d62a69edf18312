//! Fields of Word: codes within codes, what they show and what they do.

use std::collections::HashMap;

use super::{Active, acts::active_field};

/// Fields within fields; more are taken for fields side by side.
const DEEPEST: usize = 64;
/// The longest code that is read, bytes.
const LONGEST: usize = 8_192;

/// A field that is open.
#[derive(Debug, Default)]
struct Field {
    code: String,
    /// Whether its result follows: that is no code.
    shown: bool,
}

/// Reads fields as they come: a code may be put together by other fields in it.
#[derive(Debug, Default)]
pub struct Fields {
    open: Vec<Field>,
    bookmarks: HashMap<String, String>,
    /// What fields show that is written in their codes, one a line.
    pub lines: String,
    /// What they do.
    pub active: Option<Active>,
}

impl Fields {
    /// A field begins.
    pub fn begin(&mut self) {
        if self.open.len() >= DEEPEST {
            let first = self.open.remove(0);
            self.evaluate(&first.code);
        }
        self.open.push(Field::default());
    }

    /// A part of a code; without a field that is open it begins one.
    pub fn code(&mut self, text: &str) {
        if self.open.is_empty() {
            self.begin();
        }
        if let Some(field) = self.open.last_mut()
            && !field.shown
            && field.code.len() < LONGEST
        {
            let text = if field.code.is_empty() {
                text.trim_start()
            } else {
                text
            };
            field.code.push_str(text);
        }
    }

    /// Whether a field is open whose code goes on.
    pub fn is_in_code(&self) -> bool {
        self.open.last().is_some_and(|field| !field.shown)
    }

    /// The code is over, the result follows.
    pub fn separate(&mut self) {
        if let Some(field) = self.open.last_mut() {
            field.shown = true;
        }
    }

    /// The field ends; what it comes to is a part of the code that it stands in.
    pub fn end(&mut self) {
        let Some(field) = self.open.pop() else {
            return;
        };
        let value = self.evaluate(&field.code);
        if self.is_in_code() {
            self.code(&value);
        }
    }

    /// All fields end.
    pub fn finish(&mut self) {
        while !self.open.is_empty() {
            self.end();
        }
    }

    fn evaluate(&mut self, code: &str) -> String {
        self.active = self.active.or_else(|| active_field(code));
        let code = code.trim();
        let (name, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
        let value = match name.to_uppercase().as_str() {
            "QUOTE" => quoted(rest),
            // What it shows in either case.
            "IF" => rest.split(['"', '“', '”']).skip(1).step_by(2).collect(),
            "SET" => {
                let rest = rest.trim_start();
                let (name, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let value = quoted(rest);
                self.show(&value);
                self.bookmarks.insert(name.to_lowercase(), value);
                return String::new();
            }
            "REF" => {
                let name = rest.split_whitespace().next().unwrap_or("").to_lowercase();
                self.bookmarks.get(&name).cloned().unwrap_or_default()
            }
            _ => {
                let known = self.bookmarks.get(&code.to_lowercase());
                return known.cloned().unwrap_or_default();
            }
        };
        self.show(&value);
        value
    }

    fn show(&mut self, value: &str) {
        if self.lines.len() < LONGEST * 8 && !value.trim().is_empty() {
            self.lines.push_str(value);
            self.lines.push('\n');
        }
    }
}

/// What `QUOTE` makes of its words: texts in quotes, numbers of letters, words as they are; up
/// to its first switch.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\\' {
            break;
        }
        if matches!(first, '"' | '“' | '”') {
            let inner = &rest[first.len_utf8()..];
            let end = inner.find(['"', '“', '”']).unwrap_or(inner.len());
            out.push_str(&inner[..end]);
            rest = inner[end..]
                .trim_start_matches(['"', '“', '”'])
                .trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        match word.parse().ok().and_then(char::from_u32) {
            Some(letter) => out.push(letter),
            None => {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(word);
            }
        }
        rest = rest[end..].trim_start();
    }
    out
}

/// The fields in a text of Word before 2007: they begin at 0x13, their result at 0x14, they
/// end at 0x15.
pub fn of_old_word(text: &str) -> Fields {
    let mut fields = Fields::default();
    let mut from = 0;
    for (at, sign) in text.match_indices(['\u{13}', '\u{14}', '\u{15}']) {
        if fields.is_in_code() {
            fields.code(&text[from..at]);
        }
        match sign {
            "\u{13}" => fields.begin(),
            "\u{14}" => fields.separate(),
            _ => fields.end(),
        }
        from = at + 1;
    }
    if fields.is_in_code() {
        fields.code(&text[from..]);
    }
    fields.finish();
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Fields {
        let marks = [("{", "\u{13}"), ("|", "\u{14}"), ("}", "\u{15}")];
        let text = marks
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        of_old_word(&text)
    }

    #[test]
    fn codes_are_put_together() {
        for acts in [
            "{DDEAUTO cmd}",
            "{ {QUOTE 68 68 69 65 85 84 79} cmd \"/k\" }",
            "{{QUOTE \"DD\"}{QUOTE 69} cmd}",
            "{SET c \"DDEAUTO\"}x{{REF c} cmd}",
            "{SET c {QUOTE 68 68 69}}{{c} cmd}",
            "{{IF 1=1 \"DDE\" \"\"} cmd}",
            "{HYPERLINK \"a\"|x{DDE cmd}y}",
            "{DDE cmd",
        ] {
            assert_eq!(of(acts).active, Some(Active::Dde), "{acts}");
        }
        for free in [
            "{HYPERLINK \"http://x/\"|DDE cmd}",
            "{INCLUDEPICTURE \"D:\\\\a.png\"|http://x/a}",
            "{TOC \\o|{PAGEREF _Toc1 \\h|5}}",
            "{QUOTE 68 68 69}",
        ] {
            assert_eq!(of(free).active, None, "{free}");
        }
        for (text, shown) in [
            ("{QUOTE \"MẬT\" \\* MERGEFORMAT}", "MẬT\n"),
            ("{QUOTE 77 7852 84}", "MẬT\n"),
            ("{QUOTE MẬT}", "MẬT\n"),
            ("{IF 1=1 \"MẬT\" \"\"}", "MẬT\n"),
            ("{HYPERLINK \"x\"|MẬT}", ""),
        ] {
            assert_eq!(of(text).lines, shown, "{text}");
        }
        let deep = of(&"{".repeat(10_000));
        assert_eq!(deep.active, None);
    }
}
