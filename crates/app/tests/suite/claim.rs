//! An address is granted, not claimed; and what refers to whom.

mod waiting;

use app::{
    claim::{self, Decision, OpenClaim},
    registry::{self, ImportMode},
    watch,
};
use domain::{
    authority::Role,
    claim::{ClaimKind, ClaimState, Why},
    id::{Id, OrganizationId},
    problem::{Problem, ProblemKind},
    record::Value,
};

use crate::{Province, refused, values};

/// A province with two communes, each with a prefix of its own.
struct Two {
    p: Province,
    a: Id,
    b: Id,
}

impl Two {
    async fn new(p: Province) -> Self {
        let head = p.unit("TINH", None).await;
        let a = p.unit("A", Some(head)).await;
        let b = p.unit("B", Some(head)).await;
        for (cidr, unit) in [
            ("10.0.0.0/8", None),
            ("10.1.0.0/16", Some("A")),
            ("10.2.0.0/16", Some("B")),
        ] {
            let mut given = vec![("cidr", cidr), ("purpose", "LAN")];
            given.extend(unit.map(|unit| ("organization", unit)));
            p.add("prefix", &given).await;
        }
        Self { p, a, b }
    }

    fn officer(&self, unit: Id) -> app::Ctx {
        self.p.as_role(Role::Officer, Some(unit))
    }

    /// A device of a unit, written by its officer.
    async fn device(&self, unit: Id, code: &str, more: &[(&str, &str)]) -> Result<Id, Problem> {
        let owner = unit.to_string();
        let mut given = vec![
            ("code", code),
            ("name", code),
            ("organization", owner.as_str()),
            ("role", "firewall"),
            ("status", "active"),
            ("probe", "icmp"),
        ];
        given.extend_from_slice(more);
        self.p.try_add(&self.officer(unit), "device", &given).await
    }

    async fn change(&self, ctx: &app::Ctx, code: &str, change: &[(&str, &str)]) {
        let record = registry::get(&self.p.app, ctx, "device", code)
            .await
            .unwrap();
        let mut then = record.values.clone();
        then.extend(values(change));
        let at = Some((record.id, record.version));
        registry::save(&self.p.app, ctx, "device", at, then)
            .await
            .unwrap();
    }

    async fn open(&self) -> Vec<OpenClaim> {
        claim::open(&self.p.app, &self.p.ctx(), (0, 500))
            .await
            .unwrap()
            .0
    }

    /// Values that wait, and why.
    async fn waits(&self) -> Vec<(String, Why)> {
        let mut open: Vec<_> = (self.open().await.into_iter())
            .map(|o| (o.claim.value, o.claim.why))
            .collect();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        open
    }

    /// Names of what is probed.
    async fn probed(&self) -> Vec<String> {
        let mut names: Vec<String> = (watch::targets(&self.p.app, &self.p.ctx()).await.unwrap())
            .iter()
            .map(|t| t.subject.clone())
            .collect();
        names.sort();
        names
    }

    async fn decide(&self, address: &str, unit: Id, decision: Decision) -> Result<(), Problem> {
        let value = (ClaimKind::Address, address);
        let unit = OrganizationId(unit);
        claim::decide(&self.p.app, &self.p.ctx(), value, unit, decision, "vì thế")
            .await
            .map(|_| ())
    }
}

async fn both() -> Vec<Two> {
    let mut all = vec![Two::new(Province::begun().await).await];
    if let Some(p) = Province::begun_on_postgres().await {
        all.push(Two::new(p).await);
    }
    all
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_units_address_is_in_force_within_its_prefix_and_waits_elsewhere() {
    for t in both().await {
        t.device(t.a, "own", &[("address", "10.1.0.1")])
            .await
            .unwrap();
        // The same in IPv6's clothes: one address, one claim.
        t.device(t.a, "mapped", &[("address", "::ffff:10.1.0.1")])
            .await
            .unwrap();
        t.device(t.a, "theirs", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        t.device(t.a, "province", &[("address", "10.3.0.1")])
            .await
            .unwrap();
        t.device(t.a, "abroad", &[("address", "8.8.8.8")])
            .await
            .unwrap();
        t.device(t.a, "six", &[("address", "2001:db8::1")])
            .await
            .unwrap();
        assert_eq!(t.probed().await, named(&["mapped", "own"]));
        let outside = |a: &str| (a.to_owned(), Why::Outside);
        assert_eq!(
            t.waits().await,
            ["10.2.0.1", "10.3.0.1", "2001:db8::1", "8.8.8.8"].map(outside)
        );
        // What was typed is kept, and who typed it sees how it stands.
        let officer = t.officer(t.a);
        let kept = registry::get(&t.p.app, &officer, "device", "theirs")
            .await
            .unwrap();
        assert_eq!(kept.text("address"), "10.2.0.1");
        let own = claim::of_record(&t.p.app, &officer, kept.id).await.unwrap();
        assert_eq!(own[0].state, ClaimState::Waiting);
        let seen = claim::open(&t.p.app, &officer, (0, 50)).await.unwrap().0;
        assert_eq!(seen.len(), 4);
        assert!(seen.iter().all(|o| !o.may_decide && o.owners.is_empty()));
        let others = claim::open(&t.p.app, &t.officer(t.b), (0, 50))
            .await
            .unwrap()
            .0;
        assert_eq!(others, []);
        // The owner of the prefix has the address; the other still waits, and now it is taken.
        t.device(t.b, "fw-b", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        assert_eq!(t.probed().await, named(&["fw-b", "mapped", "own"]));
        assert!(t.p.journal().await.contains("\"wait\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_grants_shares_moves_and_refuses() {
    for t in both().await {
        t.device(t.b, "fw-b", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        t.device(t.a, "grab", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        assert_eq!(t.waits().await, [("10.2.0.1".to_owned(), Why::Taken)]);
        assert_eq!(t.open().await[0].owners, ["B"]);
        // Nobody but the centre decides; a unit's officer does not even learn of it.
        let value = (ClaimKind::Address, "10.2.0.1");
        for role in [Role::Officer, Role::Auditor, Role::Viewer] {
            let by = t.p.as_role(role, Some(t.a));
            let unit = OrganizationId(t.a);
            let tried = claim::decide(&t.p.app, &by, value, unit, Decision::Move, "").await;
            assert_eq!(refused(tried), ProblemKind::Denied);
        }
        let operator = t.p.as_role(Role::Operator, Some(t.a));
        let unit = OrganizationId(t.a);
        let tried = claim::decide(&t.p.app, &operator, value, unit, Decision::Move, "").await;
        assert_eq!(refused(tried), ProblemKind::NotFound);
        let tried = t.decide("10.2.0.1", t.a, Decision::Grant).await;
        assert_eq!(refused(tried), ProblemKind::Conflict);
        assert_eq!(t.probed().await, named(&["fw-b"]));

        t.decide("10.2.0.1", t.a, Decision::Share).await.unwrap();
        assert_eq!(t.probed().await, named(&["fw-b", "grab"]));
        t.decide("10.2.0.1", t.a, Decision::Move).await.unwrap();
        assert_eq!(t.probed().await, named(&["grab"]));
        assert_eq!(t.waits().await, [("10.2.0.1".to_owned(), Why::Taken)]);
        let mute = claim::decide(
            &t.p.app,
            &t.p.ctx(),
            value,
            OrganizationId(t.a),
            Decision::Refuse,
            " ",
        )
        .await;
        assert_eq!(refused(mute), ProblemKind::Invalid);
        t.decide("10.2.0.1", t.a, Decision::Refuse).await.unwrap();
        t.decide("10.2.0.1", t.b, Decision::Grant).await.unwrap();
        assert_eq!(t.probed().await, named(&["fw-b"]));
        // To type it once more makes nothing of a refusal.
        t.device(t.a, "again", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        assert_eq!(t.probed().await, named(&["fw-b"]));
        let journal = t.p.journal().await;
        for action in ["grant", "share", "move", "refuse"] {
            assert!(journal.contains(&format!("\"{action}\"")), "{action}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_device_frees_its_address() {
    for t in both().await {
        t.device(t.a, "first", &[("address", "10.1.0.1")])
            .await
            .unwrap();
        // The centre gave A's address away before the prefix was A's alone.
        let moved = [
            ("code", "guest"),
            ("name", "guest"),
            ("organization", "B"),
            ("role", "firewall"),
            ("status", "active"),
            ("probe", "icmp"),
            ("address", "10.1.0.7"),
        ];
        t.p.add("device", &moved).await;
        t.device(t.a, "late", &[("address", "10.1.0.7")])
            .await
            .unwrap();
        assert_eq!(t.waits().await, [("10.1.0.7".to_owned(), Why::Taken)]);
        assert_eq!(t.probed().await, named(&["first", "guest"]));
        t.change(&t.officer(t.b), "guest", &[("status", "retired")])
            .await;
        // It lies in A's prefix and nobody else has it: nothing is left to decide.
        assert_eq!(t.probed().await, named(&["first", "late"]));
        assert_eq!(t.waits().await, []);
        // Back again, it comes too late.
        t.change(&t.officer(t.b), "guest", &[("status", "active")])
            .await;
        assert_eq!(t.probed().await, named(&["first", "late"]));
        assert_eq!(t.waits().await, [("10.1.0.7".to_owned(), Why::Taken)]);
        // A deleted record frees it as well.
        let late = registry::get(&t.p.app, &t.p.ctx(), "device", "late")
            .await
            .unwrap();
        registry::delete(&t.p.app, &t.p.ctx(), "device", late.id, late.version)
            .await
            .unwrap();
        t.decide("10.1.0.7", t.b, Decision::Grant).await.unwrap();
        assert_eq!(t.probed().await, named(&["first", "guest"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_grants_itself_no_prefix() {
    for t in both().await {
        let wide = |cidr: &'static str| [("cidr", cidr), ("purpose", "LAN"), ("organization", "A")];
        let officer = t.officer(t.a);
        let tried = t.p.try_add(&officer, "prefix", &wide("10.0.0.0/9")).await;
        assert_eq!(refused(tried), ProblemKind::Denied);
        // Whoever operates for a part of a province proposes; within what the part has, it holds.
        let operator = t.p.as_role(Role::Operator, Some(t.a));
        t.p.try_add(&operator, "prefix", &wide("10.2.0.0/24"))
            .await
            .unwrap();
        t.p.try_add(&operator, "prefix", &wide("10.1.9.0/24"))
            .await
            .unwrap();
        assert_eq!(t.waits().await, [("10.2.0.0/24".to_owned(), Why::Outside)]);
        t.device(t.a, "grab", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        assert_eq!(t.probed().await, [""; 0]);
        // Nor by widening what it has.
        let own = registry::get(&t.p.app, &operator, "prefix", "10.1.0.0/16")
            .await
            .unwrap();
        let mut wider = own.values.clone();
        wider.insert("cidr".into(), "10.0.0.0/14".into());
        let at = Some((own.id, own.version));
        registry::save(&t.p.app, &operator, "prefix", at, wider)
            .await
            .unwrap();
        t.device(t.a, "grab2", &[("address", "10.3.0.1")])
            .await
            .unwrap();
        assert_eq!(t.probed().await, [""; 0]);
        // The centre's word puts into force what waited for it.
        let value = (ClaimKind::Prefix, "10.2.0.0/24");
        claim::decide(
            &t.p.app,
            &t.p.ctx(),
            value,
            OrganizationId(t.a),
            Decision::Grant,
            "",
        )
        .await
        .unwrap();
        assert_eq!(t.probed().await, named(&["grab"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_prefix_of_the_centre_settles_what_waited_for_it() {
    let t = Two::new(Province::begun().await).await;
    t.device(t.a, "fw", &[("address", "10.7.0.1")])
        .await
        .unwrap();
    assert_eq!(t.probed().await, [""; 0]);
    let given = [
        ("cidr", "10.7.0.0/24"),
        ("purpose", "LAN"),
        ("organization", "A"),
    ];
    t.p.add("prefix", &given).await;
    assert_eq!(t.probed().await, named(&["fw"]));
    assert_eq!(t.waits().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_obeys_the_same() {
    for t in both().await {
        t.device(t.b, "fw-b", &[("address", "10.2.0.1")])
            .await
            .unwrap();
        let officer = t.officer(t.a);
        let csv = "code,name,organization,role,address,probe\n\
            own,own,A,firewall,10.1.0.1,icmp\n\
            grab,grab,A,firewall,10.2.0.1,icmp\n\
            odd,odd,A,firewall,224.0.0.1,icmp\n\
            port,port,A,firewall,10.1.0.2,tcp:25\n\
            edge,edge,A,firewall,10.1.255.255,icmp\n";
        let import = async |ctx: &app::Ctx, noun: &str, csv: &str| {
            registry::import(&t.p.app, ctx, noun, csv.as_bytes(), ImportMode::GoodRows)
                .await
                .unwrap()
        };
        let report = import(&officer, "device", csv).await;
        assert_eq!((report.created, report.bad), (2, 3), "{report:?}");
        assert_eq!(t.probed().await, named(&["fw-b", "own"]));
        assert_eq!(t.waits().await, [("10.2.0.1".to_owned(), Why::Taken)]);
        // The centre's import grants, but takes from nobody.
        let csv = "code,name,organization,role,address,probe\n\
            new,new,A,firewall,10.9.0.1,icmp\n\
            twin,twin,A,firewall,10.2.0.1,icmp\n";
        let report = import(&t.p.ctx(), "device", csv).await;
        assert_eq!((report.created, report.bad), (2, 0), "{report:?}");
        assert_eq!(t.probed().await, named(&["fw-b", "new", "own"]));
    }
}

#[tokio::test]
async fn addresses_that_can_never_answer_are_refused_at_entry() {
    let t = Two::new(Province::begun().await).await;
    for address in [
        "0.0.0.0",
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "240.0.0.1",
        "169.254.1.1",
        "::",
        "::1",
        "ff02::1",
        "fe80::1",
        "::ffff:224.0.0.1",
        "10.1.255.255",
        "10.1.0.0",
    ] {
        for noun in ["site", "device"] {
            let given = [
                ("code", "x"),
                ("name", "x"),
                ("organization", "A"),
                ("class", "standard"),
                ("role", "firewall"),
                ("status", "active"),
                ("address", address),
            ];
            let problem = t.p.try_add(&t.p.ctx(), noun, &given).await.unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Invalid, "{address}");
            assert_eq!(problem.fields[0].field, "address");
            assert!(
                problem.fields[0].message.vi.contains("địa chỉ"),
                "{problem:?}"
            );
        }
    }
    // A test network on loopback is the centre's to have, never a unit's.
    let own = t.device(t.a, "lo", &[("address", "127.0.0.9")]).await;
    assert_eq!(refused(own), ProblemKind::Invalid);
    t.p.add("prefix", &[("cidr", "127.9.0.0/16"), ("purpose", "thử")])
        .await;
    t.device(t.a, "lab", &[("address", "127.9.0.9")])
        .await
        .unwrap();
    assert_eq!(t.waits().await, [("127.9.0.9".to_owned(), Why::Outside)]);
}

#[tokio::test]
async fn a_unit_has_only_the_ports_probed_that_the_centre_allows() {
    let t = Two::new(Province::begun().await).await;
    let given = [("address", "10.1.0.1"), ("probe", "tcp:25")];
    let problem = t.device(t.a, "mail", &given).await.unwrap_err();
    assert_eq!(problem.fields[0].field, "probe");
    assert!(problem.fields[0].message.vi.contains("443"), "{problem:?}");
    app::setting::set(&t.p.app, &t.p.ctx(), "probe.ports", "25, 443")
        .await
        .unwrap();
    t.device(t.a, "mail", &given).await.unwrap();
    let wrong = app::setting::set(&t.p.app, &t.p.ctx(), "probe.ports", "25, 0").await;
    assert_eq!(refused(wrong), ProblemKind::Invalid);
    // What the centre set stays when the unit writes something else.
    t.change(&t.p.ctx(), "mail", &[("probe", "tcp:9")]).await;
    t.change(&t.officer(t.a), "mail", &[("note", "phòng máy")])
        .await;
}

#[tokio::test]
async fn a_relay_and_its_names_are_the_centres_word() {
    let t = Two::new(Province::begun().await).await;
    let given = [("address", "10.1.0.1"), ("relay", "true")];
    let with = async |ctx: &app::Ctx, code: &str, unit: &str, log_name: &str, relay: bool| {
        let mut given = values(&[
            ("code", code),
            ("name", code),
            ("organization", unit),
            ("role", "server"),
            ("status", "active"),
            ("log_name", log_name),
        ]);
        given.insert("relay".into(), Value::Boolean(relay));
        registry::save(&t.p.app, ctx, "device", None, given)
            .await
            .map(|_| ())
    };
    let officer = t.officer(t.a);
    let tried = with(&officer, "relay", "A", "r", true).await.unwrap_err();
    assert_eq!(tried.fields[0].field, "relay", "{given:?}");
    // A name proves nothing: it waits whether somebody has it or not.
    with(&officer, "grab", "A", "FW-B", false).await.unwrap();
    assert_eq!(t.waits().await, [("FW-B".to_owned(), Why::Name)]);
    with(&t.p.ctx(), "fw-b", "B", "fw-b", false).await.unwrap();
    with(&t.p.ctx(), "relay", "B", "relay", true).await.unwrap();
    let tried = with(&t.p.ctx(), "odd", "B", "hai tu", false)
        .await
        .unwrap_err();
    assert_eq!(tried.fields[0].field, "log_name");
    let taken = claim::decide(
        &t.p.app,
        &t.p.ctx(),
        (ClaimKind::LogName, "FW-B"),
        OrganizationId(t.a),
        Decision::Grant,
        "",
    )
    .await;
    assert_eq!(refused(taken), ProblemKind::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_units_is_not_referred_to() {
    for t in both().await {
        let site = |code: &'static str, unit: &'static str| {
            [
                ("code", code),
                ("name", code),
                ("organization", unit),
                ("class", "standard"),
                ("status", "active"),
            ]
        };
        t.p.add("site", &site("SA", "A")).await;
        let theirs = t.p.add("site", &site("SB", "B")).await.to_string();
        t.device(t.a, "at-home", &[("site", "SA")]).await.unwrap();
        // By code, by id, and what is not there at all: one and the same answer.
        let nobody = Id::new(1).to_string();
        let mut said = Vec::new();
        for named in ["SB", theirs.as_str(), "SC", nobody.as_str()] {
            let problem = t
                .device(t.a, "guest", &[("site", named)])
                .await
                .unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Invalid);
            assert_eq!(problem.fields[0].field, "site");
            said.push(problem.fields[0].message.vi.replace(named, "…"));
        }
        said.dedup();
        assert_eq!(said.len(), 1, "{said:?}");
        let officer = t.officer(t.a);
        let csv = "code,name,organization,role,site\nx,x,A,firewall,SB\ny,y,A,firewall,SA\n";
        let report = registry::import(
            &t.p.app,
            &officer,
            "device",
            csv.as_bytes(),
            ImportMode::GoodRows,
        )
        .await
        .unwrap();
        assert_eq!((report.created, report.bad), (1, 1), "{report:?}");
        // A part's operator makes no circuit through which another's site would be reached.
        let operator = t.p.as_role(Role::Operator, Some(t.a));
        let circuit = [
            ("code", "K1"),
            ("organization", "A"),
            ("provider", "TINH"),
            ("a_site", "SB"),
            ("status", "active"),
        ];
        let tried =
            t.p.try_add(&operator, "circuit", &circuit)
                .await
                .unwrap_err();
        assert_eq!(tried.fields[0].field, "a_site");
        // Books: a fault is reported of the own site; another body is named as a party.
        let fault = |site: &'static str| {
            [
                ("organization", "A"),
                ("subject", "mất kênh"),
                ("result", "connection"),
                ("occurred_on", "2026-11-20"),
                ("site", site),
            ]
        };
        let tried = t.p.try_add(&officer, "fault-notice", &fault("SB")).await;
        assert_eq!(tried.unwrap_err().fields[0].field, "site");
        t.p.try_add(&officer, "fault-notice", &fault("SA"))
            .await
            .unwrap();
        // The centre refers to whatever there is; what stands is not asked about again.
        t.change(&t.p.ctx(), "at-home", &[("site", "SB")]).await;
        t.change(&officer, "at-home", &[("note", "ở nhờ")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_units_that_save_at_once_do_not_both_have_an_address() {
    for t in both().await {
        // Both write in the prefix of the unit above both.
        let shared = [
            ("cidr", "10.5.0.0/16"),
            ("purpose", "LAN"),
            ("organization", "TINH"),
        ];
        t.p.add("prefix", &shared).await;
        let head = registry::get(&t.p.app, &t.p.ctx(), "organization", "TINH")
            .await
            .unwrap();
        let officer = t.officer(head.id);
        for round in 0..5 {
            let address = format!("10.5.0.{}", round + 1);
            let save = async |unit: &str| {
                let code = format!("{unit}-{round}");
                let given = [
                    ("code", code.as_str()),
                    ("name", &code),
                    ("organization", unit),
                    ("role", "firewall"),
                    ("status", "active"),
                    ("probe", "icmp"),
                    ("address", &address),
                ];
                t.p.try_add(&officer, "device", &given).await
            };
            let (one, two) = tokio::join!(save("A"), save("B"));
            one.unwrap();
            two.unwrap();
            assert_eq!(t.probed().await.len(), round + 1);
            assert_eq!(t.open().await.len(), round + 1);
        }
    }
}
