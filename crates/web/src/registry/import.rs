//! A table to be taken in: first what would become of every row, then the good ones.

use std::{
    path::{Path as File, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::{
    App,
    registry::{
        self, ImportMode, ImportOptions, MAX_BYTES,
        running::{self, Run},
    },
};
use axum::{
    Form,
    extract::{Path, Request, State},
    http::header,
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
    http::{self, Fault, Params, Reader, receive},
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

/// So many files of one account are kept at most.
const MOST: usize = 3;

/// Removes what nobody came back for, and the oldest files of an account that sends one more.
/// Ids carry their time.
fn sweep(folder: &File, account: AccountId, now: i64) -> std::io::Result<()> {
    let own = format!("{account}-");
    let mut kept = Vec::new();
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
        } else if name.starts_with(&own) {
            kept.push(entry.path());
        }
    }
    kept.sort();
    for path in kept.iter().take(kept.len().saturating_sub(MOST - 1)) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

/// What a kept file is sealed with: another one cannot stand in for it.
fn about(account: AccountId, upload: Id) -> String {
    format!("import {account} {upload}")
}

/// Keeps the file for the second step, sealed: it was not looked at yet.
async fn keep(app: &App, account: AccountId, bytes: Vec<u8>) -> Result<(Id, Vec<u8>), Problem> {
    let now = app.clock.now_ms();
    let id = Id::new(now);
    let (folder, path, keys) = (folder(app), path(app, account, id), app.keys.clone());
    let kept = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        sweep(&folder, account, now)?;
        let sealed = keys.seal(about(account, id).as_bytes(), &bytes)?;
        std::fs::write(path, &sealed)?;
        Ok(bytes)
    });
    let bytes = kept
        .await
        .map_err(|_| Problem::internal("upload"))?
        .map_err(|e| lost(&e))?;
    Ok((id, bytes))
}

fn gone() -> Problem {
    let (what, next) = (i18n::label("import-gone"), i18n::label("import-gone-next"));
    Problem::new(ProblemKind::NotFound, what, "", next)
}

async fn kept(app: &App, account: AccountId, upload: &str) -> Result<(Id, Vec<u8>), Problem> {
    let id: Id = upload.parse().map_err(|_| gone())?;
    let sealed = tokio::fs::read(path(app, account, id)).await;
    let sealed = sealed.map_err(|_| gone())?;
    let bytes = app.keys.unseal(about(account, id).as_bytes(), &sealed);
    Ok((id, bytes.ok_or_else(gone)?))
}

fn page(cx: Cx, schema: &Schema) -> Import {
    Import {
        limit: format::bytes(cx.lang, MAX_BYTES as u64),
        schema: schema.clone(),
        upload: String::new(),
        problem: None,
        report: None,
        running: None,
        sheet: String::new(),
        hidden_rows: false,
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
    registry::writable(&web.app, &reader.ctx, &noun)?;
    let mut upload = receive(request, MAX_BYTES).await?;
    let bytes = upload
        .files
        .pop()
        .map(|file| file.bytes)
        .unwrap_or_default();
    let (id, bytes) = keep(&web.app, reader.me.account, bytes).await?;
    let file = path(&web.app, reader.me.account, id);
    // It holds the name of the file and nothing else: a run may hold much.
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(KEEP.unsigned_abs())).await;
        remove(file).await;
    });
    let options = ImportOptions::default();
    begin(web, reader, &noun, id, bytes, options).await
}

async fn remove(file: PathBuf) {
    if let Err(error) = tokio::fs::remove_file(file).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "a table stays until the next one comes");
    }
}

/// How long a request waits for an import before it shows how far it has come.
const PATIENCE: Duration = Duration::from_secs(3);

async fn begin(
    web: Web,
    reader: Reader,
    noun: &str,
    id: Id,
    bytes: Vec<u8>,
    options: ImportOptions,
) -> Result<Response, Fault> {
    let own = (reader.me.account, id);
    let run = running::start(&web.app, &reader.ctx, own, noun, bytes, options);
    let (file, watched) = (path(&web.app, own.0, id), Arc::clone(&run));
    tokio::spawn(async move {
        let outcome = watched
            .wait(Duration::from_millis(KEEP.unsigned_abs()))
            .await;
        // What was refused is of no use; the rest waits for its second step.
        if matches!(outcome.as_deref(), Some(Err(_))) {
            drop(watched);
            remove(file).await;
        }
    });
    run.wait(PATIENCE).await;
    let schema = registry::writable(&web.app, &reader.ctx, noun)?;
    answer(reader.cx, &schema, id, &run)
}

/// The page of a run: its report, what is wrong with the file, or how far it has come.
fn answer(cx: Cx, schema: &Schema, id: Id, run: &Run) -> Result<Response, Fault> {
    let page = Import {
        upload: id.to_string(),
        sheet: run.options.sheet.clone().unwrap_or_default(),
        hidden_rows: run.options.hidden_rows,
        ..page(cx, schema)
    };
    match run.outcome().as_deref() {
        None => {
            let (read, total) = run.progress.read();
            let (written, to_write) = run.progress.written();
            let running = if to_write > 0 {
                (true, written, to_write)
            } else {
                (false, read, total)
            };
            let again = format!("2;url=/registry/{}/import/{id}", schema.noun);
            let page = Import {
                running: Some(running),
                ..page
            };
            Ok(([(header::REFRESH, again)], http::Page(page)).into_response())
        }
        Some(Ok(report)) => Ok(http::Page(Import {
            report: Some(report.clone()),
            ..page
        })
        .into_response()),
        Some(Err(problem)) if problem.kind == ProblemKind::Invalid => {
            let status = Fault::from(problem.clone()).status();
            let page = Import {
                problem: Some(problem.clone()),
                ..page
            };
            Ok((status, http::Page(page)).into_response())
        }
        Some(Err(problem)) => Err(problem.clone().into()),
    }
}

/// The run of a file that the reader has sent.
fn find(web: &Web, reader: &Reader, noun: &str, upload: &str) -> Result<(Id, Arc<Run>), Problem> {
    let id: Id = upload.parse().map_err(|_| gone())?;
    let found = running::find(&web.app, reader.me.account, id);
    let run = found.filter(|run| run.noun == noun).ok_or_else(gone)?;
    Ok((id, run))
}

/// `GET /registry/{noun}/import/{upload}`: how far it has come, and what it came to.
pub async fn look(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, upload)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let (id, run) = find(&web, &reader, &noun, &upload)?;
    answer(reader.cx, &schema, id, &run)
}

/// `POST /registry/{noun}/import/{upload}/stop`: after the batch that is being written.
pub async fn stop(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, upload)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let (id, run) = find(&web, &reader, &noun, &upload)?;
    run.progress.stop();
    run.wait(PATIENCE).await;
    answer(reader.cx, &schema, id, &run)
}

/// A table has so many columns at most of which the reader says what they are.
const COLUMNS: usize = 500;

/// How the reader says that a file is to be read: `sheet`, `hidden_rows`, and for each column
/// that names no field its header (`header`) and the field that it is (`field`). What was said of
/// columns `before` still holds; the last word of each counts.
fn told(form: &Params, before: &[(String, String)]) -> ImportOptions {
    let said = form.all("header").zip(form.all("field"));
    let said = said.map(|(header, field)| (header.trim(), field));
    let before = before.iter().map(|(h, f)| (h.as_str(), f.as_str()));
    let mut columns: Vec<(String, String)> = Vec::new();
    for (header, field) in said.chain(before).filter(|(_, field)| !field.is_empty()) {
        let is_new = columns.len() < COLUMNS && columns.iter().all(|(known, _)| known != header);
        if is_new {
            columns.push((header.to_owned(), field.to_owned()));
        }
    }
    ImportOptions {
        sheet: Some(form.get("sheet").to_owned()).filter(|s| !s.is_empty()),
        hidden_rows: form.get("hidden_rows") == "true",
        columns,
        ..ImportOptions::default()
    }
}

/// `POST /registry/{noun}/import/{upload}/again`: the dry run of the same file, read otherwise.
pub async fn again(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, upload)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    registry::writable(&web.app, &reader.ctx, &noun)?;
    let form = receive(request, 0).await?.fields;
    let (id, bytes) = kept(&web.app, reader.me.account, &upload).await?;
    let run = find(&web, &reader, &noun, &upload).ok();
    let before = run
        .as_ref()
        .map_or(&[][..], |(_, run)| &run.options.columns);
    let options = told(&form, before);
    drop(run);
    begin(web, reader, &noun, id, bytes, options).await
}

#[derive(Deserialize)]
pub struct Chosen {
    upload: String,
}

/// `POST /registry/{noun}/import/apply`: the good rows of the plan that was shown go in.
pub async fn apply(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let (id, bytes) = kept(&web.app, reader.me.account, &chosen.upload).await?;
    let Ok((_, run)) = find(&web, &reader, &noun, &chosen.upload) else {
        // The program was started again: the plan is shown once more.
        return begin(web, reader, &noun, id, bytes, ImportOptions::default()).await;
    };
    let shown = match run.outcome().as_deref() {
        Some(Ok(report)) if !run.writes() => report.shown(),
        // It is being written already, or was: a second click changes nothing.
        _ => return answer(reader.cx, &schema, id, &run),
    };
    let options = ImportOptions {
        mode: ImportMode::GoodRows,
        sheet: run.options.sheet.clone(),
        hidden_rows: run.options.hidden_rows,
        columns: run.options.columns.clone(),
        shown: Some(shown),
    };
    begin(web, reader, &noun, id, bytes, options).await
}

/// `GET /registry/{noun}/import/{upload}/bad.csv`: what did not go in, with what is wrong.
pub async fn bad_rows(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, upload)): Path<(String, String)>,
) -> Result<Response, Fault> {
    registry::writable(&web.app, &reader.ctx, &noun)?;
    let (_, run) = find(&web, &reader, &noun, &upload)?;
    match run.outcome().as_deref() {
        Some(Ok(report)) => Ok(csv_file(&format!("{noun}-sai"), report.bad_rows.clone())),
        _ => Err(gone().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_columns_again_and_again_stays_as_long_as_it_is() {
        let said = |n: usize| {
            let each = |n: usize| {
                let header = ("header".to_owned(), format!("cột {n}"));
                [header, ("field".to_owned(), "note".to_owned())]
            };
            Params((0..n).flat_map(each).collect())
        };
        let mut columns = told(&said(3), &[("cột 1".into(), "name".into())]).columns;
        let first = |n: usize| (format!("cột {n}"), "note".to_owned());
        assert_eq!(
            columns,
            [first(0), first(1), first(2)],
            "the last word counts"
        );
        for _ in 0..10 {
            columns = told(&said(COLUMNS + 10), &columns).columns;
        }
        assert_eq!(columns.len(), COLUMNS);
    }

    #[test]
    fn files_that_nobody_came_back_for_go() {
        let folder = tempfile::tempdir().unwrap();
        let account = AccountId(Id::new(1));
        for at in [1_000_000, 9_000_000] {
            std::fs::write(
                folder.path().join(format!("{account}-{}", Id::new(at))),
                b"a",
            )
            .unwrap();
        }
        let left = || std::fs::read_dir(folder.path()).unwrap().count();
        sweep(folder.path(), account, 9_500_000).unwrap();
        assert_eq!(left(), 1);
        for (account, at) in [
            (account, 9_500_001),
            (account, 9_500_002),
            (AccountId(Id::new(2)), 9_400_000),
        ] {
            let name = format!("{account}-{}", Id::new(at));
            std::fs::write(folder.path().join(name), b"a").unwrap();
        }
        sweep(folder.path(), account, 9_500_003).unwrap();
        assert_eq!(left(), MOST - 1 + 1, "with the one of another account");
    }
}
