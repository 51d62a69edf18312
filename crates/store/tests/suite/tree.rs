//! What stands below what: closure, circles, depth, and moves at the same time.

use std::collections::BTreeSet;

use domain::{
    id::{Id, OrganizationId},
    noun,
    record::{Record, Value},
    schema::MOST_DEPTH,
};
use store::{
    Db, StoreError,
    registry::{delete, get, insert, update},
};

use crate::{NOW, all, organization, record};

crate::on_both!(
    the_closure_is_what_the_parents_say,
    nothing_stands_too_deep,
    nothing_stands_below_itself,
    a_circuit_with_its_ends_swapped_is_refused,
    a_circle_that_circuits_hid_is_refused,
    of_two_moves_at_once_none_makes_a_circle,
);

/// Ancestor, descendant, depth.
type Closure = BTreeSet<(String, String, i64)>;

async fn closure(db: &Db, sql: &str) -> Closure {
    let rows = db.fetch("closure", sql, &[]).await.unwrap();
    let read = |row: &store::Row| {
        let text = |column| row.text(column).unwrap();
        (text("a"), text("d"), row.int("depth").unwrap())
    };
    rows.iter().map(read).collect()
}

/// What is kept, and what follows from the parents.
async fn closures(db: &Db) -> (Closure, Closure) {
    let kept = "SELECT ancestor_id AS a, descendant_id AS d, depth FROM organization_closure";
    let follows = "WITH RECURSIVE up (a, d, depth) AS ( \
        SELECT id, id, CAST(0 AS BIGINT) FROM organization UNION ALL \
        SELECT o.parent_id, up.d, up.depth + 1 FROM up JOIN organization o ON o.id = up.a \
        WHERE o.parent_id IS NOT NULL AND up.depth < 99) SELECT a, d, depth FROM up";
    (closure(db, kept).await, closure(db, follows).await)
}

async fn put(db: &Db, noun: &str, id: Id, field: &str, value: Value) -> Result<(), StoreError> {
    let schema = noun::get(noun).unwrap();
    let mut record = get(db, &all(), schema, id).await.unwrap().unwrap();
    record.values.insert(field.into(), value);
    let mut tx = db.begin().await?;
    update(&mut tx, schema, &record, "test", NOW).await?;
    tx.commit().await
}

async fn add(db: &Db, noun: &str, record: &Record) -> Result<(), StoreError> {
    crate::insert(db, noun, std::slice::from_ref(record)).await
}

async fn the_closure_is_what_the_parents_say(db: &Db) {
    let a = organization(db, "A", "A", None).await;
    let b = organization(db, "B", "B", Some(a)).await;
    let c = organization(db, "C", "C", Some(b)).await;
    let d = organization(db, "D", "D", Some(c)).await;
    let e = organization(db, "E", "E", None).await;
    let (kept, follows) = closures(db).await;
    assert_eq!(kept, follows);
    assert_eq!(kept.len(), 4 + 3 + 2 + 1 + 1);
    for (who, parent) in [
        (c, Some(e)),
        (e, Some(b)),
        (c, None),
        (b, None),
        (c, Some(a)),
    ] {
        let parent = parent.map_or(Value::Null, Value::from);
        put(db, "organization", who, "parent", parent)
            .await
            .unwrap();
        let (kept, follows) = closures(db).await;
        assert_eq!(kept, follows);
    }
    put(db, "organization", d, "name", "D2".into())
        .await
        .unwrap();
    let rest: BTreeSet<_> = closures(db).await.0;
    assert!(rest.contains(&(a.to_string(), d.to_string(), 2)));
}

/// A chain of organizations, from the top down.
async fn chain(db: &Db, name: &str, length: usize) -> Vec<Id> {
    let mut ids: Vec<Id> = Vec::new();
    for i in 0..length {
        let code = format!("{name}{i}");
        ids.push(organization(db, &code, &code, ids.last().copied()).await);
    }
    ids
}

async fn nothing_stands_too_deep(db: &Db) {
    let deep = chain(db, "X", MOST_DEPTH).await;
    let last = deep[MOST_DEPTH - 1];
    let one = record(&[
        ("code", "below".into()),
        ("name", "Dưới đáy".into()),
        ("kind", "department".into()),
        ("level", "province".into()),
        ("membership", "member".into()),
        ("parent", last.into()),
    ]);
    let refused = add(db, "organization", &one).await;
    assert!(
        matches!(&refused, Err(StoreError::TooDeep { name, .. }) if name == "Dưới đáy"),
        "{refused:?}"
    );
    // A scope of the root takes in the last one.
    let scope = crate::below(OrganizationId(deep[0]));
    let schema = noun::get("organization").unwrap();
    assert!(get(db, &scope, schema, last).await.unwrap().is_some());
    assert_eq!(get(db, &all(), schema, one.id).await.unwrap(), None);
    // A subtree that is moved takes its own depth along.
    let other = chain(db, "Y", 3).await;
    let moved = put(db, "organization", other[0], "parent", deep[13].into()).await;
    assert!(
        matches!(moved, Err(StoreError::TooDeep { .. })),
        "{moved:?}"
    );
    put(db, "organization", other[0], "parent", deep[12].into())
        .await
        .unwrap();
    let (kept, follows) = closures(db).await;
    assert_eq!(kept, follows);
    // Many at once, as an import writes them.
    let ids: Vec<Id> = (0..=MOST_DEPTH).map(|_| Id::new(NOW)).collect();
    let many: Vec<Record> = ids
        .iter()
        .enumerate()
        .map(|(i, id)| {
            let mut each = one.clone();
            each.id = *id;
            each.values.insert("code".into(), format!("Z{i}").into());
            let parent = i
                .checked_sub(1)
                .map_or(Value::Null, |above| ids[above].into());
            each.values.insert("parent".into(), parent);
            each
        })
        .collect();
    let refused = crate::insert(db, "organization", &many).await;
    assert!(
        matches!(refused, Err(StoreError::TooDeep { .. })),
        "{refused:?}"
    );
    crate::insert(db, "organization", &many[..MOST_DEPTH])
        .await
        .unwrap();
}

fn site(code: &str, owner: Id, parent: Option<Id>) -> Record {
    record(&[
        ("code", code.into()),
        ("name", code.into()),
        ("organization", owner.into()),
        ("class", "standard".into()),
        ("status", "active".into()),
        ("parent", parent.map_or(Value::Null, Value::from)),
    ])
}

fn circuit(code: &str, owner: Id, a: Id, z: Id, address: &str) -> Record {
    record(&[
        ("code", code.into()),
        ("organization", owner.into()),
        ("provider", owner.into()),
        ("a_site", a.into()),
        ("z_site", z.into()),
        ("address", address.into()),
        ("probe", "icmp".into()),
        ("status", "active".into()),
    ])
}

async fn nothing_stands_below_itself(db: &Db) {
    let units = chain(db, "U", 3).await;
    let refused = put(db, "organization", units[0], "parent", units[2].into()).await;
    let Err(StoreError::Circle { names, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(names, ["U0", "U2", "U1"]);
    let (kept, follows) = closures(db).await;
    assert_eq!(kept, follows);
    let near = site("near", units[0], None);
    let far = site("far", units[0], Some(near.id));
    for one in [&near, &far] {
        add(db, "site", one).await.unwrap();
    }
    let refused = put(db, "site", near.id, "parent", far.id.into()).await;
    assert!(
        matches!(refused, Err(StoreError::Circle { .. })),
        "{refused:?}"
    );
}

async fn a_circuit_with_its_ends_swapped_is_refused(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    let hub = site("hub", unit, None);
    add(db, "site", &hub).await.unwrap();
    let (one, two) = (
        site("one", unit, Some(hub.id)),
        site("two", unit, Some(hub.id)),
    );
    for each in [&one, &two] {
        add(db, "site", each).await.unwrap();
    }
    let first = circuit("K1", unit, one.id, hub.id, "10.0.0.1");
    add(db, "circuit", &first).await.unwrap();
    // A second way between the branches is no circle: each has its own way to the hub.
    for (later, a, z) in [(2, &two, &hub), (3, &one, &two), (4, &two, &one)] {
        let mut ring = circuit(&format!("K{later}"), unit, a.id, z.id, "10.0.0.2");
        // The first of a site's circuits is its way.
        ring.id = Id::new(NOW + later);
        add(db, "circuit", &ring).await.unwrap();
    }
    let swapped = circuit("K5", unit, hub.id, one.id, "10.0.0.5");
    let refused = add(db, "circuit", &swapped).await;
    let Err(StoreError::Circle { noun, names }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (noun.as_str(), names),
        ("circuit", vec!["hub".into(), "one".into()])
    );
    // Swapped by an edit: without its own circuit the branch still names the hub.
    let schema = noun::get("circuit").unwrap();
    let third = site("three", unit, Some(hub.id));
    add(db, "site", &third).await.unwrap();
    let own = circuit("K6", unit, third.id, hub.id, "10.0.0.6");
    add(db, "circuit", &own).await.unwrap();
    let mut edited = get(db, &all(), schema, own.id).await.unwrap().unwrap();
    edited.values.insert("a_site".into(), hub.id.into());
    edited.values.insert("z_site".into(), third.id.into());
    let mut tx = db.begin().await.unwrap();
    let refused = update(&mut tx, schema, &edited, "test", NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Circle { .. })),
        "{refused:?}"
    );
}

/// Two sites that name each other as parents, each with its own way to the hub by a circuit.
async fn a_circle_that_circuits_hid_is_refused(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    let [hub, other, one, two] = ["hub", "other", "one", "two"].map(|code| site(code, unit, None));
    for each in [&hub, &other, &one, &two] {
        add(db, "site", each).await.unwrap();
    }
    let ways = [
        circuit("K1", unit, one.id, hub.id, "10.0.0.1"),
        circuit("K2", unit, two.id, hub.id, "10.0.0.2"),
    ];
    for way in &ways {
        add(db, "circuit", way).await.unwrap();
    }
    for (who, parent) in [(one.id, two.id), (two.id, one.id)] {
        put(db, "site", who, "parent", parent.into()).await.unwrap();
    }
    let schema = noun::get("circuit").unwrap();
    let delete = async |id: Id, version: i64| {
        let mut tx = db.begin().await?;
        delete(&mut tx, schema, id, version).await?;
        tx.commit().await
    };
    // One of them may go, or begin elsewhere: the other still leads to the hub.
    put(db, "circuit", ways[0].id, "a_site", other.id.into())
        .await
        .unwrap();
    let moved = put(db, "circuit", ways[1].id, "a_site", other.id.into()).await;
    let retired = put(db, "circuit", ways[1].id, "status", "retired".into()).await;
    let unprobed = put(db, "circuit", ways[1].id, "address", Value::Null).await;
    for refused in [moved, retired, unprobed, delete(ways[1].id, 1).await] {
        let Err(StoreError::Circle { names, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(names, ["two", "one"]);
    }
    delete(ways[0].id, 2).await.unwrap();
}

async fn of_two_moves_at_once_none_makes_a_circle(db: &Db) {
    let schema = noun::get("organization").unwrap();
    for round in 0..25 {
        let a = organization(db, &format!("A{round}"), "A", None).await;
        let b = organization(db, &format!("B{round}"), "B", None).await;
        let move_below = |who: Id, parent: Id| {
            let db = db.clone();
            tokio::spawn(
                async move { put(&db, "organization", who, "parent", parent.into()).await },
            )
        };
        // A new one below each, too, while they move.
        let grow = |code: String, parent: Id| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut one = record(&[
                    ("code", code.into()),
                    ("name", "C".into()),
                    ("kind", "department".into()),
                    ("level", "province".into()),
                    ("membership", "member".into()),
                ]);
                one.values.insert("parent".into(), parent.into());
                let mut tx = db.begin().await?;
                insert(&mut tx, schema, std::slice::from_ref(&one), "test", NOW).await?;
                tx.commit().await
            })
        };
        let (ab, ba) = (move_below(a, b), move_below(b, a));
        let (ca, cb) = (grow(format!("CA{round}"), a), grow(format!("CB{round}"), b));
        let moved = [ab.await.unwrap(), ba.await.unwrap()];
        for grown in [ca, cb] {
            grown.await.unwrap().unwrap();
        }
        let done = moved.iter().filter(|m| m.is_ok()).count();
        assert_eq!(done, 1, "one of two is done: {moved:?}");
        let refused = moved.iter().find_map(|m| m.as_ref().err()).unwrap();
        assert!(matches!(refused, StoreError::Circle { .. }), "{refused:?}");
    }
    let (kept, follows) = closures(db).await;
    assert_eq!(kept, follows);
}
