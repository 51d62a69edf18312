//! Numbers as people write them: `1.000` may be a thousand or one, and is never guessed at.

use crate::label::Label;

/// A number as it was written, digit by digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Written {
    /// The whole number, if it is one and fits.
    pub fn integer(&self) -> Option<i64> {
        if self.fraction.bytes().any(|b| b != b'0') {
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}", self.whole).parse().ok()
    }

    /// The number with its fraction.
    pub fn decimal(&self) -> Option<f64> {
        let sign = if self.negative { "-" } else { "" };
        let text = format!("{sign}{}.{}0", self.whole, self.fraction);
        text.parse().ok().filter(|d: &f64| d.is_finite())
    }
}

/// A decimal number in the one form that [`read`] reads as nothing else: with exactly three
/// digits behind the point it could be a thousand, so it gets a fourth.
pub fn unmistakable(number: f64) -> String {
    let mut text = number.to_string();
    if text.split_once('.').is_some_and(|(_, f)| f.len() == 3) {
        text.push('0');
    }
    text
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}' | '\'' | '’')
}

/// Reads a number with `.` or `,` as its decimal sign and `.`, `,` or a blank between groups
/// of three, where only one reading is possible.
///
/// # Errors
/// What cannot be read, or can be read in two ways, and what to write instead.
pub fn read(text: &str) -> Result<Written, Label> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.contains(['%', '‰']) {
        return Err(Label::new(
            "Ghi số, không ghi phần trăm, ví dụ 12,5",
            "Write the number without a percent sign, e.g. 12.5",
        ));
    }
    if is_exponent(digits) {
        return Err(Label::new(
            "Ghi đủ các chữ số, không ghi dạng lũy thừa (1e3 là 1000)",
            "Write all digits, not an exponent (1e3 is 1000)",
        ));
    }
    if let Some(at) =
        digits.find(|c: char| !(c.is_ascii_digit() || ".,".contains(c) || is_blank(c)))
        && digits.starts_with(|c: char| c.is_ascii_digit())
    {
        let (number, unit) = (digits[..at].trim(), digits[at..].trim());
        return Err(Label::new(
            format!("Chỉ ghi số ({number}), không ghi đơn vị “{unit}”; đơn vị đã có ở tên cột"),
            format!("Write the number alone ({number}) without “{unit}”; the column has its unit"),
        ));
    }
    let (whole, fraction) = split(digits)?;
    Ok(Written {
        negative,
        whole,
        fraction,
    })
}

fn is_exponent(digits: &str) -> bool {
    digits.split_once(['e', 'E']).is_some_and(|(base, power)| {
        base.starts_with(|c: char| c.is_ascii_digit())
            && power.ends_with(|c: char| c.is_ascii_digit())
            && power
                .chars()
                .all(|c| c.is_ascii_digit() || "+-".contains(c))
    })
}

/// The digits before and after the decimal sign.
fn split(digits: &str) -> Result<(String, String), Label> {
    let no_number = || Label::new("Phải là số, ví dụ 100", "Must be a number such as 100");
    let count = |sign: char| digits.matches(sign).count();
    let decimal_sign = match (count('.'), count(',')) {
        (0, 0) => None,
        // Of two signs the last one is the decimal sign, and stands once.
        (dots, commas) if dots > 0 && commas > 0 => {
            let last = digits.rfind(['.', ',']).map(|at| &digits[at..=at]);
            let last = last.and_then(|s| s.chars().next()).unwrap_or('.');
            (count(last) == 1).then_some(last)
        }
        (1, 0) | (0, 1) => {
            let sign = if count('.') == 1 { '.' } else { ',' };
            let (whole, fraction) = digits.split_once(sign).unwrap_or((digits, ""));
            let grouped = digits.chars().any(is_blank);
            let could_be_thousands = fraction.len() == 3
                && (1..=3).contains(&whole.len())
                && !whole.starts_with('0')
                && !grouped;
            if could_be_thousands {
                return Err(Label::new(
                    format!(
                        "“{digits}” đọc được hai cách: ghi {whole}{fraction} nếu là hàng nghìn, {whole},{fraction}0 nếu là số lẻ"
                    ),
                    format!(
                        "“{digits}” can be read in two ways: write {whole}{fraction} for thousands, {whole}.{fraction}0 for a fraction"
                    ),
                ));
            }
            Some(sign)
        }
        // One sign several times stands between groups.
        _ => None,
    };
    let (whole, fraction) = match decimal_sign {
        Some(sign) => digits.rsplit_once(sign).unwrap_or((digits, "")),
        None => (digits, ""),
    };
    let grouping = |c: char| is_blank(c) || ".,".contains(c);
    let groups: Vec<&str> = whole.split(grouping).collect();
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let signs: std::collections::BTreeSet<char> = whole.chars().filter(|c| grouping(*c)).collect();
    let well_grouped = groups.len() == 1
        || (signs.len() == 1
            && (1..=3).contains(&groups[0].len())
            && groups[1..].iter().all(|g| g.len() == 3));
    let given = decimal_sign.is_none() || !fraction.is_empty();
    let some = !whole.is_empty() || !fraction.is_empty();
    if !(well_grouped
        && given
        && some
        && groups.iter().all(|g| all_digits(g))
        && all_digits(fraction))
    {
        return Err(no_number());
    }
    let whole = groups.concat();
    let whole = if whole.is_empty() { "0".into() } else { whole };
    Ok((whole, fraction.to_owned()))
}

/// Reads degrees: `.` or `,` is always the decimal sign.
pub fn degrees(text: &str) -> Option<f64> {
    let plain = text.trim().replace('−', "-").replace(',', ".");
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    (all_digits(whole) && all_digits(fraction))
        .then(|| plain.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn integer(text: &str) -> Option<i64> {
        read(text).ok()?.integer()
    }

    fn decimal(text: &str) -> Option<f64> {
        read(text).ok()?.decimal()
    }

    #[test]
    fn a_fraction_never_becomes_a_whole_number() {
        for text in [
            "2.5", "2,5", "0.512", "0,512", "10.25", "1234,567", "1.000,5", ".5",
        ] {
            assert_eq!(integer(text), None, "{text}");
            assert!(decimal(text).is_some(), "{text}");
        }
        assert_eq!(decimal("2,5"), Some(2.5));
        assert_eq!(decimal("0.512"), Some(0.512));
        assert_eq!(decimal("1.000,5"), Some(1000.5));
        assert_eq!(decimal("1,000.5"), Some(1000.5));
        assert_eq!(decimal("1 000,125"), Some(1000.125));
        assert_eq!(decimal("-1,5"), Some(-1.5));
        assert_eq!(integer("100.0"), Some(100));
        assert_eq!(integer("100,00"), Some(100));
    }

    #[test]
    fn thousands_are_read_where_nothing_else_can_be_meant() {
        assert_eq!(integer("1.000.000"), Some(1_000_000));
        assert_eq!(integer("1,000,000"), Some(1_000_000));
        assert_eq!(integer("1 000"), Some(1000));
        assert_eq!(integer("1\u{a0}000"), Some(1000));
        assert_eq!(integer("12'000"), Some(12000));
        for text in ["1.000", "1,000", "1.544", "999,999"] {
            let why = read(text).unwrap_err();
            assert!(why.en.contains("two ways"), "{text}: {}", why.en);
        }
    }

    #[test]
    fn what_is_no_plain_number_is_refused_with_what_to_write() {
        for (text, word) in [
            ("100 Mbps", "without “Mbps”"),
            ("1,5Gb/s", "(1,5)"),
            ("50%", "percent"),
            ("1e3", "exponent"),
            ("1.5E+10", "exponent"),
            ("1.00.000", "number such as"),
            ("1,00,000", "number such as"),
            ("1.000,000.5", "number such as"),
            ("5,", "number such as"),
            ("", "number such as"),
            (".", "number such as"),
            ("mười", "number such as"),
            ("(5)", "number such as"),
            ("--5", "number such as"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.en.contains(word), "{text}: {}", why.en);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_out_is_read_as_the_same(number in any::<f64>()) {
            prop_assume!(number.is_finite() && number.abs() < 1e15);
            prop_assert_eq!(decimal(&unmistakable(number)), Some(number));
        }

        #[test]
        fn whole_numbers_are_read_as_the_same(number in any::<i64>()) {
            prop_assert_eq!(integer(&number.to_string()), Some(number));
        }

        #[test]
        fn anything_is_read_or_refused(text in "\\PC{0,24}") {
            let _ = read(&text);
            let _ = degrees(&text);
        }
    }
}
