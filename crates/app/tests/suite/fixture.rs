//! The checks of the packs over made-up facts, on both engines.

use std::collections::{BTreeMap, BTreeSet};

use app::fixture::Outcome;
use policy::{Library, Status, fixture};
use store::Db;

#[tokio::test]
async fn every_check_says_what_its_fixture_expects() {
    let library = Library::load(&policy::Embedded).unwrap();
    let fixtures = fixture::all(&policy::Embedded).unwrap();
    hold(
        &app::fixture::run_in_scratch(&library, &fixtures)
            .await
            .unwrap(),
    );
}

#[tokio::test]
async fn every_check_says_so_on_postgresql() {
    let Some(url) = testkit::postgres::database() else {
        return;
    };
    let db = Db::open(&url).await.unwrap();
    let library = Library::load(&policy::Embedded).unwrap();
    let fixtures = fixture::all(&policy::Embedded).unwrap();
    hold(&app::fixture::run(&db, &library, &fixtures).await.unwrap());
}

fn hold(outcomes: &[Outcome]) {
    let wrong: Vec<_> = outcomes.iter().filter(|o| !o.holds()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(outcomes.len() > 100, "{}", outcomes.len());
}

/// Checks that cannot both pass and fail a unit: what they find missing a person answers for, or
/// another record may show it; of how others were asked only one way is against the rule.
const ONE_SIDED: [&str; 14] = [
    "asked-by-means",
    "asset-custodian",
    "budget-not-dropped",
    "data-centre-protected",
    "firewall-in-service",
    "monitoring-coverage",
    "network-reviewed",
    "own-responsibility",
    "plan-told-ahead",
    "planned-inspection",
    "point-equipment",
    "provider-procedure",
    "security-device",
    "server-room",
];

/// Nothing judges by itself that is not shown to pass, to fail, and to know when it knows nothing.
#[test]
fn every_check_passes_fails_and_is_without_data() {
    let library = Library::load(&policy::Embedded).unwrap();
    let mut seen: BTreeMap<String, BTreeSet<Status>> = BTreeMap::new();
    for (_, fixture) in fixture::all(&policy::Embedded).unwrap() {
        let control = &library.controls[&fixture.control];
        // Controls that share a check show it together; a duty is its own.
        let key = control
            .check
            .clone()
            .unwrap_or_else(|| format!("duty of {}", control.id));
        let expected = fixture
            .cases
            .iter()
            .flat_map(|c| c.expect.values().copied());
        seen.entry(key).or_default().extend(expected);
    }
    for (check, text) in library.checks.iter().map(|(id, c)| (id, &c.sql)) {
        let statuses = seen
            .get(check)
            .unwrap_or_else(|| panic!("{check} has no fixture"));
        let says = |s: Status| text.contains(&format!("'{}'", s.code()));
        let both = says(Status::Met) && says(Status::Breached);
        assert_eq!(both, !ONE_SIDED.contains(&check.as_str()), "{check}");
        for status in [Status::Met, Status::Breached, Status::NoData] {
            assert!(
                statuses.contains(&status) || (status != Status::NoData && !says(status)),
                "{check} is never shown {status}"
            );
        }
    }
    for control in library.controls.values().filter(|c| c.duty.is_some()) {
        let statuses = seen
            .get(&format!("duty of {}", control.id))
            .unwrap_or_else(|| panic!("the duty of {} has no fixture", control.id));
        // A duty with a period always has its date: before it, it is pending. Without an
        // event there is no data.
        let open = match control.duty.as_ref().and_then(|d| d.event()) {
            Some(_) => Status::NoData,
            None => Status::Pending,
        };
        for needed in [Status::Met, Status::Breached, open] {
            assert!(
                statuses.contains(&needed),
                "{} is never shown {needed}",
                control.id
            );
        }
    }
}
