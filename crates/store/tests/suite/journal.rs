//! The change journal: a chain that shows what was changed, taken out or put in.

use domain::id::{Id, OrganizationId};
use store::{Db, args, journal::*};

use crate::{NOW, all, below, organization};

crate::on_both!(
    the_chain_holds_and_shows_tampering,
    nobody_without_the_key_writes_an_entry,
    writers_at_once_make_one_chain,
    the_journal_is_read_in_scope,
    the_journal_tells_what_is_new,
    the_journal_tells_whose_records_changed_since,
);

fn change(n: i64, organization: Option<Id>) -> Change {
    Change {
        at: NOW + n,
        actor_id: None,
        actor: "Nguyễn Văn Đ".into(),
        request: "r".into(),
        remote: "10.0.0.1".into(),
        noun: "device".into(),
        record_id: format!("d{n}"),
        organization_id: organization.map(|o| o.to_string()),
        action: "update".into(),
        before: (n % 2 == 0).then(|| format!("{{\"n\":{n}}}")),
        after: Some("{\"tên\":\"“x”\"}".into()),
    }
}

async fn write(db: &Db, changes: &[Change]) {
    let mut tx = db.begin().await.unwrap();
    changes
        .iter()
        .cloned()
        .for_each(|change| tx.journal(change));
    tx.commit().await.unwrap();
}

/// The whole chain read, and the first place where it does not hold.
async fn verify(db: &Db) -> (Walked, Option<Break>) {
    let mut first = None;
    let walked = walk(db, |_, broken| {
        first = first.take().or(broken);
        Ok(())
    });
    (walked.await.unwrap(), first)
}

async fn the_chain_holds_and_shows_tampering(db: &Db) {
    let (empty, bad) = verify(db).await;
    assert_eq!((empty.last, empty.head.as_str(), bad), (0, GENESIS, None));
    // More than one page of the verification.
    let many: Vec<Change> = (0..2_500).map(|n| change(n, None)).collect();
    write(db, &many[..1]).await;
    write(db, &many[1..]).await;
    write(db, &[]).await;
    let good = verify(db).await;
    assert_eq!((good.0.last, &good.1), (2_500, &None));
    assert_ne!(good.0.head, GENESIS);

    // Each column counts; a NULL is not an empty text.
    for (set, back) in [
        ("after = '{}'", "after = '{\"tên\":\"“x”\"}'"),
        ("before = ''", "before = NULL"),
        ("actor = 'x'", "actor = 'Nguyễn Văn Đ'"),
        ("at = at + 1", "at = at - 1"),
        ("remote = ''", "remote = '10.0.0.1'"),
        ("request = 's'", "request = 'r'"),
        ("noun = 'site'", "noun = 'device'"),
        ("action = 'delete'", "action = 'update'"),
        ("organization_id = 'x'", "organization_id = NULL"),
        ("actor_id = 'x'", "actor_id = NULL"),
        ("record_id = 'x'", "record_id = 'd2101'"),
    ] {
        let change = |set: &str| format!("UPDATE journal SET {set} WHERE seq = 2102");
        db.execute("tamper", &change(set), &[]).await.unwrap();
        assert_eq!(verify(db).await.1, Some(Break::Changed(2_102)), "{set}");
        db.execute("mend", &change(back), &[]).await.unwrap();
        assert_eq!(verify(db).await, good, "{back}");
    }
    // Who recomputes the hash of the changed entry breaks the link after it.
    db.execute(
        "tamper",
        "UPDATE journal SET hash = $1 WHERE seq = 3",
        &args!["0".repeat(64)],
    )
    .await
    .unwrap();
    assert_eq!(verify(db).await.1, Some(Break::Changed(3)));
    db.execute("tamper", "DELETE FROM journal WHERE seq = 3", &[])
        .await
        .unwrap();
    assert_eq!(verify(db).await.1, Some(Break::Missing(3)));
    // A cut-off end shows against the head noted elsewhere.
    db.execute("tamper", "DELETE FROM journal WHERE seq >= 3", &[])
        .await
        .unwrap();
    let (cut, bad) = verify(db).await;
    assert_eq!((cut.last, bad), (2, None));
    assert_ne!(cut.head, good.0.head);
}

async fn nobody_without_the_key_writes_an_entry(db: &Db) {
    let keyed = |key: u8| db.clone().sealing_with(Sealing::new(&[key; 32]));
    let ours = keyed(1);
    // What an older version wrote carries no seal; the first that does holds it by the chain.
    write(db, &[change(1, None), change(2, None)]).await;
    assert_eq!(verify(&ours).await.1, None);
    write(&ours, &[change(3, None), change(4, None)]).await;
    let (walked, bad) = verify(&ours).await;
    assert_eq!((walked.sealed_from, bad), (Some(3), None));
    // An entry that follows as it should, but without the key or with another.
    write(db, &[change(5, None)]).await;
    assert_eq!(verify(&ours).await.1, Some(Break::Unsealed(5)));
    assert_eq!(last_of(&ours, "device").await.unwrap().unwrap().seq, 4);
    db.execute("undo", "DELETE FROM journal WHERE seq = 5", &[])
        .await
        .unwrap();
    write(&keyed(2), &[change(5, None)]).await;
    assert_eq!(verify(&ours).await.1, Some(Break::Forged(5)));
    assert_eq!(last_of(&ours, "device").await.unwrap().unwrap().seq, 4);
    let mut seen = Vec::new();
    each_of(&ours, "device", 3, |entry| seen.push(entry.seq))
        .await
        .unwrap();
    // The fifth tells that the one which was written there is gone.
    assert_eq!(seen, [4, 6]);
    assert_eq!(newest_of(&ours, "device").await.unwrap().unwrap().seq, 6);
    // The seal of one entry does not fit another.
    db.execute(
        "tamper",
        "UPDATE journal SET seal = (SELECT seal FROM journal WHERE seq = 4) WHERE seq = 3",
        &[],
    )
    .await
    .unwrap();
    assert_eq!(verify(&ours).await.1, Some(Break::Forged(3)));
}

async fn writers_at_once_make_one_chain(db: &Db) {
    let writers = (0..8).map(|w| {
        let db = db.clone();
        tokio::spawn(async move {
            for n in 0..10 {
                write(&db, &[change(w * 100 + n, None), change(w, None)]).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let (walked, bad) = verify(db).await;
    assert_eq!((walked.last, bad), (160, None));
    // A transaction that is given up leaves no gap.
    let mut tx = db.begin().await.unwrap();
    tx.journal(change(1, None));
    drop(tx);
    write(db, &[change(2, None)]).await;
    assert_eq!(verify(db).await.0.last, 161);
}

async fn the_journal_is_read_in_scope(db: &Db) {
    let a = organization(db, "A", "A", None).await;
    let b = organization(db, "B", "B", None).await;
    write(
        db,
        &[change(1, Some(a)), change(2, Some(b)), change(3, None)],
    )
    .await;
    let seqs = async |scope, query: JournalQuery| {
        let entries = list(db, &scope, &query).await.unwrap();
        entries.iter().map(|e| e.seq).collect::<Vec<_>>()
    };
    let ten = || JournalQuery {
        limit: 10,
        ..JournalQuery::default()
    };
    assert_eq!(seqs(all(), ten()).await, [3, 2, 1]);
    assert_eq!(seqs(below(OrganizationId(a)), ten()).await, [1]);
    let before = JournalQuery {
        before_seq: Some(3),
        limit: 1,
        ..JournalQuery::default()
    };
    assert_eq!(seqs(all(), before).await, [2]);
    let record = JournalQuery {
        record_id: Some("d2".into()),
        ..ten()
    };
    assert_eq!(seqs(all(), record.clone()).await, [2]);
    assert_eq!(seqs(below(OrganizationId(a)), record).await, [0i64; 0]);
    let of = |unit| JournalQuery {
        organization: Some(OrganizationId(unit)),
        ..ten()
    };
    assert_eq!(seqs(all(), of(a)).await, [1]);
    assert_eq!(seqs(all(), of(b)).await, [2]);
    assert_eq!(
        seqs(below(OrganizationId(a)), of(b)).await,
        [0i64; 0],
        "a filter widens no scope"
    );
    let noun = JournalQuery {
        noun: Some("site".into()),
        ..ten()
    };
    assert_eq!(seqs(all(), noun).await, [0i64; 0]);
    let entry = &list(db, &all(), &ten()).await.unwrap()[1];
    assert_eq!(entry.change.before.as_deref(), Some("{\"n\":2}"));
    assert_eq!(entry.change.actor, "Nguyễn Văn Đ");
}

async fn the_journal_tells_what_is_new(db: &Db) {
    assert_eq!(last(db).await.unwrap(), 0);
    assert_eq!(news(db, 0, &["device"]).await.unwrap(), (None, None));
    let of = |noun: &str, n: i64| Change {
        noun: noun.into(),
        ..change(n, None)
    };
    write(db, &[of("device", 1), of("account", 2), of("site", 3)]).await;
    write(db, &[of("account", 4)]).await;
    assert_eq!(last(db).await.unwrap(), 4);
    let registry = ["device", "site"];
    let asked = async |after| news(db, after, &registry).await.unwrap();
    assert_eq!(asked(0).await, (Some(4), Some(3)));
    assert_eq!(asked(3).await, (Some(4), None));
    assert_eq!(asked(4).await, (None, None));
}

async fn the_journal_tells_whose_records_changed_since(db: &Db) {
    let (a, b) = (Id::new(NOW), Id::new(NOW));
    let moved = Change {
        before: Some(format!(r#"{{"name":"x","organization":"{a}"}}"#)),
        ..change(3, Some(b))
    };
    let gone = Change {
        noun: "site".into(),
        action: "delete".into(),
        before: Some(format!(r#"{{"organization":"{a}"}}"#)),
        after: None,
        ..change(4, Some(a))
    };
    write(db, &[change(1, Some(a)), moved, gone, change(5, None)]).await;
    let since = async |n: i64, nouns: &[&str]| {
        let mut changed = changed_since(db, NOW + n, nouns).await.unwrap();
        changed.sort();
        changed
    };
    let of = |noun: &str, id: Option<Id>| (noun.to_owned(), id.map(OrganizationId));
    let mut both = vec![
        of("device", None),
        of("device", Some(a)),
        of("device", Some(b)),
    ];
    both.sort();
    assert_eq!(
        since(1, &["device"]).await,
        both,
        "also from whom it went away"
    );
    assert_eq!(
        since(3, &["device", "site"]).await,
        [of("device", None), of("site", Some(a))]
    );
    assert_eq!(since(5, &["device", "site"]).await, []);
}
