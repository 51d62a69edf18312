//! Rows where nobody looks: with the empty text for an id, and entries of the journal before the
//! first. Verification names each, and no list ends or shows what the journal does not have.

use app::{
    assess,
    journal::{self, JournalQuery},
    registry::{self, RecordQuery},
};

use crate::evidence::Office;

/// What is done, in SQL, and what is said of it.
const FORGED: &[(&str, &str)] = &[
    (
        "INSERT INTO attestation (id, control, organization_id, holds, statement, made_by, made_at, valid_until, \
         question) SELECT '', control, organization_id, NOT holds, 'x', made_by, made_at + 1, valid_until, question \
         FROM attestation",
        "attestation  is in no entry",
    ),
    (
        "INSERT INTO entry (id, version, created_at, updated_at, search, sort_key, register, organization_id, \
         occurred_on, recorded_at, result, subject, data) SELECT '', version, created_at, updated_at, search, \
         sort_key, register, organization_id, occurred_on, recorded_at, result, 'x', data FROM entry",
        "technical-journal  is in no entry",
    ),
    (
        "INSERT INTO entry_revision (entry_id, version, recorded_at, recorded_by, data) \
         SELECT '', 1, recorded_at, recorded_by, data FROM entry_revision WHERE version = 1",
        "entry , version 1: ",
    ),
    (
        "INSERT INTO entry_revision (entry_id, version, recorded_at, recorded_by, data) \
         SELECT entry_id, 0, recorded_at, recorded_by, data FROM entry_revision WHERE version = 2",
        ", version 0: ",
    ),
    (
        "INSERT INTO evidence (hash, body) VALUES ('', 'x')",
        "evidence , body: ",
    ),
    (
        "INSERT INTO verdict (id, regulation, clause, organization_id, status, evidence_hash, pack_hash, valid_from, \
         valid_to, recorded_at, closed_at) SELECT '', regulation, clause, organization_id, status, evidence_hash, \
         pack_hash, valid_from, valid_from, recorded_at, recorded_at FROM verdict \
         WHERE id = (SELECT MIN(id) FROM verdict)",
        "verdict  is in no entry",
    ),
    (
        "INSERT INTO organization (id, version, created_at, updated_at, search, sort_key, code, name, kind, level, \
         membership) SELECT '', version, created_at, updated_at, search, sort_key, 'X', name, kind, level, \
         membership FROM organization WHERE code = 'C'",
        "organization  is in no entry",
    ),
    (
        "INSERT INTO journal (seq, at, actor, request, remote, noun, record_id, action, after, previous_hash, hash) \
         SELECT -7, at, 'người khác', request, remote, noun, record_id, action, after, previous_hash, hash \
         FROM journal WHERE seq = 5",
        "Entry -7 is no part of the journal",
    ),
    (
        "INSERT INTO journal (seq, at, actor, request, remote, noun, record_id, action, after, previous_hash, hash, \
         seal) SELECT 0, at, 'người khác', request, remote, noun, record_id, action, after, previous_hash, hash, \
         seal FROM journal WHERE seq = 5",
        "Entry 0 is no part of the journal",
    ),
];

async fn each_is_named(office: Office) {
    office.live().await;
    let (app, ctx) = (&office.app, office.ctx());
    let list = async |noun| {
        let query = RecordQuery::default();
        let page = registry::list(app, &ctx, noun, &query).await.unwrap();
        page.records.len()
    };
    let before = (
        list("technical-journal").await,
        list("organization").await,
        assess::board(app, &ctx, None).await.unwrap().units.len(),
    );
    for (sql, expected) in FORGED {
        office.sql(sql).await;
        office.names(&[expected]).await;
    }
    assess::evaluate(app, true).await.unwrap();
    let after = (
        list("technical-journal").await,
        list("organization").await,
        assess::board(app, &ctx, None).await.unwrap().units.len(),
    );
    assert_eq!(after, before);
    let query = JournalQuery {
        limit: 1_000,
        ..JournalQuery::default()
    };
    let entries = journal::list(app, &ctx, &query).await.unwrap();
    assert!(entries.iter().all(|e| e.seq >= 1));
    let all: Vec<&str> = FORGED.iter().map(|(_, expected)| *expected).collect();
    office.named_at_once_and_later(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looked_at_is_named_on_sqlite() {
    each_is_named(Office::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looked_at_is_named_on_postgres() {
    if let Some(database) = testkit::postgres::database() {
        each_is_named(Office::new(Some(database)).await).await;
    }
}
