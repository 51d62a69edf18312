//! Names of time zones as devices write them after a time.

use crate::cut;

/// Seconds east of Greenwich that a zone's name or offset stands for: `ICT`, `+07:00`,
/// `GMT+7`, `UTC+07:00`, `(GMT-5:00)Eastern Time`, `Hanoi`. `None` for a name without one
/// known meaning. Where a name has several, that of Vietnam's neighbours is taken (`CST` is
/// China's).
pub(super) fn named(name: &[u8]) -> Option<i32> {
    let name = name.strip_prefix(b"(").unwrap_or(name);
    if let Some((seconds, rest)) = super::stamp::offset(name) {
        return rest.is_empty().then_some(seconds);
    }
    let upper = name.to_ascii_uppercase();
    if let Some(rest) = upper
        .strip_prefix(b"GMT")
        .or_else(|| upper.strip_prefix(b"UTC"))
    {
        return if rest.is_empty() {
            Some(0)
        } else {
            hours(rest)
        };
    }
    let text = std::str::from_utf8(&upper).ok()?;
    NAMES
        .iter()
        .find(|(names, _)| names.split(' ').any(|n| n == text))
        .map(|(_, minutes)| minutes * 60)
}

/// `+7`, `-5:00`, `+0530`, with what follows in parentheses or as words left alone.
fn hours(bytes: &[u8]) -> Option<i32> {
    let (sign, rest) = match bytes {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes, rest) = match super::stamp::number(rest, 4, 4) {
        Some((all, rest)) => (all / 100, all % 100, rest),
        None => {
            let (hours, rest) = super::stamp::number(rest, 1, 2)?;
            let minutes = rest.strip_prefix(b":");
            let minutes = minutes.and_then(|r| super::stamp::number(r, 2, 2));
            let (minutes, rest) = minutes.unwrap_or((0, rest));
            (hours, minutes, rest)
        }
    };
    let ends = matches!(rest, [] | [b')' | b' ', ..]);
    (ends && hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Names and minutes east of Greenwich.
const NAMES: &[(&str, i32)] = &[
    ("Z WET", 0),
    ("CET MET WEST BST", 60),
    ("CEST MEST EET SAST", 120),
    ("EEST MSK", 180),
    ("IST", 330),
    (
        "ICT WIB VN VNT VST HANOI HN SAIGON SGN HCM HCMC HOCHIMINH VIETNAM BANGKOK JAKARTA \
         INDOCHINA ASIA/HO_CHI_MINH ASIA/SAIGON ASIA/BANGKOK",
        420,
    ),
    ("SGT HKT CST MYT PHT AWST WITA SINGAPORE BEIJING BJ", 480),
    ("JST KST WIT", 540),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("EDT", -240),
    ("EST CDT", -300),
    ("MDT", -360),
    ("MST PDT", -420),
    ("PST AKDT", -480),
    ("AKST", -540),
    ("HST", -600),
];

/// A zone after a time, from the blank on: its offset (`None` for a name nobody knows) and
/// what follows it, the colon that may stand there included.
///
/// A word is a zone when its meaning is known and `:` follows it, or when it is an offset
/// or has one (`GMT+7`): a host called `UTC` stays a host. Where the place of the host is
/// known to be elsewhere (`only`), any word before `:` is a zone.
pub(super) fn suffix(bytes: &[u8], only: bool) -> Option<(Option<i32>, &[u8])> {
    let rest = bytes.strip_prefix(b" ")?;
    let (mut word, mut after) = cut::before_any(rest, |b| {
        !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_' | b'/' | b'.'))
    });
    // `+07:00`, `GMT+7:00`: a colon of their own.
    if let [b':', b'0'..=b'9', b'0'..=b'9', behind @ ..] = after
        && word.iter().any(|b| matches!(b, b'+' | b'-'))
    {
        (word, after) = (cut::before(rest, behind), behind);
    }
    let numbered = word
        .iter()
        .position(|b| matches!(b, b'+' | b'-'))
        .is_some_and(|at| word.get(at + 1).is_some_and(u8::is_ascii_digit) && matches!(at, 0 | 3));
    let next = after.first();
    match named(word) {
        Some(_) if numbered && !matches!(next, None | Some(b' ' | b':')) => None,
        Some(east) if numbered || next == Some(&b':') => Some((Some(east), after)),
        None if only
            && next == Some(&b':')
            && (2..=16).contains(&word.len())
            && word.first().is_some_and(u8::is_ascii_alphabetic) =>
        {
            Some((None, after))
        }
        _ => None,
    }
}

/// A zone between a time and the `%` of a Cisco message, from the blank on, where nothing else
/// stands: a name that is known, or before `:` a word that looks like one. A name in small
/// letters or with a dash is a host's.
pub(super) fn last(head: &[u8]) -> Option<(Option<i32>, &[u8])> {
    let rest = head.strip_prefix(b" ")?;
    let (word, after) = cut::before_any(rest, |b| matches!(b, b' ' | b':'));
    if word.is_empty() || !after.iter().all(|b| matches!(b, b' ' | b':')) {
        return None;
    }
    let looks = word.first().is_some_and(u8::is_ascii_uppercase)
        && (2..=16).contains(&word.len())
        && word.iter().all(u8::is_ascii_alphanumeric)
        && after.starts_with(b":");
    let east = named(word);
    (east.is_some() || looks).then_some((east, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_offsets() {
        for (name, hours) in [
            ("ICT", 7.0),
            ("Hanoi", 7.0),
            ("SAIGON", 7.0),
            ("Asia/Ho_Chi_Minh", 7.0),
            ("GMT+7", 7.0),
            ("UTC+7", 7.0),
            ("UTC+07:00", 7.0),
            ("gmt-5", -5.0),
            ("(GMT-5:00)Eastern", -5.0),
            ("UTC+0530", 5.5),
            ("+0700", 7.0),
            ("UTC", 0.0),
            ("MEST", 2.0),
        ] {
            let wanted = (hours * 3600.0) as i32;
            // FortiWeb writes words after the offset; they end it.
            let name = name.strip_suffix("Eastern").unwrap_or(name);
            assert_eq!(named(name.as_bytes()), Some(wanted), "{name}");
        }
        for name in ["XYZ", "GMT+77", "SW-01", "", "GMTX"] {
            assert_eq!(named(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn a_word_is_a_zone_where_it_cannot_be_a_host() {
        let hanoi = |rest: &'static [u8]| Some((Some(25_200), rest));
        assert_eq!(suffix(b" ICT: x", false), hanoi(b": x"));
        assert_eq!(suffix(b" GMT+7: x", false), hanoi(b": x"));
        assert_eq!(suffix(b" GMT+7 sw x", false), hanoi(b" sw x"));
        assert_eq!(suffix(b" +07:00 sw x", false), hanoi(b" sw x"));
        assert_eq!(suffix(b" UTC+07:00: x", false), hanoi(b": x"));
        assert_eq!(suffix(b" UTC sw: x", false), None);
        assert_eq!(suffix(b" FWHUE: x", false), None);
        assert_eq!(suffix(b" XYZ: x", true), Some((None, &b": x"[..])));
    }
}
