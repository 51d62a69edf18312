//! PostgreSQL dies and comes back under a running program.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use testkit::{program::eventually, world::World};

use crate::GIENG;

/// A cluster of the test's own, on a socket in its folder.
struct Cluster {
    bin: PathBuf,
    folder: tempfile::TempDir,
}

impl Cluster {
    /// None where PostgreSQL is not installed.
    fn make() -> Option<Self> {
        let found = [15, 16, 17].map(|v| PathBuf::from(format!("/usr/lib/postgresql/{v}/bin")));
        let Some(bin) = found.into_iter().find(|b| b.join("initdb").exists()) else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "PostgreSQL is not installed: apt-get install postgresql"
            );
            eprintln!("SKIPPED: PostgreSQL is not installed (apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("gieng-killed-")
            .tempdir()
            .expect("a temporary folder can be made");
        if is_root() {
            let given = Command::new("chown")
                .arg("postgres")
                .arg(folder.path())
                .status();
            assert!(given.is_ok_and(|s| s.success()), "Debian makes that user");
        }
        let cluster = Self { bin, folder };
        let made = cluster.run(
            "initdb",
            &[
                "-D",
                "data",
                "-U",
                "postgres",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
        );
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        cluster.start();
        Some(cluster)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, program: &str, args: &[&str]) -> Output {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut runuser = Command::new("runuser");
            runuser.args(["-u", "postgres", "--"]).arg(program);
            runuser
        } else {
            Command::new(program)
        };
        command
            .args(args)
            .current_dir(self.path())
            .output()
            .expect("it can be run")
    }

    fn start(&self) {
        let options = format!("-k {} -c listen_addresses=", self.path().display());
        let args = ["-D", "data", "-l", "log", "-w", "-o", &options, "start"];
        let started = self.run("pg_ctl", &args);
        assert!(
            started.status.success(),
            "{}",
            std::fs::read_to_string(self.path().join("log")).unwrap_or_default()
        );
    }

    /// Without a word to its clients, as when the machine dies.
    fn kill(&self) {
        let args = ["-D", "data", "-m", "immediate", "-w", "stop"];
        assert!(self.run("pg_ctl", &args).status.success());
    }

    fn url(&self) -> String {
        let folder = self.path().display();
        format!("postgres://postgres@localhost/postgres?host={folder}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-D", "data", "-m", "immediate", "stop"]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}

#[test]
fn a_database_that_dies_is_said_and_survived() {
    let Some(cluster) = Cluster::make() else {
        return;
    };
    let world = World::begin(GIENG, |launch| {
        launch.arg("--database", &cluster.url()).flag("--no-probe")
    });
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    eventually("the unit on the board", || {
        (world.admin.get("/units/U").status == 200).then_some(())
    });

    cluster.kill();
    let page = world.admin.get("/registry/organization");
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(
        page.kind.starts_with("text/html"),
        "a page for people: {}",
        page.kind
    );
    let problem = world.admin.get("/api/v1/organization");
    assert_eq!(problem.status, 503);
    assert_eq!(problem.kind, "application/problem+json");
    assert_eq!(world.program.client().get("/healthz").status, 503);

    cluster.start();
    eventually("the program on its database again", || {
        let page = world.admin.get("/units/U");
        (page.status == 200).then_some(())
    });
    assert_eq!(world.program.client().get("/healthz").status, 200);
    let made = world.admin.json(
        "/api/v1/organization",
        &serde_json::json!({ "code": "V", "name": "Sở V", "kind": "department", "level": "province", "membership": "member" }),
    );
    assert_eq!(made.status, 201, "{}", made.body);
}
