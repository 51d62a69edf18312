//! The signed file beside the paper that was reviewed: what of it does not stand there, and
//! what stands there beyond it.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use domain::{
    paper::{Block, Paper, Run},
    problem::{Problem, ProblemKind},
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
    /// It has no text that can be held against another: a PDF, a scan, a picture.
    Unread,
    /// Too many other files are being read just now.
    Busy,
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
/// Not found without a signed file that the actor may see; invalid when it cannot be read.
pub async fn compare(app: &App, ctx: &Ctx, document: &Document) -> Result<Compared, Problem> {
    let template = template(app, &document.row.template)?;
    let record = document.row.id.to_string();
    let sha256 = document.row.file.as_deref().unwrap_or_default();
    let (about, bytes) = attachment::get(app, ctx, sha256, Some(&record)).await?;
    let text = match app.examiner.known_text(sha256) {
        Some(text) => text,
        None => {
            let of = ("document", Some(document.row.organization));
            let asked = examiner::ask(app, ctx, of, &about.name, (Ask::Text, &bytes)).await;
            let text: Option<String> = match asked {
                Err(busy) if busy.kind == ProblemKind::Unavailable => return Ok(Compared::Busy),
                asked => asked?,
            };
            app.examiner.keep_text(sha256, text.clone());
            text
        }
    };
    Ok(held(&lines(&compose(&template, document)), text.as_deref()))
}

/// A paragraph or cell of a paper.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// As a file has it: with the number of its source behind a figure.
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
            line.noted.extend(run.note.map(|n| format!("[{n}]")));
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

/// What stands on every paper beside what it says: motto and words before addressees.
const FRAME: [&str; 5] = [
    "Cộng hòa xã hội chủ nghĩa Việt Nam",
    "Độc lập - Tự do - Hạnh phúc",
    "Đảng Cộng sản Việt Nam",
    "Kính gửi",
    "Nơi nhận",
];

fn held(reviewed: &[Line], signed: Option<&str>) -> Compared {
    let signed = signed
        .unwrap_or_default()
        .split(['\n', '\r', '\t', '\u{c}']);
    let there = count(signed.clone());
    let theirs = Words::of(signed);
    if theirs.words.is_empty() {
        return Compared::Unread;
    }
    let ours = Words::of(reviewed.iter().flat_map(|line| [&*line.text, &*line.noted]));
    let shorts = count(reviewed.iter().map(|line| line.text.as_str()));
    let stands = |text: &str| {
        let words = words(text);
        match words.len() {
            0 => true,
            // A cell, a name: as often as it was reviewed, by itself or within a line.
            1..GRAM => {
                there.get(&words) >= shorts.get(&words)
                    || (words.len() > 1 && theirs.words.windows(words.len()).any(|w| *w == words))
            }
            _ => words.windows(GRAM).all(|gram| theirs.grams.contains(gram)),
        }
    };
    let missing = (reviewed.iter())
        .filter(|line| !stands(&line.text) && !stands(&line.noted))
        .map(|line| line.text.clone())
        .take(TOLD)
        .collect();
    Compared::Read {
        missing,
        added: theirs.beyond(&ours, &shorts, &there),
    }
}

type Shorts = BTreeMap<Vec<String>, usize>;

/// How often each line of less than [`GRAM`] words stands there.
fn count<'a>(lines: impl Iterator<Item = &'a str>) -> Shorts {
    let mut all = Shorts::new();
    for line in lines
        .map(words)
        .filter(|line| (1..GRAM).contains(&line.len()))
    {
        *all.entry(line).or_default() += 1;
    }
    all
}

/// A text in words, without lines that may be the number of a page.
#[derive(Debug, Default)]
struct Words {
    words: Vec<String>,
    /// Where each line stands in them.
    lines: Vec<Range<usize>>,
    /// All runs of [`GRAM`] words, also over the ends of lines.
    grams: HashSet<Vec<String>>,
}

impl Words {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        let frame = FRAME.map(words);
        for line in lines.filter(|line| !is_page(line)) {
            let begin = all.words.len();
            let line = words(line);
            let framed = frame.iter().find(|frame| line.starts_with(frame));
            all.words
                .extend(line.into_iter().skip(framed.map_or(0, Vec::len)));
            all.lines.push(begin..all.words.len());
        }
        all.grams = all.words.windows(GRAM).map(<[String]>::to_vec).collect();
        all
    }

    /// Runs of words that stand here and not in `other`, the first ten, each with the words
    /// around it.
    fn beyond(&self, other: &Self, shorts: &Shorts, there: &Shorts) -> Vec<String> {
        let known = |gram: &[String]| other.grams.contains(gram);
        let mut beyond = vec![false; self.words.len()];
        for at in &self.lines {
            let line = &self.words[at.clone()];
            if line.len() >= GRAM {
                for (n, _) in (line.windows(GRAM).enumerate()).filter(|(_, gram)| !known(gram)) {
                    beyond[at.start + n..at.start + n + GRAM].fill(true);
                }
            } else if shorts
                .get(line)
                .is_none_or(|ours| there.get(line) > Some(ours))
            {
                // The end of a sentence that began in the line before, or more.
                let around =
                    at.start.saturating_sub(GRAM - 1)..(at.end + GRAM - 1).min(beyond.len());
                beyond[at.clone()].fill(!self.words[around].windows(GRAM).any(known));
            }
        }
        let mut added = numbers_beyond(shorts, there);
        let mut run: Option<Range<usize>> = None;
        for (at, beyond) in beyond.into_iter().chain([false]).enumerate() {
            match (&mut run, beyond) {
                (None, true) => run = Some(at..at + 1),
                (Some(run), true) => run.end = at + 1,
                (Some(found), false) => {
                    added.push(self.words[found.clone()].join(" "));
                    run = None;
                }
                (None, false) => {}
            }
        }
        added.truncate(TOLD);
        added
    }
}

/// Numbers that stand alone in a line and more often than reviewed, but for those of pages:
/// these follow each other from the first or second page.
fn numbers_beyond(shorts: &Shorts, there: &Shorts) -> Vec<String> {
    let mut beyond: Vec<&str> = Vec::new();
    for (line, times) in there {
        if let [number] = &line[..]
            && is_page(number)
        {
            let more = times.saturating_sub(shorts.get(line).copied().unwrap_or_default());
            beyond.extend(std::iter::repeat_n(number.as_str(), more));
        }
    }
    let mut pages: Vec<u16> = beyond.iter().filter_map(|n| n.parse().ok()).collect();
    pages.sort_unstable();
    let in_turn = pages.windows(2).all(|two| two[1] == two[0] + 1);
    match pages.first() {
        Some(1 | 2) if in_turn => Vec::new(),
        _ => beyond.into_iter().map(str::to_owned).collect(),
    }
}

/// Words and numbers in small letters, composed.
fn words(text: &str) -> Vec<String> {
    let text: String = text.nfc().collect::<String>().to_lowercase();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a line holds only the number of a page: `2`, `- 2 -`.
fn is_page(line: &str) -> bool {
    let number = line.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '–');
    (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
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
        assert_eq!(
            added,
            ["năm có 30 sự cố", "trong ngày xin miễn báo cáo quý sau"]
        );
    }

    #[test]
    fn sums_cells_and_sentences_of_known_words_are_told() {
        let differs = |reviewed: &str, signed: &str| {
            let Compared::Read { missing, added } = held(&typed(reviewed), Some(signed)) else {
                panic!("it has text");
            };
            (missing.join("|"), added.join("|"))
        };
        let told = |missing: &str, added: &str| (missing.to_owned(), added.to_owned());
        let sum = "Kinh phí bảo trì là 1.200 triệu đồng.";
        let more = "Kinh phí bảo trì là 1.500.200 triệu đồng.";
        assert_eq!(differs(sum, more), told(sum, "là 1 500 200 triệu"));
        let line = "Kinh phí bảo trì là 900 triệu đồng, trong ngày có sự cố";
        let again = format!("{line}\nTrong ngày có sự cố: 900 triệu đồng.");
        assert_eq!(differs(line, &again), told("", "sự cố 900 triệu"));
        let table = "Xã Cái Nhum\n3\n5\nXã Trà Côn\n7\n5";
        let changed = "Xã Cái Nhum\n3\n50\nXã Trà Côn\n7\n5";
        assert_eq!(differs(table, changed), told("5|5", "50"));
        let paged = format!("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n2\n{table}\n- 3 -\nKính gửi:");
        assert_eq!(differs(table, &paged), told("", ""));
        assert_eq!(differs(table, &format!("{table}\n4")), told("", "4"));
    }

    #[test]
    fn our_own_document_unchanged_is_the_same() {
        let run = |text: &str, note| Run {
            text: text.into(),
            note,
            ..Run::default()
        };
        let runs = vec![
            run("Đơn vị có ", None),
            run("1", Some(1)),
            run(" điểm kết nối, ", None),
            run("100 Mbit/s", Some(2)),
            run(".", None),
        ];
        let rows = [
            ["[1]", "Số điểm kết nối", "1"],
            ["[2]", "Tổng băng thông kênh truyền", "100"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let table = Block::Table {
            columns: Vec::new(),
            rows: rows.to_vec(),
        };
        let paper = Paper {
            body: vec![Block::Paragraph { runs }, table],
            ..Paper::default()
        };
        let signed = "unknown\n1970-01-01T00:00:00Z1\nĐơn vị có 1[1] điểm kết nối, 100 Mbit/s[2].\n[1]\nSố điểm kết nối\n1\n[2]\nTổng băng thông kênh truyền\n100\n";
        let found = held(&lines(&paper), Some(signed));
        assert_eq!(
            found,
            Compared::Read {
                missing: vec![],
                added: vec!["unknown 1970 01 01t00 00 00z1".into()]
            }
        );
    }

    #[test]
    fn a_scan_is_not_read() {
        for text in [None, Some(" \n\u{c}")] {
            assert_eq!(held(&typed(REVIEWED), text), Compared::Unread);
        }
    }
}
