//! Taking the numbers: each with its source, at one moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use domain::{
    clock,
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Value,
};
use policy::document::{Empty, Figure, Part, Piece, Stretch, Template, Total, built_in, pieces};
use serde::{Deserialize, Serialize};
use store::{Arg, document::DocumentRow, fact::FactTable};

use super::{
    ground::Ground,
    judged, letterhead,
    roll_up::{RollUp, roll_up},
};
use crate::{App, Ctx};

/// The longest that a figure's query may run.
const LIMIT: Duration = Duration::from_secs(10);

/// What a document was filled with, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filled {
    /// What every document knows: `unit`, `period`, …
    pub names: BTreeMap<String, String>,
    /// Numbers by figure.
    pub numbers: BTreeMap<String, Number>,
    /// Rows by figure; the columns are the figure's.
    pub tables: BTreeMap<String, Table>,
    /// The units' documents.
    pub roll_up: Option<RollUp>,
}

impl Filled {
    /// Names the sent document that this one corrects, for its text.
    pub(super) fn correct(&mut self, template: &Template, old: Option<&DocumentRow>) {
        let Some(old) = old else { return };
        let signed = day(old.signed_on.as_deref().unwrap_or_default());
        let kind = template.kind.to_lowercase();
        let words = format!(
            "Văn bản này thay thế {kind} số {} ngày {signed}.",
            old.number
        );
        self.names.insert(REPLACES.into(), words);
    }
}

/// The name under which a document knows the sentence about the one that it corrects.
pub(super) const REPLACES: &str = "replaces";

/// A number with its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// The number; none where there is no data.
    pub value: Option<f64>,
    /// As it stands in the text.
    pub text: String,
    /// What is counted.
    pub label: Label,
    /// Where it comes from.
    pub source: Label,
    /// Over how much of the period it was measured; none where it is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}

/// Over how many days a number was measured, on the average of what should be measured, and
/// how many days the period has had so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Days measured.
    pub measured: f64,
    /// Days of the period.
    pub whole: f64,
}

impl Coverage {
    /// As it stands behind the number; none where every whole day was measured.
    fn words(self) -> Option<String> {
        let (measured, whole) = (self.measured, self.whole.floor());
        if measured.floor() >= whole {
            return None;
        }
        let decimals = u8::from(measured < 1.0 && measured > 0.0);
        let measured = vietnamese(floored(measured, decimals), decimals);
        Some(format!(
            "đo được {measured} trên {} ngày",
            vietnamese(whole, 0)
        ))
    }
}

/// A table with its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Heads with their widths.
    pub columns: Vec<(String, u32)>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// What it shows.
    pub label: Label,
    /// Where it comes from.
    pub source: Label,
}

/// What stands where there is no number.
pub(super) const NO_DATA: &str = "chưa có số liệu";

/// Fills a template for its author and period, now.
///
/// # Errors
/// Unavailable, and when a figure's query fails (its name is said).
pub(super) async fn fill(
    app: &App,
    ctx: &Ctx,
    template: &Template,
    ground: &Ground,
    author: OrganizationId,
    stretch: &Stretch,
) -> Result<Filled, Problem> {
    let library = app.library();
    let root = ground.root(template, author);
    let covered = ground.covered(root);
    let asked = asked(template);
    let judged = judged::Judged::load(app, ctx, template, stretch, &covered).await?;
    let mut filled = Filled {
        names: names(app, ground, author, covered.len(), stretch)?,
        ..Filled::default()
    };
    for id in &asked {
        if let Some(figure) = library.figures.get(*id) {
            let table = run(app, figure, stretch).await?;
            if figure.is_table() {
                filled
                    .tables
                    .insert(figure.id.clone(), rows(figure, &table, &covered));
            } else {
                let whole = elapsed(stretch, app.clock.now_ms());
                let number = number(figure, &table, &covered, whole);
                filled.numbers.insert(figure.id.clone(), number);
            }
        } else if let Some(known) = built_in().iter().find(|b| b.id == *id) {
            judged.put(known, &mut filled);
        }
    }
    if let Some(up) = &template.rolls_up {
        filled.roll_up = Some(roll_up(app, ctx, up, ground, root, author, stretch).await?);
    }
    Ok(filled)
}

/// The ids of all figures that a template needs.
fn asked(template: &Template) -> BTreeSet<&str> {
    let sentences = template.sentences();
    let mut all: BTreeSet<&str> = sentences
        .iter()
        .flat_map(|(_, text)| pieces(text))
        .chain(
            template
                .closes
                .iter()
                .flat_map(|c| c.values.values().flat_map(|v| pieces(v))),
        )
        .filter_map(|piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Words(_) => None,
        })
        .collect();
    for part in &template.body {
        match part {
            Part::Figures(ids) => all.extend(ids.iter().map(String::as_str)),
            Part::Table(table) => {
                all.insert(&table.figure);
            }
            _ => {}
        }
    }
    all
}

fn names(
    app: &App,
    ground: &Ground,
    author: OrganizationId,
    units: usize,
    stretch: &Stretch,
) -> Result<BTreeMap<String, String>, Problem> {
    let unit = ground.unit(author)?;
    let parent = unit.parent.and_then(|id| ground.unit(id).ok());
    let head = ground.province(author);
    let mut province = (app.settings().of(head.map(|u| u.id))).text("province.name");
    if province.is_empty() {
        province = head.map_or_else(String::new, |u| letterhead::territory(&u.name));
    }
    let written = |d: jiff::civil::Date| format!("{:02}/{:02}/{:04}", d.day(), d.month(), d.year());
    let year = stretch.to.year();
    Ok([
        ("unit", unit.name.clone()),
        ("unit_code", unit.code.clone()),
        (
            "parent",
            parent.map_or_else(String::new, |p| p.name.clone()),
        ),
        ("province", province),
        ("units", units.to_string()),
        ("period", stretch.words.clone()),
        ("period_code", stretch.label.clone()),
        ("year", year.to_string()),
        ("next_year", (i32::from(year) + 1).to_string()),
        ("from", written(stretch.from)),
        ("to", written(stretch.to)),
        ("today", written(app.clock.today())),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text))
    .collect())
}

/// Runs a figure's query for a period.
async fn run(app: &App, figure: &Figure, stretch: &Stretch) -> Result<FactTable, Problem> {
    let failed = |what: String| {
        Problem::new(
            ProblemKind::Unavailable,
            Label::new("Không lấy được một số liệu", "A figure could not be taken"),
            format!("figures/{}: {what}", figure.id),
            Label::new(
                "Báo người soạn bộ quy chế kiểm tra tệp này bằng `gieng policy lint`.",
                "Ask who wrote the policy to check this file with `gieng policy lint`.",
            ),
        )
    };
    let query = figure
        .query
        .as_ref()
        .ok_or_else(|| failed("no query".into()))?;
    let (sql, parameters) = query.prepared();
    let end = stretch.to.tomorrow().unwrap_or(stretch.to);
    let today = app.clock.today();
    let args: Vec<Arg> = parameters
        .iter()
        .map(|name| match name.as_str() {
            "from_day" => stretch.from.to_string().into(),
            "to_day" => stretch.to.to_string().into(),
            "from_at" => clock::start_of_day_ms(stretch.from).into(),
            "to_at" => clock::start_of_day_ms(end).into(),
            "period" => (&stretch.label).into(),
            "now" => app.clock.now_ms().into(),
            "month" => today.strftime("%Y-%m").to_string().into(),
            _ => today.to_string().into(),
        })
        .collect();
    store::fact::run(&app.db, sql, &args, LIMIT)
        .await
        .map_err(|error| failed(error.to_string()))
}

/// The rows of the covered units.
fn of_covered<'a>(
    table: &'a FactTable,
    covered: &'a HashSet<OrganizationId>,
) -> impl Iterator<Item = usize> + 'a {
    let unit = table.column("unit");
    (0..table.len()).filter(move |row| {
        unit.and_then(|column| table.text(*row, column)?.parse().ok())
            .is_some_and(|id: OrganizationId| covered.contains(&id))
    })
}

const DAY_MS: f64 = 86_400_000.0;

/// The days of a period that have passed.
fn elapsed(stretch: &Stretch, now: i64) -> f64 {
    let end = stretch.to.tomorrow().unwrap_or(stretch.to);
    let ms = clock::start_of_day_ms(end).min(now) - clock::start_of_day_ms(stretch.from);
    float(ms.max(0)) / DAY_MS
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and times lie far below 2^52"
)]
fn float(n: i64) -> f64 {
    n as f64
}

/// A figure's number for the covered units in a period that has lasted `whole` days. Where its
/// query tells `measured_ms` and `targets` (how many should be measured), it has its coverage.
fn number(
    figure: &Figure,
    table: &FactTable,
    covered: &HashSet<OrganizationId>,
    whole: f64,
) -> Number {
    let read = |row: usize, column: Option<usize>| match table.value(row, column?) {
        Value::Integer(i) => Some(float(i)),
        Value::Decimal(d) => Some(d),
        _ => None,
    };
    let all = |name: &str| -> Vec<f64> {
        let column = table.column(name);
        let rows = of_covered(table, covered);
        rows.filter_map(|row| read(row, column)).collect()
    };
    let values = all("value");
    let value = total(figure.total, &values).or((figure.empty == Empty::Zero).then_some(0.0));
    let targets: f64 = all("targets").iter().sum();
    let coverage = (targets > 0.0).then(|| Coverage {
        measured: all("measured_ms").iter().sum::<f64>() / DAY_MS / targets,
        whole,
    });
    let text = value.map_or_else(|| NO_DATA.to_owned(), |v| spoken(v, figure));
    let partly = coverage.filter(|_| value.is_some());
    Number {
        value,
        text: match partly.and_then(Coverage::words) {
            Some(words) => format!("{text} ({words})"),
            None => text,
        },
        label: figure.label.clone(),
        source: figure.source.clone(),
        coverage,
    }
}

pub(super) fn total(how: Total, values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^52")]
    let count = values.len() as f64;
    Some(match how {
        Total::Sum => values.iter().sum(),
        Total::Mean => values.iter().sum::<f64>() / count,
        Total::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Total::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}

pub(super) fn spoken(value: f64, figure: &Figure) -> String {
    // As on the pages: what was not always up is never 100 %.
    let shown = if figure.unit == "%" {
        floored(value, figure.decimals)
    } else {
        value
    };
    let text = vietnamese(shown, figure.decimals);
    match figure.unit.as_str() {
        "" => text,
        "%" => format!("{text}%"),
        unit => format!("{text} {unit}"),
    }
}

/// A number cut after so many digits behind the comma.
fn floored(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    // What is exact in decimal is not quite so in binary: 99.99 * 100 is 9998.999….
    (value * scale + 1e-6).floor() / scale
}

/// A number as Vietnamese writes it: `1.234,5`.
pub(super) fn vietnamese(value: f64, decimals: u8) -> String {
    let plain = format!("{:.*}", usize::from(decimals), value.abs());
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let comma = if rest.is_empty() { "" } else { "," };
    format!("{sign}{grouped}{comma}{rest}")
}

fn rows(figure: &Figure, table: &FactTable, covered: &HashSet<OrganizationId>) -> Table {
    let places: Vec<Option<usize>> = figure
        .columns
        .iter()
        .map(|c| table.column(&c.name))
        .collect();
    let rows = of_covered(table, covered)
        .map(|row| {
            places
                .iter()
                .map(|place| place.map_or_else(String::new, |c| cell(&table.value(row, c))))
                .collect()
        })
        .collect();
    Table {
        columns: figure
            .columns
            .iter()
            .map(|c| (c.label.vi.clone(), c.width))
            .collect(),
        rows,
        label: figure.label.clone(),
        source: figure.source.clone(),
    }
}

/// A value as a document shows it: dates as dd/mm/yyyy.
fn cell(value: &Value) -> String {
    day(&value.to_cell())
}

/// An ISO date as dd/mm/yyyy; any other text as it is.
pub(super) fn day(text: &str) -> String {
    match text.parse::<jiff::civil::Date>() {
        Ok(d) if text.len() == 10 => format!("{:02}/{:02}/{:04}", d.day(), d.month(), d.year()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_the_vietnamese_way() {
        assert_eq!(vietnamese(1_234_567.0, 0), "1.234.567");
        assert_eq!(vietnamese(99.951, 2), "99,95");
        assert_eq!(vietnamese(-12.0, 0), "-12");
        assert_eq!(vietnamese(0.0, 1), "0,0");
    }

    #[test]
    fn a_share_below_the_whole_is_never_the_whole() {
        for (value, shown) in [(99.996, 99.99), (99.99, 99.99), (100.0, 100.0), (0.0, 0.0)] {
            assert!((floored(value, 2) - shown).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn what_was_measured_in_part_says_so() {
        let words = |measured, whole| Coverage { measured, whole }.words();
        assert_eq!(words(90.4, 323.7).unwrap(), "đo được 90 trên 323 ngày");
        assert_eq!(words(0.57, 323.7).unwrap(), "đo được 0,5 trên 323 ngày");
        assert_eq!(words(0.0, 1_323.7).unwrap(), "đo được 0 trên 1.323 ngày");
        assert_eq!(words(323.1, 323.7), None);
    }

    #[test]
    fn nothing_has_no_total() {
        assert_eq!(total(Total::Sum, &[]), None);
        assert_eq!(total(Total::Mean, &[1.0, 2.0]), Some(1.5));
        assert_eq!(total(Total::Min, &[3.0, 2.0]), Some(2.0));
    }
}
