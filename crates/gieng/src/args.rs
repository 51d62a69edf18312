//! What the command line takes.

use std::{net::SocketAddr, path::PathBuf};

use app::assess::{self, AsOf};
use clap::{Parser, Subcommand, ValueEnum};
use domain::net::Prefix;
use examine::ask::Ask;

/// Giềng: runs a province's wide-area network the way its regulations say, and proves it.
#[derive(Debug, Parser)]
#[command(name = "gieng", version, max_term_width = 100)]
pub struct Args {
    /// The data folder.
    #[arg(long, global = true, env = "GIENG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where the keys lie (vault.key, data.key); the data folder without it.
    #[arg(long, global = true, env = "GIENG_KEYS", value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// `postgres://user:password@host/name`; SQLite in the data folder without it.
    #[arg(
        long,
        global = true,
        env = "GIENG_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// A folder with the province's own packs, in place of the built-in ones.
    #[arg(long, global = true, env = "GIENG_POLICY", value_name = "DIR")]
    pub policy: Option<PathBuf>,
    /// A TOML file with the same names as these options.
    #[arg(long, global = true, env = "GIENG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Say more (twice: everything).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the program: web, probes, syslog, judging.
    Serve(ServeArgs),
    /// Run the demo province.
    Demo(DemoArgs),
    /// Judge and print verdicts. Exit code: 0 nothing amiss, 1 breached, 3 facts missing, 2 it failed.
    Check(CheckArgs),
    /// Work on packs.
    Policy(PolicyArgs),
    /// Verify, search and prove the log vault.
    Vault(VaultArgs),
    /// The change journal.
    Journal(JournalArgs),
    /// Signed receipts of verdicts.
    Receipt(ReceiptArgs),
    /// Regulations and verdicts as OSCAL 1.1, JSON.
    Oscal(OscalArgs),
    /// List the records of a noun.
    List(ListArgs),
    /// Show one record.
    Get(GetArgs),
    /// Import a CSV or XLSX file.
    Import(ImportArgs),
    /// Export records as CSV.
    Export(ExportArgs),
    /// Name all nouns and books.
    Nouns,
    /// Accounts, from the console of the machine.
    Account(AccountArgs),
    /// Show or set settings.
    Setting(SettingArgs),
    /// Read one file from standard input; the program starts itself so for each file.
    #[command(hide = true)]
    Examine(ExamineArgs),
}

/// What the child that reads files is asked.
#[derive(Clone, Debug, clap::Args)]
pub struct ExamineArgs {
    /// What to do with the bytes.
    #[arg(value_parser = ask)]
    pub ask: Ask,
    /// How many bytes follow.
    pub length: u64,
}

fn ask(word: &str) -> Result<Ask, &'static str> {
    word.parse().map_err(|()| "nothing that can be asked")
}

/// Where to listen.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// Web and API. Beyond this machine give a certificate, or put a TLS proxy in front.
    #[arg(long, env = "GIENG_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Syslog over UDP; may be given several times.
    #[arg(long, value_name = "ADDR")]
    pub syslog_udp: Vec<SocketAddr>,
    /// Syslog over TCP; may be given several times.
    #[arg(long, value_name = "ADDR")]
    pub syslog_tcp: Vec<SocketAddr>,
    /// Do not probe.
    #[arg(long)]
    pub no_probe: bool,
    /// Run beside another `gieng serve` on the same PostgreSQL, and take over when it ends: with
    /// the same keys (`--keys`), without a log vault and without syslog.
    #[arg(long, conflicts_with_all = ["syslog_udp", "syslog_tcp", "prepare"])]
    pub beside: bool,
    /// Make the data folder and its keys, then end.
    #[arg(long)]
    pub prepare: bool,
    /// Browsers reach it by HTTPS through a proxy: cookies are sent by HTTPS only.
    #[arg(long)]
    pub https: bool,
    /// HTTPS with this certificate and its chain (PEM); SIGHUP reads it again.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// An address or prefix of a proxy in front, whose X-Forwarded-For says where somebody
    /// comes from; may be given several times.
    #[arg(long, value_name = "ADDR", value_parser = crate::config::proxy)]
    pub trusted_proxy: Vec<Prefix>,
}

/// The demo.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Web and API.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Syslog, UDP and TCP.
    #[arg(long, default_value = "127.0.0.1:5514", value_name = "ADDR")]
    pub syslog: SocketAddr,
    /// Make the province and its ninety days anew.
    #[arg(long)]
    pub fresh: bool,
    /// Make the province and its history, then end.
    #[arg(long)]
    pub prepare: bool,
    /// Days of history.
    #[arg(long, default_value_t = 90)]
    pub days: u16,
    /// No faults that come and go, no senders: for tests.
    #[arg(long)]
    pub still: bool,
}

/// Which verdicts, as what.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// Only this unit (code).
    #[arg(long)]
    pub unit: Option<String>,
    /// Only this regulation (id).
    #[arg(long)]
    pub regulation: Option<String>,
    /// Of which day.
    #[command(flatten)]
    pub day: LookBack,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Only what is not met.
    #[arg(long)]
    pub amiss: bool,
}

/// The day that is looked back at.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct LookBack {
    /// As it stood at the end of that day (YYYY-MM-DD).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<jiff::civil::Date>,
    /// Of that day: as it was known then, or judged anew by what is known now.
    #[arg(long, value_enum, requires = "as_of")]
    pub known: Option<Known>,
}

/// By what a past day is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Known {
    /// As it was known then.
    Then,
    /// By what is known now.
    Now,
}

impl LookBack {
    /// The end of the day, and by what it is told; none for now.
    pub fn as_of(self) -> Option<AsOf> {
        let known = match self.known {
            Some(Known::Now) => assess::Known::Now,
            Some(Known::Then) | None => assess::Known::Then,
        };
        self.as_of.map(|day| AsOf::day(day, known))
    }
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Work on packs.
#[derive(Clone, Debug, clap::Args)]
pub struct PolicyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// Work on packs.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check packs; every mistake with file, line and what to write instead.
    Lint {
        /// The folder; the built-in packs without it.
        folder: Option<PathBuf>,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Run the fixtures of packs: made-up facts, and the verdicts that they must give.
    Test {
        /// The folder; a folder without a role map is laid over the packs in use.
        folder: Option<PathBuf>,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// How the scored clauses were read against their texts.
    Readings {
        /// The folder; the packs in use without it.
        folder: Option<PathBuf>,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// What the scored clauses of each regulation rest on.
    Coverage {
        /// The folder; the packs in use without it.
        folder: Option<PathBuf>,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Two versions of a policy, clause by clause.
    Compare {
        /// The folder before; a folder without a role map is laid over the packs in use.
        old: PathBuf,
        /// The folder after.
        new: PathBuf,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Judge today's facts by a draft and list which verdicts would turn. Writes nothing.
    WhatIf {
        /// The draft; a folder without a role map is laid over the packs in use.
        folder: PathBuf,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// The vault.
#[derive(Clone, Debug, clap::Args)]
pub struct VaultArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: VaultCommand,
}

/// The vault.
#[derive(Clone, Debug, Subcommand)]
pub enum VaultCommand {
    /// Read all of it again and hold it against its key, the change journal, and what left the
    /// house; names the first bad range.
    Verify {
        /// The installation's public key, as `gieng receipt key` printed it there.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// What left the house: a checkpoint, a receipt, a proof, or a mail that was saved; may be
        /// given several times.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// A vault that was set apart, in place of the one in use.
        #[arg(long, value_name = "FOLDER")]
        vault: Option<PathBuf>,
    },
    /// Say what of a damaged vault is lost, and build again what follows from its lines.
    Repair {
        /// A vault that was set apart, in place of the one in use.
        #[arg(long, value_name = "FOLDER")]
        vault: Option<PathBuf>,
        /// Do what was said; without it nothing is changed.
        #[arg(long)]
        yes: bool,
        /// Acknowledge that vaults that were known are lost, and entries of the change journal that
        /// carry no seal: without `--yes` they are named, with it what is known of each goes into
        /// the journal with this reason, and verifications go by the vault in use.
        #[arg(long, value_name = "REASON", conflicts_with = "vault")]
        accept: Option<String>,
    },
    /// Print one line with its inclusion proof.
    Prove {
        /// The line's number.
        index: u64,
        /// JSON in place of the C2SP form.
        #[arg(long)]
        json: bool,
    },
    /// Search lines, the newest first.
    Search {
        /// Words the line contains; case and diacritics do not matter.
        text: Option<String>,
        /// From this moment (RFC 3339 or a date).
        #[arg(long)]
        from: Option<String>,
        /// Before this moment.
        #[arg(long)]
        to: Option<String>,
        /// At least so grave, 0 (emergency) to 7 (debug); `none`: lines that tell no severity.
        #[arg(long, value_parser = ["0", "1", "2", "3", "4", "5", "6", "7", "none"])]
        severity: Option<String>,
        /// Only lines with which this is amiss.
        #[arg(long, value_parser = app::logs::Flags::ALL.map(|(_, name)| name))]
        flag: Option<String>,
        /// Only from this device (code), address or prefix.
        #[arg(long)]
        source: Option<String>,
        /// Only from this address, also when no device has it.
        #[arg(long, value_name = "ADDR", value_parser = crate::config::proxy)]
        peer: Option<Prefix>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// In a vault that was set apart, in place of the one in use.
        #[arg(long, value_name = "FOLDER")]
        vault: Option<PathBuf>,
        /// How to print.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// Receipts.
#[derive(Clone, Debug, clap::Args)]
pub struct ReceiptArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ReceiptCommand,
}

/// Receipts.
#[derive(Clone, Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Print a signed receipt of one verdict.
    Make {
        /// The regulation's id.
        regulation: String,
        /// The clause: 16.8.
        clause: String,
        /// The unit's code.
        unit: String,
        /// Of which day.
        #[command(flatten)]
        day: LookBack,
    },
    /// Verify a receipt. Needs no database. Exit code 1 when it does not hold.
    Verify {
        /// The receipt.
        file: PathBuf,
        /// The installation's public key, as `gieng receipt key` prints it there. Without it the
        /// key in the receipt is taken, and shown so that you can compare it.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// Print this installation's public key.
    Key,
}

/// OSCAL.
#[derive(Clone, Debug, clap::Args)]
pub struct OscalArgs {
    /// Vietnamese or English.
    #[arg(long, global = true, default_value = "vi", value_parser = ["vi", "en"])]
    pub language: String,
    /// Which document.
    #[command(subcommand)]
    pub command: OscalCommand,
}

/// OSCAL.
#[derive(Clone, Debug, Subcommand)]
pub enum OscalCommand {
    /// A regulation as a catalog.
    Catalog {
        /// The regulation's id.
        regulation: String,
    },
    /// What the province adopted, as a profile over the catalogs.
    Profile {
        /// The document's title.
        #[arg(long, default_value = "Giềng")]
        title: String,
    },
    /// The verdicts as assessment results.
    Results {
        /// Only this regulation (id).
        #[arg(long)]
        regulation: Option<String>,
        /// Only this unit (code).
        #[arg(long)]
        unit: Option<String>,
        /// Of which day.
        #[command(flatten)]
        day: LookBack,
    },
}

/// The change journal.
#[derive(Clone, Debug, clap::Args)]
pub struct JournalArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: JournalCommand,
}

/// The change journal.
#[derive(Clone, Debug, Subcommand)]
pub enum JournalCommand {
    /// Recompute the chain with its seals, hold it against the log vault and what left the house,
    /// and all records against it; names entry, record and field that do not fit.
    Verify {
        /// The installation's public key, as `gieng receipt key` printed it there.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// What left the house: a checkpoint, a receipt, or a mail that was saved; may be given
        /// several times.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
    },
    /// Print the latest entries.
    Show {
        /// Only this noun.
        #[arg(long)]
        noun: Option<String>,
        /// Only what is of this organization (code) or below it.
        #[arg(long, value_name = "CODE")]
        organization: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
}

/// List records.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    /// The noun, e.g. `organization`, `site`, `technical-journal`.
    pub noun: String,
    /// Words to find.
    #[arg(long)]
    pub search: Option<String>,
    /// `field=value`; may be given several times.
    #[arg(long = "where", value_name = "FIELD=VALUE")]
    pub filters: Vec<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    pub limit: i64,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// One record.
#[derive(Clone, Debug, clap::Args)]
pub struct GetArgs {
    /// The noun.
    pub noun: String,
    /// Its id or code.
    pub key: String,
}

/// Import.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// The noun.
    pub noun: String,
    /// A CSV or XLSX file.
    pub file: PathBuf,
    /// Say what would happen; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Write the good rows even when some are bad.
    #[arg(long)]
    pub good_rows: bool,
    /// The sheet, where the workbook has several.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Take in the rows that the sheet hides, too.
    #[arg(long)]
    pub hidden_rows: bool,
    /// What a header is taken for; once for each. `HEADER:` is not used.
    #[arg(long = "column", value_name = "HEADER:FIELD")]
    pub columns: Vec<String>,
    /// Where to write the bad rows.
    #[arg(long, value_name = "FILE")]
    pub bad_rows: Option<PathBuf>,
}

/// Export.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportArgs {
    /// The noun.
    pub noun: String,
    /// Where to; standard output without it.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Accounts.
#[derive(Clone, Debug, clap::Args)]
pub struct AccountArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AccountCommand,
}

/// Accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum AccountCommand {
    /// List accounts.
    List,
    /// Print a one-time link path with which the owner chooses a password.
    Link {
        /// Sign-in name.
        login: String,
    },
    /// Take the second factor away (a lost phone).
    ResetTotp {
        /// Sign-in name.
        login: String,
    },
}

/// Settings.
#[derive(Clone, Debug, clap::Args)]
pub struct SettingArgs {
    /// The key; all settings without it.
    pub key: Option<String>,
    /// The new value.
    pub value: Option<String>,
    /// Of the province with this code, which chooses for itself.
    #[arg(long, value_name = "CODE")]
    pub province: Option<String>,
    /// The province takes its own choice back and shares what all have.
    #[arg(long, requires_all = ["key", "province"], conflicts_with = "value")]
    pub unset: bool,
}
