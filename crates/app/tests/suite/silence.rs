//! Every regulation at once, over a province of which nothing is known.

use app::{assess, logs};
use domain::id::OrganizationId;
use policy::Status;

use crate::{Province, VINH_LONG};

#[tokio::test]
async fn nothing_is_met_or_breached_where_nothing_is_known() {
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
            ("starts_on", "2010-01-01"),
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
    let (mut seen, mut breached) = (std::collections::BTreeSet::new(), Vec::new());
    for (unit, at, cell) in view.cells() {
        let key = &view.board.clauses[at];
        let clause = library.clause(&key.regulation, &key.cite).unwrap();
        let controls = library.controls_of(clause);
        let place = format!("{} {} {}", unit.code, key.regulation, key.cite);
        assert_ne!(cell.status, Status::Error, "{place}: {:?}", cell.reason);
        assert_ne!(cell.status, Status::Met, "{place}: {:?}", cell.reason);
        if cell.status == Status::Breached {
            breached.push(format!(
                "{place}: {}",
                cell.reason.as_deref().unwrap_or_default()
            ));
        }
        if controls.iter().all(|c| !c.awaits.is_empty()) {
            assert_eq!(cell.status, Status::NoData, "{place}: {:?}", cell.reason);
        }
        seen.insert((key.regulation.clone(), key.cite.clone()));
    }
    assert_eq!(breached, Vec::<String>::new());
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

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_in_which_the_program_did_not_listen_is_nobody_s() {
    const DAY: i64 = 86_400_000;
    for p in [
        Some(Province::begun().await),
        Province::begun_on_postgres().await,
    ] {
        let Some(p) = p else { continue };
        p.adopt(VINH_LONG, &[]).await;
        let unit = p.unit("A", None).await;
        let given = [
            ("organization", "A"),
            ("code", "S1"),
            ("name", "S1"),
            ("role", "server"),
            ("status", "active"),
        ];
        let device = p.add("device", &given).await;
        let since = p.clock.now_ms();
        let source = logs::LogSource {
            device,
            first_received_at: since,
            last_received_at: since,
            lines: 1,
        };
        let mut tx = p.app.db.begin().await.unwrap();
        store::log_source::save(&mut tx, &[source], since)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let arrives = async || {
            assess::evaluate(&p.app, true).await.unwrap();
            let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
            let cell = view.board.get(VINH_LONG, "13.3", OrganizationId(unit));
            cell.unwrap().status
        };
        p.pass(2 * DAY);
        assert_eq!(arrives().await, Status::NoData, "nobody listened");
        logs::listened(&p.app, since).await.unwrap();
        assert_eq!(arrives().await, Status::Breached);
        // It was off since: what came before its last note is all that it knows.
        p.pass(600_000);
        assert_eq!(arrives().await, Status::NoData);
        logs::listened(&p.app, p.clock.now_ms()).await.unwrap();
        p.pass(60_000);
        assert_eq!(arrives().await, Status::NoData, "it listens again");
    }
}
