//! `gieng receipt` and `gieng oscal`: proof that leaves the program.

use std::process::ExitCode;

use anyhow::Context as _;
use app::{
    App, Ctx,
    assess::{self, AsOf, BoardView, Known},
    proof,
};
use domain::label::Lang;

use crate::terminal::{self, say};
use crate::{
    args::{OscalArgs, OscalCommand, ReceiptArgs, ReceiptCommand},
    config::Config,
};

async fn board(config: &Config, as_of: Option<AsOf>) -> anyhow::Result<(App, Ctx, BoardView)> {
    let app = config.open(false).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    if as_of.is_none() {
        assess::evaluate(&app, true).await?;
    }
    let view = assess::board(&app, &ctx, as_of).await?;
    Ok((app, ctx, view))
}

/// Makes and verifies receipts. Exit code 1 when one does not hold.
pub async fn receipt(config: &Config, args: ReceiptArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ReceiptCommand::Make {
            regulation,
            clause,
            unit,
            day,
        } => {
            let (app, ctx, view) = board(config, day.as_of()).await?;
            let made = proof::make(&app, &ctx, &view, &regulation, &clause, &unit).await?;
            terminal::file(made.as_bytes())?;
        }
        ReceiptCommand::Verify { file, key } => {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            match proof::verify(&text, key.as_deref()) {
                Ok(verified) => told(&verified),
                Err(error) => {
                    say!("REFUSED: {error}");
                    return Ok(ExitCode::from(1));
                }
            }
        }
        ReceiptCommand::Key => {
            let app = config.open(false).await?;
            let key = proof::key(&app).context("there is no key yet: start the program once")?;
            say!("{key}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(verified: &proof::Verified) {
    let receipt = &verified.receipt;
    let s = &receipt.statement;
    say!("holds: the signature fits every byte, and the evidence fits its hash");
    say!(
        "unit        {} ({})",
        s.organization.name,
        s.organization.code
    );
    say!("clause      {} {}", s.regulation.number, s.clause.cite);
    say!("            {}", s.clause.summary.vi);
    say!("verdict     {}", s.verdict.status.code());
    say!("since       {}", s.verdict.since);
    say!(
        "as of       {}{}",
        s.as_of,
        match s.known {
            None => "",
            Some(Known::Then) => ", as it was known then",
            Some(Known::Now) => ", by what was known when this was made",
        }
    );
    say!("made        {} by {}", s.made_at, s.made_by);
    say!(
        "journal     entry {}, {}",
        receipt.journal.seq,
        receipt.journal.hash
    );
    say!("key         {}", receipt.key);
    if !verified.trusted {
        say!("            compare it with `gieng receipt key` of the installation, or give --key");
    }
}

/// Prints OSCAL documents.
pub async fn oscal(config: &Config, args: OscalArgs) -> anyhow::Result<ExitCode> {
    let lang = Lang::from_code(&args.language);
    let document = match args.command {
        OscalCommand::Catalog { regulation } => {
            let app = config.open(false).await?;
            let ctx = Ctx::console(app.clock.now_ms());
            proof::oscal::catalog(&app, &ctx, &regulation, lang)?
        }
        OscalCommand::Profile { title } => {
            let (app, _, view) = board(config, None).await?;
            proof::oscal::profile(&app, &view, &title)
        }
        OscalCommand::Results {
            regulation,
            unit,
            day,
        } => {
            let (app, _, view) = board(config, day.as_of()).await?;
            proof::oscal::results(&app, &view, regulation.as_deref(), unit.as_deref(), lang)?
        }
    };
    say!("{}", serde_json::to_string_pretty(&document)?);
    Ok(ExitCode::SUCCESS)
}
