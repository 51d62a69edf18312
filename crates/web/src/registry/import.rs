//! A table to be taken in: first what would become of every row, then the good ones.

use std::path::{Path as File, PathBuf};

use app::{
    App,
    registry::{self, ImportMode, ImportReport, MAX_BYTES},
};
use axum::{
    Form,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use domain::{
    id::{AccountId, Id},
    label::Label,
    problem::{Problem, ProblemKind},
    schema::Schema,
};
use serde::Deserialize;

use super::{list::csv_file, page::Import};
use crate::{
    cx::Cx,
    format,
    http::{self, Fault, Reader, receive},
    i18n,
    server::Web,
};

/// How long a file waits for its second step, milliseconds.
const KEEP: i64 = 3_600_000;

fn folder(app: &App) -> PathBuf {
    app.data.join("uploads")
}

/// The name says who may use the file: an id that cannot be guessed, and the account.
fn path(app: &App, account: AccountId, upload: Id) -> PathBuf {
    folder(app).join(format!("{account}-{upload}"))
}

fn lost(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an uploaded table could not be kept");
    Problem::new(
        ProblemKind::Unavailable,
        Label::new(
            "Không giữ được tệp tải lên",
            "The uploaded file could not be kept",
        ),
        "",
        Label::new(
            "Kiểm tra dung lượng đĩa rồi gửi lại.",
            "Check disk space and send it again.",
        ),
    )
}

/// Removes what nobody came back for. Ids carry their time.
fn sweep(folder: &File, now: i64) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // <account>-<upload>: two UUIDs of 36 characters.
        let made = name
            .get(37..)
            .and_then(|id| id.replace('-', "").get(..12).map(ToOwned::to_owned))
            .and_then(|hex| i64::from_str_radix(&hex, 16).ok());
        if made.is_none_or(|made| now - made > KEEP) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

async fn keep(app: &App, account: AccountId, bytes: Vec<u8>) -> Result<(Id, Vec<u8>), Problem> {
    let now = app.clock.now_ms();
    let id = Id::new(now);
    let (folder, path) = (folder(app), path(app, account, id));
    let kept = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        sweep(&folder, now)?;
        std::fs::write(path, &bytes)?;
        Ok(bytes)
    });
    let bytes = kept
        .await
        .map_err(|_| Problem::internal("upload"))?
        .map_err(|e| lost(&e))?;
    Ok((id, bytes))
}

async fn kept(app: &App, account: AccountId, upload: &str) -> Result<Vec<u8>, Problem> {
    let gone = || {
        let (what, next) = (i18n::label("import-gone"), i18n::label("import-gone-next"));
        Problem::new(ProblemKind::NotFound, what, "", next)
    };
    let id: Id = upload.parse().map_err(|_| gone())?;
    tokio::fs::read(path(app, account, id))
        .await
        .map_err(|_| gone())
}

fn page(cx: Cx, schema: &Schema) -> Import {
    Import {
        limit: format::bytes(cx.lang, MAX_BYTES as u64),
        schema: schema.clone(),
        upload: String::new(),
        problem: None,
        report: None,
        cx,
    }
}

/// `GET /registry/{noun}/import`.
pub async fn form(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    Ok(http::Page(page(reader.cx, &schema)).into_response())
}

/// `GET /registry/{noun}/import/template.csv`: the columns, with a byte-order mark for Excel.
pub async fn template(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let names: Vec<&str> = schema
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let csv = format!("\u{feff}{}\r\n", names.join(","));
    Ok(csv_file(&noun, csv.into_bytes()))
}

/// `POST /registry/{noun}/import`: the dry run.
pub async fn try_out(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let mut upload = receive(request, MAX_BYTES).await?;
    let bytes = upload
        .files
        .pop()
        .map(|file| file.bytes)
        .unwrap_or_default();
    let (id, bytes) = keep(&web.app, reader.me.account, bytes).await?;
    let tried = registry::import(&web.app, &reader.ctx, &noun, &bytes, ImportMode::DryRun).await;
    answer(reader.cx, &schema, id.to_string(), tried)
}

fn answer(
    cx: Cx,
    schema: &Schema,
    upload: String,
    tried: Result<ImportReport, Problem>,
) -> Result<Response, Fault> {
    let page = page(cx, schema);
    match tried {
        Ok(report) => Ok(http::Page(Import {
            upload,
            report: Some(report),
            ..page
        })
        .into_response()),
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            let status = Fault::from(problem.clone()).status();
            let page = Import {
                problem: Some(problem),
                ..page
            };
            Ok((status, http::Page(page)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Deserialize)]
pub struct Chosen {
    upload: String,
}

/// `POST /registry/{noun}/import/apply`: the good rows go in.
pub async fn apply(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let bytes = kept(&web.app, reader.me.account, &chosen.upload).await?;
    let written =
        registry::import(&web.app, &reader.ctx, &noun, &bytes, ImportMode::GoodRows).await;
    answer(reader.cx, &schema, chosen.upload, written)
}

/// `GET /registry/{noun}/import/{upload}/bad.csv`: what did not go in, with what is wrong.
pub async fn bad_rows(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, upload)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let bytes = kept(&web.app, reader.me.account, &upload).await?;
    let report = registry::import(&web.app, &reader.ctx, &noun, &bytes, ImportMode::DryRun).await?;
    Ok(csv_file(&format!("{noun}-sai"), report.bad_rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_nobody_came_back_for_go() {
        let folder = tempfile::tempdir().unwrap();
        let account = Id::new(1);
        for at in [1_000_000, 9_000_000] {
            std::fs::write(
                folder.path().join(format!("{account}-{}", Id::new(at))),
                b"a",
            )
            .unwrap();
        }
        sweep(folder.path(), 9_500_000).unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
