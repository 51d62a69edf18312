//! What becomes of each row of a table: read, held against what is there, field by field.

mod place;
mod read;

use std::collections::{HashMap, HashSet};

use domain::{
    authority::Scope,
    id::Id,
    label::{Label, Lang},
    noun, parse,
    problem::Problem,
    record::{Record, Value, Values},
    schema::{Field, Kind, Schema},
};
use examine::table::{Cell, Line};
use store::registry;

use self::read::Read;
pub(super) use self::{
    place::{depths, misplaced},
    read::{clears, fault_of},
};
use super::{
    columns::expected,
    existing::{Existing, Match},
    names::Names,
    record::By,
    report::{CellProblem, FieldChange, Outcome, RowFate},
    rules,
    table::Table,
};
use crate::App;

/// A row as it will be written; what is there is read again then.
pub(super) struct Planned {
    /// Its place among the table's lines.
    pub at: usize,
    /// The record it is about.
    pub id: Id,
    /// The one above it.
    pub parent: Option<Id>,
}

/// A row, read and held against what is there.
pub(super) struct Row {
    /// What happens to it.
    pub fate: RowFate,
    /// What would be written; none when it does not go in.
    pub record: Option<Record>,
    /// What is there.
    pub before: Option<Record>,
}

/// What rows are held against.
pub(super) struct Planner<'a> {
    app: &'a App,
    schema: &'a Schema,
    table: &'a Table<'a>,
    names: HashMap<String, Names>,
    existing: Existing<'a>,
    /// The id of every new key of the file.
    ids: HashMap<String, Id>,
    /// The same without the keys.
    coming: HashSet<Id>,
    /// The organizations for which the actor may write; none where it may for all.
    reach: Option<HashSet<Id>>,
    hidden_rows: bool,
    now: i64,
}

impl<'a> Planner<'a> {
    /// Reads all that the rows are held against, without a lock.
    pub async fn open(
        app: &'a App,
        scope: &Scope,
        schema: &'a Schema,
        table: &'a Table<'a>,
        hidden_rows: bool,
    ) -> Result<Self, Problem> {
        let now = app.clock.now_ms();
        let existing = Existing::read(app, scope, schema).await?;
        let mut names = HashMap::new();
        for field in schema.fields.iter().filter(|f| f.kind == Kind::Reference) {
            if let Some(other) = field.refers_to.as_deref().and_then(noun::get)
                && !names.contains_key(&other.noun)
            {
                let rows = registry::names(&app.db, scope, other, &other.keys).await;
                names.insert(other.noun.clone(), Names::new(other, rows?));
            }
        }
        let reach = match scope.roots() {
            None => None,
            Some(_) => {
                let all = registry::organizations_in(&app.db, scope).await;
                Some(all?.into_iter().map(|o| o.0).collect())
            }
        };
        let mut planner = Self {
            app,
            schema,
            table,
            names,
            existing,
            ids: HashMap::new(),
            coming: HashSet::new(),
            reach,
            hidden_rows,
            now,
        };
        planner.name_new_rows();
        Ok(planner)
    }

    /// A row may refer to another row of the same file: every new key gets its id first. What a
    /// row calls its record counts beside what records are called now: of two of one name neither
    /// is meant without a word.
    fn name_new_rows(&mut self) {
        let Existing::Unique(unique) = &self.existing else {
            return;
        };
        let keys: Vec<&Field> = (self.schema.keys.iter())
            .filter_map(|key| self.schema.field(key))
            .collect();
        let refers = self.names.contains_key(&self.schema.noun);
        let text = |line: &Line, field: &Field| {
            let cell = line.cells.get(self.table.position(&field.name)?)?;
            match self.value(field, cell) {
                Ok(Some(Value::Text(text))) => Some(text),
                _ => None,
            }
        };
        let mut ids = HashMap::new();
        let mut called: Vec<(Id, Vec<Option<String>>)> = Vec::new();
        for line in &self.table.lines {
            let Some(key) = text(line, unique.field) else {
                continue;
            };
            let id = match unique.find(&key) {
                Match::New => *ids.entry(key).or_insert_with(|| Id::new(self.now)),
                Match::Of(id) => id,
                Match::Is(_) | Match::No(_) => continue,
            };
            if refers {
                called.push((id, keys.iter().map(|f| text(line, f)).collect()));
            }
        }
        if let Some(own) = self.names.get_mut(&self.schema.noun) {
            for (id, keys) in called {
                own.add(id, keys);
            }
        }
        self.coming = ids.values().copied().collect();
        self.ids = ids;
    }

    fn wrong(&self, index: usize, line: &Line, message: Label) -> CellProblem {
        let field = self.table.fields.get(index).copied().flatten();
        let cell = line.cells.get(index).unwrap_or(&Cell::Blank);
        CellProblem {
            cell: self.table.address(index, line.number),
            column: self.table.headers.get(index).cloned().unwrap_or_default(),
            field: field.map(|f| f.name.clone()).unwrap_or_default(),
            position: index + 1,
            value: cell.shown(),
            message,
            write: field.map(expected).unwrap_or_default(),
        }
    }

    /// What is wrong with a field of a record, at its cell where it has one.
    pub fn wrong_field(&self, line: &Line, name: &str, message: Label) -> CellProblem {
        match self.table.position(name) {
            Some(index) => self.wrong(index, line, message),
            None => CellProblem {
                field: name.to_owned(),
                write: self.schema.field(name).map(expected).unwrap_or_default(),
                ..CellProblem::of_row(message)
            },
        }
    }

    /// The schema of the rows.
    pub fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// A line of the table.
    pub fn line(&self, at: usize) -> &Line {
        &self.table.lines[at]
    }

    /// What stands in a row for a field, as it is shown.
    pub fn cell(&self, at: usize, field: &str) -> String {
        let cell = self.table.position(field);
        let cell = cell.and_then(|index| self.line(at).cells.get(index));
        cell.map(Cell::shown).unwrap_or_default()
    }

    /// Whether a record is new in this file.
    pub fn is_coming(&self, id: Id) -> bool {
        self.coming.contains(&id)
    }

    /// What is wrong with a row's key.
    pub fn wrong_key(&self, line: &Line, message: Label) -> CellProblem {
        match self.schema.unique() {
            Some(key) => self.wrong_field(line, &key.name, message),
            None => CellProblem::of_row(message),
        }
    }

    /// Reads some rows and holds them against what is there now.
    pub async fn rows(&self, places: &[usize]) -> Result<Vec<(usize, Row)>, Problem> {
        let mut out = Vec::with_capacity(places.len());
        let mut read = Vec::with_capacity(places.len());
        let mut ids = Vec::new();
        for at in places {
            let line = &self.table.lines[*at];
            let row = self.read(line);
            let complete = self.complete(&row.given, None);
            let found = self.existing.find(&row.given, &complete);
            if let Match::Of(id) = found {
                ids.push(id);
            }
            read.push((*at, row, found));
        }
        let there = registry::by_ids(&self.app.db, self.schema, &ids).await;
        let mut there: HashMap<Id, Record> = there?.into_iter().map(|r| (r.id, r)).collect();
        for (at, row, found) in read {
            let row = self.row(&self.table.lines[at], row, found, &mut there);
            out.push((at, row));
        }
        Ok(out)
    }

    /// What a record says with a row's values over what is there, or over what a new one
    /// starts with.
    fn complete(&self, given: &Values, before: Option<&Record>) -> Values {
        let mut values = match before {
            Some(before) => before.values.clone(),
            None => defaults(self.app, self.schema),
        };
        for (name, value) in given {
            values.insert(name.clone(), value.clone());
        }
        values
    }

    fn row(&self, line: &Line, read: Read, found: Match, there: &mut HashMap<Id, Record>) -> Row {
        let Read {
            given,
            mut problems,
            notes,
        } = read;
        let before = match found {
            Match::New => None,
            Match::Of(id) => there.get(&id).cloned(),
            Match::Is(record) => Some(*record),
            Match::No(message) => {
                problems.push(self.wrong_key(line, message));
                None
            }
        };
        let values = self.complete(&given, before.as_ref());
        if before.is_none() {
            self.missing(line, &values, &mut problems);
        }
        let key = self.schema.unique().and_then(|f| values.get(&f.name));
        let key = key.and_then(Value::as_text);
        let record = Record {
            id: before
                .as_ref()
                .map(|b| b.id)
                .or_else(|| self.ids.get(key?).copied())
                .unwrap_or_else(|| Id::new(self.now)),
            version: before.as_ref().map_or(1, |b| b.version),
            updated_at: self.now,
            values,
        };
        if problems.is_empty() {
            let mut wrong = rules::alone(self.schema, &record);
            wrong.extend(rules::in_the_past(
                &self.app.clock,
                self.schema,
                before.as_ref(),
                &record,
            ));
            wrong.extend(rules::within_reason(
                &self.app.clock,
                self.schema,
                before.as_ref(),
                &record,
            ));
            wrong.extend(rules::of_clauses(
                self.app,
                self.schema,
                (before.as_ref(), By::Hand),
                &record,
            ));
            let wrong = wrong.into_iter();
            problems.extend(wrong.map(|w| self.wrong_field(line, &w.field, w.message)));
            if !self.in_reach(before.as_ref(), &record) {
                problems.push(CellProblem::of_row(Label::new(
                    "Bạn chỉ được ghi cho đơn vị của mình",
                    "You may write only for your own unit",
                )));
            }
        }
        let changes = self.changes(before.as_ref(), &record);
        if let (Some(position), Some(before)) = (self.table.version, &before) {
            problems.extend(self.changed_meanwhile(line, position, before, &changes));
        }
        problems.sort_by_key(|p| p.position);
        let outcome = match &before {
            _ if !problems.is_empty() => Outcome::Bad,
            Some(_) if changes.is_empty() => Outcome::Unchanged,
            _ if self.table.hides(line) && !self.hidden_rows => Outcome::Asks,
            Some(_) => Outcome::Update,
            None => Outcome::Create,
        };
        Row {
            fate: RowFate {
                line: line.number,
                title: record.get(&self.schema.title).to_cell(),
                outcome,
                version: before.as_ref().map(|b| b.version),
                changes: if outcome == Outcome::Bad {
                    Vec::new()
                } else {
                    changes
                },
                problems,
                notes,
            },
            record: matches!(outcome, Outcome::Create | Outcome::Update).then_some(record),
            before,
        }
    }

    /// What a new record lacks.
    fn missing(&self, line: &Line, values: &Values, problems: &mut Vec<CellProblem>) {
        for field in self.schema.fields.iter().filter(|f| f.required) {
            let given = values.get(&field.name).is_some_and(|v| !v.is_null());
            if given || problems.iter().any(|p| p.field == field.name) {
                continue;
            }
            let message = if self.table.position(&field.name).is_some() {
                Label::new("Bắt buộc phải có", "Required")
            } else {
                Label::new(
                    format!("Bản ghi mới cần cột “{}” ({})", field.label.vi, field.name),
                    format!(
                        "A new record needs the column “{}” ({})",
                        field.label.en, field.name
                    ),
                )
            };
            problems.push(self.wrong_field(line, &field.name, message));
        }
    }

    fn in_reach(&self, before: Option<&Record>, record: &Record) -> bool {
        let Some(reach) = &self.reach else {
            return true;
        };
        before.into_iter().chain([record]).all(|record| {
            let owner = if self.schema.owner == "id" {
                "parent"
            } else {
                &self.schema.owner
            };
            let owner = record.get(owner).as_id();
            let mut reserved = self.schema.reserved.iter();
            !reserved.any(|(field, value)| record.text(field) == value)
                && owner.is_some_and(|id| reach.contains(&id))
        })
    }

    /// Each field that changes, as a table writes it.
    fn changes(&self, before: Option<&Record>, record: &Record) -> Vec<FieldChange> {
        let null = Value::Null;
        let old = |field: &Field| before.map_or(&null, |b| b.get(&field.name));
        let fields = self.schema.fields.iter();
        fields
            .filter(|f| old(f) != record.get(&f.name))
            .map(|f| FieldChange {
                field: f.name.clone(),
                before: self.shown(f, old(f)),
                after: self.shown(f, record.get(&f.name)),
            })
            .collect()
    }

    fn shown(&self, field: &Field, value: &Value) -> String {
        match (field.kind, value) {
            (Kind::Reference, Value::Text(text)) => {
                let names = field.refers_to.as_ref().and_then(|n| self.names.get(n));
                let name = value.as_id().and_then(|id| names?.shown(id));
                name.unwrap_or_else(|| text.clone())
            }
            (Kind::Instant, Value::Integer(ms)) => domain::clock::from_ms(*ms)
                .to_zoned(domain::clock::local_zone())
                .strftime("%d/%m/%Y %H:%M")
                .to_string(),
            _ => value.to_cell(),
        }
    }

    /// What was changed since the row was taken along, where that would be written over.
    fn changed_meanwhile(
        &self,
        line: &Line,
        position: usize,
        before: &Record,
        changes: &[FieldChange],
    ) -> Option<CellProblem> {
        let taken: i64 = line.cells.get(position)?.shown().trim().parse().ok()?;
        if taken == before.version || changes.is_empty() {
            return None;
        }
        let say = |lang: Lang| {
            let fields = changes.iter().filter_map(|change| {
                let field = self.schema.field(&change.field)?;
                let there = match field.choices.get(&change.before) {
                    Some(label) => label.get(lang),
                    None => &change.before,
                };
                Some(format!("{}: “{there}”", field.label.get(lang)))
            });
            fields.collect::<Vec<_>>().join("; ")
        };
        let message = Label::new(
            format!("Đã có người sửa từ khi tải về. Hiện là {}", say(Lang::Vi)),
            format!(
                "Changed by somebody since it was taken along. Now {}",
                say(Lang::En)
            ),
        );
        Some(CellProblem {
            write: Label::new(
                format!("Muốn thay thì ghi {} vào ô này", before.version),
                format!("To replace that, write {} in this cell", before.version),
            ),
            ..self.wrong(position, line, message)
        })
    }

    /// What two rows that are about the same share.
    pub fn mark(&self, row: &Row) -> Option<String> {
        let record = row.record.as_ref()?;
        Some(match &row.before {
            Some(before) => before.id.to_string(),
            None => self.existing.mark(&record.values),
        })
    }
}

/// What a new record starts with, field by field; null where nothing is said.
pub(crate) fn defaults(app: &App, schema: &Schema) -> Values {
    schema
        .fields
        .iter()
        .map(|f| {
            let value = match f.default.as_deref() {
                Some("today") => app.clock.today().to_string().into(),
                Some(text) => parse::field(f, text).unwrap_or(Value::Null),
                None => Value::Null,
            };
            (f.name.clone(), value)
        })
        .collect()
}
