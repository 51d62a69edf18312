//! The demo province: today's Vĩnh Long with ninety days behind it.
//!
//! Everything is made by the program's own use cases: CSV imports, samples through the
//! watch, lines through the vault, books through the registry, verdicts by the engine.

mod desk;
mod dice;
mod history;
mod province;
mod traffic;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use app::{App, AppConfig, Ctx, account, task::Listen};
use domain::clock::Clock;

use crate::terminal::{say, tell};
use crate::{args::DemoArgs, config::Config, serve};

/// Sign-in names of the demo, with what they show.
const PEOPLE: [(&str, &str); 4] = [
    ("quantri", "quản trị viên / administrator"),
    ("vanhanh", "cán bộ trung tâm mạng / network centre"),
    (
        "canbo",
        "cán bộ CNTT của một phường / IT officer of one ward",
    ),
    ("lanhdao", "lãnh đạo, chỉ xem / leader, reads only"),
];

/// Written when the province and its history are complete.
const PREPARED: &str = "prepared";
/// Written before anything else: what an interrupted preparation left is ours to remove.
const PREPARING: &str = "preparing";

/// Prepares the province when it is not there, then runs it.
pub async fn run(config: &Config, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let data = config
        .data
        .clone()
        .unwrap_or_else(|| PathBuf::from("demo-data"));
    if args.fresh {
        clear(&data)?;
    }
    if !data.join(PREPARED).exists() {
        clear(&data)?;
        prepare(config, &data, args.days).await?;
    }
    if args.prepare {
        return Ok(ExitCode::SUCCESS);
    }
    let app = open(config, &data, Clock::system()).await?;
    let listen = Listen {
        syslog_udp: vec![args.syslog],
        syslog_tcp: vec![args.syslog],
        probe: true,
        rooms: None,
    };
    // The services of the sites that will fail answer before the first probe goes out.
    let traffic = if args.still {
        None
    } else {
        Some(traffic::Traffic::open(&app).await?)
    };
    let up = serve::start(&app, serve::Front::plain(args.listen), listen).await?;
    if let Some(traffic) = traffic {
        let (udp, tcp) = up.syslog().clone();
        traffic.run(udp.first().copied(), tcp.first().copied(), up.token());
    }
    say!("\n  Giềng – tỉnh mẫu Vĩnh Long / the demo province\n");
    say!("    {}\n", up.url());
    for (login, who) in PEOPLE {
        let ctx = Ctx::console(app.clock.now_ms());
        let password = account::set_random_password(&app, &ctx, login).await?;
        say!("    {login:<10} {password:<18} {who}");
    }
    say!(
        "\n  Mật khẩu mới ở mỗi lần khởi động; Ctrl-C để dừng. / New passwords at each start; Ctrl-C stops.\n"
    );
    up.until_told(&app).await?;
    Ok(ExitCode::SUCCESS)
}

async fn open(config: &Config, data: &Path, clock: Clock) -> anyhow::Result<App> {
    let config = AppConfig {
        keys: config.keys.clone(),
        data: data.to_owned(),
        database: config.database.clone(),
        policy: config.policy.clone(),
        clock,
        writer: true,
        origin: "demo.gieng.local/vault".into(),
        examiner: crate::config::examiner(),
    };
    Ok(App::open(config).await?)
}

/// Removes an earlier demo, finished or not, and only that: a folder that holds something
/// else is refused.
fn clear(data: &Path) -> anyhow::Result<()> {
    let Ok(mut entries) = std::fs::read_dir(data) else {
        return Ok(());
    };
    let ours = [PREPARED, PREPARING]
        .iter()
        .any(|mark| data.join(mark).exists());
    if let (false, Some(entry)) = (ours, entries.next()) {
        anyhow::bail!(
            "{} holds {}, and no demo was begun there; choose another folder with --data",
            data.display(),
            entry?.file_name().display()
        );
    }
    std::fs::remove_dir_all(data).with_context(|| format!("cannot clear {}", data.display()))
}

async fn prepare(config: &Config, data: &Path, days: u16) -> anyhow::Result<()> {
    tell!(
        "Giềng: dựng tỉnh mẫu và {days} ngày dữ liệu (một lần) / making the province and {days} days of history (once)"
    );
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    std::fs::write(data.join(PREPARING), b"")?;
    app::private::mend(data)?;
    let clock = history::clock(days);
    let app = open(config, data, clock.clone()).await?;
    province::make(&app).await?;
    history::make(&app, &clock, days).await?;
    desk::make(&app).await?;
    app.close().await;
    std::fs::rename(data.join(PREPARING), data.join(PREPARED))?;
    Ok(())
}
