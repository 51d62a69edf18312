//! Whose an address is, on both engines.

use domain::{
    claim::{ClaimKind, ClaimState, Wanted, Why},
    id::{Id, OrganizationId},
    net, noun,
    record::{Record, Value},
};
use store::{Db, StoreError, claim, log_claim, log_source, registry, target};

use crate::{NOW, all, below, claimed, organization, record};

crate::on_both!(
    an_address_has_one_owner,
    two_that_write_at_once_do_not_both_have_it,
    what_was_not_granted_is_not_in_force,
    what_was_there_before_is_its_first_owners,
    lines_are_of_whom_the_address_or_the_name_was_granted_to,
    earlier_lines_count_for_the_device_until_that_is_taken_back,
);

fn wanted(address: &str, unit: Id) -> Wanted {
    Wanted {
        kind: ClaimKind::Address,
        key: ClaimKind::Address.key(address).unwrap(),
        organization: OrganizationId(unit),
        value: address.into(),
    }
}

async fn grant(db: &Db, address: &str, unit: Id, shared: bool) -> Result<(), StoreError> {
    let claim = claim::Claim {
        shared,
        ..claimed(wanted(address, unit), ClaimState::Granted)
    };
    let mut tx = db.begin().await?;
    claim::save(&mut tx, &[claim]).await?;
    tx.commit().await
}

async fn an_address_has_one_owner(db: &Db) {
    let (a, b) = (
        organization(db, "A", "A", None).await,
        organization(db, "B", "B", None).await,
    );
    grant(db, "10.0.0.1", a, false).await.unwrap();
    let second = grant(db, "::ffff:10.0.0.1", b, false).await;
    assert!(
        matches!(second, Err(StoreError::Duplicate { .. })),
        "{second:?}"
    );
    // Shared it is both's, once both say so.
    grant(db, "10.0.0.1", a, true).await.unwrap();
    grant(db, "10.0.0.1", b, true).await.unwrap();
}

async fn two_that_write_at_once_do_not_both_have_it(db: &Db) {
    let mut units = Vec::new();
    for code in ["A", "B", "C", "D"] {
        units.push(organization(db, code, code, None).await);
    }
    let tries = units.iter().map(|unit| {
        let (db, unit) = (db.clone(), *unit);
        tokio::spawn(async move {
            let wanted = wanted("10.0.0.1", unit);
            let mut tx = db.begin().await.unwrap();
            let value = [(wanted.kind, wanted.key.as_str())];
            claim::lock(&mut tx, value).await.unwrap();
            let taken = claim::to_values(&mut tx, value).await.unwrap();
            let free = taken.is_empty();
            if free {
                tokio::task::yield_now().await;
                let claim = claimed(wanted, ClaimState::Granted);
                claim::save(&mut tx, &[claim]).await.unwrap();
            }
            tx.commit().await.unwrap();
            free
        })
    });
    let mut owners = 0;
    for each in tries.collect::<Vec<_>>() {
        owners += usize::from(each.await.unwrap());
    }
    assert_eq!(owners, 1);
}

fn device(code: &str, unit: Id, more: &[(&str, Value)]) -> Record {
    let mut values = vec![
        ("code", code.into()),
        ("name", code.into()),
        ("organization", unit.into()),
        ("role", "firewall".into()),
        ("status", "active".into()),
        ("probe", "icmp".into()),
    ];
    values.extend_from_slice(more);
    record(&values)
}

/// Writes devices without a word on their claims.
async fn devices(db: &Db, devices: &[Record]) {
    let mut tx = db.begin().await.unwrap();
    let schema = noun::get("device").unwrap();
    registry::insert(&mut tx, schema, devices, "test", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn what_was_not_granted_is_not_in_force(db: &Db) {
    let unit = organization(db, "A", "A", None).await;
    let other = organization(db, "B", "B", None).await;
    let fw = device("fw", unit, &[("address", "10.0.0.1".into())]);
    devices(db, std::slice::from_ref(&fw)).await;
    let probed = async || target::list(db, &all()).await.unwrap().len();
    let open = async |scope| claim::open(db, &scope, (0, 50)).await.unwrap();
    // Nobody decided: it waits, and is on the list for all that.
    assert_eq!(probed().await, 0);
    let listed = open(all()).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].0.state, ClaimState::Waiting);
    assert_eq!(listed[0].1[0].subject, "fw");
    assert_eq!(open(below(OrganizationId(other))).await, []);
    grant(db, "10.0.0.1", unit, false).await.unwrap();
    assert_eq!(probed().await, 1);
    assert_eq!(open(all()).await, []);
    let own = claim::of_record(db, &all(), fw.id).await.unwrap();
    assert_eq!((own.len(), own[0].state), (1, ClaimState::Granted));
    // In use it is not given up; retired it is.
    let mut tx = db.begin().await.unwrap();
    let of = wanted("10.0.0.1", unit);
    assert_eq!(claim::release(&mut tx, &of).await.unwrap(), None);
    let mut retired = fw.clone();
    retired.values.insert("status".into(), "retired".into());
    registry::update(&mut tx, noun::get("device").unwrap(), &retired, "test", NOW)
        .await
        .unwrap();
    let gone = claim::release(&mut tx, &of).await.unwrap().unwrap();
    assert_eq!((gone.kind, &gone.key), (of.kind, &of.key));
    tx.commit().await.unwrap();
    grant(db, "10.0.0.1", other, false).await.unwrap();
}

/// The statement of the migration that grants what was there.
fn of_the_migration(db: &Db) -> &'static str {
    let text = match db.engine() {
        "sqlite" => include_str!("../../migrations/sqlite/0014_claims.sql"),
        _ => include_str!("../../migrations/postgres/0014_claims.sql"),
    };
    let start = text.find("INSERT INTO claim").unwrap();
    let end = text[start..].find(';').unwrap();
    &text[start..start + end]
}

async fn what_was_there_before_is_its_first_owners(db: &Db) {
    let (a, b) = (
        organization(db, "A", "A", None).await,
        organization(db, "B", "B", None).await,
    );
    let schema = noun::get("device").unwrap();
    for (code, unit, at) in [("a1", a, NOW), ("b1", b, NOW - 5), ("b2", b, NOW + 9)] {
        let one = device(code, unit, &[("address", "10.0.0.1".into())]);
        let mut tx = db.begin().await.unwrap();
        registry::insert(&mut tx, schema, &[one], "test", at)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let alone = device("a2", a, &[("address", "10.0.0.2".into())]);
    devices(db, &[alone]).await;
    db.execute("claims", of_the_migration(db), &[])
        .await
        .unwrap();
    let mut probed: Vec<String> = (target::list(db, &all()).await.unwrap().into_iter())
        .map(|t| t.subject)
        .collect();
    probed.sort();
    assert_eq!(probed, ["a2", "b1", "b2"]);
    let listed = claim::open(db, &all(), (0, 50)).await.unwrap();
    let waits: Vec<(OrganizationId, Why)> = (listed.iter())
        .map(|(c, _)| (c.organization, c.why))
        .collect();
    assert_eq!(waits, [(OrganizationId(a), Why::Taken)]);
}

async fn lines_are_of_whom_the_address_or_the_name_was_granted_to(db: &Db) {
    let (a, b) = (
        organization(db, "A", "A", None).await,
        organization(db, "B", "B", None).await,
    );
    let relay = [
        ("address", "10.0.0.1".into()),
        ("relay", Value::Boolean(true)),
    ];
    let named = [("log_name", "FW-B".into()), ("address", "10.9.9.9".into())];
    devices(
        db,
        &[
            device("relay", a, &relay),
            device("behind", b, &named),
            device("nat", b, &[("address", "10.0.0.2".into())]),
            device(
                "nat-named",
                b,
                &[("address", "10.0.0.2".into()), ("log_name", "x".into())],
            ),
        ],
    )
    .await;
    let found = async || {
        let known = log_source::registered(db).await.unwrap();
        let mut found: Vec<(String, Option<String>, OrganizationId)> = (known.into_iter())
            .map(|r| (r.address, r.host, r.organization))
            .collect();
        found.sort();
        found
    };
    assert_eq!(found().await, []);
    grant(db, "10.0.0.1", a, false).await.unwrap();
    grant(db, "10.0.0.2", b, true).await.unwrap();
    let (a, b) = (OrganizationId(a), OrganizationId(b));
    // The relay's own; what is shared with other units is nobody's without a name.
    assert_eq!(found().await, [("10.0.0.1".into(), None, a)]);
    let name = |name: &str| Wanted {
        kind: ClaimKind::LogName,
        key: ClaimKind::LogName.key(name).unwrap(),
        organization: b,
        value: name.into(),
    };
    let names = [name("fw-b"), name("x")].map(|w| claimed(w, ClaimState::Granted));
    let mut tx = db.begin().await.unwrap();
    claim::save(&mut tx, &names).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        found().await,
        [
            ("10.0.0.1".into(), None, a),
            ("10.0.0.1".into(), Some("FW-B".into()), b),
            ("10.0.0.1".into(), Some("x".into()), b),
            ("10.0.0.2".into(), Some("x".into()), b),
        ]
    );
}

async fn earlier_lines_count_for_the_device_until_that_is_taken_back(db: &Db) {
    let unit = organization(db, "A", "A", None).await;
    let fw = device("fw", unit, &[("address", "10.0.0.1".into())]);
    devices(db, std::slice::from_ref(&fw)).await;
    let facts = async || {
        let sql = "SELECT lines, first_received_at, last_received_at FROM fact_log_source";
        let rows = db.fetch("fact", sql, &[]).await.unwrap();
        assert_eq!(rows.len(), 1);
        (
            rows[0].opt_int("lines").unwrap(),
            rows[0].opt_int("first_received_at").unwrap(),
            rows[0].opt_int("last_received_at").unwrap(),
        )
    };
    assert_eq!(facts().await, (None, None, None));
    let mut claim = log_claim::LogClaim {
        id: Id::new(NOW),
        peer: net::parse_address("10.0.0.1").unwrap().to_string(),
        host: None,
        as_device: None,
        as_organization: None,
        device: fw.id,
        organization: OrganizationId(unit),
        from_at: NOW - 100,
        to_at: NOW,
        claimed_at: NOW,
        claimed_by: "test".into(),
        ended_at: None,
        ended_by: None,
        counted_at: Some(NOW),
        lines: 7,
        first_at: Some(NOW - 90),
        last_at: Some(NOW - 10),
    };
    let save = async |claim: &log_claim::LogClaim| {
        let mut tx = db.begin().await.unwrap();
        log_claim::save(&mut tx, claim).await.unwrap();
        tx.commit().await.unwrap();
    };
    save(&claim).await;
    assert_eq!(
        facts().await,
        (Some(7), Some(NOW - 90), Some(NOW - 10)),
        "the claimed alone"
    );
    let own = log_source::LogSource {
        device: fw.id,
        first_received_at: NOW + 1,
        last_received_at: NOW + 2,
        lines: 2,
    };
    let mut tx = db.begin().await.unwrap();
    log_source::save(&mut tx, &[own], NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        facts().await,
        (Some(9), Some(NOW - 90), Some(NOW + 2)),
        "both"
    );
    claim.ended_at = Some(NOW + 3);
    save(&claim).await;
    assert_eq!(
        facts().await,
        (Some(2), Some(NOW + 1), Some(NOW + 2)),
        "its own alone"
    );
    assert_eq!(log_claim::standing(db, &all()).await.unwrap(), []);
}
