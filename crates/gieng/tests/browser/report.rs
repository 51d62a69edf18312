//! A unit officer's yearly report: from the reminder to "sent", and the clause turns.

use domain::clock::{Clock as SystemClock, start_of_day_ms};
use jiff::{ToSpan as _, civil::date};
use testkit::{
    browser::{self, Screen},
    client::PASSWORD,
    clock::Clock,
    program::eventually,
    world::World,
};

use crate::{GIENG, sign_in};

/// Cà Mau 31/2019 Article 12.2: before 1 December a unit reports its use of the network.
const VERDICT: &str = "/compliance/ca-mau-31-2019/12.2/U";

/// By how many seconds, and into which year, to go ahead to a day on which the report of its
/// year is open: ten days before the last safe one.
fn to_november() -> (i64, i16) {
    let clock = SystemClock::system();
    let today = clock.today();
    let mut day = date(today.year(), 11, 20);
    if day <= today {
        day = day.saturating_add(1.year());
    }
    let morning = start_of_day_ms(day) + 9 * 3_600_000;
    ((morning - clock.now_ms()) / 1_000, day.year())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sends_the_yearly_report() {
    let (Some(clock), Some(browser)) = (Clock::new(), browser::open(Screen::Phone).await) else {
        return;
    };
    let (ahead, year) = to_november();
    clock.jump(ahead);
    let mut world = World::empty(GIENG, |launch| clock.give(launch));
    world.admin.ahead = ahead;
    let link = world.program.first_link();
    world.admin.begin(&link, "quan.tri");
    world.import(
        "organization",
        "code,name,kind,level,membership\n\
         S,Sở Thông tin,department,province,member\nU,UBND phường Tân Thành,people-committee,commune,member\n",
    );
    world.import(
        "role-assignment",
        "role,organization,starts_on\nnetwork-authority,S,2019-01-01\n",
    );
    world.import(
        "adoption",
        &format!("regulation,starts_on\nca-mau-31-2019,{year}-01-01\n"),
    );
    world.account("can.bo", "officer", "U");
    eventually("the first verdict", || {
        (world.admin.get(VERDICT).status == 200).then_some(())
    });

    let base = world.program.url().to_owned();
    sign_in(&browser, &base, "can.bo", PASSWORD).await;
    browser.open(&format!("{base}{VERDICT}")).await;
    browser.wait("#verdict .verdict.is-pending").await;
    // The reminder on the unit's page leads to the paper.
    browser.open(&format!("{base}/units/U")).await;
    browser
        .click("#part-todo a[href*='begin=unit-usage-report']")
        .await;
    browser.click("details[open] form .btn-primary").await;
    let word = "Hai chục cuộc họp truyền hình\nMười dịch vụ công";
    browser.fill("#d-applications", word).await;
    browser.fill("#place", "Cà Mau").await;
    browser.click("button[name=then][value=review]").await;
    browser.wait_text("#number-hint", "77/BC-UBND").await;
    browser.fill("#number", "12/BC-UBND").await;
    browser.fill("#by", "Nguyễn Thị Hoa").await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let scan = folder.path().join("bao-cao-da-ky.txt");
    std::fs::write(&scan, "Báo cáo đã ký").expect("the folder is ours");
    browser.fill("#file", &scan.display().to_string()).await;
    browser.click("form[action$='/sign'] .btn-primary").await;
    browser.click("form[action$='/send'] .btn-primary").await;
    browser.wait_text("[aria-current=step]", "Đã gửi").await;
    // What was written keeps its lines.
    browser.wait_text("dd.pre", word).await;
    // And the journal beside it says all in words.
    let journal = browser.shown("ul.rows.deep").await;
    for said in [
        "trạng thái: Đã ký Đã gửi",
        "lấy số liệu lúc: ",
        // As far as a long text is shown.
        "\nMười dịch vụ",
    ] {
        assert!(journal.contains(said), "{said}: {journal}");
    }
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let mut raw = journal.split_whitespace();
    let raw = raw
        .find(|word| digits(word) >= 13 || ["reviewed", "signed", "applications"].contains(word));
    assert_eq!(raw, None, "{journal}");

    browser.open(&format!("{base}{VERDICT}")).await;
    browser.wait("#verdict .verdict.is-met").await;
    browser.open(&format!("{base}/units/U")).await;
    browser.wait("#part-todo").await;
    let open = browser.shown("#part-todo a[href*='begin=unit-usage-report']");
    assert_eq!(open.await, "", "nothing more is to be done");
    // The book has it, with the paper.
    browser.open(&format!("{base}/registry/usage-report")).await;
    browser.wait_text("main tbody", "12/BC-UBND").await;
    drop(browser);
    world.program.stop();
}
