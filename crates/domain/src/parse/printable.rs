//! Characters that printed papers show. Others are refused where they are typed, because a
//! paper in which one is missing cannot be signed.

use std::sync::LazyLock;

use crate::label::Label;

/// First and last of each run of characters, ascending: what the fonts inside `gieng-report`
/// know, but for private use. A test of that program holds it equal to them.
#[expect(clippy::expect_used, reason = "a file of ours that tests read")]
static RUNS: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let hex = |text: &str| u32::from_str_radix(text, 16).expect("a code in printable.txt");
    include_str!("printable.txt")
        .split_whitespace()
        .map(|run| match run.split_once('-') {
            Some((first, last)) => (hex(first), hex(last)),
            None => (hex(run), hex(run)),
        })
        .collect()
});

/// Whether a paper shows a character.
pub fn prints(c: char) -> bool {
    let code = u32::from(c);
    let after = RUNS.partition_point(|(first, _)| *first <= code);
    after > 0 && code <= RUNS[after - 1].1
}

/// What is wrong with a text that a paper cannot show: the first such character, with its
/// code and its place. Line ends and tabs are fine.
pub fn refused(text: &str) -> Option<Label> {
    text.lines().enumerate().find_map(|(i, line)| {
        let (j, c) = line
            .chars()
            .enumerate()
            .find(|(_, c)| *c != '\t' && !prints(*c))?;
        let (row, column, code) = (i + 1, j + 1, u32::from(c));
        let (vi, en) = match c {
            '\u{e000}'..='\u{f8ff}' => (
                "Ký hiệu riêng của một phông chữ".to_owned(),
                "The sign of one font alone".to_owned(),
            ),
            c if c.is_control() => ("Ký tự điều khiển".into(), "The control character".into()),
            c => (format!("Ký tự “{c}”"), format!("The character “{c}”")),
        };
        Some(Label::new(
            format!("{vi} (U+{code:04X}) ở dòng {row}, chữ thứ {column} không in được; hãy xóa hoặc thay bằng chữ khác"),
            format!("{en} (U+{code:04X}) in line {row}, place {column}, cannot be printed; remove or replace it"),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_offices_write_prints() {
        let text = "ẶặẼẽ đĐ ươ – “Đạt” ✓ ☑ • ▪ ➢ → ≥ ½ Ⅳ ① ខ្មែរ 🙂 \t\n m²";
        assert_eq!(refused(text), None);
    }

    #[test]
    fn what_no_font_knows_is_named_with_its_place() {
        let told = refused("một\nhai \u{4e2d}").expect("it is refused");
        assert!(
            told.vi.contains("“中” (U+4E2D) ở dòng 2, chữ thứ 5"),
            "{told:?}"
        );
        let told = refused("\u{e123}").expect("it is refused");
        assert!(
            told.vi
                .starts_with("Ký hiệu riêng của một phông chữ (U+E123)"),
            "{told:?}"
        );
        assert!(refused("a\u{b}b").is_some());
    }
}
