//! Files and the records that name them; every table takes back what it gave out.

use app::{
    Ctx, attachment,
    registry::{self, ImportMode, Outcome, RecordQuery},
};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    label::Lang,
    problem::{Problem, ProblemKind::Invalid},
    record::{Value, Values},
    schema::{Field, Kind, Schema, Volume},
};

use crate::{Province, refused};

const BOOK: &str = "undertaking";

fn entry(unit: &str, subject: &str, file: &str) -> Values {
    crate::values(&[
        ("organization", unit),
        ("occurred_on", "2026-11-20"),
        ("subject", subject),
        ("result", "operator"),
        ("document", file),
    ])
}

/// Hands a file in with a new entry, as the form does.
async fn hand_in(p: &Province, ctx: &Ctx, unit: (&str, Id), name: &str) -> (String, String) {
    let bytes = b"%PDF-1.7 the same bytes".to_vec();
    let file = attachment::stage(&p.app, ctx, OrganizationId(unit.1), name, bytes)
        .await
        .unwrap();
    let hash = file.sha256().to_owned();
    let values = entry(unit.0, name, &hash);
    let saved = registry::save_with(&p.app, ctx, BOOK, None, values, &[file])
        .await
        .unwrap();
    (saved.record.id.to_string(), hash)
}

fn named(ctx: &Ctx, name: &str) -> Ctx {
    let mut ctx = ctx.clone();
    ctx.actor.name = name.into();
    ctx
}

async fn each_upload_has_its_own_name(p: Province) {
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let lan = named(&p.as_role(Role::Officer, Some(a)), "Lan");
    let minh = named(&p.as_role(Role::Officer, Some(a)), "Minh");
    let of_b = named(&p.as_role(Role::Officer, Some(b)), "Bình");
    let (first, hash) = hand_in(&p, &lan, ("A", a), "cua-lan.pdf").await;
    p.pass(60_000);
    let (second, again) = hand_in(&p, &minh, ("A", a), "cua-minh.pdf").await;
    p.pass(60_000);
    let (third, _) = hand_in(&p, &of_b, ("B", b), "cua-b.pdf").await;
    assert_eq!(hash, again);
    let at = p.clock.now_ms();
    let centre = p.ctx();
    let told = async |ctx: &Ctx, record: &str| {
        let about = attachment::get(&p.app, ctx, &hash, Some(record)).await;
        about.map(|(about, _)| (about.name, about.uploaded_by, at - about.uploaded_at))
    };
    let said = |name: &str, by: &str, ago| (name.to_owned(), by.to_owned(), ago);
    for ctx in [&lan, &centre] {
        let one = told(ctx, &first).await.unwrap();
        assert_eq!(one, said("cua-lan.pdf", "Lan", 120_000));
        let two = told(ctx, &second).await.unwrap();
        assert_eq!(two, said("cua-minh.pdf", "Minh", 60_000));
    }
    for ctx in [&of_b, &centre] {
        let three = told(ctx, &third).await.unwrap();
        assert_eq!(three, said("cua-b.pdf", "Bình", 0));
    }
    // Who has the same bytes does not learn of the others, by record or without.
    assert!(told(&of_b, &first).await.is_err() && told(&lan, &third).await.is_err());
    let about = attachment::about(&p.app, &of_b, &hash, None).await.unwrap();
    assert_eq!(about.name, "cua-b.pdf");
    // Kept once.
    let folder = p.app.data.join("attachments").join(&hash[..2]);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    p.journal().await;
}

#[tokio::test]
async fn each_upload_has_its_own_name_on_sqlite() {
    each_upload_has_its_own_name(Province::new().await).await;
}

#[tokio::test]
async fn each_upload_has_its_own_name_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        each_upload_has_its_own_name(p).await;
    }
}

async fn a_record_names_what_its_unit_handed_in(p: Province) {
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let of_a = named(&p.as_role(Role::Officer, Some(a)), "Lan");
    let of_b = named(&p.as_role(Role::Officer, Some(b)), "Bình");
    let (theirs, hash) = hand_in(&p, &of_b, ("B", b), "cua-b.pdf").await;
    let save = async |ctx: &Ctx, at, values| registry::save(&p.app, ctx, BOOK, at, values).await;
    let of_field = |told: Result<_, Problem>| {
        let problem = told.map(|saved: registry::Saved| saved.record).unwrap_err();
        assert_eq!(problem.kind, Invalid);
        let one = &problem.fields[0];
        assert_eq!(one.field, "document");
        one.message.clone()
    };
    let mut said = Vec::new();
    let nobodys = "0".repeat(64);
    for file in ["x", "../records.db", nobodys.as_str(), hash.as_str()] {
        said.push(of_field(save(&of_a, None, entry("A", "x", file)).await));
    }
    // What another unit has is refused as what nobody has.
    assert!(said.windows(2).all(|two| two[0] == two[1]), "{said:?}");
    let csv = format!(
        "organization,occurred_on,subject,result,document\nA,20/11/2026,x,operator,{hash}\n"
    );
    let report = registry::import(&p.app, &of_a, BOOK, csv.as_bytes(), ImportMode::GoodRows);
    let report = report.await.unwrap();
    assert_eq!((report.created, report.bad), (0, 1));
    assert_eq!(report.rows[0].problems[0].field, "document");
    assert_eq!(report.rows[0].problems[0].message, said[0]);

    // Its own it may name again; the name and who handed it in come along.
    let saved = save(&of_b, None, entry("B", "again", &hash)).await.unwrap();
    let id = saved.record.id.to_string();
    let about = attachment::about(&p.app, &of_b, &hash, Some(&id)).await;
    assert_eq!(about.unwrap().name, "cua-b.pdf");
    let csv = csv.replace("A,20", "B,20");
    let report = registry::import(&p.app, &of_b, BOOK, csv.as_bytes(), ImportMode::GoodRows);
    assert_eq!(report.await.unwrap().created, 1);

    // So may who handed it in, for a unit that is theirs to write for; nobody else of the centre.
    let operator = named(&p.as_role(Role::Operator, None), "Tâm");
    of_field(save(&operator, None, entry("A", "y", &hash)).await);
    hand_in(&p, &operator, ("B", b), "cua-tam.pdf").await;
    let saved = save(&operator, None, entry("A", "y", &hash)).await.unwrap();
    let id = saved.record.id.to_string();
    let about = attachment::about(&p.app, &of_a, &hash, Some(&id))
        .await
        .unwrap();
    assert_eq!(
        (about.name.as_str(), about.uploaded_by.as_str()),
        ("cua-tam.pdf", "Tâm")
    );

    // A record that goes to another unit takes its file along.
    let at = Some((theirs.parse().unwrap(), 1));
    let moved = save(&p.ctx(), at, entry("A", "cua-b.pdf", &hash)).await;
    assert_eq!(moved.unwrap().record.version, 2);
    let about = attachment::about(&p.app, &of_a, &hash, Some(&theirs)).await;
    assert_eq!(about.unwrap().uploaded_by, "Bình");
    p.journal().await;
}

#[tokio::test]
async fn a_record_names_what_its_unit_handed_in_on_sqlite() {
    a_record_names_what_its_unit_handed_in(Province::new().await).await;
}

#[tokio::test]
async fn a_record_names_what_its_unit_handed_in_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        a_record_names_what_its_unit_handed_in(p).await;
    }
}

#[tokio::test]
async fn what_says_the_same_makes_no_new_version() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let noted = async || {
        let query = app::journal::JournalQuery {
            limit: 1_000,
            ..app::journal::JournalQuery::default()
        };
        let all = app::journal::list(&p.app, &p.ctx(), &query).await;
        all.unwrap().len()
    };
    let save = async |at, values| registry::save(&p.app, &p.ctx(), BOOK, at, values).await;
    let first = save(None, entry("A", "x", "")).await.unwrap().record;
    let before = noted().await;
    let again = save(Some((first.id, 1)), entry("A", "x", ""))
        .await
        .unwrap();
    assert_eq!((again.record.version, again.created), (1, false));
    assert_eq!(noted().await, before);
    let other = save(Some((first.id, 1)), entry("A", "y", ""))
        .await
        .unwrap();
    assert_eq!(other.record.version, 2);
    // The version that was read is still asked for.
    let late = save(Some((first.id, 1)), entry("A", "y", "")).await;
    assert_eq!(refused(late), domain::problem::ProblemKind::Conflict);
}

/// A value of a kind, awkward where it can be.
fn of_kind(p: &Province, field: &Field, file: &str) -> Value {
    let text = match field.kind {
        Kind::Text => "=1+1; \"x\"",
        Kind::LongText => "hai\ndòng",
        Kind::Code => "K-1",
        Kind::Date => "2026-11-20",
        Kind::Ip => "10.1.0.1",
        Kind::Prefix => "10.1.0.0/16",
        Kind::Email => "a@b.vn",
        Kind::Phone => "+84 270 382 2222",
        Kind::Probe => "tcp:443",
        Kind::File => file,
        Kind::Choice => field.choices.keys().next().map_or("", String::as_str),
        Kind::Period => match field.length {
            Some(Volume::Month) => "2026-11",
            Some(Volume::Quarter) => "2026-Q4",
            Some(Volume::HalfYear) => "2026-H2",
            Some(Volume::Year) | None => "2026",
        },
        Kind::Clause => "12.2",
        Kind::Clauses => "12, 13.1",
        Kind::Reference => "A",
        Kind::Integer => return Value::Integer(3),
        Kind::Decimal | Kind::Latitude | Kind::Longitude => return Value::Decimal(2.5),
        Kind::Boolean => return Value::Boolean(true),
        Kind::TimeZone => "+07:00",
        Kind::Instant => return Value::Integer(p.clock.now_ms()),
    };
    text.into()
}

/// An entry with something in every field that can have it.
fn full(p: &Province, book: &Schema, file: &str) -> Values {
    let fields = book
        .fields
        .iter()
        .filter(|f| f.kind != Kind::Reference || f.refers_to.as_deref() == Some("organization"));
    fields
        .map(|f| (f.name.clone(), of_kind(p, f, file)))
        .collect()
}

#[tokio::test]
async fn every_book_takes_back_what_it_gave_out() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let pdf = b"%PDF-1.7 x".to_vec();
    let file = attachment::keep(&p.app, &p.ctx(), OrganizationId(a), "a.pdf", pdf)
        .await
        .unwrap();
    let library = p.app.library();
    assert!(library.registers.len() > 50);
    for book in library.registers.values() {
        let noun = book.noun.as_str();
        let values = full(&p, &p.app.schema(noun).unwrap(), &file);
        registry::save(&p.app, &p.ctx(), noun, None, values)
            .await
            .unwrap_or_else(|e| panic!("{noun}: {e:?}"));
        let every = RecordQuery::default();
        let mut tables = vec![
            registry::export_csv(&p.app, &p.ctx(), noun, &every)
                .await
                .unwrap(),
        ];
        for lang in Lang::ALL {
            let ctx = Ctx { lang, ..p.ctx() };
            let table = registry::export_xlsx(&p.app, &ctx, noun, &every).await;
            tables.push(table.unwrap());
        }
        for table in tables {
            let report = registry::import(&p.app, &p.ctx(), noun, &table, ImportMode::GoodRows)
                .await
                .unwrap_or_else(|e| panic!("{noun}: {e:?}"));
            assert_eq!(report.rows.len(), 1, "{noun}");
            for row in &report.rows {
                assert_eq!(row.outcome, Outcome::Unchanged, "{noun}: {row:?}");
            }
        }
    }
}
