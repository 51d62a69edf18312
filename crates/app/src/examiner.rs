//! Reads files of people in a child process that can do nothing else.
//!
//! A file that makes its reader crash, run out of memory or never end costs that child, and
//! its sender is told. Children are few at once, each person has one turn at a time, and
//! who would wait too long is told so.

use std::{
    collections::VecDeque,
    io,
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
};

use domain::{
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
};
use examine::ask::{Answer, Ask, Confined, Held, Tried};
pub use examine::child::from_args as child;
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
    time::timeout,
};

use crate::{App, Ctx, queue::Queue};

/// Starts children and hears their answers.
#[derive(Debug)]
pub struct Examiner {
    program: PathBuf,
    /// Each child may take as much memory as its limit allows.
    queue: Queue,
    /// Why the last trial failed.
    failing: Mutex<Option<Unread>>,
    /// The texts of the last files that were asked for, by SHA-256: a page that shows one is
    /// opened again and again.
    texts: Mutex<VecDeque<(String, Option<String>)>>,
}

/// So many texts are kept, of half a MiB at most each.
const TEXTS: usize = 4;

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Too many others wait.
    #[error("too many other files are being read")]
    Busy,
    /// It took longer than it may.
    #[error("the reader of files took too long")]
    Slow,
    /// The reader crashed, ran out of memory or of stack.
    #[error("the reader of files died")]
    Died,
    /// The answer is longer than it may be, or none that is understood.
    #[error("the reader of files gave no answer that is understood")]
    Odd,
    /// No child can be started on this machine.
    #[error("the reader of files does not start")]
    Missing,
    /// A child could do what none should: read files, reach the network, start programs,
    /// or take more memory than its limit.
    #[error(
        "the reader of files is not confined: it could open files, sockets, programs or more memory"
    )]
    Loose,
}

impl Unread {
    /// Its word in the journal.
    fn code(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Slow => "slow",
            Self::Died => "died",
            Self::Odd => "odd",
            Self::Missing => "missing",
            Self::Loose => "loose",
        }
    }

    /// What a person is told about the file `name`.
    fn problem(self, ask: Ask, name: &str) -> Problem {
        let (kind, what, next) = match self {
            Self::Busy => (
                ProblemKind::Unavailable,
                Label::new(
                    "Đang đọc nhiều tệp khác",
                    "Too many other files are being read",
                ),
                Label::new("Gửi lại sau một phút.", "Send it again in a minute."),
            ),
            Self::Slow => (
                ProblemKind::Invalid,
                Label::new(
                    "Đọc tệp lâu quá mức cho phép",
                    "Reading the file takes longer than is allowed",
                ),
                simpler(ask),
            ),
            Self::Died | Self::Odd => (
                ProblemKind::Invalid,
                Label::new(
                    "Không đọc được tệp: tệp hỏng, hoặc cần quá nhiều bộ nhớ để đọc",
                    "The file cannot be read: it is damaged, or takes too much memory to read",
                ),
                simpler(ask),
            ),
            Self::Missing | Self::Loose => (
                ProblemKind::Unavailable,
                Label::new(
                    "Máy chủ không khởi động được trình đọc tệp",
                    "The server cannot start its reader of files",
                ),
                Label::new(
                    "Báo người quản trị xem dòng “file-reader” ở mục Tác vụ nền và nhật ký của máy chủ.",
                    "Tell an administrator to look at “file-reader” among the background tasks and at the server's log.",
                ),
            ),
        };
        Problem::new(kind, what, name, next)
    }
}

fn simpler(ask: Ask) -> Label {
    if ask == Ask::Draft {
        return Label::new(
            "Thử từng quy chế một, và bớt lặp, bớt lồng nhau trong bản thảo.",
            "Try one regulation at a time, and repeat and nest less in the draft.",
        );
    }
    Label::new(
        "Mở tệp trên máy, lưu lại thành tệp mới (in ra PDF mới, hoặc chép phần cần thiết sang tệp mới) rồi gửi.",
        "Open it, save it as a new file (print it to a new PDF, or copy what is needed to a new file) and send that.",
    )
}

impl Examiner {
    /// `program` is started as `program examine …`: the program itself, or one that calls
    /// `examine::child` as well.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            queue: Queue::default(),
            failing: Mutex::default(),
            texts: Mutex::default(),
        }
    }

    /// The text of a file that was read before.
    pub(crate) fn known_text(&self, sha256: &str) -> Option<Option<String>> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, text) = texts.iter().find(|(of, _)| of == sha256)?;
        Some(text.clone())
    }

    pub(crate) fn keep_text(&self, sha256: &str, text: Option<String>) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.truncate(TEXTS - 1);
        texts.push_front((sha256.to_owned(), text));
    }

    /// Asks a child about `bytes`, for `who`.
    pub(crate) async fn ask<T>(&self, who: &str, ask: Ask, bytes: &[u8]) -> Result<T, Unread>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let _seat = self.queue.enter(who).await.ok_or(Unread::Busy)?;
        self.read(ask, bytes).await.map(|answer| answer.found)
    }

    /// How children are confined on this machine, by their own word,
    /// and what one of them could do nevertheless.
    ///
    /// # Errors
    /// When no child can be started, or it does not answer.
    pub async fn trial(&self) -> Result<(Confined, Tried), Unread> {
        let answer = self.read(Ask::Trial, &[]).await?;
        Ok((answer.confined, answer.found))
    }

    /// Why the last trial of each hour failed: a word of one of [`Unread`]; none when it did not.
    pub fn failing(&self) -> Option<&'static str> {
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        failing.map(Unread::code)
    }

    async fn read<T>(&self, ask: Ask, bytes: &[u8]) -> Result<Answer<T>, Unread>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let limits = ask.limits(bytes.len() as u64);
        let missing = |error: io::Error| {
            tracing::error!(%error, program = %self.program.display(), "the reader of files does not start");
            Unread::Missing
        };
        let mut child = Command::new(&self.program)
            .arg0("gieng")
            .args(["examine", ask.word(), &bytes.len().to_string()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(missing)?;
        let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Unread::Missing);
        };
        let mut said = Vec::new();
        let talk = async {
            let give = async {
                // Who has seen enough closes its end; the answer says why.
                let _ = to.write_all(bytes).await;
                drop(to);
            };
            let mut from = from.take(limits.answer + 1);
            let ((), heard) = tokio::join!(give, from.read_to_end(&mut said));
            heard?;
            if said.len() as u64 > limits.answer {
                return Ok(None);
            }
            child.wait().await.map(Some)
        };
        let ended = timeout(limits.wall, talk).await;
        let Ok(ended) = ended else {
            // Here and where the answer is too long; dropped, it is killed and waited for.
            let _ = child.kill().await;
            return Err(Unread::Slow);
        };
        match ended.map_err(missing)? {
            Some(status) if status.success() => understand(said).await,
            Some(status) => Err(died(status)),
            None => {
                let _ = child.kill().await;
                Err(Unread::Odd)
            }
        }
    }
}

/// A large table is taken apart beside what else this thread has to do.
async fn understand<T>(said: Vec<u8>) -> Result<Answer<T>, Unread>
where
    T: DeserializeOwned + Send + 'static,
{
    let read = tokio::task::spawn_blocking(move || serde_json::from_slice(&said)).await;
    read.ok().and_then(Result::ok).ok_or(Unread::Odd)
}

/// SIGXCPU and SIGKILL come when the time of a processor is used up.
fn died(status: ExitStatus) -> Unread {
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    match status.signal() {
        Some(SIGXCPU | SIGKILL) => Unread::Slow,
        _ => Unread::Died,
    }
}

/// Who waits in a queue.
pub(crate) fn person(ctx: &Ctx) -> String {
    let account = ctx.actor.account.map(|id| id.to_string());
    account.unwrap_or_else(|| ctx.actor.name.clone())
}

/// What a person is told who has waited long enough with the file `name`.
pub(crate) fn busy(name: &str) -> Problem {
    Unread::Busy.problem(Ask::Table, name)
}

/// Asks the reader of files for a person. What it cannot read is refused with words, and
/// noted in the journal without name or content.
///
/// # Errors
/// Invalid when the file cannot be read within limits; unavailable when too many wait.
pub(crate) async fn ask<T>(
    app: &App,
    ctx: &Ctx,
    (noun, organization): (&str, Option<OrganizationId>),
    name: &str,
    (ask, bytes): (Ask, &[u8]),
) -> Result<T, Problem>
where
    T: DeserializeOwned + Send + 'static,
{
    let unread = match app.examiner.ask(&person(ctx), ask, bytes).await {
        Ok(found) => return Ok(found),
        Err(unread) => unread,
    };
    if !matches!(unread, Unread::Busy | Unread::Missing) {
        tracing::warn!(why = unread.code(), bytes = bytes.len(), by = %ctx.actor.name, "a file was not read");
        let about = serde_json::json!({ "why": unread.code(), "bytes": bytes.len() });
        let (action, about) = ("refused-as-unreadable", Some(about.to_string()));
        let mut work = app.begin_own(ctx).await?;
        work.event(noun, "", organization, action, None, about);
        work.commit().await?;
    }
    Err(unread.problem(ask, name))
}

/// How files are read on this machine, for the page of background tasks.
///
/// # Errors
/// When no child can be started, or it does not answer.
pub(crate) async fn state(app: &App) -> Result<Label, Unread> {
    let tried = trial(app).await;
    let failing = &app.examiner.failing;
    *failing.lock().unwrap_or_else(PoisonError::into_inner) = tried.as_ref().err().copied();
    tried
}

async fn trial(app: &App) -> Result<Label, Unread> {
    let (confined, tried) = app.examiner.trial().await?;
    if tried != Tried::default() {
        tracing::error!(?tried, "the reader of files can do more than it should");
        return Err(Unread::Loose);
    }
    let files = match confined.files {
        Held::Full => Label::new("Landlock đủ", "Landlock in full"),
        Held::Part => Label::new(
            "Landlock một phần (nhân cũ)",
            "Landlock in part (an older kernel)",
        ),
        Held::Not => Label::new("không có Landlock", "no Landlock"),
    };
    let calls = if confined.calls {
        Label::new("seccomp", "seccomp")
    } else {
        Label::new("không có seccomp", "no seccomp")
    };
    Ok(Label::new(
        format!(
            "Tiến trình con có giới hạn bộ nhớ và thời gian; {}; {}",
            files.vi, calls.vi
        ),
        format!(
            "A child process with limits of memory and time; {}; {}",
            files.en, calls.en
        ),
    ))
}
