//! `gieng check`: verdicts for people and for scripts.

use std::process::ExitCode;

use anyhow::Context as _;
use app::{Ctx, assess, registry};
use domain::clock;
use policy::{Status, Tally};

use crate::terminal::say;
use crate::{
    args::{CheckArgs, Format},
    config::Config,
};

/// Judges and prints.
pub async fn run(config: &Config, args: CheckArgs) -> anyhow::Result<ExitCode> {
    let app = config.open(false).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    let as_of = args.day.as_of();
    if as_of.is_none() {
        assess::evaluate(&app, true).await?;
    }
    let view = assess::board(&app, &ctx, as_of).await?;
    if let Some(unit) = args.unit.as_ref().filter(|unit| view.find(unit).is_none()) {
        let there = registry::get(&app, &ctx, "organization", unit).await;
        let there = there.with_context(|| format!("there is no unit `{unit}`"))?;
        let (code, ended) = (there.text("code"), there.text("ends_on"));
        anyhow::ensure!(
            ended.is_empty(),
            "`{unit}` was dissolved, its last day was {ended}; see how it stood with --as-of {ended}"
        );
        anyhow::bail!("there is no unit `{unit}` at that time; name it by its code {code}");
    }
    if let Some(regulation) = &args.regulation
        && !view.library.regulations.contains_key(regulation)
    {
        let known: Vec<&str> = view
            .library
            .regulations
            .keys()
            .map(String::as_str)
            .collect();
        anyhow::bail!(
            "there is no regulation `{regulation}`; there are: {}",
            known.join(", ")
        );
    }
    let mut tally = Tally::default();
    let mut rows = Vec::new();
    for (unit, clause, cell) in view.cells() {
        let key = &view.board.clauses[clause];
        let wanted = args
            .unit
            .as_ref()
            .is_none_or(|u| *u == unit.code || *u == unit.id.to_string())
            && args
                .regulation
                .as_ref()
                .is_none_or(|r| *r == key.regulation);
        if !wanted {
            continue;
        }
        tally.count(cell.status);
        let fine = matches!(cell.status, Status::Met | Status::NotApplicable);
        if !(args.amiss && fine) {
            rows.push((unit, key, cell));
        }
    }
    rows.sort_by(|a, b| {
        b.2.status
            .cmp(&a.2.status)
            .then_with(|| a.0.code.cmp(&b.0.code))
    });
    // Since when it holds is not known of what was judged anew.
    let since = |cell: &assess::Cell| (!view.is_anew()).then_some(cell.since);
    match args.format {
        Format::Json => {
            let all: Vec<serde_json::Value> = rows
                .iter()
                .map(|(unit, key, cell)| {
                    serde_json::json!({
                        "unit": unit.code, "name": unit.name, "regulation": key.regulation,
                        "clause": key.cite, "status": cell.status, "reason": cell.reason,
                        "since": since(cell).map(|at| clock::from_ms(at).to_string()), "evidence": cell.evidence_hash,
                        "basis": cell.basis,
                    })
                })
                .collect();
            let out = serde_json::json!({
                "at": clock::from_ms(view.board.at).to_string(),
                "known": view.as_of.map(|as_of| as_of.known), "tally": tally, "verdicts": all,
            });
            say!("{}", serde_json::to_string_pretty(&out)?);
        }
        Format::Table => {
            say!("UNIT       REGULATION             CLAUSE     STATUS         SINCE       REASON");
            for (unit, key, cell) in &rows {
                let since = since(cell).map_or_else(String::new, |at| {
                    let day = clock::local_date(clock::from_ms(at));
                    day.strftime("%d/%m/%Y").to_string()
                });
                say!(
                    "{:<10} {:<22} {:<10} {:<14} {:<11} {}",
                    unit.code,
                    key.regulation,
                    key.cite,
                    cell.status.code(),
                    since,
                    cell.reason.as_deref().unwrap_or_default()
                );
            }
            say!(
                "\n{} met, {} breached, {} no data, {} pending, {} waived, {} not applicable, {} error",
                tally.met,
                tally.breached,
                tally.no_data,
                tally.pending,
                tally.waived,
                tally.not_applicable,
                tally.error
            );
        }
    }
    app.close().await;
    Ok(ExitCode::from(
        match (tally.breached, tally.no_data + tally.error) {
            (1.., _) => 1,
            (0, 1..) => 3,
            (0, 0) => 0,
        },
    ))
}
