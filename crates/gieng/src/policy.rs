//! `gieng policy`: work on packs.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use app::{Ctx, assess};
use policy::{
    Directory, Embedded, Library, LoadError, Memory, Source,
    compare::{Fate, RegulationChange, compare},
    coverage::Coverage,
};

use crate::terminal::{say, tell};
use crate::{
    args::{Format, PolicyArgs, PolicyCommand},
    config::Config,
};

/// Lints, counts, compares, tries out. Exit code 1 when there is something amiss.
pub async fn run(config: &Config, args: PolicyArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        PolicyCommand::Lint { folder, format } => lint(config, folder, format),
        PolicyCommand::Coverage { folder, format } => coverage(config, folder, format),
        PolicyCommand::Compare { old, new, format } => {
            let (old, new) = (load(config, &old)?, load(config, &new)?);
            print_changes(&compare(&old, &new), format)?;
            Ok(ExitCode::SUCCESS)
        }
        PolicyCommand::WhatIf { folder, format } => what_if(config, &folder, format).await,
    }
}

/// The packs in use.
fn in_use(config: &Config) -> Box<dyn Source> {
    match &config.policy {
        Some(folder) => Box::new(Directory::new(folder)),
        None => Box::new(Embedded),
    }
}

/// A folder, over the packs in use where it is not a whole policy.
fn load(config: &Config, folder: &Path) -> anyhow::Result<Library> {
    let files = Memory::over(in_use(config).as_ref(), &Directory::new(folder))?;
    match Library::load(&files) {
        Ok(library) => Ok(library),
        Err(LoadError::Problems(problems)) => {
            for problem in &problems {
                tell!("{problem}");
            }
            anyhow::bail!("{} has {} mistakes", folder.display(), problems.len())
        }
        Err(error) => Err(error.into()),
    }
}

fn lint(config: &Config, folder: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let problems = match folder {
        Some(folder) => policy::lint(&Directory::new(folder))?,
        None => policy::lint(in_use(config).as_ref())?,
    };
    match format {
        Format::Json => {
            let all: Vec<serde_json::Value> = problems
                .iter()
                .map(|p| {
                    serde_json::json!({
                        "file": p.file, "line": p.line, "column": p.column, "what": p.what, "instead": p.instead,
                    })
                })
                .collect();
            say!("{}", serde_json::to_string_pretty(&all)?);
        }
        Format::Table => {
            for p in &problems {
                say!(
                    "{}:{}:{}: {}\n    {}",
                    p.file,
                    p.line,
                    p.column,
                    p.what,
                    p.instead
                );
            }
            say!("{} mistakes", problems.len());
        }
    }
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Prints the table by regulation. Exit code 1 when a bound is not kept over all together.
fn coverage(config: &Config, folder: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let library = match folder {
        Some(folder) => load(config, &folder)?,
        None => Library::load(in_use(config).as_ref())?,
    };
    let by_regulation = library.coverage();
    let total = by_regulation
        .iter()
        .fold(Coverage::default(), |sum, (_, c)| sum.and(*c));
    let bounds = total.bounds();
    match format {
        Format::Json => {
            let all: serde_json::Map<String, serde_json::Value> = by_regulation
                .iter()
                .map(|(r, c)| Ok((r.id.clone(), serde_json::to_value(c)?)))
                .collect::<anyhow::Result<_>>()?;
            let told = serde_json::json!({
                "regulations": all, "total": total,
                "observed_or_awaiting": { "percent": bounds[0].0, "at_least": bounds[0].1, "kept": bounds[0].2 },
                "recorded": { "percent": bounds[1].0, "at_least": bounds[1].1, "kept": bounds[1].2 },
                "attested": { "percent": bounds[2].0, "at_most": bounds[2].1, "kept": bounds[2].2 },
            });
            say!("{}", serde_json::to_string_pretty(&told)?);
        }
        Format::Table => {
            say!(
                "REGULATION                  CLAUSES  SCORED  OBSERVED  AWAITING  RECORDED  ATTESTED  OPEN"
            );
            let line = |name: &str, c: &Coverage| {
                say!(
                    "{name:<27} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9} {:>5}",
                    c.clauses,
                    c.scored,
                    c.observed,
                    c.awaiting,
                    c.recorded,
                    c.attested,
                    c.open
                );
            };
            for (regulation, counted) in &by_regulation {
                line(&regulation.id, counted);
            }
            line("all", &total);
            let names = [
                ("observed or awaiting facts", "at least"),
                ("recorded", "at least"),
                ("attested", "at most"),
            ];
            say!();
            for ((percent, bound, kept), (name, side)) in bounds.into_iter().zip(names) {
                let word = if kept { "kept" } else { "NOT KEPT" };
                say!("{name:<27} {percent:>6.1} %  {side} {bound} %  {word}");
            }
        }
    }
    Ok(if bounds.iter().all(|(_, _, kept)| *kept) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn print_changes(changes: &[RegulationChange], format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        say!("{}", serde_json::to_string_pretty(changes)?);
        return Ok(());
    }
    for change in changes {
        let name = |id: &Option<String>| id.clone().unwrap_or_else(|| "–".into());
        let (old, new) = (name(&change.old), name(&change.new));
        let title = if old == new {
            new
        } else {
            format!("{old} → {new}")
        };
        let counts: Vec<String> = Fate::ALL
            .into_iter()
            .map(|fate| format!("{} {}", change.count(fate), fate.code()))
            .collect();
        say!("{title}: {}", counts.join(", "));
        for clause in &change.clauses {
            if clause.fate == Fate::Same && !clause.worded && clause.old == clause.new {
                continue;
            }
            let parts: Vec<&str> = clause.parts.iter().map(|p| p.name()).collect();
            let what = match (parts.is_empty(), clause.worded) {
                (false, _) => parts.join(", "),
                (true, true) => "words only".into(),
                (true, false) => String::new(),
            };
            say!(
                "  {:<9} {:<16} {:<16} {what}",
                clause.fate.code(),
                clause.old.join(" "),
                clause.new.join(" ")
            );
        }
    }
    Ok(())
}

/// Prints what a draft would turn. Exit code 1 when a verdict would become a breach.
async fn what_if(config: &Config, folder: &Path, format: Format) -> anyhow::Result<ExitCode> {
    let draft = load(config, folder)?;
    let app = config.open(false).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    let told = assess::what_if(&app, &ctx, draft).await?;
    match format {
        Format::Json => say!("{}", serde_json::to_string_pretty(&told)?),
        Format::Table => {
            print_changes(&told.changes, Format::Table)?;
            say!(
                "\nUNIT       REGULATION             CLAUSE     BEFORE         AFTER          REASON"
            );
            for turned in &told.turned {
                let word = |s: Option<policy::Status>| s.map_or("–", policy::Status::code);
                say!(
                    "{:<10} {:<22} {:<10} {:<14} {:<14} {}",
                    turned.unit,
                    turned.regulation,
                    turned.cite,
                    word(turned.before),
                    word(turned.after),
                    turned.reason.as_deref().unwrap_or_default()
                );
            }
            say!(
                "\n{} verdicts of {} organizations would turn, {} would stay; nothing was written",
                told.turned.len(),
                told.units,
                told.stay
            );
        }
    }
    app.close().await;
    let worse = told
        .turned
        .iter()
        .any(|t| t.after == Some(policy::Status::Breached));
    Ok(if worse {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}
