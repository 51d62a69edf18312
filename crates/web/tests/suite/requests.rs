//! Requests and a device's access as those who meet them see them: what is refused says where, and
//! leads on.

use crate::world::World;

const NEW: &str = "/flows/new/inspection-before-connection";

async fn with_device() -> World {
    let world = World::with_units().await;
    let device = [
        ("code", "D1"),
        ("name", "Tường lửa xã"),
        ("organization", "X1"),
        ("role", "firewall"),
        ("status", "planned"),
    ];
    world.save("device", &device).await;
    world
}

/// The address to which the choice of language or theme leads back.
fn back(body: &str) -> &str {
    let (_, rest) = body.split_once("action=\"/preferences\"").unwrap();
    let (_, rest) = rest.split_once("name=\"back\" value=\"").unwrap();
    rest.split_once('"').unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mistyped_is_marked_where_it_stands() {
    let world = with_device().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let refused = officer.on(NEW).post(NEW, "subject=D9&purpose=x");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("id=\"w-subject\""),
        "{}",
        refused.body
    );
    let said = "trong phạm vi của bạn";
    assert_eq!(refused.body.matches(said).count(), 1, "it is said once");
    assert!(!refused.body.contains("quản trị viên cấp"));
    // What has no field of its own is said above the form, what has one is not.
    let blank = officer.on(NEW).post(NEW, "subject=D1&purpose=");
    assert_eq!(blank.status, 422);
    assert_eq!(blank.body.matches("Bắt buộc phải có").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_leads_to_the_one_that_is_open() {
    let world = with_device().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let first = officer.post(NEW, "subject=D1&purpose=x");
    assert_eq!(first.status, 303, "{}", first.body);
    let page = first.location.split('?').next().unwrap().to_owned();
    let second = officer.on(NEW).post(NEW, "subject=D1&purpose=x");
    assert_eq!(second.status, 409);
    assert!(
        second.body.contains(&format!("href=\"{page}\"")),
        "{}",
        second.body
    );
    // Who is waited for stands on its page.
    let shown = officer.get(&page).body;
    assert!(shown.contains("Chờ trung tâm mạng"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_refused_leads_back_to_the_request() {
    let world = with_device().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let centre = world.signed_in("van.hanh", "operator", None).await;
    let begun = officer.post(NEW, "subject=D1&purpose=x");
    let page = begun.location.split('?').next().unwrap().to_owned();
    let refused = centre.post(&format!("{page}/steps/return"), "version=1&wanting=");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(back(&refused.body), page);
    assert_eq!(centre.get(back(&refused.body)).status, 200);
    assert_eq!(refused.body.matches("Bắt buộc phải có").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_s_access_is_refused_on_its_own_page() {
    let world = with_device().await;
    let centre = world.signed_in("van.hanh", "operator", None).await;
    let id = world.id("device", "D1").await;
    let page = format!("/registry/device/{id}");
    let access = format!("/network/devices/{id}/access");
    let refused = centre.on(&page).post(&access, "community=a%20b&port=99999");
    assert_eq!(refused.status, 422, "{}", refused.body);
    for field in ["community", "port"] {
        assert!(
            refused.body.contains(&format!("id=\"w-{field}\"")),
            "{field}"
        );
    }
    assert!(refused.body.contains("value=\"99999\"") && !refused.body.contains("a b\""));
    assert!(!refused.body.contains("<strong>port</strong>"));
    assert_eq!(back(&refused.body), page);
    // Any form that is refused leads back to the page that it stood on.
    let paper = centre
        .on("/flows")
        .post("/flows/substitutes", "login=nobody");
    assert_eq!((paper.status, back(&paper.body)), (422, "/flows"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_anything_say_what_is_missing() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let new = officer.get(NEW).body;
    assert!(new.contains("phải khai báo trước"), "{new}");
    assert!(new.contains("href=\"/registry/device/new\""));
    let ended = officer.get("/flows?ended=true").body;
    assert!(ended.contains("Chưa có đề nghị nào đã kết thúc"));
    assert!(!ended.contains("Chưa có đề nghị nào."));
    assert!(officer.get("/flows/waiting").body.starts_with("<section"));
}
