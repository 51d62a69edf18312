//! Jobs, runs of reconcilers, settings.

use std::collections::HashSet;

use domain::id::{Id, OrganizationId};
use store::{Db, args, job::*, setting};

use crate::NOW;

crate::on_both!(
    two_never_lease_the_same,
    a_lease_runs_out_and_a_failure_comes_back,
    a_key_waits_once,
    runs_and_settings_are_kept,
);

async fn queue(db: &Db, key: Option<&str>, run_at: i64) {
    let mut tx = db.begin().await.unwrap();
    enqueue(&mut tx, "mail", "{}", key, run_at, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn two_never_lease_the_same(db: &Db) {
    for n in 0..60 {
        queue(db, None, NOW + n % 2).await;
    }
    let leasers = (0..6).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let jobs = lease(&db, "mail", NOW + 1, 60_000, 4).await.unwrap();
                if jobs.is_empty() {
                    return mine;
                }
                mine.extend(jobs.into_iter().map(|j| j.id));
            }
        })
    });
    let mut all: Vec<Id> = Vec::new();
    for leaser in leasers.collect::<Vec<_>>() {
        all.extend(leaser.await.unwrap());
    }
    // A leaser that finds the rest locked goes home early; who comes later gets the rest.
    all.extend(
        lease(db, "mail", NOW + 1, 60_000, 100)
            .await
            .unwrap()
            .iter()
            .map(|j| j.id),
    );
    assert_eq!(all.len(), 60);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 60);
}

async fn a_lease_runs_out_and_a_failure_comes_back(db: &Db) {
    queue(db, None, NOW + 100).await;
    // Each way has its own queue.
    let other = lease(db, "webhook", NOW + 100, 1_000, 9).await.unwrap();
    assert_eq!(other, []);
    assert_eq!(lease(db, "mail", NOW, 1_000, 9).await.unwrap(), []);
    let first = lease(db, "mail", NOW + 100, 1_000, 9).await.unwrap();
    assert_eq!((first.len(), first[0].attempts), (1, 1));
    assert_eq!(
        lease(db, "mail", NOW + 1_100, 1_000, 9).await.unwrap(),
        [],
        "it is leased"
    );
    let second = lease(db, "mail", NOW + 1_101, 1_000, 9).await.unwrap();
    assert_eq!((second[0].id, second[0].attempts), (first[0].id, 2));
    // Whose lease ended neither puts it back nor marks it done.
    assert!(!retry(db, &first[0], NOW + 2_000, "late").await.unwrap());
    assert!(!finish(db, &first[0], NOW + 1_102, None).await.unwrap());
    assert!(
        retry(db, &second[0], NOW + 5_000, "no route")
            .await
            .unwrap()
    );
    assert_eq!(lease(db, "mail", NOW + 4_999, 1_000, 9).await.unwrap(), []);
    let third = lease(db, "mail", NOW + 5_000, 1_000, 9).await.unwrap();
    assert_eq!(third[0].attempts, 3);
    assert!(finish(db, &third[0], NOW + 5_001, None).await.unwrap());
    assert!(!finish(db, &third[0], NOW + 5_002, None).await.unwrap());
    assert_eq!(lease(db, "mail", NOW + 99_000, 1_000, 9).await.unwrap(), []);
}

async fn a_key_waits_once(db: &Db) {
    queue(db, Some("mail:1"), NOW).await;
    queue(db, Some("mail:1"), NOW).await;
    queue(db, Some("mail:2"), NOW).await;
    queue(db, None, NOW).await;
    queue(db, None, NOW).await;
    let jobs = lease(db, "mail", NOW, 1_000, 9).await.unwrap();
    assert_eq!(jobs.len(), 4);
    // Done, its key is free again.
    for job in jobs {
        assert!(finish(db, &job, NOW, Some("given up")).await.unwrap());
    }
    let mut tx = db.begin().await.unwrap();
    assert_eq!(sweep(&mut tx, NOW).await.unwrap(), 0, "not so old");
    assert_eq!(sweep(&mut tx, NOW + 1).await.unwrap(), 4);
    tx.commit().await.unwrap();
    queue(db, Some("mail:1"), NOW).await;
    assert_eq!(lease(db, "mail", NOW, 1_000, 9).await.unwrap().len(), 1);
    // What is given up in its transaction was never queued.
    let mut tx = db.begin().await.unwrap();
    enqueue(&mut tx, "mail", "{}", None, NOW, NOW)
        .await
        .unwrap();
    drop(tx);
    assert_eq!(lease(db, "mail", NOW, 1_000, 9).await.unwrap(), []);
}

async fn runs_and_settings_are_kept(db: &Db) {
    let run = |outcome: &str, good_at| TaskRun {
        name: "verdicts".into(),
        started_at: NOW,
        finished_at: Some(NOW + 1),
        outcome: outcome.into(),
        detail: "12 đơn vị".into(),
        good_at,
    };
    note_run(db, &run("ok", Some(NOW + 1))).await.unwrap();
    note_run(db, &run("failed", None)).await.unwrap();
    // When it last went well is not forgotten for a run that failed.
    assert_eq!(runs(db).await.unwrap(), [run("failed", Some(NOW + 1))]);

    let mut tx = db.begin().await.unwrap();
    setting::set(&mut tx, None, "a", "1", NOW).await.unwrap();
    setting::set(&mut tx, None, "b", "\"x\"", NOW)
        .await
        .unwrap();
    setting::set(&mut tx, None, "a", "2", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let known = setting::all(db).await.unwrap();
    let shown = |known: &[setting::Setting]| -> Vec<(bool, String, String)> {
        let row = |s: &setting::Setting| (s.province.is_some(), s.key.clone(), s.value.clone());
        known.iter().map(row).collect()
    };
    let common = [
        (false, "a".to_owned(), "2".to_owned()),
        (false, "b".to_owned(), "\"x\"".to_owned()),
    ];
    assert_eq!(shown(&known), common);

    // A province's own choice stands beside the common one until it is taken back.
    let province = OrganizationId(Id::new(NOW));
    let mut tx = db.begin().await.unwrap();
    setting::set(&mut tx, Some(province), "a", "3", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let own = setting::all(db).await.unwrap();
    let own = own.iter().find(|s| s.province == Some(province)).unwrap();
    assert_eq!((own.key.as_str(), own.value.as_str()), ("a", "3"));
    let mut tx = db.begin().await.unwrap();
    setting::unset(&mut tx, province, "a").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shown(&setting::all(db).await.unwrap()), common);
    let row = db
        .fetch_one(
            "setting",
            "SELECT COUNT(*) AS n FROM setting WHERE key = $1",
            &args!["a"],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.int("n").unwrap(), 1);
}
