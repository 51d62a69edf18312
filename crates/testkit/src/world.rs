//! A begun program: running on its own folder, an administrator signed in.

use std::path::Path;

use crate::{
    client::Client,
    program::{Launch, Program},
};
use tempfile::TempDir;

/// A running program with its administrator.
pub struct World {
    // Dropped in this order: the program ends before its folder goes.
    /// The program.
    pub program: Program,
    /// Signed in as administrator.
    pub admin: Client,
    /// Where its files lie.
    pub data: TempDir,
}

impl World {
    /// An empty `gieng` with an administrator, Vĩnh Long's regulation adopted; `options` adds to how it is started.
    ///
    /// # Panics
    /// When it does not start.
    pub fn begin(gieng: &str, options: impl FnOnce(Launch) -> Launch) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        Self::begin_in(data, gieng, options)
    }

    /// The same in a folder that the test has prepared.
    ///
    /// # Panics
    /// When it does not start.
    pub fn begin_in(data: TempDir, gieng: &str, options: impl FnOnce(Launch) -> Launch) -> Self {
        let mut world = Self::empty_in(data, gieng, options);
        let link = world.program.first_link();
        world.admin.begin(&link, "quan.tri");
        world.import(
            "adoption",
            "regulation,starts_on\nvinh-long-26-2019,2019-11-11\n",
        );
        world
    }

    /// The same before anybody used the one-time link: the administrator's client is
    /// signed in as nobody yet.
    ///
    /// # Panics
    /// When it does not start.
    pub fn empty(gieng: &str, options: impl FnOnce(Launch) -> Launch) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        Self::empty_in(data, gieng, options)
    }

    fn empty_in(data: TempDir, gieng: &str, options: impl FnOnce(Launch) -> Launch) -> Self {
        let program = options(quiet(gieng, data.path())).start();
        Self {
            admin: program.client(),
            program,
            data,
        }
    }

    /// Ends the program and starts it again on the same folder, with other options.
    ///
    /// # Panics
    /// When it does not end or does not start.
    #[must_use]
    pub fn restart(self, gieng: &str, options: impl FnOnce(Launch) -> Launch) -> Self {
        self.again(gieng, options, Program::stop)
    }

    /// The same after `kill -9`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn restart_killed(self, gieng: &str, options: impl FnOnce(Launch) -> Launch) -> Self {
        self.again(gieng, options, Program::kill)
    }

    fn again(
        self,
        gieng: &str,
        options: impl FnOnce(Launch) -> Launch,
        end: impl FnOnce(Program),
    ) -> Self {
        let session = self.admin.cookie("gieng_session").expect("it is signed in");
        end(self.program);
        let program = options(quiet(gieng, self.data.path())).start();
        let admin = program.client();
        admin.take_cookie("gieng_session", &session);
        Self {
            program,
            admin,
            data: self.data,
        }
    }

    /// Imports a table; every row must be good.
    ///
    /// # Panics
    /// When one is not.
    pub fn import(&self, noun: &str, csv: &str) {
        let path = format!("/api/v1/{noun}/import?mode=all-or-nothing");
        let report = self.admin.send("POST", &path, &[], csv);
        assert_eq!(report.status, 200, "{}", report.body);
        let report = report.json();
        assert_eq!(report["bad"], 0, "{report:#}");
        assert_eq!(report["written"], true, "{report:#}");
    }

    /// The id of a record.
    ///
    /// # Panics
    /// When there is none.
    pub fn id(&self, noun: &str, code: &str) -> String {
        let found = self.admin.get(&format!("/api/v1/{noun}/{code}")).json();
        let id = found["id"].as_str();
        id.unwrap_or_else(|| panic!("there is no {noun} {code}: {found}"))
            .to_owned()
    }

    /// Makes an account with one role over one unit and signs it in through its one-time link.
    ///
    /// # Panics
    /// When a step is refused.
    pub fn account(&self, login: &str, role: &str, unit: &str) -> Client {
        let unit = self.id("organization", unit);
        let made = self.admin.form(
            "/accounts",
            &[
                ("login", login),
                ("name", login),
                ("kind", "personal"),
                ("enabled", "true"),
                ("organization", &unit),
                ("role", role),
                ("reach", &unit),
            ],
        );
        assert_eq!(made.status, 303, "{}", made.body);
        let link = self.program.run(&["account", "link", login]);
        let link = String::from_utf8(link.stdout).expect("a path is text");
        let client = self.program.client();
        client.redeem(link.trim());
        client
    }
}

/// `serve` with syslog on free ports.
pub fn quiet(gieng: &str, data: &Path) -> Launch {
    Launch::serve(gieng, data)
        .arg("--syslog-udp", "127.0.0.1:0")
        .arg("--syslog-tcp", "127.0.0.1:0")
}
