//! What others wrote is heard of; what no engine takes is refused by both.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use store::{Db, StoreError, args, journal};

use crate::{Bench, NOW, all, organization};

crate::on_both!(
    a_nul_is_refused_and_not_a_fault,
    a_commit_tells_what_it_touched,
    background_work_goes_in_batches_beside_people,
);

fn change(noun: &str) -> journal::Change {
    journal::Change {
        at: NOW,
        actor_id: None,
        actor: "test".into(),
        request: "-".into(),
        remote: "-".into(),
        noun: noun.into(),
        record_id: "1".into(),
        organization_id: None,
        action: "update".into(),
        before: None,
        after: None,
    }
}

async fn touch(db: &Db, noun: &str) {
    let mut tx = db.begin().await.unwrap();
    tx.journal(change(noun));
    tx.commit().await.unwrap();
}

async fn a_nul_is_refused_and_not_a_fault(db: &Db) {
    let text = || args!["a\0b"];
    let sql = "SELECT CAST($1 AS TEXT) AS t";
    let read = db.fetch("nul", sql, &text()).await;
    assert!(matches!(read, Err(StoreError::Nul { .. })), "{read:?}");
    let mut tx = db.begin().await.unwrap();
    let read = tx.fetch("nul", sql, &text()).await;
    assert!(matches!(read, Err(StoreError::Nul { .. })), "{read:?}");
    let set = store::setting::set(&mut tx, None, "k", "a\0", NOW).await;
    assert!(matches!(set, Err(StoreError::Nul { .. })), "{set:?}");
    // The transaction is as good as before: nothing reached the engine.
    store::setting::set(&mut tx, None, "k", "a", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn a_commit_tells_what_it_touched(db: &Db) {
    let heard: Arc<Mutex<Vec<BTreeSet<String>>>> = Arc::default();
    let ears = Arc::clone(&heard);
    db.on_commit(move |touched| ears.lock().unwrap().push(touched.clone()));
    touch(db, "device").await;
    let mut tx = db.begin().await.unwrap();
    for noun in ["site", "device"] {
        tx.journal(change(noun));
    }
    tx.touch("fact_target");
    tx.commit().await.unwrap();
    // What is dropped touched nothing.
    let mut tx = db.begin().await.unwrap();
    tx.journal(change("circuit"));
    drop(tx);
    let expected: Vec<BTreeSet<String>> = [&["device"][..], &["device", "fact_target", "site"]]
        .iter()
        .map(|views| views.iter().map(|v| (*v).to_owned()).collect())
        .collect();
    assert_eq!(*heard.lock().unwrap(), expected);
    assert_eq!(db.news().await.unwrap(), BTreeSet::new(), "it is our own");
}

/// Two programs on one database.
async fn what_another_wrote_is_news(ours: &Db, theirs: &Db) {
    assert!(ours.news().await.unwrap().is_empty());
    touch(theirs, "device").await;
    touch(ours, "device").await;
    touch(ours, "site").await;
    let device: BTreeSet<String> = ["device".to_owned()].into();
    assert_eq!(ours.news().await.unwrap(), device);
    assert!(ours.news().await.unwrap().is_empty(), "once");
    let both: BTreeSet<String> = ["device".to_owned(), "site".to_owned()].into();
    assert_eq!(theirs.news().await.unwrap(), both);
}

#[tokio::test]
async fn what_another_wrote_is_news_on_sqlite() {
    let bench = Bench::sqlite().await;
    let path = bench.folder.path().join("records.db").display().to_string();
    let other = Db::open(&path).await.unwrap();
    what_another_wrote_is_news(&bench.db, &other).await;
    // Who comes later takes what is there as it is.
    assert!(
        Db::open(&path)
            .await
            .unwrap()
            .news()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_another_wrote_is_news_on_postgres() {
    let Some(url) = testkit::postgres::database() else {
        return;
    };
    let (ours, theirs) = (Db::open(&url).await.unwrap(), Db::open(&url).await.unwrap());
    what_another_wrote_is_news(&ours, &theirs).await;
}

async fn background_work_goes_in_batches_beside_people(db: &Db) {
    let unit = organization(db, "A", "A", None).await;
    let background = {
        let db = db.clone();
        tokio::spawn(async move {
            let (mut written, mut batches) = (0, 0);
            while written < 20_000 {
                let mut tx = db.begin_later().await.unwrap();
                let room = tx.room().min(20_000 - written);
                let rows: Vec<Vec<store::Arg>> = (0..room)
                    .map(|i| args![format!("k{}", written + i), "", "1", NOW].to_vec())
                    .collect();
                let into = "setting (key, province, value, updated_at)";
                tx.insert_many("settings", into, "", &rows).await.unwrap();
                tx.commit().await.unwrap();
                (written, batches) = (written + room, batches + 1);
            }
            batches
        })
    };
    let mut saves = 0;
    while !background.is_finished() {
        touch(db, "device").await;
        saves += 1;
        tokio::task::yield_now().await;
    }
    let batches = background.await.unwrap();
    assert!(batches > 2, "{batches} batches");
    assert!(
        saves > batches / 2,
        "{saves} saves beside {batches} batches"
    );
    assert_eq!(store::setting::all(db).await.unwrap().len(), 20_000);
    let schema = domain::noun::get("organization").unwrap();
    assert!(
        store::registry::get(db, &all(), schema, unit)
            .await
            .unwrap()
            .is_some()
    );
}
