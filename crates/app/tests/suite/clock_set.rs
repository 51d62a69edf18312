//! A machine whose clock is wrong when the program starts, and is set later.

use app::watch::{self, Core, Outage};
use domain::id::OrganizationId;
use policy::Status;
use store::target::AvailabilityRow;

use crate::{Province, VINH_LONG, watch::Net};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// All but the second, which is a site behind the hub.
fn without_s1(i: usize) -> bool {
    i != 1
}

async fn restart(net: &mut Net) {
    net.core = Core::new();
    let now = net.now();
    net.core.reload(&net.p.app, now).await.unwrap();
}

async fn flush(net: &mut Net) {
    let now = net.now();
    net.core.flush(&net.p.app, now).await.unwrap();
}

async fn outages(net: &Net) -> Vec<Outage> {
    watch::outages(&net.p.app, &net.p.ctx(), None, 0, None, 100)
        .await
        .unwrap()
}

async fn days(net: &Net, place: usize) -> Vec<AvailabilityRow> {
    let (db, site) = (&net.p.app.db, net.sites[place]);
    store::target::days(db, Some(site), "1900-01-01", "9000-01-01")
        .await
        .unwrap()
}

#[tokio::test]
async fn what_went_down_by_a_clock_that_was_behind_began_when_it_did() {
    for behind in [7 * HOUR, 6 * 365 * DAY] {
        let mut net = Net::new().await;
        net.run(30, |_| true).await;
        flush(&mut net).await;
        net.p.pass(-behind);
        restart(&mut net).await;
        net.run(10, |_| true).await;
        net.run(60, without_s1).await;
        net.p.pass(behind);
        net.run(1, without_s1).await;
        // 61 seconds ago, one of which passed after the clock was set.
        let began = net.p.clock.now_ms() - 60_000;
        let all = outages(&net).await;
        assert_eq!((all.len(), all[0].began_at), (1, began), "{behind}");
        let alarms = watch::alarms(&net.p.app, &net.p.ctx(), false, 9).await;
        assert_eq!(alarms.unwrap()[0].alarm.raised_at, began, "{behind}");
        let scope = (net.p.ctx().actor)
            .scope(domain::authority::Permission::Read)
            .unwrap();
        let rows = store::target::list(&net.p.app.db, &scope).await.unwrap();
        let s1 = rows.iter().find(|row| row.subject == "s1").unwrap();
        assert_eq!((s1.state.as_str(), s1.since_at), ("down", Some(began)));
        // What was up before the start is up since then.
        flush(&mut net).await;
        let rows = store::target::list(&net.p.app.db, &scope).await.unwrap();
        let hub = rows.iter().find(|row| row.subject == "hub").unwrap();
        assert_eq!(hub.since_at, Some(began - 40_000), "{behind}");
        net.run(30, |_| true).await;
        assert_eq!(outages(&net).await[0].lasted_ms, Some(61_000), "{behind}");
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_at_the_start_leaves_no_time() {
    for ahead in [7 * HOUR, 400 * DAY, 5 * 365 * DAY] {
        let mut net = Net::new().await;
        net.run(30, |_| true).await;
        net.run(30, without_s1).await;
        flush(&mut net).await;
        net.p.pass(ahead);
        restart(&mut net).await;
        net.run(10, without_s1).await;
        flush(&mut net).await;
        assert!(days(&net, 1).await.len() <= 33, "{ahead}");
        net.p.pass(-ahead);
        net.run(630, |_| true).await;
        flush(&mut net).await;
        let today = net.p.clock.today().to_string();
        for place in 0..net.sites.len() {
            let all = days(&net, place).await;
            assert!(
                all.iter().all(|day| day.period <= today),
                "{ahead}: {all:?}"
            );
            let sum = |of: fn(&AvailabilityRow) -> i64| all.iter().map(of).sum::<i64>();
            let unseen = sum(|day| day.no_data_ms);
            assert!((0..5_000).contains(&unseen), "{ahead}: {all:?}");
            let counted = sum(AvailabilityRow::counted_ms);
            assert!((695_000..=700_000).contains(&counted), "{ahead}: {all:?}");
            assert_eq!(sum(|day| day.samples), 700, "{ahead}: {all:?}");
            let until = all.iter().map(|day| day.until_ms).max();
            assert!(until <= Some(net.p.clock.now_ms()), "{ahead}");
        }
        let record = &outages(&net).await[0];
        assert_eq!(record.lasted_ms, Some(40_000), "{ahead}: {record:?}");
        assert!(record.unseen_ms.unwrap() < 5_000, "{ahead}: {record:?}");
    }
}

#[tokio::test]
async fn days_that_have_yet_to_come_do_not_outlive_the_next_start() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    flush(&mut net).await;
    net.p.pass(40 * DAY);
    restart(&mut net).await;
    net.run(10, |_| true).await;
    flush(&mut net).await;
    let today = net.p.clock.today().to_string();
    assert_eq!(days(&net, 0).await.last().unwrap().period, today);
    net.p.pass(-40 * DAY);
    restart(&mut net).await;
    net.run(630, |_| true).await;
    flush(&mut net).await;
    let today = net.p.clock.today().to_string();
    let all = days(&net, 0).await;
    assert_eq!(all.last().unwrap().period, today);
    let up: i64 = all.iter().map(|day| day.up_ms).sum();
    assert!(up >= 60_000, "what was seen stays: {all:?}");
}

#[tokio::test]
async fn a_clock_that_is_behind_at_the_start_takes_no_history() {
    let mut net = Net::new().await;
    // The registry was there before.
    net.p.pass(10 * DAY);
    restart(&mut net).await;
    net.run(30, |_| true).await;
    flush(&mut net).await;
    let before = days(&net, 0).await;
    let last = before.last().unwrap().clone();
    assert!(last.up_ms > 0);
    // For five minutes it is two days behind; or six years, as long as nobody sets it.
    for (behind, seconds) in [(2 * DAY, 300), (6 * 365 * DAY, 900)] {
        net.p.pass(-behind);
        restart(&mut net).await;
        net.run(seconds, |_| true).await;
        flush(&mut net).await;
        net.p.pass(behind);
        net.run(1, |_| true).await;
        flush(&mut net).await;
        let after = days(&net, 0).await;
        let kept = after.iter().find(|day| day.period == last.period);
        assert!(kept.unwrap().up_ms >= last.up_ms, "{behind}: {after:?}");
    }
}

const OFFICER: &str = "17.2.c";

/// What was told of the unit's officer: status, beginning and end.
#[tokio::test]
async fn a_clock_that_is_behind_is_not_believed_before_it_goes_on_as_long_as_the_other() {
    let mut net = Net::new().await;
    net.p.pass(10 * DAY);
    restart(&mut net).await;
    net.run(1_500, |_| true).await;
    flush(&mut net).await;
    let before = days(&net, 0).await;
    let last = before.last().unwrap().clone();
    net.p.pass(-2 * DAY);
    restart(&mut net).await;
    net.run(900, |_| true).await;
    flush(&mut net).await;
    let kept = |after: &[AvailabilityRow]| {
        let day = after.iter().find(|day| day.period == last.period);
        day.map(|day| day.up_ms)
    };
    let after = days(&net, 0).await;
    assert!(kept(&after) >= Some(last.up_ms), "{after:?}");
    net.run(900, |_| true).await;
    flush(&mut net).await;
    let after = days(&net, 0).await;
    assert_eq!(kept(&after), None, "{after:?}");
}

async fn told(p: &Province, unit: OrganizationId) -> Vec<(String, i64, Option<i64>)> {
    let scope = (p.ctx().actor)
        .scope(domain::authority::Permission::Read)
        .unwrap();
    let db = &p.app.db;
    let rows = store::assessment::history(db, &scope, VINH_LONG, OFFICER, unit, 9).await;
    let rows = rows.unwrap().into_iter();
    rows.map(|row| (row.status, row.valid_from, row.valid_to))
        .collect()
}

async fn minutes(p: &Province, n: usize) {
    for _ in 0..n {
        p.pass(60_000);
        p.judge(true).await;
    }
}

async fn begins_anew(p: Province) {
    let unit = p.unit("A", None).await;
    let gone = p.unit("B", None).await;
    let unit = OrganizationId(unit);
    p.left("A", "Lê Văn Trưởng").await;
    p.judge(true).await;
    let began = p.clock.now_ms();
    p.pass(30 * DAY);
    let ahead = p.clock.now_ms();
    p.contact("A", "it-officer", "Mạng").await;
    let over = app::registry::get(&p.app, &p.ctx(), "organization", "B").await;
    let mut over = over.unwrap().values.clone();
    over.insert("ends_on".into(), "2026-11-19".into());
    app::registry::save(&p.app, &p.ctx(), "organization", Some((gone, 1)), over)
        .await
        .unwrap();
    p.judge(true).await;
    p.pass(-30 * DAY);
    p.judge(true).await;
    assert_eq!(p.stands(OFFICER, unit.0).await.0, Status::Met);
    let met = |from, to| ("met".to_owned(), from, to);
    let breached = |to| ("breached".to_owned(), began, Some(to));
    // It may be set again.
    minutes(&p, 5).await;
    let first = told(&p, unit).await;
    assert_eq!(first, [met(ahead, None), breached(ahead)]);
    minutes(&p, 10).await;
    let settled = told(&p, unit).await;
    let now = settled[0].1;
    assert!((began..=p.clock.now_ms()).contains(&now), "{settled:?}");
    let lasted_nothing = met(ahead, Some(ahead));
    assert_eq!(settled, [met(now, None), lasted_nothing, breached(now)]);
    let late = "SELECT COUNT(*) AS n FROM verdict WHERE (valid_to IS NULL AND valid_from > $1) \
        OR (valid_to > $1 AND valid_to > valid_from) OR closed_at > $1";
    let now = [store::Arg::from(p.clock.now_ms())];
    let late = p.app.db.fetch_one("verdicts", late, &now).await.unwrap();
    assert_eq!(late.unwrap().int("n").unwrap(), 0);
    // The journal tells of it, and nothing turns again.
    let report = app::journal::verify(&p.app, &p.ctx()).await.unwrap();
    let of_verdicts = (report.findings.iter()).filter(|f| f.label().en.contains("verdict"));
    assert_eq!(of_verdicts.count(), 0, "{:?}", report.findings);
    assert_eq!(p.judge(true).await.turned, 0);
}

#[tokio::test]
async fn a_verdict_of_a_clock_that_was_ahead_begins_anew() {
    begins_anew(Province::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_of_a_clock_that_was_ahead_begins_anew_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        begins_anew(p).await;
    }
}

#[tokio::test]
async fn verdicts_outlive_a_clock_that_is_years_behind() {
    let p = Province::new().await;
    let unit = OrganizationId(p.unit("A", None).await);
    p.left("A", "Lê Văn Trưởng").await;
    p.judge(true).await;
    let before = told(&p, unit).await;
    assert_eq!(before.len(), 1);
    p.pass(-DAY);
    minutes(&p, 20).await;
    assert_eq!(told(&p, unit).await, before);
}
