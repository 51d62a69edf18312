//! `gieng-report`: documents as PDF and DOCX.
//!
//! A program of its own beside `gieng`, because its typesetter costs more to build than the
//! rest together (docs/decisions/0009-documents.md). It reads `[Job, …]` as JSON from its
//! standard input, writes the files, and prints `[Written, …]`. It needs no network, no
//! database and no configuration.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

mod clean;
mod docx;
mod font;
mod pdf;
mod style;

use std::{
    fs, io,
    num::NonZero,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use anyhow::Context;
use clap::Parser;
use domain::paper::{Job, Written};

/// Writes documents as PDF and DOCX: jobs as JSON on standard input, results on standard output.
#[derive(Debug, Parser)]
#[command(name = "gieng-report", version)]
struct Args {
    /// A folder with fonts to be preferred, searched with its sub-folders; may be repeated
    #[arg(long, value_name = "FOLDER")]
    fonts: Vec<PathBuf>,
    /// Use the fonts inside the program only
    #[arg(long)]
    own_fonts: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(failed) => ExitCode::from(u8::from(failed)),
        Err(error) => {
            eprintln!("gieng-report: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether a job failed.
fn run(args: &Args) -> anyhow::Result<bool> {
    let jobs: Vec<Job> = serde_json::from_reader(io::stdin().lock())
        .context("standard input is not a JSON list of jobs")?;
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let share = jobs.len().div_ceil(workers).max(1);
    let written: Vec<Written> = thread::scope(|scope| {
        let running: Vec<_> = jobs
            .chunks(share)
            .map(|part| (part.len(), scope.spawn(|| work(args, part))))
            .collect();
        running
            .into_iter()
            .flat_map(|(many, worker)| worker.join().unwrap_or_else(|_| vec![fell(); many]))
            .collect()
    });
    let failed = written.iter().any(|w| w.error.is_some());
    serde_json::to_writer(io::stdout().lock(), &written)?;
    Ok(failed)
}

/// One core's part of the jobs.
fn work(args: &Args, jobs: &[Job]) -> Vec<Written> {
    let mut press = pdf::Press::new(&args.fonts, args.own_fonts);
    jobs.iter()
        .map(|job| {
            write(&mut press, job).unwrap_or_else(|error| Written {
                pages: 0,
                error: Some(format!("{error:#}")),
            })
        })
        .collect()
}

/// What is said of jobs whose worker fell over; its own words are on standard error.
fn fell() -> Written {
    Written {
        pages: 0,
        error: Some("the typesetter fell over one of these documents".into()),
    }
}

fn write(press: &mut pdf::Press, job: &Job) -> anyhow::Result<Written> {
    let mut pages = 0;
    let paper = clean::clean(&job.paper)?;
    if let Some(path) = &job.pdf {
        let (bytes, count) = press.print(&paper)?;
        save(Path::new(path), &bytes)?;
        pages = count;
    }
    if let Some(path) = &job.docx {
        save(Path::new(path), &docx::write(&paper)?)?;
    }
    Ok(Written { pages, error: None })
}

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
