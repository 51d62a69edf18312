//! What moves in the demo: real lines from real sockets, and services that fail and recover.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use app::{App, Ctx, registry::RecordQuery};
use domain::clock;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpSocket, UdpSocket},
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    history,
    province::{self, FLAPPING_PORT},
};

/// How long the failing sites answer, and how long they do not.
const FIRST: Duration = Duration::from_secs(150);
/// Long enough that a third loss does not make them come and go.
const GOOD: Duration = Duration::from_secs(400);
const BAD: Duration = Duration::from_secs(90);

/// The demo's other ends.
pub struct Traffic {
    app: App,
    services: Vec<SocketAddr>,
    listeners: Vec<TcpListener>,
    devices: Vec<(String, String, IpAddr)>,
}

impl Traffic {
    /// Opens the services of the sites that will fail, and reads who sends lines.
    pub async fn open(app: &App) -> anyhow::Result<Self> {
        let mut services = vec![SocketAddr::from(([127, 86, 255, 2], FLAPPING_PORT))];
        for (i, _) in province::units()
            .iter()
            .enumerate()
            .filter(|(_, u)| u.flapping)
        {
            services.push(SocketAddr::new(
                province::address(86, i).parse()?,
                FLAPPING_PORT,
            ));
        }
        let ctx = Ctx::console(app.clock.now_ms());
        let query = RecordQuery {
            limit: 5_000,
            ..RecordQuery::default()
        };
        let devices = app::registry::list(app, &ctx, "device", &query)
            .await?
            .records
            .iter()
            .filter_map(|r| {
                Some((
                    r.text("role").into(),
                    r.text("code").into(),
                    r.text("address").parse().ok()?,
                ))
            })
            .collect();
        let listeners = listen(&services).await;
        Ok(Self {
            app: app.clone(),
            services,
            listeners,
            devices,
        })
    }

    /// Runs until `cancel`.
    pub fn run(self, udp: Option<SocketAddr>, tcp: Option<SocketAddr>, cancel: CancellationToken) {
        let Self {
            app,
            services,
            listeners,
            devices,
        } = self;
        tokio::spawn(
            cancel
                .clone()
                .run_until_cancelled_owned(faults(services, listeners)),
        );
        if let Some(to) = udp {
            tokio::spawn(cancel.clone().run_until_cancelled_owned(datagrams(
                app.clone(),
                devices,
                to,
            )));
        }
        if let Some(to) = tcp {
            tokio::spawn(cancel.run_until_cancelled_owned(stream(app, to)));
        }
    }
}

async fn listen(services: &[SocketAddr]) -> Vec<TcpListener> {
    let mut open = Vec::new();
    for address in services {
        match TcpListener::bind(address).await {
            Ok(listener) => open.push(listener),
            Err(error) => {
                tracing::warn!(%address, %error, "a service of the demo cannot be opened");
            }
        }
    }
    open
}

/// The services answer, fail together, and answer again.
async fn faults(services: Vec<SocketAddr>, mut open: Vec<TcpListener>) {
    let mut good = FIRST;
    loop {
        sleep(good).await;
        good = GOOD;
        // A closed port refuses: the service is down, as when its router is off.
        open.clear();
        sleep(BAD).await;
        open = listen(&services).await;
    }
}

/// Each device sends a line now and then, from its own address.
async fn datagrams(app: App, devices: Vec<(String, String, IpAddr)>, to: SocketAddr) {
    let mut sockets = Vec::new();
    for (i, (role, name, from)) in devices.iter().enumerate() {
        // A twentieth of the devices never learned to send.
        if super::dice::chance(5, &[i as u64, 61]) {
            continue;
        }
        if let Ok(socket) = UdpSocket::bind(SocketAddr::new(*from, 0)).await {
            sockets.push((socket, role, name));
        }
    }
    let mut tick = interval(Duration::from_millis(100));
    for n in 0u64.. {
        tick.tick().await;
        let at = usize::try_from(n).unwrap_or(0) % sockets.len().max(1);
        if let Some((socket, role, name)) = sockets.get(at) {
            let line = history::line(role, name, clock::from_ms(app.clock.now_ms()), n);
            // UDP promises nothing; the next line comes soon.
            let _ = socket.send_to(line.as_bytes(), to).await;
        }
    }
}

/// The core switch sends over TCP, and somebody unknown does too.
async fn stream(app: App, to: SocketAddr) {
    let mut tick = interval(Duration::from_secs(5));
    let mut known = None;
    let mut stranger = None;
    for n in 0u64.. {
        tick.tick().await;
        let at = clock::from_ms(app.clock.now_ms());
        for (slot, from, role) in [
            (&mut known, [127, 91, 0, 10], "switch"),
            (&mut stranger, [127, 200, 7, 7], "server"),
        ] {
            if slot.is_none() {
                *slot = connect(SocketAddr::from((from, 0)), to).await.ok();
            }
            if let Some(connection) = slot {
                let line = history::line(role, "demo", at, n) + "\n";
                if connection.write_all(line.as_bytes()).await.is_err() {
                    *slot = None;
                }
            }
        }
    }
}

async fn connect(from: SocketAddr, to: SocketAddr) -> std::io::Result<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(from)?;
    socket.connect(to).await
}
