//! `gieng policy`: work on packs.

use std::process::ExitCode;

use crate::{
    args::{Format, PolicyArgs, PolicyCommand},
    config::Config,
};

/// Lints. Exit code 1 when there are mistakes.
pub fn run(config: &Config, args: PolicyArgs) -> anyhow::Result<ExitCode> {
    let PolicyCommand::Lint { folder, format } = args.command;
    let problems = match folder.or_else(|| config.policy.clone()) {
        Some(folder) => policy::lint(&policy::Directory::new(folder))?,
        None => policy::lint(&policy::Embedded)?,
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
            println!("{}", serde_json::to_string_pretty(&all)?);
        }
        Format::Table => {
            for p in &problems {
                println!(
                    "{}:{}:{}: {}\n    {}",
                    p.file, p.line, p.column, p.what, p.instead
                );
            }
            println!("{} mistakes", problems.len());
        }
    }
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
