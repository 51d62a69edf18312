//! One behavioural suite, run by the same functions on SQLite and on PostgreSQL.

mod account;
mod assessment;
mod book;
mod claim;
mod document;
mod engine;
mod entry;
mod fact;
mod job;
mod journal;
mod lease;
mod outage;
mod registry;
mod reminder;
mod schema;
mod tree;
mod unsaid;
mod view;
mod watch;

use domain::{
    authority::{Actor, Grant, Permission, Role, Scope},
    claim::{ClaimState, Wanted, Why},
    id::{Id, OrganizationId},
    noun,
    record::{Record, Value, Values},
};
use store::{Db, claim::Claim, registry as records};

/// 2026-11-20 08:00:00 UTC.
pub const NOW: i64 = 1_795_161_600_000;

/// A database, and the folder that holds it while the test runs.
pub(crate) struct Bench {
    pub(crate) db: Db,
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("records.db").display().to_string())
            .await
            .unwrap();
        Self { db, folder }
    }

    /// None where PostgreSQL is not installed (said by the testkit).
    pub(crate) async fn postgres() -> Option<Self> {
        let url = testkit::postgres::database()?;
        Some(Self {
            db: Db::open(&url).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        })
    }
}

/// Runs each function on both engines.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&crate::Bench::sqlite().await.db).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(bench) = crate::Bench::postgres().await {
                    super::$name(&bench.db).await;
                }
            }
        )+}
    };
}
pub(crate) use on_both;

/// Everything in scope.
pub(crate) fn all() -> Scope {
    Actor::system().scope(Permission::Read).unwrap()
}

/// One organization and what lies below it.
pub(crate) fn below(root: OrganizationId) -> Scope {
    let actor = Actor {
        account: None,
        name: "officer".into(),
        grants: vec![Grant {
            role: Role::Officer,
            organization: Some(root),
        }],
        only: None,
    };
    actor.scope(Permission::Read).unwrap()
}

/// A record of a registry noun from field names and values.
pub(crate) fn record(values: &[(&str, Value)]) -> Record {
    Record {
        id: Id::new(NOW),
        version: 1,
        updated_at: NOW,
        values: values
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect(),
    }
}

/// Writes an organization.
pub(crate) async fn organization(db: &Db, code: &str, name: &str, parent: Option<Id>) -> Id {
    let schema = noun::get("organization").unwrap();
    let mut values: Values = record(&[
        ("code", code.into()),
        ("name", name.into()),
        ("kind", "department".into()),
        ("level", "province".into()),
        ("membership", "member".into()),
    ])
    .values;
    values.insert("parent".into(), parent.map_or(Value::Null, Value::from));
    let record = Record {
        id: Id::new(NOW),
        version: 1,
        updated_at: NOW,
        values,
    };
    let mut tx = db.begin().await.unwrap();
    records::insert(&mut tx, schema, std::slice::from_ref(&record), "test", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    record.id
}

/// Writes records of one noun; what they claim is granted.
pub(crate) async fn insert(
    db: &Db,
    noun: &str,
    records_: &[Record],
) -> Result<(), store::StoreError> {
    let schema = noun::get(noun).unwrap();
    let mut tx = db.begin().await?;
    records::insert(&mut tx, schema, records_, "test", NOW).await?;
    let wanted = records_
        .iter()
        .flat_map(|r| domain::claim::wanted(schema, r));
    for claim in wanted.map(|w| claimed(w, ClaimState::Granted)) {
        store::claim::save(&mut tx, &[claim]).await?;
    }
    tx.commit().await
}

/// A claim that a record lays, in a state.
pub(crate) fn claimed(wanted: Wanted, state: ClaimState) -> Claim {
    Claim {
        kind: wanted.kind,
        key: wanted.key,
        value: wanted.value,
        organization: wanted.organization,
        state,
        shared: false,
        why: Why::Free,
        asked_at: NOW,
        asked_by: "test".into(),
        decided_at: None,
        decided_by: None,
        note: None,
    }
}
