//! A PostgreSQL of the test's own, reached over a socket in a temporary folder.
//!
//! One cluster serves all tests of a process, each with a new, empty database. It ends
//! with the process however that ends: a shell holds the other end of a pipe, and stops
//! the server and removes its folder when the pipe breaks.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Where Debian and others put the server's programs.
const FOLDERS: [&str; 4] = [
    "/usr/lib/postgresql/15/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/17/bin",
    "/usr/local/pgsql/bin",
];

struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    /// Keeps the pipe open; see the module.
    _keeper: Child,
}

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(start);
static NEXT: AtomicU32 = AtomicU32::new(1);

/// The URL of a new, empty database, or none where PostgreSQL is not installed.
///
/// # Panics
/// When PostgreSQL is there and does not start, and when it is missing under `CI=true`:
/// there a test that does not run must not pass.
pub fn database() -> Option<String> {
    let cluster = CLUSTER.as_ref()?;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(cluster.bin.join("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
        .arg(&cluster.folder)
        .args(["-c", &format!("CREATE DATABASE {name}"), "postgres"])
        .output()
        .expect("psql stands beside the server");
    assert!(
        made.status.success(),
        "a database cannot be made: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let folder = cluster.folder.display();
    Some(format!(
        "postgres://postgres@localhost/{name}?host={folder}"
    ))
}

fn start() -> Option<Cluster> {
    let Some(bin) = FOLDERS
        .iter()
        .map(Path::new)
        .find(|f| f.join("initdb").exists())
    else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "PostgreSQL 15 is not installed: apt-get install postgresql"
        );
        eprintln!(
            "SKIPPED: PostgreSQL is not installed (apt-get install postgresql); its tests did not run"
        );
        return None;
    };
    let folder = tempfile::Builder::new()
        .prefix("gieng-postgres-")
        .tempdir()
        .expect("a temporary folder can be made")
        .keep();
    let mut shell = as_ordinary_user(&folder);
    // The server gets no terminal signal of its own (setsid), so that the shell alone ends it.
    let script = r#"
        set -e
        cd "$2"
        "$1/initdb" -D data -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >initdb.log 2>&1
        setsid "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 \
            >server.log 2>&1 </dev/null &
        server=$!
        trap '' INT TERM
        for i in $(seq 300); do
            "$1/pg_isready" -q -h "$2" -U postgres && break
            sleep 0.1
        done
        "$1/pg_isready" -h "$2" -U postgres
        set +e
        cat >/dev/null
        # At once and without a last checkpoint: the data goes too.
        kill -QUIT $server
        wait $server
        rm -rf "$2"
    "#;
    let mut keeper = shell
        .args(["sh", "-c", script, "sh"])
        .arg(bin)
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let mut line = String::new();
    let out = keeper.stdout.take().expect("the pipe was asked for");
    BufReader::new(out)
        .read_line(&mut line)
        .expect("the shell's word is text");
    let log = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(
        line.contains("accepting connections"),
        "PostgreSQL does not start: {line}{}{}",
        log("initdb.log"),
        log("server.log")
    );
    Some(Cluster {
        bin: bin.to_owned(),
        folder,
        _keeper: keeper,
    })
}

/// PostgreSQL refuses to run as root: then it runs as the user that Debian made for it,
/// or as nobody, who gets the folder.
fn as_ordinary_user(folder: &Path) -> Command {
    let output = |program: &str, args: &[&str]| {
        let out = Command::new(program).args(args).output();
        out.map_or_else(
            |_| String::new(),
            |o| String::from_utf8_lossy(&o.stdout).trim().to_owned(),
        )
    };
    if output("id", &["-u"]) != "0" {
        return Command::new("env");
    }
    let user = if output("id", &["-u", "postgres"]).is_empty() {
        "nobody"
    } else {
        "postgres"
    };
    let given = Command::new("chown").arg(user).arg(folder).status();
    assert!(
        given.is_ok_and(|s| s.success()),
        "the folder cannot be given to {user}"
    );
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]);
    command
}
