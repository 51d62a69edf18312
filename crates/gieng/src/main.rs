//! The `gieng` command: configuration, wiring, shutdown.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

mod args;
mod check;
mod config;
mod demo;
mod limits;
mod policy;
mod proof;
mod records;
mod serve;
mod terminal;
mod tls;
mod vault;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use domain::problem::Problem;
use terminal::tell;

/// Gives back what many threads freed: the demo held 87 MB with this one, 114 with glibc's and
/// 158 with mimalloc, of the same 30 MB in use.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Starts anew, in the same process, with one arena of glibc's for all threads, unless the environment
/// says how many. SQLite allocates by glibc, each connection in a thread of its own, and glibc keeps
/// for each thread what it once had: the demo held 158 MB so, and 112 with one.
fn share_arenas() {
    const ARENAS: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(ARENAS).is_some() || std::env::var_os("GLIBC_TUNABLES").is_some() {
        return;
    }
    let Ok(own) = std::env::current_exe() else {
        return;
    };
    let mut anew = std::process::Command::new(own);
    anew.args(std::env::args_os().skip(1)).env(ARENAS, "1");
    // It comes back only where it failed: more memory is no reason not to serve.
    let _ = std::os::unix::process::CommandExt::exec(&mut anew);
}

fn main() -> ExitCode {
    // What is written is its owner's alone: records, logs, keys, exports.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let args = Args::parse();
    // Before any thread begins: each would have to be confined.
    if let Command::Examine(a) = &args.command {
        return examine::child::run(a.ask, a.length);
    }
    if matches!(args.command, Command::Serve(_) | Command::Demo(_)) {
        share_arenas();
    }
    let level = match (&args.command, args.verbose) {
        (Command::Serve(_) | Command::Demo(_), 0) => "info,sqlx=warn,async_snmp=off",
        (_, 0) => "warn,async_snmp=off",
        (_, 1) => "debug,sqlx=info,hyper=info",
        (_, _) => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("GIENG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| terminal::Log)
        .log_internal_errors(false)
        .with_target(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8)))
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(args)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            tell!("gieng: {error:#}");
            let fields = error.downcast_ref::<Problem>().map(|p| p.fields.as_slice());
            for wrong in fields.unwrap_or_default() {
                tell!("  {}: {}", wrong.field, wrong.message.en);
            }
            ExitCode::from(2)
        }
    }
}

async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = config::Config::read(&args)?;
    match args.command {
        Command::Serve(a) => serve::run(&config, a).await,
        Command::Demo(a) => demo::run(&config, a).await,
        Command::Check(a) => check::run(&config, a).await,
        Command::Policy(a) => policy::run(&config, a).await,
        Command::Vault(a) => vault::run(&config, a).await,
        Command::Receipt(a) => proof::receipt(&config, a).await,
        Command::Oscal(a) => proof::oscal(&config, a).await,
        Command::Journal(a) => records::journal(&config, a).await,
        Command::List(a) => records::list(&config, a).await,
        Command::Get(a) => records::get(&config, a).await,
        Command::Import(a) => records::import(&config, a).await,
        Command::Export(a) => records::export(&config, a).await,
        Command::Nouns => records::nouns(&config).await,
        Command::Account(a) => records::account(&config, a).await,
        Command::Setting(a) => records::setting(&config, a).await,
        Command::Examine(_) => unreachable!("it ran before the runtime"),
    }
}
