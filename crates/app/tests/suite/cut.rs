//! The journal's end cut off: while the program runs, and for good together with the vault that
//! names it.

use app::{App, evidence, setting};
use store::{Db, journal};

use crate::evidence::Office;

const UNKNOWN: &str = "nobody has acknowledged what is lost";

impl Office {
    async fn last(&self) -> i64 {
        journal::last(&self.app.db).await.unwrap()
    }

    async fn reminds_at(&self, hour: &str) {
        setting::set(&self.app, &self.ctx(), "remind.hour", hour)
            .await
            .unwrap();
    }

    async fn alarms(&self) -> Vec<String> {
        let sql = "SELECT state FROM alarm WHERE cleared_at IS NULL ORDER BY state";
        let rows = self.app.db.fetch("alarms", sql, &[]).await.unwrap();
        rows.iter().map(|row| row.text("state").unwrap()).collect()
    }

    /// The program ends, the journal is cut behind this entry, what was told there is undone and
    /// the vault taken away; then it starts again.
    async fn cut_for_good(self, last: i64, undo: &str) -> Self {
        let Self {
            app,
            config,
            folder,
        } = self;
        app.close().await;
        drop(app);
        let path = folder.path().join("records.db").display().to_string();
        let db = Db::open(config.database.as_ref().unwrap_or(&path))
            .await
            .unwrap();
        let cut = format!("DELETE FROM journal WHERE seq > {last}");
        for sql in [cut.as_str(), undo] {
            assert!(db.execute("tamper", sql, &[]).await.unwrap() > 0, "{sql}");
        }
        db.close().await;
        std::fs::remove_dir_all(folder.path().join("vault")).unwrap();
        let app = App::open(config.clone()).await.unwrap();
        let office = Self {
            app,
            config,
            folder,
        };
        office.anchor().await;
        office
    }
}

/// The last entry and what it tells are undone while the program runs: before anything names it.
async fn while_it_runs(office: Office, wrote_more: bool) {
    office.reminds_at("17").await;
    let last = office.last().await;
    office
        .sql(&format!("DELETE FROM journal WHERE seq = {last}"))
        .await;
    office
        .sql("UPDATE setting SET value = '9' WHERE key = 'remind.hour'")
        .await;
    assert_eq!(
        office.said().await,
        Vec::<String>::new(),
        "nothing but the program knows"
    );
    if wrote_more {
        office.reminds_at("8").await;
    }
    evidence::reconcile(&office.app).await.unwrap();
    assert_eq!(office.alarms().await, ["journal-check"]);
    let named = format!("Entry {last} is not the one that was anchored (by entry {last} ");
    office.named_at_once_and_later(&[&named]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_while_the_program_runs_is_named_on_sqlite() {
    for wrote_more in [false, true] {
        while_it_runs(Office::new(None).await, wrote_more).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_while_the_program_runs_is_named_on_postgres() {
    for wrote_more in [false, true] {
        if let Some(database) = testkit::postgres::database() {
            while_it_runs(Office::new(Some(database)).await, wrote_more).await;
        }
    }
}

async fn for_good(office: Office) {
    let last = office.last().await;
    office.reminds_at("17").await;
    office.anchor().await;
    let undo = "UPDATE setting SET value = '9' WHERE key = 'remind.hour'";
    let office = office.cut_for_good(last, undo).await;
    let bad = async |office: &Office| {
        let said = office.said().await;
        assert!(
            matches!(said.as_slice(), [one] if one.contains(UNKNOWN)),
            "{said:?}"
        );
        evidence::run(&office.app).await.unwrap();
        assert!(office.alarms().await.contains(&"journal-check".to_owned()));
    };
    bad(&office).await;
    let office = office.again().await;
    bad(&office).await;
    // The folder that was set apart says nothing more once it is gone.
    for entry in std::fs::read_dir(office.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("vault-damaged-") {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
    bad(&office).await;
    // A person who may says that it is known, and why: by name, in the journal.
    let ctx = office.ctx();
    let short = evidence::acknowledge(&office.app, &ctx, "biết rồi").await;
    assert!(short.is_err());
    let why = "đĩa hỏng ngày 19/11, đã lập biên bản";
    let known = evidence::acknowledge(&office.app, &ctx, why).await.unwrap();
    let known = known.vaults;
    assert_eq!(known.len(), 1);
    let entry = journal::last_of(&office.app.db, journal::LOST_VAULT).await;
    let after = entry.unwrap().unwrap().change.after.unwrap();
    assert!(
        after.contains(why) && after.contains(&known[0].root),
        "{after}"
    );
    let office = office.again().await;
    assert_eq!(office.said().await, Vec::<String>::new());
    evidence::run(&office.app).await.unwrap();
    assert_eq!(office.alarms().await, Vec::<String>::new());
    // That holds for this one alone.
    let last = office.last().await;
    office.reminds_at("18").await;
    let office = office.cut_for_good(last, undo).await;
    bad(&office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_together_with_the_vault_stays_bad_on_sqlite() {
    for_good(Office::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_together_with_the_vault_stays_bad_on_postgres() {
    if let Some(database) = testkit::postgres::database() {
        for_good(Office::new(Some(database)).await).await;
    }
}

/// Cut behind the first checkpoint that the journal notes, the keys alone tell that there was one.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_to_the_beginning_stays_bad() {
    for at in ["seq", "seq - 1"] {
        let p = Office::empty().await;
        let sql = format!("SELECT {at} AS seq FROM journal WHERE noun = 'vault'");
        let begun = p.app.db.fetch_one("journal", &sql, &[]).await.unwrap();
        let begun = begun.unwrap().int("seq").unwrap();
        let undo = "UPDATE view_version SET version = version";
        let p = p.cut_for_good(begun, undo).await;
        p.names(&[UNKNOWN]).await;
    }
}
