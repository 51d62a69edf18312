//! The use cases against a real database and a clock that stands where it is put.

mod account;
mod adoption;
mod anew;
mod attachment;
mod binding;
mod book;
mod claim;
mod clock_set;
mod collect;
mod columns;
mod correction;
mod cut;
mod document;
mod doubt;
mod duty;
mod earlier;
mod evidence;
mod examiner;
mod figure;
mod fixture;
mod flow;
mod handed_in;
mod held;
mod hidden;
mod import;
mod inspection;
mod judging;
mod logs;
mod outage;
mod own_account;
mod pack;
mod papers;
mod plan;
mod proof;
mod record;
mod secrecy;
mod setting;
mod share;
mod sign_in;
mod silence;
mod structure;
mod table;
mod taken_in;
mod two_times;
mod unjudged;
mod watch;
mod word;
mod workbook;
mod writers;

use app::{App, AppConfig, Ctx, registry};
use domain::{
    authority::{Actor, Grant, Role},
    clock::Clock,
    id::{Id, OrganizationId},
    problem::{Problem, ProblemKind},
    record::{Value, Values},
};
use jiff::Timestamp;

/// A program with its own data folder and clock.
pub(crate) struct Province {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    #[expect(dead_code, reason = "the folder lives as long as the program in it")]
    folder: tempfile::TempDir,
}

/// The regulation that most tests are about.
pub(crate) const VINH_LONG: &str = "vinh-long-26-2019";

/// An instant, written out.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Province {
    /// At 08:00 in Vietnam on 20 November 2026, on SQLite, Vĩnh Long's regulation adopted.
    pub(crate) async fn new() -> Self {
        let p = Self::open(None, None).await;
        p.adopt(VINH_LONG, &[]).await;
        p
    }

    /// The same under a policy of its own.
    pub(crate) async fn under(policy: std::path::PathBuf) -> Self {
        let p = Self::open(None, Some(policy)).await;
        p.adopt(VINH_LONG, &[]).await;
        p
    }

    /// The same on PostgreSQL, where that is installed.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let p = Self::open(Some(testkit::postgres::database()?), None).await;
        p.adopt(VINH_LONG, &[]).await;
        Some(p)
    }

    /// Nothing adopted yet, on PostgreSQL, where that is installed.
    pub(crate) async fn begun_on_postgres() -> Option<Self> {
        Some(Self::open(Some(testkit::postgres::database()?), None).await)
    }

    /// Nothing adopted yet.
    pub(crate) async fn begun() -> Self {
        Self::open(None, None).await
    }

    /// Lets a regulation hold from its beginning; for everybody unless `more` says for whom.
    pub(crate) async fn adopt(&self, regulation: &str, more: &[(&str, &str)]) -> Id {
        let mut given = vec![("regulation", regulation), ("starts_on", "2019-11-11")];
        given.extend_from_slice(more);
        self.add("adoption", &given).await
    }

    async fn open(database: Option<String>, policy: Option<std::path::PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(at("2026-11-20T01:00:00Z"));
        let app = App::open(AppConfig {
            keys: None,
            data: folder.path().to_owned(),
            database,
            policy,
            clock: clock.clone(),
            writer: true,
            origin: "gieng.example/test".into(),
            examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
        })
        .await
        .unwrap();
        Self { app, clock, folder }
    }

    /// Moves the clock on.
    pub(crate) fn pass(&self, milliseconds: i64) {
        let then = self.clock.now_ms() + milliseconds;
        self.clock.set(domain::clock::from_ms(then));
    }

    /// The administrator at the machine.
    pub(crate) fn ctx(&self) -> Ctx {
        Ctx::console(self.clock.now_ms())
    }

    /// Somebody with one role over one organization.
    pub(crate) fn as_role(&self, role: Role, organization: Option<Id>) -> Ctx {
        Ctx {
            actor: Actor {
                account: None,
                name: role.code().into(),
                grants: vec![Grant {
                    role,
                    organization: organization.map(OrganizationId),
                }],
                only: None,
            },
            remote: "10.1.1.1".into(),
            ..self.ctx()
        }
    }

    /// Makes a record and returns its id.
    pub(crate) async fn add(&self, noun: &str, given: &[(&str, &str)]) -> Id {
        self.try_add(&self.ctx(), noun, given).await.unwrap()
    }

    pub(crate) async fn try_add(
        &self,
        ctx: &Ctx,
        noun: &str,
        given: &[(&str, &str)],
    ) -> Result<Id, Problem> {
        let saved = registry::save(&self.app, ctx, noun, None, values(given)).await?;
        Ok(saved.record.id)
    }

    /// An organization of the network.
    pub(crate) async fn unit(&self, code: &str, parent: Option<Id>) -> Id {
        let parent = parent.map(|p| p.to_string()).unwrap_or_default();
        let mut given = vec![
            ("code", code),
            ("name", code),
            ("kind", "department"),
            ("level", "province"),
            ("membership", "member"),
        ];
        if !parent.is_empty() {
            given.push(("parent", &parent));
        }
        self.add("organization", &given).await
    }

    /// The whole journal as one text, to look for what must not be in it.
    pub(crate) async fn journal(&self) -> String {
        let query = app::journal::JournalQuery {
            limit: 1_000,
            ..app::journal::JournalQuery::default()
        };
        let entries = app::journal::list(&self.app, &self.ctx(), &query)
            .await
            .unwrap();
        let report = app::journal::verify(&self.app, &self.ctx()).await.unwrap();
        assert_eq!(report.findings, []);
        format!("{entries:?}")
    }
}

/// Values by field name, as text.
pub(crate) fn values(given: &[(&str, &str)]) -> Values {
    given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}

/// What kind of refusal it was.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.expect_err("it should be refused").kind
}
