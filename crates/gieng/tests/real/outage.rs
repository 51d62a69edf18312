//! A province of namespaces: a hub, two providers, ten sites behind routers. What is cut by
//! a written script must stand in the records to within the interval of the probes, as one
//! alarm a cause, and nothing is alarmed when what was cut returns.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::{program::eventually, world::World};

use crate::GIENG;

/// Milliseconds between two probes of a site (critical), and of a circuit.
const SITE_MS: i64 = 2_000;
const CIRCUIT_MS: i64 = 5_000;
/// What a loaded machine may take to cut and mend.
const SLACK_MS: i64 = 1_500;

/// Which provider's lines end at a site; the ninth and tenth lie behind the eighth.
const LINES: [(u8, u8); 10] = [
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 5),
    (1, 6),
    (2, 5),
    (2, 6),
    (2, 7),
    (2, 8),
];

fn run(program: &str, args: &[&str]) {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program} (is its Debian package installed?): {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
}

/// The namespaces; removed with the value.
struct Lab {
    /// Before the names of all namespaces and links of this run.
    mark: String,
    names: Vec<String>,
}

impl Lab {
    fn new() -> Self {
        let mut lab = Self {
            mark: format!("gl{}", std::process::id() % 100_000),
            names: Vec::new(),
        };
        for name in ["h", "p1", "p2"] {
            lab.namespace(name);
        }
        for n in 1..=10 {
            lab.namespace(&format!("s{n}"));
        }
        // Ours to the hub, the hub to the providers, these to the sites, sites to sites.
        lab.join("", "h", "10.77.200.1", "10.77.200.2");
        lab.route("", "10.77.0.0/16", "10.77.200.2");
        lab.route("h", "default", "10.77.200.1");
        lab.ip("h", &["addr", "add", "10.77.0.1/32", "dev", "lo"]);
        for p in [1, 2] {
            let (hub, provider) = (format!("10.77.20{p}.1"), format!("10.77.20{p}.2"));
            lab.join("h", &format!("p{p}"), &hub, &provider);
            lab.route(&format!("p{p}"), "default", &hub);
        }
        for n in 1..=10 {
            let address = format!("10.77.{n}.1/32");
            lab.ip(&format!("s{n}"), &["addr", "add", &address, "dev", "lo"]);
        }
        for (p, n) in LINES {
            let (provider, site) = (format!("p{p}"), format!("s{n}"));
            let (near, far) = (line(p, n, 1), line(p, n, 2));
            lab.join(&provider, &site, &near, &far);
            lab.route("h", &format!("{far}/32"), &format!("10.77.20{p}.2"));
            // Answers go back the way they came.
            let table = format!("{}", 100 + p);
            lab.ip(
                &site,
                &["route", "add", "default", "via", &near, "table", &table],
            );
            lab.ip(&site, &["rule", "add", "from", &far, "table", &table]);
            lab.route(&provider, &format!("10.77.{n}.1/32"), &far);
            // Of two lines the second carries the site's own traffic, as a routing protocol
            // would have it once the first is gone.
            let set = if p == 1 { "add" } else { "replace" };
            lab.ip(&site, &["route", set, "default", "via", &near]);
            let via = format!("10.77.20{p}.2");
            lab.ip(
                "h",
                &["route", set, &format!("10.77.{n}.1/32"), "via", &via],
            );
        }
        for (near, far) in [(8, 9), (9, 10)] {
            let (a, b) = (format!("10.77.21{near}.1"), format!("10.77.21{near}.2"));
            lab.join(&format!("s{near}"), &format!("s{far}"), &a, &b);
            lab.route(&format!("s{far}"), "default", &a);
        }
        for n in [9, 10] {
            let to = format!("10.77.{n}.1/32");
            lab.route("h", &to, "10.77.202.2");
            lab.route("p2", &to, &line(2, 8, 2));
            lab.route("s8", &to, "10.77.218.2");
        }
        lab.route("s9", "10.77.10.1/32", "10.77.219.2");
        for name in lab.names.clone() {
            lab.inside(&name, "sysctl", &["-qw", "net.ipv4.ip_forward=1"]);
            lab.inside(&name, "sysctl", &["-qw", "net.ipv4.conf.all.rp_filter=0"]);
            let rules = "table ip lab {\n set cut { type ipv4_addr; flags interval; }\n \
                chain f { type filter hook forward priority 0;\n ip daddr @cut drop;\n }\n \
                chain i { type filter hook input priority 0;\n ip daddr @cut drop;\n }\n}";
            lab.inside(&name, "nft", &[rules]);
        }
        lab
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.mark)
    }

    fn namespace(&mut self, name: &str) {
        run("ip", &["netns", "add", &self.full(name)]);
        self.names.push(name.to_owned());
        self.ip(name, &["link", "set", "lo", "up"]);
    }

    /// `ip` in a namespace; in ours for the empty name.
    fn ip(&self, name: &str, args: &[&str]) {
        let full = self.full(name);
        let mut all = if name.is_empty() {
            Vec::new()
        } else {
            vec!["-n", full.as_str()]
        };
        all.extend(args);
        run("ip", &all);
    }

    fn inside(&self, name: &str, program: &str, args: &[&str]) {
        let full = self.full(name);
        let mut all = vec!["netns", "exec", full.as_str(), program];
        all.extend(args);
        run("ip", &all);
    }

    fn route(&self, name: &str, to: &str, via: &str) {
        self.ip(name, &["route", "add", to, "via", via]);
    }

    /// A link between two namespaces with a /30 on it.
    fn join(&self, a: &str, b: &str, near: &str, far: &str) {
        let (at_a, at_b) = (
            self.full(&format!("{a}{b}a")),
            self.full(&format!("{a}{b}b")),
        );
        let peer = self.full(b);
        self.ip(
            a,
            &[
                "link", "add", &at_a, "type", "veth", "peer", "name", &at_b, "netns", &peer,
            ],
        );
        for (name, link, address) in [(a, &at_a, near), (b, &at_b, far)] {
            self.ip(
                name,
                &["addr", "add", &format!("{address}/30"), "dev", link],
            );
            self.ip(name, &["link", "set", link, "up"]);
        }
    }

    /// Nothing to these addresses passes through or into a namespace any more, or again.
    fn cut(&self, name: &str, addresses: &str, cut: bool) {
        let verb = if cut { "add" } else { "delete" };
        let element = format!("{verb} element ip lab cut {{ {addresses} }}");
        self.inside(name, "nft", &[&element]);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = Command::new("ip")
                .args(["netns", "del", &self.full(name)])
                .status();
        }
    }
}

/// An end of the line of a provider to a site: 1 the provider's, 2 the site's.
fn line(p: u8, n: u8, end: u8) -> String {
    format!("10.77.{}.{}", 100 + p, 4 * n + end)
}

fn tables() -> [(&'static str, String); 3] {
    let mut units = String::from("code,name,kind,level,membership\n");
    units.push_str("TTM,Trung tâm mạng,department,province,member\n");
    units.push_str(
        "VNPT,VNPT,telecom-provider,none,none\nVTEL,Viettel,telecom-provider,none,none\n",
    );
    let mut sites = String::from("code,name,organization,class,status,address,probe,parent\n");
    sites.push_str("HUB,HUB,TTM,hub,active,10.77.0.1,icmp,\n");
    for n in 1..=10 {
        units.push_str(&format!("X{n},Xã {n},people-committee,commune,member\n"));
        let parent = match n {
            9 => "S8",
            10 => "S9",
            _ => "HUB",
        };
        sites.push_str(&format!(
            "S{n},S{n},X{n},critical,active,10.77.{n}.1,icmp,{parent}\n"
        ));
    }
    let mut circuits =
        String::from("code,organization,provider,contract,a_site,z_site,address,probe,status\n");
    for (p, n) in LINES {
        let provider = ["VNPT", "VTEL"][usize::from(p) - 1];
        circuits.push_str(&format!(
            "{provider}-{n},X{n},{provider},HD-{p},S{n},HUB,{},icmp,active\n",
            line(p, n, 2)
        ));
    }
    [
        ("organization", units),
        ("site", sites),
        ("circuit", circuits),
    ]
}

fn items(world: &World, path: &str) -> Vec<Value> {
    let answer = world.admin.get(path).json();
    answer["items"].as_array().cloned().unwrap_or_default()
}

/// What is in a state that is not `up`.
fn not_up(world: &World) -> Vec<String> {
    let all = items(world, "/api/v1/targets");
    assert_eq!(all.len(), 21);
    let said = |t: &Value| format!("{} {}", t["subject"], t["state"]);
    all.iter()
        .filter(|t| t["state"] != "up")
        .map(said)
        .collect()
}

fn sleep(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

#[test]
fn a_province_is_cut_by_a_script_and_the_records_say_so_to_the_second() {
    if !testkit::root("the lab of outages") {
        return;
    }
    let lab = Lab::new();
    let world = World::begin(GIENG, |launch| launch);
    for (key, value) in [
        ("probe.interval_seconds", "5"),
        ("probe.critical_interval_seconds", "2"),
        ("probe.attempts", "2"),
        // A witness that is never cut: with one hub it says whose fault it is.
        ("probe.references", "127.0.0.53"),
    ] {
        let set = world
            .admin
            .form("/settings", &[("key", key), ("value", value)]);
        assert_eq!(set.status, 303, "{}", set.body);
    }
    for (noun, table) in tables() {
        world.import(noun, &table);
    }
    eventually("all to be up", || not_up(&world).is_empty().then_some(()));

    // One line with its site; a site whose line works; one line of two; a line with three
    // sites one behind the other.
    let (v1, v5, t8) = (line(1, 1, 2), line(1, 5, 2), line(2, 8, 2));
    let cuts = [
        ("p1", format!("{v1}, 10.77.1.1")),
        ("s7", "10.77.7.1".to_owned()),
        ("p1", v5),
        ("p2", format!("{t8}, 10.77.8.1, 10.77.9.1, 10.77.10.1")),
    ];
    let mut begun = Instant::now();
    for (name, addresses) in &cuts {
        lab.cut(name, addresses, true);
    }
    sleep(22);
    let five = items(&world, "/api/v1/targets");
    let five = five.iter().find(|t| t["subject"] == "S5").expect("S5");
    assert_eq!(
        (&five["state"], &five["degraded"]),
        (&"up".into(), &true.into())
    );
    for (name, addresses) in &cuts {
        lab.cut(name, addresses, false);
    }
    let first_ms = i64::try_from(begun.elapsed().as_millis()).expect("seconds");
    eventually("all to be up again", || {
        not_up(&world).is_empty().then_some(())
    });

    // The hub, and with it all.
    begun = Instant::now();
    lab.cut("h", "10.77.0.0/16", true);
    sleep(18);
    lab.cut("h", "10.77.0.0/16", false);
    let second_ms = i64::try_from(begun.elapsed().as_millis()).expect("seconds");
    eventually("all to be up after the hub", || {
        not_up(&world).is_empty().then_some(())
    });
    // Long enough for whatever failed before the return to be judged wrongly.
    sleep(10);

    let alarms = items(&world, "/api/v1/alarms?closed=true");
    let mut causes: Vec<(String, usize, bool)> = (alarms.iter())
        .map(|a| {
            let behind = a["behind"].as_array().map_or(0, Vec::len);
            let subject = a["subject"].as_str().unwrap_or_default().to_owned();
            (subject, behind, a["alarm"]["cleared_at"].is_i64())
        })
        .collect();
    causes.sort();
    let expected = [
        ("HUB", 20),
        ("S7", 0),
        ("VNPT-1", 1),
        ("VNPT-5", 0),
        ("VTEL-8", 3),
    ];
    assert_eq!(causes, expected.map(|(s, n)| (s.to_owned(), n, true)));

    // The records against the script, and availability against the records.
    let outages = items(&world, "/api/v1/outages?limit=1000");
    let mut lost: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for outage in &outages {
        let (subject, kind) = (
            outage["subject"].as_str().unwrap_or_default(),
            &outage["kind"],
        );
        let lasted = outage["lasted_ms"].as_i64().expect("it is over");
        let sum = lost.entry(subject.to_owned()).or_default();
        *(if kind == "down" {
            &mut sum.0
        } else {
            &mut sum.1
        }) += lasted;
    }
    let down = |subject: &str| lost.get(subject).map_or(0, |(down, _)| *down);
    let unreachable = |subject: &str| lost.get(subject).map_or(0, |(_, behind)| *behind);
    for (what, is, should, interval) in [
        ("HUB", down("HUB"), second_ms, SITE_MS),
        ("S7", down("S7"), first_ms, SITE_MS),
        ("S7 behind", unreachable("S7"), second_ms, SITE_MS),
        ("VNPT-1", down("VNPT-1"), first_ms, CIRCUIT_MS),
        ("VNPT-5", down("VNPT-5"), first_ms, CIRCUIT_MS),
        ("VTEL-8", down("VTEL-8"), first_ms, CIRCUIT_MS),
        ("S1", unreachable("S1"), first_ms + second_ms, 2 * SITE_MS),
        ("S10", unreachable("S10"), first_ms + second_ms, 2 * SITE_MS),
        ("S5", unreachable("S5"), second_ms, SITE_MS),
        ("VNPT-2", unreachable("VNPT-2"), second_ms, CIRCUIT_MS),
        ("S2 itself", down("S2"), 0, 0),
        ("S5 itself", down("S5"), 0, 0),
    ] {
        let off = (is - should).abs();
        assert!(off <= interval + SLACK_MS, "{what}: {is} ms of {should} ms");
    }
    let side = |subject: &str| {
        let of = outages
            .iter()
            .find(|o| o["subject"] == subject && o["kind"] == "down");
        of.map(|o| o["attribution"].clone()).unwrap_or_default()
    };
    assert_eq!(
        (side("VNPT-1"), side("S7"), side("HUB")),
        ("provider".into(), "unit".into(), "centre".into())
    );
    let ids: BTreeMap<String, String> = (items(&world, "/api/v1/targets").iter())
        .map(|t| {
            let text = |key: &str| t[key].as_str().unwrap_or_default().to_owned();
            (text("subject"), text("id"))
        })
        .collect();
    for subject in ["HUB", "S7", "VNPT-1", "S10"] {
        let path = format!("/api/v1/availability?target={}", ids[subject]);
        let told = |month: &Value| (month["down_ms"].as_i64(), month["unreachable_ms"].as_i64());
        let record = (Some(down(subject)), Some(unreachable(subject)));
        eventually("availability to say what the outages say", || {
            let months = items(&world, &path);
            (months.len() == 1 && told(&months[0]) == record).then_some(())
        });
    }
    let log = world.program.log();
    assert!(!log.contains("panicked"), "{log}");
    world.program.stop();
}
