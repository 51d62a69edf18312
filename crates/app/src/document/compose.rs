//! From a template and what it was filled with to the finished paper.

use std::collections::BTreeMap;

use domain::{
    document::State,
    paper::{Block, Column, Form, Head, Paper, Run, Signature},
};
use policy::document::{Draft, Part, Piece, Template, pieces};

use super::{
    fill::{Filled, RollUp, Table},
    list::Document,
};

/// The paper of a document.
pub fn compose(template: &Template, document: &Document) -> Paper {
    let mut composer = Composer {
        filled: &document.filled,
        drafts: &document.drafts,
        noted: Vec::new(),
    };
    let mut body = Vec::new();
    let mut annex = Vec::new();
    for part in &template.body {
        composer.part(part, &mut body, &mut annex);
    }
    let subject = composer.plain(&template.subject);
    let to = template
        .to
        .iter()
        .map(|line| composer.plain(line))
        .collect();
    let recipients = template
        .recipients
        .iter()
        .map(|line| composer.plain(line))
        .collect();
    let last = template.signatures.len().saturating_sub(1);
    let signatures = template
        .signatures
        .iter()
        .enumerate()
        .map(|(i, place)| Signature {
            capacity: composer.plain(&place.capacity),
            title: composer.plain(&place.title),
            name: if i == last {
                document.row.signer.clone()
            } else {
                String::new()
            },
        })
        .collect();
    annex.extend(composer.sources(document));
    let unfinished = matches!(document.state, State::Draft | State::Reviewed);
    Paper {
        form: template.form,
        head: head(template, document),
        kind: template.kind.clone(),
        subject,
        to,
        body,
        signatures,
        recipients,
        annex,
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

fn moment(ms: i64) -> String {
    let at = domain::clock::from_ms(ms).to_zoned(domain::clock::local_zone());
    at.strftime("%d/%m/%Y %H:%M").to_string()
}

fn head(template: &Template, document: &Document) -> Head {
    let name = |key: &str| document.filled.names.get(key).cloned().unwrap_or_default();
    let row = &document.row;
    let symbol = match (template.abbreviation.as_str(), name("unit_code")) {
        ("", code) => code,
        (kind, code) => format!("{kind}/{code}"),
    };
    // Below ten a number has a zero before it (Decree 30/2020, appendix I).
    let number = match row.number.parse::<u32>() {
        Ok(n) => format!("{n:02}"),
        Err(_) if row.number.is_empty() => "      ".into(),
        Err(_) => row.number.clone(),
    };
    let number = match template.form {
        Form::Party => format!("Số {number}-{symbol}"),
        Form::State | Form::Book => format!("Số: {number}/{}", symbol.replacen('/', "-", 1)),
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
        parent: name("parent").to_uppercase(),
        body: name("unit").to_uppercase(),
        number,
        place_and_date: format!("{}, {day}", row.place),
    }
}

struct Composer<'a> {
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
        let number = self.filled.numbers.get(name).map(|n| n.text.clone());
        self.filled
            .names
            .get(name)
            .or_else(|| self.drafts.get(name))
            .cloned()
            .or(number)
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

    fn part(&mut self, part: &Part, body: &mut Vec<Block>, annex: &mut Vec<Block>) {
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
                let into = if wanted.annex { annex } else { body };
                match self.filled.tables.get(&wanted.figure) {
                    Some(table) if !table.rows.is_empty() => {
                        if wanted.annex {
                            into.push(Block::Heading {
                                text: table.label.vi.clone(),
                            });
                        }
                        into.push(drawn(table));
                    }
                    _ => into.push(Block::plain(self.plain(&wanted.none))),
                }
            }
            Part::Draft(draft) if draft.line => {}
            Part::Draft(draft) => body.extend(self.written(draft)),
            Part::RollUp(words) => match &self.filled.roll_up {
                Some(up) if !up.sent.is_empty() || !up.missing.is_empty() => {
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
                ("STT", 1, true),
                ("Chỉ tiêu", 7, false),
                ("Số liệu", 3, true),
                ("Nguồn", 1, false),
            ]),
            rows,
        }
    }

    /// Where every number comes from, as the last page says it.
    fn sources(&self, document: &Document) -> Vec<Block> {
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
            return Vec::new();
        }
        vec![
            Block::Heading {
                text: "Phụ lục: nguồn số liệu".into(),
            },
            Block::plain(format!(
                "Số liệu do hệ thống Giềng tổng hợp lúc {}; mỗi số có thể truy lại đến từng dòng dữ liệu gốc.",
                moment(document.row.filled_at)
            )),
            Block::Table {
                columns: columns(&[
                    ("Số", 2, false),
                    ("Số liệu", 6, false),
                    ("Giá trị", 3, true),
                    ("Nguồn", 7, false),
                ]),
                rows,
            },
        ]
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
    if up.missing.is_empty() {
        all.push(Block::plain("Tất cả đơn vị có trách nhiệm đã gửi báo cáo."));
    } else {
        all.push(Block::plain(format!(
            "Còn {} đơn vị chưa gửi báo cáo:",
            up.missing.len()
        )));
        all.push(Block::List {
            items: up
                .missing
                .iter()
                .map(|(_, name)| vec![Run::plain(name)])
                .collect(),
        });
    }
    all
}
