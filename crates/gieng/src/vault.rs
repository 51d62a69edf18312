//! `gieng vault`: beside a running program or without it.

use std::process::ExitCode;

use anyhow::Context as _;
use app::{Ctx, logs, logs::LogQuery};
use domain::{clock, parse};
use vault::{Cancel, Reader, Record};

use crate::{
    args::{Format, VaultArgs, VaultCommand},
    config::Config,
};

/// Verifies, proves, searches.
pub async fn run(config: &Config, args: VaultArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        VaultCommand::Verify => verify(config).await,
        VaultCommand::Prove { index, json } => {
            let app = config.open(false).await?;
            let proof = logs::prove(&app, &Ctx::console(app.clock.now_ms()), index).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&proof.to_json())?);
            } else {
                print!("{}", proof.to_text());
            }
            Ok(ExitCode::SUCCESS)
        }
        VaultCommand::Search {
            text,
            from,
            to,
            severity,
            source,
            peer,
            limit,
            format,
        } => {
            anyhow::ensure!(limit > 0, "--limit 0 asks for nothing");
            let app = config.open(false).await?;
            let ctx = Ctx::console(app.clock.now_ms());
            let moment = |text: Option<String>| {
                text.map(|t| parse::instant(&t).with_context(|| format!("`{t}` is not a moment")))
                    .transpose()
            };
            let devices = match source {
                Some(code) => vec![app::registry::get(&app, &ctx, "device", &code).await?.id],
                None => Vec::new(),
            };
            let mut query = LogQuery {
                from: moment(from)?,
                to: moment(to)?,
                devices,
                peer,
                max_severity: severity,
                text: text.unwrap_or_default(),
                ..LogQuery::default()
            };
            let (mut found, mut scanned) = (0, 0);
            let more = loop {
                query.limit = (limit - found).min(logs::PAGE);
                let page = logs::search(&app, &ctx, query.clone()).await?;
                page.rows.iter().for_each(|record| print(record, format));
                found += page.rows.len();
                scanned += page.scanned;
                query.cursor = page.next;
                if page.next.is_none() || found >= limit {
                    break page.next.is_some();
                }
            };
            let more = if more {
                "; there are older ones (--limit)"
            } else {
                ""
            };
            eprintln!("{found} lines found, {scanned} looked at{more}");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn print(r: &Record, format: Format) {
    let at = clock::from_ms(r.received_at_ms).to_zoned(clock::local_zone());
    match format {
        Format::Json => println!(
            "{}",
            serde_json::json!({
                "index": r.index, "received_at": at.timestamp().to_string(), "peer": r.peer,
                "host": r.host, "application": r.application, "severity": r.severity, "line": r.text(),
            })
        ),
        Format::Table => println!(
            "{:>10} {} {} {}",
            r.index,
            at.strftime("%d/%m/%Y %H:%M:%S"),
            r.peer,
            r.text().trim_end()
        ),
    }
}

async fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let dir = config.data().join("vault");
    let report = tokio::task::spawn_blocking(move || {
        let mut last = 0;
        let progress = |p: vault::Progress| {
            let percent = p.records * 100 / p.of.max(1);
            if percent > last {
                last = percent;
                eprint!("\r{percent} %");
            }
        };
        Reader::verify_dir(&dir, None, progress, &Cancel::default())
    })
    .await??;
    eprintln!();
    println!(
        "{} lines in {} segments, {} checkpoints ({} lines signed), {} bytes read",
        report.records, report.segments, report.checkpoints, report.signed, report.bytes
    );
    for finding in &report.findings {
        let range = finding
            .records
            .as_ref()
            .map_or_else(String::new, |r| format!(" lines {} to {}", r.start, r.end));
        println!("BAD{range}: {} ({})", finding.what, finding.path.display());
    }
    if let Some(range) = report.first_bad() {
        println!("the first bad lines are {} to {}", range.start, range.end);
    }
    if report.is_sound() {
        println!("sound: every line, every hash and every signature holds");
    }
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
