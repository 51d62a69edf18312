//! The units' documents in one of the province, and who handed in none.

use std::collections::BTreeMap;

use domain::{document::State, id::OrganizationId, problem::Problem};
use policy::document::{Stretch, Total, built_in};
use serde::{Deserialize, Serialize};
use store::document::Owed;

use super::{
    fill::{Filled, NO_DATA, spoken, total, vietnamese},
    ground::Ground,
};
use crate::{App, Ctx};

/// The units' documents that went into one of the province.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollUp {
    /// What the columns of numbers count.
    pub columns: Vec<String>,
    /// Who sent theirs.
    pub sent: Vec<SentDocument>,
    /// Whose entry of the book is there, though not by a document made here: name, ISO day.
    #[serde(default)]
    pub otherwise: Vec<(String, String)>,
    /// Who is exempt: name.
    #[serde(default)]
    pub exempt: Vec<String>,
    /// Who did not report: code and name.
    pub missing: Vec<(String, String)>,
    /// Below each column; none where no unit has a number.
    pub totals: Vec<String>,
}

impl RollUp {
    /// Whether nobody owed anything.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
            && self.otherwise.is_empty()
            && self.exempt.is_empty()
            && self.missing.is_empty()
    }
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

/// The sent documents of the units below `root`, and how those stand whose duty it is and who
/// have sent none.
pub(super) async fn roll_up(
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
    let (rows, _) = store::document::list(&app.db, &scope, &query).await?;
    let owed = match below.and_then(|t| t.closes.as_ref()) {
        Some(closes) => {
            store::document::owed(&app.db, root, &closes.register, &stretch.label).await?
        }
        None => BTreeMap::new(),
    };
    let mut sent = Vec::new();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); up.figures.len()];
    let (mut otherwise, mut exempt, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for unit in ground.below(root).into_iter().filter(|u| u.id != author) {
        // The last one sent counts: it came to correct the others.
        let Some(row) = rows.iter().find(|r| r.organization == unit.id) else {
            match owed.get(&unit.id) {
                Some(Owed::Reported(day)) => otherwise.push((unit.name.clone(), day.clone())),
                Some(Owed::Exempt) => exempt.push(unit.name.clone()),
                Some(Owed::Missing) => missing.push((unit.code.clone(), unit.name.clone())),
                None => {}
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
        .map(|(id, values)| {
            let how = figure(id).map_or(Total::Sum, |f| f.total);
            let Some(value) = total(how, values) else {
                return NO_DATA.to_owned();
            };
            let text = figure(id).map_or_else(|| vietnamese(value, 0), |f| spoken(value, f));
            match values.len() {
                n if n < sent.len() => format!("{text} ({n} trên {} đơn vị)", sent.len()),
                _ => text,
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
        otherwise,
        exempt,
        missing,
        totals,
    })
}
