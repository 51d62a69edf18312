//! A machine whose clock is wrong when the program starts, and is set later.

use app::watch::{self, Core, Outage};
use store::target::AvailabilityRow;

use crate::watch::Net;

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
        net.run(30, |_| true).await;
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
            assert!((95_000..=100_000).contains(&counted), "{ahead}: {all:?}");
            assert_eq!(sum(|day| day.samples), 100, "{ahead}: {all:?}");
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
    net.run(30, |_| true).await;
    flush(&mut net).await;
    let today = net.p.clock.today().to_string();
    let all = days(&net, 0).await;
    assert_eq!(all.last().unwrap().period, today);
    let up: i64 = all.iter().map(|day| day.up_ms).sum();
    assert!(up >= 60_000, "what was seen stays: {all:?}");
}
