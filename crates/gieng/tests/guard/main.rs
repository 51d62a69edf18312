//! Every route, as it is met by who is not signed in, who may not, and who comes from another site.

mod api;
mod routes;

use std::{collections::BTreeSet, net::TcpListener};

use domain::authority::Role;
use routes::{Case, Door, cases};
use testkit::{
    client::{Answer, Client, between},
    program::eventually,
    world::World,
};
use web::page::Need;

/// The program under test.
const GIENG: &str = env!("CARGO_BIN_EXE_gieng");

/// Unit A is the officer's and the viewer's, unit B is not.
fn world() -> (World, TcpListener) {
    let world = World::begin(GIENG, |launch| launch);
    for (key, value) in [("probe.interval_seconds", "5"), ("probe.attempts", "1")] {
        let set = world
            .admin
            .form("/settings", &[("key", key), ("value", value)]);
        assert_eq!(set.status, 303, "{}", set.body);
    }
    world.import(
        "organization",
        "code,name,kind,level,membership\nA,Sở A,department,province,member\nB,Sở B,department,province,member\nC,Công an,department,province,none\n",
    );
    world.import(
        "technical-journal",
        "organization,occurred_on,subject,result\nA,2026-01-05,Việc A,routine\nB,2026-01-05,Việc B,routine\n",
    );
    // One site answers; where nothing listens the sites are down, which makes alarms.
    let answers = TcpListener::bind("127.66.0.9:0").expect("127/8 is this machine");
    let port = answers.local_addr().expect("it is bound").port();
    let sites = "code,name,organization,address,probe\nSA,Điểm A,A,127.66.0.1,tcp:9\nSB,Điểm B,B,127.66.0.2,tcp:9\n";
    let sites = format!("{sites}SC,Điểm còn,A,127.66.0.9,tcp:{port}\n");
    world.import("site", &sites);
    world.import(
        "device",
        "code,name,organization,role\nDA,Máy A,A,server\nDB,Máy B,B,server\n",
    );
    world.import(
        "contact",
        "organization,role,name,starts_on\nA,it-officer,Lê Văn A,2026-01-01\nB,it-officer,Trần Thị B,2026-01-01\n",
    );
    // What is in an inspection of unit B's is not for those of unit A.
    world.import(
        "inspection-round",
        "code,name,organization,starts_on\nKA,Đợt A,A,2026-11-02\nKB,Đợt B,B,2026-11-02\n",
    );
    world.import(
        "inspection-item",
        "code,inspection,organization,regulation,clause\nIA,KA,A,vinh-long-26-2019,13.3\nIB,KB,B,vinh-long-26-2019,13.3\n",
    );
    world.import(
        "finding",
        "code,inspection,organization,regulation,clause,summary,action,action_owner,due_on\nFA,KA,A,vinh-long-26-2019,13.3,Thiếu,Bổ sung,An,2026-12-20\nFB,KB,B,vinh-long-26-2019,13.3,Thiếu,Bổ sung,Bình,2026-12-20\n",
    );
    (world, answers)
}

/// A document of a unit, begun by the administrator.
fn document(world: &World, code: &str) -> String {
    let begun = world.admin.form(
        "/documents",
        &[
            ("template", "unit-usage-report"),
            ("organization", &world.id("organization", code)),
            ("period", "2026"),
        ],
    );
    assert_eq!(begun.status, 303, "{}", begun.body);
    begun.location.trim_start_matches("/documents/").to_owned()
}

/// A request of a unit, begun by the administrator.
fn flow(world: &World, code: &str) -> String {
    let subject = format!("D{code}");
    let begun = world.admin.form(
        "/flows/new/inspection-before-connection",
        &[("subject", &subject), ("purpose", "a")],
    );
    assert_eq!(begun.status, 303, "{}", begun.body);
    between(&begun.location, "/flows/", "?").to_owned()
}

/// An entry of a unit's book, and its share with a body that is neither A nor B.
fn shared(world: &World, code: &str) -> (String, String) {
    let path = format!("/api/v1/technical-journal?organization={code}");
    let entries = world.admin.get(&path).json();
    let entry = entries["items"][0]["id"].as_str().expect("it was imported");
    let path = format!("/api/v1/technical-journal/{entry}/shares");
    let kind = [("content-type", "application/json")];
    let share = world
        .admin
        .send("POST", &path, &kind, r#"{"receiver":"C"}"#);
    assert_eq!(share.status, 201, "{}", share.body);
    let share = share.json();
    let share = share["id"].as_str().expect("it has an id");
    (entry.to_owned(), share.to_owned())
}

/// What stands in the addresses and forms of the cases.
struct Names(Vec<(&'static str, String)>);

impl Names {
    /// What is of the unit of that code. Its contact is the one whose name ends like it.
    fn of(world: &World, code: &str, token: &str) -> Self {
        let alarm = eventually("an alarm about the unit's site", || {
            let alarms = world.admin.get("/api/v1/alarms").json();
            let about = format!("Điểm {code}");
            let mut all = alarms["items"].as_array()?.iter().map(ToString::to_string);
            let found = all.find(|alarm| alarm.contains(&about))?;
            Some(between(&found, "\"id\":\"", "\"").to_owned())
        });
        let accounts = world.admin.get("/accounts").body;
        let contacts = world.admin.get("/api/v1/contact").json();
        let contact = contacts["items"].as_array().and_then(|all| {
            let own = |c: &&serde_json::Value| {
                let name = c["values"]["name"].as_str();
                name.is_some_and(|name| name.ends_with(code))
            };
            all.iter().find(own)?["id"].as_str()
        });
        let (entry, share) = shared(world, code);
        Self(vec![
            ("{entry}", entry),
            ("{share}", share),
            ("{code}", code.to_owned()),
            ("{alarm}", alarm),
            ("{token}", token.to_owned()),
            (
                "{account}",
                between(&accounts, "href=\"/accounts/0", "\"").to_owned(),
            ),
            ("{document}", document(world, code)),
            ("{flow}", flow(world, code)),
            ("{unit}", world.id("organization", code)),
            ("{device}", world.id("device", &format!("D{code}"))),
            ("{contact}", contact.unwrap_or_default().to_owned()),
            ("{item}", world.id("inspection-item", &format!("I{code}"))),
            ("{finding}", world.id("finding", &format!("F{code}"))),
        ])
    }

    fn put_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| {
            assert!(!value.is_empty(), "{name} was not found");
            text.replace(name, value)
        })
    }

    fn send(&self, client: &Client, case: &Case, headers: &[(&str, &str)]) -> Answer {
        let body = self.put_in(case.body);
        let kind = if body.starts_with('{') {
            "application/json"
        } else if body.starts_with("--x") {
            "multipart/form-data; boundary=x"
        } else {
            "application/x-www-form-urlencoded"
        };
        let mut all = vec![("content-type", kind), ("if-match", "\"1\"")];
        all.extend(headers);
        client.send(case.method, &self.put_in(case.path), &all, body)
    }
}

#[test]
fn every_route_has_a_case() {
    let written: BTreeSet<(String, String)> = cases()
        .map(|c| (c.method.to_owned(), c.route.to_owned()))
        .collect();
    let routed: BTreeSet<(String, String)> = web::pages::routes()
        .into_iter()
        .map(|(_, method, path)| (method.to_string(), path.to_owned()))
        .collect();
    let missing: Vec<_> = routed.difference(&written).collect();
    let gone: Vec<_> = written.difference(&routed).collect();
    assert!(missing.is_empty(), "routes without a case: {missing:?}");
    assert!(gone.is_empty(), "cases without a route: {gone:?}");
}

/// What the pages declare, without any case: a page that is new is met here, too.
#[test]
fn every_page_lets_in_only_whom_it_declares() {
    let world = World::begin(GIENG, |launch| launch);
    world.import(
        "organization",
        "code,name,kind,level,membership\nA,Sở A,department,province,member\n",
    );
    let readers = [Role::Officer, Role::Viewer].map(|role| {
        let client = world.account(&format!("a.{}", role.code()), role.code(), "A");
        (role, client)
    });
    let nobody = world.program.client();
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for (need, method, route) in web::pages::routes() {
        let parts = route.split('/').map(|part| match part {
            "{noun}" => "contact",
            part if part.starts_with('{') => "none",
            part => part,
        });
        let path = parts.collect::<Vec<_>>().join("/");
        let mut check = |who: &str, answer: &Answer, fits: bool| {
            if !fits {
                let to = format!("{} {}", answer.status, answer.location);
                wrong.push(format!("{who}: {method} {path} → {to}"));
            }
        };
        if need != Need::Nothing {
            let answer = nobody.send(method.as_str(), &path, &[], "");
            let led = !route.starts_with("/api/") && led_to_sign_in(&answer);
            check("nobody", &answer, answer.status == 401 || led);
        }
        let Need::May(permission) = need else {
            continue;
        };
        for (role, client) in readers.iter().filter(|(role, _)| !role.allows(permission)) {
            let answer = client.send(method.as_str(), &path, &[], "");
            check(role.code(), &answer, answer.status == 403);
            refused += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 20, "only {refused} refusals");
}

#[test]
fn every_route_refuses_who_may_not() {
    let (world, _answers) = world();
    let made = world
        .admin
        .form(
            "/me/tokens",
            &[("name", "t"), ("days", "1"), ("scope", "journal")],
        )
        .body;
    let token = between(&made, "/me/tokens/", "/end");
    let program = world.admin.with_token(between(&made, "<code>", "</code>"));
    let names = Names::of(&world, "B", token);
    let own = Names::of(&world, "A", token);
    let officer = world.account("can.bo", "officer", "A");
    let viewer = world.account("nguoi.xem", "viewer", "A");
    let kept = |noun: &str| world.admin.get(&format!("/api/v1/{noun}/export.csv")).body;
    let nouns = ["organization", "site", "device", "contact"];
    let before = nouns.map(kept);
    let shares = names.put_in("/api/v1/technical-journal/{entry}/shares");
    let shared = world.admin.get(&shares).body;
    assert!(shared.contains("\"holds\":true"), "{shared}");
    assert!(before.iter().all(|csv| csv.lines().count() > 1));

    let mut wrong = Vec::new();
    for case in cases() {
        let mut check = |who: &str, answer: Answer, fits: bool| {
            if !fits {
                let to = format!("{} {}", answer.status, answer.location);
                wrong.push(format!("{who}: {} {} → {to}", case.method, case.path));
            }
        };
        // Nobody is signed in.
        let nobody = world.program.client();
        let answer = names.send(&nobody, case, &[]);
        let fits = match case.door {
            Door::Open(status) => answer.status == status,
            _ if case.route.starts_with("/api/") => answer.status == 401,
            // What scripts fetch is told so; a person is led to the form.
            _ => answer.status == 401 || led_to_sign_in(&answer),
        };
        check("nobody", answer, fits);
        // Signed in, and it is another's or not for this role.
        for (who, client) in [("officer", &officer), ("viewer", &viewer)] {
            let refused = match case.door {
                Door::Open(_) | Door::Own | Door::Streams => continue,
                Door::Refused | Door::Unseen => true,
                Door::Everybody => false,
            };
            let answer = names.send(client, case, &[]);
            let fits = if refused {
                let marked = matches!(case.door, Door::Unseen) && answer.status == 422;
                marked || matches!(answer.status, 403 | 404)
            } else {
                answer.status == 200
            };
            check(who, answer, fits);
        }
        // Not even of the own unit does a viewer change anything.
        if case.method != "GET" && matches!(case.door, Door::Refused) {
            let answer = own.send(&viewer, case, &[]);
            let fits = matches!(answer.status, 403 | 404);
            check("viewer, own unit", answer, fits);
        }
        // Another site's page sends what the administrator's browser would send.
        if case.method != "GET" {
            let evil = [("origin", "https://evil.example")];
            let answer = names.send(&world.admin, case, &evil);
            let fits = answer.status == 403;
            check("another site", answer, fits);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(nouns.map(kept), before, "nothing that was refused was done");
    assert_eq!(world.admin.get(&shares).body, shared);
    assert_eq!(
        world.admin.get("/me").status,
        200,
        "the administrator is still signed in"
    );
    assert_eq!(
        program.get("/api/v1/journal").status,
        200,
        "the administrator's token still counts"
    );
}

fn led_to_sign_in(answer: &Answer) -> bool {
    answer.status == 303 && answer.location.starts_with("/sign-in")
}

#[test]
fn a_unit_sees_its_own_and_no_other() {
    let (world, _answers) = world();
    let officer = world.account("can.bo", "officer", "A");
    let unit = world.id("organization", "B");
    let device = world.id("device", "DB");
    let document = document(&world, "B");
    let flow = flow(&world, "B");
    assert_eq!(officer.get("/units/A").status, 200);
    for path in [
        "/units/B".to_owned(),
        "/compliance/vinh-long-26-2019/17.1.a/B".to_owned(),
        format!("/registry/organization/{unit}"),
        format!("/registry/device/{device}"),
        format!("/registry/device/{device}/edit"),
        format!("/api/v1/organization/{unit}"),
        "/api/v1/organization/B".to_owned(),
        format!("/api/v1/device/{device}"),
        format!("/documents/{document}"),
        format!("/documents/{document}/file.pdf"),
        format!("/api/v1/documents/{document}"),
        format!("/flows/{flow}"),
        format!("/api/v1/flows/{flow}"),
        "/api/v1/device/DB".to_owned(),
    ] {
        let answer = officer.get(&path);
        assert!(
            matches!(answer.status, 403 | 404),
            "{path}: {}",
            answer.status
        );
        assert!(!answer.body.contains("Sở B"), "{path} names the other unit");
    }
    for noun in ["organization", "site", "device", "contact"] {
        for path in [
            format!("/api/v1/{noun}"),
            format!("/api/v1/{noun}/export.csv"),
            format!("/registry/{noun}"),
            format!("/registry/{noun}/export.csv"),
        ] {
            let answer = officer.get(&path);
            assert_eq!(answer.status, 200, "{path}");
            for others in ["Sở B", "Máy B", "Điểm B", "Trần Thị B"] {
                assert!(!answer.body.contains(others), "{path} shows {others}");
            }
        }
    }
    assert!(
        officer
            .get("/api/v1/device/export.csv")
            .body
            .contains("Máy A")
    );
    for path in [
        "/documents",
        "/api/v1/documents",
        "/flows",
        "/api/v1/flows",
        "/api/v1/flows?waiting=true",
        "/api/v1/targets",
        "/api/v1/alarms",
        "/api/v1/outages",
        "/api/v1/availability",
        "/api/v1/verdicts",
        "/api/v1/duties",
        "/overview/map",
        "/units",
        "/calendar",
        "/calendar?month=2026-12",
        "/search/found?q=diem",
        "/api/v1/search?q=may",
        "/network",
        "/network/alarms",
    ] {
        let answer = officer.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        for others in ["Sở B", "Máy B", "Điểm B"] {
            assert!(!answer.body.contains(others), "{path} shows {others}");
        }
    }
}
