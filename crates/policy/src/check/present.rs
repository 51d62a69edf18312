//! What has yet to come is no fact: every view is read through a narrower one that leaves it
//! out. A check cannot forget it, since it does not write it.

use std::fmt::Write as _;

use sqlparser::tokenizer::Location;

use crate::facts::{AGE, ELAPSED_MS, MONTH_MS, Views};

/// A place where a query reads a view.
pub(super) struct Place {
    pub view: String,
    pub at: Location,
    /// Whether the query gives it a name of its own there.
    pub named: bool,
}

/// The day number of a date as text, by the integer formula of Fliegel and Van Flandern
/// (1968), which both engines compute alike.
fn day_number(date: &str) -> String {
    let part = |from: u8, length: u8| format!("CAST(SUBSTR({date}, {from}, {length}) AS BIGINT)");
    number(&part(1, 4), &part(6, 2), &part(9, 2))
}

/// The same of year, month and day; month 13 is the January that follows.
fn number(y: &str, m: &str, d: &str) -> String {
    let shift = format!("(({m} - 14) / 12)");
    format!(
        "((1461 * ({y} + 4800 + {shift})) / 4 + (367 * ({m} - 2 - 12 * {shift})) / 12 \
         - (3 * (({y} + 4900 + {shift}) / 100)) / 4 + {d})"
    )
}

/// The length of the month `month`, and how much of it has passed by now, milliseconds.
fn month_and_elapsed() -> (String, String) {
    let y = "CAST(SUBSTR(month, 1, 4) AS BIGINT)";
    let m = "CAST(SUBSTR(month, 6, 2) AS BIGINT)";
    let (first, next) = (number(y, m, "1"), number(y, &format!("({m} + 1)"), "1"));
    let whole = format!("({next} - {first}) * CAST(86400000 AS BIGINT)");
    let today = day_number("CAST(:today AS TEXT)");
    let elapsed = format!(
        "CASE WHEN month < CAST(:month AS TEXT) THEN {whole} ELSE ({today} - {first}) * CAST(86400000 AS BIGINT) \
         + (CAST(:now AS BIGINT) + {EAST_MS}) % 86400000 END"
    );
    (whole, elapsed)
}

/// Local time of Vietnam lies so far east of UTC, milliseconds.
const EAST_MS: i64 = 7 * 3_600_000;

/// A view as of today: entries of a later day are not in it, a moment at which something was
/// done is NULL while it has yet to come, and [`AGE`] is an entry's age.
fn narrowed(views: &Views, view: &str) -> Option<String> {
    let (columns, done, dated) = views.present(view)?;
    let mut list = String::new();
    for column in columns {
        let of = done.iter().find(|(name, _)| name == column);
        let said = match of {
            _ if column == AGE => format!(
                "{} - {} AS {AGE}",
                day_number("CAST(:today AS TEXT)"),
                day_number("occurred_on")
            ),
            _ if column == MONTH_MS => format!("{} AS {MONTH_MS}", month_and_elapsed().0),
            _ if column == ELAPSED_MS => format!("{} AS {ELAPSED_MS}", month_and_elapsed().1),
            Some((name, true)) => {
                format!("CASE WHEN {name} <= CAST(:now AS BIGINT) THEN {name} END AS {name}")
            }
            Some((name, false)) => {
                format!("CASE WHEN {name} <= CAST(:today AS TEXT) THEN {name} END AS {name}")
            }
            None => format!("\"{column}\""),
        };
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(&said);
    }
    let mut select = format!("(SELECT {list} FROM {view}");
    if dated {
        select.push_str(" WHERE (occurred_on IS NULL OR occurred_on <= CAST(:today AS TEXT))");
    }
    select.push(')');
    Some(select)
}

/// The query with each of these views narrowed.
pub(super) fn rewrite(sql: &str, views: &Views, places: &[Place]) -> String {
    let mut found: Vec<(usize, &Place, String)> = places
        .iter()
        .filter_map(|place| Some((offset(sql, place.at)?, place, narrowed(views, &place.view)?)))
        .collect();
    found.sort_by_key(|(at, ..)| *at);
    let (mut out, mut from) = (String::with_capacity(sql.len() * 2), 0);
    for (at, place, narrow) in found {
        out.push_str(&sql[from..at]);
        out.push_str(&narrow);
        if !place.named {
            let _ = write!(out, " AS {}", place.view);
        }
        from = at + place.view.len();
    }
    out.push_str(&sql[from..]);
    out
}

/// The byte at which a place of the parser's lies: lines and columns from 1, columns in
/// characters.
fn offset(sql: &str, at: Location) -> Option<usize> {
    let line = usize::try_from(at.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(at.column).ok()?.checked_sub(1)?;
    let start = match line {
        0 => 0,
        n => sql.match_indices('\n').nth(n - 1)?.0 + 1,
    };
    let (within, _) = sql.get(start..)?.char_indices().nth(column)?;
    Some(start + within)
}
