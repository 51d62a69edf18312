//! A past day on pages and in the API: as it was known then, and by what is known now.

use crate::world::{Browser, World};
use domain::clock::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn a_past_day_is_shown_as_known_then_or_as_known_now() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let clock = Clock::fixed(at("2026-11-20T05:00:00Z"));
    let world = World::at(clock.clone()).await.peopled().await;
    let leader = |unit| {
        [
            ("organization", unit),
            ("role", "leader"),
            ("name", "Trưởng"),
        ]
    };
    for unit in ["X1", "X2"] {
        let given = [&leader(unit)[..], &[("starts_on", "2026-01-01")]].concat();
        world.save("contact", &given).await;
    }
    app::assess::evaluate(&world.app, true).await.unwrap();
    clock.set(at("2026-11-25T05:00:00Z"));
    for (unit, since) in [("X1", "2026-11-01"), ("X2", "2026-11-24")] {
        let officer = [
            ("organization", unit),
            ("role", "it-officer"),
            ("name", "Mạng"),
            ("starts_on", since),
        ];
        world.save("contact", &officer).await;
    }
    app::assess::evaluate(&world.app, true).await.unwrap();
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let officer = world.signed_in("can.bo", "officer", Some("X2")).await;
    let status = |browser: &Browser, unit: &str, more: &str| {
        let path = format!("/api/v1/verdicts?clause=17.2.c&unit={unit}&as_of=2026-11-20{more}");
        let answer = browser.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let item = &json["items"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        (
            text(&json["known"]),
            text(&item["status"]),
            item["since"].is_null(),
        )
    };
    let said = |known: &str, status: &str| (known.to_owned(), status.to_owned(), known == "now");
    assert_eq!(status(&centre, "X1", ""), said("then", "no_data"));
    assert_eq!(
        status(&centre, "X1", "&known=then"),
        said("then", "no_data")
    );
    assert_eq!(status(&centre, "X1", "&known=now"), said("now", "met"));
    // Of a later day: in neither.
    assert_eq!(status(&centre, "X2", ""), said("then", "no_data"));
    assert_eq!(status(&centre, "X2", "&known=now"), said("now", "no_data"));
    let theirs = "/api/v1/verdicts?unit=X1&as_of=2026-11-20&known=now";
    assert_eq!(officer.get(theirs).status, 404);
    assert_eq!(Browser::new(&world).get(theirs).status, 401);

    let base = "/compliance/vinh-long-26-2019";
    let now = "?as_of=2026-11-20&#38;known=now";
    for path in [
        "/compliance",
        base,
        &format!("{base}/17.2.c"),
        &format!("{base}/heatmap"),
    ] {
        for lang in ["vi", "en"] {
            let browser = centre.in_language(lang);
            let today = browser.get(path);
            assert!(
                !today.body.contains("known=now"),
                "{path}: there is no day to choose for"
            );
            let then = browser.get(&format!("{path}?as_of=2026-11-20"));
            assert_eq!(
                then.body.matches("known=now").count(),
                1,
                "{path}: the switch alone"
            );
            let anew = browser.get(&format!("{path}?as_of=2026-11-20&known=now"));
            assert_eq!(anew.status, 200, "{path}");
            assert!(anew.body.matches(now).count() > 1, "{path}: kept in links");
            let words = if lang == "vi" {
                "Theo những gì biết nay"
            } else {
                "As known now"
            };
            let on = format!("href=\"{path}{now}\" aria-current=\"true\">{words}");
            assert!(anew.body.contains(&on), "{path}: {}", anew.body);
        }
    }
    let page = |unit: &str, known: &str| {
        let path = format!("{base}/17.2.c/{unit}?as_of=2026-11-20&known={known}");
        centre.get(&path).body
    };
    let verdict = |body: &str| body.split("class=\"verdict is-").nth(1).unwrap()[..4].to_owned();
    assert_eq!(verdict(&page("X1", "then")), "no_d");
    assert_eq!(verdict(&page("X1", "now")), "met\"");
    assert!(
        page("X1", "now").contains("Mạng"),
        "its evidence is what is known now"
    );
    assert_eq!(verdict(&page("X2", "now")), "no_d");
    let not_mine = format!("{base}/17.2.c/X1?as_of=2026-11-20&known=now");
    assert_eq!(officer.get(&not_mine).status, 404);
    let receipt = format!("{base}/17.2.c/X1/receipt{}", now.replace("#38;", ""));
    assert_eq!(officer.get(&receipt).status, 404);
    let note = centre.get(&receipt).body;
    assert!(
        note.contains("\"known\": \"now\"") && note.contains("\"status\": \"met\""),
        "{note}"
    );
    let held = centre.upload("/receipts", "receipt.txt", note.as_bytes());
    assert!(
        held.body.contains("Theo những gì biết nay"),
        "{}",
        held.body
    );
    assert!(held.body.contains(&format!("/X1{now}")), "{}", held.body);
    for path in [base, "/api/v1/verdicts", "/api/v1/oscal/results"] {
        let refused = centre.get(&format!("{path}?as_of=2026-11-20&known=soon"));
        assert_eq!(refused.status, 400, "{path}");
    }
}
