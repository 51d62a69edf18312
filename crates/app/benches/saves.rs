//! How long a person's save takes beside a table of 100,000 rows that is tried and taken in.

use std::time::{Duration, Instant};

use app::{App, AppConfig, Ctx, registry, registry::ImportMode};
use domain::{
    clock::Clock,
    record::{Value, Values},
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ROWS: usize = 100_000;
/// What a person is promised at most.
const MOST: Duration = Duration::from_millis(100);

fn values(given: &[(&str, &str)]) -> Values {
    let values = given.iter();
    values
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}

async fn beside(engine: &str, database: Option<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::open(AppConfig {
        keys: None,
        data: folder.path().to_owned(),
        database,
        policy: None,
        clock: Clock::system(),
        writer: true,
        origin: "gieng.example/bench".into(),
        examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
    })
    .await
    .expect("the program opens");
    let ctx = Ctx::console(app.clock.now_ms());
    let unit = [
        ("code", "A"),
        ("name", "A"),
        ("kind", "department"),
        ("level", "province"),
        ("membership", "member"),
    ];
    registry::save(&app, &ctx, "organization", None, values(&unit))
        .await
        .expect("a unit");
    let mut table = String::from("code,name,organization,role,status\n");
    for i in 0..ROWS {
        table.push_str(&format!("X{i},Thiết bị {i},A,router,active\n"));
    }
    for mode in [ImportMode::DryRun, ImportMode::GoodRows] {
        let (app2, ctx2, table) = (app.clone(), ctx.clone(), table.clone());
        let begun = Instant::now();
        let importing = tokio::spawn(async move {
            registry::import(&app2, &ctx2, "device", table.as_bytes(), mode).await
        });
        let mut waits = Vec::new();
        while !importing.is_finished() {
            let code = format!("S-{mode:?}-{}", waits.len());
            let device = [
                ("code", code.as_str()),
                ("name", "x"),
                ("organization", "A"),
                ("role", "switch"),
                ("status", "active"),
            ];
            let asked = Instant::now();
            registry::save(&app, &ctx, "device", None, values(&device))
                .await
                .expect("a save");
            waits.push(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let report = importing.await.expect("it ends").expect("a table");
        assert_eq!((report.created, report.bad), (ROWS, 0));
        waits.sort_unstable();
        let (n, longest) = (waits.len(), waits.last().copied().unwrap_or_default());
        let usual = waits.get(n / 2).copied().unwrap_or_default();
        println!(
            "{engine}, {mode:?} of {ROWS} rows in {:.1} s: {n} saves beside it, median {usual:.1?}, longest {longest:.1?}{}",
            begun.elapsed().as_secs_f64(),
            if longest > MOST { "  OVER 100 ms" } else { "" }
        );
    }
    app.close().await;
}

#[tokio::main]
async fn main() {
    beside("SQLite", None).await;
    match testkit::postgres::database() {
        Some(url) => beside("PostgreSQL", Some(url)).await,
        None => println!("PostgreSQL is not installed: not measured"),
    }
}
