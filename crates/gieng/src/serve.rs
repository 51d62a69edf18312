//! `gieng serve`: everything, until it is told to stop.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use app::{
    App,
    task::{self, Listen, Running},
};
use domain::net::Prefix;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::terminal::say;
use crate::{
    args::ServeArgs,
    config::Config,
    limits::Shares,
    tls::{Certificate, Secure},
};

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
        rooms: None,
    };
    let address = args.listen.unwrap_or(config.listen);
    let front = Front {
        address,
        https: args.https || config.https,
        certificate: match args.tls_cert.zip(args.tls_key).or(config.tls.clone()) {
            Some((chain, key)) => Some(Arc::new(Certificate::load(&chain, &key)?)),
            None => None,
        },
        proxies: if args.trusted_proxy.is_empty() {
            config.trusted_proxy.clone()
        } else {
            args.trusted_proxy
        },
    };
    let app = match args.beside {
        true => config.open_beside().await?,
        false => config.open(true).await?,
    };
    if args.prepare {
        app.close().await;
        return Ok(ExitCode::SUCCESS);
    }
    let up = start(&app, front, listen).await?;
    say!("Giềng: {}", up.url());
    if let Some(token) = app::account::first_start(&app).await? {
        say!(
            "Thiết lập quản trị viên (dùng một lần, 24 giờ) / make the administrator (once, 24 hours):"
        );
        say!("  {}/start/{token}", up.url());
    }
    up.until_told(&app).await?;
    Ok(ExitCode::SUCCESS)
}

/// The front door.
pub struct Front {
    /// Web and API.
    pub address: SocketAddr,
    /// Whether browsers reach it by HTTPS through a proxy.
    pub https: bool,
    /// HTTPS of one's own.
    pub certificate: Option<Arc<Certificate>>,
    /// The proxies in front that are believed.
    pub proxies: Vec<Prefix>,
}

impl Front {
    /// Plain HTTP, nothing in front.
    pub fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            https: false,
            certificate: None,
            proxies: Vec::new(),
        }
    }
}

/// The program as it runs.
pub struct Up {
    address: SocketAddr,
    certificate: Option<Arc<Certificate>>,
    running: Running,
    web: tokio::task::JoinHandle<()>,
    told: Told,
}

/// What the program is told from outside. Listened to before anything runs: one that is told to
/// stop while it starts stops softly.
struct Told {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Told {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

/// Takes all ports, then starts everything.
pub async fn start(app: &App, front: Front, listen: Listen) -> anyhow::Result<Up> {
    let told = Told::listen()?;
    let shares = Shares::raise()?;
    let listen = Listen {
        rooms: Some(shares.syslog()),
        ..listen
    };
    let Front {
        address,
        certificate,
        ..
    } = front;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another program there? (--listen)")
    })?;
    let address = listener.local_addr()?;
    let running = task::start(app, listen).await?;
    let secure = front.https || certificate.is_some();
    let web = web::Web::new(app.clone(), secure, running.token())
        .behind(front.proxies)
        .with_places(shares.web());
    let web = match &certificate {
        Some(certificate) => {
            tokio::spawn(web::serve(listener, Secure(Arc::clone(certificate)), web))
        }
        None => tokio::spawn(web::serve(listener, web::Plain, web)),
    };
    Ok(Up {
        address,
        certificate,
        running,
        web,
        told,
    })
}

impl Up {
    /// Where browsers go.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
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
        let Told {
            mut terminate,
            mut interrupt,
            mut hang_up,
        } = self.told;
        let mut web = self.web;
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => reload(self.certificate.as_deref()),
                ended = &mut web => {
                    tracing::error!(?ended, "the web server ended");
                    break;
                }
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

fn reload(certificate: Option<&Certificate>) {
    match certificate.map(Certificate::reload) {
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(error)) => {
            tracing::error!("the certificate in use stays: {error:#}");
        }
        None => tracing::info!("there is nothing to read again"),
    }
}
