//! `gieng serve`: everything, until it is told to stop.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Context as _;
use app::{
    App,
    task::{self, Listen, Running},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{args::ServeArgs, config::Config};

/// How long background work has to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the program.
pub async fn run(config: &Config, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let or = |given: Vec<SocketAddr>, config: &[SocketAddr]| {
        if given.is_empty() {
            config.to_vec()
        } else {
            given
        }
    };
    let listen = Listen {
        syslog_udp: or(args.syslog_udp, &config.syslog_udp),
        syslog_tcp: or(args.syslog_tcp, &config.syslog_tcp),
        probe: !args.no_probe,
    };
    let address = args.listen.unwrap_or(config.listen);
    let app = config.open(true).await?;
    let up = start(&app, address, listen, args.https || config.https).await?;
    println!("Giềng: {}", up.url());
    if let Some(token) = app::account::first_start(&app).await? {
        println!(
            "Thiết lập quản trị viên (dùng một lần, 24 giờ) / make the administrator (once, 24 hours):"
        );
        println!("  {}/start/{token}", up.url());
    }
    up.until_told(&app).await?;
    Ok(ExitCode::SUCCESS)
}

/// The program as it runs.
pub struct Up {
    address: SocketAddr,
    running: Running,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// Takes all ports, then starts everything.
pub async fn start(
    app: &App,
    address: SocketAddr,
    listen: Listen,
    https: bool,
) -> anyhow::Result<Up> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another program there? (--listen)")
    })?;
    let address = listener.local_addr()?;
    let running = task::start(app, listen).await?;
    let web = web::Web::new(app.clone(), https, running.token());
    let web = tokio::spawn(web::serve(listener, web));
    Ok(Up {
        address,
        running,
        web,
    })
}

impl Up {
    /// Where browsers go.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where syslog is listened to.
    pub fn syslog(&self) -> &(Vec<SocketAddr>, Vec<SocketAddr>) {
        &self.running.syslog
    }

    /// Ends with the program.
    pub fn token(&self) -> tokio_util::sync::CancellationToken {
        self.running.token()
    }

    /// Waits for SIGINT or SIGTERM, then stops softly; a second signal stops at once.
    pub async fn until_told(self, app: &App) -> anyhow::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut web = self.web;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            ended = &mut web => {
                tracing::error!(?ended, "the web server ended");
            }
        }
        tracing::info!("stopping");
        let stopping = async {
            self.running.stop(PATIENCE).await;
            let _ = tokio::time::timeout(Duration::from_secs(5), web).await;
            app.close().await;
        };
        tokio::select! {
            () = stopping => {}
            _ = terminate.recv() => tracing::warn!("stopped at once"),
            _ = interrupt.recv() => tracing::warn!("stopped at once"),
        }
        Ok(())
    }
}
