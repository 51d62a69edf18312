//! One assessment's findings for all organizations: by SQL, by duty, by attestation.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use domain::{clock, id::OrganizationId, schema::Schema};
use jiff::{ToSpan as _, civil::Date};
use policy::{
    Assessment, Check, Control, Library, Status,
    check::EntriesOf,
    control::{Asks, Value as Parameter},
    duty::{self, Books, Bound, DutyRule, Entry, Instance, Judged, Moment, Whose},
    verdict::{Attested, Row, RowStatus, attest, fold},
};
use serde_json::json;
use store::{
    Arg, StoreError,
    assessment::{Attestation, BookEntry, Unit},
    fact::FactTable,
};

use super::{
    binding::{self, Binding},
    evidence::MAX_ROWS,
    finding::{Finding, Rows},
    past::{Past, When},
};
use crate::{App, logs};

/// The view of all entries of all books.
const ENTRIES: &str = "fact_entry";

/// What is kept between evaluations because reading it again costs more than asking
/// whether it changed.
#[derive(Clone, Default)]
pub(super) struct Kept {
    books: HashMap<String, Book>,
    /// The attestations, and how many had been made.
    words: Option<(i64, Arc<Words>)>,
}

/// A book as duties see it, and how far it had come.
#[derive(Clone)]
struct Book {
    mark: (i64, i64),
    /// The fields that duties look at besides those that every entry has.
    fields: BTreeSet<String>,
    entries: Arc<HashMap<OrganizationId, Vec<Entry>>>,
}

/// The latest attestation by control and organization.
type Words = HashMap<String, HashMap<OrganizationId, Attestation>>;

/// What all assessments of one evaluation share.
pub(super) struct Facts {
    pub now: i64,
    pub today: Date,
    /// Since when log lines have been listened for, unix milliseconds.
    listening_since: i64,
    /// What is still told of that moment, where it has passed.
    past: Option<Past>,
    pub units: Arc<Vec<Unit>>,
    /// Codes by id, for conditions over organizations.
    codes: HashMap<OrganizationId, String>,
    /// The root above each organization.
    roots: HashMap<OrganizationId, OrganizationId>,
    binding: Arc<Binding>,
    kept: Kept,
}

impl Facts {
    /// Reads what changed; `dirty` are the views behind which facts did, `all` doubts everything.
    pub(super) async fn load(
        app: &App,
        library: &Library,
        (units, binding): (Arc<Vec<Unit>>, Arc<Binding>),
        kept: &mut Kept,
        all: bool,
        dirty: &BTreeSet<String>,
        when: When,
    ) -> Result<Self, StoreError> {
        let When { now, today, past } = when;
        if all || dirty.contains(ENTRIES) {
            let read = read_by_duties(library).into_iter();
            let changed: Vec<_> = read
                .filter(|(register, _)| {
                    let book = library.registers.get(*register);
                    all || book.is_none_or(|book| dirty.contains(&book.view()))
                })
                .collect();
            let only = match changed.as_slice() {
                [(register, _)] => Some(*register),
                _ => None,
            };
            let marks = store::assessment::book_marks(&app.db, only).await?;
            for (register, fields) in changed {
                let mark = marks.get(register).copied().unwrap_or_default();
                let known = kept.books.get(register);
                if known.is_none_or(|b| b.mark != mark || b.fields != fields) {
                    let whole = !fields.is_empty();
                    let rows = store::assessment::book(&app.db, register, whole).await?;
                    let entries = Arc::new(by_unit(rows, &fields));
                    let book = Book {
                        mark,
                        fields,
                        entries,
                    };
                    kept.books.insert(register.to_owned(), book);
                }
            }
        }
        let made = store::assessment::attestation_count(&app.db).await?;
        if kept.words.as_ref().is_none_or(|(known, _)| *known != made) {
            let mut words = Words::new();
            // A word is of the day on which it was given.
            let until = past.as_ref().map_or(i64::MAX, |_| now);
            for word in store::assessment::latest_attestations(&app.db, until).await? {
                let of_control = words.entry(word.control.clone()).or_default();
                of_control.insert(word.organization, word);
            }
            kept.words = Some((made, Arc::new(words)));
        }
        Ok(Self {
            now,
            today,
            listening_since: logs::listening_since(app, now).await?,
            past,
            codes: units.iter().map(|u| (u.id, u.code.clone())).collect(),
            roots: roots(&units),
            binding,
            units,
            kept: kept.clone(),
        })
    }
}

/// The books that duties read, each with the fields that one of them looks at.
fn read_by_duties(library: &Library) -> BTreeMap<&str, BTreeSet<String>> {
    let mut books: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for rule in library.controls.values().filter_map(|c| c.duty.as_ref()) {
        for register in rule.registers() {
            let fields = rule.fields().map(ToOwned::to_owned);
            books.entry(register).or_default().extend(fields);
        }
    }
    books
}

fn by_unit(rows: Vec<BookEntry>, fields: &BTreeSet<String>) -> HashMap<OrganizationId, Vec<Entry>> {
    let mut by_unit: HashMap<OrganizationId, Vec<Entry>> = HashMap::new();
    for row in rows {
        let data = row.data.as_deref().unwrap_or("{}");
        let data: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
        let moment = |field: &String| match &data[field] {
            serde_json::Value::String(date) => date.parse().ok().map(Moment::Day),
            number => number.as_i64().map(clock::from_ms).map(Moment::At),
        };
        let moments = fields
            .iter()
            .filter_map(|field| Some((field.clone(), moment(field)?)));
        let words = fields
            .iter()
            .filter_map(|field| Some((field.clone(), data[field].as_str()?.to_owned())));
        by_unit.entry(row.organization).or_default().push(Entry {
            id: row.id,
            unit: row.organization.to_string(),
            period: row.period,
            occurred_on: row.occurred_on.parse().ok(),
            recorded_at: Some(clock::from_ms(row.recorded_at)),
            written_at: Some(clock::from_ms(row.updated_at)),
            result: row.result,
            subject: row.subject,
            moments: moments.collect(),
            words: words.collect(),
        });
    }
    by_unit
}

impl Facts {
    /// The entries of an organization's book.
    fn entries_of(&self, register: &str, unit: OrganizationId) -> Vec<&Entry> {
        let book = self.kept.books.get(register);
        let entries = book.and_then(|b| b.entries.get(&unit));
        entries.into_iter().flatten().collect()
    }

    /// The entries of the other organizations of the same province, in one book.
    fn entries_of_others(&self, register: &str, unit: OrganizationId) -> Vec<&Entry> {
        let Some(book) = self.kept.books.get(register) else {
            return Vec::new();
        };
        let province = self.province(unit);
        let others = book.entries.iter();
        let others = others.filter(|(of, _)| **of != unit && self.province(**of) == province);
        others.flat_map(|(_, entries)| entries).collect()
    }

    /// The root of the tree in which an organization stands.
    fn province(&self, unit: OrganizationId) -> OrganizationId {
        self.roots.get(&unit).copied().unwrap_or(unit)
    }

    /// From when to when an assessment's regulation binds the unit at a place; of whom it does
    /// not bind, since it was entered.
    fn bound(&self, assessment: &Assessment, place: usize, unit: &Unit) -> Bound {
        let regulation = assessment.clauses.first().map(|(r, _)| r.as_str());
        let bound = regulation.and_then(|r| self.binding.term(r, place));
        bound.unwrap_or_else(|| clock::local_date(clock::from_ms(unit.created_at)).into())
    }

    fn judge(
        &self,
        library: &Library,
        rule: &DutyRule,
        parameters: &BTreeMap<String, Parameter>,
        (unit, bound): (&Unit, Bound),
    ) -> duty::DutyFinding {
        let events = rule.event().map(|event| match event.of {
            Whose::Own => self.entries_of(&event.register, unit.id),
            Whose::Others => self.entries_of_others(&event.register, unit.id),
        });
        let perhaps = rule.perhaps.iter();
        let perhaps: Vec<_> = perhaps
            .map(|p| self.entries_of(&p.register, unit.id))
            .collect();
        let books = Books {
            events: &events.unwrap_or_default(),
            entries: &self.entries_of(&rule.register, unit.id),
            perhaps: &perhaps,
        };
        let (calendar, now) = (&library.calendar, clock::from_ms(self.now));
        duty::judge(rule, calendar, parameters, books, bound, now)
    }
}

/// What one organization owes besides what it is judged by.
pub(super) struct Owed {
    /// Who owes it.
    pub unit: OrganizationId,
    /// The book of the answers.
    pub register: String,
    /// What became of each.
    pub instances: Vec<(Instance, Judged)>,
}

/// What the players of a role owe to those who reported: the other side of a control's
/// clock, by organization.
pub(super) fn answers(library: &Library, assessment: &Assessment, facts: &Facts) -> Vec<Owed> {
    let control = library.controls.get(&assessment.control);
    let duty = control.and_then(|c| c.duty.as_ref());
    let Some((answer, rule)) = duty.and_then(|d| Some((d.answer.as_ref()?, d.answering()?))) else {
        return Vec::new();
    };
    facts
        .units
        .iter()
        .enumerate()
        .filter(|(_, unit)| {
            let context = binding::context(unit, &facts.codes);
            assessment.holds_in(unit.province())
                && library.roles.bears(&answer.role, &context) == Ok(true)
        })
        .map(|(place, unit)| {
            // Who answers need not be bound by the clause; since when there is a book is known.
            let own = facts.bound(assessment, place, unit);
            let judged = facts.judge(library, &rule, &assessment.parameters, (unit, own));
            Owed {
                unit: unit.id,
                register: rule.register.clone(),
                instances: judged.instances,
            }
        })
        .collect()
}

/// The root above each organization.
fn roots(units: &[Unit]) -> HashMap<OrganizationId, OrganizationId> {
    let parents: HashMap<OrganizationId, Option<OrganizationId>> =
        units.iter().map(|u| (u.id, u.parent)).collect();
    let root = |unit: &Unit| {
        let mut at = unit.id;
        // A tree is not that deep; a circle would be a fault of the registry.
        for _ in 0..32 {
            match parents.get(&at) {
                Some(Some(parent)) if parents.contains_key(parent) => at = *parent,
                _ => break,
            }
        }
        at
    };
    units.iter().map(|unit| (unit.id, root(unit))).collect()
}

/// The views that an assessment's findings depend on: of what reads the entries of one book
/// that book's own view, so that an entry in another changes nothing here.
pub(super) fn reads(library: &Library, assessment: &Assessment) -> BTreeSet<String> {
    let Some(control) = library.controls.get(&assessment.control) else {
        return BTreeSet::new();
    };
    let of_book = |register: &str| {
        let book = library.registers.get(register);
        book.map_or_else(|| ENTRIES.to_owned(), Schema::view)
    };
    let mut reads = BTreeSet::new();
    if let Some(check) = control.check.as_ref().and_then(|c| library.checks.get(c)) {
        reads.extend(check.reads.iter().cloned());
        if let Some(books) = check.books.as_ref().filter(|_| reads.remove(ENTRIES)) {
            reads.extend(books.iter().map(|book| match book {
                EntriesOf::Book(register) => of_book(register),
                EntriesOf::Parameter => match assessment.parameters.get("register") {
                    Some(Parameter::Text(register)) => of_book(register),
                    _ => ENTRIES.to_owned(),
                },
            }));
        }
    }
    if let Some(rule) = &control.duty {
        reads.extend(rule.registers().map(of_book));
    }
    if control.attestation.is_some() {
        reads.insert("attestation".into());
    }
    reads
}

/// The findings of one assessment, by organization.
pub(super) async fn findings(
    app: &App,
    library: &Library,
    control: &Control,
    assessment: &Assessment,
    facts: &Facts,
    limit: Duration,
) -> HashMap<OrganizationId, Finding> {
    let check = control.check.as_ref().and_then(|c| library.checks.get(c));
    let past = facts.past.as_ref().zip(check);
    let mut found = match check {
        Some(check) if past.is_some_and(|(past, _)| past.tells_nothing(check)) => HashMap::new(),
        Some(check) => match by_check(app, check, assessment, facts, limit).await {
            Ok(table) => checked(control, table, facts.now),
            Err(error) => {
                tracing::warn!(check = check.id, %error, "a check failed");
                let failed = |unit: &Unit| {
                    let finding = Finding {
                        status: Status::Error,
                        reason: None,
                        rows: Rows::Failed(error.to_string()),
                    };
                    (unit.id, finding)
                };
                return facts.units.iter().map(failed).collect();
            }
        },
        None => HashMap::with_capacity(facts.units.len()),
    };
    if !control.awaits.is_empty() {
        let facts_awaited: Arc<[String]> = control.awaits.clone().into();
        for unit in facts.units.iter() {
            let finding = Finding {
                status: Status::NoData,
                reason: Some("awaits".to_owned()),
                rows: Rows::Awaited(Arc::clone(&facts_awaited)),
            };
            found.insert(unit.id, finding);
        }
    }
    if let (None, Some(rule)) = (check, &control.duty) {
        let register: Arc<str> = rule.register.as_str().into();
        // Only who is bound is asked: what all others did is much to look through.
        let bound = facts.binding.bound(&assessment.clauses);
        let asked = facts.units.iter().enumerate().zip(bound);
        let asked = asked.filter_map(|(unit, bound)| bound.then_some(unit));
        for (place, unit) in asked.filter(|(_, u)| assessment.holds_in(u.province())) {
            let own = facts.bound(assessment, place, unit);
            let judged = facts.judge(library, rule, &assessment.parameters, (unit, own));
            let finding = Finding {
                status: judged.status,
                reason: Some(judged.reason.to_owned()),
                rows: Rows::Duty {
                    register: Arc::clone(&register),
                    undecided: judged.undecided,
                    instances: judged.instances,
                },
            };
            found.insert(unit.id, finding);
        }
    }
    if let Some(form) = &control.attestation {
        let question = form.question_hash();
        let words = facts
            .kept
            .words
            .as_ref()
            .and_then(|(_, w)| w.get(&control.id));
        for unit in facts.units.iter() {
            let word = words.and_then(|w| w.get(&unit.id));
            let known = found.get(&unit.id);
            let silent = known.is_none_or(|f| f.status == Status::NoData && !f.undecided());
            // A registry in which nothing concerns the unit may have gaps: its own "no" stands.
            let idle = check.is_some() && known.is_some_and(|f| f.status == Status::NotApplicable);
            if (silent || idle) && (word.is_some() || known.is_none()) {
                let said = by_word(form, &question, word, facts.now);
                if silent || said.status == Status::Breached {
                    found.insert(unit.id, said);
                }
            }
        }
    }
    // There were facts, and nobody can say which: no word stands in for them.
    if let Some((past, check)) = past {
        let told = |unit: &Unit| Some((unit.id, past.untold(check, unit.id)?));
        found.extend(facts.units.iter().filter_map(told));
    }
    found
}

async fn by_check(
    app: &App,
    check: &Check,
    assessment: &Assessment,
    facts: &Facts,
    limit: Duration,
) -> Result<FactTable, StoreError> {
    let (sql, names) = check.prepared();
    let args: Vec<Arg> = names
        .iter()
        .map(|name| match name.as_str() {
            "now" => Arg::from(facts.now),
            "today" => facts.today.to_string().into(),
            "month" => facts.today.strftime("%Y-%m").to_string().into(),
            "last_month" => {
                let last = facts.today.first_of_month().saturating_sub(1.day());
                last.strftime("%Y-%m").to_string().into()
            }
            "listening_since" => facts.listening_since.into(),
            own => match assessment.parameters.get(own) {
                Some(Parameter::Integer(i)) => Arg::from(*i),
                Some(Parameter::Decimal(d)) => Arg::from(*d),
                Some(Parameter::Boolean(b)) => Arg::from(*b),
                Some(Parameter::Text(t)) => t.into(),
                None => Arg::Text(None),
            },
        })
        .collect();
    store::fact::run(&app.db, sql, &args, limit).await
}

/// Folds what a check returned to one finding for each organization.
fn checked(control: &Control, table: FactTable, now: i64) -> HashMap<OrganizationId, Finding> {
    let places = ["unit", "status", "reason", "observed_at"].map(|name| table.column(name));
    let [Some(unit), status, reason, observed_at] = places else {
        return HashMap::new();
    };
    let mut by_unit: HashMap<OrganizationId, Vec<u32>> = HashMap::new();
    for (place, row) in (0u32..).zip(0..table.len()) {
        let id = table.text(row, unit).and_then(|t| t.parse().ok());
        if let Some(id) = id {
            by_unit.entry(id).or_default().push(place);
        }
    }
    let table = Arc::new(table);
    let finding = |rows: Vec<u32>| {
        let text = |place: u32, column: Option<usize>| table.text(place as usize, column?);
        let folded: Vec<Row> = rows
            .iter()
            .map(|place| Row {
                // Neither weighs in the fold: the reason is read of the row that decides.
                subject: String::new(),
                reason: None,
                status: text(*place, status).and_then(RowStatus::from_code),
                observed_at: observed_at.and_then(|o| table.integer(*place as usize, o)),
            })
            .collect();
        let decided = fold(&folded, control.stale_after, now);
        let mut kept: Vec<(usize, Status)> = folded
            .iter()
            .map(|row| row.status(control.stale_after, now))
            .enumerate()
            .collect();
        kept.sort_by_key(|(i, status)| (decided.row != Some(*i), std::cmp::Reverse(*status)));
        kept.truncate(MAX_ROWS);
        let undecided = |row: &Row| row.status.is_none() && row.observed_at.is_some();
        Finding {
            status: decided.status,
            reason: decided
                .row
                .and_then(|i| text(rows[i], reason))
                .map(ToOwned::to_owned),
            rows: Rows::Checked {
                table: Arc::clone(&table),
                kept: kept.into_iter().map(|(i, s)| (rows[i], s)).collect(),
                total: rows.len(),
                undecided: folded.iter().any(undecided),
            },
        }
    };
    by_unit
        .into_iter()
        .map(|(unit, rows)| (unit, finding(rows)))
        .collect()
}

/// What somebody's word is worth: an answer to another question is none to this one.
fn by_word(
    form: &policy::control::Attestation,
    question: &str,
    word: Option<&Attestation>,
    now: i64,
) -> Finding {
    let answers = word.filter(|a| a.question == question);
    let latest = answers.map(|a| Attested {
        answer: a.holds,
        at: a.made_at,
    });
    let status = attest(form, latest, now);
    let reason = match (status, word) {
        (Status::Met, _) => "attested",
        (Status::Breached, _) => "attested-not",
        (_, Some(_)) if answers.is_none() => "question-changed",
        (_, Some(a)) if !a.holds && form.asks() == Asks::Absence && now <= a.valid_until => {
            "happened"
        }
        (_, Some(_)) => "attestation-expired",
        (_, None) => "not-attested",
    };
    let row = word.map(|a| {
        BTreeMap::from([
            ("statement".to_owned(), json!(a.statement)),
            ("made_by".to_owned(), json!(a.made_by)),
            ("made_at".to_owned(), json!(a.made_at)),
            ("valid_until_at".to_owned(), json!(a.valid_until)),
            ("attachment".to_owned(), json!(a.attachment)),
            ("attestation".to_owned(), json!(a.id)),
            ("status".to_owned(), json!(status.code())),
            ("reason".to_owned(), json!(reason)),
        ])
    });
    Finding {
        status,
        reason: Some(reason.to_owned()),
        rows: Rows::Word(row),
    }
}
