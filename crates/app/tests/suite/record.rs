//! Who may write what, and what others learn of it.

use app::registry::{self, RecordQuery, book};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    problem::ProblemKind::{Conflict, Denied, Invalid, NotFound},
};

use crate::{Province, refused, values};

const DEVICE: [(&str, &str); 4] = [
    ("code", "D-1"),
    ("name", "Máy chủ"),
    ("role", "server"),
    ("status", "active"),
];

#[tokio::test]
async fn an_officer_writes_only_what_is_the_units() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let officer = p.as_role(Role::Officer, Some(a));
    let with = |unit: &str| {
        let mut given = DEVICE.to_vec();
        given.push(("organization", unit));
        values(&given)
    };
    let own = registry::save(&p.app, &officer, "device", None, with("A"))
        .await
        .unwrap()
        .record;
    let theirs = registry::save(&p.app, &officer, "device", None, with("B")).await;
    assert_eq!(refused(theirs), Denied);
    // Nor by giving a record away, nor by taking one.
    let given_away = registry::save(&p.app, &officer, "device", Some((own.id, 1)), with("B")).await;
    assert_eq!(refused(given_away), Denied);
    let foreign = p.as_role(Role::Officer, Some(b));
    let taken = registry::save(&p.app, &foreign, "device", Some((own.id, 1)), with("B")).await;
    assert_eq!(refused(taken), NotFound);
    let deleted = registry::delete(&p.app, &foreign, "device", own.id, 1).await;
    assert_eq!(refused(deleted), NotFound);

    // What the network centre keeps an officer does not write, not even the own.
    for noun in [
        "organization",
        "site",
        "circuit",
        "prefix",
        "role-assignment",
        "exemption",
    ] {
        let write = registry::save(&p.app, &officer, noun, None, values(&[])).await;
        assert_eq!(refused(write), Denied, "{noun}");
        let delete = registry::delete(&p.app, &officer, noun, a, 1).await;
        assert_eq!(refused(delete), Denied, "{noun}");
    }
    for role in [Role::Viewer, Role::Auditor] {
        let reader = p.as_role(role, Some(a));
        let write = registry::save(&p.app, &reader, "device", None, with("A")).await;
        assert_eq!(refused(write), Denied);
        assert!(
            registry::get(&p.app, &reader, "device", "D-1")
                .await
                .is_ok()
        );
    }

    // Who may not see it does not learn that it is there.
    for key in ["D-1".to_owned(), own.id.to_string()] {
        let hidden = registry::get(&p.app, &foreign, "device", &key)
            .await
            .unwrap_err();
        let absent = registry::get(&p.app, &foreign, "device", "D-9")
            .await
            .unwrap_err();
        assert_eq!((hidden.kind, hidden.what), (absent.kind, absent.what));
    }
    let page = registry::list(&p.app, &foreign, "device", &RecordQuery::default()).await;
    assert_eq!(page.unwrap().total, 0);
    let csv = registry::export_csv(&p.app, &foreign, "device", &RecordQuery::default()).await;
    assert!(!String::from_utf8(csv.unwrap()).unwrap().contains("D-1"));
    let found = app::search::find(&p.app, &foreign, "may chu", 10)
        .await
        .unwrap();
    assert!(found.iter().all(|f| f.noun == "clause"), "{found:?}");
    registry::delete(&p.app, &officer, "device", own.id, 1)
        .await
        .unwrap();
    assert!(p.journal().await.contains("\"delete\""));
}

#[tokio::test]
async fn what_is_kept_in_memory_follows_every_change() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let b = p.unit("B", None).await;
    let all = p.ctx();
    let officer = p.as_role(Role::Officer, Some(b));
    let found = async |ctx: &app::Ctx, words: &str| {
        let hits = app::search::find(&p.app, ctx, words, 10).await.unwrap();
        let records = hits.into_iter().filter(|f| f.noun != "clause");
        records.map(|f| f.code).collect::<Vec<_>>()
    };
    let watched = async |ctx: &app::Ctx| {
        let targets = app::watch::targets(&p.app, ctx).await.unwrap();
        targets
            .iter()
            .map(|t| t.subject.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&all, "tru so").await, [""; 0]);
    assert_eq!(watched(&all).await, [""; 0]);
    let site = p
        .add(
            "site",
            &[
                ("code", "S1"),
                ("name", "Trụ sở"),
                ("organization", "A"),
                ("status", "active"),
                ("class", "standard"),
                ("address", "10.0.0.1"),
                ("probe", "icmp"),
            ],
        )
        .await;
    assert_eq!(found(&all, "TRU SO").await, ["S1"]);
    assert_eq!(watched(&all).await, ["Trụ sở"]);
    assert_eq!(found(&officer, "tru so").await, [""; 0]);
    assert_eq!(watched(&officer).await, [""; 0]);
    let named = app::search::titled(&p.app, &all, OrganizationId(a), &["trụ sở", "khác"]).await;
    let record = ("site".to_owned(), site.to_string());
    assert_eq!(named.unwrap(), [Some(record), None]);

    // The unit moves below another: who sees that one sees its site.
    let unit = registry::get(&p.app, &all, "organization", "A")
        .await
        .unwrap();
    let mut moved = unit.values.clone();
    moved.insert("parent".into(), b.into());
    registry::save(&p.app, &all, "organization", Some((a, unit.version)), moved)
        .await
        .unwrap();
    assert_eq!(found(&officer, "tru so").await, ["S1"]);
    assert_eq!(watched(&officer).await, ["Trụ sở"]);

    registry::delete(&p.app, &all, "site", site, 1)
        .await
        .unwrap();
    assert_eq!(found(&all, "tru so").await, [""; 0]);
    assert_eq!(watched(&all).await, [""; 0]);
}

#[tokio::test]
async fn a_change_names_the_version_it_read() {
    let p = Province::new().await;
    let id = p.unit("A", None).await;
    let read = registry::get(&p.app, &p.ctx(), "organization", "A")
        .await
        .unwrap();
    let mut new = read.values.clone();
    new.insert("name".into(), "Tên mới".into());
    let saved = registry::save(&p.app, &p.ctx(), "organization", Some((id, 1)), new.clone())
        .await
        .unwrap();
    assert_eq!((saved.created, saved.record.version), (false, 2));
    let late = registry::save(&p.app, &p.ctx(), "organization", Some((id, 1)), new).await;
    assert_eq!(refused(late), Conflict);
    let ctx = p.ctx();
    let taken = p.try_add(
        &ctx,
        "organization",
        &[
            ("code", "A"),
            ("name", "x"),
            ("kind", "police"),
            ("level", "province"),
            ("membership", "none"),
        ],
    );
    let taken = taken.await.unwrap_err();
    assert_eq!(
        (taken.kind, taken.fields[0].field.as_str()),
        (Conflict, "code")
    );
}

#[tokio::test]
async fn records_in_use_stay_and_books_are_never_emptied() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.unit("A1", Some(a)).await;
    assert_eq!(
        refused(registry::delete(&p.app, &p.ctx(), "organization", a, 1).await),
        Conflict
    );
    let entry = p
        .add(
            "yearly-report",
            &[
                ("organization", "A"),
                ("occurred_on", "2026-11-20"),
                ("period", "2026"),
                ("result", "sent"),
            ],
        )
        .await;
    assert_eq!(
        refused(registry::delete(&p.app, &p.ctx(), "yearly-report", entry, 1).await),
        Denied
    );
    // What only an entry names stays, too.
    let device = [
        ("code", "SW-1"),
        ("name", "SW-1"),
        ("organization", "A"),
        ("role", "switch"),
        ("status", "active"),
    ];
    let device = p.add("device", &device).await;
    let handed = [
        ("organization", "A"),
        ("occurred_on", "2026-11-20"),
        ("subject", "Bàn giao"),
        ("device", &device.to_string()),
        ("result", "accepted"),
    ];
    p.add("handover", &handed).await;
    assert_eq!(
        refused(registry::delete(&p.app, &p.ctx(), "device", device, 1).await),
        Conflict
    );
    assert_eq!(
        refused(registry::get(&p.app, &p.ctx(), "no-such-noun", "x").await),
        NotFound
    );
}

async fn parents_make_no_circle(p: Province) {
    let a = p.unit("A", None).await;
    let b = p.unit("B", Some(a)).await;
    let c = p.unit("C", Some(b)).await;
    let mut read = registry::get(&p.app, &p.ctx(), "organization", "A")
        .await
        .unwrap();
    for below in [a, b, c] {
        read.values.insert("parent".into(), below.into());
        let circle = registry::save(
            &p.app,
            &p.ctx(),
            "organization",
            Some((a, 1)),
            read.values.clone(),
        )
        .await;
        assert_eq!(refused(circle), Invalid);
    }
    let site = |code: &'static str, parent: &'static str| {
        let given = vec![
            ("code", code),
            ("name", code),
            ("organization", "A"),
            ("class", "standard"),
            ("status", "active"),
            ("parent", parent),
        ];
        given
            .into_iter()
            .filter(|(_, v)| !v.is_empty())
            .collect::<Vec<_>>()
    };
    let hub = p.add("site", &site("hub", "")).await;
    p.add("site", &site("near", "hub")).await;
    p.add("site", &site("far", "near")).await;
    let circle = registry::save(
        &p.app,
        &p.ctx(),
        "site",
        Some((hub, 1)),
        values(&site("hub", "far")),
    )
    .await;
    assert_eq!(refused(circle), Invalid);
    let nobody = p
        .try_add(&p.ctx(), "site", &site("x", "no-such-site"))
        .await
        .unwrap_err();
    assert_eq!(nobody.fields[0].field, "parent");
}

#[tokio::test]
async fn parents_make_no_circle_on_sqlite() {
    parents_make_no_circle(Province::new().await).await;
}

#[tokio::test]
async fn parents_make_no_circle_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        parents_make_no_circle(p).await;
    }
}

#[tokio::test]
async fn the_roles_to_be_assigned_are_those_of_the_role_map() {
    let p = Province::new().await;
    let schema = p.app.schema("role-assignment").unwrap();
    let choices: Vec<String> = schema
        .field("role")
        .unwrap()
        .choices
        .keys()
        .cloned()
        .collect();
    let held: Vec<String> = p.app.library().roles.held.keys().cloned().collect();
    assert_eq!(choices, held);
    assert!(choices.iter().any(|role| role == "security-authority"));
}

async fn a_name_of_several_is_never_the_first_of_them(p: Province) {
    let given = |code: &'static str| {
        [
            ("code", code),
            ("name", "Phường Việt Hưng"),
            ("kind", "people-committee"),
            ("level", "commune"),
            ("membership", "member"),
        ]
    };
    let first = p.add("organization", &given("00004")).await;
    let named = async |key: &str| registry::get(&p.app, &p.ctx(), "organization", key).await;
    assert_eq!(named("Phường Việt Hưng").await.unwrap().id, first);
    let second = p.add("organization", &given("00008")).await;
    let told = named("Phường Việt Hưng").await.unwrap_err();
    assert_eq!(told.kind, Conflict);
    for code in ["00004", "00008"] {
        assert!(told.what.vi.contains(code), "{told:?}");
    }
    assert_eq!(named("00008").await.unwrap().id, second);
    // To who may see one of them it is the name of one.
    let own = p.as_role(Role::Viewer, Some(second));
    let seen = registry::get(&p.app, &own, "organization", "Phường Việt Hưng").await;
    assert_eq!(seen.unwrap().id, second);

    let asked = [("organization".to_owned(), "Phường Việt Hưng".to_owned())];
    let schema = p.app.schema("device").unwrap();
    let refusal = registry::narrow(&p.app, &p.ctx(), &schema, &asked).await;
    let refusal = refusal.unwrap_err();
    assert_eq!(refusal.kind, Invalid);
    assert!(
        refusal.fields[0].message.vi.contains("00004"),
        "{refusal:?}"
    );
    let close = |unit: &'static str| {
        let (app, ctx) = (&p.app, p.ctx());
        async move { book::close(app, &ctx, "technical-journal", unit, "2025").await }
    };
    let refusal = close("Phường Việt Hưng").await.unwrap_err();
    assert_eq!(refusal.kind, Invalid);
    assert_eq!(refusal.fields[0].field, "organization");
    assert_eq!(close("00008").await.unwrap().organization.0, second);
}

#[tokio::test]
async fn a_name_of_several_is_never_the_first_of_them_on_sqlite() {
    a_name_of_several_is_never_the_first_of_them(Province::new().await).await;
}

#[tokio::test]
async fn a_name_of_several_is_never_the_first_of_them_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        a_name_of_several_is_never_the_first_of_them(p).await;
    }
}

#[tokio::test]
async fn an_id_that_was_something_else_makes_no_record() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let fields = |code: &str| {
        values(&[
            ("code", code),
            ("name", code),
            ("organization", "A"),
            ("role", "server"),
            ("status", "active"),
        ])
    };
    let site = [
        ("code", "S"),
        ("name", "S"),
        ("organization", "A"),
        ("class", "standard"),
        ("status", "active"),
    ];
    let site = p.add("site", &site).await;
    let make = async |once: Id, code: &str| {
        let ctx = p.ctx();
        let made = registry::save_new(&p.app, &ctx, "device", Some(once), fields(code), &[]);
        made.await.map(|saved| saved.record)
    };
    let other = make(site, "D1").await.unwrap();
    assert_ne!(other.id, site, "another noun's id stays its own");
    // Sent twice it is made once; sent again after it was deleted it is another.
    let once = Id::new(p.clock.now_ms());
    let first = make(once, "D2").await.unwrap();
    assert_eq!(first.id, once);
    make(once, "D3").await.unwrap_err();
    registry::delete(&p.app, &p.ctx(), "device", once, first.version)
        .await
        .unwrap();
    assert_ne!(make(once, "D4").await.unwrap().id, once);
    p.journal().await;
}
