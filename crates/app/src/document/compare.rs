//! The signed file beside the paper that was reviewed: what of it does not stand there, and
//! what stands there beyond it.

use std::collections::HashSet;

use domain::{
    paper::{Block, Paper, Run},
    problem::Problem,
};
use examine::ask::Ask;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    compose::compose,
    list::{Document, template},
};
use crate::{App, Ctx, attachment, examiner};

/// So many differences are told.
const TOLD: usize = 10;
/// Words that are held against each other at once: one that is changed is seen, and a page
/// that turns in the middle of a sentence is not.
const GRAM: usize = 3;

/// The signed file beside what was reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It has no text that can be read: a scan, a picture.
    Unread,
    /// Its text was read.
    Read {
        /// Lines of the reviewed paper that do not stand in it, the first ten.
        missing: Vec<String>,
        /// Words in it that the reviewed paper has not, the first ten runs.
        added: Vec<String>,
    },
}

/// Holds the signed file against the paper as it was reviewed, with the number, day and signer
/// that were noted.
///
/// # Errors
/// Not found without a signed file that the actor may see; unavailable when no file can be read.
pub async fn compare(app: &App, ctx: &Ctx, document: &Document) -> Result<Compared, Problem> {
    let template = template(app, &document.row.template)?;
    let record = document.row.id.to_string();
    let sha256 = document.row.file.as_deref().unwrap_or_default();
    let (about, bytes) = attachment::get(app, ctx, sha256, Some(&record)).await?;
    let of = ("document", Some(document.row.organization));
    let text: Option<String> =
        examiner::ask(app, ctx, of, &about.name, (Ask::Text, &bytes)).await?;
    Ok(held(&lines(&compose(&template, document)), text.as_deref()))
}

/// A paragraph or cell of a paper.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// As a reader of PDF may give it: the number of a source, set above the line, follows
    /// its figure without a space.
    noted: String,
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        let (text, noted) = (text.to_owned(), text.to_owned());
        Self { text, noted }
    }
}

impl Line {
    fn of(runs: &[Run]) -> Self {
        let mut line = Self::default();
        for run in runs {
            line.text.push_str(&run.text);
            line.noted.push_str(&run.text);
            line.noted.extend(run.note.map(|n| n.to_string()));
        }
        line
    }
}

/// What a paper says, its foot apart.
fn lines(paper: &Paper) -> Vec<Line> {
    let head = &paper.head;
    let mut all: Vec<Line> = [&head.parent, &head.body, &head.number, &head.place_and_date]
        .into_iter()
        .chain([&paper.kind, &paper.subject])
        .chain(&paper.to)
        .map(|text| text.as_str().into())
        .collect();
    for annex in &paper.annexes {
        all.extend([&annex.title, &annex.belongs_to].map(|text| text.as_str().into()));
    }
    let annexes = paper.annexes.iter().flat_map(|annex| &annex.body);
    for block in paper.body.iter().chain(annexes) {
        match block {
            Block::Heading { text } => all.push(text.as_str().into()),
            Block::Paragraph { runs } => all.push(Line::of(runs)),
            Block::List { items } => all.extend(items.iter().map(|item| Line::of(item))),
            Block::Table { columns, rows } => {
                all.extend(columns.iter().map(|c| c.title.as_str().into()));
                all.extend(rows.iter().flatten().map(|cell| cell.as_str().into()));
            }
        }
    }
    for by in &paper.signatures {
        all.extend([&by.capacity, &by.title, &by.name].map(|text| text.as_str().into()));
    }
    all.extend(paper.recipients.iter().map(|text| text.as_str().into()));
    all
}

/// The text of a paper, a paragraph or cell a line.
pub fn text(paper: &Paper) -> String {
    let lines = lines(paper);
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    texts.join("\n")
}

fn held(reviewed: &[Line], signed: Option<&str>) -> Compared {
    let theirs = words(signed.unwrap_or_default());
    if theirs.is_empty() {
        return Compared::Unread;
    }
    let stands = grams(&theirs);
    let whole = |text: &str| {
        let words = words(text);
        let mut grams = words.windows(GRAM.min(words.len()).max(1));
        grams.all(|gram| stands.contains(&gram.join(" ")))
    };
    let missing = (reviewed.iter())
        .filter(|line| !whole(&line.text) && !whole(&line.noted))
        .map(|line| line.text.clone())
        .take(TOLD)
        .collect();
    let known: HashSet<String> = (reviewed.iter())
        .flat_map(|line| [&line.text, &line.noted])
        .flat_map(|text| words(text))
        .collect();
    let mut added: Vec<String> = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    for word in theirs.iter().map(Some).chain([None]) {
        // A page's number says nothing.
        match word.filter(|w| !known.contains(*w) && !is_page(w)) {
            Some(word) => run.push(word),
            None if !run.is_empty() && added.len() < TOLD => {
                added.push(std::mem::take(&mut run).join(" "));
            }
            None => run.clear(),
        }
    }
    Compared::Read { missing, added }
}

/// Words and numbers in small letters, composed.
fn words(text: &str) -> Vec<String> {
    let text: String = text.nfc().collect::<String>().to_lowercase();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// All runs of one to three words, also across the number of a page.
fn grams(words: &[String]) -> HashSet<String> {
    let mut all = HashSet::new();
    for n in 1..=GRAM {
        all.extend(words.windows(n).map(|gram| gram.join(" ")));
        let over = words.windows(n + 1).flat_map(|wide| {
            let inner = 1..wide.len().saturating_sub(1);
            inner.filter(|i| is_page(&wide[*i])).map(|skip| {
                let kept = wide.iter().enumerate().filter(|(i, _)| *i != skip);
                let kept: Vec<&str> = kept.map(|(_, word)| word.as_str()).collect();
                kept.join(" ")
            })
        });
        all.extend(over.collect::<Vec<_>>());
    }
    all
}

fn is_page(word: &str) -> bool {
    word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<Line> {
        text.lines().map(Line::from).collect()
    }

    const REVIEWED: &str = "Số: 25/BC-UBND\nTrong năm có 3 sự cố, đã khắc phục xong trong ngày.\nĐơn vị kiến nghị bổ sung đường truyền dự phòng.";

    #[test]
    fn what_was_reviewed_stands_in_the_signed_file_line_breaks_and_pages_apart() {
        let signed = "SỐ: 25/BC-UBND\nTrong năm có 3 sự\ncố, đã khắc phục\n2\nxong trong ngày. Đơn vị kiến nghị bổ sung đường truyền dự phòng.\n";
        let signed: String = signed.nfd().collect();
        let same = Compared::Read {
            missing: Vec::new(),
            added: Vec::new(),
        };
        assert_eq!(held(&typed(REVIEWED), Some(&signed)), same);
    }

    #[test]
    fn a_changed_number_a_line_left_out_and_one_more_are_told() {
        let signed = "Số: 25/BC-UBND. Trong năm có 30 sự cố, đã khắc phục xong trong ngày. Xin miễn báo cáo quý sau.";
        let Compared::Read { missing, added } = held(&typed(REVIEWED), Some(signed)) else {
            panic!("it has text");
        };
        let rest: Vec<&str> = REVIEWED.lines().skip(1).collect();
        assert_eq!(missing, rest);
        assert_eq!(added, ["xin miễn báo cáo quý sau"]);
    }

    #[test]
    fn a_scan_is_not_read() {
        for text in [None, Some(" \n\u{c}")] {
            assert_eq!(held(&typed(REVIEWED), text), Compared::Unread);
        }
    }
}
