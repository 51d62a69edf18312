//! One assessment's findings for all organizations: by SQL, by duty, by attestation.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use domain::{clock, id::OrganizationId, record::Value as Fact};
use jiff::civil::Date;
use policy::{
    Assessment, Check, Control, Library, OrgContext, Status,
    control::Value as Parameter,
    duty::{self, Fulfilment, Judged},
    verdict::{Attested, Row, RowStatus, attest, fold},
};
use serde_json::{Value, json};
use store::{
    Arg, StoreError,
    assessment::{Attestation, BookEntry, Unit},
    duty::DutyRow,
    fact::FactRow,
};

use super::{board::Board, engine, evidence::MAX_ROWS};
use crate::App;

/// What one control says of one organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What holds.
    pub status: Status,
    /// The code of the reason.
    pub reason: Option<String>,
    /// `check`, `duty`, `attestation`.
    pub by: &'static str,
    /// The facts as named columns, the worst first.
    pub rows: Vec<BTreeMap<String, Value>>,
    /// How many facts there were.
    pub total: usize,
}

/// What all assessments of one evaluation share.
pub(super) struct Facts {
    pub now: i64,
    pub today: Date,
    units: Vec<Unit>,
    contexts: HashMap<OrganizationId, OrgContext>,
    books: HashMap<String, HashMap<OrganizationId, Vec<BookEntry>>>,
    attestations: HashMap<(String, OrganizationId), Attestation>,
}

impl Facts {
    pub(super) async fn load(
        app: &App,
        library: &Library,
        units: &[Unit],
        assessments: &[Assessment],
        now: i64,
        today: Date,
    ) -> Result<Self, StoreError> {
        let codes: HashMap<OrganizationId, String> =
            units.iter().map(|u| (u.id, u.code.clone())).collect();
        let contexts = units
            .iter()
            .map(|u| (u.id, engine::context(u, &codes)))
            .collect();
        let registers: BTreeSet<&str> = assessments
            .iter()
            .filter_map(|a| library.controls.get(&a.control)?.duty.as_ref())
            .map(|d| d.register.as_str())
            .collect();
        let mut books = HashMap::new();
        for register in registers {
            let mut by_unit: HashMap<OrganizationId, Vec<BookEntry>> = HashMap::new();
            for entry in store::assessment::book(&app.db, register).await? {
                by_unit.entry(entry.organization).or_default().push(entry);
            }
            books.insert(register.to_owned(), by_unit);
        }
        let attestations = store::assessment::latest_attestations(&app.db)
            .await?
            .into_iter()
            .map(|a| ((a.control.clone(), a.organization), a))
            .collect();
        Ok(Self {
            now,
            today,
            units: units.to_vec(),
            contexts,
            books,
            attestations,
        })
    }

    pub(super) fn context(&self, unit: OrganizationId) -> Option<&OrgContext> {
        self.contexts.get(&unit)
    }
}

/// The views that a control's finding depends on.
pub(super) fn reads(library: &Library, control: Option<&Control>) -> BTreeSet<String> {
    let Some(control) = control else {
        return BTreeSet::new();
    };
    let mut reads = BTreeSet::new();
    if let Some(check) = control.check.as_ref().and_then(|c| library.checks.get(c)) {
        reads.extend(check.reads.iter().cloned());
    }
    if control.duty.is_some() {
        reads.insert("fact_entry".into());
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
    let mut found = HashMap::with_capacity(facts.units.len());
    let check = control.check.as_ref().and_then(|c| library.checks.get(c));
    let mut rows = match check {
        Some(check) => match by_check(app, check, assessment, facts, limit).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(check = check.id, %error, "a check failed");
                let row = BTreeMap::from([("error".to_owned(), Value::String(error.to_string()))]);
                for unit in &facts.units {
                    let finding = Finding {
                        status: Status::Error,
                        reason: None,
                        by: "check",
                        rows: vec![row.clone()],
                        total: 1,
                    };
                    found.insert(unit.id, finding);
                }
                return found;
            }
        },
        None => HashMap::new(),
    };
    for unit in &facts.units {
        let mut finding = if check.is_some() {
            rows.remove(&unit.id)
                .map(|rows| checked(control, &rows, facts.now))
        } else {
            control
                .duty
                .as_ref()
                .map(|rule| by_duty(library, rule, unit, facts))
        };
        if let Some(form) = &control.attestation {
            let silent = finding.as_ref().is_none_or(|f| f.status == Status::NoData);
            let word = facts.attestations.get(&(control.id.clone(), unit.id));
            if silent && (word.is_some() || finding.is_none()) {
                finding = Some(by_word(form, word, facts.now));
            }
        }
        if let Some(finding) = finding {
            found.insert(unit.id, finding);
        }
    }
    found
}

async fn by_check(
    app: &App,
    check: &Check,
    assessment: &Assessment,
    facts: &Facts,
    limit: Duration,
) -> Result<HashMap<OrganizationId, Vec<FactRow>>, StoreError> {
    let (sql, names) = check.prepared();
    let args: Vec<Arg> = names
        .iter()
        .map(|name| match name.as_str() {
            "now" => Arg::from(facts.now),
            "today" => facts.today.to_string().into(),
            "month" => facts.today.strftime("%Y-%m").to_string().into(),
            own => match assessment.parameters.get(own) {
                Some(Parameter::Integer(i)) => Arg::from(*i),
                Some(Parameter::Decimal(d)) => Arg::from(*d),
                Some(Parameter::Boolean(b)) => Arg::from(*b),
                Some(Parameter::Text(t)) => t.into(),
                None => Arg::Text(None),
            },
        })
        .collect();
    let mut by_unit: HashMap<OrganizationId, Vec<FactRow>> = HashMap::new();
    for row in store::fact::run(&app.db, sql, &args, limit).await? {
        let unit = row.iter().find(|(name, _)| name == "unit");
        let Some(id) = unit.and_then(|(_, v)| v.as_id()) else {
            continue;
        };
        by_unit.entry(OrganizationId(id)).or_default().push(row);
    }
    Ok(by_unit)
}

fn column<'a>(row: &'a FactRow, name: &str) -> Option<&'a Fact> {
    row.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

fn checked(control: &Control, rows: &[FactRow], now: i64) -> Finding {
    let folded: Vec<Row> = rows
        .iter()
        .map(|row| Row {
            subject: column(row, "subject")
                .and_then(Fact::as_text)
                .unwrap_or_default()
                .into(),
            status: column(row, "status")
                .and_then(Fact::as_text)
                .and_then(RowStatus::from_code),
            reason: column(row, "reason")
                .and_then(Fact::as_text)
                .map(Into::into),
            observed_at: match column(row, "observed_at") {
                Some(Fact::Integer(ms)) => Some(*ms),
                _ => None,
            },
        })
        .collect();
    let finding = fold(&folded, control.stale_after, now);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|i| {
        let decisive = finding.row == Some(*i);
        (
            !decisive,
            std::cmp::Reverse(folded[*i].status(control.stale_after, now)),
        )
    });
    let total = rows.len();
    let kept = order
        .into_iter()
        .take(MAX_ROWS)
        .map(|i| {
            let mut columns: BTreeMap<String, Value> = rows[i]
                .iter()
                .filter(|(name, _)| name != "unit")
                .map(|(name, value)| {
                    (
                        name.clone(),
                        serde_json::to_value(value).unwrap_or(Value::Null),
                    )
                })
                .collect();
            let judged = folded[i].status(control.stale_after, now);
            columns.insert("status".into(), json!(judged.code()));
            columns
        })
        .collect();
    Finding {
        status: finding.status,
        reason: finding.reason,
        by: "check",
        rows: kept,
        total,
    }
}

fn fulfilments(entries: &[BookEntry]) -> Vec<Fulfilment> {
    entries
        .iter()
        .map(|e| Fulfilment {
            period: e.period.clone(),
            occurred_on: e.occurred_on.parse().ok(),
            recorded_on: Some(clock::local_date(clock::from_ms(e.recorded_at))),
            result: e.result.clone(),
        })
        .collect()
}

fn by_duty(library: &Library, rule: &duty::DutyRule, unit: &Unit, facts: &Facts) -> Finding {
    let entries = facts
        .books
        .get(&rule.register)
        .and_then(|b| b.get(&unit.id))
        .map_or(&[][..], Vec::as_slice);
    let kept_from = clock::local_date(clock::from_ms(unit.created_at));
    let judged = duty::judge(
        rule,
        &library.calendar,
        &fulfilments(entries),
        kept_from,
        facts.today,
    );
    let rows = judged
        .instances
        .iter()
        .rev()
        .take(MAX_ROWS)
        .map(|(instance, outcome)| {
            let done = match outcome {
                Judged::Done { on } | Judged::Late { on } => Some(on.to_string()),
                Judged::Pending | Judged::Missed | Judged::Uncertain => None,
            };
            BTreeMap::from([
                ("subject".to_owned(), json!(instance.period)),
                ("period".to_owned(), json!(instance.period)),
                ("register".to_owned(), json!(rule.register)),
                ("opens_on".to_owned(), json!(instance.opens_on.to_string())),
                (
                    "due_on".to_owned(),
                    instance
                        .due
                        .as_ref()
                        .map_or(Value::Null, |d| json!(d.day.to_string())),
                ),
                ("fulfilled_on".to_owned(), json!(done)),
                ("reason".to_owned(), json!(outcome.reason())),
                ("status".to_owned(), json!(outcome.status().code())),
            ])
        })
        .collect();
    Finding {
        status: judged.status,
        reason: Some(judged.reason.to_owned()),
        by: "duty",
        rows,
        total: judged.instances.len(),
    }
}

fn by_word(form: &policy::control::Attestation, word: Option<&Attestation>, now: i64) -> Finding {
    let latest = word.map(|a| Attested {
        answer: a.holds,
        at: a.made_at,
    });
    let status = attest(form, latest, now);
    let reason = match (status, word) {
        (Status::Met, _) => "attested",
        (Status::Breached, _) => "attested-not",
        (_, Some(_)) => "attestation-expired",
        (_, None) => "not-attested",
    };
    let rows = word
        .map(|a| {
            BTreeMap::from([
                ("statement".to_owned(), json!(a.statement)),
                ("made_by".to_owned(), json!(a.made_by)),
                ("made_at".to_owned(), json!(a.made_at)),
                ("valid_until_at".to_owned(), json!(a.valid_until)),
                ("attachment".to_owned(), json!(a.attachment)),
                ("status".to_owned(), json!(status.code())),
                ("reason".to_owned(), json!(reason)),
            ])
        })
        .into_iter()
        .collect::<Vec<_>>();
    Finding {
        status,
        reason: Some(reason.to_owned()),
        by: "attestation",
        total: rows.len(),
        rows,
    }
}

/// Writes down the duty instances that changed, for the calendar and the reminders.
pub(super) async fn save_duties(
    app: &App,
    library: &Library,
    board: &Board,
    results: &engine::Findings,
) -> Result<(), StoreError> {
    let known: HashMap<(String, String, OrganizationId, String), DutyRow> =
        store::duty::all(&app.db)
            .await?
            .into_iter()
            .map(|d| {
                (
                    (
                        d.regulation.clone(),
                        d.clause.clone(),
                        d.organization,
                        d.period.clone(),
                    ),
                    d,
                )
            })
            .collect();
    let mut changed = Vec::new();
    for (assessment, findings) in results {
        let is_duty = library
            .controls
            .get(&assessment.control)
            .is_some_and(|c| c.duty.is_some());
        if !is_duty {
            continue;
        }
        for (regulation, cite) in &assessment.clauses {
            for (unit, finding) in findings.iter() {
                // Only who is bound owes.
                if board.get(regulation, cite, *unit).is_none() {
                    continue;
                }
                for row in &finding.rows {
                    let text =
                        |name: &str| row.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
                    let (Some(period), Some(opens_on), Some(due_on)) =
                        (text("period"), text("opens_on"), text("due_on"))
                    else {
                        continue;
                    };
                    let duty = DutyRow {
                        regulation: regulation.clone(),
                        clause: cite.clone(),
                        organization: *unit,
                        period,
                        register: text("register").unwrap_or_default(),
                        opens_on,
                        due_on,
                        fulfilled_on: text("fulfilled_on"),
                        entry_id: None,
                    };
                    let place = (regulation.clone(), cite.clone(), *unit, duty.period.clone());
                    if known.get(&place) != Some(&duty) {
                        changed.push(duty);
                    }
                }
            }
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::duty::upsert(&mut tx, &changed).await?;
    tx.commit().await
}
