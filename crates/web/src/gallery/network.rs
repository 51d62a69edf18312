//! Samples: network and logs.

use super::{
    DAY, HOUR, MINUTE, NOW, pages,
    province::{history, target},
};
use crate::{
    claim::page::{Index as Claims, Row as ClaimOpen},
    cx::Cx,
    log::page::{Check, ClaimRow, FlagTag, Index as Logs, Line, LineRow, Sender, Unknown},
    mark::Mark,
    network::page::{AlarmRow, Alarms, Index, LostRow, MonthRow, TargetPage},
    overview::page::{Calm, Tile},
};

pub fn index(cx: &Cx) -> Index {
    Index {
        cx: cx.clone(),
        here: "/network".into(),
        q: String::new(),
        state: String::new(),
        kinds: vec![("site".into(), "điểm kết nối".into(), false)],
        counts: vec![
            (Mark::Up, 138),
            (Mark::Down, 1),
            (Mark::Unreachable, 4),
            (Mark::Unknown, 1),
        ],
        rows: vec![
            target(Mark::Down, "Kênh VNPT Mang Thít 02"),
            target(Mark::Unreachable, "UBND xã Cái Nhum"),
            target(Mark::Isolated, "UBND xã Nhơn Phú"),
            target(Mark::Unknown, "Sở Nội vụ"),
            target(Mark::Up, "Trung tâm dữ liệu tỉnh"),
        ],
        pages: pages(cx),
    }
}

pub fn target_page(cx: &Cx) -> TargetPage {
    let tile = |title: &str, value: String| Tile {
        href: String::new(),
        title: cx.t(title),
        mark: None,
        value,
        about: cx.t("range-day"),
    };
    let points: Vec<(i64, Option<f64>, Option<f64>)> = (0..288_i64)
        .map(|i| {
            let rtt = (!(100..112).contains(&i))
                .then(|| [11.2, 12.9, 12.1, 14.8, 11.7][usize::try_from(i % 5).unwrap_or(0)]);
            let lost = rtt.map_or(1.0, |_| if i % 40 == 0 { 0.1 } else { 0.0 });
            (NOW - DAY + i * 5 * MINUTE, rtt, Some(lost))
        })
        .collect();
    TargetPage {
        here: "/network/targets/1".into(),
        target: target(Mark::Down, "Kênh VNPT Mang Thít 02"),
        unit: Some(("29557".into(), "UBND xã Cái Nhum".into())),
        record: "/registry/circuit/1".into(),
        why: cx.t("target-why-down"),
        last_sample: Some(NOW - 20_000),
        tiles: vec![
            tile("target-availability", cx.percent(&0.998_7)),
            tile("target-rtt-average", cx.delay(&12.44)),
            tile("target-loss", cx.percent(&0.004)),
            tile("target-outage", cx.span(HOUR)),
        ],
        ranges: vec![
            ("day", cx.t("range-day"), true),
            ("week", cx.t("range-week"), false),
        ],
        points: serde_json::to_string(&points).unwrap_or_default(),
        outages: format!(
            "[[{},{}]]",
            NOW - DAY + 500 * MINUTE,
            NOW - DAY + 560 * MINUTE
        ),
        table: points.into_iter().rev().take(4).collect(),
        lost: vec![
            LostRow {
                mark: Mark::Down,
                from: NOW - HOUR,
                to: None,
                lasted: cx.span(HOUR),
                about: cx.t("outage-side-provider"),
            },
            LostRow {
                mark: Mark::Unreachable,
                from: NOW - 9 * HOUR,
                to: Some(NOW - 8 * HOUR),
                lasted: cx.span(HOUR),
                about: cx.t("outage-side-upstream"),
            },
        ],
        months: vec![
            MonthRow {
                month: "11/2026".into(),
                availability: Some(0.998_7),
                down: HOUR,
                unreachable: HOUR,
                unknown: 0,
                old: false,
            },
            MonthRow {
                month: "10/2026".into(),
                availability: None,
                down: 0,
                unreachable: 0,
                unknown: 31 * DAY,
                old: true,
            },
        ],
        changes: vec![crate::compliance::timeline::Span {
            mark: Mark::Down,
            ..history()[0]
        }],
        behind: vec![target(Mark::Unreachable, "UBND xã Cái Nhum")],
        cx: cx.clone(),
    }
}

pub fn alarms(cx: &Cx) -> Alarms {
    let alarm = |id: &str, cleared| AlarmRow {
        id: id.into(),
        href: "/network/targets/1".into(),
        title: "Kênh VNPT Mang Thít 02".into(),
        next: String::new(),
        mark: Mark::Down,
        raised: NOW - 3 * HOUR,
        cleared,
        lasted: None,
        acknowledged: None,
        behind: vec![
            ("/network/targets/2".into(), "UBND xã Cái Nhum".into()),
            ("/network/targets/3".into(), "UBND xã Nhơn Phú".into()),
        ],
    };
    Alarms {
        cx: cx.clone(),
        may_acknowledge: true,
        calm: Calm::Alarmed,
        open: vec![alarm("a", None)],
        past: vec![alarm("b", Some(NOW - 2 * HOUR))],
    }
}

pub fn logs(cx: &Cx) -> Logs {
    let line = |index, severity: u8, source: &str, text: &str| LineRow {
        index,
        at: NOW - 12_345,
        severity: Some(severity),
        severity_word: cx.t(format!("severity-{severity}")),
        flags: Vec::new(),
        source: source.into(),
        text: text.into(),
    };
    Logs {
        cx: cx.clone(),
        here: "/logs".into(),
        unknown: 3,
        checks: vec![
            Check {
                sound: false,
                said: cx.tn("journal-unsound", 18_211),
                at: NOW - 7_200_000,
            },
            Check {
                sound: true,
                said: cx.tn("vault-sound", 12_408_113),
                at: NOW - 3_600_000,
            },
        ],
        q: "login".into(),
        source: String::new(),
        severities: (0..8)
            .map(|n| (n.to_string(), cx.t(format!("severity-{n}")), n == 4))
            .chain([("none".into(), cx.t("severity-none"), false)])
            .collect(),
        flags: vec![("zone-unknown".into(), cx.t("log-flag-zone-unknown"), false)],
        from: String::new(),
        to: String::new(),
        found: cx.tn("logs-found-more", 100),
        live: true,
        lines: vec![
            line(
                12_408_112,
                3,
                "FW-CN-01",
                "date=2026-11-22 devname=FW-CN-01 logdesc=\"Admin <mark>login</mark> failed\" user=\"admin\" srcip=10.96.4.9",
            ),
            line(
                12_408_111,
                6,
                "SRV-AD-01",
                "sshd[811]: Accepted publickey for backup, <mark>login</mark> ok",
            ),
            line(
                12_408_110,
                4,
                "127.10.9.9",
                "system,error,critical <mark>login</mark> failure for user admin from 10.0.0.9 via ssh",
            ),
            LineRow {
                severity: None,
                severity_word: String::new(),
                flags: vec![FlagTag {
                    word: cx.t("log-flag-zone-unknown"),
                    about: cx.t("log-flag-zone-unknown-about"),
                }],
                ..line(
                    12_408_109,
                    0,
                    "RT-CN-02",
                    "118: Nov 22 00:29:40 XYZ: <mark>login</mark> from vty0",
                )
            },
        ],
        older: Some("/logs?before=12408110".into()),
    }
}

pub fn line(cx: &Cx) -> Line {
    Line {
        cx: cx.clone(),
        index: 12_408_112,
        raw: "<189>date=2026-11-22 time=00:29:47 devname=FW-CN-01 logdesc=\"Admin login failed\""
            .into(),
        fields: vec![
            (cx.t("log-received"), "22/11/2026 00:29:47".into()),
            (cx.t("log-peer"), "127.10.4.18".into()),
        ],
    }
}

pub fn unknown(cx: &Cx) -> Unknown {
    Unknown {
        cx: cx.clone(),
        may_adopt: true,
        senders: vec![Sender {
            peer: "127.10.9.9".into(),
            sample: "system,error,critical login failure for user admin from 10.0.0.9 via ssh"
                .into(),
            lines: 1_204,
            last: NOW - MINUTE,
        }],
        pages: pages(cx),
        devices: vec![("MT-NP".into(), "MikroTik xã Nhơn Phú".into())],
        claims: vec![ClaimRow {
            id: "c1".into(),
            peer: "127.10.9.8".into(),
            device: "MikroTik xã Cái Nhum".into(),
            time: "20/11/2026 08:00 – 21/11/2026 09:30".into(),
            lines: Some(1_204),
            by: "Trần Văn Bình · 21/11/2026 09:30".into(),
        }],
    }
}

pub fn claims(cx: &Cx) -> Claims {
    let row = |value: &str, owners: &str, refused: Option<&str>| ClaimOpen {
        kind: "address".into(),
        label: cx.l(domain::claim::ClaimKind::Address.label()),
        value: value.into(),
        organization: "u1".into(),
        unit: "UBND xã Cái Nhum".into(),
        uses: vec![("/registry/device/d1".into(), "Tường lửa xã Cái Nhum".into())],
        why: cx.l(domain::claim::Why::Outside.label()),
        owners: owners.into(),
        asked_at: NOW - HOUR,
        asked_by: "Nguyễn Thị Hạnh".into(),
        refused: refused.map(Into::into),
        may_decide: true,
    };
    Claims {
        cx: cx.clone(),
        pages: String::new(),
        rows: vec![
            row("10.10.4.18", "", None),
            row(
                "10.10.5.1",
                "UBND xã Nhơn Phú",
                Some("21/11/2026 · Bình · gõ nhầm"),
            ),
        ],
    }
}
