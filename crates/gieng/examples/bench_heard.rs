//! How soon a verdict follows what a command writes beside a running server, on both engines:
//! `bench_heard PROGRAM`.

use std::{
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use testkit::{program::Launch, world::World};

/// So many commands, one after another.
const COMMANDS: usize = 100;

fn main() -> ExitCode {
    let Some(gieng) = std::env::args().nth(1) else {
        eprintln!("bench_heard PROGRAM");
        return ExitCode::FAILURE;
    };
    measure(&gieng, "SQLite", |launch| launch);
    if let Some(url) = testkit::postgres::database() {
        measure(&gieng, "PostgreSQL", |launch| {
            launch.env("GIENG_DATABASE", &url)
        });
    }
    ExitCode::SUCCESS
}

fn measure(gieng: &str, engine: &str, options: impl FnOnce(Launch) -> Launch) {
    let world = World::begin(gieng, |launch| options(launch.flag("--no-probe")));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let each = (0..COMMANDS).map(|n| wait(&world, folder.path(), n));
    let mut waits: Vec<Duration> = each.collect();
    waits.sort_unstable();
    let at = |share: usize| waits[(COMMANDS * share / 100).min(COMMANDS - 1)].as_millis();
    println!(
        "a command beside the server to its verdict, {engine}: p50 {} ms, p99 {} ms (promised 1000), {COMMANDS} commands",
        at(50),
        at(99)
    );
}

/// From the end of the command that writes a unit to the server's verdict about it.
fn wait(world: &World, folder: &Path, n: usize) -> Duration {
    let file = folder.join("unit.csv");
    let unit = format!("code,name,kind,level,membership\nU{n},Sở {n},department,province,member\n");
    std::fs::write(&file, unit).expect("the folder is ours");
    let file = file.display().to_string();
    let done = world.program.run(&["import", "organization", &file]);
    assert!(done.status.success(), "{done:?}");
    let since = Instant::now();
    let path = format!("/api/v1/verdicts?regulation=vinh-long-26-2019&clause=13.3&unit=U{n}");
    loop {
        let found = world.admin.get(&path);
        if found.status == 200 && found.json()["items"][0]["status"].is_string() {
            return since.elapsed();
        }
        thread::sleep(Duration::from_millis(5));
    }
}
