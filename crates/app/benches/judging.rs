//! Judging a whole province, and one changed fact to its verdict.
//!
//! Targets: by one regulation (89 clauses) 1,000 units judged wholly in under 300 ms, one fact
//! in under 100 ms, from 100 to 3,000 units no worse than linear; by all five (473 clauses)
//! 1,000 units in under 1.5 s on either engine, one new entry of a book in under 100 ms.

use std::{
    cell::LazyCell,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use app::{App, AppConfig, Ctx, assess, registry};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use domain::{
    clock::Clock,
    id::{Id, TargetId},
    noun,
    record::{Record, Value, Values},
    schema::Schema,
};
use store::target::{AvailabilityRow, StateRow};

/// As in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// 2026-11-20 01:00 UTC.
const NOW: i64 = 1_795_136_400_000;
const ENTRIES_A_UNIT: usize = 60;
const DAYS: i64 = 92;
const ONE: [&str; 1] = ["vinh-long-26-2019"];
const ALL: [&str; 5] = [
    "vinh-long-26-2019",
    "hau-giang-48-2024",
    "binh-thuan-1749-2015",
    "ca-mau-31-2019",
    "thua-thien-hue-2711-2017",
];
/// Cà Mau 12.2: an entry of a unit turns its verdict.
const ENTRY_BOOK: &str = "usage-report";

fn record(schema: &Schema, given: &[(&str, Value)]) -> Record {
    let mut values: Values = schema
        .fields
        .iter()
        .map(|f| (f.name.clone(), Value::Null))
        .collect();
    values.extend(given.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    Record {
        id: Id::new(NOW),
        version: 1,
        updated_at: NOW,
        values,
    }
}

async fn insert(app: &App, schema: &Schema, records: &[Record]) {
    let mut tx = app.db.begin().await.expect("the database is there");
    // Books are kept since early last year.
    store::registry::insert(&mut tx, schema, records, "bench", NOW - 600 * 86_400_000)
        .await
        .expect("the records hold together");
    tx.commit().await.expect("the disk has room");
}

/// Units with a site, five devices, two contacts and their books; the first runs the network.
async fn province(
    folder: &Path,
    database: Option<String>,
    units: usize,
    regulations: &[&str],
) -> App {
    let app = App::open(AppConfig {
        keys: None,
        data: folder.to_owned(),
        database,
        policy: None,
        clock: Clock::fixed(domain::clock::from_ms(NOW)),
        writer: true,
        origin: "gieng.example/bench".into(),
        examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
    })
    .await
    .expect("the program opens");
    let schema = |name| noun::get(name).expect("a noun of the registry");
    let organizations: Vec<Record> = (0..units)
        .map(|i| {
            record(
                schema("organization"),
                &[
                    ("code", format!("U{i}").into()),
                    ("name", format!("Đơn vị số {i}").into()),
                    ("kind", "department".into()),
                    (
                        "level",
                        if i % 3 == 0 { "province" } else { "commune" }.into(),
                    ),
                    (
                        "membership",
                        if i % 10 == 9 { "participant" } else { "member" }.into(),
                    ),
                ],
            )
        })
        .collect();
    insert(&app, schema("organization"), &organizations).await;
    let role = record(
        schema("role-assignment"),
        &[
            ("role", "network-authority".into()),
            ("organization", organizations[0].id.into()),
            ("starts_on", "2025-03-01".into()),
        ],
    );
    insert(&app, schema("role-assignment"), &[role]).await;
    let adopted = |regulation: &&str| {
        record(
            schema("adoption"),
            &[
                ("regulation", (*regulation).into()),
                ("starts_on", "2019-11-11".into()),
            ],
        )
    };
    let adoptions: Vec<Record> = regulations.iter().map(adopted).collect();
    insert(&app, schema("adoption"), &adoptions).await;
    let (mut sites, mut devices, mut contacts) = (Vec::new(), Vec::new(), Vec::new());
    for (i, unit) in organizations.iter().enumerate() {
        let own = ("organization", Value::from(unit.id));
        let (x, y) = (i / 250 % 250, i % 250 + 1);
        sites.push(record(
            schema("site"),
            &[
                own.clone(),
                ("code", format!("S{i}").into()),
                ("name", format!("Điểm {i}").into()),
                ("class", "standard".into()),
                ("status", "active".into()),
                ("address", format!("10.{x}.{y}.1").into()),
            ],
        ));
        for (n, role) in ["router", "switch", "server", "firewall", "workstation"]
            .iter()
            .enumerate()
        {
            devices.push(record(
                schema("device"),
                &[
                    own.clone(),
                    ("code", format!("D{i}-{n}").into()),
                    ("name", format!("{role} {i}").into()),
                    ("role", (*role).into()),
                    ("status", "active".into()),
                    ("address", format!("10.{x}.{y}.{}", n + 2).into()),
                    ("in_service_on", "2026-03-01".into()),
                    ("inspected_on", "2026-02-20".into()),
                    (
                        "inspection_result",
                        if i % 7 == n { "failed" } else { "passed" }.into(),
                    ),
                ],
            ));
        }
        for role in ["it-officer", "leader"] {
            contacts.push(record(
                schema("contact"),
                &[
                    own.clone(),
                    ("role", role.into()),
                    ("name", "Nguyễn Văn A".into()),
                    ("starts_on", "2026-01-01".into()),
                ],
            ));
        }
    }
    insert(&app, schema("site"), &sites).await;
    insert(&app, schema("device"), &devices).await;
    insert(&app, schema("contact"), &contacts).await;
    let prefix = record(
        schema("prefix"),
        &[("cidr", "10.0.0.0/8".into()), ("purpose", "x".into())],
    );
    insert(&app, schema("prefix"), &[prefix]).await;
    books(&app, &organizations).await;
    words(&app, &organizations).await;
    measured(&app, &sites, &devices).await;
    app.db.analyze().await.expect("the database counts");
    app
}

async fn books(app: &App, units: &[Record]) {
    let library = app.library();
    // One book stays empty, for the entries that are measured.
    let names: Vec<&String> = (library.registers.keys())
        .filter(|name| *name != ENTRY_BOOK)
        .collect();
    for (b, name) in names.iter().enumerate() {
        let book = app.schema(name).expect("a book of the pack");
        let mut entries = Vec::new();
        for unit in units {
            for n in (b..ENTRIES_A_UNIT).step_by(names.len()) {
                let day = format!("2026-{:02}-{:02}", 1 + n % 10, 1 + n % 28);
                entries.push(record(
                    &book,
                    &[
                        ("organization", unit.id.into()),
                        ("occurred_on", day.into()),
                        ("period", "2026".into()),
                        ("result", "sent".into()),
                        ("subject", format!("mục {n}").into()),
                    ],
                ));
            }
        }
        insert(app, &book, &entries).await;
    }
}

async fn words(app: &App, units: &[Record]) {
    let library = app.library();
    let asked = library
        .controls
        .values()
        .filter(|c| c.attestation.is_some());
    let controls: Vec<&String> = asked.map(|c| &c.id).take(10).collect();
    let asked = |control: &String| {
        let form = library.controls[control].attestation.as_ref();
        form.expect("it asks").question_hash()
    };
    let mut tx = app.db.begin().await.expect("the database is there");
    for unit in units {
        for control in &controls {
            let word = assess::Attestation {
                id: Id::new(NOW).to_string(),
                control: (*control).clone(),
                organization: domain::id::OrganizationId(unit.id),
                holds: true,
                statement: "Đã thực hiện theo hướng dẫn".into(),
                attachment: None,
                made_by: "officer".into(),
                made_at: NOW - 86_400_000,
                valid_until: NOW + 86_400_000,
                question: asked(control),
            };
            store::assessment::attest(&mut tx, &word)
                .await
                .expect("words are kept");
        }
    }
    tx.commit().await.expect("the disk has room");
}

async fn measured(app: &App, sites: &[Record], devices: &[Record]) {
    let mut tx = app.db.begin().await.expect("the database is there");
    let states: Vec<StateRow> = sites
        .iter()
        .enumerate()
        .map(|(i, site)| StateRow {
            target: TargetId(site.id),
            state: if i % 20 == 7 { "down" } else { "up" }.into(),
            since_at: NOW - 7_200_000,
            last_sample_at: Some(NOW - 5_000),
            rtt_us: Some(900),
            counted_at: Some(NOW),
        })
        .collect();
    store::target::save_states(&mut tx, &states, NOW)
        .await
        .expect("states are kept");
    for site in sites {
        let days: Vec<AvailabilityRow> = (0..DAYS)
            .map(|d| {
                let at = domain::clock::from_ms(NOW - d * 86_400_000);
                AvailabilityRow {
                    target: site.id.to_string(),
                    period: domain::clock::local_date(at).to_string(),
                    up_ms: 86_300_000,
                    down_ms: 100_000,
                    samples: 2_880,
                    until_ms: NOW,
                    ..AvailabilityRow::default()
                }
            })
            .collect();
        store::target::add_days(&mut tx, &days)
            .await
            .expect("days are kept");
    }
    let sources: Vec<store::log_source::LogSource> = devices
        .iter()
        .map(|d| store::log_source::LogSource {
            device: d.id,
            first_received_at: NOW - 200 * 86_400_000,
            last_received_at: NOW - 60_000,
            lines: 1_000,
        })
        .collect();
    store::log_source::save(&mut tx, &sources, NOW)
        .await
        .expect("sources are kept");
    tx.commit().await.expect("the disk has room");
}

/// The first unit's IT officer leaves, or comes back; the verdict turns.
async fn one_fact(app: &App, first: Id) -> assess::Evaluated {
    let ctx = Ctx::console(NOW);
    let query = registry::RecordQuery {
        limit: 1,
        filters: vec![
            ("role".into(), "it-officer".into()),
            ("organization".into(), first.to_string()),
        ],
        ..registry::RecordQuery::default()
    };
    let page = registry::list(app, &ctx, "contact", &query)
        .await
        .expect("contacts are listed");
    let mut contact = page.records[0].clone();
    let ended = contact.get("ends_on").is_null();
    let end = if ended {
        "2026-10-01".into()
    } else {
        Value::Null
    };
    contact.values.insert("ends_on".into(), end);
    let at = Some((contact.id, contact.version));
    registry::save(app, &ctx, "contact", at, contact.values)
        .await
        .expect("the contact is saved");
    let done = assess::evaluate(app, false).await.expect("it is judged");
    assert!(done.turned > 0, "the verdict turns: {done:?}");
    done
}

/// A unit sends its yearly report; its verdict turns.
async fn one_entry(app: &App, unit: usize) -> assess::Evaluated {
    let ctx = Ctx::console(NOW);
    let organization = registry::get(app, &ctx, "organization", &format!("U{unit}")).await;
    let given: [(&str, Value); 4] = [
        (
            "organization",
            organization.expect("the unit is there").id.into(),
        ),
        ("occurred_on", "2026-11-20".into()),
        ("period", "2026".into()),
        ("result", "sent".into()),
    ];
    let values = given.map(|(k, v)| (k.to_owned(), v)).into();
    registry::save(app, &ctx, ENTRY_BOOK, None, values)
        .await
        .expect("the entry is saved");
    let done = assess::evaluate(app, false).await.expect("it is judged");
    assert!(done.turned > 0, "the verdict turns: {done:?}");
    done
}

/// The first evaluation, with somebody who saves all the while: how often, and how long at most.
async fn first_time(app: &App) -> (assess::Evaluated, usize, Duration) {
    let judging = tokio::spawn({
        let app = app.clone();
        async move { assess::evaluate(&app, true).await }
    });
    let ctx = Ctx::console(NOW);
    let found = registry::get(app, &ctx, "organization", "U1").await;
    let mut unit = found.expect("the unit is there");
    let (mut saves, mut longest) = (0, Duration::ZERO);
    while !judging.is_finished() {
        let begun = Instant::now();
        let at = Some((unit.id, unit.version));
        let saved = registry::save(app, &ctx, "organization", at, unit.values.clone()).await;
        unit = saved.expect("it is saved").record;
        longest = longest.max(begun.elapsed());
        saves += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let judged = judging.await.expect("it does not fail");
    (judged.expect("it is judged"), saves, longest)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
}

fn every_regulation(c: &mut Criterion) {
    let runtime = runtime();
    for engine in ["sqlite", "postgres"] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let built = LazyCell::new(|| {
            runtime.block_on(async {
                let database = match engine {
                    "sqlite" => None,
                    _ => Some(testkit::postgres::database().expect("PostgreSQL is installed")),
                };
                let app = province(folder.path(), database, 1_000, &ALL).await;
                let (first, saves, longest) = first_time(&app).await;
                println!("{engine}, the first time (every verdict is written): {first:?}");
                println!("{engine}, {saves} saves beside it, the longest {longest:?}");
                app
            })
        });
        let mut group = c.benchmark_group("473 clauses, 1,000 units");
        group.sample_size(10);
        group.bench_function(BenchmarkId::new("full", engine), |b| {
            b.iter(|| black_box(runtime.block_on(assess::evaluate(&built, true)).is_ok()));
        });
        let mut unit = 0;
        group.bench_function(BenchmarkId::new("one entry", engine), |b| {
            b.iter(|| {
                // Every third is of the province, whom Cà Mau does not bind.
                unit += if unit % 3 == 2 { 2 } else { 1 };
                black_box(runtime.block_on(one_entry(&built, unit)))
            });
        });
        group.finish();
    }
}

fn judging(c: &mut Criterion) {
    let runtime = runtime();
    for units in [100, 1_000, 3_000] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        // Made only when a benchmark of this size runs.
        let built = LazyCell::new(|| {
            runtime.block_on(async {
                let app = province(folder.path(), None, units, &ONE).await;
                let ctx = Ctx::console(NOW);
                let unit = registry::get(&app, &ctx, "organization", "U0").await;
                let unit = unit.expect("the first unit is there").id;
                let first = assess::evaluate(&app, true).await.expect("it is judged");
                println!("{units} units, the first time (every verdict is written): {first:?}");
                (app, unit)
            })
        });
        let mut full = c.benchmark_group("full");
        full.sample_size(20)
            .measurement_time(Duration::from_secs(8));
        full.bench_function(BenchmarkId::from_parameter(units), |b| {
            let (app, _) = &*built;
            b.iter(|| {
                black_box(
                    runtime
                        .block_on(assess::evaluate(app, true))
                        .expect("it is judged"),
                )
            });
        });
        full.finish();
        let mut one = c.benchmark_group("one fact");
        one.sample_size(20).measurement_time(Duration::from_secs(5));
        one.bench_function(BenchmarkId::from_parameter(units), |b| {
            let (app, unit) = &*built;
            b.iter(|| black_box(runtime.block_on(one_fact(app, *unit))));
        });
        one.finish();
    }
}

criterion_group!(benches, judging, every_regulation);
criterion_main!(benches);
