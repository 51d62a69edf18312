//! Pages under 50 readers at once, at 1,000 units and 2,000 devices: median, p95, worst.
//!
//! Two loads: each reader opens a page a second (people), and each opens the next page as
//! soon as it has the last (as many as the machine gives). Server and readers share the
//! machine's cores.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    time::{Duration, Instant},
};

use app::{App, AppConfig, Ctx, account, assess, registry, registry::ImportMode};
use domain::clock::Clock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

/// As in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const UNITS: usize = 1_000;
const READERS: usize = 50;
const SECONDS: u64 = 8;

/// Path, and the promised p95 in milliseconds.
const PAGES: [(&str, u128); 11] = [
    ("/", 50),
    ("/units", 50),
    ("/units/U0500", 50),
    ("/compliance", 50),
    ("/compliance/vinh-long-26-2019", 50),
    ("/compliance/vinh-long-26-2019/heatmap", 150),
    ("/compliance/vinh-long-26-2019/13.6/U0500", 50),
    ("/network", 50),
    ("/registry/device", 50),
    ("/journal", 50),
    ("/search?q=don+vi+500", 50),
];

/// The same when all five regulations hold for everybody: 473 clauses.
const OF_FIVE: [(&str, u128); 5] = [
    ("/compliance", 80),
    ("/compliance/hau-giang-48-2024", 80),
    ("/compliance/hau-giang-48-2024/heatmap", 150),
    ("/compliance/vinh-long-26-2019/13.6/U0500", 80),
    ("/compliance/controls/device-inspected", 80),
];

async fn load(app: &App, noun: &str, csv: &str) {
    let ctx = Ctx::console(app.clock.now_ms());
    let report = registry::import(app, &ctx, noun, csv.as_bytes(), ImportMode::AllOrNothing).await;
    assert_eq!(report.expect("imports").bad, 0, "{noun}");
}

async fn province(app: &App) {
    let mut organizations = String::from("code,name,kind,level,membership,latitude,longitude\n");
    let mut sites = String::from("code,name,organization,class,address,latitude,longitude\n");
    let mut devices = String::from("code,name,organization,role,address\n");
    for i in 0..UNITS {
        let (lat, lon) = (9.6 + (i % 40) as f64 / 50.0, 105.7 + (i / 40) as f64 / 40.0);
        let _ = writeln!(
            organizations,
            "U{i:04},Đơn vị {i},department,province,member,{lat},{lon}"
        );
        let class = if i == 0 { "hub" } else { "standard" };
        let _ = writeln!(
            sites,
            "S{i:04},Điểm {i},U{i:04},{class},127.86.{}.{},{lat},{lon}",
            i / 200,
            i % 200 + 1
        );
        let _ = writeln!(
            devices,
            "R{i:04},Router {i},U{i:04},router,127.88.{}.{}",
            i / 200,
            i % 200 + 1
        );
        let _ = writeln!(
            devices,
            "F{i:04},Firewall {i},U{i:04},firewall,127.89.{}.{}",
            i / 200,
            i % 200 + 1
        );
    }
    load(
        app,
        "adoption",
        "regulation,starts_on\nvinh-long-26-2019,2019-11-11\n",
    )
    .await;
    load(app, "organization", &organizations).await;
    load(app, "site", &sites).await;
    load(app, "device", &devices).await;
    load(
        app,
        "role-assignment",
        "role,organization,starts_on\nnetwork-authority,U0000,2025-01-01\n",
    )
    .await;
    assess::evaluate(app, true).await.expect("evaluates");
}

/// One GET on a kept connection; the status and the bytes of the body.
async fn get(stream: &mut TcpStream, path: &str, cookie: &str) -> (u16, usize) {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: gieng_session={cookie}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sends");
    let mut buffer = Vec::with_capacity(64 << 10);
    let (head, length) = loop {
        let n = stream.read_buf(&mut buffer).await.expect("reads");
        assert!(n > 0, "the server hung up on {path}");
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|l| {
                    l.strip_prefix("content-length: ")?
                        .trim()
                        .parse::<usize>()
                        .ok()
                })
                .unwrap_or_else(|| panic!("{path} has no length: {head}"));
            break (end + 4, length);
        }
    };
    let status = std::str::from_utf8(&buffer[9..12])
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    while buffer.len() < head + length {
        assert!(
            stream.read_buf(&mut buffer).await.expect("reads") > 0,
            "cut off"
        );
    }
    (status, length)
}

async fn measure(
    address: SocketAddr,
    cookie: &str,
    path: &'static str,
    pause: Option<Duration>,
) -> Vec<Duration> {
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let mut readers = Vec::new();
    for reader in 0..READERS {
        let cookie = cookie.to_owned();
        readers.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("connects");
            let mut times = Vec::new();
            if let Some(pause) = pause {
                tokio::time::sleep(pause * u32::try_from(reader).unwrap_or(0) / READERS as u32)
                    .await;
            }
            while Instant::now() < end {
                let started = Instant::now();
                let (status, _) = get(&mut stream, path, &cookie).await;
                assert_eq!(status, 200, "{path}");
                times.push(started.elapsed());
                if let Some(pause) = pause {
                    tokio::time::sleep(pause).await;
                }
            }
            times
        }));
    }
    let mut all = Vec::new();
    for reader in readers {
        all.extend(reader.await.expect("reads on"));
    }
    all.sort_unstable();
    all
}

async fn rows(address: SocketAddr, cookie: &str, pages: &[(&'static str, u128)]) {
    for &(path, promised) in pages {
        let people = measure(address, cookie, path, Some(Duration::from_secs(1))).await;
        let flood = measure(address, cookie, path, None).await;
        let at = |times: &[Duration], share: usize| {
            times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1000.0
        };
        println!(
            "{path:<44} {:>10.1} {:>11.1} {:>10.1} {:>10.1} {:>8} {promised:>9}",
            at(&people, 50),
            at(&people, 95),
            at(&flood, 50),
            at(&flood, 95),
            flood.len() as u64 / SECONDS
        );
    }
}

#[tokio::main]
async fn main() {
    let data = std::env::temp_dir().join(format!("gieng-bench-pages-{}", std::process::id()));
    let config = AppConfig {
        keys: None,
        data: data.clone(),
        database: None,
        policy: None,
        clock: Clock::system(),
        writer: true,
        origin: "bench.local/vault".into(),
        examiner: env!("CARGO_BIN_EXE_web-examiner").into(),
    };
    let app = App::open(config).await.expect("opens");
    let ctx = Ctx::console(app.clock.now_ms());
    let token = account::first_start(&app)
        .await
        .expect("a link")
        .expect("first start");
    app::setting::set(&app, &ctx, "mfa.required_roles", "")
        .await
        .expect("sets");
    let chosen = account::Chosen {
        login: "bench",
        name: "Bench",
        password: "seven quiet herons under glass",
    };
    let browser = account::Browser::new("bench");
    let signed = account::redeem(&app, &ctx, &token, &chosen, &browser).await;
    let cookie = signed.expect("signs in").token;
    province(&app).await;

    let stop = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(web::serve(
        listener,
        web::Plain,
        web::Web::new(app.clone(), false, stop.clone()),
    ));

    println!(
        "{UNITS} units, {} devices, {READERS} readers, {SECONDS} s a row, SQLite",
        2 * UNITS
    );
    println!(
        "{:<44} {:>22} {:>30} {:>9}",
        "", "a page a second each", "as fast as they come", "promised"
    );
    println!(
        "{:<44} {:>10} {:>11} {:>10} {:>10} {:>8} {:>9}",
        "page", "p50 ms", "p95 ms", "p50 ms", "p95 ms", "/s", "p95 ms"
    );
    rows(address, &cookie, &PAGES).await;
    println!("all five regulations, 473 clauses");
    load(
        &app,
        "adoption",
        "regulation,starts_on\nhau-giang-48-2024,2024-12-03\nbinh-thuan-1749-2015,2015-06-10\n\
         ca-mau-31-2019,2019-08-30\nthua-thien-hue-2711-2017,2017-11-17\n",
    )
    .await;
    assess::evaluate(&app, true).await.expect("evaluates");
    rows(address, &cookie, &OF_FIVE).await;
    stop.cancel();
    let _ = server.await;
    app.close().await;
    let _ = std::fs::remove_dir_all(data);
}
