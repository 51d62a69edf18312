//! Named parameters, `:name`, and their places.

use super::Fault;

/// The parameters that the engine itself fills: the instant in unix milliseconds,
/// the local date `YYYY-MM-DD`, the local month `YYYY-MM` and the one before it, and since when the program has been
/// listening for log lines without a break, in unix milliseconds (`now`, where it does not listen).
pub const BUILT_IN: [&str; 5] = ["now", "today", "month", "last_month", "listening_since"];

/// A query whose named parameters became `$1`…`$n`.
pub(super) struct Named {
    /// As long as the text it was made from, so that positions stay.
    pub sql: String,
    /// The names in the order of their numbers.
    pub names: Vec<String>,
    pub faults: Vec<Fault>,
}

/// Numbers the parameters outside strings, quoted names and comments.
pub(super) fn scan(sql: &str) -> Named {
    let mut named = Named {
        sql: String::with_capacity(sql.len()),
        names: Vec::new(),
        faults: Vec::new(),
    };
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\'' | '"' => quoted(rest, c),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            ':' if rest.starts_with("::") => 2,
            ':' => {
                let name = &rest[1..];
                let end = name
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(name.len());
                if end == 0 {
                    1
                } else {
                    parameter(&mut named, &name[..end]);
                    rest = &name[end..];
                    continue;
                }
            }
            c => c.len_utf8(),
        };
        named.sql.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    named
}

fn parameter(named: &mut Named, name: &str) {
    let before = named.sql.trim_end();
    let cast = before.len() >= 5
        && before
            .get(before.len() - 5..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case("cast("));
    if !cast {
        let line = named.sql.matches('\n').count() + 1;
        let start = named.sql.rfind('\n').map_or(0, |at| at + 1);
        named.faults.push(Fault {
            line,
            column: named.sql[start..].chars().count() + 1,
            what: format!("PostgreSQL cannot tell the type of `:{name}` here"),
            instead: format!("CAST(:{name} AS BIGINT), or AS TEXT or AS DOUBLE PRECISION"),
        });
    }
    let number = match named.names.iter().position(|n| n == name) {
        Some(known) => known + 1,
        None => {
            named.names.push(name.to_owned());
            named.names.len()
        }
    };
    let placed = format!("${number}");
    named.sql.push_str(&placed);
    for _ in placed.len()..=name.len() {
        named.sql.push(' ');
    }
}

/// How long a quoted piece is; a doubled quote inside belongs to it.
fn quoted(text: &str, quote: char) -> usize {
    let mut end = 1;
    loop {
        match text[end..].find(quote) {
            None => return text.len(),
            Some(at) if text[end + at + 1..].starts_with(quote) => end += at + 2,
            Some(at) => return end + at + 1,
        }
    }
}
