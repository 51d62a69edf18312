//! The prober against real hosts: loopback, a namespace, a firewall, TCP ports.

use crate::world;

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use domain::clock::Clock;
use domain::id::{Id, TargetId};
use domain::reachability::{
    Effect, Failure, Fleet, Outcome, Pace, Sample, Settings as FleetSettings, State, Target,
};
use observe::probe::{Capability, Method, ProbeTarget, Prober, Running, Settings, Timebase, Way};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

fn id(n: u16) -> TargetId {
    let mut bytes = [0; 16];
    bytes[14..].copy_from_slice(&n.to_be_bytes());
    TargetId(Id::from_bytes(bytes))
}

fn target(n: u16, address: &str, method: Method) -> ProbeTarget {
    ProbeTarget {
        id: id(n),
        address: address.parse().unwrap(),
        method,
        pace: pace(),
    }
}

fn pace() -> Pace {
    Pace {
        interval_ms: 300,
        timeout_ms: 200,
        retry_ms: 100,
        ..Pace::default()
    }
}

fn start(settings: Settings) -> (Running, CancellationToken, Timebase) {
    let cancel = CancellationToken::new();
    let timebase = Timebase::new(Clock::system());
    let running = Prober::start(settings, timebase.clone(), cancel.clone()).unwrap();
    (running, cancel, timebase)
}

/// Takes samples until one of `target` is as wanted.
async fn until(
    running: &mut Running,
    target: TargetId,
    wanted: impl Fn(Outcome) -> bool,
) -> Sample {
    let wait = async {
        loop {
            let batch = running.samples.recv().await.expect("the prober runs");
            if let Some(s) = batch
                .into_iter()
                .find(|s| s.target == target && wanted(s.outcome))
            {
                return s;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("a sample as wanted in time")
}

fn can_icmp(test: &str) -> bool {
    let capability = Capability::detect();
    let can = !matches!(capability.v4, Way::None { .. });
    if !can {
        eprintln!("SKIPPED {test}: {capability}");
        assert!(
            std::env::var_os("CI").is_none(),
            "CI must run {test} with ICMP"
        );
    }
    can
}

#[tokio::test]
async fn loopback_hosts_of_both_families_answer() {
    if !can_icmp("loopback_hosts_of_both_families_answer") {
        return;
    }
    let (mut running, cancel, _) = start(Settings::default());
    let mut targets: Vec<_> = (0..500u16)
        .map(|n| target(n, &format!("127.7.{}.{}", n >> 8, n & 0xff), Method::Icmp))
        .collect();
    targets.push(target(900, "::1", Method::Icmp));
    running.prober.set_targets(targets);
    let mut seen: HashMap<TargetId, u32> = HashMap::new();
    let wait = async {
        while seen.len() < 501 || seen.values().any(|&n| n < 2) {
            for sample in running.samples.recv().await.expect("the prober runs") {
                let Outcome::Answered { rtt_us } = sample.outcome else {
                    panic!("{sample:?}");
                };
                assert!(rtt_us < 150_000, "loopback takes no {rtt_us} µs");
                *seen.entry(sample.target).or_default() += 1;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("all answer in time");
    let stats = running.prober.stats();
    assert_eq!((stats.failed, stats.dropped, stats.targets), (0, 0, 501));
    cancel.cancel();
    running.task.await.unwrap();
}

#[tokio::test]
async fn a_broken_link_fails_and_a_mended_one_answers() {
    if !world::root("a_broken_link_fails_and_a_mended_one_answers") {
        return;
    }
    let namespace = world::Namespace::new();
    let (mut running, _cancel, _) = start(Settings::default());
    running
        .prober
        .set_targets(vec![target(1, &namespace.address, Method::Icmp)]);
    until(&mut running, id(1), Outcome::answered).await;
    namespace.link(false);
    let failed = until(&mut running, id(1), |o| !o.answered()).await;
    assert!(matches!(
        failed.outcome,
        Outcome::Failed(Failure::Timeout | Failure::NoRoute)
    ));
    namespace.link(true);
    let back = until(&mut running, id(1), Outcome::answered).await;
    assert!(back.sent.mono_ms > failed.sent.mono_ms);
}

#[tokio::test]
async fn what_our_own_firewall_does_not_let_out_says_nothing_about_the_target() {
    if !world::root("what_our_own_firewall_does_not_let_out_says_nothing_about_the_target") {
        return;
    }
    let (mut running, _cancel, _) = start(Settings::default());
    let _rule = world::Drops::icmp_out_to("127.31.6.1");
    running
        .prober
        .set_targets(vec![target(1, "127.31.6.1", Method::Icmp)]);
    let sample = until(&mut running, id(1), |o| !o.answered()).await;
    assert_eq!(sample.outcome, Outcome::Failed(Failure::Forbidden));
    assert!(!sample.outcome.was_sent());
    let stats = running.prober.stats();
    assert!(
        stats.unsent >= 1 && stats.sent == 0 && stats.failed == 0,
        "{stats:?}"
    );
}

#[tokio::test]
async fn a_firewall_makes_one_alarm_and_its_end_clears_it() {
    if !world::root("a_firewall_makes_one_alarm_and_its_end_clears_it") {
        return;
    }
    let (mut running, _cancel, timebase) = start(Settings::default());
    // 1 is the hub, 2 and 3 hang behind it, 4 is another hub.
    let all = [(1, None), (2, Some(1)), (3, Some(1)), (4, None)];
    let mut fleet = Fleet::new(FleetSettings {
        settle_ms: 500,
        ..FleetSettings::default()
    });
    let fleet_targets = all.map(|(n, parent)| Target {
        id: id(n),
        parents: parent.map(id).into_iter().collect(),
        reference: false,
        centre: false,
        pace: pace(),
    });
    fleet
        .set_targets(fleet_targets.to_vec(), timebase.now())
        .unwrap();
    let address = |n: u16| {
        if n == 4 {
            "127.31.5.4".to_owned()
        } else {
            format!("127.31.4.{n}")
        }
    };
    let probed = all.map(|(n, _)| target(n, &address(n), Method::Icmp));
    running.prober.set_targets(probed.to_vec());

    let all_up = |fleet: &Fleet| fleet.statuses().all(|s| s.state == State::Up);
    watch(&mut running, &mut fleet, &timebase, |fleet, _| {
        all_up(fleet)
    })
    .await;
    let rule = world::Drops::icmp_to("127.31.4.0/24");
    let effects = watch(&mut running, &mut fleet, &timebase, |fleet, _| {
        fleet.alarms().first().is_some_and(|a| a.behind.len() == 2)
    })
    .await;
    let raised: Vec<_> = effects
        .iter()
        .filter(|e| matches!(e, Effect::AlarmRaised(_)))
        .collect();
    assert_eq!(raised.len(), 1, "{effects:?}");
    let alarm = &fleet.alarms()[0];
    assert_eq!((alarm.cause, &alarm.behind), (id(1), &vec![id(2), id(3)]));
    assert_eq!(fleet.status(id(4)).unwrap().state, State::Up);
    drop(rule);
    watch(&mut running, &mut fleet, &timebase, |fleet, _| {
        all_up(fleet)
    })
    .await;
    assert_eq!(fleet.alarms(), []);
}

/// Feeds the fleet and does as it says, until `done`.
async fn watch(
    running: &mut Running,
    fleet: &mut Fleet,
    timebase: &Timebase,
    done: impl Fn(&Fleet, &[Effect]) -> bool,
) -> Vec<Effect> {
    let mut all = Vec::new();
    let wait = async {
        while !done(fleet, &all) {
            let batch = running.samples.recv().await.expect("the prober runs");
            let mut effects = Vec::new();
            for sample in batch {
                effects.extend(fleet.apply(&sample, timebase.now()));
            }
            effects.extend(fleet.tick(timebase.now()));
            for effect in &effects {
                if let Effect::ProbeNow { target, after_ms } = effect {
                    running
                        .prober
                        .probe_now(*target, Duration::from_millis(u64::from(*after_ms)));
                }
            }
            all.extend(effects);
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("it happens in time");
    all
}

#[tokio::test]
async fn a_tcp_port_is_up_while_something_listens() {
    let (mut running, _cancel, _) = start(Settings::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    running
        .prober
        .set_targets(vec![target(1, "127.0.0.1", Method::Tcp(port))]);
    until(&mut running, id(1), Outcome::answered).await;
    drop(listener);
    let closed = until(&mut running, id(1), |o| !o.answered()).await;
    assert_eq!(closed.outcome, Outcome::Failed(Failure::Refused));
    let _again = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    until(&mut running, id(1), Outcome::answered).await;
}

#[tokio::test]
async fn without_icmp_a_refused_connection_proves_the_host_alive() {
    let settings = Settings {
        capability: Capability::none("this test says so"),
        ..Settings::default()
    };
    let (mut running, _cancel, _) = start(settings);
    assert!(
        running
            .prober
            .capability()
            .to_string()
            .contains("this test says so")
    );
    running
        .prober
        .set_targets(vec![target(1, "127.55.0.1", Method::Icmp)]);
    until(&mut running, id(1), Outcome::answered).await;
}

#[tokio::test]
async fn a_wish_is_probed_at_once_and_targets_are_replaced() {
    if !can_icmp("a_wish_is_probed_at_once_and_targets_are_replaced") {
        return;
    }
    let (mut running, cancel, _) = start(Settings::default());
    let slow = |n: u16| ProbeTarget {
        pace: Pace {
            interval_ms: 3_600_000,
            ..pace()
        },
        ..target(n, "127.0.0.9", Method::Icmp)
    };
    running.prober.set_targets(vec![slow(1)]);
    running.prober.probe_now(id(1), Duration::ZERO);
    until(&mut running, id(1), Outcome::answered).await;
    running.prober.set_targets(vec![slow(2)]);
    running.prober.probe_now(id(1), Duration::ZERO);
    running.prober.probe_now(id(2), Duration::from_millis(50));
    let batch = tokio::time::timeout(PATIENCE, running.samples.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(batch.iter().all(|s| s.target == id(2)), "{batch:?}");
    cancel.cancel();
    running.task.await.unwrap();
    assert_eq!(running.samples.recv().await, None);
}

#[tokio::test]
async fn samples_that_nobody_takes_are_dropped_and_counted() {
    if !can_icmp("samples_that_nobody_takes_are_dropped_and_counted") {
        return;
    }
    let settings = Settings {
        batches: 1,
        samples_held: 10,
        ..Settings::default()
    };
    let (mut running, cancel, _) = start(settings);
    let fast = (0..100u16)
        .map(|n| target(n, "127.0.0.8", Method::Icmp))
        .collect();
    running.prober.set_targets(fast);
    let wait = async {
        while running.prober.stats().dropped == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("something is dropped");
    // The newest are still there.
    assert!(running.samples.recv().await.is_some());
    cancel.cancel();
    running.task.await.unwrap();
}

/// Runs itself again in a namespace of its own, as a user without any privilege
/// whom `ping_group_range` allows ICMP sockets.
#[tokio::test]
async fn an_ordinary_user_may_probe_where_the_system_allows_it() {
    const NAME: &str = "an_ordinary_user_may_probe_where_the_system_allows_it";
    const INSIDE: &str = "GIENG_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let settings = Settings::default();
        assert_eq!(
            settings.capability,
            Capability {
                v4: Way::Datagram,
                v6: Way::Datagram
            }
        );
        let (mut running, _cancel, _) = start(settings);
        let all = vec![
            target(1, "127.0.0.1", Method::Icmp),
            target(2, "::1", Method::Icmp),
        ];
        running.prober.set_targets(all);
        until(&mut running, id(1), Outcome::answered).await;
        until(&mut running, id(2), Outcome::answered).await;
        return;
    }
    if !world::root(NAME) {
        return;
    }
    let namespace = world::Namespace::new();
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let program = dir.path().join("probe-test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    world::run("chmod", &["-R", "755", dir.path().to_str().unwrap()]);
    let script = format!(
        "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range && \
         {INSIDE}=1 exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
         {} --exact probe::{NAME} --nocapture",
        program.display()
    );
    let told = world::run(
        "ip",
        &["netns", "exec", &namespace.name, "sh", "-c", &script],
    );
    assert!(told.contains("1 passed"), "{told}");
}
