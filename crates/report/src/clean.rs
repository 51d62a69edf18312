//! A paper with nothing in it that cannot be drawn.

use domain::{paper::Paper, parse::printable::prints, text::shown};
use serde_json::Value;

/// The paper with every character as it prints: tabs as blanks, no control characters (XML
/// has none), and what no font knows as its code, so that nothing is missing unseen.
pub fn clean(paper: &Paper) -> anyhow::Result<Paper> {
    let mut value = serde_json::to_value(paper)?;
    each(&mut value);
    let mut paper: Paper = serde_json::from_value(value)?;
    for name in [&mut paper.head.parent, &mut paper.head.body] {
        *name = tied(name);
    }
    Ok(paper)
}

/// A body's name that breaks before its territory and not within: `ỦY BAN NHÂN DÂN` above
/// `TỈNH VĨNH LONG`.
fn tied(name: &str) -> String {
    let territories = [
        " TỈNH ",
        " THÀNH PHỐ ",
        " HUYỆN ",
        " XÃ ",
        " PHƯỜNG ",
        " ĐẶC KHU ",
    ];
    let at = territories.iter().filter_map(|word| name.find(word)).min();
    at.map_or_else(
        || name.to_owned(),
        |at| format!("{} {}", &name[..at], name[at + 1..].replace(' ', "\u{a0}")),
    )
}

fn each(value: &mut Value) {
    match value {
        Value::String(text) => *text = line(text),
        Value::Array(items) => items.iter_mut().for_each(each),
        Value::Object(fields) => fields.values_mut().for_each(each),
        _ => {}
    }
}

fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().map(shown) {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c if prints(c) => out.push(c),
            c => out.push_str(&format!("[U+{:04X}]", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_breaks_before_its_territory() {
        assert_eq!(
            super::tied("ỦY BAN NHÂN DÂN TỈNH VĨNH LONG"),
            "ỦY BAN NHÂN DÂN TỈNH\u{a0}VĨNH\u{a0}LONG"
        );
        assert_eq!(super::tied("SỞ TÀI CHÍNH"), "SỞ TÀI CHÍNH");
    }
}
