//! Tables as text: CSV as Excel and others write it.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1258};
use unicode_normalization::UnicodeNormalization;

use super::{
    MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Measure, TableError,
    grid::{Book, Cell, Encoding, Grid, Line},
    limit,
};

/// Reads a text file. What it is encoded in and separated by is found out.
pub(super) fn read(bytes: &[u8]) -> Result<Book, TableError> {
    let (text, encoding) = decode(bytes)?;
    let (text, separator) = separator(&text);
    let lines = lines(text, separator)?;
    if lines.is_empty() {
        return Err(TableError::Empty);
    }
    let grid = Grid {
        first_column: 1,
        lines,
        ..Grid::default()
    };
    Ok(Book {
        sheets: vec![grid],
        encoding: Some(encoding),
        separator: Some(char::from(separator)),
        counts_from_1904: false,
    })
}

fn decode(bytes: &[u8]) -> Result<(String, Encoding), TableError> {
    let utf16 = match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => zeros(bytes),
    };
    if let Some(encoding) = utf16 {
        let (text, broken) = encoding.decode_with_bom_removal(bytes);
        if broken {
            return Err(TableError::NotText { line: 1 });
        }
        return Ok((text.into_owned(), Encoding::Utf16));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((text.to_owned(), Encoding::Utf8)),
        Err(error) => error,
    };
    let (text, _) = WINDOWS_1258.decode_without_bom_handling(bytes);
    let text: String = text.nfc().collect();
    if is_vietnamese(&text) {
        return Ok((text, Encoding::Windows1258));
    }
    let before = bytes.iter().take(error.valid_up_to());
    let line = 1 + before.filter(|b| **b == b'\n').count() as u64;
    Err(TableError::NotText { line })
}

/// UTF-16 without a mark at its start has a zero in every other byte of what is plain.
fn zeros(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = bytes.get(..400).unwrap_or(bytes);
    let at = |odd: usize| {
        start
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let enough = start.len() / 6;
    match (at(0), at(1)) {
        (0, odd) if odd > enough => Some(UTF_16LE),
        (even, 0) if even > enough => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether all letters beyond ASCII are Vietnamese, with tones among them: in another code
/// page hardly anything is.
fn is_vietnamese(text: &str) -> bool {
    const MARKS: [char; 8] = [
        '\u{300}', '\u{301}', '\u{302}', '\u{303}', '\u{306}', '\u{309}', '\u{31b}', '\u{323}',
    ];
    const PLAIN: &str = "đĐ₫ăâêôơưĂÂÊÔƠƯ“”‘’–—…\u{a0}°²³§«»·";
    let mut toned = false;
    let fits = text.chars().filter(|c| !c.is_ascii()).all(|c| {
        let parts: Vec<char> = std::iter::once(c).nfd().collect();
        let marked = match parts.as_slice() {
            [letter, marks @ ..] if !marks.is_empty() && letter.is_ascii_alphabetic() => {
                marks.iter().all(|m| MARKS.contains(m))
            }
            _ => false,
        };
        toned |= marked;
        marked || PLAIN.contains(c)
    });
    fits && toned
}

/// The separator that most lines use the same number of times, and the text after a line that
/// names it (`sep=;`, which Excel writes and reads).
fn separator(text: &str) -> (&str, u8) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(&[named]) = first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        // The line stays a line: those after it keep their numbers.
        return (&text[first.len()..], named);
    }
    let mut quoted = false;
    // How often each stands in each line.
    let mut counts = SEPARATORS.map(|separator| (separator, vec![0_usize]));
    let mut lines = 1;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                if lines == 40 {
                    break;
                }
                lines += 1;
                counts.iter_mut().for_each(|(_, lines)| lines.push(0));
            }
            _ if quoted => {}
            _ => {
                if let Some((_, lines)) = counts.iter_mut().find(|(s, _)| *s == byte)
                    && let Some(count) = lines.last_mut()
                {
                    *count += 1;
                }
            }
        }
    }
    let score = |lines: &[usize]| {
        let used = |n: &usize| lines.iter().filter(|line| *line == n).count();
        let each = lines.iter().filter(|n| **n > 0);
        each.map(|n| n * used(n)).max().unwrap_or(0)
    };
    // The first of equals wins: a comma.
    let best = counts.iter().rev().max_by_key(|(_, lines)| score(lines));
    (text, best.map_or(b',', |(separator, _)| *separator))
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Splits text into lines of cells (RFC 4180). A quote that is not closed, or behind which
/// something else stands than a separator, is no table: what follows would vanish into a cell.
fn lines(text: &str, separator: u8) -> Result<Vec<Line>, TableError> {
    let ends = [char::from(separator), '\r', '\n'];
    let mut out: Vec<Line> = Vec::new();
    let mut cells: Vec<Cell> = Vec::new();
    let (mut line, mut begun) = (1, 1);
    let mut count = 0;
    let mut next = Some(text);
    while let Some(rest) = next {
        let (cell, after) = if let Some(opened) = rest.trim_start_matches(' ').strip_prefix('"') {
            let unclosed = TableError::Unclosed { line };
            let Some((value, after, passed)) = quoted(opened) else {
                return Err(unclosed);
            };
            let after = after.trim_start_matches(' ');
            if !after.is_empty() && !after.starts_with(ends) {
                return Err(unclosed);
            }
            line += passed;
            (Cell::text(&value), after)
        } else {
            let end = memchr::memchr3(separator, b'\r', b'\n', rest.as_bytes());
            let end = end.unwrap_or(rest.len());
            let (value, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            (Cell::text(value), after)
        };
        count += 1;
        limit(Measure::Cells, count, MAX_CELLS)?;
        cells.push(cell);
        next = after.strip_prefix(char::from(separator));
        if next.is_some() {
            continue;
        }
        next = (after.strip_prefix("\r\n")).or_else(|| after.strip_prefix(['\r', '\n']));
        limit(Measure::Columns, cells.len(), MAX_COLUMNS)?;
        let full = std::mem::take(&mut cells);
        if full.iter().any(|c| !c.is_blank()) {
            out.push(Line {
                number: begun,
                hidden: false,
                cells: full,
            });
            limit(Measure::Rows, out.len(), MAX_ROWS + 1)?;
        }
        line += 1;
        begun = line;
    }
    Ok(out)
}

/// The text of a quoted cell behind its first quote, what follows it, and the lines within it.
fn quoted(opened: &str) -> Option<(String, &str, u64)> {
    let mut value = String::new();
    let mut rest = opened;
    let after = loop {
        let (inside, after) = rest.split_once('"')?;
        value.push_str(inside);
        match after.strip_prefix('"') {
            Some(inside) => {
                value.push('"');
                rest = inside;
            }
            None => break after,
        }
    };
    let passed = value.bytes().filter(|b| *b == b'\n').count() as u64;
    Some((value, after, passed))
}
