//! The journal made anew by somebody who has the disk and the database and no key, so that it
//! looks like one of a version that sealed nothing, or like the first start of all.

use app::{App, evidence, journal::JournalQuery};
use store::{Db, args};
use tokio_util::sync::CancellationToken;

use crate::evidence::{Office, recompute};

const NOBODY: &str = "nobody has acknowledged it (gieng vault repair --accept REASON --yes)";
const WHY: &str = "nâng cấp từ phiên bản cũ, đã lập biên bản";

impl Office {
    /// The program ends, this is done to its database, the vault goes and, where it is named, the
    /// key; then it starts again.
    async fn without_vault(self, rewrite: impl AsyncFnOnce(&Db), key: Option<&str>) -> Self {
        let Self {
            app,
            config,
            folder,
        } = self;
        app.close().await;
        drop(app);
        let path = folder.path().join("records.db").display().to_string();
        let db = Db::open(config.database.as_ref().unwrap_or(&path)).await;
        let db = db.unwrap();
        rewrite(&db).await;
        db.close().await;
        std::fs::remove_dir_all(folder.path().join("vault")).unwrap();
        if let Some(key) = key {
            std::fs::remove_file(folder.path().join(key)).unwrap();
        }
        let app = App::open(config.clone()).await.unwrap();
        let office = Self {
            app,
            config,
            folder,
        };
        office.anchor().await;
        office
    }

    async fn is_alarmed(&self) {
        evidence::run(&self.app).await.unwrap();
        let sql = "SELECT state FROM alarm WHERE cleared_at IS NULL AND state = 'journal-check'";
        let open = self.app.db.fetch("alarms", sql, &[]).await.unwrap();
        assert_eq!(open.len(), 1);
    }
}

/// Without seals and without what only later versions write.
async fn as_of_an_earlier_version(db: &Db) {
    for sql in [
        "DELETE FROM journal WHERE noun IN ('vault', 'checkpoint', 'baseline')",
        "UPDATE journal SET seal = NULL",
        "DELETE FROM evidence_check",
    ] {
        db.execute("tamper", sql, &[]).await.unwrap();
    }
    let rows = db.fetch("journal", "SELECT seq FROM journal ORDER BY seq", &[]);
    for (row, seq) in rows.await.unwrap().iter().zip(1_i64..) {
        let sql = "UPDATE journal SET seq = $1 WHERE seq = $2";
        let was = row.int("seq").unwrap();
        db.execute("tamper", sql, &args![seq, was]).await.unwrap();
    }
    recompute(db, 1).await;
}

async fn one_without_seals(database: impl Fn() -> Option<String>) {
    for key in [None, Some("vault.key")] {
        let office = Office::new(database()).await;
        let office = office.without_vault(as_of_an_earlier_version, key).await;
        let bad = [NOBODY, "nobody has acknowledged what is lost"];
        office.names(&bad).await;
        office.is_alarmed().await;
        let office = office.again().await;
        office.names(&bad).await;
        // A person says that it is known, of these entries alone.
        let known = evidence::acknowledge(&office.app, &office.ctx(), WHY).await;
        let known = known.unwrap();
        assert_eq!(known.vaults.len(), 1);
        let (last, _) = known.unsealed.expect("there are entries without a seal");
        let office = office.again().await;
        assert_eq!(office.said().await, Vec::<String>::new());
        let again = evidence::acknowledge(&office.app, &office.ctx(), WHY).await;
        assert_eq!(again.unwrap().unsealed, None);
        let shown = JournalQuery {
            noun: Some("journal".into()),
            limit: 1,
            ..JournalQuery::default()
        };
        let shown = app::journal::list(&office.app, &office.ctx(), &shown).await;
        let told = shown.unwrap()[0].change.after.clone().unwrap();
        assert!(
            told.contains(WHY) && told.contains(&last.to_string()),
            "{told}"
        );
        office
            .sql(&format!(
                "UPDATE journal SET actor = 'x' WHERE seq = {last}"
            ))
            .await;
        recompute(&office.app.db, last).await;
        office.names(&[NOBODY]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_seals_is_bad_until_it_is_acknowledged_on_sqlite() {
    one_without_seals(|| None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_seals_is_bad_until_it_is_acknowledged_on_postgres() {
    if testkit::postgres::database().is_some() {
        one_without_seals(testkit::postgres::database).await;
    }
}

/// What is there although no entry ever told it is not taken for what an earlier version wrote.
#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_one_is_no_first_start() {
    let office = Office::new(None).await;
    let emptied = async |db: &Db| {
        db.execute("tamper", "DELETE FROM journal", &[])
            .await
            .unwrap();
    };
    let office = office.without_vault(emptied, Some("vault.key")).await;
    let told = ["account ", "setting /remind.hour is in no entry"];
    office.names(&told).await;
    office.is_alarmed().await;
    office.again().await.names(&told).await;
}

/// Also where the list of the vault's own entries is not believed.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_checkpoints_is_told_by_their_number() {
    let office = Office::new(None).await;
    let path = office.folder.path().join("vault/checkpoints");
    let older = std::fs::read(&path).unwrap();
    for hour in ["10", "11"] {
        let ctx = office.ctx();
        let set = app::setting::set(&office.app, &ctx, "remind.hour", hour);
        set.await.unwrap();
        office.anchor().await;
    }
    assert_eq!(office.said().await, Vec::<String>::new());
    std::fs::write(&path, older).unwrap();
    office.names(&["an older copy is in its place"]).await;
}

/// A verification that comes to no end is no sound one, and one row that cannot be read hides
/// nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_verified_is_alarmed() {
    let office = Office::new(None).await;
    let stop = CancellationToken::new();
    evidence::read(&office.app, &stop).await.unwrap();
    office
        .sql("UPDATE contact SET title = CAST(x'ff' AS TEXT)")
        .await;
    let dropped = office
        .app
        .db
        .execute("tamper", "DROP INDEX journal_noun", &[]);
    dropped.await.unwrap();
    office
        .names(&[
            "A part of the database cannot be read",
            "index journal_noun is gone",
        ])
        .await;
    office
        .sql("UPDATE journal SET after = CAST(x'ff' AS TEXT) WHERE noun = 'checkpoint'")
        .await;
    office
        .app
        .db
        .execute("tamper", "DELETE FROM evidence_check", &[])
        .await
        .unwrap();
    evidence::read(&office.app, &stop).await.unwrap();
    let checks = evidence::checks(&office.app, &office.ctx()).await.unwrap();
    let vault = checks.iter().find(|c| c.subject == "vault").unwrap();
    assert!(
        !vault.sound && vault.reason.contains("came to no end"),
        "{vault:?}"
    );
    // The checkpoints themselves, too.
    let path = office.folder.path().join("vault/checkpoints");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    office
        .names(&["A part of the database cannot be read"])
        .await;
}
