//! What documents tell of verdicts.

use std::collections::HashSet;

use domain::{clock, id::OrganizationId, label::Label, problem::Problem};
use policy::{
    Status, Tally,
    document::{BuiltIn, Every, JUDGED, Stretch, Template, WHOLES},
};

use super::fill::{Filled, Number, Table, vietnamese};
use crate::{
    App, Ctx,
    assess::{self, AsOf, Known},
};

/// The verdicts on the covered units: now, or at the end of the day that a document is about.
pub(super) struct Judged {
    view: assess::BoardView,
    regulations: Vec<String>,
}

impl Judged {
    pub(super) async fn load(
        app: &App,
        ctx: &Ctx,
        template: &Template,
        stretch: &Stretch,
        covered: &HashSet<OrganizationId>,
    ) -> Result<Self, Problem> {
        let past = template.period == Every::Day && stretch.to < app.clock.today();
        let as_of = past.then(|| AsOf::day(stretch.to, Known::Then));
        let mut view = assess::board(app, ctx, as_of).await?;
        let board = view.board.clone();
        view.units.retain(|u| covered.contains(&board.units[*u].id));
        let regulations = if template.regulations.is_empty() {
            view.library.regulations.keys().cloned().collect()
        } else {
            template.regulations.clone()
        };
        Ok(Self { view, regulations })
    }

    fn tally(&self) -> Tally {
        let mut all = Tally::default();
        for id in &self.regulations {
            all += self.view.tally(id);
        }
        all
    }

    /// Puts a built-in figure into a document.
    pub(super) fn put(&self, known: &BuiltIn, into: &mut Filled) {
        let label = Label::new(known.label[0], known.label[1]);
        let source = Label::new(JUDGED[0], JUDGED[1]);
        if known.columns.is_empty() {
            let tally = self.tally();
            let count = count(known.id, &tally);
            // Without any verdict there is nothing to say, and zero would say something.
            #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^52")]
            let value = (tally.total() > 0).then_some(count as f64);
            let number = Number {
                value,
                text: value.map_or_else(|| super::fill::NO_DATA.into(), |v| vietnamese(v, 0)),
                label,
                source,
                coverage: None,
            };
            into.numbers.insert(known.id.into(), number);
            return;
        }
        let rows = match known.id {
            "compliance-by-article" => self.by_article(),
            "compliance-by-unit" => self.by_unit(),
            _ => self.verdicts(),
        };
        let table = Table {
            columns: known
                .columns
                .iter()
                .map(|(head, width)| ((*head).to_owned(), *width))
                .collect(),
            rows,
            label,
            source,
        };
        into.tables.insert(known.id.into(), table);
    }

    fn by_article(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for id in &self.regulations {
            let Ok(regulation) = assess::regulation(&self.view, id) else {
                continue;
            };
            let several = self.regulations.len() > 1;
            for article in regulation.chapters.iter().flat_map(|c| &c.articles) {
                if article.tally.total() == 0 {
                    continue;
                }
                let mut place = format!("Điều {}", article.number);
                if several {
                    place = format!("{place}, {}", regulation.regulation.short.vi);
                }
                let mut row = vec![place, article.title.vi.clone()];
                row.extend(counts(&article.tally));
                rows.push(row);
            }
        }
        rows
    }

    fn by_unit(&self) -> Vec<Vec<String>> {
        let board = &self.view.board;
        let mut rows = Vec::new();
        for u in &self.view.units {
            let mut tally = Tally::default();
            for (c, key) in board.clauses.iter().enumerate() {
                if let (true, Some(cell)) = (self.tells(&key.regulation), board.cell(*u, c)) {
                    tally.count(cell.status);
                }
            }
            if tally.total() > 0 {
                let mut row = vec![board.units[*u].name.clone()];
                row.extend(counts(&tally));
                rows.push(row);
            }
        }
        rows
    }

    fn verdicts(&self) -> Vec<Vec<String>> {
        self.view
            .cells()
            .filter_map(|(_, c, cell)| {
                let key = &self.view.board.clauses[c];
                if !self.tells(&key.regulation) {
                    return None;
                }
                let clause = self.view.library.clause(&key.regulation, &key.cite)?;
                let since = clock::local_date(clock::from_ms(cell.since));
                Some(vec![
                    format!("{} Đ{}", key.regulation, key.cite),
                    clause.summary.vi.clone(),
                    word(cell.status).to_owned(),
                    format!(
                        "{:02}/{:02}/{:04}",
                        since.day(),
                        since.month(),
                        since.year()
                    ),
                    cell.evidence_hash.clone(),
                ])
            })
            .collect()
    }

    fn tells(&self, regulation: &str) -> bool {
        self.regulations.iter().any(|r| r == regulation)
    }
}

/// How many duties a figure counts; those that do not apply are none.
fn count(figure: &str, tally: &Tally) -> u64 {
    match figure {
        "clauses-met" => tally.met,
        "clauses-breached" => tally.breached,
        "clauses-pending" => tally.pending,
        "clauses-no-data" => tally.no_data + tally.error,
        "clauses-waived" => tally.waived,
        _ => tally.total() - tally.not_applicable,
    }
}

/// The duties of a row of a table, then their parts.
fn counts(tally: &Tally) -> impl Iterator<Item = String> {
    let (whole, parts) = WHOLES[0];
    let figures = std::iter::once(whole).chain(parts);
    figures.map(|figure| count(figure, tally).to_string())
}

/// A verdict as a document says it.
fn word(status: Status) -> &'static str {
    match status {
        Status::Met => "Đáp ứng",
        Status::Breached => "Chưa đáp ứng",
        Status::NoData => "Chưa đủ số liệu",
        Status::Error => "Lỗi đánh giá",
        Status::Pending => "Chưa đến hạn",
        Status::Waived => "Được miễn có thời hạn",
        Status::NotApplicable => "Không áp dụng",
    }
}

#[cfg(test)]
mod tests {
    use policy::document::built_in;

    use super::*;

    #[test]
    fn the_parts_of_a_figure_are_all_of_it() {
        // Each status another number, so that none stands for another.
        let statuses = Status::ALL.into_iter().enumerate();
        let tally: Tally = statuses
            .flat_map(|(i, status)| std::iter::repeat_n(status, 1 << i))
            .collect();
        for (whole, parts) in WHOLES {
            let sum: u64 = parts.iter().map(|part| count(part, &tally)).sum();
            assert_eq!(sum, count(whole, &tally), "{whole}");
            assert_eq!(sum, tally.total() - tally.not_applicable);
        }
        let row: Vec<u64> = counts(&tally).map(|n| n.parse().unwrap()).collect();
        assert_eq!(row[0], row[1..].iter().sum::<u64>());
        for table in built_in().iter().filter(|t| t.id.starts_with("compliance")) {
            let named = table.columns.iter().filter(|(_, width)| *width == 2);
            assert!(named.count() >= row.len(), "{}: a head for each", table.id);
        }
    }
}
