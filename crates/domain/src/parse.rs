//! From what people type to values: parsed once, at the edge.

pub mod cite;
pub mod day;
pub mod number;
pub mod period;
pub mod printable;

use jiff::{Timestamp, civil::Date};

use crate::{
    clock,
    label::Label,
    net::{self, Prefix},
    problem::FieldProblem,
    record::{Value, Values},
    schema::{Field, Kind, Schema},
    text::{self, is_direction, is_vietnamese},
};

/// How a target is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeMethod {
    /// ICMP echo (TCP connect where ICMP is not permitted).
    Icmp,
    /// A TCP service: refused means down.
    Tcp(u16),
}

impl std::str::FromStr for ProbeMethod {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        match s.trim().to_ascii_lowercase().as_str() {
            "icmp" => Ok(Self::Icmp),
            other => other
                .strip_prefix("tcp:")
                .and_then(|p| p.parse().ok())
                .filter(|p| *p != 0)
                .map(Self::Tcp)
                .ok_or(()),
        }
    }
}

/// Reads a date as [`day::read`] does, without saying why not.
pub fn date(text: &str) -> Option<Date> {
    day::read(text).ok()
}

/// Reads a moment: RFC 3339, or a local date with an optional `HH:MM[:SS]`; unix milliseconds.
pub fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let day = date(day)?;
    let mut parts = time.trim().split(':').map(|p| p.parse::<i8>().ok());
    let (hour, minute, second) = (
        parts.next()??,
        parts.next()??,
        parts.next().unwrap_or(Some(0))?,
    );
    let local = jiff::civil::Time::new(hour, minute, second, 0).ok()?.on(
        day.year(),
        day.month(),
        day.day(),
    );
    let zoned = local.to_zoned(clock::local_zone()).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// Reads the text of one field. References come out as typed; the caller resolves
/// codes to ids. Blank text is null.
///
/// # Errors
/// What is wrong with it and what is expected, in both languages.
pub fn field(field: &Field, text: &str) -> Result<Value, FieldProblem> {
    let typed = match field.kind {
        // What is pasted brings these along, and in many lines nobody finds them.
        Kind::LongText => text::nfc(&text.replace(is_unseen, "")),
        _ => text::nfc(text),
    };
    let text = typed.as_str();
    let bad = |vi: &str, en: &str| Err(FieldProblem::new(&field.name, vi, en));
    let wrong = |message: Label| FieldProblem {
        field: field.name.clone(),
        message,
    };
    if let Some(found) = text.chars().find(|c| is_foreign(field.kind, *c)) {
        return Err(FieldProblem {
            field: field.name.clone(),
            message: foreign(found),
        });
    }
    if text.is_empty() {
        return if field.required {
            bad("Bắt buộc phải có", "Required")
        } else {
            Ok(Value::Null)
        };
    }
    let limit = if field.kind == Kind::LongText {
        20_000
    } else {
        300
    };
    if text.chars().count() > limit {
        return Err(FieldProblem::new(
            &field.name,
            format!("Dài quá {limit} ký tự"),
            format!("Longer than {limit} characters"),
        ));
    }
    match field.kind {
        Kind::Text | Kind::LongText => match printable::refused(text) {
            Some(message) => Err(wrong(message)),
            None => Ok(text.into()),
        },
        Kind::Reference | Kind::File => Ok(text.into()),
        Kind::Code => {
            let letter = |c: char| c.is_ascii_alphanumeric() || is_vietnamese(c);
            if text.chars().count() > 64 || !text.chars().all(|c| letter(c) || "-_./".contains(c)) {
                return bad(
                    "Mã chỉ gồm chữ cái tiếng Việt, số, - _ . / và dài tối đa 64 ký tự",
                    "A code has letters of the Vietnamese alphabet, digits, - _ . / and at most 64 characters",
                );
            }
            Ok(text.into())
        }
        Kind::Integer => {
            let written = number::read(text).map_err(wrong)?;
            written.integer().map_or_else(
                || {
                    bad(
                        "Phải là số nguyên, ví dụ 100",
                        "Must be a whole number such as 100",
                    )
                },
                |i| amount(field, Value::Integer(i)),
            )
        }
        Kind::Decimal => {
            let written = number::read(text).map_err(wrong)?;
            written.decimal().map_or_else(
                || bad("Phải là số, ví dụ 12,5", "Must be a number such as 12.5"),
                |d| amount(field, Value::Decimal(d)),
            )
        }
        Kind::Latitude | Kind::Longitude => degrees(field, number::degrees(text)),
        Kind::Boolean => match crate::text::fold(text).as_str() {
            "true" | "yes" | "y" | "1" | "co" | "x" | "on" | "dung" | "✓" | "✔" | "☑" => {
                Ok(Value::Boolean(true))
            }
            "false" | "no" | "n" | "0" | "khong" | "off" | "sai" | "✗" | "✘" | "☐" => {
                Ok(Value::Boolean(false))
            }
            _ => bad("Ghi `có` hoặc `không`", "Write `yes` or `no`"),
        },
        Kind::Date if text == "today" => Ok(text.into()),
        Kind::Date => day::read(text).map(|d| d.to_string().into()).map_err(wrong),
        Kind::Instant => instant(text).map_or_else(
            || {
                bad(
                    "Phải là thời điểm, ví dụ 21/11/2026 08:30",
                    "Must be a moment such as 21/11/2026 08:30",
                )
            },
            |ms| Ok(Value::Integer(ms)),
        ),
        Kind::Choice => choice(field, text),
        Kind::Period => period::read(text, field.length)
            .map(Into::into)
            .map_err(wrong),
        Kind::Clause => Ok(cite::read(text).into()),
        Kind::Clauses => {
            let items: Vec<&str> = text.split([',', ';', '\n']).map(str::trim).collect();
            let bare = |item: &str| !item.is_empty() && item.chars().all(|c| c.is_ascii_digit());
            if items
                .windows(2)
                .any(|pair| cite::names_a_part(pair[0]) && bare(pair[1]))
            {
                return bad(
                    "Ghi đủ từng điều khoản, ví dụ: khoản 1 Điều 12, khoản 2 Điều 12",
                    "Write each clause out, such as: clause 1 article 12, clause 2 article 12",
                );
            }
            let cites: Vec<String> = text
                .split([',', ';', '\n'])
                .map(cite::read)
                .filter(|cite| !cite.is_empty())
                .collect();
            Ok(cites.join(", ").into())
        }
        Kind::Ip => match net::parse_address(text) {
            Ok(ip) => Ok(ip.to_string().into()),
            Err(_) => bad(
                "Phải là địa chỉ IP, ví dụ 10.1.2.3",
                "Must be an IP address such as 10.1.2.3",
            ),
        },
        Kind::Prefix => match text.parse::<Prefix>() {
            Ok(prefix) => Ok(prefix.to_string().into()),
            Err(error) => Err(FieldProblem::new(
                &field.name,
                format!("Phải là dải địa chỉ, ví dụ 10.1.0.0/16 ({error})"),
                format!("Must be a prefix such as 10.1.0.0/16 ({error})"),
            )),
        },
        Kind::Email => match text.split_once('@') {
            Some((name, host))
                if !name.is_empty()
                    && !host.is_empty()
                    && !host.contains('@')
                    && !text.contains(char::is_whitespace) =>
            {
                Ok(text.into())
            }
            _ => bad(
                "Phải là thư điện tử, ví dụ a@vinhlong.gov.vn",
                "Must be an e-mail address",
            ),
        },
        Kind::Phone => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let plain = text
                .chars()
                .all(|c| c.is_ascii_digit() || " +-.()".contains(c));
            if plain && (3..=15).contains(&digits) {
                Ok(text.into())
            } else {
                bad("Phải là số điện thoại", "Must be a telephone number")
            }
        }
        Kind::Probe => match text.parse::<ProbeMethod>() {
            Ok(_) => Ok(text.to_ascii_lowercase().into()),
            Err(()) => bad("Ghi `icmp` hoặc `tcp:CỔNG`", "Write `icmp` or `tcp:PORT`"),
        },
        Kind::TimeZone => clock::zone(text).map_or_else(
            || {
                bad(
                    "Ghi tên múi giờ (IANA) như Asia/Ho_Chi_Minh, hoặc độ lệch như +07:00",
                    "Write a time zone's name (IANA) such as Asia/Ho_Chi_Minh, or an offset such as +07:00",
                )
            },
            |(name, _)| Ok(name.into()),
        ),
    }
}

/// Reads a text of one line, trimmed and composed (NFC), that is no field of a record: a name
/// that somebody chooses, a setting.
///
/// # Errors
/// The character that has no place in it: one that is not seen, ends a line or turns its
/// direction.
pub fn line(name: &str, text: &str) -> Result<String, FieldProblem> {
    let text = text::nfc(text);
    match text.chars().find(|c| is_foreign(Kind::Text, *c)) {
        None => Ok(text),
        Some(found) => Err(FieldProblem {
            field: name.to_owned(),
            message: foreign(found),
        }),
    }
}

/// Whether a character has no place in a field: what is not seen and changes how the rest
/// is read, and in a field of one line what ends it.
fn is_foreign(kind: Kind, c: char) -> bool {
    match kind {
        Kind::LongText => c.is_control() && !"\n\t".contains(c) || is_direction(c),
        _ => !is_of_line(c),
    }
}

/// Whether a character has a place in a text of one line.
pub fn is_of_line(c: char) -> bool {
    !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_direction(c) || is_unseen(c))
}

/// Whether a character is drawn as nothing: of two names that differ by it alone, one would
/// pass for the other. Joiners are no such: letters of other scripts and signs are drawn by them.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
    )
}

fn foreign(c: char) -> Label {
    let code = u32::from(c);
    match c {
        '\n' | '\u{2028}' | '\u{2029}' => Label::new(
            "Ô này chỉ một dòng; hãy xóa dấu xuống dòng",
            "This field is one line; remove the line break",
        ),
        c if is_direction(c) => Label::new(
            format!("Có dấu đổi chiều chữ U+{code:04X}; hãy xóa đi"),
            format!("Contains the mark of direction U+{code:04X}; remove it"),
        ),
        c if is_unseen(c) => Label::new(
            format!("Có ký tự không nhìn thấy U+{code:04X}; hãy xóa đi, hoặc gõ lại"),
            format!(
                "Contains the character U+{code:04X}, which is not seen; remove it, or type it anew"
            ),
        ),
        _ => Label::new(
            format!("Có ký tự điều khiển U+{code:04X}; hãy xóa đi"),
            format!("Contains the control character U+{code:04X}; remove it"),
        ),
    }
}

/// A number of things: none is less than none.
fn amount(field: &Field, value: Value) -> Result<Value, FieldProblem> {
    let negative = match value {
        Value::Integer(i) => i < 0,
        Value::Decimal(d) => d < 0.0,
        _ => false,
    };
    if negative {
        return Err(FieldProblem::new(
            &field.name,
            "Không được là số âm; ghi số từ 0 trở lên",
            "Must not be negative; write 0 or more",
        ));
    }
    Ok(value)
}

fn degrees(field: &Field, read: Option<f64>) -> Result<Value, FieldProblem> {
    let (most, vi, en) = if field.kind == Kind::Latitude {
        (
            90.0,
            "Vĩ độ từ -90 đến 90, ví dụ 10,25",
            "Latitude from -90 to 90, e.g. 10.25",
        )
    } else {
        (
            180.0,
            "Kinh độ từ -180 đến 180, ví dụ 105,97",
            "Longitude from -180 to 180, e.g. 105.97",
        )
    };
    match read {
        Some(d) if (-most..=most).contains(&d) => Ok(Value::Decimal(d)),
        _ => Err(FieldProblem::new(&field.name, vi, en)),
    }
}

/// Reads a number that has a type already (a cell of a workbook, a number of JSON): its
/// fraction is one. For a moment it is unix milliseconds.
///
/// # Errors
/// As [`field`]; also a code so long that a spreadsheet has lost its last digits.
pub fn typed(field: &Field, number: f64) -> Result<Value, FieldProblem> {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    let integer = number as i64;
    match field.kind {
        Kind::Integer if whole => amount(field, Value::Integer(integer)),
        Kind::Instant if whole => Ok(Value::Integer(integer)),
        Kind::Decimal => amount(field, Value::Decimal(number)),
        Kind::Latitude | Kind::Longitude => degrees(field, Some(number)),
        Kind::Code | Kind::Text | Kind::LongText | Kind::Phone if number.abs() >= 1e15 => {
            Err(FieldProblem::new(
                &field.name,
                "Số quá dài, bảng tính đã làm mất các chữ số cuối; định dạng ô là văn bản rồi ghi lại",
                "The number is so long that the spreadsheet has lost its last digits; make the cell text and write it again",
            ))
        }
        _ if whole => self::field(field, &integer.to_string()),
        _ => self::field(field, &number::unmistakable(number)),
    }
}

/// A choice by its value or by its label in either language.
fn choice(field: &Field, text: &str) -> Result<Value, FieldProblem> {
    let wanted = crate::text::fold(text);
    let found = field.choices.iter().find(|(value, label)| {
        crate::text::fold(value) == wanted
            || crate::text::fold(&label.vi) == wanted
            || crate::text::fold(&label.en) == wanted
    });
    found
        .map(|(value, _)| value.as_str().into())
        .ok_or_else(|| {
            let list = |pick: fn(&crate::label::Label) -> &str| {
                field
                    .choices
                    .values()
                    .map(pick)
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            FieldProblem::new(
                &field.name,
                format!("Phải là một trong: {}", list(|l| &l.vi)),
                format!("Must be one of: {}", list(|l| &l.en)),
            )
        })
}

/// Reads a whole form or row: `get` gives the text of a field, `None` where it is absent.
///
/// # Errors
/// Every field that is wrong, in the order of the schema.
pub fn values<'a>(
    schema: &Schema,
    mut get: impl FnMut(&Field) -> Option<&'a str>,
) -> Result<Values, Vec<FieldProblem>> {
    let mut values = Values::new();
    let mut problems = Vec::new();
    for f in &schema.fields {
        let text = get(f).unwrap_or_default();
        match field(f, text) {
            Ok(value) => {
                values.insert(f.name.clone(), value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;

    fn of(kind: Kind) -> Field {
        Field {
            name: "f".into(),
            kind,
            label: Label::same("f"),
            choices: [
                ("passed".to_string(), Label::new("Đạt", "Passed")),
                ("failed".to_string(), Label::new("Không đạt", "Failed")),
            ]
            .into_iter()
            .collect(),
            ..Field::default()
        }
    }

    #[test]
    fn values_are_read_as_people_type_them() {
        let read = |kind, text: &str| field(&of(kind), text).ok();
        assert_eq!(read(Kind::Date, "1/2/2026"), Some("2026-02-01".into()));
        assert_eq!(read(Kind::Date, "30/2/2026"), None);
        assert_eq!(read(Kind::Boolean, "Không"), Some(Value::Boolean(false)));
        assert_eq!(read(Kind::Choice, "đạt"), Some("passed".into()));
        assert_eq!(read(Kind::Choice, "maybe"), None);
        assert_eq!(read(Kind::Latitude, "10,25"), Some(Value::Decimal(10.25)));
        assert_eq!(read(Kind::Latitude, "91"), None);
        assert_eq!(read(Kind::Ip, "010.1.1.1"), None);
        assert_eq!(read(Kind::Probe, "TCP:8080"), Some("tcp:8080".into()));
        assert_eq!(read(Kind::Probe, "tcp:0"), None);
        for (text, zone) in [
            ("asia/tokyo", "Asia/Tokyo"),
            ("UTC", "UTC"),
            ("+7", "+07:00"),
            ("GMT+07:00", "+07:00"),
            ("utc-3:30", "-03:30"),
            ("+0530", "+05:30"),
        ] {
            assert_eq!(read(Kind::TimeZone, text), Some(zone.into()), "{text}");
        }
        for text in [
            "Hanoi",
            "7",
            "+15:00",
            "+07:60",
            "+",
            "GMT+",
            "Asia/",
            "../etc/passwd",
        ] {
            assert_eq!(read(Kind::TimeZone, text), None, "{text}");
        }
        assert_eq!(line("name", "  một  tên "), Ok("một  tên".into()));
        for foreign in ["a\u{202e}b", "a\nb", "a\0b"] {
            assert!(line("name", foreign).is_err(), "{foreign:?}");
        }
        assert_eq!(read(Kind::Text, "  "), Some(Value::Null));
        assert_eq!(read(Kind::Text, "a\0b"), None);
        for odd in [
            "a\u{202e}b",
            "a\nb",
            "a\tb",
            "a\u{2028}b",
            "a\u{2066}b",
            "\u{200f}a",
        ] {
            assert_eq!(read(Kind::Text, odd), None, "{odd:?}");
            assert_eq!(read(Kind::Code, odd), None, "{odd:?}");
        }
        assert_eq!(read(Kind::Text, " a\n"), Some("a".into()));
        assert_eq!(read(Kind::LongText, "a\n\tb"), Some("a\n\tb".into()));
        for odd in ["a\u{202e}b", "\u{2066}a", "a\n\u{200f}"] {
            assert_eq!(read(Kind::LongText, odd), None, "{odd:?}");
        }
        let pasted = read(Kind::LongText, "\u{feff}a\u{200b}b\u{ad}\nc");
        assert_eq!(pasted, Some("ab\nc".into()));
        // Letters that look like others make no second code.
        assert_eq!(
            read(Kind::Code, "Sở-TTTT.Đ1/a_B"),
            Some("Sở-TTTT.Đ1/a_B".into())
        );
        assert_eq!(read(Kind::Code, "Ａ1"), Some("A1".into()));
        for twin in ["\u{410}B", "\u{391}B", "A\u{661}", "ıd", "A\u{327}"] {
            assert_eq!(read(Kind::Code, twin), None, "{twin:?}");
        }
        // 08:30 in Vietnam is 01:30 UTC.
        let at: Timestamp = "2026-11-21T01:30:00Z".parse().unwrap();
        assert_eq!(
            read(Kind::Instant, "21/11/2026 08:30"),
            Some(Value::Integer(at.as_millisecond()))
        );
    }
}
