//! Reminders: one digest a day for each receiver, and nothing told twice.
//!
//! What is due is told once at each chosen distance, what is overdue once more, and what
//! stays overdue once to the superior. What was told is written down in the transaction
//! that queues the mail, so that a restart, or a second process, tells nothing again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{id::OrganizationId, label::Label};
use jiff::{ToSpan, civil::Date};
use store::{
    StoreError,
    duty::{DutyRow, FINDING, FLOW, FLOW_CENTRE},
    reminder,
    reminder::Reachable,
};

use vault::note::Checkpoint;

use crate::{
    App,
    assess::Board,
    duty, evidence, flow,
    notify::{self, Payload, addresses},
    setting::Settings,
    task::everything,
};

/// The receiver of what goes out by webhook.
const WEBHOOK: &str = "webhook";
/// The step of what is overdue.
const OVERDUE: i64 = -1;
/// The step of what was told to the superior.
const ESCALATED: i64 = -2;
/// The step of what has no last day because the calendar has a gap.
const UNDATED: i64 = -3;
/// Lines of one part of a digest; what is more is counted.
const LINES: usize = 60;

/// A digest that is being written.
#[derive(Default)]
struct Digest<'a> {
    /// By mail to that address; else by webhook.
    mail: Option<String>,
    items: Vec<(&'a DutyRow, i64)>,
}

/// What all provinces share, and what each chose for itself.
struct Choices {
    common: Choice,
    own: HashMap<OrganizationId, Choice>,
}

impl Choices {
    fn of(app: &App) -> Self {
        let settings = app.settings();
        let own = settings.choosers();
        Self {
            common: Choice::of(&settings),
            own: own
                .map(|province| (province, Choice::of(&settings.of(Some(province)))))
                .collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Choice> {
        std::iter::once(&self.common).chain(self.own.values())
    }

    fn for_unit(&self, board: &Board, unit: OrganizationId) -> &Choice {
        let province = board.unit(unit).map(|at| board.units[at].province());
        let own = province.and_then(|p| self.own.get(&p));
        own.unwrap_or(&self.common)
    }
}

/// What a province chose.
struct Choice {
    distances: Vec<i64>,
    roles: BTreeSet<String>,
    escalate_after: i64,
    escalate_to: BTreeSet<String>,
    centre: Vec<String>,
    webhook: bool,
    mail: bool,
}

impl Choice {
    fn of(settings: &Settings) -> Self {
        let words = |key: &str| addresses(&settings.text(key)).into_iter().collect();
        Self {
            distances: addresses(&settings.text("remind.days"))
                .iter()
                .filter_map(|n| n.parse().ok())
                .collect(),
            roles: words("remind.to"),
            escalate_after: settings.integer("remind.escalate_days"),
            escalate_to: words("remind.escalate_to"),
            centre: addresses(&settings.text("notify.email_to")),
            webhook: !settings.text("notify.webhook_url").is_empty(),
            mail: !settings.text("notify.smtp_url").is_empty(),
        }
    }

    /// The step at which a duty stands: the nearest distance that has been reached, that it
    /// is overdue, or that nobody can say; none while it is far.
    fn step(&self, duty: &DutyRow, today: Date) -> Option<i64> {
        let Some(left) = days_left(duty, today) else {
            return Some(UNDATED);
        };
        if left < 0 {
            return Some(OVERDUE);
        }
        self.distances.iter().copied().filter(|d| *d >= left).min()
    }
}

/// Days until the last safe day.
fn days_left(duty: &DutyRow, today: Date) -> Option<i64> {
    let due: Date = duty.due_on.as_ref()?.parse().ok()?;
    Some(i64::from((due - today).get_days()))
}

/// Writes today's digests, once their hour has come. Returns how many, if any.
///
/// # Errors
/// The store's.
pub async fn reconcile(app: &App) -> Result<Option<Label>, StoreError> {
    let choices = Choices::of(app);
    let local = app.clock.now().to_zoned(domain::clock::local_zone());
    let hour = app.settings().integer("remind.hour");
    let ways = choices.common.mail || choices.common.webhook;
    let silent = !ways || choices.all().all(|c| c.distances.is_empty());
    if silent || i64::from(local.hour()) < hour {
        return Ok(None);
    }
    let today = local.date();
    let board = app.assess.board();
    let open = open_duties(app, &choices, today).await?;
    let contacts = reminder::reachable(&app.db, &today.to_string()).await?;
    let digests = address(&choices, &board, &open, &contacts, today);
    let done = reminder::digested(&app.db, &today.to_string()).await?;
    let mut written = 0;
    for (receiver, mut digest) in digests {
        if done.contains(&receiver) {
            continue;
        }
        let told = reminder::told(&app.db, &receiver).await?;
        digest
            .items
            .retain(|(duty, step)| !told.contains(&(duty.key(), *step)));
        if digest.items.is_empty() {
            continue;
        }
        if digest.mail.is_some() && !choices.common.mail {
            // Told when a mail server is set up.
            continue;
        }
        written += usize::from(write(app, &board, &receiver, &digest, today).await?);
    }
    let label = || Label::new(format!("{written} thư nhắc"), format!("{written} digests"));
    Ok((written > 0).then(label))
}

/// Duties that are open: overdue for less than two years, due within the greatest distance,
/// or without a day; exemptions that end within it, findings to be mended and steps to be taken.
async fn open_duties(
    app: &App,
    choices: &Choices,
    today: Date,
) -> Result<Vec<DutyRow>, StoreError> {
    let far = choices.all().flat_map(|c| &c.distances).max();
    let from = today.saturating_sub(2.years()).to_string();
    let to = today
        .saturating_add(far.copied().unwrap_or(0).days())
        .to_string();
    let scope = everything();
    let mut open = store::duty::due(&app.db, &scope, &from, &to, true, i64::MAX).await?;
    let today = today.to_string();
    open.extend(store::duty::undated(&app.db, &scope, &today, i64::MAX).await?);
    open.extend(store::duty::exemptions(&app.db, &scope, &today, &to).await?);
    open.extend(store::duty::findings(&app.db, &scope, (&from, &to), &today, true).await?);
    let flows = flow::deadlines(app, &scope, (&from, &to)).await?;
    open.extend(flows.dated.into_iter().chain(flows.undated));
    Ok(open)
}

/// Who is told what: the unit's contacts, the centre, the webhook, and the superior's
/// contacts of what has been overdue for long.
fn address<'a>(
    choices: &Choices,
    board: &Board,
    open: &'a [DutyRow],
    contacts: &[Reachable],
    today: Date,
) -> BTreeMap<String, Digest<'a>> {
    let mut reach: HashMap<OrganizationId, Vec<&Reachable>> = HashMap::new();
    for contact in contacts {
        reach.entry(contact.organization).or_default().push(contact);
    }
    let of = |unit: OrganizationId, roles: &BTreeSet<String>| -> BTreeSet<&str> {
        let all = reach.get(&unit).into_iter().flatten();
        all.filter(|c| roles.contains(&c.role))
            .map(|c| c.email.as_str())
            .collect()
    };
    let mut digests: BTreeMap<String, Digest<'a>> = BTreeMap::new();
    let mut tell = |receiver: &str, by_mail: bool, duty: &'a DutyRow, step: i64| {
        let digest = digests.entry(receiver.to_owned()).or_default();
        digest.mail = by_mail.then(|| receiver.to_owned());
        // What is told of one duty is told in turn: only the last items can be of it.
        let of_it = digest.items.iter().rev();
        let mut of_it = of_it.take_while(|(d, _)| std::ptr::eq(*d, duty));
        if of_it.all(|(_, told)| *told != step) {
            digest.items.push((duty, step));
        }
    };
    for duty in open {
        let choice = choices.for_unit(board, duty.organization);
        // A province that chose no distance is not reminded.
        if choice.distances.is_empty() {
            continue;
        }
        let Some(step) = choice.step(duty, today) else {
            continue;
        };
        // A step of the centre's is not the unit's to be reminded of.
        let is_units = duty.side != FLOW_CENTRE;
        for address in of(duty.organization, &choice.roles) {
            if is_units {
                tell(address, true, duty, step);
            }
        }
        for address in &choice.centre {
            tell(address, true, duty, step);
        }
        if choice.webhook {
            tell(WEBHOOK, false, duty, step);
        }
        let overdue = days_left(duty, today).is_some_and(|left| -left >= choice.escalate_after);
        if choice.escalate_after > 0 && step == OVERDUE && overdue && is_units {
            for unit in superiors(board, duty.organization) {
                let above = of(unit, &choice.escalate_to);
                for address in &above {
                    tell(address, true, duty, ESCALATED);
                }
                // The nearest superior that can be reached is told.
                if !above.is_empty() {
                    break;
                }
            }
        }
    }
    digests
}

/// The organizations above one, the nearest first.
fn superiors(board: &Board, unit: OrganizationId) -> impl Iterator<Item = OrganizationId> {
    let parent = |unit: &OrganizationId| board.units[board.unit(*unit)?].parent;
    std::iter::successors(parent(&unit), parent).take(16)
}

/// Queues a digest and notes what it tells, all in one transaction; false where another
/// process was quicker.
async fn write(
    app: &App,
    board: &Board,
    receiver: &str,
    digest: &Digest<'_>,
    today: Date,
) -> Result<bool, StoreError> {
    let now = app.clock.now_ms();
    let told: Vec<(String, i64)> = digest
        .items
        .iter()
        .map(|(duty, step)| (duty.key(), *step))
        .collect();
    let payload = Payload {
        id: format!("digest-{today}-{receiver}"),
        kind: "duty.digest".into(),
        subject: subject(digest, today),
        body: body(app, board, digest, today),
        at_ms: now,
        details: details(app, board, digest),
        to: digest.mail.clone(),
    };
    let mut work = app.begin_batch().await?;
    let first = reminder::note(&mut work, receiver, &today.to_string(), &told).await?;
    if first {
        notify::queue(&mut work, &payload, now).await?;
    }
    work.commit().await?;
    Ok(first)
}

fn subject(digest: &Digest<'_>, today: Date) -> String {
    let count = |wanted: fn(i64) -> bool| {
        let steps = digest.items.iter().map(|(_, step)| *step);
        steps.filter(|step| wanted(*step)).count()
    };
    let overdue = count(|step| step == OVERDUE || step == ESCALATED);
    let due = count(|step| step >= 0);
    format!(
        "Giềng: {overdue} việc quá hạn, {due} việc sắp đến hạn ({})",
        today.strftime("%d/%m/%Y")
    )
}

/// The parts of a digest, in its order.
const PARTS: [&str; 4] = [
    "Quá hạn của đơn vị trực thuộc, cần đôn đốc",
    "Quá hạn",
    "Sắp đến hạn",
    "Chưa tính được hạn vì lịch làm việc còn thiếu ngày nghỉ",
];

/// The part in which a step is told.
fn part(step: i64) -> usize {
    match step {
        ESCALATED => 0,
        OVERDUE => 1,
        UNDATED => 3,
        _ => 2,
    }
}

/// The latest checkpoint leaves the house with every digest.
fn latest_checkpoint(app: &App) -> Option<Checkpoint> {
    app.logs.reader().and_then(vault::Reader::latest_checkpoint)
}

/// What duties of one line share: day, regulation, clause, side, and of steps of flows the flow's file.
type Line<'a> = (Option<&'a str>, &'a str, &'a str, &'a str, &'a str);

fn body(app: &App, board: &Board, digest: &Digest<'_>, today: Date) -> String {
    let library = app.library();
    let mut text = String::new();
    for (at, title) in PARTS.iter().enumerate() {
        // A hundred communes that owe one report are one line.
        let mut lines: BTreeMap<Line<'_>, Vec<&DutyRow>> = BTreeMap::new();
        for (duty, _) in digest.items.iter().filter(|(_, step)| part(*step) == at) {
            let place = (
                duty.due_on.as_deref(),
                duty.regulation.as_str(),
                duty.clause.as_str(),
                duty.side.as_str(),
                if duty.is_flow() {
                    duty.control.as_str()
                } else {
                    ""
                },
            );
            lines.entry(place).or_default().push(duty);
        }
        if lines.is_empty() {
            continue;
        }
        text.push_str(&format!("{title}:\n"));
        let more = lines.len().saturating_sub(LINES);
        for ((_, regulation, clause, side, _), duties) in lines.into_iter().take(LINES) {
            let first = duties[0];
            let what = match library.clause(regulation, clause) {
                _ if first.is_flow() => duty::flow_words(&library, first).vi,
                Some(clause) => clause.summary.vi.clone(),
                None => clause.to_owned(),
            };
            let short = library
                .regulations
                .get(regulation)
                .map_or(regulation, |r| r.short.vi.as_str());
            let side = match side {
                "answer" => "Trả lời: ",
                "exemption" => "Hết miễn trừ: ",
                FINDING => "Khắc phục tồn tại: ",
                _ => "",
            };
            let whose = match duties.as_slice() {
                [only] => name(board, only.organization),
                many => format!("{} đơn vị", many.len()),
            };
            let about = first
                .subject
                .as_ref()
                .filter(|_| duties.len() == 1)
                .map_or_else(String::new, |s| format!(" ({s})"));
            let whence = match first.side.as_str() {
                FLOW => "Đề nghị, chờ đơn vị".to_owned(),
                FLOW_CENTRE => "Đề nghị, chờ trung tâm mạng".to_owned(),
                _ => format!("{short}, Đ{clause}"),
            };
            text.push_str(&format!(
                "- {}{side}{what}{about} – {whence} – {whose}\n",
                when(first, today)
            ));
        }
        if more > 0 {
            text.push_str(&format!("- và {more} việc khác\n"));
        }
        text.push('\n');
    }
    text.push_str("Xem lịch và thực hiện trên Giềng, mục Lịch.\n");
    if let Some(latest) = latest_checkpoint(app) {
        text.push_str(&format!("\n{}", evidence::digest(&latest)));
    }
    text
}

/// The last safe day and how far it is.
fn when(duty: &DutyRow, today: Date) -> String {
    let (Some(left), Some(due)) = (days_left(duty, today), &duty.due_on) else {
        return String::new();
    };
    let day = due
        .parse::<Date>()
        .map_or_else(|_| due.clone(), |d| d.strftime("%d/%m/%Y").to_string());
    match left {
        0 => format!("{day} (hôm nay): "),
        left if left < 0 => format!("{day} (quá {} ngày): ", -left),
        left => format!("{day} (còn {left} ngày): "),
    }
}

fn name(board: &Board, unit: OrganizationId) -> String {
    board
        .unit(unit)
        .map_or_else(|| unit.to_string(), |at| board.units[at].name.clone())
}

fn details(app: &App, board: &Board, digest: &Digest<'_>) -> serde_json::Value {
    let items: Vec<_> = digest
        .items
        .iter()
        .map(|(duty, step)| {
            let code = board.unit(duty.organization).map(|at| &board.units[at].code);
            serde_json::json!({
                "regulation": duty.regulation, "clause": duty.clause, "side": duty.side, "unit": code,
                "period": duty.period, "due_on": duty.due_on, "due_at": duty.due_at,
                "subject": duty.subject, "outcome": duty.outcome, "distance": (*step >= 0).then_some(step),
            })
        })
        .collect();
    let checkpoint = latest_checkpoint(app).map(|c| c.note);
    serde_json::json!({ "duties": items, "checkpoint": checkpoint })
}
