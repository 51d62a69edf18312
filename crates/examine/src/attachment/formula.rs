//! Formulas: whether one starts a program or loads from elsewhere, and what text one puts
//! together.

use std::borrow::Cow;

use super::address::is_share;

/// Functions of formulas that start a program or load from elsewhere; the imports are those of
/// programs of tables on the web.
const FETCHING: [&str; 16] = [
    "WEBSERVICE",
    "IMPORTDATA",
    "IMPORTFEED",
    "IMPORTHTML",
    "IMPORTRANGE",
    "IMPORTXML",
    "IMAGE",
    "RTD",
    "STOCKHISTORY",
    "TRANSLATE",
    "SQL.REQUEST",
    "DDE",
    "CALL",
    "REGISTER",
    "REGISTER.ID",
    "EXEC",
];

/// Of those, the ones that a table in text cannot call (only macros can), and that are names of
/// functions in code: `-exec(x)`.
const OF_MACROS: [&str; 3] = ["CALL", "REGISTER", "EXEC"];

/// Of those, the ones that are words of prose: `- 2 hình, image(1)`.
const WORDS: [&str; 2] = ["IMAGE", "TRANSLATE"];

/// Whether a formula acts, its sign in front.
pub fn is_active(formula: &str) -> bool {
    let mut rest = formula.chars();
    let equals = rest.next().is_some_and(|sign| matches!(sign, '=' | '＝'));
    let code = rest.as_str();
    // After another sign it may be a line of code or of a list.
    let called = equals
        || ["webservice", "rtd", "_xlfn."].iter().any(|name| {
            code.get(..name.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(name))
        });
    let acts = if called {
        is_active_formula(code)
    } else {
        is_active_if_formula(code)
    };
    acts || is_linked(code, equals)
}

/// Whether a formula starts a program or loads from elsewhere. Takes time that grows with its
/// length.
pub fn is_active_formula(formula: &str) -> bool {
    in_code(formula, |code| calls_fetching(code) || reads_share(code)) || is_dde_link(formula)
}

/// The same of a text that may be no formula, but a point of a list or a line of code: only what
/// a formula alone has counts.
fn is_active_if_formula(text: &str) -> bool {
    in_code(text, |code| {
        calls_at_once(code) || refers_to_share(code) || reads_bare_share(code)
    })
}

/// Whether it is so in the formula's code, in capitals.
fn in_code(formula: &str, is_so: impl Fn(&str) -> bool) -> bool {
    // An apostrophe surrounds a sheet's name, which may hold a quote, or stands alone before a
    // sign in a column's name: both are tried.
    let acts = |marks: &[char]| is_so(&code_of(formula, marks).to_uppercase());
    acts(&['"']) || (formula.contains('\'') && acts(&['"', '\'']))
}

/// A formula without its texts, for what they say is not done. Of what the other marks surround
/// it keeps all.
fn code_of(formula: &str, marks: &[char]) -> String {
    let mut code = String::with_capacity(formula.len());
    let mut rest = formula;
    while let Some(at) = rest.find(marks) {
        let (before, marked) = rest.split_at(at);
        let (mark, after) = marked.split_at(1);
        code.push_str(before);
        code.push_str(mark);
        let inside = after.split_once(mark);
        rest = match inside {
            Some((_, after)) if mark == "\"" => after,
            Some((name, after)) => {
                code.push_str(name);
                code.push_str(mark);
                after
            }
            None if mark == "\"" => "",
            None => after,
        };
    }
    code.push_str(rest);
    code
}

/// Whether the code of a formula, in capitals, calls a function that fetches, or hands it to
/// one that calls it: `MAP(A1,WEBSERVICE)`.
fn calls_fetching(code: &str) -> bool {
    let mut in_call = false;
    code.match_indices(['(', ',', ';', ')']).any(|(at, sign)| {
        let acts = sign == "(" || in_call;
        in_call |= sign == "(";
        acts && FETCHING.contains(&last_name(&code[..at]))
    })
}

/// The function's name that code ends with, without what files write before it: `_xlfn.`,
/// `_xlws.`, and `_xleta.` for one that is handed on.
fn last_name(code: &str) -> &str {
    let name = code.trim_end().rsplit(|c| !in_name(c)).next().unwrap_or("");
    let name = name.rsplit("_XL").next().unwrap_or(name);
    match name.split_once('.') {
        Some(("FN" | "WS" | "ETA" | "UDF", name)) => name,
        _ => name,
    }
}

/// Whether code, in capitals, calls a function that fetches as only a formula does: without a
/// blank before the arguments, the first of which may be an address.
fn calls_at_once(code: &str) -> bool {
    code.match_indices('(').any(|(at, _)| {
        let before = &code[..at];
        let name = last_name(before);
        if !before.ends_with(name) || !FETCHING.contains(&name) || OF_MACROS.contains(&name) {
            return false;
        }
        let whole = before.trim_end_matches(in_name);
        let told = whole.trim_end().ends_with(char::is_alphanumeric) && WORDS.contains(&name);
        !told && !is_word(&code[at + 1..])
    })
}

/// Whether an argument begins with a number, or a word, which is no cell and which no table in
/// text gives a value: `image(1)`, `image(s)`.
fn is_word(argument: &str) -> bool {
    let number = argument.trim_start_matches(|c: char| c.is_ascii_digit());
    let word = argument.trim_start_matches(|c: char| c.is_alphabetic() || "._".contains(c));
    let rest = if number.len() < word.len() {
        number
    } else {
        word
    };
    let next = rest.trim_start().chars().next();
    let apart = rest.starts_with(char::is_whitespace);
    rest.len() < argument.len()
        && next.is_none_or(|c| ",;)".contains(c) || (apart && c.is_alphanumeric()))
}

/// Whether the code of a formula, in capitals, has a cell of a workbook on another machine's
/// share.
fn reads_share(code: &str) -> bool {
    code.split('\'').skip(1).any(begins_share) || reads_bare_share(code)
}

/// The same with the sign of a cell behind the apostrophe that closes.
fn refers_to_share(code: &str) -> bool {
    let mut parts = code.split('\'').skip(1);
    parts.by_ref().any(begins_share) && parts.any(|part| part.starts_with(['!', '#']))
}

fn begins_share(part: &str) -> bool {
    let part = part.trim_start();
    part.starts_with("\\\\")
        || part.starts_with("//")
        || (part.starts_with("FILE:") && is_share(part))
}

/// The same without apostrophes: `\\10.0.0.1\s\[a.xlsx]S!A1`.
fn reads_bare_share(code: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "\"'(),;".contains(c);
    code.split(ends).any(|part| {
        let from = ["\\\\", "//"].iter().filter_map(|sign| {
            let at = part.find(sign)?;
            // `http://` is none.
            (!part[..at].ends_with(':')).then_some(at)
        });
        let path = from.min().map(|at| &part[at..]);
        let book = path.and_then(|path| path.split_once('['));
        let sheet = book.and_then(|(_, book)| book.split_once(']'));
        sheet.is_some_and(|(_, sheet)| sheet.contains('!'))
    })
}

/// Whether a formula without its sign is a link by DDE, wherever its lines break.
fn is_linked(code: &str, equals: bool) -> bool {
    let line = if code.contains(['\n', '\r']) {
        Cow::Owned(code.replace(['\n', '\r'], ""))
    } else {
        Cow::Borrowed(code)
    };
    // A blank behind another sign makes a list's point.
    is_dde_link(if equals { line.trim_start() } else { &line })
}

/// Whether a formula without its sign is a link by DDE: `service|topic!item`, where a topic
/// with blanks stands in apostrophes. Takes time that grows with its length.
fn is_dde_link(formula: &str) -> bool {
    let unbroken = formula.find(char::is_whitespace).unwrap_or(formula.len());
    formula[..unbroken].match_indices('|').any(|(at, _)| {
        let service = formula[..at].rsplit(|c| !in_name(c)).next().unwrap_or("");
        let rest = &formula[at + 1..];
        let item = match rest.strip_prefix('\'') {
            Some(topic) => topic.split_once('\'').map(|(_, rest)| rest),
            None => rest.find([' ', '"', '!', '|']).map(|end| &rest[end..]),
        };
        service.contains(char::is_alphabetic) && item.is_some_and(|rest| rest.starts_with('!'))
    })
}

/// Whether a name of a function, a sheet or a program may have it.
fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_')
}

/// Functions that only join or show texts.
const JOINING: [&str; 5] = ["CONCATENATE", "CONCAT", "UPPER", "T", "_xlfn."];

/// The text of a formula that is made of texts alone: `"M"&"ẬT"`, where nobody has calculated
/// it. None of any other: what it compares with is not shown.
pub fn joined(formula: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = String::new();
    for (index, part) in formula.split('"').enumerate() {
        if index % 2 == 0 {
            // Two quotes are one in a text.
            if part.is_empty() && index > 1 && !text.is_empty() {
                continue;
            }
            rest.push_str(part);
        } else {
            text.push_str(part);
        }
    }
    if text.is_empty() {
        return None;
    }
    let upper = rest.contains("UPPER");
    for name in JOINING {
        rest = rest.replace(name, "");
    }
    let only = rest
        .chars()
        .all(|c| "&(),;=+".contains(c) || c.is_whitespace());
    only.then(|| if upper { text.to_uppercase() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_apostrophes_hide_no_call() {
        for formula in [
            "'a\"b'!A1&WEBSERVICE(\"http://x\")",
            "T[a'#]&\"x'\"&WEBSERVICE(\"x\")",
        ] {
            assert!(is_active_formula(formula), "{formula}");
        }
        assert!(!is_active_formula("IF('it''s'!A1,\"CALL(x)\",'b'!A1)"));
        for formula in [
            "\\\\10.0.0.1\\s\\[a.xlsx]S!A1",
            "1+//h/[a.xlsx]S!A1",
            "IMPORTXML(A1)",
        ] {
            assert!(is_active_formula(formula), "{formula}");
        }
        for formula in ["[1]S!A1", "A1//2", "T[a]!B", "\"\\\\h\\[a]S!A1\"", "A1"] {
            assert!(!is_active_formula(formula), "{formula}");
        }
    }

    #[test]
    fn texts_alone_are_joined() {
        for (formula, shown) in [
            ("\"M\"&\"ẬT\"", Some("MẬT")),
            ("=CONCATENATE(\"TỐI \", \"MẬT\")", Some("TỐI MẬT")),
            ("_xlfn.CONCAT(\"M\";\"ẬT\")", Some("MẬT")),
            ("UPPER(\"mật\")", Some("MẬT")),
            ("\"MẬT\"", Some("MẬT")),
            ("COUNTIF(C:C,\"MẬT\")", None),
            ("IF(A1=\"MẬT\",1,0)", None),
            ("A1&\"MẬT\"", None),
            ("SUM(A1:B2)", None),
        ] {
            assert_eq!(joined(formula).as_deref(), shown, "{formula}");
        }
    }
}
