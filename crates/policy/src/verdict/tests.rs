//! Properties of the algebra.

use proptest::prelude::*;

use super::*;
use crate::control::{Age, Asks, Attachment, Attestation};
use domain::label::Label;

const HOUR: i64 = 3_600_000;

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL.to_vec())
}

fn row() -> impl Strategy<Value = Row> {
    let statuses = vec![
        None,
        Some(RowStatus::Met),
        Some(RowStatus::Breached),
        Some(RowStatus::NotApplicable),
    ];
    (
        prop::sample::select(statuses),
        prop::option::of(0..100 * HOUR),
    )
        .prop_map(|(status, observed_at)| Row {
            subject: "x".into(),
            status,
            reason: status.map(|s| format!("{s:?}")),
            observed_at,
        })
}

proptest! {
    #[test]
    fn conjunction_is_commutative_associative_and_idempotent(a in status(), b in status(), c in status()) {
        prop_assert_eq!(a.and(b), b.and(a));
        prop_assert_eq!(a.and(b).and(c), a.and(b.and(c)));
        prop_assert_eq!(a.and(a), a);
        prop_assert_eq!(a.and(Status::NotApplicable), a);
    }

    #[test]
    fn a_conjunction_is_met_only_if_every_part_is_met_or_does_not_apply(parts in prop::collection::vec(status(), 0..6)) {
        let whole = Status::all(parts.iter().copied());
        let sound = parts.iter().all(|s| matches!(s, Status::Met | Status::NotApplicable))
            && parts.contains(&Status::Met);
        prop_assert_eq!(whole == Status::Met, sound);
        prop_assert_eq!(whole == Status::Breached, parts.contains(&Status::Breached));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(mut rows in prop::collection::vec(row(), 0..6), at in 0..100 * HOUR) {
        let age = Age::try_from("24h".to_owned()).ok();
        let before = fold(&rows, age, at).status;
        rows.reverse();
        prop_assert_eq!(fold(&rows, age, at).status, before);
    }

    #[test]
    fn silence_is_never_met(rows in prop::collection::vec(row(), 0..6), at in 0..300 * HOUR) {
        let age = Age::try_from("24h".to_owned()).ok();
        let finding = fold(&rows, age, at);
        if finding.status == Status::Met {
            let days = -HOUR..=24 * HOUR;
            let fresh = |r: &Row| r.observed_at.is_some_and(|seen| days.contains(&(at - seen)));
            let met = rows.iter().filter(|r| r.status == Some(RowStatus::Met));
            prop_assert!(met.clone().count() > 0);
            prop_assert!(met.clone().all(fresh));
            prop_assert!(rows.iter().all(|r| r.status.is_some()));
        }
    }

    #[test]
    fn tallies_add_up(a in prop::collection::vec(status(), 0..20), b in prop::collection::vec(status(), 0..20)) {
        let (x, y): (Tally, Tally) = (a.iter().copied().collect(), b.iter().copied().collect());
        let both: Tally = a.iter().chain(&b).copied().collect();
        prop_assert_eq!(x + y, both);
        prop_assert_eq!(both.total(), (a.len() + b.len()) as u64);
        if let Some(share) = both.share() {
            prop_assert!((0.0..=1.0).contains(&share));
        }
    }
}

#[test]
fn nothing_at_all_is_no_data() {
    assert_eq!(Status::all([]), Status::NoData);
    assert_eq!(fold(&[], None, 0).status, Status::NoData);
    assert_eq!(Tally::default().share(), None);
}

#[test]
fn an_exemption_covers_a_breach_and_hides_nothing_that_is_met() {
    assert_eq!(Status::Breached.waived(), Status::Waived);
    assert_eq!(Status::NoData.waived(), Status::Waived);
    assert_eq!(Status::Met.waived(), Status::Met);
    assert_eq!(Status::NotApplicable.waived(), Status::NotApplicable);
}

#[test]
fn an_answer_stands_in_for_missing_facts_but_not_against_them() {
    assert_eq!(Status::NoData.or_attested(Status::Met), Status::Met);
    assert_eq!(Status::Breached.or_attested(Status::Met), Status::Breached);
}

#[test]
fn an_answer_ends_with_its_lifetime() {
    let form = Attestation {
        question: Label::same("?"),
        asks: None,
        lifetime_days: 1,
        attachment: Attachment::None,
    };
    let yes = Some(Attested {
        answer: true,
        at: 0,
    });
    assert_eq!(attest(&form, yes, 24 * HOUR), Status::Met);
    assert_eq!(attest(&form, yes, 24 * HOUR + 1), Status::NoData);
    assert_eq!(
        attest(
            &form,
            Some(Attested {
                answer: false,
                at: 0
            }),
            1
        ),
        Status::Breached
    );
    assert_eq!(attest(&form, None, 1), Status::NoData);
}

#[test]
fn a_no_to_was_there_none_is_no_breach() {
    let form = Attestation {
        question: Label::same("None?"),
        asks: Some(Asks::Absence),
        lifetime_days: 1,
        attachment: Attachment::None,
    };
    let said = |answer| attest(&form, Some(Attested { answer, at: 0 }), 1);
    assert_eq!(said(false), Status::NoData);
    assert_eq!(said(true), Status::Met);
}

#[test]
fn words_are_read_back() {
    for status in Status::ALL {
        assert_eq!(Status::from_code(status.code()), Some(status));
    }
    assert_eq!(RowStatus::from_code("pending"), None);
}

#[test]
fn what_was_seen_later_than_now_says_nothing() {
    let age = Age::try_from("24h".to_owned()).ok();
    let seen = |at| {
        let row = Row {
            subject: String::new(),
            status: Some(RowStatus::Met),
            reason: None,
            observed_at: Some(at),
        };
        row.status(age, 100 * HOUR)
    };
    assert_eq!(seen(101 * HOUR), Status::Met);
    assert_eq!(seen(101 * HOUR + 1), Status::NoData);
    assert_eq!(seen(76 * HOUR), Status::Met);
    assert_eq!(seen(76 * HOUR - 1), Status::NoData);
}
