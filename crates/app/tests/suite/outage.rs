//! Outages as records: what they last, who they hit, and that nothing contradicts them.

use app::{
    registry,
    watch::{self, Core, Outage},
};
use domain::record::{Value, Values};
use store::target::AvailabilityRow;

use crate::watch::Net;

/// The hub and all behind it do not answer; the fifth, which stands alone, does.
fn only_other(i: usize) -> bool {
    i == 4
}

async fn outages(net: &Net) -> Vec<Outage> {
    let mut all = watch::outages(&net.p.app, &net.p.ctx(), None, 0, None, 100)
        .await
        .unwrap();
    all.reverse();
    all
}

/// All days of a target added up.
async fn sums(net: &Net, place: usize) -> AvailabilityRow {
    let (db, site) = (&net.p.app.db, net.sites[place]);
    let days = store::target::days(db, Some(site), "2000-01-01", "2100-01-01")
        .await
        .unwrap();
    let mut sum = AvailabilityRow::default();
    for day in days {
        sum.up_ms += day.up_ms;
        sum.down_ms += day.down_ms;
        sum.unreachable_ms += day.unreachable_ms;
        sum.isolated_ms += day.isolated_ms;
        sum.no_data_ms += day.no_data_ms;
        assert_eq!(day.accounting, store::target::ACCOUNTING);
    }
    sum
}

/// As a program that was killed: what was not written is gone.
async fn restart(net: &mut Net) {
    net.core = Core::new();
    let now = net.now();
    net.core.reload(&net.p.app, now).await.unwrap();
}

/// What judges outages is told of them by their table, in other processes too.
#[tokio::test]
async fn an_outage_is_told_to_whoever_judges_it() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    let records = net.p.app.data.join("records.db");
    let other = store::Db::open(&records.display().to_string())
        .await
        .unwrap();
    net.run(60, only_other).await;
    let news = other.news().await.unwrap();
    for table in ["outage", "target_state"] {
        assert!(news.contains(table), "{table}: {news:?}");
    }
}

#[tokio::test]
async fn one_record_says_what_alarm_and_availability_say() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    net.run(60, only_other).await;
    net.run(30, |_| true).await;
    let now = net.now();
    net.core.flush(&net.p.app, now).await.unwrap();
    let all = outages(&net).await;
    assert_eq!(all.len(), 4);
    let hub = all.iter().find(|o| o.kind == "down").unwrap();
    assert_eq!(
        (hub.target, hub.lasted_ms, hub.unseen_ms),
        (net.sites[0], Some(60_000), Some(0)),
        "from the first failed to the first answered sample"
    );
    assert_eq!(hub.attribution, "centre");
    assert_eq!(hub.affected.len(), 3);
    for other in all.iter().filter(|o| o.kind != "down") {
        assert_eq!(other.kind, "unreachable");
        assert_eq!(other.cause, Some(hub.id));
        assert_eq!(other.lasted_ms, Some(60_000));
        assert_eq!(other.attribution, "upstream");
    }
    let alarms = watch::alarms(&net.p.app, &net.p.ctx(), true, 9)
        .await
        .unwrap();
    assert_eq!(alarms.len(), 1);
    let alarm = &alarms[0].alarm;
    assert_eq!(
        (alarm.raised_at, alarm.cleared_at, alarm.lasted_ms),
        (hub.began_at, hub.ended_at, hub.lasted_ms)
    );
    assert_eq!(alarm.outage, Some(hub.id));
    assert_eq!(alarm.behind.len(), 3, "whoever was hit stays in the record");
    let (of_hub, of_site, of_other) = (
        sums(&net, 0).await,
        sums(&net, 1).await,
        sums(&net, 4).await,
    );
    assert_eq!((of_hub.down_ms, of_hub.unreachable_ms), (60_000, 0));
    assert_eq!((of_site.down_ms, of_site.unreachable_ms), (0, 60_000));
    assert_eq!((of_other.down_ms, of_other.unreachable_ms), (0, 0));
}

#[tokio::test]
async fn who_was_hit_stands_in_each_loss_also_while_it_comes_and_goes() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    for _ in 0..6 {
        net.run(45, only_other).await;
        net.run(30, |_| true).await;
    }
    let now = net.now();
    net.core.flush(&net.p.app, now).await.unwrap();
    let all = outages(&net).await;
    let hubs: Vec<_> = all.iter().filter(|o| o.kind == "down").collect();
    assert_eq!(hubs.len(), 6);
    for hub in hubs {
        let behind = all.iter().filter(|o| o.cause == Some(hub.id)).count();
        assert_eq!((behind, hub.affected.len()), (3, 3), "{hub:?}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_makes_no_time() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    net.p.pass(3_600_000);
    net.run(30, |_| true).await;
    net.run(60, only_other).await;
    net.p.pass(-3_600_000);
    net.run(60, |_| true).await;
    let now = net.now();
    net.core.flush(&net.p.app, now).await.unwrap();
    let hub = sums(&net, 0).await;
    assert_eq!(hub.down_ms, 60_000);
    assert_eq!(hub.up_ms + hub.down_ms + hub.no_data_ms, 180_000);
    assert_eq!(outages(&net).await[0].lasted_ms, Some(60_000));
}

#[tokio::test]
async fn two_days_off_over_midnight_are_no_data() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    net.run(30, only_other).await;
    let now = net.now();
    net.core.flush(&net.p.app, now).await.unwrap();
    net.notices().await;
    let two_days = 2 * 86_400_000;
    net.p.pass(two_days);
    restart(&mut net).await;
    net.run(30, |_| true).await;
    let now = net.now();
    net.core.flush(&net.p.app, now).await.unwrap();
    let (hub, other) = (sums(&net, 0).await, sums(&net, 4).await);
    for of in [&hub, &other] {
        let off = of.no_data_ms - two_days;
        assert!((0..5_000).contains(&off), "{of:?}");
    }
    assert!(hub.down_ms <= 31_000 && hub.up_ms >= 55_000, "{hub:?}");
    // The outage lasted as long, but nobody saw most of it.
    let all = outages(&net).await;
    let record = all.iter().find(|o| o.kind == "down").unwrap();
    let (lasted, unseen) = (record.lasted_ms.unwrap(), record.unseen_ms.unwrap());
    assert!(
        unseen >= two_days && lasted - unseen <= 31_000,
        "{record:?}"
    );
    assert_eq!(
        net.notices().await,
        ["mail alarm.cleared", "webhook alarm.cleared"]
    );
}

#[tokio::test]
async fn killed_before_it_was_told_it_is_told_after() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    let mut seconds = 0;
    while outages(&net).await.is_empty() {
        net.run(1, only_other).await;
        seconds += 1;
        assert!(seconds < 60);
    }
    assert_eq!(net.open().await, [], "it has not settled yet");
    restart(&mut net).await;
    net.run(30, only_other).await;
    assert_eq!(net.open().await, [("hub".to_owned(), 3)]);
    assert_eq!(
        net.notices().await,
        ["mail alarm.raised", "webhook alarm.raised"]
    );
    let all = outages(&net).await;
    assert_eq!(all.iter().filter(|o| o.kind == "down").count(), 1);
}

#[tokio::test]
async fn what_is_taken_out_of_service_has_not_recovered() {
    let mut net = Net::new().await;
    net.run(30, |_| true).await;
    net.run(30, |i| i != 1).await;
    assert_eq!(net.open().await, [("s1".to_owned(), 0)]);
    net.notices().await;
    let retire = "UPDATE site SET status = 'retired' WHERE code = 's1'";
    net.p.app.db.execute("site", retire, &[]).await.unwrap();
    let now = net.now();
    net.core.reload(&net.p.app, now).await.unwrap();
    assert_eq!(net.open().await, []);
    assert_eq!(
        net.notices().await,
        ["mail alarm.removed", "webhook alarm.removed"]
    );
    let record = &outages(&net).await[0];
    assert_eq!(record.ending.as_deref(), Some("removed"));
    net.core.flush(&net.p.app, now).await.unwrap();
    assert!(
        sums(&net, 1).await.down_ms >= 25_000,
        "what was counted stays"
    );
}

#[tokio::test]
async fn the_hub_of_a_circle_is_named() {
    let mut net = Net::new().await;
    let hang =
        "UPDATE site SET parent_id = (SELECT id FROM site WHERE code = 's3') WHERE code = 'hub'";
    net.p.app.db.execute("site", hang, &[]).await.unwrap();
    let now = net.now();
    net.core.reload(&net.p.app, now).await.unwrap();
    let open = watch::alarms(&net.p.app, &net.p.ctx(), false, 9)
        .await
        .unwrap();
    let said = open[0].alarm.said.as_ref().unwrap();
    assert!(
        said.what.en.contains("s3 → s2 → hub → s3"),
        "{}",
        said.what.en
    );
    // The rest is a tree all the same.
    net.run(30, |_| true).await;
    net.run(30, only_other).await;
    let mut subjects: Vec<_> = net.open().await.into_iter().collect();
    subjects.retain(|(subject, _)| !subject.is_empty());
    assert_eq!(subjects, [("hub".to_owned(), 3)]);
    let mend = "UPDATE site SET parent_id = NULL WHERE code = 'hub'";
    net.p.app.db.execute("site", mend, &[]).await.unwrap();
    let now = net.now();
    net.core.reload(&net.p.app, now).await.unwrap();
    let open = watch::alarms(&net.p.app, &net.p.ctx(), false, 9)
        .await
        .unwrap();
    assert!(open.iter().all(|view| view.alarm.said.is_none()));
}

#[tokio::test]
async fn work_that_was_announced_by_the_hour_covers_its_hours_alone() {
    let mut net = Net::new().await;
    let announced = async |net: &Net, subject: &str, from: i64, until: i64| {
        let (today, now) = (net.p.clock.today().to_string(), net.p.clock.now_ms());
        let mut values: Values = [
            ("organization", "A"),
            ("subject", subject),
            ("occurred_on", today.as_str()),
            ("result", "both-told"),
        ]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into();
        values.insert("from_at".into(), Value::Integer(now + from));
        values.insert("until_at".into(), Value::Integer(now + until));
        let saved = registry::save(&net.p.app, &net.p.ctx(), "planned-work", None, values).await;
        saved.unwrap().record.id
    };
    announced(&net, "before", -7_200_000, -3_600_000).await;
    let cut = async |net: &mut Net| {
        net.run(30, |_| true).await;
        net.run(60, |place| place != 4).await;
        net.run(30, |_| true).await;
        let now = net.now();
        net.core.flush(&net.p.app, now).await.unwrap();
        let last = outages(net).await.pop().unwrap();
        (last.planned_by, last.planned_until)
    };
    assert_eq!(cut(&mut net).await, (None, None), "it was over");
    let until = net.p.clock.now_ms() + 3_600_000;
    let now = announced(&net, "now", 0, 3_600_000).await;
    assert_eq!(cut(&mut net).await, (Some(now), Some(until)));
}
