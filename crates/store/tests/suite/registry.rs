//! Records of every noun: written, read, searched, sorted, scoped, changed, deleted.

use std::collections::HashMap;

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    noun,
    record::{Record, Value, Values},
    schema::{Field, Kind, Schema},
};
use store::{Db, StoreError, registry::*};

use crate::{NOW, all, below, insert, organization, record};

crate::on_both!(
    every_noun_is_kept_as_written,
    search_ignores_diacritics_and_case,
    wildcards_are_searched_as_they_are,
    lists_filter_sort_and_page,
    scope_is_the_subtree,
    what_is_unique_stays_so,
    references_hold,
    an_older_version_does_not_overwrite,
    keys_name_records,
    the_search_box_finds_all_nouns,
);

/// A value for each field, different for each `n`; references to what `made` holds.
fn values(schema: &Schema, n: usize, made: &HashMap<String, Id>) -> Values {
    let value = |f: &Field| -> Value {
        let number = i64::try_from(n).unwrap();
        match f.kind {
            Kind::Text | Kind::LongText => format!("Chữ {n} – “Đ”, ' và %_\\").into(),
            Kind::Code => format!("C-{n}").into(),
            Kind::Integer => Value::Integer(i64::MAX - number),
            Kind::Instant => Value::Integer(NOW + number),
            Kind::Decimal => Value::Decimal(0.1 + n as f64),
            Kind::Latitude => Value::Decimal(10.25 + n as f64 / 1e7),
            Kind::Longitude => Value::Decimal(105.97),
            Kind::Boolean => Value::Boolean(n.is_multiple_of(2)),
            Kind::Date => format!("2026-02-{:02}", 1 + n % 28).into(),
            // Where packs name the choices there are none here.
            Kind::Choice => match f.choices.len() {
                0 => "data-centre".into(),
                many => f.choices.keys().nth(n % many).unwrap().as_str().into(),
            },
            Kind::Reference => made
                .get(f.refers_to.as_deref().unwrap())
                .map_or(Value::Null, |id| (*id).into()),
            Kind::Ip => format!("10.9.{}.{}", n / 250, n % 250 + 1).into(),
            Kind::Prefix => format!("10.{n}.0.0/16").into(),
            Kind::Email => format!("a{n}@vinhlong.gov.vn").into(),
            Kind::Phone => format!("0270 38{n:05}").into(),
            Kind::Probe => "tcp:443".into(),
            Kind::TimeZone => "Asia/Tokyo".into(),
            Kind::File => "00".repeat(32).into(),
            Kind::Period => format!("{}", 2000 + n % 90).into(),
            Kind::Clause | Kind::Clauses => format!("{}.1", n + 1).into(),
        }
    };
    schema
        .fields
        .iter()
        .map(|f| (f.name.clone(), value(f)))
        .collect()
}

async fn every_noun_is_kept_as_written(db: &Db) {
    let mut made: HashMap<String, Id> = HashMap::new();
    // In the order of the menu what is referred to comes first, but for contacts.
    for schema in noun::all() {
        let mut rows = Vec::new();
        // What an organization has one of: there is one organization to refer to.
        let many = if schema.identity == ["organization"] {
            1
        } else {
            4
        };
        for n in 0..many {
            let mut values = values(schema, n, &made);
            if n % 2 == 1 {
                for field in schema.fields.iter().filter(|f| !f.required) {
                    values.insert(field.name.clone(), Value::Null);
                }
            }
            let one = Record {
                id: Id::new(NOW),
                version: 1,
                updated_at: NOW,
                values,
            };
            made.entry(schema.noun.clone()).or_insert(one.id);
            rows.push(one);
        }
        insert(db, &schema.noun, &rows).await.unwrap();
        for one in &rows {
            let read = get(db, &all(), schema, one.id).await.unwrap();
            assert_eq!(read.as_ref(), Some(one), "{}", schema.noun);
        }
        let page = list(db, &all(), schema, &RecordQuery::default())
            .await
            .unwrap();
        assert_eq!(page.total, many as i64, "{}", schema.noun);

        // Each changes wholly and back to nothing.
        let mut first = rows[0].clone();
        first.values = values(schema, 7, &made);
        // But for standing below itself.
        for field in &schema.fields {
            if field.refers_to.as_ref() == Some(&schema.noun) {
                first.values.insert(field.name.clone(), Value::Null);
            }
        }
        let mut tx = db.begin().await.unwrap();
        update(&mut tx, schema, &first, "test", NOW + 5)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let read = get(db, &all(), schema, first.id).await.unwrap().unwrap();
        assert_eq!(read.values, first.values, "{}", schema.noun);
        assert_eq!((read.version, read.updated_at), (2, NOW + 5));
        let last = rows.last().unwrap();
        let version = if last.id == first.id { 2 } else { 1 };
        let mut tx = db.begin().await.unwrap();
        delete(&mut tx, schema, last.id, version).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(get(db, &all(), schema, last.id).await.unwrap(), None);
    }
}

async fn search_ignores_diacritics_and_case(db: &Db) {
    organization(db, "VL", "Sở Khoa học và Công nghệ tỉnh Vĩnh Long", None).await;
    organization(db, "DT", "UBND xã Đông Thành", None).await;
    let schema = noun::get("organization").unwrap();
    for (words, found) in [
        ("vinh long", 1),
        ("VĨNH  LONG", 1),
        ("long khoa", 1),
        ("dong thanh", 1),
        ("đông", 1),
        ("long dong", 0),
        ("", 2),
        ("khoa\0", 1),
        // The word on the page of a choice is found too.
        ("so ban nganh", 2),
    ] {
        let query = RecordQuery {
            search: words.into(),
            ..RecordQuery::default()
        };
        let page = list(db, &all(), schema, &query).await.unwrap();
        assert_eq!(page.total, found, "{words:?}");
    }
}

async fn wildcards_are_searched_as_they_are(db: &Db) {
    organization(db, "A", "Tỷ lệ 100% xong", None).await;
    organization(db, "B", "Tỷ lệ 1000 xong", None).await;
    organization(db, "C", r"a\b_c", None).await;
    let schema = noun::get("organization").unwrap();
    for (words, found) in [
        ("100%", 1),
        ("%", 1),
        ("_", 1),
        (r"\", 1),
        ("a_b", 0),
        ("1", 2),
    ] {
        let query = RecordQuery {
            search: words.into(),
            ..RecordQuery::default()
        };
        let page = list(db, &all(), schema, &query).await.unwrap();
        assert_eq!(page.total, found, "{words:?}");
    }
}

async fn lists_filter_sort_and_page(db: &Db) {
    let schema = noun::get("organization").unwrap();
    // Dictionary order: Ă after A, D before Đ, numbers as numbers.
    let names = ["An", "Ân", "Ấn", "Dương", "Đông", "Phường 2", "Phường 10"];
    for (i, name) in names.iter().rev().enumerate() {
        organization(db, &format!("C{i}"), name, None).await;
    }
    let titles = |page: &RecordPage| -> Vec<String> {
        page.records
            .iter()
            .map(|r| r.text("name").to_owned())
            .collect()
    };
    let page = list(db, &all(), schema, &RecordQuery::default())
        .await
        .unwrap();
    assert_eq!(titles(&page), names);
    let down = RecordQuery {
        sort: Some(("name".into(), true)),
        ..RecordQuery::default()
    };
    let mut backwards = names.to_vec();
    backwards.reverse();
    assert_eq!(
        titles(&list(db, &all(), schema, &down).await.unwrap()),
        backwards
    );
    let by_code = RecordQuery {
        sort: Some(("code".into(), false)),
        ..RecordQuery::default()
    };
    assert_eq!(
        titles(&list(db, &all(), schema, &by_code).await.unwrap()),
        backwards
    );

    // Pages meet without overlap and without a gap, whatever is sorted by.
    for sort in ["name", "kind", "latitude", "nonsense"] {
        let mut seen = Vec::new();
        for offset in [0, 3, 6] {
            let query = RecordQuery {
                sort: Some((sort.into(), true)),
                offset,
                limit: 3,
                ..RecordQuery::default()
            };
            let page = list(db, &all(), schema, &query).await.unwrap();
            assert_eq!(page.total, 7);
            seen.extend(titles(&page));
        }
        seen.sort();
        let mut every = names.to_vec();
        every.sort_unstable();
        assert_eq!(seen, every, "sorted by {sort}");
    }
    for (field, value, found) in [
        ("kind", "department", 7),
        ("kind", "police", 0),
        ("code", "C3", 1),
        ("unknown-field", "x", 7),
        ("latitude", "10.5", 0),
    ] {
        let query = RecordQuery {
            filters: vec![(field.into(), value.into())],
            ..RecordQuery::default()
        };
        let page = list(db, &all(), schema, &query).await.unwrap();
        assert_eq!(page.total, found, "{field} = {value}");
    }
}

async fn scope_is_the_subtree(db: &Db) {
    let a = organization(db, "A", "Sở A", None).await;
    let a1 = organization(db, "A1", "Phòng A1", Some(a)).await;
    let b = organization(db, "B", "Sở B", None).await;
    let mut devices = Vec::new();
    for (code, owner) in [("d-a", a), ("d-a1", a1), ("d-b", b)] {
        devices.push(record(&[
            ("code", code.into()),
            ("name", code.into()),
            ("organization", owner.into()),
            ("role", "router".into()),
            ("status", "active".into()),
        ]));
    }
    insert(db, "device", &devices).await.unwrap();
    let schema = noun::get("device").unwrap();
    let seen = async |scope| {
        let page = list(db, &scope, schema, &RecordQuery::default())
            .await
            .unwrap();
        assert_eq!(usize::try_from(page.total).unwrap(), page.records.len());
        page.records
            .iter()
            .map(|r| r.text("code").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(all()).await, ["d-a", "d-a1", "d-b"]);
    assert_eq!(seen(below(OrganizationId(a))).await, ["d-a", "d-a1"]);
    assert_eq!(seen(below(OrganizationId(a1))).await, ["d-a1"]);
    let theirs = below(OrganizationId(b));
    assert_eq!(get(db, &theirs, schema, devices[0].id).await.unwrap(), None);
    assert_eq!(find(db, &theirs, schema, "code", "d-a").await.unwrap(), []);
    assert!(
        find(db, &theirs, schema, "code", "d-b")
            .await
            .unwrap()
            .len()
            == 1
    );
    // A filter by organization takes in its subtree, and never widens the scope.
    let by = |id: Id| RecordQuery {
        filters: vec![("organization".into(), id.to_string())],
        ..RecordQuery::default()
    };
    assert_eq!(list(db, &all(), schema, &by(a)).await.unwrap().total, 2);
    assert_eq!(list(db, &theirs, schema, &by(a)).await.unwrap().total, 0);

    let mut tx = db.begin().await.unwrap();
    assert!(
        covers(&mut tx, &below(OrganizationId(a)), OrganizationId(a1))
            .await
            .unwrap()
    );
    assert!(
        !covers(&mut tx, &below(OrganizationId(a1)), OrganizationId(a))
            .await
            .unwrap()
    );
    assert!(
        !covers(&mut tx, &all(), OrganizationId(Id::new(1)))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let mine = organizations_in(db, &below(OrganizationId(a)))
        .await
        .unwrap();
    assert_eq!(mine, [OrganizationId(a1), OrganizationId(a)]);
}

async fn what_is_unique_stays_so(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    let prefix = || {
        record(&[
            ("cidr", "10.1.0.0/16".into()),
            ("organization", unit.into()),
            ("purpose", "x".into()),
        ])
    };
    insert(db, "prefix", &[prefix()]).await.unwrap();
    let again = insert(db, "prefix", &[prefix()]).await.unwrap_err();
    assert!(
        matches!(again, StoreError::Duplicate { ref noun } if noun == "prefix"),
        "{again}"
    );
    // A refused transaction leaves nothing, not even its good rows.
    let mut good = prefix();
    good.values.insert("cidr".into(), "10.2.0.0/16".into());
    let both = insert(db, "prefix", &[good, prefix()]).await.unwrap_err();
    assert!(matches!(both, StoreError::Duplicate { .. }), "{both}");
    let schema = noun::get("prefix").unwrap();
    assert_eq!(
        list(db, &all(), schema, &RecordQuery::default())
            .await
            .unwrap()
            .total,
        1
    );
}

async fn references_hold(db: &Db) {
    let nobody = Id::new(NOW);
    let contact = record(&[
        ("organization", nobody.into()),
        ("role", "leader".into()),
        ("name", "A".into()),
        ("starts_on", "2026-01-01".into()),
    ]);
    let broken = insert(db, "contact", &[contact]).await.unwrap_err();
    assert!(matches!(broken, StoreError::Reference { .. }), "{broken}");
    let parent = organization(db, "P", "Trên", None).await;
    organization(db, "C", "Dưới", Some(parent)).await;
    let mut tx = db.begin().await.unwrap();
    let used = delete(&mut tx, noun::get("organization").unwrap(), parent, 1).await;
    assert!(
        matches!(used, Err(StoreError::Reference { .. })),
        "{used:?}"
    );
}

async fn an_older_version_does_not_overwrite(db: &Db) {
    let id = organization(db, "U", "Đơn vị", None).await;
    let schema = noun::get("organization").unwrap();
    let read = get(db, &all(), schema, id).await.unwrap().unwrap();
    let mut tx = db.begin().await.unwrap();
    update(&mut tx, schema, &read, "test", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let late = update(&mut tx, schema, &read, "test", NOW).await;
    assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
    let late = delete(&mut tx, schema, id, 1).await;
    assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
    drop(tx);
    assert_eq!(
        get(db, &all(), schema, id).await.unwrap().unwrap().version,
        2
    );
}

async fn keys_name_records(db: &Db) {
    let a = organization(db, "H61.12", "Sở Y tế", None).await;
    let b = organization(db, "H61.13", "Phòng chung tên", None).await;
    let c = organization(db, "H61.14", "Phòng chung tên", None).await;
    organization(db, "Đ-1", "Có dấu", None).await;
    let schema = noun::get("organization").unwrap();
    let named = names(db, &all(), schema, &schema.keys).await.unwrap();
    let first = named.iter().find(|n| n.id == a).unwrap();
    assert_eq!(first.keys, [Some("H61.12".into()), Some("Sở Y tế".into())]);
    assert!(named.iter().all(|n| n.in_scope));
    let scope = below(OrganizationId(b));
    let theirs = names(db, &scope, schema, &[]).await.unwrap();
    let seen: Vec<Id> = theirs.iter().filter(|n| n.in_scope).map(|n| n.id).collect();
    assert_eq!((theirs.len(), seen), (4, vec![b]));
    let mut tx = db.begin().await.unwrap();
    for (text, found) in [
        ("H61.12", vec![a]),
        ("Sở Y tế", vec![a]),
        (a.to_string().as_str(), vec![a]),
        ("Phòng chung tên", vec![b, c]),
        ("So Y te", vec![]),
        ("h61.12", vec![]),
        ("nobody", vec![]),
        (Id::new(5).to_string().as_str(), vec![]),
    ] {
        let mut read = resolve(&mut tx, schema, text).await.unwrap();
        read.sort_unstable();
        let mut found = found;
        found.sort_unstable();
        assert_eq!(read, found, "{text}");
    }
    let near = alike(&mut tx, &all(), schema, "so y te").await.unwrap();
    assert_eq!(near.iter().map(|n| n.id).collect::<Vec<_>>(), [a]);
    assert_eq!(alike(&mut tx, &scope, schema, "so y te").await.unwrap(), []);
    let code = schema.field("code").unwrap();
    for (value, other) in [
        ("h61.12", Some("H61.12")),
        ("đ-1", Some("Đ-1")),
        ("H61.12", None),
        ("H61.1", None),
    ] {
        let found = twin(&mut tx, schema, code, value).await.unwrap();
        assert_eq!(found.as_deref(), other, "{value}");
    }
    tx.commit().await.unwrap();
    let titles = titles(db, schema, &[a, b, Id::new(7)]).await.unwrap();
    assert_eq!(titles.len(), 2);
    assert_eq!(titles[&a], "Sở Y tế");
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

async fn the_search_box_finds_all_nouns(db: &Db) {
    let a = organization(db, "A", "Sở Tài chính", None).await;
    let b = organization(db, "B", "Sở Y tế", None).await;
    insert(db, "site", &[site("tc-1", a, None), site("yte-1", b, None)])
        .await
        .unwrap();
    let index = store::search::Index::load(db).await.unwrap();
    let found = async |scope: Scope, words: &str| {
        let hits = index.find(|_| Some(scope.clone()), words, 10);
        hits.into_iter()
            .map(|h| (h.noun, h.title))
            .collect::<Vec<_>>()
    };
    let pair = |n: &str, t: &str| (n.to_owned(), t.to_owned());
    assert_eq!(
        found(all(), "Tai Chinh").await,
        [pair("organization", "Sở Tài chính")]
    );
    assert_eq!(
        found(all(), "1").await,
        [pair("site", "tc-1"), pair("site", "yte-1")]
    );
    assert_eq!(
        found(below(OrganizationId(b)), "1").await,
        [pair("site", "yte-1")]
    );
    assert_eq!(found(all(), "a\0%").await, []);
    // What is called so goes before what is only named in another's words.
    let (near, far) = (
        record(&[
            ("organization", b.into()),
            ("role", "leader".into()),
            ("name", "Nguyễn Văn Tài".into()),
            ("title", "yte-1".into()),
            ("phone", "0270 382 2222".into()),
            ("starts_on", "2026-01-01".into()),
        ]),
        pair("site", "yte-1"),
    );
    insert(db, "contact", &[near]).await.unwrap();
    let index = store::search::Index::load(db).await.unwrap();
    let hits = index.find(|_| Some(all()), "yte-1", 10);
    let titles: Vec<_> = hits
        .iter()
        .map(|h| (h.noun.clone(), h.title.clone()))
        .collect();
    assert_eq!(titles, [far, pair("contact", "Nguyễn Văn Tài")]);
    let person = &hits[1];
    assert_eq!(person.unit.as_deref(), Some("Sở Y tế"));
    assert_eq!(person.phone.as_deref(), Some("0270 382 2222"));
    assert_eq!(
        index.find(|_| Some(all()), "1", 1).len(),
        2,
        "so many of each noun"
    );

    // What evidence names: the unit's own first, nothing where it could be two things.
    insert(
        db,
        "site",
        &[record(&[
            ("code", "tc-2".into()),
            ("name", "yte-1".into()),
            ("organization", a.into()),
            ("class", "standard".into()),
            ("status", "active".into()),
        ])],
    )
    .await
    .unwrap();
    let index = store::search::Index::load(db).await.unwrap();
    let (a, b) = (OrganizationId(a), OrganizationId(b));
    let called = |scope: Scope, unit, title: &str| {
        let hit = index.titled(|_| Some(scope.clone()), unit, title)?;
        hit.code.clone()
    };
    assert_eq!(called(all(), a, "YTE-1").as_deref(), Some("tc-2"));
    assert_eq!(called(all(), b, "yte-1").as_deref(), Some("yte-1"));
    assert_eq!(called(all(), b, "tc-1").as_deref(), Some("tc-1"));
    assert_eq!(called(below(b), b, "tc-1"), None, "not in scope");
    let nobody = OrganizationId(Id::NIL);
    assert_eq!(called(all(), nobody, "yte-1"), None, "it could be two");

    // A noun that is not for the reader.
    let but_sites = |schema: &Schema| (schema.noun != "site").then(all);
    let hits = index.find(but_sites, "1", 10);
    assert!(hits.iter().all(|hit| hit.noun != "site"), "{hits:?}");
    assert_eq!(index.titled(but_sites, b, "yte-1"), None);
}
