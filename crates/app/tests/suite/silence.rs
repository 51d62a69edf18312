//! Every regulation at once, over a province of which nothing is known.

use app::assess;
use policy::Status;

use crate::Province;

#[tokio::test]
async fn nothing_is_met_where_nothing_is_known() {
    let p = Province::begun().await;
    let library = p.app.library();
    for regulation in library.regulations.keys() {
        p.adopt(regulation, &[]).await;
    }
    p.unit("A", None).await;
    let others = [
        ("police", "province", "none"),
        ("military", "province", "none"),
        ("telecom-provider", "province", "none"),
        ("central-agency", "central", "none"),
        ("people-committee", "commune", "member"),
        ("party", "commune", "participant"),
        ("party", "province", "participant"),
    ];
    for (kind, level, membership) in others {
        let code = format!("{kind}-{level}");
        let given = [
            ("code", code.as_str()),
            ("name", code.as_str()),
            ("kind", kind),
            ("level", level),
            ("membership", membership),
        ];
        p.add("organization", &given).await;
    }
    for role in library.roles.held.keys() {
        let given = [
            ("role", role.as_str()),
            ("organization", "A"),
            ("starts_on", "2026-01-01"),
        ];
        p.add("role-assignment", &given).await;
    }
    assess::evaluate(&p.app, true).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for (unit, at, cell) in view.cells() {
        let key = &view.board.clauses[at];
        let clause = library.clause(&key.regulation, &key.cite).unwrap();
        let controls = library.controls_of(clause);
        let place = format!("{} {} {}", unit.code, key.regulation, key.cite);
        assert_ne!(cell.status, Status::Error, "{place}: {:?}", cell.reason);
        assert_ne!(cell.status, Status::Met, "{place}: {:?}", cell.reason);
        if controls.iter().all(|c| !c.awaits.is_empty()) {
            assert_eq!(cell.status, Status::NoData, "{place}: {:?}", cell.reason);
        }
        seen.insert((key.regulation.clone(), key.cite.clone()));
    }
    // Every clause that is scored binds somebody here.
    let idle: Vec<String> = library
        .regulations
        .values()
        .flat_map(|r| r.clauses.iter().map(move |c| (r, c)))
        .filter(|(_, c)| c.is_scored())
        .filter(|(r, c)| !seen.contains(&(r.id.clone(), c.cite.clone())))
        .map(|(r, c)| format!("{} {}", r.id, c.cite))
        .collect();
    assert_eq!(idle, Vec::<String>::new());
}
