//! Nothing that was typed is lost.

use fantoccini::Locator;
use testkit::{
    browser::{self, Screen},
    client::PASSWORD,
    world::World,
};

use crate::{GIENG, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_survives_an_expired_session() {
    let Some(browser) = browser::open(Screen::Desk).await else {
        return;
    };
    let world = World::begin(GIENG, |launch| launch);
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở Nội vụ,department,province,member\n",
    );
    world.account("can.bo", "officer", "U");
    let base = world.program.url().to_owned();
    sign_in(&browser, &base, "can.bo", PASSWORD).await;
    let form = format!("{base}/registry/device/new");
    browser.open(&form).await;
    browser.fill("#f-name", "Tường lửa tầng ba").await;

    // The session ends meanwhile: sending leads to the form for signing in, and back.
    let client = &browser.client;
    client
        .delete_cookie("gieng_session")
        .await
        .expect("it goes");
    // What the browser itself would ask to be filled in is not what this is about.
    let send = "document.querySelector('main form[method=post]').noValidate = true";
    client.execute(send, Vec::new()).await.expect("it runs");
    browser.click("main form[method=post] .btn-primary").await;
    browser.wait("#password").await;
    browser.fill("#name", "can.bo").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form .btn-primary").await;
    browser.wait("main form .done[role=status]").await;
    let name = client
        .find(Locator::Css("#f-name"))
        .await
        .expect("the form is there");
    let value = name.prop("value").await.expect("it has a value");
    assert_eq!(value.as_deref(), Some("Tường lửa tầng ba"));
    assert_eq!(
        client
            .current_url()
            .await
            .expect("it is somewhere")
            .as_str(),
        form
    );

    // Another account that signs in in the same tab gets nothing of it.
    world.account("nguoi.khac", "officer", "U");
    client
        .delete_cookie("gieng_session")
        .await
        .expect("it goes");
    client.execute(send, Vec::new()).await.expect("it runs");
    browser.click("main form[method=post] .btn-primary").await;
    browser.wait("#password").await;
    browser.fill("#name", "nguoi.khac").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form .btn-primary").await;
    browser.wait("#f-name").await;
    let name = client
        .find(Locator::Css("#f-name"))
        .await
        .expect("the form is there");
    let value = name.prop("value").await.expect("it has a value");
    assert_eq!(value.as_deref(), Some(""));
    drop(browser);
    world.program.stop();
}
