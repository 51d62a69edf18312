//! One holder at a time, and no commit of one that was.

use std::time::Duration;

use store::{
    Db, StoreError, args,
    lease::{as_holder, is_held, release, take},
};

crate::on_both!(
    one_holds_at_a_time,
    who_was_taken_over_commits_nothing,
    a_holder_that_begins_anew_fences_itself,
    what_no_clock_of_ours_wrote_is_free,
);

async fn touch(db: &Db) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let sql = "INSERT INTO setting (province, key, value, updated_at) VALUES ('', $1, '1', 1)";
    tx.execute("setting", sql, &args!["x"]).await?;
    tx.commit().await
}

async fn one_holds_at_a_time(db: &Db) {
    let first = take(db, "watch", "a", 60_000, true).await.unwrap();
    assert!(first.is_some());
    assert_eq!(take(db, "watch", "b", 60_000, true).await.unwrap(), None);
    assert!(
        take(db, "verdicts", "b", 60_000, true)
            .await
            .unwrap()
            .is_some()
    );
    let longer = take(db, "watch", "a", 60_000, false).await.unwrap();
    assert_eq!(longer, first, "held for longer it is the same");
    release(db, &first.unwrap()).await.unwrap();
    assert!(take(db, "watch", "b", 1, true).await.unwrap().is_some());
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(take(db, "watch", "c", 1, true).await.unwrap().is_some());
}

async fn who_was_taken_over_commits_nothing(db: &Db) {
    let first = take(db, "watch", "a", 1, true).await.unwrap().unwrap();
    as_holder(first.clone(), touch(db)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = take(db, "watch", "b", 60_000, true).await.unwrap().unwrap();
    db.execute("setting", "DELETE FROM setting", &[])
        .await
        .unwrap();
    let late = as_holder(first.clone(), touch(db)).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    let kept = db
        .fetch("setting", "SELECT key FROM setting", &[])
        .await
        .unwrap();
    assert!(kept.is_empty());
    // Nor does it end the lease of the other.
    release(db, &first).await.unwrap();
    as_holder(second, touch(db)).await.unwrap();
}

async fn a_holder_that_begins_anew_fences_itself(db: &Db) {
    let before = take(db, "watch", "a", 60_000, true).await.unwrap().unwrap();
    let after = take(db, "watch", "a", 60_000, true).await.unwrap().unwrap();
    assert!(as_holder(before, touch(db)).await.is_err());
    as_holder(after, touch(db)).await.unwrap();
}

async fn what_no_clock_of_ours_wrote_is_free(db: &Db) {
    take(db, "watch", "a", 1, true).await.unwrap().unwrap();
    for (epoch, until_at) in [
        (5, 9_000_000_000_000_000_i64),
        (i64::MAX, 0),
        (-9, 0),
        (i64::MAX, i64::MAX),
    ] {
        let sql = "UPDATE lease SET holder = 'zz', epoch = $1, until_at = $2";
        db.execute("lease", sql, &args![epoch, until_at])
            .await
            .unwrap();
        assert!(!is_held(db, "watch").await.unwrap());
        let held = take(db, "watch", "b", 15_000, true).await.unwrap();
        as_holder(held.expect("it is free"), touch(db))
            .await
            .unwrap();
        db.execute("setting", "DELETE FROM setting", &[])
            .await
            .unwrap();
        assert!(is_held(db, "watch").await.unwrap());
        assert_eq!(take(db, "watch", "c", 15_000, true).await.unwrap(), None);
    }
    assert!(!is_held(db, "verdicts").await.unwrap());
}
