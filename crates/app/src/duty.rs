//! What is due: duties by organization and day, those of the past and those to come.

use std::collections::{HashMap, HashSet};

use domain::{authority::Permission, id::OrganizationId, label::Label, problem::Problem};
use jiff::civil::Date;
use policy::{
    Chosen, Library,
    calendar::Gap,
    chosen::Values,
    duty::{DutyClock, DutyRule, Instance, Length, Matching, instances},
};
use store::{
    assessment::Unit,
    duty::{DutyRow, FINDING},
};

use crate::{App, Ctx, assess::Board, flow};

/// More instances than any province has in a year.
const ALL: i64 = 1_000_000;

/// A duty with the words that a page needs.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DutyView {
    /// The instance.
    pub duty: DutyRow,
    /// The organization's code.
    pub unit_code: String,
    /// The organization's name.
    pub unit_name: String,
    /// What the clause asks.
    pub summary: Label,
    /// The regulation's short name.
    pub regulation: Label,
    /// Whose event it answers, where that is another's.
    pub event_unit_name: Option<String>,
    /// Days left; negative when overdue, none when done or when the last day is not known.
    pub days_left: Option<i32>,
    /// Why the last day cannot be computed.
    pub gap: Option<Gap>,
    /// The length of time, where the duty has one.
    pub limit: Option<Limit>,
    /// What fulfils it.
    pub form: Form,
}

/// A length of time and who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Limit {
    /// How many.
    pub amount: u32,
    /// `hours`, `days`, `working-days`.
    pub unit: &'static str,
    /// No text gives the number: the province chose it.
    pub chosen: bool,
    /// Counted back from the event.
    pub ahead: bool,
}

/// The form that fulfils a duty.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A new entry in the book.
    New {
        /// The period it is for.
        period: Option<String>,
        /// What it is about.
        subject: Option<String>,
    },
    /// The event's own entry, to be completed.
    Entry(String),
    /// The flow whose step is to be taken.
    Flow(String),
}

/// Regulation, clause, control, side and province.
type Place = (String, String, String, String, OrganizationId);

/// What makes views of rows.
struct Viewer<'a> {
    board: &'a Board,
    library: &'a Library,
    today: Date,
    chosen: Chosen,
    limits: HashMap<Place, Option<Limit>>,
}

impl<'a> Viewer<'a> {
    fn new(app: &'a App, board: &'a Board, library: &'a Library) -> Self {
        Self {
            board,
            library,
            today: app.clock.today(),
            chosen: app.settings().chosen(),
            limits: HashMap::new(),
        }
    }

    fn province(&self, unit: OrganizationId) -> OrganizationId {
        let at = self.board.unit(unit);
        at.map_or(unit, |at| self.board.units[at].province())
    }

    fn rule(&self, duty: &DutyRow) -> Option<DutyRule> {
        if duty.is_flow() {
            return None;
        }
        let rule = self.library.controls.get(&duty.control)?.duty.clone()?;
        if duty.side == "answer" {
            rule.answering()
        } else {
            Some(rule)
        }
    }

    fn limit(&mut self, duty: &DutyRow, rule: Option<&DutyRule>) -> Option<Limit> {
        let province = self.province(duty.organization);
        let place = (
            duty.regulation.clone(),
            duty.clause.clone(),
            duty.control.clone(),
            duty.side.clone(),
            province,
        );
        if let Some(known) = self.limits.get(&place) {
            return *known;
        }
        let limit = rule.and_then(|rule| {
            let count = rule.due.count()?;
            let control = self.library.controls.get(&duty.control)?;
            let clause = self.library.clause(&duty.regulation, &duty.clause)?;
            let values = (self.library).parameters(clause, control, &self.chosen.of(province));
            let (amount, unit) = match count.length(&values)? {
                Length::Hours(n) => (n, "hours"),
                Length::Days(n) => (n, "days"),
                Length::WorkingDays(n) => (n, "working-days"),
            };
            let named = count.parameter();
            let chosen = named.is_some_and(|name| {
                control
                    .parameters
                    .iter()
                    .any(|p| p.name == name && p.chosen)
            });
            Some(Limit {
                amount,
                unit,
                chosen,
                ahead: matches!(rule.due, policy::duty::Due::Ahead(_)),
            })
        });
        self.limits.insert(place, limit);
        limit
    }

    /// None for what is no longer known: an organization that ended, a clause of another pack.
    fn view(&mut self, duty: DutyRow) -> Option<DutyView> {
        let board = self.board;
        let unit = &board.units[board.unit(duty.organization)?];
        let (summary, regulation) = match duty.is_flow() {
            true => (flow_words(self.library, &duty), flow::noun()),
            false => {
                let clause = self.library.clause(&duty.regulation, &duty.clause)?;
                let regulation = self.library.regulations.get(&duty.regulation)?;
                (clause.summary.clone(), regulation.short.clone())
            }
        };
        let rule = self.rule(&duty);
        let limit = self.limit(&duty, rule.as_ref());
        let due: Option<Date> = duty.due_on.as_ref().and_then(|d| d.parse().ok());
        let event = rule.as_ref().and_then(DutyRule::event);
        let form = match event {
            None if duty.is_flow() => Form::Flow(duty.period.clone()),
            None if matches!(duty.side.as_str(), "exemption" | FINDING) => {
                Form::Entry(duty.period.clone())
            }
            Some(event) if event.answered_by == Matching::Entry => Form::Entry(duty.period.clone()),
            Some(_) => Form::New {
                period: None,
                subject: duty.subject.clone(),
            },
            None => Form::New {
                period: Some(duty.period.clone()),
                subject: None,
            },
        };
        Some(DutyView {
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            summary,
            regulation,
            event_unit_name: duty
                .event_unit
                .filter(|of| *of != duty.organization)
                .and_then(|of| Some(board.units[board.unit(of)?].name.clone())),
            days_left: due
                .filter(|_| duty.fulfilled_on.is_none())
                .map(|d| (d - self.today).get_days()),
            gap: duty
                .gap
                .as_deref()
                .and_then(|gap| serde_json::from_str(gap).ok()),
            limit,
            form,
            duty,
        })
    }

    fn views(&mut self, rows: Vec<DutyRow>) -> Vec<DutyView> {
        rows.into_iter().filter_map(|row| self.view(row)).collect()
    }
}

/// Duties due between two ISO dates (inclusive) of the organizations that the actor may see.
///
/// # Errors
/// Denied, unavailable.
pub async fn due(
    app: &App,
    ctx: &Ctx,
    from: &str,
    to: &str,
    open_only: bool,
    limit: i64,
) -> Result<Vec<DutyView>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let rows = store::duty::due(&app.db, &scope, from, to, open_only, limit).await?;
    let (board, library) = (app.assess.board(), app.library());
    Ok(Viewer::new(app, &board, &library).views(rows))
}

/// What a calendar shows.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Agenda {
    /// Duties with a day, the earliest first.
    pub dated: Vec<DutyView>,
    /// Open duties whose last day cannot be computed.
    pub undated: Vec<DutyView>,
}

/// The duties of the organizations that the actor may see, or of one of them by its code,
/// that are due between two dates (inclusive): those that exist, and those of periods that
/// have not begun.
///
/// # Errors
/// Denied, unavailable; not found for a unit that the actor may not see.
pub async fn agenda(
    app: &App,
    ctx: &Ctx,
    (from, to): (Date, Date),
    unit: Option<&str>,
) -> Result<Agenda, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let (board, library) = (app.assess.board(), app.library());
    let mut visible: HashSet<OrganizationId> = board
        .in_scope(&scope)
        .into_iter()
        .map(|at| board.units[at].id)
        .collect();
    if let Some(code) = unit {
        let wanted = board
            .units
            .iter()
            .find(|u| u.code == code && visible.contains(&u.id))
            .ok_or_else(|| Problem::not_found(&Label::new("đơn vị", "unit"), code))?;
        visible = HashSet::from([wanted.id]);
    }
    let until = to.to_string();
    let mut rows = store::duty::due(&app.db, &scope, &from.to_string(), &until, false, ALL).await?;
    let undated = store::duty::undated(&app.db, &scope, &until, ALL).await?;
    let mut viewer = Viewer::new(app, &board, &library);
    let (mut to_come, without_day) = viewer.to_come(&visible, from, to);
    rows.append(&mut to_come);
    // What has ended waives nothing any more and is not due either.
    let begin = from.max(viewer.today).to_string();
    let ending = store::duty::exemptions(&app.db, &scope, &begin, &until).await;
    rows.append(&mut ending?);
    let (first, today) = (from.to_string(), viewer.today.to_string());
    let range = (first.as_str(), until.as_str());
    let found = store::duty::findings(&app.db, &scope, range, &today, false).await;
    rows.append(&mut found?);
    let mut flows = flow::deadlines(app, &scope, range).await?;
    rows.append(&mut flows.dated);
    rows.sort_by(|a, b| {
        let place = |d: &DutyRow| (d.due_on.clone(), d.regulation.clone(), d.clause.clone());
        place(a).cmp(&place(b))
    });
    let mine = |rows: Vec<DutyRow>| -> Vec<DutyRow> {
        let mut rows = rows;
        rows.retain(|d| visible.contains(&d.organization));
        rows
    };
    let undated = undated.into_iter().chain(without_day);
    let undated = undated.chain(flows.undated).collect();
    Ok(Agenda {
        dated: viewer.views(mine(rows)),
        undated: viewer.views(mine(undated)),
    })
}

/// What a flow waits for, as its file says it today.
pub(crate) fn flow_words(library: &Library, duty: &DutyRow) -> Label {
    let flow = library.flows.get(&duty.control);
    let title = flow.map_or_else(|| Label::same(&duty.control), |f| f.title.clone());
    let state = flow.and_then(|flow| flow.states.get(&duty.clause));
    let state = state.map_or_else(|| Label::same(&duty.clause), |s| s.label.clone());
    Label::new(
        format!("{}: {}", title.vi, state.vi.to_lowercase()),
        format!("{}: {}", title.en, state.en.to_lowercase()),
    )
}

impl Viewer<'_> {
    /// Instances of periods that have not begun, due between two dates; and those of them
    /// whose last day nobody can compute.
    fn to_come(
        &self,
        visible: &HashSet<OrganizationId>,
        from: Date,
        to: Date,
    ) -> (Vec<DutyRow>, Vec<DutyRow>) {
        let (mut dated, mut undated) = (Vec::new(), Vec::new());
        if to <= self.today {
            return (dated, undated);
        }
        for key in &self.board.clauses {
            let Some(clause) = self.library.clause(&key.regulation, &key.cite) else {
                continue;
            };
            for control in self.library.controls_of(clause) {
                let Some(rule) = &control.duty else { continue };
                let DutyClock::Period(period) = rule.clock else {
                    continue;
                };
                let (calendar, today) = (&self.library.calendar, self.today);
                // What is due within the range may be of the period before it.
                let begin = today.max(from.saturating_sub(jiff::Span::new().years(1)));
                let ahead = |values: &Values| -> Vec<_> {
                    let values = self.library.parameters(clause, control, values);
                    instances(period, &rule.due, calendar, &values, begin, to)
                        .into_iter()
                        .filter(|i| i.opens_on > today)
                        .filter(|i| match &i.due {
                            Ok(due) => from <= due.day && due.day <= to,
                            Err(_) => from <= i.closes_on && i.closes_on <= to,
                        })
                        .collect()
                };
                let common = ahead(&self.chosen.common);
                let own: HashMap<_, _> = (self.chosen.choosers(&control.id))
                    .map(|province| (province, ahead(&self.chosen.of(province))))
                    .collect();
                let bound = self.board.units.iter().filter(|u| {
                    visible.contains(&u.id)
                        && self.board.get(&key.regulation, &key.cite, u.id).is_some()
                });
                for unit in bound {
                    let to_come = own.get(&unit.province()).unwrap_or(&common);
                    for instance in to_come.iter().filter(|i| is_there(unit, i)) {
                        let due = instance.due.as_ref();
                        let row = DutyRow {
                            regulation: key.regulation.clone(),
                            clause: key.cite.clone(),
                            control: control.id.clone(),
                            side: "report".into(),
                            organization: unit.id,
                            period: instance.period.clone(),
                            register: rule.register.clone(),
                            subject: None,
                            event_unit: None,
                            opens_on: instance.opens_on.to_string(),
                            due_on: due.ok().map(|d| d.day.to_string()),
                            due_at: None,
                            gap: due.err().and_then(|gap| serde_json::to_string(gap).ok()),
                            outcome: "pending".into(),
                            fulfilled_on: None,
                            entry_id: None,
                        };
                        if row.due_on.is_some() {
                            dated.push(row);
                        } else {
                            undated.push(row);
                        }
                    }
                }
            }
        }
        (dated, undated)
    }
}

/// Whether a unit is still there when an instance is due.
fn is_there(unit: &Unit, instance: &Instance) -> bool {
    let last = instance.due.as_ref().map_or(instance.closes_on, |d| d.day);
    let ends = unit.ends_on.as_deref().and_then(|day| day.parse().ok());
    ends.is_none_or(|end: Date| last <= end)
}

/// Duties of one clause and one day that stand alike: a hundred communes that owe one
/// report are one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    /// Those that it holds; at least one.
    pub duties: Vec<&'a DutyView>,
}

impl<'a> Group<'a> {
    /// The first of them, which has the words of all.
    pub fn first(&self) -> &'a DutyView {
        self.duties[0]
    }
}

/// Puts together what stands alike, in the order of days.
pub fn grouped(views: &[DutyView]) -> Vec<Group<'_>> {
    let mut order: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for view in views {
        let d = &view.duty;
        let place = (
            &d.due_on,
            d.due_at,
            &d.gap,
            &d.regulation,
            &d.clause,
            &d.control,
            &d.side,
            &d.outcome,
            d.event_unit.map(|_| &d.period),
        );
        match places.get(&place) {
            Some(at) => order[*at].duties.push(view),
            None => {
                places.insert(place, order.len());
                order.push(Group { duties: vec![view] });
            }
        }
    }
    order
}
