//! Logs as pages, API and command line show them.

use std::collections::HashSet;

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    net::{self, Prefix},
    problem::{Problem, ProblemKind},
};
use store::{
    log_claim::{self, LogClaim},
    log_source::{self, LogSource, UnknownSender},
};
use vault::{Claimed, Error, Flags, Page, Proof, Query, Reader, Record};

use crate::{App, Ctx, task::everything};

/// The most lines of one page; `cursor` leads on.
pub const PAGE: usize = 1_000;

/// What to look for in the logs.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Received at or after, unix milliseconds.
    pub from: Option<i64>,
    /// Received before.
    pub to: Option<i64>,
    /// Only these devices.
    pub devices: Vec<Id>,
    /// Only from this address, registered or not.
    pub peer: Option<Prefix>,
    /// Only this unit.
    pub unit: Option<OrganizationId>,
    /// At least so grave, 0 (emergency) to 7 (debug).
    pub max_severity: Option<u8>,
    /// Only lines that tell no severity.
    pub no_severity: bool,
    /// Only lines on which all of these are set.
    pub flags: Flags,
    /// Lines that contain this; case and Vietnamese diacritics do not matter.
    pub text: String,
    /// At most so many lines; 0 is 100, and a page has no more than [`PAGE`].
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<u64>,
}

/// How the vault is.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogStatus {
    /// Lines kept in all.
    pub lines: u64,
    /// Of these sealed into segments.
    pub sealed: u64,
    /// How many segments.
    pub segments: usize,
    /// Their bytes on disk.
    pub bytes: u64,
    /// The disk is full: nothing is taken until there is room.
    pub full: bool,
    /// The latest signed checkpoint, as text.
    pub checkpoint: Option<String>,
    /// The public key under which it is signed.
    pub key: String,
    /// Lines that listeners took in since the start.
    pub received: u64,
    /// Lines and datagrams that were lost since the start, and why not.
    pub lost: u64,
    /// What came from unregistered senders over their share and was not taken: datagrams,
    /// and connections that were turned away.
    pub over_share: u64,
    /// What came from unregistered senders and was not taken because the disk is nearly full.
    pub held: u64,
    /// Connections of registered senders that were turned away.
    pub refused: u64,
    /// Why the intake waits, if it does.
    pub stalled: Option<String>,
}

fn broken(error: &Error) -> Problem {
    let (what, next) = match error {
        Error::NotYetSigned { .. } => (
            Label::new(
                "Dòng này chưa nằm dưới mốc đã ký",
                "This line is not under a signed checkpoint yet",
            ),
            Label::new(
                "Chương trình đang chạy (`gieng serve`) ký mốc mới trong vòng một phút. Thử lại sau đó.",
                "While the program runs (`gieng serve`) the next checkpoint is signed within a minute. Try again then.",
            ),
        ),
        Error::NoSpace { .. } => (
            Label::new(
                "Đĩa đầy: chưa ký được mốc mới cho kho nhật ký",
                "The disk is full: the log vault cannot sign a checkpoint",
            ),
            Label::new(
                "Giải phóng dung lượng đĩa rồi thử lại; các dòng đã nhận vẫn còn nguyên.",
                "Free some space and try again; no line that was taken in is lost.",
            ),
        ),
        _ => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "the log vault failed"
            );
            (
                Label::new("Kho nhật ký không đọc được", "The log vault cannot be read"),
                Label::new(
                    "Chạy `gieng vault verify` để tìm chỗ hỏng.",
                    "Run `gieng vault verify` to find the damage.",
                ),
            )
        }
    };
    Problem::new(ProblemKind::Unavailable, what, "vault", next)
}

fn no_vault() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        Label::new("Chưa có kho nhật ký", "There is no log vault yet"),
        "vault",
        Label::new(
            "Khởi động `gieng serve` để bắt đầu nhận nhật ký; nếu tiến trình này chạy với `--beside`, xem nhật ký ở tiến trình chính.",
            "Start `gieng serve` to begin taking logs in; where this process runs `--beside` another, look at the other.",
        ),
    )
}

/// Searches the lines of the units that the actor may see, the newest first. Lines of
/// unknown senders are the province's alone.
///
/// # Errors
/// Denied, unavailable.
pub async fn search(app: &App, ctx: &Ctx, query: LogQuery) -> Result<Page, Problem> {
    let reader = app.logs.reader().ok_or_else(no_vault)?;
    search_in(app, ctx, reader, query).await
}

/// The same in another vault, such as one that was set apart.
///
/// # Errors
/// As [`search`].
pub async fn search_in(
    app: &App,
    ctx: &Ctx,
    reader: &Reader,
    query: LogQuery,
) -> Result<Page, Problem> {
    let scope = ctx.actor.scope(Permission::Logs)?;
    let mut units: Option<HashSet<[u8; 16]>> = match scope.roots() {
        None => None,
        Some(_) => Some(
            store::registry::organizations_in(&app.db, &scope)
                .await?
                .into_iter()
                .map(|o| o.0.bytes())
                .collect(),
        ),
    };
    if let Some(unit) = query.unit {
        let wanted = unit.0.bytes();
        let visible = units.as_ref().is_none_or(|u| u.contains(&wanted));
        units = Some(visible.then_some(wanted).into_iter().collect());
    }
    let devices = query.devices.as_slice();
    let (wanted, others) = match (&units, devices) {
        (None, []) => (Vec::new(), Vec::new()),
        (units, devices) => {
            let all = log_claim::standing(&app.db, &everything()).await;
            all?.into_iter().partition(|c| {
                (units.as_ref()).is_none_or(|u| u.contains(&c.organization.0.bytes()))
                    && (devices.is_empty() || devices.contains(&c.device))
            })
        }
    };
    // Whoever asks for a unit or a device does not ask for what is another's now; a relay's
    // unit still sees among all its lines what came through it.
    let others = if query.unit.is_some() || !devices.is_empty() {
        others
    } else {
        Vec::new()
    };
    let claimed = |claims: Vec<LogClaim>| claims.iter().filter_map(claimed).collect();
    let found = reader.search(Query {
        from_ms: query.from,
        to_ms: query.to,
        sources: (!query.devices.is_empty())
            .then(|| query.devices.iter().map(|d| d.bytes()).collect()),
        peer: query.peer,
        units,
        claimed: claimed(wanted),
        given_away: claimed(others),
        max_severity: query.max_severity,
        no_severity: query.no_severity,
        flags: query.flags,
        ignore_diacritics: true,
        text: Some(query.text.trim().to_owned()).filter(|t| !t.is_empty()),
        limit: if query.limit == 0 {
            100
        } else {
            query.limit.min(PAGE)
        },
        cursor: query.cursor,
        scan_limit: Some(5_000_000),
        lenient: true,
        ..Query::default()
    });
    found.await.map_err(|e| broken(&e))
}

fn claimed(claim: &LogClaim) -> Option<Claimed> {
    Some(Claimed {
        taken_as: (
            claim.as_device.map(Id::bytes).unwrap_or_default(),
            (claim.as_organization.map(|unit| unit.0.bytes())).unwrap_or_default(),
        ),
        peer: net::parse_address(&claim.peer).ok()?,
        host: claim.host.clone(),
        from_ms: claim.from_at,
        to_ms: claim.to_at,
    })
}

/// The claims that stand to earlier lines of then unknown senders, the latest first: those for
/// the units that the actor may see.
///
/// # Errors
/// Denied, unavailable.
pub async fn claims(app: &App, ctx: &Ctx) -> Result<Vec<LogClaim>, Problem> {
    let scope = ctx.actor.scope(Permission::Logs)?;
    log_claim::standing(&app.db, &scope)
        .await
        .map_err(Problem::from)
}

/// The claim under which a line of nobody, or of a relay, is a device's: one to its name goes
/// before one to all lines from its address.
pub fn claim_of<'a>(claims: &'a [LogClaim], line: &Record) -> Option<&'a LogClaim> {
    let (peer, at) = (line.peer, line.received_at_ms);
    let covers = |c: &&LogClaim| {
        claimed(c).is_some_and(|c| c.covers((&line.source, &line.unit), peer, at, &line.host))
    };
    let named = claims.iter().filter(|c| c.host.is_some()).find(covers);
    named.or_else(|| claims.iter().filter(|c| c.host.is_none()).find(covers))
}

/// Takes back that earlier lines are a device's; the lines are nobody's again.
///
/// # Errors
/// Denied to all but the network centre; not found.
pub async fn end_claim(app: &App, ctx: &Ctx, id: Id) -> Result<(), Problem> {
    province_only(ctx)?;
    let claims = claims(app, ctx).await?;
    let found = claims.into_iter().find(|c| c.id == id).ok_or_else(|| {
        let label = Label::new("việc nhận các dòng trước", "claim to earlier lines");
        Problem::not_found(&label, &id.to_string())
    })?;
    let mut work = app.begin(ctx, Permission::Manage).await?;
    let ended = LogClaim {
        ended_at: Some(work.now()),
        ended_by: Some(ctx.actor.name.clone()),
        ..found.clone()
    };
    let json = |c: &LogClaim| serde_json::to_string(c).ok();
    log_claim::save(&mut work, &ended).await?;
    work.event(
        "log-claim",
        &id.to_string(),
        Some(ended.organization),
        "end",
        json(&found),
        json(&ended),
    );
    work.commit().await.map_err(Problem::from)
}

/// One line.
///
/// # Errors
/// Not found also when it is another unit's; unavailable.
pub async fn line(app: &App, ctx: &Ctx, index: u64) -> Result<Record, Problem> {
    let scope = ctx.actor.scope(Permission::Logs)?;
    let missing =
        || Problem::not_found(&Label::new("dòng nhật ký", "log line"), &index.to_string());
    let reader = app.logs.reader().ok_or_else(no_vault)?.clone();
    let record = tokio::task::spawn_blocking(move || reader.record(index))
        .await
        .map_err(|_| Problem::internal("vault"))?
        .map_err(|error| match error {
            Error::NoSuchRecord { .. } => missing(),
            error => broken(&error),
        })?;
    if scope.roots().is_some() {
        let unit = OrganizationId(Id::from_bytes(record.unit));
        let visible = store::registry::organizations_in(&app.db, &scope).await?;
        if !visible.contains(&unit) && claim_of(&claims(app, ctx).await?, &record).is_none() {
            return Err(missing());
        }
    }
    Ok(record)
}

/// A line with the proof that it is in the log under the latest checkpoint. The process
/// that writes the vault signs one for a line that is too young to have one.
///
/// # Errors
/// As [`line()`]; unavailable while no checkpoint covers it.
pub async fn prove(app: &App, ctx: &Ctx, index: u64) -> Result<Proof, Problem> {
    line(app, ctx, index).await?;
    let reader = app.logs.reader().ok_or_else(no_vault)?.clone();
    if let Some(vault) = app.logs.vault() {
        vault.checkpoint().await.map_err(|e| broken(&e))?;
    }
    tokio::task::spawn_blocking(move || reader.prove(index))
        .await
        .map_err(|_| Problem::internal("vault"))?
        .map_err(|e| broken(&e))
}

/// How the vault and the listeners are.
///
/// # Errors
/// Denied.
pub fn status(app: &App, ctx: &Ctx) -> Result<LogStatus, Problem> {
    ctx.actor.scope(Permission::Logs)?;
    let Some(reader) = app.logs.reader() else {
        return Ok(LogStatus::default());
    };
    let (segments, bytes) = reader.segments();
    let snapshot = app.logs.listening().map(|l| l.snapshot());
    Ok(LogStatus {
        lines: reader.size(),
        sealed: reader.sealed(),
        segments,
        bytes,
        full: reader.is_full(),
        checkpoint: reader.latest_checkpoint().map(|c| c.note),
        key: reader.verifier().to_vkey(),
        received: snapshot.as_ref().map_or(0, |s| s.counts.lines),
        lost: snapshot.as_ref().map_or(0, |s| {
            s.counts.refused + s.counts.abandoned + s.counts.datagrams_dropped + s.counts.over_rate
        }),
        over_share: snapshot.as_ref().map_or(0, |s| {
            s.counts.strangers_dropped + s.counts.strangers_refused
        }),
        held: snapshot.as_ref().map_or(0, |s| s.counts.strangers_held),
        refused: snapshot
            .as_ref()
            .map_or(0, |s| s.counts.connections_refused),
        stalled: snapshot.and_then(|s| s.stalled).map(|s| s.reason),
    })
}

/// What arrived from each registered device.
///
/// # Errors
/// Denied, unavailable.
pub async fn source_counts(app: &App, ctx: &Ctx) -> Result<Vec<LogSource>, Problem> {
    ctx.actor.scope(Permission::Logs)?;
    log_source::all(&app.db).await.map_err(Problem::from)
}

/// Addresses that send and belong to no registered device, those with the most lines first: so
/// many from `offset` on. The province's matter.
///
/// # Errors
/// Denied, unavailable.
pub async fn unknown_senders(
    app: &App,
    ctx: &Ctx,
    offset: usize,
    limit: usize,
) -> Result<Vec<UnknownSender>, Problem> {
    province_only(ctx)?;
    let number = |n| i64::try_from(n).unwrap_or(i64::MAX);
    let listed = log_source::unknown(&app.db, number(limit), number(offset));
    listed.await.map_err(Problem::from)
}

/// How many they are.
///
/// # Errors
/// Denied, unavailable.
pub async fn count_unknown(app: &App, ctx: &Ctx) -> Result<usize, Problem> {
    province_only(ctx)?;
    let count = log_source::count_unknown(&app.db).await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

pub(super) fn province_only(ctx: &Ctx) -> Result<(), Problem> {
    let scope = ctx.actor.scope(Permission::Manage)?;
    if scope.roots().is_some() {
        return Err(Problem::denied(
            Label::new(
                "Nguồn gửi lạ là việc của trung tâm",
                "Unknown senders are the network centre's matter",
            ),
            "",
        ));
    }
    Ok(())
}
