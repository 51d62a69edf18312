//! From a template and what it was filled with to the finished paper.

use std::collections::BTreeMap;

use domain::{
    document::State,
    paper::{Annex, Block, Column, Form, Head, Paper, Run, Signature},
};
use policy::document::{Draft, Part, Piece, Template, built_in, pieces};

use super::{
    fill::{Filled, NO_DATA, REPLACES, Table, day},
    list::Document,
    number,
    roll_up::RollUp,
};

/// The paper of a document.
pub fn compose(template: &Template, document: &Document) -> Paper {
    let mut composer = Composer {
        unit: &document.letterhead.body,
        filled: &document.filled,
        drafts: &document.drafts,
        noted: Vec::new(),
    };
    let corrects = document.filled.names.get(REPLACES);
    let mut body: Vec<Block> = corrects.map(Block::plain).into_iter().collect();
    let mut annexes = Vec::new();
    for part in &template.body {
        composer.part(part, &mut body, &mut annexes);
    }
    let subject = composer.plain(&template.subject);
    let to = template
        .to
        .iter()
        .map(|line| composer.plain(line))
        .collect();
    let recipients = document.letterhead.recipients.lines();
    let recipients = recipients
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.trim().to_owned())
        .collect();
    let last = template.signatures.len().saturating_sub(1);
    let signatures = template
        .signatures
        .iter()
        .enumerate()
        .map(|(i, place)| Signature {
            // Where two sides sign, each place keeps the name of its side.
            capacity: match last {
                0 => document.letterhead.capacity.clone(),
                _ => composer.plain(&place.capacity),
            },
            title: match last {
                0 => document.letterhead.signer_title.clone(),
                _ => composer.plain(&place.title),
            },
            name: if i == last {
                document.row.signer.clone()
            } else {
                String::new()
            },
        })
        .collect();
    annexes.extend(composer.sources(document));
    let head = head(template, document);
    let belongs_to = belongs_to(&template.kind, &head, &document.letterhead.body);
    let several = annexes.len() > 1;
    for (annex, roman) in annexes.iter_mut().zip(ROMAN) {
        annex.label = match several {
            true => format!("Phụ lục {roman}"),
            false => "Phụ lục".into(),
        };
        annex.belongs_to.clone_from(&belongs_to);
    }
    let unfinished = matches!(document.state, State::Draft | State::Reviewed);
    Paper {
        form: template.form,
        head,
        kind: template.kind.clone(),
        subject,
        to,
        body,
        signatures,
        recipients,
        annexes,
        foot: if unfinished {
            format!(
                "Dự thảo; số liệu lấy lúc {}",
                moment(document.row.filled_at)
            )
        } else {
            String::new()
        },
        dated: document.row.signed_on.clone().unwrap_or_else(|| {
            domain::clock::local_date(domain::clock::from_ms(document.row.filled_at)).to_string()
        }),
    }
}

/// Numbers of annexes; no template has more.
const ROMAN: [&str; 10] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"];

/// What a paper's annexes say of it (Decree 30/2020, appendix I, part III).
fn belongs_to(kind: &str, head: &Head, unit: &str) -> String {
    let kind = match kind.to_lowercase() {
        empty if empty.is_empty() => "Văn bản".into(),
        kind => capital(&kind),
    };
    let number = head
        .number
        .replacen("Số", "số", 1)
        .replacen("số: ", "số ", 1);
    let day = head
        .place_and_date
        .split_once(", ")
        .map_or("", |(_, day)| day);
    format!("(Kèm theo {kind} {number} {} của {unit})", day.trim_end())
}

/// The text with a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn moment(ms: i64) -> String {
    let at = domain::clock::from_ms(ms).to_zoned(domain::clock::local_zone());
    at.strftime("%d/%m/%Y %H:%M").to_string()
}

fn head(template: &Template, document: &Document) -> Head {
    let (row, letterhead) = (&document.row, &document.letterhead);
    let number = number::full(template, document);
    let number = match template.form {
        Form::Party => format!("Số {number}"),
        Form::State | Form::Book => format!("Số: {number}"),
    };
    let day = row
        .signed_on
        .as_deref()
        .and_then(|d| d.parse::<jiff::civil::Date>().ok());
    let day = match day {
        // Days below 10 and months 1 and 2 have a zero before them.
        Some(d) if d.month() < 3 => format!(
            "ngày {:02} tháng {:02} năm {}",
            d.day(),
            d.month(),
            d.year()
        ),
        Some(d) => format!("ngày {:02} tháng {} năm {}", d.day(), d.month(), d.year()),
        None => "ngày      tháng      năm        ".into(),
    };
    Head {
        parent: letterhead.superior.to_uppercase(),
        body: letterhead.body.to_uppercase(),
        number,
        place_and_date: format!("{}, {day}", row.place),
    }
}

struct Composer<'a> {
    /// The issuing body's full name, which the text says as the heading does.
    unit: &'a str,
    filled: &'a Filled,
    drafts: &'a BTreeMap<String, String>,
    /// The figures that stand in the text, in the order of their notes.
    noted: Vec<String>,
}

impl Composer<'_> {
    fn note(&mut self, figure: &str) -> usize {
        if let Some(known) = self.noted.iter().position(|f| f == figure) {
            return known + 1;
        }
        self.noted.push(figure.to_owned());
        self.noted.len()
    }

    /// The text of a name: what every document knows, a draft, a number.
    fn text(&self, name: &str) -> String {
        if name == "unit" {
            return self.unit.to_owned();
        }
        let number = self.filled.numbers.get(name).map(|n| n.text.clone());
        self.filled
            .names
            .get(name)
            .or_else(|| self.drafts.get(name))
            .cloned()
            .or(number)
            // A figure that the template has got since this document was filled.
            .or_else(|| known(name).then(|| NO_DATA.to_owned()))
            .unwrap_or_default()
    }

    fn plain(&self, sentence: &str) -> String {
        plain(sentence, |name| self.text(name))
    }

    fn runs(&mut self, sentence: &str) -> Vec<Run> {
        pieces(sentence)
            .into_iter()
            .map(|piece| match piece {
                Piece::Words(words) => Run::plain(words),
                Piece::Name(name) if self.filled.numbers.contains_key(name) => Run {
                    note: Some(self.note(name)),
                    ..Run::plain(self.text(name))
                },
                Piece::Name(name) => Run::plain(self.text(name)),
            })
            .collect()
    }

    fn part(&mut self, part: &Part, body: &mut Vec<Block>, annexes: &mut Vec<Annex>) {
        match part {
            Part::Heading(text) => body.push(Block::Heading {
                text: self.plain(text),
            }),
            Part::Text(text) => {
                let runs = self.runs(text);
                body.push(Block::Paragraph { runs });
            }
            Part::List(items) => {
                let items = items.iter().map(|item| self.runs(item)).collect();
                body.push(Block::List { items });
            }
            Part::Figures(ids) => {
                let table = self.figures(ids);
                body.push(table);
            }
            Part::Table(wanted) => {
                let table = self.filled.tables.get(&wanted.figure);
                let shown = match table.filter(|table| !table.rows.is_empty()) {
                    Some(table) => drawn(table),
                    None if wanted.none.is_empty() => return,
                    None => Block::plain(self.plain(&wanted.none)),
                };
                match table {
                    Some(table) if wanted.annex => annexes.push(Annex {
                        title: table.label.vi.to_uppercase(),
                        body: vec![shown],
                        ..Annex::default()
                    }),
                    _ => body.push(shown),
                }
            }
            Part::Draft(draft) if draft.line => {}
            Part::Draft(draft) => body.extend(self.written(draft)),
            Part::RollUp(words) => match &self.filled.roll_up {
                Some(up) if !up.is_empty() => {
                    body.extend(rolled(up));
                }
                _ => body.push(Block::plain(self.plain(&words.none))),
            },
        }
    }

    fn written(&self, draft: &Draft) -> Vec<Block> {
        let text = self
            .drafts
            .get(&draft.id)
            .map(|t| t.trim())
            .unwrap_or_default();
        if text.is_empty() {
            let run = Run {
                italic: true,
                ..Run::plain(format!("({}: chưa viết)", draft.label.vi))
            };
            return vec![Block::Paragraph { runs: vec![run] }];
        }
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| match line.strip_prefix("- ") {
                Some(point) => Block::List {
                    items: vec![vec![Run::plain(point)]],
                },
                None => Block::plain(line),
            })
            .collect()
    }

    fn figures(&mut self, ids: &[String]) -> Block {
        let rows = ids
            .iter()
            .enumerate()
            .map(|(i, id)| {
                let note = self.note(id);
                let label = self
                    .filled
                    .numbers
                    .get(id)
                    .map_or(id.clone(), |n| n.label.vi.clone());
                vec![
                    (i + 1).to_string(),
                    label,
                    self.text(id),
                    format!("[{note}]"),
                ]
            })
            .collect();
        Block::Table {
            columns: columns(&[
                ("STT", 2, true),
                ("Chỉ tiêu", 13, false),
                ("Số liệu", 6, true),
                ("Nguồn", 3, false),
            ]),
            rows,
        }
    }

    /// Where every number comes from, as the last page says it.
    fn sources(&self, document: &Document) -> Option<Annex> {
        let numbers = self
            .noted
            .iter()
            .filter_map(|id| self.filled.numbers.get(id));
        let mut rows: Vec<Vec<String>> = numbers
            .enumerate()
            .map(|(i, n)| {
                vec![
                    format!("[{}]", i + 1),
                    n.label.vi.clone(),
                    n.text.clone(),
                    n.source.vi.clone(),
                ]
            })
            .collect();
        for table in self.filled.tables.values() {
            rows.push(vec![
                "Bảng".into(),
                table.label.vi.clone(),
                format!("{} dòng", table.rows.len()),
                table.source.vi.clone(),
            ]);
        }
        if rows.is_empty() {
            return None;
        }
        let taken = format!(
            "Số liệu do hệ thống Giềng tổng hợp lúc {}; mỗi số có thể truy lại đến từng dòng dữ liệu gốc.",
            moment(document.row.filled_at)
        );
        let heads = [
            ("Số", 2, false),
            ("Số liệu", 6, false),
            ("Giá trị", 3, true),
            ("Nguồn", 7, false),
        ];
        Some(Annex {
            title: "NGUỒN SỐ LIỆU".into(),
            body: vec![
                Block::plain(taken),
                Block::Table {
                    columns: columns(&heads),
                    rows,
                },
            ],
            ..Annex::default()
        })
    }
}

/// A sentence with its names filled.
pub(super) fn plain(sentence: &str, text: impl Fn(&str) -> String) -> String {
    pieces(sentence)
        .into_iter()
        .map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Name(name) => text(name),
        })
        .collect()
}

/// Whether a name is a figure of the program itself.
fn known(name: &str) -> bool {
    built_in().iter().any(|figure| figure.id == name)
}

fn columns(of: &[(&str, u32, bool)]) -> Vec<Column> {
    of.iter()
        .map(|(title, width, number)| Column {
            title: (*title).to_owned(),
            width: *width,
            number: *number,
        })
        .collect()
}

fn drawn(table: &Table) -> Block {
    Block::Table {
        columns: table
            .columns
            .iter()
            .map(|(title, width)| Column {
                title: title.clone(),
                width: *width,
                number: false,
            })
            .collect(),
        rows: table.rows.clone(),
    }
}

fn rolled(up: &RollUp) -> Vec<Block> {
    let mut heads = columns(&[
        ("STT", 1, true),
        ("Đơn vị", 5, false),
        ("Văn bản", 3, false),
    ]);
    heads.extend(up.columns.iter().map(|title| Column {
        title: title.clone(),
        width: 2,
        number: true,
    }));
    let mut rows: Vec<Vec<String>> = up
        .sent
        .iter()
        .enumerate()
        .map(|(i, d)| {
            let mut row = vec![(i + 1).to_string(), d.unit.clone(), d.number.clone()];
            row.extend(d.values.iter().cloned());
            row
        })
        .collect();
    let mut total = vec![
        String::new(),
        "Cộng".into(),
        format!("{} đơn vị", up.sent.len()),
    ];
    total.extend(up.totals.iter().cloned());
    rows.push(total);
    let mut all = vec![Block::Table {
        columns: heads,
        rows,
    }];
    let named = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        in_columns(&names)
    };
    if !up.otherwise.is_empty() {
        all.push(Block::plain(format!(
            "Đã báo cáo bằng văn bản ngoài hệ thống, có ghi sổ: {} đơn vị (số liệu không cộng ở bảng trên):",
            up.otherwise.len()
        )));
        let each = up.otherwise.iter();
        let each: Vec<String> = each
            .map(|(name, on)| format!("{name} ({})", day(on)))
            .collect();
        all.push(named(&each));
    }
    if !up.exempt.is_empty() {
        let n = up.exempt.len();
        all.push(Block::plain(format!("Được miễn báo cáo: {n} đơn vị:")));
        all.push(named(&up.exempt));
    }
    if up.missing.is_empty() {
        all.push(Block::plain("Tất cả đơn vị có trách nhiệm đã gửi báo cáo."));
    } else {
        all.push(Block::plain(format!(
            "Còn {} đơn vị chưa gửi báo cáo:",
            up.missing.len()
        )));
        let names: Vec<String> = up.missing.iter().map(|(_, name)| name.clone()).collect();
        all.push(named(&names));
    }
    all
}

/// Numbered names, side by side where there are many: 132 units fill two pages, not four.
fn in_columns(names: &[&str]) -> Block {
    let one = [("STT", 1, true), ("Đơn vị", 7, false)];
    let heads = if names.len() > 6 {
        one.repeat(2)
    } else {
        one.to_vec()
    };
    let tall = names.len().div_ceil(heads.len() / 2);
    let cell = |i: usize| match names.get(i) {
        Some(name) => [(i + 1).to_string(), (*name).to_owned()],
        None => [String::new(), String::new()],
    };
    let row = |i: usize| {
        (0..heads.len() / 2)
            .flat_map(|column| cell(i + column * tall))
            .collect()
    };
    Block::Table {
        rows: (0..tall).map(row).collect(),
        columns: columns(&heads),
    }
}
