//! Periods as offices write them: `Quý III năm 2026`, `6 tháng đầu năm 2026`, `2026-Q3`.

use crate::{label::Label, schema::Volume, text::fold};

/// Reads a period to `2026`, `2026-H2`, `2026-Q3` or `2026-11`; `wanted` is the only length
/// that it may have, where there is one.
///
/// # Errors
/// What is expected, in both languages.
pub fn read(text: &str, wanted: Option<Volume>) -> Result<String, Label> {
    let refused = || match wanted {
        Some(length) => expected(length),
        None => Label::new(
            "Phải là một kỳ, ví dụ: năm 2026, 6 tháng đầu năm 2026, quý III năm 2026, tháng 11/2026",
            "Must be a period such as 2026, first half of 2026, Q3 2026 or 11/2026",
        ),
    };
    let (length, code) = parse(text).ok_or_else(refused)?;
    match wanted {
        Some(wanted) if wanted != length => Err(refused()),
        _ => Ok(code),
    }
}

fn expected(length: Volume) -> Label {
    match length {
        Volume::Month => Label::new(
            "Phải là một tháng, ví dụ tháng 11/2026 hoặc 2026-11",
            "Must be a month such as 11/2026 or 2026-11",
        ),
        Volume::Quarter => Label::new(
            "Phải là một quý, ví dụ quý III năm 2026 hoặc 2026-Q3",
            "Must be a quarter such as Q3 2026 or 2026-Q3",
        ),
        Volume::HalfYear => Label::new(
            "Phải là nửa năm, ví dụ 6 tháng đầu năm 2026 hoặc 2026-H1",
            "Must be a half-year such as first half of 2026 or 2026-H1",
        ),
        Volume::Year => Label::new("Phải là một năm, ví dụ 2026", "Must be a year such as 2026"),
    }
}

/// A word or a number of the text.
enum Piece {
    Word(String),
    Number(u16),
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let text = fold(text);
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let of = |same: fn(char) -> bool| rest.find(|c| !same(c)).unwrap_or(rest.len());
        let taken = if c.is_ascii_digit() {
            let end = of(|c| c.is_ascii_digit());
            pieces.push(Piece::Number(rest[..end].parse().ok()?));
            end
        } else if c.is_alphabetic() {
            let end = of(char::is_alphabetic);
            pieces.push(Piece::Word(rest[..end].to_owned()));
            end
        } else if " -–/.,()".contains(c) {
            c.len_utf8()
        } else {
            return None;
        };
        rest = &rest[taken..];
    }
    Some(pieces)
}

fn parse(text: &str) -> Option<(Volume, String)> {
    let pieces = pieces(text)?;
    let is_year = |n: u16| (1990..=2100).contains(&n);
    let mut years = pieces.iter().filter_map(|p| match p {
        Piece::Number(n) if is_year(*n) => Some(*n),
        _ => None,
    });
    let (year, None) = (years.next()?, years.next()) else {
        return None;
    };
    // What is left without the year and the words that only join.
    let rest: Vec<String> = pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Number(n) if n == year => None,
            Piece::Number(n) => Some(n.to_string()),
            Piece::Word(word) => {
                (!matches!(word.as_str(), "nam" | "ky" | "year" | "of" | "the")).then_some(word)
            }
        })
        .collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let quarter = |n: &str| {
        let n = match n {
            "i" => 1,
            "ii" => 2,
            "iii" => 3,
            "iv" => 4,
            n => n.parse().ok()?,
        };
        (1..=4)
            .contains(&n)
            .then(|| (Volume::Quarter, format!("{year}-Q{n}")))
    };
    let half = |n: u8| Some((Volume::HalfYear, format!("{year}-H{n}")));
    let month = |n: &str| {
        let n: u8 = n.parse().ok()?;
        (1..=12)
            .contains(&n)
            .then(|| (Volume::Month, format!("{year}-{n:02}")))
    };
    match rest.as_slice() {
        [] => Some((Volume::Year, year.to_string())),
        ["q" | "quy" | "quarter", n] => quarter(n),
        ["qi"] => quarter("i"),
        ["qii"] => quarter("ii"),
        ["qiii"] => quarter("iii"),
        ["qiv"] => quarter("iv"),
        ["6" | "sau", "thang", "dau"]
        | ["nua", "dau"]
        | ["first", "half"]
        | ["h" | "half", "1"] => half(1),
        ["6" | "sau", "thang", "cuoi"]
        | ["nua", "cuoi"]
        | ["second", "half"]
        | ["h" | "half", "2"] => half(2),
        ["t" | "thang" | "month" | "m", n] | [n] => month(n),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_offices_write_them() {
        for (typed, code) in [
            ("Quý III năm 2026", "2026-Q3"),
            ("Quý III/2026", "2026-Q3"),
            ("quý 3/2026", "2026-Q3"),
            ("QIII/2026", "2026-Q3"),
            ("Q3 2026", "2026-Q3"),
            ("2026-q3", "2026-Q3"),
            ("tháng 11/2026", "2026-11"),
            ("Tháng 3 năm 2026", "2026-03"),
            ("T11/2026", "2026-11"),
            ("11/2026", "2026-11"),
            ("2026-11", "2026-11"),
            ("6 tháng đầu năm 2026", "2026-H1"),
            ("Sáu tháng cuối năm 2026", "2026-H2"),
            ("2026-H2", "2026-H2"),
            ("năm 2026", "2026"),
            (" 2026 ", "2026"),
        ] {
            assert_eq!(read(typed, None).as_deref(), Ok(code), "{typed}");
        }
        for typed in [
            "2026-Q9",
            "Quý V/2026",
            "13/2026",
            "21/11/2026",
            "2026-2027",
            "quý III",
            "99.9",
            "9 tháng đầu năm 2026",
            "năm sau",
            "",
        ] {
            assert!(read(typed, None).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_period_of_another_length_is_refused() {
        let quarter = Some(Volume::Quarter);
        assert_eq!(read("quý I năm 2026", quarter).as_deref(), Ok("2026-Q1"));
        let said = read("2026", quarter).unwrap_err();
        assert!(said.vi.contains("quý III năm 2026"), "{said:?}");
    }
}
