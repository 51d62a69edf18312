//! The fact views in the database, made from [`domain::fact`].
//!
//! They are made anew, all at once since they read one another, when a text differs from the one
//! that it was made with.

use std::collections::BTreeMap;

use domain::fact;

use crate::{Db, StoreError, args, book, dialect};

/// Name and SQL of each view, in the order in which they are made.
fn wanted() -> impl DoubleEndedIterator<Item = (&'static str, String)> {
    fact::all().iter().map(|view| {
        let sql = format!("CREATE VIEW {} AS\n{}", view.name, view.sql);
        (view.name.as_str(), sql)
    })
}

/// What puts these views in the place of those that the migrations make.
pub(crate) fn statements(on_postgres: bool) -> Vec<String> {
    let names = wanted().map(|(name, _)| name.to_owned()).collect();
    let mut all = dialect::drop_views(on_postgres, &names);
    all.extend(wanted().map(|(_, sql)| sql));
    all
}

/// Makes the views as this program knows them, where it knows them otherwise than whoever made
/// them; how many. One that is gone or was changed beside the program stays so, for the
/// verification to name.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn make(db: &Db) -> Result<usize, StoreError> {
    let on_postgres = db.engine() == "postgres";
    let texts: BTreeMap<String, String> =
        wanted().map(|(name, sql)| (name.to_owned(), sql)).collect();
    let all = "SELECT name, definition FROM fact_view";
    if book::made(&db.fetch("fact_view", all, &[]).await?)? == texts {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    dialect::lock(&mut tx, "views", true).await?;
    // Another process may have made them meanwhile.
    let known = book::made(&tx.fetch("fact_view", all, &[]).await?)?;
    if known == texts {
        return Ok(0);
    }
    let names = known.into_keys().chain(texts.into_keys()).collect();
    for drop in dialect::drop_views(on_postgres, &names) {
        tx.execute("fact view", &drop, &[]).await?;
    }
    tx.execute("fact_view", "DELETE FROM fact_view", &[])
        .await?;
    let mut made = 0;
    for (name, sql) in wanted() {
        tx.execute("fact view", &sql, &[]).await?;
        let note = "INSERT INTO fact_view (name, definition) VALUES ($1, $2)";
        tx.execute("fact_view", note, &args![name, sql]).await?;
        made += 1;
    }
    tx.commit().await?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use sqlx::{PgPool, SqlitePool, sqlite::SqliteConnectOptions};

    use super::*;
    use crate::{migration, structure};

    /// Opens again, and says what is not as a new database would have it.
    async fn reopened(url: &str) -> (Db, Vec<structure::Difference>) {
        let db = Db::open(url).await.unwrap();
        let found = structure::differences(&db, []).await.unwrap();
        (db, found)
    }

    async fn comes_over(url: &str) {
        let (db, found) = reopened(url).await;
        assert_eq!(found, []);
        // What the migrations' view had not.
        let serial = "SELECT serial FROM fact_device";
        db.fetch("device", serial, &[]).await.unwrap();
        assert_eq!(make(&db).await.unwrap(), 0, "there is nothing to do");

        // A version whose views read each other in another order, and had one more.
        for sql in [
            "CREATE VIEW fact_of_old AS SELECT d.unit FROM fact_device d JOIN fact_site s ON s.unit = d.unit",
            "INSERT INTO fact_view (name, definition) VALUES ('fact_of_old', 'CREATE VIEW …')",
        ] {
            db.execute("old", sql, &[]).await.unwrap();
        }
        db.close().await;
        let (db, found) = reopened(url).await;
        assert_eq!(found, []);

        // Whoever takes one away beside the program is named, and not only until the next start.
        db.execute("old", "DROP VIEW fact_outage", &[])
            .await
            .unwrap();
        db.close().await;
        let (db, found) = reopened(url).await;
        let gone = structure::Difference {
            kind: "view".into(),
            name: "fact_outage".into(),
            how: structure::How::Missing,
        };
        assert_eq!(found, [gone]);

        // A later migration that takes one away says so.
        db.execute("old", "DELETE FROM fact_view", &[])
            .await
            .unwrap();
        db.close().await;
        let (db, found) = reopened(url).await;
        assert_eq!(found, []);
        let outages = db.fetch("outage", "SELECT * FROM fact_outage", &[]);
        assert!(outages.await.unwrap().is_empty());
        db.close().await;
    }

    #[tokio::test]
    async fn a_database_whose_views_the_migrations_made_comes_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        migration::until(false, 34).run(&pool).await.unwrap();
        pool.close().await;
        comes_over(&path.display().to_string()).await;
    }

    #[tokio::test]
    async fn one_on_postgres_too() {
        let Some(url) = testkit::postgres::database() else {
            return;
        };
        let pool = PgPool::connect(&url).await.unwrap();
        migration::until(true, 34).run(&pool).await.unwrap();
        pool.close().await;
        comes_over(&url).await;
    }
}
