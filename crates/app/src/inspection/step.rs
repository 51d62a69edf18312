//! The steps of an inspection, and the books that a conclusion writes.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::{Record, Value, Values},
    text,
};
use store::{StoreError, Tx};

use super::{FINDING, ITEM, ROUND, ended};
use crate::{
    App, Ctx, Work,
    registry::{self, By, Writing, write_in},
    secrecy,
};

/// The steps in order; each leads to the next.
pub const STEPS: [&str; 5] = ["planned", "notified", "under-way", "concluded", "closed"];

/// Goes on to the next step from the version that was read. Concluding asks that every item was
/// looked at and that what deviates is named; it writes the books whose duties it fulfils (of
/// inspections, or of each unit's self-assessment) from items and findings as they are in that
/// moment. Closing asks that every finding is closed.
///
/// # Errors
/// Denied; conflict with what is still open, or when somebody else changed it since `version`.
pub async fn advance(
    app: &App,
    ctx: &Ctx,
    key: &str,
    version: i64,
    conclusion: &str,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let id = registry::get(app, ctx, ROUND, key).await?.id;
    let typed = [("conclusion", conclusion)].into_iter();
    secrecy::refuse_marked(app, ctx, ROUND, None, typed).await?;
    let mut work = app.begin(ctx, Permission::Manage).await?;
    store::inspection::lock(&mut work, id, true).await?;
    let found = Found::read(app, &mut work, id).await?;
    if found.round.version != version {
        return Err(Problem::from(StoreError::Stale { noun: ROUND.into() }));
    }
    let status = found.round.text("status");
    let at = STEPS.iter().position(|s| *s == status);
    let next = at.and_then(|at| STEPS.get(at + 1)).copied();
    let next = next.ok_or_else(|| ended(found.round.text("code")))?;
    found.is_ready(next)?;
    let today = app.clock.today().to_string();
    let mut values = found.round.values.clone();
    let mut set = |name: &str, value: Value| values.insert(name.into(), value);
    match next {
        "notified" => {
            set("notified_on", today.clone().into());
        }
        "concluded" => {
            set("conclusion", conclusion.into());
            set("ends_on", today.clone().into());
        }
        _ => {}
    }
    set("status", next.into());
    let round = put(app, &mut work, ROUND, Some(&found.round), values).await?;
    if next == "concluded" {
        for (book, entry) in found.entries(&today) {
            put(app, &mut work, book, None, entry).await?;
        }
    }
    work.commit().await?;
    Ok(round)
}

pub(super) async fn put(
    app: &App,
    work: &mut Work,
    noun: &str,
    before: Option<&Record>,
    values: Values,
) -> Result<Record, Problem> {
    let schema = app.schema(noun)?;
    let writing = Writing {
        schema: &schema,
        scope: &work.ctx().actor.writes(&schema)?,
        before,
        files: &[],
        by: By::Step,
        id: None,
    };
    write_in(app, work, writing, values).await
}

/// An inspection with all that hangs on it, as a transaction sees it.
pub(super) struct Found {
    pub(super) round: Record,
    pub(super) items: Vec<Record>,
    pub(super) findings: Vec<Record>,
    /// The names of the units where something is amiss.
    units: BTreeMap<Id, String>,
    /// The short names of the regulations, where it is about several.
    regulations: BTreeMap<String, String>,
}

/// The most characters that a text of a book holds, with some left for its last line.
const LONGEST: usize = 19_800;

/// What an item and its finding share.
fn place(record: &Record) -> (String, &str, &str) {
    let unit = record.get("organization").to_cell();
    (unit, record.text("regulation"), record.text("clause"))
}

impl Found {
    pub(super) async fn read(app: &App, tx: &mut Tx, id: Id) -> Result<Self, Problem> {
        let schema = app.schema(ROUND)?;
        let round = store::registry::get_in(tx, &schema, id).await?;
        let round = round.ok_or_else(|| Problem::not_found(&schema.label, &id.to_string()))?;
        let mut hanging = Vec::new();
        for noun in [ITEM, FINDING] {
            let schema = app.schema(noun)?;
            let records = store::registry::that_name(tx, &schema, "inspection", id).await;
            hanging.push(records?);
        }
        let findings = hanging.pop().unwrap_or_default();
        let items = hanging.pop().unwrap_or_default();
        let organizations = app.schema("organization")?;
        let mut units = BTreeMap::new();
        let deviating = items.iter().filter(|i| i.text("result") == "deviates");
        for record in findings.iter().chain(deviating) {
            let Some(id) = record.get("organization").as_id() else {
                continue;
            };
            if let Entry::Vacant(unit) = units.entry(id) {
                let named = store::registry::get_in(tx, &organizations, id).await?;
                unit.insert(named.map_or_else(String::new, |u| u.text("name").to_owned()));
            }
        }
        let library = app.library();
        let mut regulations: BTreeMap<String, String> = items
            .iter()
            .filter_map(|item| library.regulations.get(item.text("regulation")))
            .map(|regulation| (regulation.id.clone(), regulation.short.vi.clone()))
            .collect();
        if regulations.len() == 1 {
            regulations.clear();
        }
        Ok(Self {
            round,
            items,
            findings,
            units,
            regulations,
        })
    }

    pub(super) fn is_self(&self) -> bool {
        self.round.text("occasion") == "self"
    }

    /// Whether nothing stands in the way of a step.
    pub(super) fn is_ready(&self, next: &str) -> Result<(), Problem> {
        let of = |result: &'static str| move |i: &&Record| i.text("result") == result;
        let named: BTreeSet<_> = self.findings.iter().map(place).collect();
        let (vi, en, n) = match next {
            "under-way" if self.items.is_empty() => {
                let (vi, en) = ("Chưa có phiếu kiểm tra", "There is no checklist");
                return Err(self.waits(vi, en));
            }
            "concluded" => {
                let open = self.items.iter().filter(of("open")).count();
                let deviating = self.items.iter().filter(of("deviates"));
                // A unit that assesses itself says what is amiss beside the item; inspectors
                // raise a finding, which somebody has to mend.
                let unnamed = deviating.filter(|i| {
                    let said = self.is_self() && !i.text("note").is_empty();
                    !said && !named.contains(&place(i))
                });
                let unnamed = unnamed.count();
                let sound: BTreeSet<_> = self
                    .items
                    .iter()
                    .filter(|i| i.text("result") != "deviates")
                    .map(place)
                    .collect();
                let against = self.findings.iter().map(place);
                let against = against.filter(|p| sound.contains(p)).count();
                match (open, unnamed, against) {
                    (1.., _, _) => ("mục chưa kiểm tra", "items were not looked at", open),
                    (_, 1.., _) => (
                        "mục “Không đạt” chưa ghi tồn tại",
                        "items deviate and have no finding",
                        unnamed,
                    ),
                    _ => (
                        "tồn tại nêu ở mục không ghi “Không đạt”",
                        "findings are of items that do not deviate",
                        against,
                    ),
                }
            }
            "closed" => {
                let open = self
                    .findings
                    .iter()
                    .filter(|f| f.text("status") != "closed");
                ("tồn tại chưa đóng", "findings are not closed", open.count())
            }
            _ => return Ok(()),
        };
        if n == 0 {
            return Ok(());
        }
        Err(self.waits(&format!("Còn {n} {vi}"), &format!("{n} {en}")))
    }

    fn waits(&self, vi: &str, en: &str) -> Problem {
        Problem::new(
            ProblemKind::Conflict,
            Label::new(vi, en),
            self.round.text("code"),
            Label::new(
                "Làm xong việc đó rồi chuyển bước.",
                "Do that first, then go on.",
            ),
        )
    }

    /// What was found amiss, a line each: findings, and items that deviate without one. A book
    /// of one unit does not name it; that of the whole inspection names the unit of each.
    fn amiss(&self, unit: Option<Id>) -> String {
        let of = |r: &&Record| unit.is_none_or(|u| r.get("organization").as_id() == Some(u));
        let named: BTreeSet<_> = self.findings.iter().map(place).collect();
        let deviating = |i: &&Record| i.text("result") == "deviates" && !named.contains(&place(i));
        let findings = (self.findings.iter().filter(of)).map(|f| (f, f.text("summary")));
        let items = (self.items.iter().filter(of).filter(deviating)).map(|i| (i, i.text("note")));
        let mut lines: Vec<(String, String)> = findings
            .chain(items)
            .map(|(record, said)| {
                let name = record.get("organization").as_id();
                let name = name.filter(|_| unit.is_none());
                let name = name.and_then(|id| self.units.get(&id)).cloned();
                let name = name.unwrap_or_default();
                let regulation = self.regulations.get(record.text("regulation"));
                let mut place: Vec<&str> = vec![&name, record.text("clause")];
                place.extend(regulation.map(String::as_str));
                place.retain(|part| !part.is_empty());
                (
                    text::sort_key(&name),
                    format!("{}: {said}", place.join(", ")),
                )
            })
            .collect();
        // By unit; of each as they were found.
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        let mut told = String::new();
        for (at, (_, line)) in lines.iter().enumerate() {
            if told.chars().count() + line.chars().count() > LONGEST {
                let code = self.round.text("code");
                let more = lines.len() - at;
                told += &format!("(và {more} tồn tại khác: xem đợt kiểm tra {code})");
                break;
            }
            told.push_str(line);
            told.push('\n');
        }
        told.trim_end().to_owned()
    }

    /// The entries of books that a conclusion is: book and values.
    pub(super) fn entries(&self, today: &str) -> Vec<(&'static str, Values)> {
        let round = &self.round;
        let year = round.text("starts_on").get(..4).unwrap_or_default();
        let name = format!("{} {}", round.text("code"), round.text("name"));
        let name = name.as_str();
        let entry = |organization: Value, result: &str, amiss: String, more: &[(&str, &str)]| {
            let mut values = Values::from([
                ("organization".to_owned(), organization),
                ("occurred_on".into(), today.into()),
                ("result".into(), result.into()),
                ("findings".into(), amiss.into()),
            ]);
            values.extend(
                more.iter()
                    .map(|(name, text)| ((*name).into(), (*text).into())),
            );
            values
        };
        let lead = round.get("organization").clone();
        let amiss = self.amiss(None);
        match round.text("occasion") {
            "self" => {
                // Who has concluded by itself has its entry.
                let waiting = |i: &&Record| i.text("concluded_on").is_empty();
                let units: BTreeMap<Id, Value> = (self.items.iter().filter(waiting))
                    .map(|i| i.get("organization"))
                    .filter_map(|unit| Some((unit.as_id()?, unit.clone())))
                    .collect();
                let units = units.into_iter();
                let each = |(id, unit): (Id, Value)| {
                    let amiss = self.amiss(Some(id));
                    (
                        "self-assessment",
                        entry(unit, "done", amiss, &[("period", year)]),
                    )
                };
                units.map(each).collect()
            }
            "planned" => {
                let result = if amiss.is_empty() {
                    "sound"
                } else {
                    "findings"
                };
                let more = [("period", year), ("subject", name)];
                vec![("yearly-inspection", entry(lead, result, amiss, &more))]
            }
            _ => {
                let more = [("occasion", "ad-hoc"), ("subject", name)];
                let mut held = entry(lead, "complete", amiss, &more);
                // The request for it, an entry that names the same round, is settled by this one.
                held.insert("inspection_round".into(), round.id.into());
                vec![("inspection", held)]
            }
        }
    }
}
