//! Nothing is told twice.

use domain::id::OrganizationId;
use store::{Db, reminder};

use crate::{insert, on_both, organization, record};

on_both!(
    a_day_s_digest_is_written_once,
    contacts_in_office_are_reached,
);

async fn a_day_s_digest_is_written_once(db: &Db) {
    let note = async |day: &str, told: &[(&str, i64)]| {
        let told: Vec<(String, i64)> = told.iter().map(|(d, s)| ((*d).to_owned(), *s)).collect();
        let mut tx = db.begin().await.unwrap();
        let first = reminder::note(&mut tx, "a@b", day, &told).await.unwrap();
        tx.commit().await.unwrap();
        first
    };
    assert!(note("2026-11-20", &[("x", 7), ("y", -1)]).await);
    assert!(!note("2026-11-20", &[("z", 7)]).await);
    assert!(note("2026-11-21", &[("x", 7), ("x", 1)]).await);
    let told = reminder::told(db, "a@b").await.unwrap();
    let mut told: Vec<_> = told.into_iter().collect();
    told.sort();
    let of = |duty: &str, step| (duty.to_owned(), step);
    assert_eq!(told, [of("x", 1), of("x", 7), of("y", -1)]);
    assert!(reminder::told(db, "c@d").await.unwrap().is_empty());
    assert!(
        reminder::digested(db, "2026-11-21")
            .await
            .unwrap()
            .contains("a@b")
    );
    assert!(
        reminder::digested(db, "2026-11-22")
            .await
            .unwrap()
            .is_empty()
    );
}

async fn contacts_in_office_are_reached(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let contact = |email: &str, from: &str, to: &str| {
        let mut values = vec![
            ("organization", unit.into()),
            ("role", "it-officer".into()),
            ("name", "Lê Văn A".into()),
            ("starts_on", from.into()),
        ];
        if !email.is_empty() {
            values.push(("email", email.into()));
        }
        if !to.is_empty() {
            values.push(("ends_on", to.into()));
        }
        record(&values)
    };
    let all = [
        contact("new@u.example", "2026-11-01", ""),
        contact("old@u.example", "2025-01-01", "2026-10-31"),
        contact("", "2026-01-01", ""),
    ];
    insert(db, "contact", &all).await.unwrap();
    let found = reminder::reachable(db, "2026-11-20").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].email, "new@u.example");
    assert_eq!(found[0].organization, OrganizationId(unit));
    assert_eq!(
        reminder::reachable(db, "2026-10-31").await.unwrap()[0].email,
        "old@u.example"
    );
}
