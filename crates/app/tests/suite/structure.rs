//! The database itself: a view, a trigger, an index or a table that is not as this program makes
//! it is named, on both engines.

use crate::evidence::Office;

/// What is done, in SQL, and what is said of it.
const BOTH: &[(&str, &str)] = &[
    ("DROP VIEW fact_finding", "view fact_finding is gone"),
    (
        "DROP INDEX book_closing_open",
        "index book_closing_open is gone",
    ),
    (
        "CREATE VIEW extra AS SELECT 1 AS one",
        "view extra is none that this program makes",
    ),
    (
        "CREATE TABLE extra_table (one INTEGER)",
        "table extra_table is none that this program makes",
    ),
    (
        "ALTER TABLE password_history ADD COLUMN extra INTEGER",
        "table password_history is not as this program makes it",
    ),
    (
        "DROP VIEW book_technical_journal",
        "view book_technical_journal is gone",
    ),
    (
        "CREATE INDEX more ON alarm (state)",
        "index more is none that this program makes",
    ),
];

const SQLITE: &[(&str, &str)] = &[(
    "CREATE TRIGGER quiet AFTER INSERT ON journal BEGIN DELETE FROM alarm; END",
    "trigger quiet is none that this program makes",
)];

const POSTGRES: &[(&str, &str)] = &[
    (
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET row_security = off', current_database()); END $$",
        "setting row_security=off is none that this program makes",
    ),
    (
        "DO $$ BEGIN EXECUTE format('CREATE ROLE %I', 'clerk_' || current_database()); \
         EXECUTE format('CREATE VIEW kept AS SELECT 1 AS one; ALTER VIEW kept OWNER TO %I', 'clerk_' || current_database()); \
         ALTER EXTENSION plpgsql ADD VIEW kept; END $$",
        "view kept is none that this program makes",
    ),
    (
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "function quiet() is none that this program makes",
    ),
    (
        "CREATE TRIGGER quiet BEFORE DELETE ON alarm FOR EACH ROW EXECUTE FUNCTION quiet()",
        "trigger alarm: quiet is none that this program makes",
    ),
    (
        "CREATE RULE quiet AS ON DELETE TO alarm DO INSTEAD NOTHING",
        "rule alarm: quiet is none that this program makes",
    ),
    (
        "ALTER TABLE alarm ENABLE ROW LEVEL SECURITY",
        "table alarm is not as this program makes it",
    ),
    (
        "CREATE TABLE more_alarms () INHERITS (alarm)",
        "table more_alarms is none that this program makes",
    ),
];

/// The view of entries with a condition that shows none.
async fn emptied(office: &Office) -> String {
    let sql = match office.app.db.engine() {
        "sqlite" => "SELECT sql AS text FROM sqlite_schema WHERE name = 'fact_entry'",
        _ => "SELECT concat(' AS ', pg_get_viewdef('fact_entry'::regclass)) AS text",
    };
    let row = office.app.db.fetch_one("schema", sql, &[]).await.unwrap();
    let made = row.unwrap().text("text").unwrap();
    let (_, select) = made.split_once(" AS").unwrap();
    let select = select.trim().trim_end_matches(';');
    format!("CREATE VIEW fact_entry AS SELECT * FROM ({select}) e WHERE 1 = 0")
}

async fn each_is_named(office: Office, own: &[(&str, &str)]) {
    let run = async |sql: &str| office.app.db.execute("tamper", sql, &[]).await.unwrap();
    let emptied = emptied(&office).await;
    run("DROP VIEW fact_entry").await;
    run(&emptied).await;
    office
        .names(&["view fact_entry is not as this program makes it"])
        .await;
    let mut all = vec!["view fact_entry is not as this program makes it"];
    for (sql, expected) in BOTH.iter().chain(own) {
        run(sql).await;
        office.names(&[expected]).await;
        all.push(expected);
    }
    office.named_at_once_and_later(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_is_made_of_is_held_on_sqlite() {
    each_is_named(Office::new(None).await, SQLITE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_is_made_of_is_held_on_postgres() {
    if let Some(database) = testkit::postgres::database() {
        each_is_named(Office::new(Some(database)).await, POSTGRES).await;
    }
}

/// What any administrator of a database does.
const USUAL: [&str; 8] = [
    "random_page_cost = 1.1",
    "jit = off",
    "enable_hashjoin = off",
    "enable_seqscan = off",
    "search_path = public",
    "session_replication_role = origin",
    "row_security = on",
    "statement_timeout = '200ms'",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_usual_on_postgres_is_no_finding() {
    let Some(database) = testkit::postgres::database() else {
        return;
    };
    let office = Office::new(Some(database)).await;
    let run = async |sql: &str| office.app.db.execute("set up", sql, &[]).await.unwrap();
    let before = office.said().await;
    for setting in USUAL {
        let set = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {}', current_database()); END $$",
            setting.replace('\'', "''")
        );
        run(&set).await;
    }
    // As Debian's package of contributed modules brings them.
    let known = "SELECT name FROM pg_available_extensions WHERE name IN ('pg_stat_statements', 'pg_trgm', 'pgcrypto')";
    for row in office.app.db.fetch("extensions", known, &[]).await.unwrap() {
        run(&format!("CREATE EXTENSION {}", row.text("name").unwrap())).await;
    }
    assert_eq!(office.said().await, before);
    assert_eq!(office.again().await.said().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_hides_entries_is_named_and_hides_none_from_us() {
    let office = Office::new(None).await;
    let db = &office.app.db;
    let sql = "SELECT sql AS text FROM sqlite_schema WHERE name = 'journal_noun'";
    let made = db.fetch_one("schema", sql, &[]).await.unwrap().unwrap();
    let made = made.text("text").unwrap();
    let newest = store::journal::newest_of(db, "account").await.unwrap();
    assert!(newest.is_some());
    for sql in [
        "DROP INDEX journal_noun",
        &format!("{made} WHERE seq < 1"),
        "PRAGMA writable_schema = ON",
        &format!("UPDATE sqlite_schema SET sql = '{made}' WHERE name = 'journal_noun'"),
        "PRAGMA writable_schema = RESET",
        // The others read the schema again.
        "CREATE TABLE bump (one INTEGER)",
        "DROP TABLE bump",
    ] {
        db.execute("tamper", sql, &[]).await.unwrap();
    }
    office.names(&["missing from index journal_noun"]).await;
    let found = store::journal::newest_of(db, "account").await.unwrap();
    assert_eq!(found.map(|e| e.seq), newest.map(|e| e.seq));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_not_sound() {
    for (sql, expected) in [
        (
            "UPDATE account SET name = CAST(x'ff' AS TEXT)",
            "cannot be read",
        ),
        ("DROP TABLE evidence_check", "evidence_check"),
        ("ALTER TABLE contact RENAME COLUMN name TO named", "contact"),
    ] {
        let office = Office::new(None).await;
        office.app.db.execute("tamper", sql, &[]).await.unwrap();
        office.names(&[expected]).await;
    }
}
