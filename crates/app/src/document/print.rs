//! Printing through `gieng-report`, the program beside this one.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use domain::{
    id::Id,
    label::Label,
    paper::{Job, Paper, Written},
    problem::{Problem, ProblemKind},
};
use tokio::{io::AsyncWriteExt as _, process::Command, sync::Semaphore};

use super::{
    compose::compose,
    list::{self, Document},
};
use crate::{App, Ctx};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PDF/A-2b.
    Pdf,
    /// For an office program.
    Docx,
}

impl Kind {
    /// The file's ending.
    pub fn ending(self) -> &'static str {
        match self {
            Kind::Pdf => "pdf",
            Kind::Docx => "docx",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Pdf => "application/pdf",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }
}

/// Each takes a core and some hundred megabytes.
static PRESSES: Semaphore = Semaphore::const_new(2);

/// The longest that one document may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the program lies: `GIENG_REPORT` says so, or it is beside this one.
pub fn program() -> Option<PathBuf> {
    if let Some(told) = std::env::var_os("GIENG_REPORT") {
        return Some(PathBuf::from(told)).filter(|p| p.is_file());
    }
    let name = format!("gieng-report{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe().ok()?;
    // Tests lie one folder deeper than programs.
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&name))
        .find(|p| p.is_file())
}

/// Whether documents can be printed here.
pub fn available() -> bool {
    program().is_some()
}

/// A document as a file.
///
/// # Errors
/// Not found; unavailable without the program, or when it fails.
pub async fn render(
    app: &App,
    ctx: &Ctx,
    id: &str,
    kind: Kind,
) -> Result<(String, Vec<u8>), Problem> {
    let document = list::get(app, ctx, id).await?;
    let template = list::template(app, &document.row.template)?;
    let paper = compose(&template, &document);
    let bytes = one(app, paper, kind).await?;
    Ok((name(&document, kind), bytes))
}

/// The name under which a document is saved.
fn name(document: &Document, kind: Kind) -> String {
    let row = &document.row;
    let code = document
        .filled
        .names
        .get("unit_code")
        .cloned()
        .unwrap_or_default();
    format!("{}-{code}-{}.{}", row.template, row.period, kind.ending())
}

/// One paper as a file.
///
/// # Errors
/// As [`render`].
pub(super) async fn one(app: &App, paper: Paper, kind: Kind) -> Result<Vec<u8>, Problem> {
    let folder = app
        .data
        .join("printing")
        .join(Id::new(app.clock.now_ms()).to_string());
    tokio::fs::create_dir_all(&folder)
        .await
        .map_err(|e| failed(&e.to_string()))?;
    let path = folder.join(kind.ending());
    let told = Some(path.display().to_string());
    let (pdf, docx) = match kind {
        Kind::Pdf => (told, None),
        Kind::Docx => (None, told),
    };
    let done = async {
        many(&[Job { paper, pdf, docx }]).await?;
        tokio::fs::read(&path)
            .await
            .map_err(|e| failed(&e.to_string()))
    };
    let done = done.await;
    if let Err(error) = tokio::fs::remove_dir_all(&folder).await {
        tracing::warn!(%error, folder = %folder.display(), "a printed file stays behind");
    }
    done
}

/// Many papers in one run of the program.
///
/// # Errors
/// Unavailable without the program, or when one of them fails.
pub async fn many(jobs: &[Job]) -> Result<Vec<Written>, Problem> {
    let program = program().ok_or_else(absent)?;
    let _press = PRESSES
        .acquire()
        .await
        .map_err(|e| failed(&e.to_string()))?;
    let patience = PATIENCE * u32::try_from(jobs.len()).unwrap_or(u32::MAX).max(1);
    let input = serde_json::to_vec(jobs).map_err(|e| failed(&e.to_string()))?;
    let ran = tokio::time::timeout(patience, run(&program, input)).await;
    let out = ran
        .map_err(|_| failed("it took too long"))?
        .map_err(|e| failed(&e.to_string()))?;
    let written: Vec<Written> = serde_json::from_slice(&out.stdout)
        .map_err(|_| failed(String::from_utf8_lossy(&out.stderr).trim()))?;
    match written.iter().find_map(|w| w.error.as_deref()) {
        Some(error) => Err(failed(error)),
        None => Ok(written),
    }
}

async fn run(program: &Path, input: Vec<u8>) -> std::io::Result<std::process::Output> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&input).await?;
        stdin.shutdown().await?;
    }
    child.wait_with_output().await
}

fn absent() -> Problem {
    Problem::new(
        ProblemKind::Unavailable,
        Label::new(
            "Chưa có chương trình in văn bản gieng-report",
            "The program that prints documents, gieng-report, is not here",
        ),
        "gieng-report",
        Label::new(
            "Dựng bằng `make report` rồi đặt cạnh chương trình gieng, hoặc chỉ đường dẫn trong biến GIENG_REPORT.",
            "Build it with `make report` and put it beside gieng, or say where it is in GIENG_REPORT.",
        ),
    )
}

fn failed(why: &str) -> Problem {
    tracing::error!(why, "a document could not be printed");
    Problem::new(
        ProblemKind::Unavailable,
        Label::new("Không in được văn bản", "The document could not be printed"),
        why,
        Label::new(
            "Thử lại; nếu vẫn lỗi, gửi dòng này cho người quản trị.",
            "Try again; if it fails again, send this line to the administrator.",
        ),
    )
}
