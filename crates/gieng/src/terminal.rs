//! What is printed: text of strangers never reaches a terminal as anything but letters.

use std::{
    borrow::Cow,
    fmt,
    io::{self, IsTerminal as _, Write as _},
};

/// A text with every character that a terminal would act on, or that would make it read as
/// something else, in the form `\u001b`: controls (C0, C1, delete) but line ends and tabs,
/// marks of direction, and what has no width. The form is the one of JSON, so that what is printed as JSON
/// means the same.
pub fn plain(text: &str) -> Cow<'_, str> {
    let acts = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c);
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The same for what has to stay on one line and in one column.
pub fn cell(text: &str) -> String {
    plain(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Characters that turn the direction of what follows, that nobody sees, and separators of
/// lines that only some terminals know.
fn turns(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Prints to standard output; see [`say!`].
pub fn out(text: fmt::Arguments<'_>) {
    write(&mut io::stdout().lock(), text);
}

/// Prints to standard error; see [`tell!`].
pub fn err(text: fmt::Arguments<'_>) {
    write(&mut io::stderr().lock(), text);
}

/// Writes how far something is over what was written before.
pub fn progress(text: fmt::Arguments<'_>) {
    let _ = write!(io::stderr().lock(), "\r{text}");
}

/// A reader that has gone away (`| head`) is no reason to fail.
fn write(to: &mut dyn io::Write, text: fmt::Arguments<'_>) {
    let _ = to.write_all(plain(&text.to_string()).as_bytes());
}

/// Where the program's own log goes: standard error, as far as that takes it. Often it is a
/// file on the disk that is full, and what is said about that must not stop what is done.
pub struct Log;

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().lock().write_all(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands out a file: as it is to a file or another program, readable on a terminal.
///
/// # Errors
/// When it cannot be written.
pub fn file(bytes: &[u8]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    if to.is_terminal() {
        to.write_all(plain(&String::from_utf8_lossy(bytes)).as_bytes())
    } else {
        to.write_all(bytes)
    }
}

/// `println!`, of what any terminal may be shown.
macro_rules! say {
    () => { $crate::terminal::out(format_args!("\n")) };
    ($($text:tt)*) => { $crate::terminal::out(format_args!("{}\n", format_args!($($text)*))) };
}

/// `eprintln!`, of what any terminal may be shown.
macro_rules! tell {
    () => { $crate::terminal::err(format_args!("\n")) };
    ($($text:tt)*) => { $crate::terminal::err(format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {say, tell};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_is_left() {
        for (text, shown) in [
            ("Giềng\tbáo cáo\n", "Giềng\tbáo cáo\n"),
            ("\x1b]0;owned\x07x", "\\u001b]0;owned\\u0007x"),
            ("a\rb\x08c\x7f", "a\\u000db\\u0008c\\u007f"),
            ("\u{9b}31m", "\\u009b31m"),
            ("exe.\u{202e}fdp", "exe.\\u202efdp"),
            ("a\u{2028}b", "a\\u2028b"),
            ("ad\u{200b}min\u{feff}", "ad\\u200bmin\\ufeff"),
        ] {
            assert_eq!(plain(text), shown);
        }
        for code in (0..0x20).chain(0x7f..0xa0) {
            let text = format!("a{}b", char::from(code));
            let left = plain(&text);
            assert!(
                !left.contains(|c: char| c.is_control() && c != '\n' && c != '\t'),
                "{code}"
            );
            assert!(!cell(&text).contains(char::is_control), "{code}");
        }
        let line = serde_json::json!({ "line": "a\u{9b}b\u{7f}\u{202e}" }).to_string();
        let read: serde_json::Value = serde_json::from_str(&plain(&line)).unwrap();
        assert_eq!(read["line"], "a\u{9b}b\u{7f}\u{202e}");
    }
}
