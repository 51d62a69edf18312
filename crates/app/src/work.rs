//! One way to write: a transaction with whose authority it is, its one moment, its journal and
//! its jobs.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use domain::{
    authority::{Actor, Permission, Scope},
    clock::Clock,
    id::{AccountId, OrganizationId},
    problem::Problem,
    record::Record,
    schema::Schema,
};
use store::{Db, StoreError, Tx, journal::Change};

use crate::Ctx;

/// How often a change is tried that failed only because others wrote at the same time.
const TRIES: u32 = 4;

/// What every use case stands on. It knows none of them.
pub struct Core {
    /// The records.
    pub db: Db,
    /// The time.
    pub clock: Clock,
}

/// What a change asks of the actor.
#[derive(Clone, Copy, Debug)]
pub enum Need<'a> {
    /// A permission.
    May(Permission),
    /// To write records of a noun.
    Writes(&'a Schema),
}

impl From<Permission> for Need<'_> {
    fn from(permission: Permission) -> Self {
        Self::May(permission)
    }
}

impl<'a> From<&'a Schema> for Need<'a> {
    fn from(schema: &'a Schema) -> Self {
        Self::Writes(schema)
    }
}

impl<'a> From<&'a Arc<Schema>> for Need<'a> {
    fn from(schema: &'a Arc<Schema>) -> Self {
        Self::Writes(schema)
    }
}

impl Need<'_> {
    fn scope(self, actor: &Actor) -> Result<Scope, Problem> {
        match self {
            Self::May(permission) => actor.scope(permission),
            Self::Writes(schema) => actor.writes(schema),
        }
    }
}

impl Core {
    /// Begins a person's change of records. Decides authority before it waits for the database.
    ///
    /// # Errors
    /// Denied when the actor lacks `need`; unavailable when the database is away.
    pub async fn begin(&self, ctx: &Ctx, need: impl Into<Need<'_>>) -> Result<Work, Problem> {
        let scope = need.into().scope(&ctx.actor)?;
        let tx = self.db.begin().await?;
        Ok(self.work(tx, ctx.clone(), scope))
    }

    /// Begins a change for which nobody's authority is asked: of the caller's own account, session
    /// or feed, of a sign-in, of what is noted about the caller. Its scope reaches nothing.
    ///
    /// # Errors
    /// [`StoreError::Engine`] when the database is away.
    pub async fn begin_own(&self, ctx: &Ctx) -> Result<Work, StoreError> {
        let tx = self.db.begin().await?;
        Ok(self.work(tx, ctx.clone(), Scope::nothing()))
    }

    /// Begins a change by the program itself that cannot wait, such as an outage's. Its scope
    /// reaches nothing.
    ///
    /// # Errors
    /// [`StoreError::Engine`] when the database is away.
    pub async fn begin_program(&self) -> Result<Work, StoreError> {
        let tx = self.db.begin().await?;
        Ok(self.work(tx, self.program(), Scope::nothing()))
    }

    /// Begins one batch of background work once no person waits to write. The batch should write
    /// as many rows as [`Tx::room`] says. Its scope reaches nothing.
    ///
    /// # Errors
    /// [`StoreError::Engine`] when the database is away.
    pub async fn begin_batch(&self) -> Result<Work, StoreError> {
        let tx = self.db.begin_later().await?;
        Ok(self.work(tx, self.program(), Scope::nothing()))
    }

    /// Begins one batch of a large change that a person asked for, such as an import. Waits as
    /// [`Core::begin_batch`] does.
    ///
    /// # Errors
    /// As [`Core::begin`].
    pub async fn begin_batch_of(
        &self,
        ctx: &Ctx,
        need: impl Into<Need<'_>>,
    ) -> Result<Work, Problem> {
        let scope = need.into().scope(&ctx.actor)?;
        let tx = self.db.begin_later().await?;
        Ok(self.work(tx, ctx.clone(), scope))
    }

    fn program(&self) -> Ctx {
        Ctx::system(self.clock.now_ms())
    }

    /// The moment is taken when the transaction has begun: it may have waited for others.
    fn work(&self, tx: Tx, ctx: Ctx, scope: Scope) -> Work {
        Work {
            tx,
            ctx: Arc::new(ctx),
            scope: Arc::new(scope),
            now: self.clock.now_ms(),
        }
    }
}

/// A change: the transaction that makes it, who makes it, with which reach, and when.
///
/// Dropped without [`Work::commit`] it leaves nothing behind. What it owns goes with it: entries
/// of the journal, jobs queued in it, and what every process is told of the views it touched.
#[must_use = "a change that is dropped is rolled back"]
pub struct Work {
    tx: Tx,
    ctx: Arc<Ctx>,
    scope: Arc<Scope>,
    now: i64,
}

impl Work {
    /// Who makes the change, from where. Shared, so that it can be kept while the transaction
    /// writes.
    pub fn ctx(&self) -> Arc<Ctx> {
        Arc::clone(&self.ctx)
    }

    /// Whose records the change may touch. Shared, as [`Work::ctx`].
    pub fn scope(&self) -> Arc<Scope> {
        Arc::clone(&self.scope)
    }

    /// The one moment of all that the change writes, unix milliseconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Whether an organization lies in the change's scope.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn covers(&mut self, organization: OrganizationId) -> Result<bool, StoreError> {
        store::registry::covers(&mut self.tx, &self.scope, organization).await
    }

    /// From here on an account that has proved itself acts, with no other rights than before.
    pub(crate) fn acts_as(&mut self, account: AccountId, login: &str) {
        let ctx = Arc::make_mut(&mut self.ctx);
        ctx.actor = Actor {
            account: Some(account),
            name: login.to_owned(),
            ..ctx.actor.clone()
        };
    }

    /// The journal's entry about a record that is made (no `before`), changed or deleted (no
    /// `after`).
    pub(crate) fn entry_of(
        &self,
        schema: &Schema,
        before: Option<&Record>,
        after: Option<&Record>,
    ) -> Change {
        let action = match (before, after) {
            (None, _) => "create",
            (Some(_), Some(_)) => "update",
            (Some(_), None) => "delete",
        };
        let json = |r: &Record| serde_json::to_string(&r.values).unwrap_or_default();
        let about = after.or(before);
        let owner = about.and_then(|r| r.owner(schema));
        let id = about.map_or_else(String::new, |r| r.id.to_string());
        let (before, after) = (before.map(json), after.map(json));
        self.entry(&schema.noun, &id, owner, action, before, after)
    }

    /// The journal's entry about anything; `organization` owns it, `before` and `after` are JSON.
    pub(crate) fn entry(
        &self,
        noun: &str,
        id: &str,
        organization: Option<OrganizationId>,
        action: &str,
        before: Option<String>,
        after: Option<String>,
    ) -> Change {
        Change {
            at: self.now,
            actor_id: self.ctx.actor.account.map(|a| a.to_string()),
            actor: self.ctx.actor.name.clone(),
            request: self.ctx.request.clone(),
            remote: self.ctx.remote.clone(),
            noun: noun.into(),
            record_id: id.into(),
            organization_id: organization.map(|o| o.to_string()),
            action: action.into(),
            before,
            after,
        }
    }

    /// Writes an entry about anything into the journal: [`Work::entry`], appended.
    pub(crate) fn event(
        &mut self,
        noun: &str,
        id: &str,
        organization: Option<OrganizationId>,
        action: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        let entry = self.entry(noun, id, organization, action, before, after);
        self.tx.journal(entry);
    }

    /// Writes an entry about a record into the journal: [`Work::entry_of`], appended.
    pub(crate) fn changed(
        &mut self,
        schema: &Schema,
        before: Option<&Record>,
        after: Option<&Record>,
    ) {
        let entry = self.entry_of(schema, before, after);
        self.tx.journal(entry);
    }

    /// Commits what was done. `None` when it failed only because others wrote at the same time,
    /// and the same may be tried again in a new transaction; `tries` counts them.
    ///
    /// # Errors
    /// What went wrong, or what the commit says.
    pub async fn settle<T>(
        self,
        done: Result<T, Problem>,
        tries: &mut u32,
    ) -> Result<Option<T>, Problem> {
        *tries += 1;
        let again = *tries < TRIES;
        match done {
            Ok(done) => match self.commit().await {
                Ok(()) => Ok(Some(done)),
                Err(error) if error.is_contended() && again => Ok(None),
                Err(error) => Err(error.into()),
            },
            Err(_) if self.contended() && again => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Makes all of it lasting, or nothing, and tells who listens what was touched.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}

impl Deref for Work {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Work {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use domain::{clock::from_ms, id::Id, problem::ProblemKind};
    use store::journal;

    use super::*;

    const NOW: i64 = 1_795_230_000_000;

    async fn core() -> (Core, Clock, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("records.db").display().to_string();
        let clock = Clock::fixed(from_ms(NOW));
        let core = Core {
            db: Db::open(&url).await.unwrap(),
            clock: clock.clone(),
        };
        (core, clock, folder)
    }

    #[tokio::test]
    async fn a_change_is_told_once_it_is_committed_and_dropped_it_leaves_nothing() {
        let (core, clock, _folder) = core().await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        core.db
            .on_commit(move |views| ear.lock().unwrap().extend(views.iter().cloned()));
        let ctx = Ctx::console(NOW);
        let mut work = core.begin(&ctx, Permission::Manage).await.unwrap();
        work.event("site", "a", None, "update", None, None);
        drop(work);
        assert_eq!(journal::last(&core.db).await.unwrap(), 0);
        let mut work = core.begin(&ctx, Permission::Manage).await.unwrap();
        clock.set(from_ms(NOW + 5_000));
        work.event("site", "a", None, "update", None, None);
        work.touch("outage");
        assert_eq!(work.now(), NOW, "it has one moment");
        work.commit().await.unwrap();
        assert_eq!(journal::last(&core.db).await.unwrap(), 1);
        assert_eq!(*heard.lock().unwrap(), ["outage", "site"]);
    }

    #[tokio::test]
    async fn who_may_not_does_not_wait_for_the_database() {
        let (core, _, _folder) = core().await;
        let ctx = Ctx::console(NOW);
        let held = core.begin(&ctx, Permission::Manage).await.unwrap();
        let mut nobody = ctx.clone();
        nobody.actor.grants.clear();
        let refused = core.begin(&nobody, Permission::Manage).await;
        assert_eq!(refused.err().map(|p| p.kind), Some(ProblemKind::Denied));
        drop(held);
    }

    #[tokio::test]
    async fn who_was_asked_for_nothing_reaches_nothing() {
        let (core, _, _folder) = core().await;
        let mut work = core.begin_own(&Ctx::console(NOW)).await.unwrap();
        assert!(!work.covers(OrganizationId(Id::new(NOW))).await.unwrap());
        assert_eq!(work.scope().roots(), Some(&[][..]));
    }
}
