//! The child: confines itself, reads what it is given, answers, ends.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    net::UdpSocket,
    os::unix::net::UnixDatagram,
    process::{Command, ExitCode},
};

use serde::Serialize;

use crate::{
    ask::{Answer, Ask, Confined, Tried},
    attachment,
    confine::confine,
    table,
};

/// The longest file that is read at all, bytes.
const MOST: u64 = 256 << 20;
/// So many mistakes of a draft are told; who mends them asks again.
const MISTAKES: usize = 200;

/// Runs as the child: `ask` and the number of bytes that follow on standard input. The
/// answer is one [`Answer`] as JSON on standard output. Called before any thread begins.
///
/// The exit code is 0 when there is an answer.
pub fn run(ask: Ask, length: u64) -> ExitCode {
    // What panics is refused by the parent; nobody reads what it says.
    std::panic::set_hook(Box::new(|_| {}));
    match answer(ask, length.min(MOST)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The same from a command line: the program, `examine`, the ask's word, the length.
/// None where that is not what the line says.
pub fn from_args(args: impl IntoIterator<Item = String>) -> Option<ExitCode> {
    let args: Vec<String> = args.into_iter().skip(1).collect();
    let [command, ask, length] = args.as_slice() else {
        return None;
    };
    (command == "examine").then_some(())?;
    Some(run(ask.parse().ok()?, length.parse().ok()?))
}

fn answer(ask: Ask, length: u64) -> io::Result<()> {
    // A draft is held against the nouns and the fact views. Built for tests they lie in files,
    // and the child opens none.
    if ask == Ask::Draft && policy::facts::all().is_empty() {
        return Err(io::Error::other("the fact views cannot be read"));
    }
    let confined = confine(&ask.limits(length))?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    io::stdin().lock().take(length).read_to_end(&mut bytes)?;
    match ask {
        Ask::Trial => say(confined, tried(length)),
        Ask::Attachment => say(confined, attachment::examine(&bytes)),
        Ask::Text => say(confined, attachment::text(&bytes)),
        Ask::Table => say(confined, table::read(&bytes)),
        Ask::Draft => say(confined, mistakes(&bytes)?),
    }
}

/// The mistakes in a policy that are worth reading at once.
fn mistakes(files: &[u8]) -> io::Result<Vec<policy::Problem>> {
    let files = policy::Memory(serde_json::from_slice(files)?);
    let mut found = policy::lint(&files).map_err(|error| io::Error::other(error.to_string()))?;
    found.truncate(MISTAKES);
    Ok(found)
}

/// Tries what confinement forbids.
fn tried(length: u64) -> Tried {
    let beyond = usize::try_from(Ask::Trial.limits(length).memory).unwrap_or(usize::MAX);
    Tried {
        file: File::open("/").is_ok(),
        socket: UdpSocket::bind("127.0.0.1:0").is_ok() || UnixDatagram::unbound().is_ok(),
        process: Command::new("/bin/true").status().is_ok(),
        memory: Vec::<u8>::new().try_reserve(beyond).is_ok(),
    }
}

fn say(confined: Confined, found: impl Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
    serde_json::to_writer(&mut out, &Answer { confined, found })?;
    out.flush()
}
