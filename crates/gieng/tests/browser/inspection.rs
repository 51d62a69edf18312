//! An inspection from its plan to the closed finding.

use testkit::{
    browser::{self, Browser, Screen},
    client::Client,
    program::eventually,
    world::World,
};

use crate::GIENG;

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_closes_a_finding() {
    let Some(browser) = browser::open(Screen::Desk).await else {
        return;
    };
    let world = World::begin(GIENG, |launch| launch);
    world.import(
        "organization",
        "code,name,kind,level,membership\n\
         S,Sở Khoa học và Công nghệ,department,province,member\n\
         U,Sở Nội vụ,department,province,member\n",
    );
    world.import(
        "role-assignment",
        "role,organization,starts_on\nnetwork-authority,S,2019-01-01\n",
    );
    let officer = world.account("can.bo", "officer", "U");
    let base = world.program.url().to_owned();
    eventually("the first verdict", || {
        let page = world.admin.get("/compliance/vinh-long-26-2019/17.2.c/U");
        (page.status == 200).then_some(())
    });
    browser.sign_in_as(&base, &world.admin).await;
    run(&browser, &base, &world.admin, &officer).await;
    drop(browser);
    world.program.stop();
}

async fn run(browser: &Browser, base: &str, inspector: &Client, officer: &Client) {
    browser.open(&format!("{base}/inspections")).await;
    browser.click(".head .btn-primary").await;
    for (field, value) in [
        ("code", "01/KH-KT"),
        ("name", "Kiểm tra năm nay"),
        ("occasion", "planned"),
        ("organization", "S"),
        ("clauses", "17.2"),
        ("units", "U"),
        ("starts_on", "2026-11-20"),
    ] {
        browser.set(&format!("[name={field}]"), value).await;
    }
    browser.click("main form .btn-primary").await;
    // Notice is given, the checklist drawn, the inspection begun.
    let show = format!("{base}/inspections/01%2FKH-KT");
    browser.open(&show).await;
    browser.click("form[action$='/advance'] .btn-primary").await;
    browser.click("form[action$='/draw'] button").await;
    browser.wait("#items li").await;
    // The live verdict and its evidence stand beside each line.
    browser
        .wait("#items a[href='/compliance/vinh-long-26-2019/17.2.c/U']")
        .await;
    browser.click("form[action$='/advance'] .btn-primary").await;
    let line = |cite: &str| format!("#items li:has(a[href$='/17.2.{cite}/U'])");
    // The whole checklist is one form; one item does not conform.
    for cite in ["a", "b", "c", "d", "đ", "e", "g"] {
        let found = if cite == "c" { "deviates" } else { "conforms" };
        let css = format!("{} select[name^='result.']", line(cite));
        browser.set(&css, found).await;
    }
    browser.click("#items .end .btn-primary").await;
    let saved = format!("{} option[value=conforms][selected]", line("g"));
    browser.wait(&saved).await;
    // It is not concluded while nothing is said of that; what was typed stays.
    browser.fill("#conclusion", "Không có tồn tại").await;
    browser.click("form[action$='/advance'] .btn-primary").await;
    browser.wait(".note.is-breached").await;
    // It is required: valid is what holds a text.
    browser.wait("#conclusion:valid").await;
    let first = line("c");
    browser.click(&format!("{first} details summary")).await;
    for (field, value) in [
        ("summary", "Chưa cử cán bộ"),
        ("action", "Ban hành quyết định"),
        ("action_owner", "Chánh văn phòng"),
    ] {
        let css = format!("{first} [name={field}]");
        browser.fill(&css, value).await;
    }
    browser
        .set(&format!("{first} [name=due_on]"), "2030-12-01")
        .await;
    browser
        .click(&format!("{first} details .btn-primary"))
        .await;
    browser.wait_text("#findings", "Chưa cử cán bộ").await;
    browser.set("#conclusion", "Còn một tồn tại").await;
    browser.click("form[action$='/advance'] .btn-primary").await;
    browser.wait_text("main", "Còn một tồn tại").await;

    // The unit says that it is mended, the inspector looks again.
    browser.sign_in_as(base, officer).await;
    browser.open(&show).await;
    browser.click("#findings details summary").await;
    browser
        .fill("#findings [name=note]", "Đã ban hành QĐ 12")
        .await;
    browser.click("#findings details .btn-primary").await;
    browser.wait_text("#findings", "Đã ban hành QĐ 12").await;
    assert_eq!(browser.shown("form[action$='/recheck']").await, "");
    browser.sign_in_as(base, inspector).await;
    browser.open(&show).await;
    browser.click("button[name=holds][value=true]").await;
    browser.wait_text("#findings", "Đã kiểm tra lại").await;
    browser.click("form[action$='/advance'] .btn-primary").await;
    browser
        .wait_text("[aria-current=step], .stages", "Đã đóng")
        .await;
}
