//! One line: whether a marking stands on it as a stamp does.

use unicode_normalization::UnicodeNormalization as _;

use super::{
    letters::capitals,
    words::{ABOUT, AFTER, BEFORE, HEADS, LABELS, NO_HEADS, STAMPS, TITLES, WHOLE},
};

/// A level, word by word.
type Level = &'static [&'static str];

/// The levels, longest first; the last two as a typewriter has them.
const LEVELS: [Level; 5] = [
    &["TUYỆT", "MẬT"],
    &["TỐI", "MẬT"],
    &["MẬT"],
    &["TUYET", "MAT"],
    &["TOI", "MAT"],
];

/// The same without anything between their words.
const SOLID: [&str; 5] = ["TUYỆTMẬT", "TỐIMẬT", "MẬT", "TUYETMAT", "TOIMAT"];

/// More levels on one line than a sentence has: each costs a look at the whole line.
const MOST_LEVELS: usize = 32;

/// What is known by its first words needs no more of them.
const FIRST_WORDS: usize = 12;

/// Whether letters without anything between them are one marking, or the same ones repeated.
pub fn is_solid_marking(letters: &str) -> bool {
    !letters.is_empty()
        && SOLID.iter().any(|level| {
            letters.len().is_multiple_of(level.len())
                && letters
                    .as_bytes()
                    .chunks(level.len())
                    .all(|part| part == level.as_bytes())
        })
}

/// Whether a level stands among the first lines of a document as a stamp does, written with a
/// capital in front; see [`super::is_stamped`].
pub fn is_stamped(lines: &[&str], on_each_page: bool) -> bool {
    let words: Vec<Vec<Word>> = lines.iter().map(|line| Word::all(line).0).collect();
    let alone: Vec<Option<Level>> = lines
        .iter()
        .zip(&words)
        .map(|(line, words)| level_alone(line, words))
        .collect();
    let mut named = words.iter().filter_map(|words| level_of(words));
    let Some(first) = named.next() else {
        return false;
    };
    if named.any(|other| other != first) || words.iter().any(|words| ends_in_label(words)) {
        return false;
    }
    let head = |at: usize| {
        let lines = words.iter().enumerate().take(at + 3);
        let mut near = lines.skip(at.saturating_sub(2));
        near.any(|(i, words)| i != at && is_head(words))
    };
    alone.iter().enumerate().any(|(at, level)| {
        level.is_some_and(|level| on_each_page || head(at) || (at < 2 && level.len() > 1))
    })
}

/// The level that all words of a line are.
fn level_of(words: &[Word]) -> Option<Level> {
    let is = |level: &Level| {
        words.len() == level.len() && words.iter().zip(*level).all(|(w, l)| w.text == *l)
    };
    LEVELS[..3].iter().copied().find(is)
}

/// The same where it stands alone, not in a list, with a capital in front.
fn level_alone(line: &str, words: &[Word]) -> Option<Level> {
    let bare = line.trim_matches(['[', ']', '(', ')', '*', ' ']);
    let written = bare.chars().all(|c| c.is_alphabetic() || c == ' ');
    let capital = bare.chars().next().is_some_and(char::is_uppercase);
    level_of(words).filter(|_| written && capital)
}

/// A line with its neighbours; no line holds a control character but the tab.
pub struct Line<'a> {
    before: &'a str,
    text: &'a str,
    after: &'a str,
}

/// A word of a segment, in capitals, with what stands before it.
#[derive(Debug)]
struct Word {
    text: String,
    /// Whether it was written in capitals.
    capitals: bool,
    /// What stands between it and the word before.
    gap: String,
}

impl Word {
    fn all(segment: &str) -> (Vec<Self>, String) {
        let mut words = Vec::new();
        let mut gap = String::new();
        let mut rest = segment;
        while let Some(start) = rest.find(char::is_alphanumeric) {
            gap.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len());
            let written = &rest[..end];
            let upper = capitals(written);
            words.push(Self {
                capitals: upper.is_some(),
                text: upper.map_or_else(|| written.to_uppercase(), std::borrow::Cow::into_owned),
                gap: std::mem::take(&mut gap),
            });
            rest = &rest[end..];
        }
        (words, rest.to_owned())
    }
}

impl<'a> Line<'a> {
    pub fn new(before: &'a str, text: &'a str, after: &'a str) -> Self {
        Self {
            before,
            text,
            after,
        }
    }

    pub fn is_marked(&self) -> bool {
        let set_apart = || {
            let mut runs = self
                .text
                .split(|c: char| !c.is_alphabetic())
                .filter(|r| !r.is_empty());
            runs.all(|run| run.chars().count() == 1) && is_solid_marking(&solid(self.text))
        };
        if !may_mark(self.text) {
            return self.text.chars().count() < 200 && set_apart();
        }
        let segments: Vec<&str> = self
            .text
            .split(['\t', '|', '¦', '│'])
            .flat_map(|part| part.split("  "))
            .map(str::trim)
            .filter(|segment| !segment.is_empty())
            .collect();
        let at = |i: usize| segments.get(i).copied();
        segments.iter().enumerate().any(|(i, segment)| {
            let before = i.checked_sub(1).and_then(at).unwrap_or(self.before);
            let after = at(i + 1).unwrap_or(self.after);
            segment_is_marked(before, segment, after)
        }) || set_apart()
    }
}

/// Whether a text has the letters of a level at all.
fn may_mark(text: &str) -> bool {
    text.contains(['Ậ', 'ậ'])
        || text.contains("MAT")
        || text.contains("mat")
        || text.contains("Mat")
}

/// The letters of a text that is in capitals; empty when it is not.
fn solid(text: &str) -> String {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    capitals(&letters).map_or_else(String::new, std::borrow::Cow::into_owned)
}

fn segment_is_marked(before: &str, segment: &str, after: &str) -> bool {
    if !may_mark(segment) {
        return false;
    }
    if is_solid_marking(&solid(segment)) {
        return !(is_wrapped(before, segment, after) || is_enumeration(before, segment, after));
    }
    let (words, tail) = Word::all(segment);
    is_labelled(&words) || follows_label(before, &words) || {
        let levels = levels_in(&words);
        let mut kinds = levels.iter().map(|(_, level)| level);
        let one = kinds
            .next()
            .is_none_or(|first| kinds.all(|level| level == first));
        let stamp = || {
            levels
                .iter()
                .any(|(at, level)| is_stamp(&words, *at, at + level.len(), &tail))
        };
        one && (levels.len() > MOST_LEVELS || stamp()) && !is_enumeration(before, segment, after)
    }
}

/// Where levels in capitals stand, and which.
fn levels_in(words: &[Word]) -> Vec<(usize, Level)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let is = |level: &Level| {
            let end = at + level.len();
            words.get(at..end).is_some_and(|here| {
                here.iter()
                    .zip(*level)
                    .all(|(w, l)| w.capitals && w.text == *l)
                    && here.iter().skip(1).all(|w| w.gap.trim().is_empty())
            })
        };
        let level = LEVELS
            .iter()
            .copied()
            .enumerate()
            .find(|(_, level)| is(level));
        // A typewriter's level must be all that stands there.
        if let Some((0..3, level)) = level {
            found.push((at, level));
        }
        at += level.map_or(1, |(_, level)| level.len());
    }
    found
}

/// Whether the level at `from..to` stands among the words as a stamp.
fn is_stamp(words: &[Word], from: usize, to: usize, tail: &str) -> bool {
    let (Some((before, [level, ..])), Some(after)) =
        (words.split_at_checked(from), words.get(to..))
    else {
        return false;
    };
    let gap = level.gap.as_str();
    let next = after.first().map_or(tail, |w| w.gap.as_str());
    let last = before.last().map_or("", |w| w.text.as_str());
    let first = after.first().map_or("", |w| w.text.as_str());
    if (gap.trim().is_empty() && BEFORE.contains(&last))
        || (next.trim().is_empty() && AFTER.contains(&first))
    {
        return false;
    }
    let stamp =
        |w: &Word| STAMPS.contains(&w.text.as_str()) || w.text.chars().all(|c| c.is_ascii_digit());
    if before.iter().chain(after).all(stamp) {
        return true;
    }
    let joined = |words: &[Word]| {
        words
            .iter()
            .take(FIRST_WORDS)
            .map(|w| w.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    if WHOLE.contains(&joined(words).as_str()) {
        return words.iter().all(|w| w.capitals);
    }
    let parts = |gap: &str| {
        gap.contains([
            '-', '–', '—', '/', '(', ')', '[', ']', '{', '}', '*', '•', '·', '_', '~', '=',
        ])
    };
    let about = ABOUT.contains(&last);
    match (before.is_empty(), after.is_empty()) {
        (true, _) => {
            parts(next)
                || parts(gap)
                || next.trim_start().starts_with([':', '.'])
                || (is_head(after) && after.iter().any(|w| !w.gap.contains(',')))
                || (after.first().is_some_and(|w| w.capitals)
                    && TITLES.iter().any(|t| joined(after).starts_with(t)))
        }
        (_, true) => {
            let labelled = gap.contains([':', '：']) && before.len() <= 4;
            labelled || (!about && (parts(gap) || is_head(before)))
        }
        _ => !about && ((parts(gap) && parts(next)) || (is_head(before) && is_head(after))),
    }
}

/// Whether words are a line of the head of a document: who issues it, its number, its date.
fn is_head(words: &[Word]) -> bool {
    let joined = words
        .iter()
        .take(FIRST_WORDS)
        .map(|w| bare(&w.text))
        .collect::<Vec<_>>()
        .join(" ");
    let (number, copy) = match words {
        [] => return false,
        [first, second, ..] => (
            first.text == "SỐ" && second.text.starts_with(|c: char| c.is_ascii_digit()),
            first.text == "BẢN" && second.text == "SỐ",
        ),
        [_] => (false, false),
    };
    let dated = words.len() <= FIRST_WORDS && joined.contains("NGAY") && joined.contains("THANG");
    if number || copy || dated || joined.starts_with("KINH GUI") || joined.starts_with("V V") {
        return true;
    }
    let begins = |heads: &[&str]| {
        heads.iter().any(|head| {
            joined
                .strip_prefix(head)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    begins(HEADS) && !begins(NO_HEADS) && words.iter().all(|w| w.capitals)
}

/// Without tone marks.
fn bare(text: &str) -> String {
    let letters = text
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    letters.map(|c| if c == 'Đ' { 'D' } else { c }).collect()
}

/// "Độ mật: tối mật", in any letters; not where the levels are listed to choose from.
fn is_labelled(words: &[Word]) -> bool {
    let level_at = |at: usize| {
        LEVELS.iter().copied().find(|level| {
            words
                .get(at..at + level.len())
                .is_some_and(|here| here.iter().zip(*level).all(|(w, l)| w.text == *l))
        })
    };
    let levels: Vec<Option<Level>> = (0..words.len()).map(level_at).collect();
    let mut from_last = levels.iter().enumerate().rev();
    let Some((last, of_last)) = from_last.find_map(|(at, level)| Some((at, (*level)?))) else {
        return false;
    };
    // Behind this place stands only the last one.
    let other = levels
        .iter()
        .rposition(|level| level.is_some_and(|level| level != of_last));
    levels.iter().enumerate().skip(1).any(|(at, level)| {
        let (Some(level), Some((before, [word, ..]))) = (*level, words.split_at_checked(at)) else {
            return false;
        };
        let end = at + level.len();
        let separated = word.gap.contains([':', '：', '-', '–', '—', '=']);
        let alone = end == words.len();
        let ends = words
            .get(end)
            .is_none_or(|w| !w.gap.trim().is_empty() || STAMPS.contains(&w.text.as_str()));
        let only = end > last || (level == of_last && other.is_none_or(|other| other < end));
        ends_in_label(before) && (separated || alone) && ends && only
    })
}

fn ends_in_label(words: &[Word]) -> bool {
    LABELS.iter().any(|label| {
        let mut words = words.iter().rev();
        label
            .rsplit(' ')
            .all(|part| words.next().is_some_and(|w| w.text == part))
    })
}

/// The level in a cell or on a line of its own, after one that ends in "Độ mật:".
fn follows_label(before: &str, words: &[Word]) -> bool {
    let labelled = before.trim_end().ends_with([':', '：']) && ends_in_label(&Word::all(before).0);
    let text: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    labelled && LEVELS.contains(&text.as_slice())
}

/// Whether the marking is only the end or the beginning of an ordinary word or sentence
/// that did not fit on its line.
fn is_wrapped(before: &str, segment: &str, after: &str) -> bool {
    let (before, _) = Word::all(before);
    let (after, _) = Word::all(after);
    let single = solid(segment) == "MẬT";
    let last = before.last();
    let ordinary = last
        .is_some_and(|w| w.capitals && BEFORE.iter().take(3).any(|word| w.text == *word))
        || after
            .first()
            .is_some_and(|w| w.capitals && ["KHẨU", "MÃ"].contains(&w.text.as_str()));
    let sentence = last.is_some_and(|w| !w.capitals && ABOUT.contains(&w.text.as_str()))
        && after
            .first()
            .is_some_and(|w| !w.capitals && w.text.chars().all(char::is_alphabetic))
        && !segment.starts_with(['[', '(']);
    (single && ordinary) || sentence
}

/// Whether signs stand on both sides of a line, or before a heading in plain text: it is no
/// item of a list.
fn is_framed(text: &str) -> bool {
    let pairs = [
        ("*", "*"),
        ("_", "_"),
        ("~", "~"),
        ("[", "]"),
        ("{", "}"),
        ("<", ">"),
        ("“", "”"),
        ("\"", "\""),
    ];
    let both = |(open, close): &(&str, &str)| {
        text.len() > 1 && text.starts_with(open) && text.ends_with(close)
    };
    text.starts_with('#') || pairs.iter().any(both)
}

/// Whether neighbours list the other levels: a regulation that explains them.
fn is_enumeration(before: &str, segment: &str, after: &str) -> bool {
    let level = |text: &str| {
        let bullet = text.trim_start_matches(|c: char| !c.is_alphabetic());
        // "a)", "1."
        let item = bullet
            .split_once(')')
            .filter(|(letter, _)| letter.chars().count() == 1);
        let rest = item.map_or(bullet, |(_, rest)| rest);
        let listed =
            !is_framed(text) && (rest.len() < text.len() || text.ends_with([';', ',', '.']));
        let (words, _) = Word::all(rest);
        let found = levels_in(&words)
            .first()
            .filter(|(at, _)| *at == 0)
            .map(|(_, level)| *level);
        found.filter(|_| listed)
    };
    let Some(own) = level(segment) else {
        return false;
    };
    [before, after]
        .iter()
        .any(|other| level(other).is_some_and(|o| o != own))
}
