//! The number of a paper with its symbol: `77/BC-UBND` (Decree 30/2020/NĐ-CP, appendix I, part
//! II), `77-BC/VPTU` (Guide 05-HD/VPTW).

use domain::paper::Form;
use policy::document::Template;

use super::{letterhead::Letterhead, list::Document};

/// What stands behind the number on a paper of this kind and body: `/BC-UBND`, `-BC/VPTU`.
pub fn symbol(template: &Template, letterhead: &Letterhead) -> String {
    behind(template.form, &template.abbreviation, &letterhead.symbol)
}

fn behind(form: Form, kind: &str, body: &str) -> String {
    match (form, kind) {
        (Form::Party, "") => format!("-{body}"),
        (Form::Party, kind) => format!("-{kind}/{body}"),
        (_, "") => format!("/{}", body.replacen('/', "-", 1)),
        (_, kind) => format!("/{kind}-{body}"),
    }
}

/// The number as it stands on the paper, without `Số:`. Where a person has typed its kind
/// (`77/BC`) or all of it (`77/BC-UBND`), nothing is said twice.
pub(super) fn full(template: &Template, document: &Document) -> String {
    let symbol = symbol(template, &document.letterhead);
    with(&document.row.number, &template.abbreviation, &symbol)
}

fn with(typed: &str, kind: &str, symbol: &str) -> String {
    let lower = typed.to_lowercase();
    let typed = match lower.strip_prefix("số").or(lower.strip_prefix("so")) {
        // Both words are as long in small letters as they were typed.
        Some(rest) => typed.get(lower.len() - rest.len()..).unwrap_or(typed),
        None => typed,
    };
    let typed = typed.trim_start_matches([':', ' ', '.']).trim_end();
    let number = bare(typed, kind);
    // A kind of its own, or the whole symbol: it stays as it was typed.
    let carries = |part: &str| part.chars().any(char::is_alphabetic);
    if number.split(['/', '-']).skip(1).any(carries) {
        return padded(number);
    }
    match number {
        "" => format!("      {symbol}"),
        number => format!("{}{symbol}", padded(number)),
    }
}

/// The number without its kind behind it.
fn bare<'a>(typed: &'a str, kind: &str) -> &'a str {
    let Some((number, last)) = typed.rsplit_once(['/', '-']) else {
        return typed;
    };
    let last = last.trim();
    if last.is_empty() || last.to_lowercase() == kind.to_lowercase() {
        number.trim_end()
    } else {
        typed
    }
}

/// Below ten a number has a zero before it (Decree 30/2020, appendix I).
fn padded(number: &str) -> String {
    let digits = number.chars().take_while(char::is_ascii_digit).count();
    let short = digits == 1 && !number.starts_with('0');
    format!("{}{number}", if short { "0" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_its_kind_once_however_it_was_typed() {
        let said = |typed: &str, form: Form, kind: &str| {
            let symbol = behind(form, kind, "UBND");
            with(typed, kind, &symbol)
        };
        for (typed, printed) in [
            ("", "      /BC-UBND"),
            ("7", "07/BC-UBND"),
            ("07", "07/BC-UBND"),
            ("77", "77/BC-UBND"),
            ("77/", "77/BC-UBND"),
            ("77/BC", "77/BC-UBND"),
            ("77/bc", "77/BC-UBND"),
            ("77 / BC", "77/BC-UBND"),
            ("77-BC", "77/BC-UBND"),
            ("7/BC-UBND", "07/BC-UBND"),
            ("77/BC-UBND", "77/BC-UBND"),
            ("Số: 77/BC-UBND", "77/BC-UBND"),
            ("SỐ 77", "77/BC-UBND"),
            // What the body calls itself there, or a year, is theirs to say.
            ("77/BC-UBND-VX", "77/BC-UBND-VX"),
            ("77/2026", "77/2026/BC-UBND"),
            ("77/2026/BC", "77/2026/BC-UBND"),
            ("77a", "77a/BC-UBND"),
        ] {
            assert_eq!(said(typed, Form::State, "BC"), printed, "{typed}");
        }
        for (typed, printed) in [
            ("7", "07-BC/UBND"),
            ("77-BC", "77-BC/UBND"),
            ("77-BC/UBND", "77-BC/UBND"),
        ] {
            assert_eq!(said(typed, Form::Party, "BC"), printed, "{typed}");
        }
        // An official letter has no kind.
        assert_eq!(said("77", Form::State, ""), "77/UBND");
        assert_eq!(said("77/UBND", Form::State, ""), "77/UBND");
    }
}
