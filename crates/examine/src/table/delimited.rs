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
    let before = &bytes[..error.valid_up_to()];
    let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
    Err(TableError::NotText { line })
}

/// UTF-16 without a mark at its start has a zero in every other byte of what is plain.
fn zeros(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = &bytes[..bytes.len().min(400)];
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
    const PLAIN: &str = "đĐ₫ăâêôơưĂÂÊÔƠƯ“”‘’–—…\u{a0}°²³§«»·";
    let mut toned = false;
    let fits = text.chars().filter(|c| !c.is_ascii()).all(|c| {
        let parts: Vec<char> = std::iter::once(c).nfd().collect();
        let marked = parts.len() > 1
            && parts[0].is_ascii_alphabetic()
            && parts[1..].iter().all(|m| {
                matches!(
                    m,
                    '\u{300}'
                        | '\u{301}'
                        | '\u{302}'
                        | '\u{303}'
                        | '\u{306}'
                        | '\u{309}'
                        | '\u{31b}'
                        | '\u{323}'
                )
            });
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
    let mut counts = vec![[0usize; 3]];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                if counts.len() == 40 {
                    break;
                }
                counts.push([0; 3]);
            }
            _ if quoted => {}
            _ => {
                if let Some(which) = SEPARATORS.iter().position(|s| *s == byte)
                    && let Some(line) = counts.last_mut()
                {
                    line[which] += 1;
                }
            }
        }
    }
    let score = |which: usize| {
        let used = |n: &usize| counts.iter().filter(|line| line[which] == *n).count();
        let each = counts.iter().map(|line| line[which]).filter(|n| *n > 0);
        each.map(|n| n * used(&n)).max().unwrap_or(0)
    };
    // The first of equals wins: a comma.
    let best = (0..SEPARATORS.len())
        .rev()
        .max_by_key(|which| score(*which));
    (text, SEPARATORS[best.unwrap_or(0)])
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Splits text into lines of cells (RFC 4180). A quote that is not closed, or behind which
/// something else stands than a separator, is no table: what follows would vanish into a cell.
fn lines(text: &str, separator: u8) -> Result<Vec<Line>, TableError> {
    let bytes = text.as_bytes();
    let mut out: Vec<Line> = Vec::new();
    let mut cells: Vec<Cell> = Vec::new();
    let (mut at, mut line, mut begun) = (0, 1, 1);
    let mut count = 0;
    while at <= bytes.len() {
        let cell;
        let end;
        let blanks = bytes[at..].iter().take_while(|b| **b == b' ').count();
        if bytes.get(at + blanks) == Some(&b'"') {
            let opened = line;
            let (value, after, passed) =
                quoted(text, at + blanks + 1).ok_or(TableError::Unclosed { line: opened })?;
            let rest = bytes[after..].iter().take_while(|b| **b == b' ').count();
            end = after + rest;
            if !matches!(bytes.get(end), None | Some(b'\r' | b'\n')) && bytes[end] != separator {
                return Err(TableError::Unclosed { line: opened });
            }
            line += passed;
            cell = Cell::text(&value);
        } else {
            let ends = |b: &u8| *b == separator || matches!(b, b'\r' | b'\n');
            let length = bytes[at..].iter().position(ends);
            end = length.map_or(bytes.len(), |length| at + length);
            cell = Cell::text(&text[at..end]);
        }
        count += 1;
        limit(Measure::Cells, count, MAX_CELLS)?;
        cells.push(cell);
        match bytes.get(end) {
            Some(b) if *b == separator => {
                at = end + 1;
                continue;
            }
            Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => at = end + 2,
            _ => at = end + 1,
        }
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

/// The text of a quoted cell that begins at `from`, where it ends, and the lines within it.
fn quoted(text: &str, from: usize) -> Option<(String, usize, u64)> {
    let mut value = String::new();
    let mut at = from;
    loop {
        let length = text.get(at..)?.find('"')?;
        value.push_str(&text[at..at + length]);
        at += length + 1;
        if text.as_bytes().get(at) != Some(&b'"') {
            break;
        }
        value.push('"');
        at += 1;
    }
    let passed = value.bytes().filter(|b| *b == b'\n').count() as u64;
    Some((value, at, passed))
}
