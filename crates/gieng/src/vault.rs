//! `gieng vault`: beside a running program or without it.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use app::{
    App, Ctx,
    evidence::{self, Against, Left, VaultReport},
    logs,
    logs::{Flags, LogQuery},
};
use domain::{clock, id::Id, net::Prefix, parse};
use vault::{Cancel, Reader, Record, note::Verifier, repair::Plan};

use crate::terminal::{self, say, tell};
use crate::{
    args::{Format, VaultArgs, VaultCommand},
    config::Config,
};

/// Verifies, proves, searches.
pub async fn run(config: &Config, args: VaultArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        VaultCommand::Verify {
            key,
            checkpoint,
            vault,
        } => verify(config, key, checkpoint, vault).await,
        VaultCommand::Repair {
            accept: Some(why),
            yes,
            ..
        } => accept(config, &why, yes).await,
        VaultCommand::Repair { vault, yes, .. } => repair(config, vault, yes).await,
        VaultCommand::Prove { index, json } => {
            let app = config.open(false).await?;
            let proof = logs::prove(&app, &Ctx::console(app.clock.now_ms()), index).await?;
            if json {
                say!("{}", serde_json::to_string_pretty(&proof.to_json())?);
            } else {
                terminal::file(proof.to_text().as_bytes())?;
            }
            Ok(ExitCode::SUCCESS)
        }
        VaultCommand::Search {
            text,
            from,
            to,
            severity,
            flag,
            source,
            peer,
            limit,
            vault,
            format,
        } => {
            anyhow::ensure!(limit > 0, "--limit 0 asks for nothing");
            let app = config.open(false).await?;
            let ctx = Ctx::console(app.clock.now_ms());
            let moment = |text: Option<String>| {
                text.map(|t| parse::instant(&t).with_context(|| format!("`{t}` is not a moment")))
                    .transpose()
            };
            let (from, to) = (moment(from)?, moment(to)?);
            anyhow::ensure!(
                from.zip(to).is_none_or(|(from, to)| from <= to),
                "--to must be after --from"
            );
            let named = source.as_deref().and_then(Prefix::or_address);
            anyhow::ensure!(
                peer.is_none() || named.is_none(),
                "--source and --peer both name an address"
            );
            let peer = peer.or(named);
            let devices = match source {
                Some(code) if named.is_none() => {
                    vec![app::registry::get(&app, &ctx, "device", &code).await?.id]
                }
                _ => Vec::new(),
            };
            let mut query = LogQuery {
                from,
                to,
                devices,
                peer,
                max_severity: severity.as_deref().and_then(|n| n.parse().ok()),
                no_severity: severity.as_deref() == Some("none"),
                flags: flag.as_deref().and_then(Flags::named).unwrap_or_default(),
                text: text.unwrap_or_default(),
                ..LogQuery::default()
            };
            let reader = match vault.map(|named| folder(config, named)) {
                Some(dir) => Some(Reader::open(&dir).with_context(|| {
                    format!("{} cannot be opened; see gieng vault repair", dir.display())
                })?),
                None => None,
            };
            let (mut found, mut scanned, mut unreadable) = (0, 0, 0);
            let more = loop {
                query.limit = (limit - found).min(logs::PAGE);
                let page = match &reader {
                    Some(reader) => logs::search_in(&app, &ctx, reader, query.clone()).await?,
                    None => logs::search(&app, &ctx, query.clone()).await?,
                };
                unreadable += page.unreadable;
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
            tell!("{found} lines found, {scanned} looked at{more}");
            if unreadable > 0 {
                tell!("{unreadable} lines cannot be read; see gieng vault verify");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn print(r: &Record, format: Format) {
    let at = clock::from_ms(r.received_at_ms).to_zoned(clock::local_zone());
    match format {
        Format::Json => say!(
            "{}",
            serde_json::json!({
                "index": r.index, "received_at": at.timestamp().to_string(), "peer": r.peer,
                "host": r.host, "application": r.application, "facility": r.facility, "severity": r.severity,
                "flags": r.flags.names().collect::<Vec<_>>(), "line": r.text(),
            })
        ),
        Format::Table => say!(
            "{:>10} {} {} {}{}",
            r.index,
            at.strftime("%d/%m/%Y %H:%M:%S"),
            r.peer,
            r.flags
                .names()
                .map(|name| format!("[{name}] "))
                .collect::<String>(),
            terminal::cell(r.text().trim_end())
        ),
    }
}

/// A folder as it was named: from here, or from the data folder.
fn folder(config: &Config, named: PathBuf) -> PathBuf {
    if named.is_dir() {
        named
    } else {
        config.data().join(named)
    }
}

/// The key that was given, or else the installation's, and what left the house by it.
pub fn outside(
    app: &App,
    key: Option<&str>,
    files: &[PathBuf],
) -> anyhow::Result<(Option<Verifier>, Left)> {
    let key = key
        .map(|key| Verifier::from_vkey(key.trim()).with_context(|| format!("`{key}`")))
        .transpose()?;
    let mut left = Left::default();
    if !files.is_empty() {
        let own = || Verifier::from_vkey(&app::proof::key(app)?).ok();
        let key = key
            .clone()
            .or_else(own)
            .context("there is no key here: give it with --key")?;
        for file in files {
            left.extend(Left::read(file, &key)?);
        }
    }
    Ok((key, left))
}

async fn verify(
    config: &Config,
    key: Option<String>,
    files: Vec<PathBuf>,
    vault: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let app = config.open(false).await?;
    let (key, left) = outside(&app, key.as_deref(), &files)?;
    let mut last = 0;
    let progress = move |p: vault::Progress| {
        let percent = p.records * 100 / p.of.max(1);
        if percent > last {
            last = percent;
            terminal::progress(format_args!("{percent} %"));
        }
    };
    let VaultReport { report, against } = evidence::verify_vault(
        &app,
        &Ctx::console(app.clock.now_ms()),
        Against {
            folder: vault.map(|named| folder(config, named)),
            key,
            left: left.checkpoints,
            begin_at: 0,
        },
        progress,
        Cancel::default(),
    )
    .await?;
    tell!();
    say!(
        "{} lines in {} segments, {} checkpoints ({} lines signed), {} bytes read",
        report.records,
        report.segments,
        report.checkpoints,
        report.signed,
        report.bytes
    );
    say!(
        "held against {} checkpoints of the change journal and {} that left the house",
        against.journal,
        against.left
    );
    match (&against.key, against.key_from) {
        (Some(key), Some(from)) => say!("key {key} ({from})"),
        _ => say!("key: only the vault itself names it; give the installation's with --key"),
    }
    for path in &report.foreign {
        say!("note: {} is none of the vault's files", path.display());
    }
    for finding in &report.findings {
        let range = finding
            .records
            .as_ref()
            .map_or_else(String::new, |r| format!(" lines {} to {}", r.start, r.end));
        say!("BAD{range}: {} ({})", finding.what, finding.path.display());
    }
    if report.more > 0 {
        say!("BAD: {} more", report.more);
    }
    if let Some(range) = report.first_bad() {
        say!("the first bad lines are {} to {}", range.start, range.end);
    }
    if report.is_sound() {
        say!("sound: every line, every hash and every signature holds");
    }
    Ok(ExitCode::from(u8::from(!report.is_sound())))
}

/// Acknowledges vaults that are lost, each by its name.
async fn accept(config: &Config, why: &str, yes: bool) -> anyhow::Result<ExitCode> {
    let app = config.open(false).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    let (lost, what) = if yes {
        let lost = evidence::acknowledge(&app, &ctx, why).await?;
        (lost, "acknowledged")
    } else {
        (evidence::lost(&app).await?, "LOST")
    };
    if let Some((last, _)) = &lost.unsealed {
        say!("{what}: entries 1 to {last} of the change journal carry no seal");
    }
    for vault in &lost.vaults {
        let time = clock::from_ms(vault.at).to_zoned(clock::local_zone());
        say!(
            "{what}: {}, {} lines known ({}), set apart {}: {}",
            vault.folder,
            vault.size,
            vault.root,
            time.strftime("%d/%m/%Y %H:%M:%S"),
            vault.reason
        );
    }
    if !yes && !lost.is_none() {
        say!("nothing was changed; the same with --yes acknowledges all of these");
        return Ok(ExitCode::FAILURE);
    }
    if lost.is_none() {
        say!("nothing is lost that was not acknowledged");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is lost, and builds again what follows from the lines.
async fn repair(config: &Config, vault: Option<PathBuf>, yes: bool) -> anyhow::Result<ExitCode> {
    let app = config.open(false).await?;
    let named = vault.map(|named| folder(config, named));
    let dir = named.unwrap_or_else(|| config.data().join("vault"));
    anyhow::ensure!(dir.is_dir(), "{} is no folder", dir.display());
    let key = app::proof::key(&app).context("there is no key here: vault.key is missing")?;
    let key = Verifier::from_vkey(&key)?;
    let shown = dir.display().to_string();
    let plan = tokio::task::spawn_blocking(move || Plan::make(&dir, &key, &Cancel::default()))
        .await?
        .with_context(|| format!("cannot look into {shown}"))?;
    say!("{} lines of {shown} can be read", plan.readable);
    let time = |ms: Option<i64>| {
        let at = |ms| clock::from_ms(ms).to_zoned(clock::local_zone());
        ms.map_or_else(
            || "?".to_owned(),
            |ms| at(ms).strftime("%d/%m/%Y %H:%M:%S").to_string(),
        )
    };
    for lost in &plan.lost {
        say!(
            "LOST lines {} to {}, received between {} and {}: {}",
            lost.records.start,
            lost.records.end,
            time(lost.received.0),
            time(lost.received.1),
            lost.what
        );
    }
    for (source, lines) in &plan.lost_sources {
        let id = Id::from_bytes(*source);
        let name = app::registry::get(
            &app,
            &Ctx::console(app.clock.now_ms()),
            "device",
            &id.to_string(),
        )
        .await
        .map_or_else(|_| id.to_string(), |device| device.text("name").to_owned());
        say!("LOST {lines} lines of {name}");
    }
    if let Some(size) = plan.differs {
        say!("BAD: the first {size} lines are not those that were signed");
    }
    if !plan.can_rebuild() {
        say!(
            "nothing can be built again; keep the folder as it is, and search it with gieng vault search --vault"
        );
        return Ok(ExitCode::from(1));
    }
    say!("nothing is lost: list of segments, kept hashes and statistics can be built again");
    if !yes {
        say!("nothing was changed; do it with --yes");
        return Ok(ExitCode::SUCCESS);
    }
    let before = plan.rebuild(app.clock.now_ms())?;
    say!("done; what was there before is in {}", before.display());
    Ok(ExitCode::SUCCESS)
}
