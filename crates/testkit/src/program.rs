//! The built program as a process of its own: started on free ports, asked, stopped, killed.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read},
    net::{SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::client::Client;
pub use crate::installed;

/// How long a start, an end or an event may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Asks until there is an answer.
///
/// # Panics
/// When there is none in good time; `what` says what was awaited.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "waited {} s in vain: {what}",
            PATIENCE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A port of `ip` that neither UDP nor TCP uses.
///
/// # Panics
/// When the address is not of this machine.
pub fn free_port(ip: [u8; 4]) -> SocketAddr {
    eventually("a port that is free for UDP and TCP", || {
        let tcp = TcpListener::bind(SocketAddr::from((ip, 0))).expect("the address is ours");
        let address = tcp.local_addr().expect("it is bound");
        UdpSocket::bind(address).ok().map(|_| address)
    })
}

#[derive(Default)]
struct Said {
    text: Mutex<String>,
    more: Condvar,
}

fn listen(stream: impl Read + Send + 'static, said: &Arc<Said>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let mut text = said.text.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&String::from_utf8_lossy(&line));
            text.push('\n');
            said.more.notify_all();
        }
    })
}

/// How to start the program.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    data: PathBuf,
    args: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// `program serve` on free ports; further options through [`Launch::arg`].
    pub fn serve(program: impl Into<PathBuf>, data: &Path) -> Self {
        Self::command(program, data, "serve")
    }

    /// `program demo`, which must be prepared.
    pub fn demo(program: impl Into<PathBuf>, data: &Path) -> Self {
        Self::command(program, data, "demo")
    }

    fn command(program: impl Into<PathBuf>, data: &Path, command: &str) -> Self {
        Self {
            program: program.into(),
            data: data.to_owned(),
            args: [command, "--listen", "127.0.0.1:0"]
                .map(ToOwned::to_owned)
                .into(),
            environment: Vec::new(),
        }
    }

    /// One variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// One option with its value.
    #[must_use]
    pub fn arg(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.args.extend([name.to_owned(), value.to_string()]);
        self
    }

    /// One option without a value.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.args.push(name.to_owned());
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// When it ends or does not answer in good time; with what it said.
    pub fn start(&self) -> Program {
        let mut program = self.start_unseen();
        let said = program.says("http://");
        said[said.find("http://").unwrap_or(0)..]
            .trim()
            .clone_into(&mut program.url);
        let client = program.client();
        eventually("an answer of /healthz", || {
            client.try_get("/healthz").filter(|a| a.status == 200)
        });
        program
    }

    /// Starts it and waits for nothing: where it does not speak plain HTTP.
    ///
    /// # Panics
    /// When it cannot be run at all.
    pub fn start_unseen(&self) -> Program {
        let mut child = command(&self.program, &self.data, &self.args)
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", self.program.display()));
        let (out, err) = (Arc::default(), Arc::default());
        let readers = vec![
            listen(child.stdout.take().expect("it is piped"), &out),
            listen(child.stderr.take().expect("it is piped"), &err),
        ];
        Program {
            child,
            launch: self.clone(),
            url: String::new(),
            out,
            err,
            readers,
        }
    }
}

/// The program as it runs; dropped, it is killed.
pub struct Program {
    child: Child,
    launch: Launch,
    url: String,
    out: Arc<Said>,
    err: Arc<Said>,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    /// `http://address:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A new client, signed in as nobody.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The first line on standard output that contains `part`; waits for it.
    ///
    /// # Panics
    /// When the program ends first, or does not say it in good time.
    pub fn says(&mut self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.try_wait().ok().flatten();
            let text = self.out.text.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(line) = text.lines().find(|l| l.contains(part)) {
                return line.to_owned();
            }
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "the program never said `{part}` ({ended:?}):\n{text}\n{}",
                self.err.text.lock().unwrap_or_else(PoisonError::into_inner)
            );
            drop(self.out.more.wait_timeout(text, Duration::from_millis(200)));
        }
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        let text = self.err.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }

    /// The path of the one-time link that an empty program prints.
    pub fn first_link(&mut self) -> String {
        let line = self.says("/start/");
        line[line.find("/start/").unwrap_or(0)..].trim().to_owned()
    }

    /// Runs another command of the same program on the same data, with the running one beside it.
    ///
    /// # Panics
    /// When it cannot be run.
    pub fn run(&self, args: &[&str]) -> Output {
        output(
            command(&self.launch.program, &self.launch.data, args)
                .envs(self.launch.environment.iter().map(|(k, v)| (k, v))),
        )
    }

    /// Resident memory, bytes (Linux).
    ///
    /// # Panics
    /// Where there is no `/proc`.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("the process is there");
        let kilobytes = status
            .lines()
            .find_map(|l| l.strip_prefix("VmRSS:"))
            .and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.expect("Linux says how much a process uses") * 1024
    }

    /// Asks it to stop and waits for its end.
    ///
    /// # Panics
    /// When it ends badly, or not in good time.
    pub fn stop(mut self) {
        let told = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status();
        assert!(told.is_ok_and(|s| s.success()), "it is still there to tell");
        let status = eventually("the end of the program", || {
            self.child.try_wait().expect("it is our child")
        });
        assert!(status.success(), "it ended with {status}:\n{}", self.log());
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("what the program said:\n{}", self.log());
        }
    }
}

/// Runs one command of the program on the data folder.
///
/// # Panics
/// When it cannot be run.
pub fn run(program: impl AsRef<Path>, data: &Path, args: &[&str]) -> Output {
    output(&mut command(program.as_ref(), data, args))
}

fn command(program: &Path, data: &Path, args: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--data")
        .arg(data)
        .args(args)
        .env_remove("GIENG_CONFIG")
        .env_remove("GIENG_DATABASE")
        .env_remove("GIENG_POLICY")
        .stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|e| panic!("{command:?} cannot be run: {e}"))
}
