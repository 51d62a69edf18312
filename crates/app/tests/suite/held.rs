//! Tables that follow from what people do: each row is held against the journal too.

use app::{account, assess, feed, registry};
use domain::{
    authority::{Permission, Role},
    id::Id,
};
use store::args;

use crate::{
    VINH_LONG,
    evidence::Office,
    sign_in::{PASSWORD, draft},
    values,
};

impl Office {
    async fn device(&self, code: &str, address: &str) -> Id {
        let given = [
            ("code", code),
            ("name", code),
            ("organization", "B"),
            ("role", "firewall"),
            ("status", "active"),
            ("address", address),
        ];
        self.add("device", &given).await
    }

    /// An account that is signed in, with a token and a feed.
    async fn keyholder(&self, login: &str) -> account::Authenticated {
        let (app, ctx) = (&self.app, self.ctx());
        let unit = registry::get(app, &ctx, "organization", "B").await.unwrap();
        let draft = draft(login, Role::Viewer, Some(unit.id));
        let id = account::save(app, &ctx, None, draft).await.unwrap();
        let link = account::issue_link(app, &ctx, id).await.unwrap();
        let chosen = account::Chosen {
            login: "",
            name: "",
            password: PASSWORD,
        };
        let browser = account::Browser::new("test");
        let signed_in = account::redeem(app, &ctx, &link, &chosen, &browser);
        let token = signed_in.await.unwrap().token;
        let me = account::authenticate(app, &token).await.unwrap().unwrap();
        account::make_token(app, &ctx, &me, login, &[Permission::Read], 30)
            .await
            .unwrap();
        feed::make(app, &ctx, &me, login, 30).await.unwrap();
        me
    }

    /// Claims that were granted, given up and moved; lines that a device claimed; tokens that
    /// stand and that ended; verdicts that turned.
    pub(crate) async fn live(&self) {
        let (app, ctx) = (&self.app, self.ctx());
        for (cidr, unit) in [("10.0.0.0/8", None), ("10.1.0.0/16", Some("B"))] {
            let mut given = vec![("cidr", cidr), ("purpose", "LAN")];
            given.extend(unit.map(|unit| ("organization", unit)));
            self.add("prefix", &given).await;
        }
        let stranger = "INSERT INTO unknown_sender (peer, first_at, last_at, lines, sample) \
                        VALUES ('10.1.0.9', 1, 2, 3, 'x')";
        self.sql(stranger).await;
        self.device("FW1", "10.1.0.9").await;
        self.device("FW2", "10.1.0.2").await;
        let moved = self.device("FW3", "10.1.0.3").await;
        for (version, address) in [(1, "10.1.0.4"), (2, "10.1.0.5")] {
            let found = registry::get(app, &ctx, "device", "FW3").await.unwrap();
            let mut given = found.values;
            given.extend(values(&[("address", address)]));
            registry::save(app, &ctx, "device", Some((moved, version)), given)
                .await
                .unwrap();
        }
        registry::delete(app, &ctx, "device", moved, 3)
            .await
            .unwrap();
        self.keyholder("binh").await;
        let gone = self.keyholder("chi").await;
        let at = account::get(app, &ctx, gone.account).await.unwrap();
        let off = account::Draft {
            enabled: false,
            ..draft("chi", Role::Viewer, None)
        };
        account::save(app, &ctx, Some((at.id, at.version)), off)
            .await
            .unwrap();
        let adopted = [("regulation", VINH_LONG), ("starts_on", "2019-11-11")];
        self.add("adoption", &adopted).await;
        assess::evaluate(app, true).await.unwrap();
        self.add(
            "contact",
            &[
                ("organization", "B"),
                ("role", "it-officer"),
                ("name", "Trần Văn Y"),
                ("starts_on", "2026-01-01"),
            ],
        )
        .await;
        assess::evaluate(app, true).await.unwrap();
        self.anchor().await;
        assert_eq!(self.said().await, Vec::<String>::new());
        let closed = "SELECT id FROM verdict WHERE valid_to IS NOT NULL";
        assert!(
            !app.db
                .fetch("verdict", closed, &[])
                .await
                .unwrap()
                .is_empty()
        );
    }
}

/// What is done, in SQL, and what is said of it.
const BESIDE: &[(&str, &[&str])] = &[
    // Whose an address is: given to another, granted by nobody, added, taken away.
    (
        "UPDATE claim SET organization_id = (SELECT id FROM organization WHERE code = 'C') \
         WHERE value = '10.1.1.1'",
        &[
            "claim address 10.1.1.1 ",
            " is in no entry",
            "claim address 10.1.1.1 ",
            " is gone (entry ",
        ],
    ),
    (
        "UPDATE claim SET state = 'waiting' WHERE value = '10.1.0.2'",
        &["state: \"granted\" in the journal"],
    ),
    (
        "UPDATE claim SET decided_by = 'ai đó' WHERE value = '10.1.0.2'",
        &["decided_by: \"console\" in the journal"],
    ),
    (
        "UPDATE claim SET asked_at = asked_at - 1, why = 'outside' WHERE value = '10.1.0.2'",
        &["asked_at: ", "why: \"free\""],
    ),
    (
        "INSERT INTO claim (kind, value_key, value, organization_id, state, shared, why, asked_at, asked_by) \
         SELECT kind, 'x', '10.66.0.1', organization_id, state, shared, why, asked_at, asked_by FROM claim \
         WHERE value = '10.1.0.9'",
        &["claim address 10.66.0.1 "],
    ),
    (
        "DELETE FROM claim WHERE value = '10.1.0.0/16'",
        &["claim prefix 10.1.0.0/16 "],
    ),
    // Whose the earlier lines of a stranger are.
    (
        "UPDATE log_claim SET device_id = (SELECT id FROM device WHERE code = 'FW2')",
        &["log-claim ", "device: "],
    ),
    (
        "UPDATE log_claim SET from_at = from_at - 86400000, claimed_by = 'ai đó', last_at = to_at",
        &["from_at: ", "claimed_by: ", "last_at: "],
    ),
    // An earlier version of an entry that is gone; who wrote another, and when.
    (
        "DELETE FROM entry_revision WHERE version = 1",
        &["version 1: "],
    ),
    (
        "UPDATE entry_revision SET recorded_by = 'ai đó'",
        &["version 2, author: \"console\" in the journal"],
    ),
    (
        "UPDATE entry_revision SET recorded_at = recorded_at + 1",
        &["version 2, time: "],
    ),
    // Tokens and feeds: more rights, another's, another secret, one that nobody made, one gone.
    (
        "UPDATE api_token SET scopes = 'read,write,manage'",
        &["scopes: \"read\" in the journal"],
    ),
    (
        "UPDATE api_token SET account_id = (SELECT id FROM account WHERE login = 'an'), token_hash = 'x'",
        &["account: ", "fingerprint: "],
    ),
    (
        "INSERT INTO api_token (token_hash, id, account_id, name, created_at, expires_at, scopes) \
         SELECT 'y', 'y', account_id, name, created_at, expires_at, scopes FROM api_token",
        &["api-token y is in no entry"],
    ),
    (
        "DELETE FROM calendar_feed",
        &["calendar-feed ", " is gone (entry "],
    ),
    // Verdicts: what holds, what held, one that nobody gave, one that is gone, its evidence.
    (
        "UPDATE verdict SET status = 'met' WHERE id = (SELECT MIN(id) FROM verdict WHERE valid_to IS NULL)",
        &["verdict ", "row: "],
    ),
    (
        "UPDATE verdict SET valid_to = valid_to + 1 WHERE valid_to IS NOT NULL",
        &["verdict ", "row: "],
    ),
    (
        "INSERT INTO verdict (id, regulation, clause, organization_id, status, reason, evidence_hash, pack_hash, \
         valid_from, valid_to, recorded_at, closed_at) SELECT 'f0000000-0000-7000-8000-000000000000', regulation, \
         clause, organization_id, status, reason, evidence_hash, pack_hash, valid_from, valid_from, recorded_at, \
         recorded_at FROM verdict WHERE id = (SELECT MIN(id) FROM verdict)",
        &["verdict f0000000-0000-7000-8000-000000000000 is in no entry"],
    ),
    (
        "DELETE FROM verdict WHERE id = (SELECT MAX(id) FROM verdict WHERE id < 'f0')",
        &["verdict ", " is gone (entry "],
    ),
];

async fn each_is_named(office: Office) {
    office.live().await;
    let mut said = office.said().await;
    let mut all = Vec::new();
    for (sql, expected) in BESIDE {
        office.sql(sql).await;
        office.names(expected).await;
        let now = office.said().await;
        assert_ne!(now, said, "nothing new is said of: {sql}");
        said = now;
        all.extend_from_slice(expected);
    }
    office.named_at_once_and_later(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_what_people_do_is_held_on_sqlite() {
    each_is_named(Office::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_what_people_do_is_held_on_postgres() {
    if let Some(database) = testkit::postgres::database() {
        each_is_named(Office::new(Some(database)).await).await;
    }
}

/// A journal of an older version tells nothing of claims and verdicts: the first start with this
/// one tells how they stand, once, and from then on they are held.
async fn before_is_told_once(database: Option<String>) {
    let office = Office::new(database).await;
    office.live().await;
    let count = async || {
        let sql = "SELECT COUNT(*) AS n FROM journal WHERE noun = 'baseline'";
        let row = office.app.db.fetch_one("journal", sql, &[]).await.unwrap();
        row.unwrap().int("n").unwrap()
    };
    assert_eq!(count().await, 2);
    // As an older version left it: nothing of them in the journal.
    let mut replay = store::replay::Replay::new(domain::noun::all());
    store::journal::walk(&office.app.db, |entry, _| {
        if !["claim", "verdicts", "baseline"].contains(&entry.change.noun.as_str()) {
            replay.take(&entry);
        }
        Ok(())
    })
    .await
    .unwrap();
    let of = |compared: &store::replay::Compared| {
        let nouns = compared.mismatches.iter().map(|m| m.noun.clone());
        nouns.collect::<std::collections::BTreeSet<_>>()
    };
    let compared = replay.compare(&office.app.db).await.unwrap();
    assert!(!of(&compared).contains("claim") && !of(&compared).contains("verdict"));
    // What is told then holds them, and no more than once.
    let mut tx = office.app.db.begin().await.unwrap();
    let told = store::replay::restate(&mut tx).await.unwrap();
    drop(tx);
    let entry = |noun: &str, id: &str, organization, after| store::journal::JournalEntry {
        seq: 1,
        previous_hash: String::new(),
        hash: String::new(),
        seal: None,
        change: store::journal::Change {
            at: 0,
            actor_id: None,
            actor: "giềng".into(),
            request: String::new(),
            remote: String::new(),
            noun: noun.into(),
            record_id: id.into(),
            organization_id: organization,
            action: "baseline".into(),
            before: None,
            after,
        },
    };
    let sql = "UPDATE claim SET note = 'x' WHERE value = $1";
    let args = args!["10.1.0.2"];
    let touched = office.app.db.execute("tamper", sql, &args).await;
    assert_eq!(touched.unwrap(), 1);
    let mut replay = store::replay::Replay::new(domain::noun::all());
    replay.take(&entry("baseline", "tables", None, None));
    for t in told {
        replay.take(&entry(
            t.noun,
            &t.record_id,
            t.organization_id,
            Some(t.after),
        ));
    }
    let compared = replay.compare(&office.app.db).await.unwrap();
    let ours = ["claim", "verdict", "api-token", "calendar-feed"];
    let named = compared
        .mismatches
        .iter()
        .filter(|m| ours.contains(&m.noun.as_str()));
    let named: Vec<_> = named.map(|m| (m.noun.as_str(), m.field.as_str())).collect();
    assert_eq!(named, [("claim", "note")], "{compared:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_is_told_once_on_sqlite() {
    before_is_told_once(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_is_told_once_on_postgres() {
    if let Some(database) = testkit::postgres::database() {
        before_is_told_once(Some(database)).await;
    }
}
