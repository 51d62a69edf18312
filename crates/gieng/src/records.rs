//! Records, journal, accounts and settings from the console.

use std::process::ExitCode;

use anyhow::Context as _;
use app::{
    App, Ctx, account,
    journal::JournalQuery,
    registry::{self, ImportMode, ImportOptions, ImportReport, Outcome, Progress, RecordQuery},
    setting,
};
use domain::{id::OrganizationId, label::Lang, noun, record::Record, schema::Kind};

use crate::terminal::{self, say, tell};
use crate::{
    args::{
        AccountArgs, AccountCommand, ExportArgs, Format, GetArgs, ImportArgs, JournalArgs,
        JournalCommand, ListArgs, SettingArgs,
    },
    config::Config,
};

async fn open(config: &Config) -> anyhow::Result<(App, Ctx)> {
    let app = config.open(false).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    Ok((app, ctx))
}

/// Names all nouns and books.
pub async fn nouns(config: &Config) -> anyhow::Result<ExitCode> {
    let (app, _) = open(config).await?;
    for schema in noun::all() {
        say!("{:<24} {}", schema.noun, schema.label);
    }
    for schema in app.library().registers.values() {
        say!("{:<24} {}", schema.noun, schema.label);
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists records.
pub async fn list(config: &Config, args: ListArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    let schema = app.schema(&args.noun)?;
    let filters = args
        .filters
        .iter()
        .map(|f| {
            let (name, value) = f
                .split_once('=')
                .with_context(|| format!("`{f}` is not FIELD=VALUE"))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let query = RecordQuery {
        search: args.search.unwrap_or_default(),
        filters: registry::narrow(&app, &ctx, &schema, &filters).await?,
        limit: args.limit,
        ..RecordQuery::default()
    };
    let page = registry::list(&app, &ctx, &args.noun, &query).await?;
    match args.format {
        Format::Json => say!("{}", serde_json::to_string_pretty(&page.records)?),
        Format::Table => {
            let titles = registry::reference_titles(&app, &schema, &page.records).await?;
            let cell = |record: &Record, field: &domain::schema::Field| {
                let value = record.get(&field.name);
                match (field.kind, value.as_id()) {
                    (Kind::Reference, Some(id)) => titles.get(&id).cloned().unwrap_or_default(),
                    _ => value.to_cell(),
                }
            };
            let header: Vec<&str> = schema.list_fields().map(|f| f.name.as_str()).collect();
            say!("{}", header.join("\t"));
            for record in &page.records {
                let cells: Vec<String> = schema
                    .list_fields()
                    .map(|f| terminal::cell(&cell(record, f)))
                    .collect();
                say!("{}", cells.join("\t"));
            }
            tell!("{} of {}", page.records.len(), page.total);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows one record.
pub async fn get(config: &Config, args: GetArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    let record = registry::get(&app, &ctx, &args.noun, &args.key).await?;
    say!("{}", serde_json::to_string_pretty(&record)?);
    Ok(ExitCode::SUCCESS)
}

/// Imports a file. Exit code 1 when rows are bad.
pub async fn import(config: &Config, args: ImportArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    let bytes = std::fs::read(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let mode = match (args.dry_run, args.good_rows) {
        (true, _) => ImportMode::DryRun,
        (false, true) => ImportMode::GoodRows,
        (false, false) => ImportMode::AllOrNothing,
    };
    let columns = args.columns.iter().map(|pair| {
        let (header, field) = pair
            .rsplit_once(':')
            .with_context(|| format!("`{pair}` is not HEADER:FIELD"))?;
        Ok((header.trim().to_owned(), field.to_owned()))
    });
    let options = ImportOptions {
        mode,
        sheet: args.sheet,
        hidden_rows: args.hidden_rows,
        columns: columns.collect::<anyhow::Result<_>>()?,
        shown: None,
    };
    let progress = Progress::default();
    let report = registry::import_as(&app, &ctx, &args.noun, &bytes, &options, &progress).await?;
    if report.asks_for_sheet() {
        say!("the file has several sheets; name one with --sheet:");
        for sheet in &report.sheets {
            let hidden = if sheet.hidden { ", hidden" } else { "" };
            say!("  {} ({} rows{hidden})", sheet.name, sheet.rows);
        }
        return Ok(ExitCode::from(1));
    }
    print_plan(&args.file.display().to_string(), &report);
    if let Some(path) = args.bad_rows.filter(|_| report.bad > 0) {
        std::fs::write(&path, &report.bad_rows)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let whole = report.bad + report.asks + report.left == 0;
    Ok(ExitCode::from(u8::from(!whole)))
}

/// Each row's fate: what changes, old and new, and what is wrong in which cell.
fn print_plan(file: &str, report: &ImportReport) {
    for told in &report.told {
        tell!("{told}");
    }
    for column in report.columns.iter().filter(|c| c.field.is_none()) {
        let nearest = column.nearest.as_ref();
        let nearest = nearest.map_or_else(String::new, |f| format!("; do you mean `{f}`?"));
        tell!(
            "{}: column `{}` names no field; it is not used{nearest}",
            column.cell,
            column.header
        );
    }
    for row in &report.rows {
        let fate = match row.outcome {
            Outcome::Create => "new",
            Outcome::Update => "change",
            Outcome::Unchanged => continue,
            Outcome::Bad => "refused",
            Outcome::Asks => "hidden; --hidden-rows takes it in",
        };
        say!("{file}:{}: {fate}: {}", row.line, row.title);
        for change in &row.changes {
            say!(
                "    {}: {} → {}",
                change.field,
                quoted(&change.before),
                quoted(&change.after)
            );
        }
        for note in &row.notes {
            say!("    {note}");
        }
        for problem in &row.problems {
            let place = match problem.position {
                0 => String::new(),
                column => format!("{column}:"),
            };
            for lang in Lang::ALL {
                say!("{file}:{}:{place} {}", row.line, problem.line(lang));
            }
        }
    }
    if report.untold > 0 {
        say!("and {} more rows", report.untold);
    }
    let outcome = match (report.written, report.stopped) {
        (_, true) => format!("; stopped, {} are left", report.left),
        (true, false) => String::new(),
        (false, false) => "; nothing was written".into(),
    };
    say!(
        "{} new, {} changed, {} the same, {} bad, {} hidden{outcome}",
        report.created,
        report.updated,
        report.unchanged,
        report.bad,
        report.asks
    );
}

/// A value in one line; nothing is `-`.
fn quoted(value: &str) -> String {
    if value.is_empty() {
        "-".to_owned()
    } else {
        format!("{value:?}")
    }
}

/// Exports records as CSV.
pub async fn export(config: &Config, args: ExportArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    let bytes = registry::export_csv(&app, &ctx, &args.noun, &RecordQuery::default()).await?;
    match args.output {
        Some(path) => std::fs::write(&path, bytes)
            .with_context(|| format!("cannot write {}", path.display()))?,
        None => terminal::file(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Verifies or shows the journal. Exit code 1 when the chain is broken.
pub async fn journal(config: &Config, args: JournalArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    match args.command {
        JournalCommand::Verify { key, checkpoint } => {
            let (key, left) = crate::vault::outside(&app, key.as_deref(), &checkpoint)?;
            let report = app::journal::verify_against(&app, &ctx, key, left.heads).await?;
            say!(
                "{} entries, head {}; {} records held against them; {} heads known from elsewhere",
                report.entries,
                report.head,
                report.records,
                report.anchors
            );
            for finding in &report.findings {
                say!("BAD: {}", finding.label().en);
            }
            if report.more > 0 {
                say!("BAD: {} more", report.more);
            }
            if !report.is_sound() {
                return Ok(ExitCode::from(1));
            }
            say!("sound: every entry follows the one before it, every record is as they say");
        }
        JournalCommand::Show {
            noun,
            organization,
            limit,
        } => {
            let organization = match organization {
                Some(code) => {
                    let found = registry::get(&app, &ctx, "organization", &code).await?;
                    Some(OrganizationId(found.id))
                }
                None => None,
            };
            let query = JournalQuery {
                noun,
                organization,
                limit,
                ..JournalQuery::default()
            };
            let entries = app::journal::list(&app, &ctx, &query).await?;
            // A book that no pack has any more is known by its entries.
            if let Some(noun) = query.noun.filter(|_| entries.is_empty()) {
                let known = app::journal::nouns(&app);
                anyhow::ensure!(
                    known.contains(&noun),
                    "the journal knows no `{noun}`; there are: {}",
                    known.join(", ")
                );
            }
            for entry in entries {
                let c = &entry.change;
                let at = domain::clock::from_ms(c.at).to_zoned(domain::clock::local_zone());
                say!(
                    "{:>8} {} {:<16} {:<10} {:<18} {}",
                    entry.seq,
                    at.strftime("%d/%m/%Y %H:%M:%S"),
                    c.actor,
                    c.action,
                    c.noun,
                    c.record_id
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Works on accounts.
pub async fn account(config: &Config, args: AccountArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    let accounts = account::list(&app, &ctx).await?;
    let find = |login: &str| {
        accounts
            .iter()
            .find(|a| a.login == login.to_lowercase())
            .with_context(|| format!("there is no account `{login}`"))
    };
    match args.command {
        AccountCommand::List => {
            for a in &accounts {
                let roles: Vec<&str> = a.grants.iter().map(|g| g.role.code()).collect();
                let state = if a.enabled { "" } else { "disabled" };
                say!(
                    "{:<20} {:<30} {:<30} {state}",
                    a.login,
                    a.name,
                    roles.join(",")
                );
            }
        }
        AccountCommand::Link { login } => {
            let token = account::issue_link(&app, &ctx, find(&login)?.id).await?;
            say!("/start/{token}");
        }
        AccountCommand::ResetTotp { login } => {
            account::reset_totp(&app, &ctx, find(&login)?.id).await?;
            say!("{login}: the second factor is gone; it is asked for again at the next sign-in");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows or sets settings: those that all provinces share, or a province's own.
pub async fn setting(config: &Config, args: SettingArgs) -> anyhow::Result<ExitCode> {
    let (app, ctx) = open(config).await?;
    if let Some(key) = args
        .key
        .as_ref()
        .filter(|_| args.value.is_some() || args.unset)
    {
        match (&args.province, &args.value) {
            (Some(code), value) => {
                setting::set_own(&app, &ctx, code, key, value.as_deref()).await?;
            }
            (None, Some(value)) => setting::set(&app, &ctx, key, value).await?,
            (None, None) => {}
        }
        return Ok(ExitCode::SUCCESS);
    }
    let province = match &args.province {
        Some(code) => {
            let settable = setting::settable(&app, &ctx).await?;
            let Some(found) = settable.province(code) else {
                anyhow::bail!("{code} is no province: the head of a tree of organizations");
            };
            Some(found.id)
        }
        None => None,
    };
    let settings = app.settings();
    let settings = settings.of(province);
    for spec in setting::SETTINGS {
        if args.key.as_ref().is_some_and(|k| k != spec.key) {
            continue;
        }
        let value = settings.text(spec.key);
        let shown = if spec.secret && !value.is_empty() {
            "set"
        } else {
            &value
        };
        say!("{:<36} {shown}", spec.key);
    }
    Ok(ExitCode::SUCCESS)
}
