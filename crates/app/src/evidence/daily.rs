//! What runs by itself: the verification once a day, and the alarms about what it finds.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::{
    authority::Permission,
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};
use store::{
    StoreError,
    alarm::Said,
    evidence::{self, EvidenceCheck},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vault::{Cancel, Finding, Progress, Subject, reading};

use super::Against;
use crate::{App, Ctx, flow, journal, system_alarm};

/// How old a verification may become.
const DAY_MS: i64 = 86_400_000;
/// A verification rests so much longer than it works: lines and pages come first.
const REST: u32 = 3;
/// No rest is longer.
const LONGEST_REST: Duration = Duration::from_secs(2);
/// How far a reading is is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// The alarm about a folder or file that was set apart.
const APART: &str = "set-apart";

/// The last verifications.
///
/// # Errors
/// Denied, unavailable.
pub async fn checks(app: &App, ctx: &Ctx) -> Result<Vec<EvidenceCheck>, Problem> {
    ctx.actor.scope(Permission::Logs)?;
    let mut checks = evidence::checks(&app.db).await?;
    // The others are open alarms.
    checks.retain(|c| !c.subject.contains(':'));
    Ok(checks)
}

/// Whether the verification of a subject is due by what is noted of the last one, where it is not
/// by this process's own memory ([`crate::logs::Daily`]).
pub(crate) fn due(checks: &[EvidenceCheck], subject: &str, now: i64) -> bool {
    let last = checks.iter().find(|c| c.subject == subject);
    // A clock that jumped back must not put it off for ever.
    last.is_none_or(|c| now - c.checked_at >= DAY_MS || now < c.checked_at)
}

/// Verifies the journal and looks at the samples once a day and at each start, and tells what is
/// wrong, also of folders and files that were set apart.
///
/// # Errors
/// The store's.
pub async fn run(app: &App) -> Result<Option<Label>, StoreError> {
    if app.logs.checked.is_due() && app.logs.check_samples().await.is_err() {
        app.logs.checked.again();
    }
    apart(app).await?;
    flow::told_again(app).await?;
    let checks = last(app).await?;
    let now = app.clock.now_ms();
    let ctx = Ctx::system(now);
    let mut told = None;
    // It is quick, and a start is when something may have been done meanwhile.
    if app.logs.verified.is_due() || due(&checks, "journal", now) {
        let (size, reason) = match journal::verify(app, &ctx).await {
            Ok(report) => {
                let first = report.findings.first();
                (report.entries, first.map(journal::JournalFinding::label))
            }
            Err(problem) => {
                app.logs.verified.again();
                let Some(reason) = failed(&problem) else {
                    return Ok(None);
                };
                (0, Some(reason))
            }
        };
        told = Some(note(app, "journal", size, reason).await?);
    }
    Ok(told)
}

/// What a verification that came to no end is told as, and tried again; nothing where the
/// database only does not answer now.
fn failed(problem: &Problem) -> Option<Label> {
    (problem.kind != ProblemKind::Unavailable).then(|| {
        Label::new(
            format!(
                "Việc kiểm tra không chạy được đến cùng: {}",
                problem.what.vi
            ),
            format!("The verification came to no end: {}", problem.what.en),
        )
    })
}

/// The last verifications. Those that cannot be read are made anew.
async fn last(app: &App) -> Result<Vec<EvidenceCheck>, StoreError> {
    match evidence::checks(&app.db).await {
        Err(error) if error.is_content() => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the last verifications cannot be read"
            );
            evidence::forget_all(&app.db).await?;
            Ok(Vec::new())
        }
        checks => checks,
    }
}

/// Reads the whole vault again once a day and at each start, what was not read longest first.
/// What is wrong is told when it is found. `stop` ends a reading that is running; the next start
/// goes on where it was.
///
/// # Errors
/// The store's.
pub async fn read(app: &App, stop: &CancellationToken) -> Result<Option<Label>, StoreError> {
    if app.logs.vault().is_none() {
        return Ok(None);
    }
    let now = app.clock.now_ms();
    let checks = last(app).await?;
    if !app.logs.read.is_due() && !due(&checks, "vault", now) {
        return Ok(None);
    }
    let (ctx, cancel) = (Ctx::system(now), Cancel::default());
    let dir = app.data.join("vault");
    let against = Against {
        begin_at: reading::read_to(&dir),
        ..Against::default()
    };
    let (tell, mut found) = mpsc::unbounded_channel();
    let whole = super::verify_vault(app, &ctx, against, pace(dir, tell), cancel.clone());
    tokio::pin!(whole);
    let read = loop {
        tokio::select! {
            read = &mut whole => break read,
            Some((records, finding)) = found.recv() => {
                note(app, "vault", records, Some(shown(&finding))).await?;
            }
            () = stop.cancelled() => {
                cancel.cancel();
                return Ok(None);
            }
        }
    };
    let read = match read {
        Ok(read) => read,
        Err(problem) => {
            app.logs.read.again();
            return match failed(&problem) {
                Some(reason) => note(app, "vault", 0, Some(reason)).await.map(Some),
                None => Ok(None),
            };
        }
    };
    let reason = read.report.findings.first().map(shown);
    let size = i64::try_from(read.report.records).unwrap_or(i64::MAX);
    note(app, "vault", size, reason).await.map(Some)
}

/// Rests after each piece of work, keeps how far the reading is, and tells the first thing that
/// is wrong.
fn pace(
    dir: PathBuf,
    tell: mpsc::UnboundedSender<(i64, Finding)>,
) -> impl FnMut(Progress) + Send + 'static {
    let (mut worked_from, mut kept, mut told) = (Instant::now(), Instant::now(), false);
    move |progress| {
        if let Some(finding) = progress.found.filter(|_| !told) {
            told = true;
            let records = i64::try_from(progress.records).unwrap_or(i64::MAX);
            let _ = tell.send((records, finding));
        }
        if kept.elapsed() > KEEP_EVERY || progress.records == progress.of {
            kept = Instant::now();
            if let Err(error) = reading::keep(&dir, progress.at) {
                tracing::warn!(%error, "how far the vault was read is not kept");
            }
        }
        std::thread::sleep((worked_from.elapsed() * REST).min(LONGEST_REST));
        worked_from = Instant::now();
    }
}

/// Tells at once that the journal's end was cut off while the program ran.
pub(super) async fn cut(app: &App, seq: i64) -> Result<(), StoreError> {
    let reason = Label::new(
        format!(
            "Mục {seq} của sổ nhật ký thay đổi, do chương trình đang chạy ghi, đã mất hoặc bị thay"
        ),
        format!(
            "Entry {seq} of the change journal, which the running program wrote, is gone or another one"
        ),
    );
    note(app, "journal", seq, Some(reason)).await.map(drop)
}

/// Writes down what a verification came to, and raises or ends its alarm.
async fn note(
    app: &App,
    subject: &str,
    size: i64,
    reason: Option<Label>,
) -> Result<Label, StoreError> {
    let now = app.clock.now_ms();
    let sound = reason.is_none();
    let text = reason.as_ref().map(serde_json::to_string);
    let check = EvidenceCheck {
        subject: subject.to_owned(),
        checked_at: now,
        sound,
        size,
        reason: text.and_then(Result::ok).unwrap_or_default(),
    };
    let mut work = app.begin_program().await?;
    evidence::note(&mut work, &check).await?;
    work.commit().await?;
    let code = format!("{subject}-check");
    let Some(reason) = reason else {
        system_alarm::clear(app, &code, "").await?;
        let [vi, en] = [Lang::Vi, Lang::En].map(|lang| lang.integer(size));
        return Ok(match subject {
            "vault" => Label::new(
                format!("kho nhật ký nguyên vẹn, {vi} dòng"),
                format!("the log vault is sound, {en} lines"),
            ),
            _ => Label::new(
                format!("sổ nhật ký thay đổi nguyên vẹn, {vi} mục"),
                format!("the change journal is sound, {en} entries"),
            ),
        });
    };
    let next = match subject {
        "vault" => Label::new(
            "Sao chép nguyên trạng thư mục dữ liệu để làm chứng cứ, rồi chạy gieng vault verify và gieng vault repair.",
            "Copy the data folder as it is, as evidence; then run gieng vault verify and gieng vault repair.",
        ),
        _ => Label::new(
            "Sao chép nguyên trạng cơ sở dữ liệu để làm chứng cứ, rồi chạy gieng journal verify để xem từng bản ghi.",
            "Copy the database as it is, as evidence; then run gieng journal verify to see each record.",
        ),
    };
    let said = Said {
        what: reason.clone(),
        next,
    };
    system_alarm::raise(app, &code, "", said, now).await?;
    Ok(reason)
}

/// A finding about the vault, for people.
pub(super) fn shown(finding: &Finding) -> Label {
    let part = match finding.subject {
        Subject::Key => "Khóa ký của kho nhật ký không phải khóa đã biết",
        Subject::Catalogue => "Danh mục phân đoạn của kho nhật ký không còn như lúc ghi",
        Subject::Segment => "Phân đoạn của kho nhật ký không còn như lúc niêm",
        Subject::Log => "Tệp ghi trước của kho nhật ký không còn như lúc nhận",
        Subject::Tree => "Cây băm của kho nhật ký không còn như lúc ghi",
        Subject::Checkpoint => "Điểm kiểm của kho nhật ký không khớp",
        Subject::Statistics => "Số liệu nguồn gửi của kho nhật ký không còn như lúc ghi",
    };
    let (mut vi, mut en) = (part.to_owned(), format!("The log vault: {}", finding.what));
    if let Some(records) = &finding.records {
        vi.push_str(&format!(", dòng {} đến {}", records.start, records.end));
        en.push_str(&format!(", lines {} to {}", records.start, records.end));
    }
    let file = finding.path.file_name().unwrap_or_default();
    let file = file.to_string_lossy();
    Label::new(format!("{vi} ({file})"), format!("{en} ({file})"))
}

/// Raises an alarm for each folder and file that was set apart, and ends it when it is gone.
async fn apart(app: &App) -> Result<(), StoreError> {
    let there = set_apart(app);
    for (name, at) in &there {
        let said = said(name);
        system_alarm::raise(app, APART, name, said, *at).await?;
    }
    for subject in system_alarm::open(app, APART).await? {
        if !there.iter().any(|(name, _)| *name == subject) {
            system_alarm::clear(app, APART, &subject).await?;
        }
    }
    Ok(())
}

/// What is told of a folder or file that was set apart.
fn said(name: &str) -> Said {
    if name.starts_with("vault") {
        return Said {
            what: Label::new(
                format!(
                    "Kho nhật ký bị hỏng hoặc bị sửa nên đã tách riêng thành {name}; kho mới đã bắt đầu"
                ),
                format!(
                    "The log vault was damaged or rewritten and is set apart as {name}; a new one has begun"
                ),
            ),
            next: Label::new(
                format!(
                    "Chạy gieng vault repair --vault {name} để xem đã mất gì, rồi chuyển thư mục ra nơi lưu chứng cứ."
                ),
                format!(
                    "Run gieng vault repair --vault {name} to see what is lost, then move the folder to where evidence is kept."
                ),
            ),
        };
    }
    let what = if name.starts_with(IN_SAMPLES) {
        Label::new(
            format!(
                "Một tệp mẫu đo bị hỏng nên đã tách riêng thành {name}; biểu đồ để trống khoảng thời gian của tệp này"
            ),
            format!(
                "A file of samples was damaged and is set apart as {name}; charts show a gap for its time"
            ),
        )
    } else {
        Label::new(
            format!("Kho mẫu đo bị hỏng nên đã tách riêng thành {name}; kho mới đã bắt đầu"),
            format!("The samples were damaged and are set apart as {name}; new ones have begun"),
        )
    };
    Said {
        what,
        next: Label::new(
            format!(
                "Tìm nguyên nhân (ổ đĩa hỏng, có người sửa tệp), rồi chuyển {name} ra nơi lưu chứng cứ."
            ),
            format!(
                "Find the cause (a failing disk, a hand in the files), then move {name} to where evidence is kept."
            ),
        ),
    }
}

/// How the name of a file that was set apart begins.
const IN_SAMPLES: &str = "samples/";

/// Folders and files of samples that were set apart, with the moment.
fn set_apart(app: &App) -> Vec<(String, i64)> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string());
        names.filter_map(Result::ok).collect()
    };
    let folders = names(&app.data).into_iter().filter(|name| {
        let of = |what: &str| name.contains(what);
        of("vault-damaged-") || of("samples-damaged-")
    });
    let files = names(&app.data.join(IN_SAMPLES));
    let files = files.iter().map(|name| format!("{IN_SAMPLES}{name}"));
    let of = |name: String| {
        let (_, at) = name.rsplit_once("-damaged-")?;
        let at = jiff::fmt::strtime::parse("%Y%m%dT%H%M%S", at.get(..15)?).ok()?;
        let at = at.to_datetime().ok()?;
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some((name, at.timestamp().as_millisecond()))
    };
    let mut found: Vec<(String, i64)> = folders.chain(files).filter_map(of).collect();
    found.sort();
    found
}
