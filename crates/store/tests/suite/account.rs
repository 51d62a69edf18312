//! Accounts, sessions, one-time links, tokens, and the throttle.

use domain::{
    authority::{Grant, Role},
    id::{AccountId, Id, OrganizationId},
};
use store::{Db, StoreError, account::*, feed, session::*};

use crate::{NOW, all, below, organization};

crate::on_both!(
    an_account_is_kept_with_its_roles,
    sessions_end,
    a_link_is_used_once,
    tokens_end,
    a_feed_is_its_account_s_until_it_is_ended,
    failures_are_counted_and_forgotten,
);

fn account(login: &str, organization: Option<Id>) -> Account {
    Account {
        id: AccountId(Id::new(NOW)),
        version: 1,
        login: login.into(),
        name: "Trần Thị Ê".into(),
        email: Some("e@x.vn".into()),
        organization: organization.map(OrganizationId),
        kind: "personal".into(),
        language: "vi".into(),
        enabled: true,
        password_hash: None,
        password_changed_at: None,
        must_change: true,
        totp_secret: None,
        totp_since: None,
        totp_step: 0,
        failures: 0,
        locked_until: None,
        last_sign_in_at: None,
        grants: Vec::new(),
    }
}

async fn write(db: &Db, account: &Account) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    save(&mut tx, account, NOW).await?;
    tx.commit().await
}

async fn an_account_is_kept_with_its_roles(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    assert_eq!(count(db).await.unwrap(), 0);
    let mut a = account("e.tran", Some(unit));
    a.grants = vec![
        Grant {
            role: Role::Officer,
            organization: Some(OrganizationId(unit)),
        },
        Grant {
            role: Role::Auditor,
            organization: None,
        },
    ];
    write(db, &a).await.unwrap();
    assert_eq!(by_login(db, "e.tran").await.unwrap(), Some(a.clone()));
    assert_eq!(by_login(db, "nobody").await.unwrap(), None);

    a.password_hash = Some("$argon2id$…".into());
    a.must_change = false;
    a.totp_step = 59_000_000;
    a.locked_until = Some(NOW + 1);
    a.grants.truncate(1);
    write(db, &a).await.unwrap();
    let read = by_id(db, a.id).await.unwrap().unwrap();
    assert_eq!(
        read,
        Account {
            version: 2,
            ..a.clone()
        }
    );
    assert!(matches!(write(db, &a).await, Err(StoreError::Stale { .. })));
    let taken = write(db, &account("e.tran", None)).await;
    assert!(
        matches!(taken, Err(StoreError::Duplicate { .. })),
        "{taken:?}"
    );

    write(db, &account("province", None)).await.unwrap();
    let logins = async |scope| {
        let accounts = list(db, &scope).await.unwrap();
        accounts.into_iter().map(|a| a.login).collect::<Vec<_>>()
    };
    assert_eq!(logins(all()).await, ["e.tran", "province"]);
    assert_eq!(logins(below(OrganizationId(unit))).await, ["e.tran"]);

    let mut tx = db.begin().await.unwrap();
    for (n, hash) in ["h1", "h2", "h3"].into_iter().enumerate() {
        let at = NOW + i64::try_from(n).unwrap();
        remember_password(&mut tx, a.id, hash, at).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(past_passwords(db, a.id, 2).await.unwrap(), ["h3", "h2"]);
    assert_eq!(past_passwords(db, a.id, 0).await.unwrap(), [""; 0]);
}

fn session(token: &str, account: AccountId) -> Session {
    Session {
        token_hash: token.into(),
        account,
        stage: "totp".into(),
        created_at: NOW,
        seen_at: NOW,
        expires_at: NOW + 1_000,
        remote: "10.0.0.1".into(),
        agent: "Firefox".into(),
    }
}

async fn sessions_end(db: &Db) {
    let a = account("a", None);
    write(db, &a).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for token in ["t1", "t2", "t3"] {
        create(&mut tx, &session(token, a.id)).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(
        get(db, "t1", NOW + 999).await.unwrap(),
        Some(session("t1", a.id))
    );
    assert_eq!(get(db, "t1", NOW + 1_000).await.unwrap(), None);
    assert_eq!(get(db, "t", NOW).await.unwrap(), None);

    let mut moved = session("t2", a.id);
    moved.stage = "full".into();
    moved.seen_at = NOW + 500;
    moved.expires_at = NOW + 2_000;
    let mut tx = db.begin().await.unwrap();
    touch(&mut tx, &moved).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(of_account(db, a.id, NOW + 1_500).await.unwrap(), [moved]);
    let mut tx = db.begin().await.unwrap();
    assert_eq!(sweep(&mut tx, NOW + 1_500).await.unwrap(), 2);
    create(&mut tx, &session("t4", a.id)).await.unwrap();
    create(&mut tx, &session("t5", a.id)).await.unwrap();
    assert_eq!(end_others(&mut tx, a.id, Some("t4")).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert!(get(db, "t4", NOW).await.unwrap().is_some());
    let mut tx = db.begin().await.unwrap();
    end(&mut tx, "t4").await.unwrap();
    assert_eq!(end_others(&mut tx, a.id, None).await.unwrap(), 0);
    tx.commit().await.unwrap();
}

async fn a_link_is_used_once(db: &Db) {
    let a = account("a", None);
    write(db, &a).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    make_link(&mut tx, "first", None, NOW + 100).await.unwrap();
    make_link(&mut tx, "own", Some(a.id), NOW + 100)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(link(db, "first", NOW).await.unwrap(), Some(None));
    assert_eq!(link(db, "own", NOW).await.unwrap(), Some(Some(a.id)));
    assert_eq!(link(db, "own", NOW + 100).await.unwrap(), None);
    // Of many who try at once one is first.
    let tries = (0..6).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let first = use_link(&mut tx, "own", NOW).await.unwrap();
            tx.commit().await.unwrap();
            first
        })
    });
    let mut used = 0;
    for one in tries.collect::<Vec<_>>() {
        used += u32::from(one.await.unwrap());
    }
    assert_eq!(used, 1);
    assert_eq!(link(db, "own", NOW).await.unwrap(), None);
    let mut tx = db.begin().await.unwrap();
    assert!(
        !use_link(&mut tx, "first", NOW + 100).await.unwrap(),
        "it has ended"
    );
    assert!(!use_link(&mut tx, "unknown", NOW).await.unwrap());
    tx.commit().await.unwrap();
}

async fn tokens_end(db: &Db) {
    let a = account("a", None);
    let b = account("b", None);
    write(db, &a).await.unwrap();
    write(db, &b).await.unwrap();
    let token = ApiToken {
        id: "public".into(),
        name: "sao lưu".into(),
        created_at: NOW,
        expires_at: NOW + 10,
        used_at: None,
    };
    let mut tx = db.begin().await.unwrap();
    make_token(&mut tx, "hash", a.id, &token).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(token_account(db, "hash", NOW).await.unwrap(), Some(a.id));
    assert_eq!(token_account(db, "hash", NOW + 10).await.unwrap(), None);
    assert_eq!(tokens(db, a.id).await.unwrap(), [token]);
    let mut tx = db.begin().await.unwrap();
    assert_eq!(
        end_token(&mut tx, b.id, "public").await.unwrap(),
        0,
        "not the own"
    );
    assert_eq!(end_token(&mut tx, a.id, "public").await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(token_account(db, "hash", NOW).await.unwrap(), None);
}

async fn failures_are_counted_and_forgotten(db: &Db) {
    assert_eq!(failures(db, "10.0.0.9").await.unwrap(), (0, 0));
    let note = async |at| {
        let mut tx = db.begin().await.unwrap();
        note_failure(&mut tx, "10.0.0.9", at, 1_000).await.unwrap();
        tx.commit().await.unwrap();
    };
    note(NOW).await;
    note(NOW + 1_000).await;
    assert_eq!(failures(db, "10.0.0.9").await.unwrap(), (2, NOW + 1_000));
    note(NOW + 2_001).await;
    assert_eq!(
        failures(db, "10.0.0.9").await.unwrap(),
        (1, NOW + 2_001),
        "after a quiet time"
    );
    let mut tx = db.begin().await.unwrap();
    forget_failures(&mut tx, "10.0.0.9").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(failures(db, "10.0.0.9").await.unwrap(), (0, 0));
}

async fn a_feed_is_its_account_s_until_it_is_ended(db: &Db) {
    let (a, b) = (account("a", None), account("b", None));
    write(db, &a).await.unwrap();
    write(db, &b).await.unwrap();
    let (a, b) = (a.id, b.id);
    let made = feed::CalendarFeed {
        id: Id::new(1).to_string(),
        name: "điện thoại".into(),
        created_at: 1,
        used_at: None,
    };
    let mut tx = db.begin().await.unwrap();
    feed::make(&mut tx, "hash", a, &made).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(feed::account(db, "other", 5).await.unwrap(), None);
    assert_eq!(feed::account(db, "hash", 5).await.unwrap(), Some(a));
    let known = feed::of_account(db, a).await.unwrap();
    assert_eq!(
        (known[0].name.as_str(), known[0].used_at),
        ("điện thoại", Some(5))
    );
    assert_eq!(feed::of_account(db, b).await.unwrap(), []);
    let end = async |account: AccountId| {
        let mut tx = db.begin().await.unwrap();
        let ended = feed::end(&mut tx, account, &made.id).await.unwrap();
        tx.commit().await.unwrap();
        ended
    };
    assert_eq!(end(b).await, 0);
    assert_eq!(end(a).await, 1);
    assert_eq!(feed::account(db, "hash", 6).await.unwrap(), None);
}
