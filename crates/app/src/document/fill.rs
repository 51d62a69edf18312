//! Taking the numbers: each with its source, at one moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use domain::{
    clock,
    document::State,
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Value,
};
use policy::document::{Empty, Figure, Part, Piece, Stretch, Template, Total, built_in, pieces};
use serde::{Deserialize, Serialize};
use store::{Arg, fact::FactTable};

use super::{ground::Ground, judged, letterhead};
use crate::{App, Ctx, fault::fault};

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

/// The units' documents that went into one of the province.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollUp {
    /// What the columns of numbers count.
    pub columns: Vec<String>,
    /// Who sent theirs.
    pub sent: Vec<SentDocument>,
    /// Who did not: code and name.
    pub missing: Vec<(String, String)>,
    /// Below each column; none where no unit has a number.
    pub totals: Vec<String>,
}

/// One unit's document in a [`RollUp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentDocument {
    /// The document's id.
    pub id: String,
    /// The unit.
    pub unit: String,
    /// Its number.
    pub number: String,
    /// ISO date.
    pub sent_on: String,
    /// As they stand in it.
    pub values: Vec<String>,
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
                filled
                    .numbers
                    .insert(figure.id.clone(), number(figure, &table, &covered));
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
    let day = |d: jiff::civil::Date| format!("{:02}/{:02}/{:04}", d.day(), d.month(), d.year());
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
        ("from", day(stretch.from)),
        ("to", day(stretch.to)),
        ("today", day(app.clock.today())),
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

fn number(figure: &Figure, table: &FactTable, covered: &HashSet<OrganizationId>) -> Number {
    let column = table.column("value");
    let values: Vec<f64> = of_covered(table, covered)
        .filter_map(|row| match table.value(row, column?) {
            #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^52")]
            Value::Integer(i) => Some(i as f64),
            Value::Decimal(d) => Some(d),
            _ => None,
        })
        .collect();
    let value = total(figure.total, &values).or((figure.empty == Empty::Zero).then_some(0.0));
    Number {
        value,
        text: value.map_or_else(|| NO_DATA.to_owned(), |v| spoken(v, figure)),
        label: figure.label.clone(),
        source: figure.source.clone(),
    }
}

fn total(how: Total, values: &[f64]) -> Option<f64> {
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

fn spoken(value: f64, figure: &Figure) -> String {
    let text = vietnamese(value, figure.decimals);
    match figure.unit.as_str() {
        "" => text,
        "%" => format!("{text}%"),
        unit => format!("{text} {unit}"),
    }
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
    let text = value.to_cell();
    match text.parse::<jiff::civil::Date>() {
        Ok(d) if text.len() == 10 => format!("{:02}/{:02}/{:04}", d.day(), d.month(), d.year()),
        _ => text,
    }
}

/// The sent documents of the units below `root`, and who owes one and did not send it.
async fn roll_up(
    app: &App,
    ctx: &Ctx,
    up: &policy::document::RollsUp,
    ground: &Ground,
    root: OrganizationId,
    author: OrganizationId,
    stretch: &Stretch,
) -> Result<RollUp, Problem> {
    let library = app.library();
    let below = library.documents.get(&up.template);
    let scope = ctx.actor.scope(domain::authority::Permission::Read)?;
    let query = store::document::DocumentQuery {
        template: Some(up.template.clone()),
        period: Some(stretch.label.clone()),
        state: Some(State::Sent.code().into()),
        organization: Some(root),
        offset: 0,
        limit: 10_000,
    };
    let (rows, _) = store::document::list(&app.db, &scope, &query)
        .await
        .map_err(fault)?;
    let owing = match below.and_then(|t| t.closes.as_ref()) {
        Some(closes) => store::document::owing(&app.db, root, &closes.register, &stretch.label)
            .await
            .map_err(fault)?,
        None => Vec::new(),
    };
    let owing: HashSet<OrganizationId> = owing.into_iter().collect();
    let mut sent = Vec::new();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); up.figures.len()];
    let mut missing = Vec::new();
    for unit in ground.below(root).into_iter().filter(|u| u.id != author) {
        // The last one sent counts: it came to correct the others.
        let Some(row) = rows.iter().find(|r| r.organization == unit.id) else {
            if owing.contains(&unit.id) {
                missing.push((unit.code.clone(), unit.name.clone()));
            }
            continue;
        };
        let filled: Filled = serde_json::from_str(&row.filled).unwrap_or_default();
        let mut values = Vec::new();
        for (i, figure) in up.figures.iter().enumerate() {
            let number = filled.numbers.get(figure);
            columns[i].extend(number.and_then(|n| n.value));
            values.push(number.map_or_else(|| NO_DATA.to_owned(), |n| n.text.clone()));
        }
        sent.push(SentDocument {
            id: row.id.to_string(),
            unit: unit.name.clone(),
            number: row.number.clone(),
            sent_on: row.sent_on.clone().unwrap_or_default(),
            values,
        });
    }
    let figure = |id: &String| library.figures.get(id);
    let totals = up
        .figures
        .iter()
        .zip(&columns)
        .map(|(id, values)| match figure(id) {
            Some(f) => total(f.total, values).map_or_else(|| NO_DATA.to_owned(), |v| spoken(v, f)),
            None => {
                total(Total::Sum, values).map_or_else(|| NO_DATA.to_owned(), |v| vietnamese(v, 0))
            }
        })
        .collect();
    let label = |id: &String| {
        let known = built_in()
            .iter()
            .find(|b| b.id == id)
            .map(|b| b.label[0].to_owned());
        figure(id)
            .map(|f| f.label.vi.clone())
            .or(known)
            .unwrap_or_default()
    };
    Ok(RollUp {
        columns: up.figures.iter().map(label).collect(),
        sent,
        missing,
        totals,
    })
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
    fn nothing_has_no_total() {
        assert_eq!(total(Total::Sum, &[]), None);
        assert_eq!(total(Total::Mean, &[1.0, 2.0]), Some(1.5));
        assert_eq!(total(Total::Min, &[3.0, 2.0]), Some(2.0));
    }
}
