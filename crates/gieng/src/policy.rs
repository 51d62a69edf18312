//! `gieng policy`: work on packs.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use app::{Ctx, assess};
use policy::{
    Directory, Embedded, Library, LoadError, Memory, Source,
    compare::{Fate, RegulationChange, compare},
    coverage::{Basis, Coverage},
    reading::Soundness,
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
        PolicyCommand::Test { folder, format } => test(config, folder, format).await,
        PolicyCommand::Readings { folder, format } => readings(config, folder, format),
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

/// A folder's packs, or those in use.
fn library(config: &Config, folder: Option<PathBuf>) -> anyhow::Result<Library> {
    match folder {
        Some(folder) => load(config, &folder),
        None => Ok(Library::load(in_use(config).as_ref())?),
    }
}

/// Prints every mistake; of packs without one, what is amiss with their readings.
fn lint(config: &Config, folder: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let source: Box<dyn Source> = match folder {
        Some(folder) => Box::new(Directory::new(folder)),
        None => in_use(config),
    };
    let problems = match Library::load(source.as_ref()) {
        Ok(library) => policy::reading::amiss(&library),
        Err(LoadError::Problems(problems)) => problems,
        Err(error) => return Err(error.into()),
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

/// Runs the fixtures in a database of its own. Exit code 1 when one says something else.
async fn test(
    config: &Config,
    folder: Option<PathBuf>,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let files = match &folder {
        Some(folder) => Memory::over(in_use(config).as_ref(), &Directory::new(folder))?,
        None => Memory::of(in_use(config).as_ref())?,
    };
    let library = library(config, folder)?;
    let fixtures = policy::fixture::all(&files)?;
    let outcomes = app::fixture::run_in_scratch(&library, &fixtures).await?;
    let wrong: Vec<_> = outcomes.iter().filter(|o| !o.holds()).collect();
    let word = |(status, reason): &(policy::Status, Option<String>)| match reason {
        Some(reason) => format!("{status} ({reason})"),
        None => status.to_string(),
    };
    match format {
        Format::Json => {
            let all: Vec<serde_json::Value> = outcomes
                .iter()
                .map(|o| {
                    let found = o.found.as_ref().map_or_else(Clone::clone, word);
                    serde_json::json!({
                        "file": o.path, "case": o.case, "unit": o.unit, "holds": o.holds(),
                        "expected": word(&o.expected), "found": found,
                    })
                })
                .collect();
            say!("{}", serde_json::to_string_pretty(&all)?);
        }
        Format::Table => {
            for o in &wrong {
                let found = o.found.as_ref().map_or_else(Clone::clone, word);
                let (path, case, unit) = (&o.path, &o.case, &o.unit);
                say!(
                    "{path}: “{case}”, {unit}: {found}; expected {}",
                    word(&o.expected)
                );
            }
            say!(
                "{} of {} as expected",
                outcomes.len() - wrong.len(),
                outcomes.len()
            );
        }
    }
    Ok(if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Prints what the scored clauses of each regulation rest on.
fn coverage(config: &Config, folder: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let library = library(config, folder)?;
    let by_regulation = library.coverage();
    let total = by_regulation
        .iter()
        .fold(Coverage::default(), |sum, (_, c)| sum.and(*c));
    match format {
        Format::Json => {
            let all: serde_json::Map<String, serde_json::Value> = by_regulation
                .iter()
                .map(|(r, c)| Ok((r.id.clone(), serde_json::to_value(c)?)))
                .collect::<anyhow::Result<_>>()?;
            let told = serde_json::json!({ "regulations": all, "total": total });
            say!("{}", serde_json::to_string_pretty(&told)?);
        }
        Format::Table => {
            let strongest_first = || Basis::ALL.into_iter().rev();
            let heads = strongest_first().map(|b| b.code().replace('_', " ").to_uppercase());
            let heads: Vec<String> = heads.collect();
            say!(
                "{:<27} {:>7} {:>6}  {}",
                "REGULATION",
                "CLAUSES",
                "SCORED",
                heads.join("  ")
            );
            let line = |name: &str, c: &Coverage| {
                let counts = strongest_first().zip(&heads);
                let counts = counts.map(|(b, head)| format!("{:>1$}", c.count(b), head.len()));
                let counts: Vec<String> = counts.collect();
                say!(
                    "{name:<27} {:>7} {:>6}  {}",
                    c.clauses,
                    c.scored,
                    counts.join("  ")
                );
            };
            for (regulation, counted) in &by_regulation {
                line(&regulation.id, counted);
            }
            line("all", &total);
            say!();
            for basis in strongest_first() {
                let count = total.count(basis);
                let percent = total.percent(count).unwrap_or_default();
                say!(
                    "{:<15} {count:>4} {percent:>6.1} %",
                    basis.code().replace('_', " ")
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how the scored clauses were read against their texts. Exit code 1 when one was not
/// read since it means what it means, or was read as wrong.
fn readings(config: &Config, folder: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let library = library(config, folder)?;
    let mut good = true;
    let mut all = Vec::new();
    for regulation in library.regulations.values() {
        for clause in regulation.clauses.iter().filter(|c| c.is_scored()) {
            let read = library.reading_that_holds(&regulation.id, clause);
            good &= read.is_some_and(|r| r.verdict != Soundness::Wrong);
            all.push((regulation, clause, read));
        }
    }
    match format {
        Format::Json => {
            let all: Vec<serde_json::Value> = all
                .iter()
                .map(|(regulation, clause, read)| {
                    serde_json::json!({
                        "regulation": regulation.id, "clause": clause.cite,
                        "meaning": library.meaning_hash(clause), "reading": read,
                    })
                })
                .collect();
            say!("{}", serde_json::to_string_pretty(&all)?);
        }
        Format::Table => {
            say!("REGULATION                  CLAUSE     READ ON     READ AS   UNTIL");
            for (regulation, clause, read) in &all {
                let (day, word, until) = read.map_or_else(
                    || ("–".to_owned(), "not read", String::new()),
                    |r| (r.read_on.to_string(), r.verdict.code(), r.until.join(", ")),
                );
                say!(
                    "{:<27} {:<10} {day:<11} {word:<9} {until}",
                    regulation.id,
                    clause.cite
                );
            }
            say!();
            say!(
                "{:<27} {:>6} {:>6} {:>6} {:>9}",
                "REGULATION",
                "RIGHT",
                "WEAK",
                "WRONG",
                "NOT READ"
            );
            for regulation in library.regulations.values() {
                let [right, weak, wrong] =
                    Soundness::ALL.map(|verdict| library.read_as(regulation, Some(verdict)));
                let unread = library.read_as(regulation, None);
                say!(
                    "{:<27} {right:>6} {weak:>6} {wrong:>6} {unread:>9}",
                    regulation.id
                );
            }
        }
    }
    Ok(if good {
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
