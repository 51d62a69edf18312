//! Accounts, sessions, one-time links, tokens, and the throttle.

use domain::{
    authority::{Grant, Permission, Role},
    id::{AccountId, Id, OrganizationId},
};
use store::{
    Db, StoreError,
    account::*,
    device, feed,
    session::*,
    throttle,
    token::{self, ApiToken},
};

use crate::{NOW, all, below, organization};

crate::on_both!(
    an_account_is_kept_with_its_roles,
    sessions_end,
    a_link_is_used_once,
    tokens_end,
    a_feed_is_its_account_s_until_it_is_ended,
    tries_are_counted_and_forgotten,
    a_start_link_dies_with_the_first_account,
    everything_of_an_account_ends_at_once,
    recovery_codes_are_used_once,
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
        seal: "s".into(),
    }
}

fn a_link(token: &str, account: Option<AccountId>) -> Link {
    Link {
        token_hash: token.into(),
        account,
        expires_at: NOW + 100,
        seal: "s".into(),
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
    moved.seen_at = NOW + 500;
    moved.expires_at = NOW + 2_000;
    let mut tx = db.begin().await.unwrap();
    touch(&mut tx, &moved).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(of_account(db, a.id, NOW + 1_500).await.unwrap(), [moved]);
    let mut tx = db.begin().await.unwrap();
    assert_eq!(sweep(&mut tx, NOW + 1_500).await.unwrap(), (2, vec![]));
    create(&mut tx, &session("t4", a.id)).await.unwrap();
    create(&mut tx, &session("t5", a.id)).await.unwrap();
    let taken = take(&mut tx, "t4", NOW).await.unwrap();
    assert_eq!(taken, Some(session("t4", a.id)));
    assert_eq!(take(&mut tx, "t4", NOW).await.unwrap(), None, "once");
    assert_eq!(take(&mut tx, "t5", NOW + 1_000).await.unwrap(), None);
    end(&mut tx, "t5").await.unwrap();
    assert_eq!(end_all(&mut tx, a.id).await.unwrap(), 1, "t2");
    tx.commit().await.unwrap();
}

async fn a_link_is_used_once(db: &Db) {
    let a = account("a", None);
    write(db, &a).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for token in ["own", "other"] {
        make_link(&mut tx, &a_link(token, Some(a.id)))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let own = link(db, "own", NOW).await.unwrap();
    assert_eq!(own, Some(a_link("own", Some(a.id))));
    assert_eq!(link(db, "own", NOW + 100).await.unwrap(), None);
    // Of many who try at once one is first.
    let tries = (0..6).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let first = use_link(&mut tx, "own", a.id, NOW).await.unwrap();
            tx.commit().await.unwrap();
            first
        })
    });
    let mut used = 0;
    for one in tries.collect::<Vec<_>>() {
        used += u32::from(one.await.unwrap());
    }
    assert_eq!(used, 1);
    for token in ["own", "other"] {
        assert_eq!(link(db, token, NOW).await.unwrap(), None);
    }
    let mut tx = db.begin().await.unwrap();
    make_link(&mut tx, &a_link("late", Some(a.id)))
        .await
        .unwrap();
    let late = use_link(&mut tx, "late", a.id, NOW + 100).await.unwrap();
    assert!(!late, "it has ended");
    assert!(!use_link(&mut tx, "unknown", a.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

async fn a_start_link_dies_with_the_first_account(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    for token in ["one", "two", "three"] {
        make_link(&mut tx, &a_link(token, None)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let start = link(db, "one", NOW).await.unwrap();
    assert_eq!(start, Some(a_link("one", None)));
    // Two come at once, each with a link of their own.
    let tries = ["one", "two"].map(|token| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            if !use_start_link(&mut tx, token, NOW).await.unwrap() {
                return 0;
            }
            save(&mut tx, &account(token, None), NOW).await.unwrap();
            tx.commit().await.unwrap();
            1
        })
    });
    let mut made = 0;
    for one in tries {
        made += one.await.unwrap();
    }
    assert_eq!((made, count(db).await.unwrap()), (1, 1));
    // One that another process made meanwhile is worth nothing either.
    let mut tx = db.begin().await.unwrap();
    make_link(&mut tx, &a_link("four", None)).await.unwrap();
    tx.commit().await.unwrap();
    for token in ["one", "two", "three", "four"] {
        assert_eq!(link(db, token, NOW).await.unwrap(), None, "{token}");
        let mut tx = db.begin().await.unwrap();
        assert!(!use_start_link(&mut tx, token, NOW).await.unwrap());
    }
}

fn api_token() -> ApiToken {
    ApiToken {
        id: "public".into(),
        name: "sao lưu".into(),
        scopes: vec![Permission::Read, Permission::Logs],
        created_at: NOW,
        expires_at: NOW + 10,
        used_at: None,
    }
}

async fn tokens_end(db: &Db) {
    let a = account("a", None);
    let b = account("b", None);
    write(db, &a).await.unwrap();
    write(db, &b).await.unwrap();
    let made = api_token();
    let mut tx = db.begin().await.unwrap();
    token::make(&mut tx, "hash", a.id, &made).await.unwrap();
    tx.commit().await.unwrap();
    let bearer = async |now| token::bearer(db, "hash", now).await.unwrap();
    assert_eq!(bearer(NOW + 10).await, None);
    assert_eq!(
        token::of_account(db, a.id).await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert_eq!(bearer(NOW + 1).await, Some((a.id, made.clone())));
    let used = token::of_account(db, a.id).await.unwrap();
    assert_eq!(used[0].used_at, Some(NOW + 1));
    let mut tx = db.begin().await.unwrap();
    let ended = token::end(&mut tx, b.id, "public").await.unwrap();
    assert_eq!(ended, None, "not the own");
    let ended = token::end(&mut tx, a.id, "public").await.unwrap();
    assert_eq!(ended.as_deref(), Some("sao lưu"));
    tx.commit().await.unwrap();
    assert_eq!(bearer(NOW).await, None);
}

async fn everything_of_an_account_ends_at_once(db: &Db) {
    let (a, b) = (account("a", None), account("b", None));
    for account in [&a, &b] {
        write(db, account).await.unwrap();
        let (id, of) = (account.id, |what: &str| format!("{what}-{}", account.login));
        let mut tx = db.begin().await.unwrap();
        create(&mut tx, &session(&of("session"), id)).await.unwrap();
        make_link(&mut tx, &a_link(&of("link"), Some(id)))
            .await
            .unwrap();
        let made = ApiToken {
            id: of("public"),
            ..api_token()
        };
        token::make(&mut tx, &of("token"), id, &made).await.unwrap();
        let known = device::KnownDevice {
            token_hash: of("device"),
            account: id,
            created_at: NOW,
            seen_at: NOW,
            remote: "10.0.0.1".into(),
            agent: "Firefox".into(),
        };
        device::note(&mut tx, &known).await.unwrap();
        let made = feed::CalendarFeed {
            id: of("feed"),
            name: "điện thoại".into(),
            created_at: NOW,
            expires_at: NOW + 100,
            used_at: None,
        };
        feed::make(&mut tx, &of("feed"), id, &made).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = db.begin().await.unwrap();
    end_everything(&mut tx, a.id).await.unwrap();
    tx.commit().await.unwrap();
    for (login, stands) in [("a", false), ("b", true)] {
        let of = |what: &str| format!("{what}-{login}");
        let found = [
            get(db, &of("session"), NOW).await.unwrap().is_some(),
            link(db, &of("link"), NOW).await.unwrap().is_some(),
            token::bearer(db, &of("token"), NOW)
                .await
                .unwrap()
                .is_some(),
            device::get(db, &of("device"), 0).await.unwrap().is_some(),
            feed::account(db, &of("feed"), NOW).await.unwrap().is_some(),
        ];
        assert_eq!(found, [stands; 5], "{login}");
    }
    assert_eq!(device::get(db, "device-b", NOW).await.unwrap(), None, "old");
}

async fn tries_are_counted_and_forgotten(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let none = throttle::hold(&mut tx, "name:a").await.unwrap();
    assert_eq!(none, throttle::Tries::default());
    let tries = throttle::Tries {
        failures: 3,
        last_at: NOW,
        until: NOW + 1,
    };
    for subject in [
        "name:a",
        "name:ab",
        "factor:1:x",
        "factor:1:y",
        "factor:12:x",
    ] {
        throttle::hold(&mut tx, subject).await.unwrap();
        throttle::put(&mut tx, subject, tries).await.unwrap();
    }
    assert_eq!(throttle::hold(&mut tx, "name:a").await.unwrap(), tries);
    throttle::forget(&mut tx, "factor:1:").await.unwrap();
    let left = throttle::hold(&mut tx, "factor:1:x").await.unwrap();
    assert_eq!(left.failures, 0);
    assert_eq!(throttle::hold(&mut tx, "factor:12:x").await.unwrap(), tries);
    tx.commit().await.unwrap();
    // Old names go; what an account's own factor has counted stays.
    let mut tx = db.begin().await.unwrap();
    sweep(&mut tx, NOW + 3_600_000).await.unwrap();
    assert_eq!(throttle::hold(&mut tx, "name:a").await.unwrap().failures, 0);
    assert_eq!(throttle::hold(&mut tx, "factor:12:x").await.unwrap(), tries);
    tx.commit().await.unwrap();
    // Who counts at the same moment counts one after the other.
    let counts = (0..16).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let mut tries = throttle::hold(&mut tx, "factor:2:x").await.unwrap();
            tries.failures += 1;
            throttle::put(&mut tx, "factor:2:x", tries).await.unwrap();
            tx.commit().await.unwrap();
        })
    });
    for count in counts.collect::<Vec<_>>() {
        count.await.unwrap();
    }
    let mut tx = db.begin().await.unwrap();
    let counted = throttle::hold(&mut tx, "factor:2:x").await.unwrap();
    assert_eq!(counted.failures, 16);
}

async fn recovery_codes_are_used_once(db: &Db) {
    let (a, b) = (account("a", None), account("b", None));
    write(db, &a).await.unwrap();
    write(db, &b).await.unwrap();
    let set = async |hashes: &[&str]| {
        let hashes: Vec<String> = hashes.iter().map(|h| (*h).to_owned()).collect();
        let mut tx = db.begin().await.unwrap();
        device::set_recovery(&mut tx, a.id, &hashes).await.unwrap();
        tx.commit().await.unwrap();
    };
    let spend = async |account, hash: &str| {
        let mut tx = db.begin().await.unwrap();
        let spent = device::use_recovery(&mut tx, account, hash).await.unwrap();
        tx.commit().await.unwrap();
        spent
    };
    set(&["h1", "h2"]).await;
    assert!(!spend(b.id, "h1").await, "another's");
    assert!(spend(a.id, "h1").await);
    assert!(!spend(a.id, "h1").await, "once");
    assert_eq!(device::recovery_left(db, a.id).await.unwrap(), 1);
    set(&["h3"]).await;
    assert!(
        !spend(a.id, "h2").await,
        "new ones stand in place of the old"
    );
    let mut used = account("c", None);
    used.totp_step = 7;
    write(db, &used).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert!(!use_totp_step(&mut tx, used.id, 7).await.unwrap());
    assert!(use_totp_step(&mut tx, used.id, 8).await.unwrap());
    assert!(!use_totp_step(&mut tx, used.id, 8).await.unwrap());
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
        expires_at: 7,
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
    assert_eq!(feed::account(db, "hash", 7).await.unwrap(), None, "over");
    assert_eq!(end(a).await, 1);
    assert_eq!(feed::account(db, "hash", 6).await.unwrap(), None);
}
