//! Signing in over real connections: cookies, answers that tell nothing, the own account.

use crate::world::{Answer, Browser, World};

const PASSWORD: &str = "mot+cau+de+nho+that+dai";

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"))
        .1;
    rest.split_once(to).unwrap().0
}

fn sign_in(browser: &Browser, name: &str, password: &str) -> Answer {
    let form = format!("name={name}&password={password}&back=%2Funits");
    browser.post("/sign-in", &form)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_another_after_each_step() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let secret = between(&officer.get("/me/totp").body, "<code>", "</code>").to_owned();
    let before = officer.copied();
    let code = format!("code={}", world.totp(&secret));
    assert_eq!(officer.post("/me/totp", &code).location, "/");
    assert_eq!(officer.get("/me").status, 200);
    assert_eq!(
        before.get("/me").status,
        303,
        "the cookie of before is dead"
    );

    // Recovery codes are shown once; one of them takes the place of the phone.
    let made = officer.post("/me/recovery", "");
    assert_eq!(made.status, 200);
    let recovery = between(&made.body, "<code>", "</code>").to_owned();
    assert!(!officer.get("/me").body.contains(&recovery));
    assert_eq!(officer.post("/sign-out", "").status, 303);
    let half = sign_in(&officer, "can.bo", PASSWORD);
    assert_eq!(half.location, "/sign-in/code?back=%2Funits");
    let stolen = officer.copied();
    assert_eq!(officer.get("/units").location, "/sign-in/code");
    let form = format!("code={recovery}&back=%2Funits");
    assert_eq!(officer.post("/sign-in/code", &form).location, "/units");
    assert_eq!(officer.get("/units").status, 200);
    assert!(stolen.get("/units").location.starts_with("/sign-in"));
    assert_eq!(stolen.get("/sign-in/code").location, "/sign-in");
    let page = officer.get("/me").body;
    for told in ["Đã dùng một mã dự phòng", "Đã bật xác thực hai bước"] {
        assert!(page.contains(told), "{told}");
    }

    let before = officer.copied();
    let new = "old=mot+cau+de+nho+that+dai&new=tram+nam+trong+coi+nguoi+ta&again=tram+nam+trong+coi+nguoi+ta";
    let changed = officer.post("/me/password", new);
    assert_eq!(changed.location, "/me?done=password-changed");
    assert_eq!(officer.get("/me").status, 200);
    assert_eq!(before.get("/me").status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_is_told_one_thing() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    // What is typed comes back into the form; for the rest the pages are the same.
    let page = |name: &str, password: &str| {
        let answer = sign_in(&Browser::new(&world), name, password);
        assert_eq!(answer.status, 401);
        let (before, clock) = answer.body.split_once(" data-now=\"").unwrap();
        let (_, after) = clock.split_once('"').unwrap();
        format!("{before}{after}").replace(&format!("value=\"{name}\""), "")
    };
    let wrong = page("can.bo", "sai");
    assert!(wrong.contains("hoặc đã nhập sai quá nhiều lần"));
    for _ in 0..4 {
        assert_eq!(page("can.bo", "sai"), wrong);
    }
    assert_eq!(page("can.bo", PASSWORD), wrong, "the name waits");
    for _ in 0..6 {
        assert_eq!(page("khong.co", "sai"), wrong);
    }
    // On the machine where the owner has signed in before nobody waits.
    let own = officer.signed_out();
    assert_eq!(sign_in(&own, "can.bo", PASSWORD).location, "/units");
    let mine = own.get("/me").body;
    assert!(mine.contains("thiết bị lạ phải chờ"), "the owner is told");
    assert_eq!(mine.matches("/me/devices/").count(), 1, "known already");
    let id = between(&mine, "/me/devices/", "/end");
    let forgotten = own.post(&format!("/me/devices/{id}/end"), "");
    assert_eq!(forgotten.location, "/me?done=device-gone");
    let left = own.get("/me").body;
    assert!(!left.contains("/me/devices/"), "none is known any more");
    // One address that goes on is told to wait: that tells nothing of any name.
    let waits = (0..20).find_map(|n| {
        let answer = sign_in(&Browser::new(&world), &format!("ten{n}"), "sai");
        (answer.status == 429).then(|| (answer.header("retry-after"), answer.body))
    });
    let (after, body) = waits.expect("it waits");
    assert!(body.contains("từ địa chỉ này"));
    let after: u32 = after.parse().expect("seconds");
    assert!((1..=10).contains(&after), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_away_after_signing_in() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    for away in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%09%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F%255cevil.example",
        "%2F%0A%2Fevil.example",
    ] {
        let browser = officer.signed_out();
        let form = format!("name=can.bo&password={PASSWORD}&back={away}");
        let entered = browser.post("/sign-in", &form);
        assert_eq!(
            (entered.status, entered.location.as_str()),
            (303, "/"),
            "{away}"
        );
        let again = browser.get(&format!("/sign-in?back={away}"));
        assert_eq!(again.location, "/", "{away}");
        let kept = browser.post("/preferences", &format!("theme=dark&back={away}"));
        assert_eq!(kept.location, "/", "{away}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_it_was_made_for() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let unit = world.id("organization", "X1").await;
    let contact = format!(
        r#"{{"organization":"{unit}","role":"leader","name":"An","starts_on":"2026-01-01"}}"#
    );
    let made = |form: &str| {
        between(&officer.post("/me/tokens", form).body, "<code>", "</code>").to_owned()
    };
    let bearing = |token: &str| Browser::new(&world).bearing(token);
    let reads = bearing(&made("name=doc&days=1"));
    assert_eq!(reads.get("/api/v1/contact").status, 200);
    assert_eq!(reads.get("/api/v1/logs").status, 403);
    assert_eq!(reads.json("/api/v1/contact", &contact).status, 403);
    let writes = bearing(&made("name=ghi&days=1&scope=read&scope=write"));
    assert_eq!(writes.json("/api/v1/contact", &contact).status, 201);
    for wrong in [
        "name=x&days=1&scope=manage",
        "name=x&days=1&scope=all",
        "name=x&days=400",
        "name=x",
    ] {
        assert_eq!(officer.post("/me/tokens", wrong).status, 422, "{wrong}");
    }
    let page = officer.get("/me").body;
    assert!(page.contains("Ghi hồ sơ của đơn vị") && page.contains("dùng lần cuối"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let mut live = officer.live();
    let other = officer.signed_out();
    assert_eq!(sign_in(&other, "can.bo", PASSWORD).status, 303);
    live.next();
    let mine = other.get("/me").body;
    let id = between(&mine, "/me/sessions/", "/end");
    assert_eq!(
        other.post(&format!("/me/sessions/{id}/end"), "").status,
        303
    );
    // Something changes, and the stream ends in place of saying so.
    world.unit("X3").await;
    live.rest();
}
