//! A real `rsyslogd` with a configuration of its own, fed by a real `logger`.

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use testkit::program::{eventually, installed};

/// Whether both are there.
pub fn available() -> bool {
    installed("rsyslogd", "rsyslog") && installed("logger", "bsdutils")
}

/// `logger` with options.
pub fn logger(options: &[&str]) {
    let done = Command::new("logger").args(options).output();
    let done = done.expect("logger can be run");
    assert!(
        done.status.success(),
        "logger {options:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A running `rsyslogd`; dropped, it is told to stop and waited for.
pub struct Rsyslogd {
    child: Child,
    socket: PathBuf,
}

impl Rsyslogd {
    /// Starts it in `folder`: octet-counted TCP to `to`, and UDP from `from` when given. What
    /// cannot be sent waits in its queue, in order.
    pub fn start(folder: &Path, to: SocketAddr, from: Option<&str>) -> Self {
        std::fs::create_dir_all(folder).expect("the folder is ours");
        let (ip, port, dir) = (to.ip(), to.port(), folder.display());
        let mut config = format!(
            "global(workDirectory=\"{dir}\")\n\
             module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
             input(type=\"imuxsock\" Socket=\"{dir}/log\" RateLimit.Interval=\"0\")\n\
             action(type=\"omfwd\" target=\"{ip}\" port=\"{port}\" protocol=\"tcp\" \
             TCP_Framing=\"octet-counted\" template=\"RSYSLOG_SyslogProtocol23Format\" \
             queue.type=\"LinkedList\" queue.size=\"10000\" queue.timeoutEnqueue=\"60000\" action.resumeRetryCount=\"-1\" \
             action.resumeInterval=\"1\")\n"
        );
        if let Some(from) = from {
            config += &format!(
                "action(type=\"omfwd\" target=\"{ip}\" port=\"{port}\" protocol=\"udp\" \
                 address=\"{from}\")\n"
            );
        }
        std::fs::write(folder.join("rsyslog.conf"), config).expect("the folder is ours");
        let socket = folder.join("log");
        let _ = std::fs::remove_file(&socket);
        let program = ["/usr/sbin/rsyslogd", "/sbin/rsyslogd"]
            .into_iter()
            .find(|p| Path::new(p).exists())
            .unwrap_or("rsyslogd");
        let child = Command::new(program)
            .arg("-n")
            .arg("-f")
            .arg(folder.join("rsyslog.conf"))
            .arg("-i")
            .arg(folder.join("pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rsyslogd starts");
        eventually("rsyslogd's socket", || socket.exists().then_some(()));
        Self { child, socket }
    }

    /// One line through `logger`.
    pub fn log(&self, message: &str) {
        let socket = self.socket.display().to_string();
        logger(&["-u", &socket, "-t", "sshd", "-p", "auth.info", message]);
    }

    /// Many lines through one `logger`.
    pub fn log_all(&self, lines: impl Iterator<Item = String>) {
        let mut logger = Command::new("logger")
            .arg("-u")
            .arg(&self.socket)
            .args(["-t", "sshd", "-p", "auth.info"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("logger can be run");
        let mut to = logger.stdin.take().expect("it is piped");
        for line in lines {
            writeln!(to, "{line}").expect("logger reads");
        }
        drop(to);
        assert!(logger.wait().is_ok_and(|s| s.success()));
    }
}

impl Drop for Rsyslogd {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}
