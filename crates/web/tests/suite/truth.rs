//! Nothing looks good of which nothing is known.

use crate::world::{World, walk};
use app::watch::Core;
use domain::{
    clock::{self, Clock},
    id::TargetId,
    reachability::{Failure, Moment, Outcome, Sample},
};

/// What a page shows as good.
const GREEN: [&str; 4] = ["is-up", "is-met", "empty good", "#circle-check"];

fn green(world_of: &str, pages: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let mut out = Vec::new();
    for (path, html) in pages {
        for sign in GREEN {
            if let Some(at) = html.find(sign) {
                let from = html.floor_char_boundary(at.saturating_sub(120));
                let to = html.ceil_char_boundary((at + 160).min(html.len()));
                out.push(format!("{world_of} {path}: {sign}: {}", &html[from..to]));
            }
        }
    }
    out
}

/// 27 November 2026, ten in the morning in Vietnam.
fn late_november() -> Clock {
    Clock::fixed("2026-11-27T03:00:00Z".parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_known_nothing_is_green() {
    let empty = World::new().await.without_second_factor().await;
    let reader = empty.signed_in("quan.tri", "administrator", None).await;
    let mut wrong = green("empty", walk::pages(&reader));
    // Who may write papers hears that there are no organizations yet, not that they may not.
    let papers = reader.get("/documents").body;
    assert!(papers.contains("nhập đơn vị trước"), "{papers}");
    for said in ["Chọn một mẫu", "không có quyền"] {
        assert!(!papers.contains(said), "{papers}");
    }

    let silent = World::with_units().await;
    let reader = silent.signed_in("quan.tri", "administrator", None).await;
    wrong.extend(green("silent", walk::pages(&reader)));
    for part in ["tiles", "map", "alarms", "duties", "compliance"] {
        let path = format!("/overview/{part}");
        wrong.extend(green("silent", [(path.clone(), reader.get(&path).body)]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_that_nobody_judges_any_more_are_told_as_old() {
    let clock = late_november();
    let world = World::at(clock.clone()).await.peopled().await;
    let reader = world.signed_in("quan.tri", "administrator", None).await;
    let told = |path: &str| {
        let html = reader.get(path).body;
        ["Đang đánh giá lại", "Chưa đánh giá lại từ 27/11/2026 10:00"].map(|w| html.contains(w))
    };
    assert_eq!(told("/compliance"), [false, false]);
    clock.set(clock::from_ms(clock.now_ms() + 6 * 60_000));
    for page in ["/", "/compliance", "/units"] {
        assert_eq!(told(page), [false, true], "{page}");
    }
    let begun = World::at(clock).await.without_second_factor().await;
    let reader = begun.signed_in("quan.tri", "administrator", None).await;
    let html = reader.get("/").body;
    assert!(html.contains("Đang đánh giá lại"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_sites_without_samples_are_not_up() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let mut csv =
        "code,name,organization,class,status,address,probe,latitude,longitude\n".to_owned();
    for i in 0..2_000 {
        let (a, b) = (i / 200, i % 200);
        csv.push_str(&format!(
            "M{i},Điểm {i},X1,standard,active,127.20.{a}.{b},icmp,10.{b:03},106.{a:03}\n",
            b = b + 1
        ));
    }
    world.import("site", &csv).await;
    let paths = ["/", "/network", "/network/alarms", "/units", "/units/X1"];
    let looked = paths.map(|path| (path.to_owned(), centre.get(path).body));
    let tiles = between(&looked[0].1, "id=\"part-tiles\"", "</div>");
    assert!(
        tiles.contains("trên 2.001 điểm") && tiles.contains("is-unknown"),
        "{tiles}"
    );
    assert!(
        looked[2].1.contains("2.001 điểm đo chưa có số đo mới"),
        "{}",
        looked[2].1
    );
    let wrong = green("many", looked);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"))
        .1;
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

/// Two sites and the samples that a test makes up.
struct Watched {
    world: World,
    clock: Clock,
    core: Core,
    sites: [TargetId; 2],
    mono_ms: u64,
}

impl Watched {
    async fn new() -> Self {
        let clock = late_november();
        let world = World::at(clock.clone()).await.peopled().await;
        let second = [
            ("code", "S2"),
            ("name", "Trụ sở xã số 2"),
            ("organization", "X2"),
            ("class", "standard"),
            ("status", "active"),
            ("address", "127.10.0.2"),
            ("probe", "icmp"),
        ];
        world.save("site", &second).await;
        let mut sites = Vec::new();
        for code in ["S1", "S2"] {
            sites.push(TargetId(world.id("site", code).await.parse().unwrap()));
        }
        let mut watched = Self {
            world,
            clock,
            core: Core::new(),
            sites: [sites[0], sites[1]],
            mono_ms: 1_000_000,
        };
        let now = watched.now();
        watched.core.reload(&watched.world.app, now).await.unwrap();
        watched
    }

    fn now(&self) -> Moment {
        Moment {
            mono_ms: self.mono_ms,
            at_ms: self.clock.now_ms(),
        }
    }

    fn pass(&mut self, ms: i64) {
        self.mono_ms += ms.unsigned_abs();
        self.clock.set(clock::from_ms(self.clock.now_ms() + ms));
    }

    /// So many seconds, in each of which those `up` answer and the others do not.
    async fn run(&mut self, seconds: u32, up: [bool; 2]) {
        for _ in 0..seconds {
            self.pass(1_000);
            let now = self.now();
            let sample = |(target, up): (TargetId, bool)| Sample {
                target,
                sent: now,
                outcome: if up {
                    Outcome::Answered { rtt_us: 900 }
                } else {
                    Outcome::Failed(Failure::Timeout)
                },
            };
            let samples: Vec<Sample> = self.sites.into_iter().zip(up).map(sample).collect();
            let app = &self.world.app;
            self.core.ingest(app, &samples, now).await.unwrap();
            self.core.tick(app, now).await.unwrap();
        }
        let now = self.now();
        self.core.flush(&self.world.app, now).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_alarm_stays_on_the_page_however_many_came_after_it() {
    let mut net = Watched::new().await;
    let centre = net.world.signed_in("quan.tri", "administrator", None).await;
    net.run(10, [true, true]).await;
    net.run(5, [false, true]).await;
    net.run(9, [false, false]).await;
    net.run(60, [false, true]).await;
    // So many in a row would be one that comes and goes: the first is written down 200 times
    // more, each a minute later.
    let again = "INSERT INTO alarm \
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200) \
         SELECT printf('01a21af2-0000-7000-8000-%012d', n), target_id, organization_id, state, \
         raised_at + n * 60000, cleared_at + n * 60000, behind, acknowledged_at, \
         acknowledged_by, subject, said, outage_id, lasted_ms \
         FROM alarm, n WHERE cleared_at IS NOT NULL";
    net.world
        .app
        .db
        .execute("repeat", again, &[])
        .await
        .unwrap();
    let page = centre.get("/network/alarms").body;
    let (open, past) = page.split_once("<table").unwrap();
    assert_eq!(open.matches("id=\"alarm-").count(), 1, "{open}");
    assert!(open.contains("Trụ sở xã số 1"), "{open}");
    assert_eq!(
        past.matches("<tr>").count(),
        201,
        "the heading and the latest 200"
    );
    let listed = centre.get("/api/v1/alarms?closed=true&limit=100").body;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["items"][0]["subject"], "Trụ sở xã số 1");
    assert!(listed["items"][0]["alarm"]["cleared_at"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_site_down_makes_the_number_of_sites_up_no_good_news() {
    let mut net = Watched::new().await;
    let centre = net.world.signed_in("quan.tri", "administrator", None).await;
    let sites = |page: &str| between(page, "href=\"/network?kind=site\"", "</a>").to_owned();
    net.run(10, [true, true]).await;
    let all = sites(&centre.get("/overview/tiles").body);
    assert!(
        all.contains("is-up") && all.contains("trên 2 điểm"),
        "{all}"
    );
    let quiet = centre.get("/overview/alarms").body;
    assert!(quiet.contains("empty good"), "all are measured: {quiet}");

    net.run(10, [false, true]).await;
    let one = sites(&centre.get("/overview/tiles").body);
    assert!(one.contains("is-down") && !one.contains("is-up"), "{one}");

    // The watch stops. What answered last is not up for ever.
    net.run(10, [true, true]).await;
    net.pass(60_000);
    assert!(
        centre.get("/network").body.contains("is-up"),
        "a minute is not long"
    );
    net.pass(600_000);
    for path in ["/", "/network", "/network/alarms", "/units", "/units/X1"] {
        let page = [(path.to_owned(), centre.get(path).body)];
        let wrong = green("stopped", page);
        let wrong: Vec<_> = wrong.iter().filter(|w| !w.contains("is-met")).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let target = centre
        .get(&format!("/network/targets/{}", net.sites[0]))
        .body;
    assert!(target.contains("verdict is-unknown"), "{target}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_next_month_is_seen_before_the_month_begins() {
    let world = World::at(late_november()).await.peopled().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let home = centre.get("/").body;
    let duties = between(&home, "id=\"part-duties\"", "</section>");
    assert!(
        duties.contains("45 ngày tới") && duties.contains("31/12/2026"),
        "{duties}"
    );
    let tiles = between(&home, "id=\"part-tiles\"", "</div>");
    let due = between(tiles, "href=\"/calendar?month=2026-12\"", "</a>");
    assert!(!due.contains(">0<") && due.contains("is-pending"), "{due}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_lost_is_led_on_and_who_was_signed_out_comes_back() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let lost = centre.get("/registry/device/khong-co");
    assert_eq!(lost.status, 404);
    for way in [
        "<nav",
        "class=\"btn\" href=\"/registry/device\"",
        "class=\"btn\" href=\"/registry\"",
    ] {
        assert!(lost.body.contains(way), "no {way} in {}", lost.body);
    }
    // A device with an address that nobody probes leads to no page of samples.
    let out = [
        ("code", "S3"),
        ("name", "Trụ sở cũ"),
        ("organization", "X1"),
        ("class", "standard"),
        ("status", "retired"),
        ("address", "127.10.0.3"),
        ("probe", "icmp"),
    ];
    world.save("site", &out).await;
    let id = world.id("site", "S3").await;
    let record = centre.get(&format!("/registry/site/{id}")).body;
    assert!(
        !record.contains(&format!("/network/targets/{id}")),
        "{record}"
    );

    // The session ends while a form is filled in.
    let form = "/registry/device/new?organization=X1";
    let gone = centre.signed_out();
    let sent = gone.on(form).post("/registry/device", "code=D9");
    assert_eq!(
        (sent.status, sent.location.as_str()),
        (
            303,
            "/sign-in?back=%2Fregistry%2Fdevice%2Fnew%3Forganization%3DX1"
        )
    );
    // A change of language leads back to what was asked.
    let list = centre.get("/registry/organization?q=xa").body;
    assert!(
        list.contains("name=\"back\" value=\"/registry/organization?q=xa\""),
        "{list}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_answered_is_not_a_no() {
    let world = World::new().await.peopled().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let page = "/compliance/vinh-long-26-2019/11/X1";
    let send = |fields: &[(&str, &str)]| {
        let path = format!("{page}/attest");
        officer.form_with(&path, fields, ("attachment", ""), b"")
    };
    let control = ("control", "lan-secured");
    for holds in [None, Some(""), Some("không rõ")] {
        let mut fields = vec![control, ("statement", "Đã lắp <tường lửa>")];
        fields.extend(holds.map(|holds| ("holds", holds)));
        let refused = send(&fields);
        assert_eq!(refused.status, 422, "{holds:?}");
        for said in [
            "Chọn một trong hai câu trả lời",
            "Đã lắp &#60;tường lửa&#62;",
        ] {
            assert!(refused.body.contains(said), "{holds:?}: {}", refused.body);
        }
    }
    let blank = send(&[control, ("holds", "false"), ("statement", " ")]);
    assert_eq!(blank.status, 422);
    assert!(
        blank.body.contains(r#"value="false" checked"#),
        "{}",
        blank.body
    );
    let judged = || async { app::assess::evaluate(&world.app, true).await.unwrap() };
    judged().await;
    assert!(
        !officer.get(page).body.contains("chưa thực hiện."),
        "{}",
        officer.get(page).body
    );
    let taken = send(&[
        control,
        ("holds", "false"),
        ("statement", "Chưa có tường lửa"),
    ]);
    assert_eq!(taken.status, 303, "{}", taken.body);
    judged().await;
    assert!(officer.get(page).body.contains("chưa thực hiện."));
}
