//! Samples: overview and units.

use policy::Tally;

use super::{DAY, HOUR, MINUTE, NOW, entries, pages};
use crate::{
    compliance::timeline::Span,
    cx::Cx,
    map::{Map, Place},
    mark::Mark,
    network::page::TargetRow,
    overview::page::{Alarms, Bar, Calm, Compliance, Duties, MapPart, Notice, Page, Tile, Tiles},
    unit::page as unit_page,
    unit::page::{ArticleRow, Book, ContactRow, Todo, UnitRow},
};

const NAMES: [&str; 24] = [
    "Cái Nhum",
    "Tân Long Hội",
    "Nhơn Phú",
    "Bình Phước",
    "An Bình",
    "Long Hồ",
    "Phú Quới",
    "Hòa Hiệp",
    "Cái Ngang",
    "Quới An",
    "Trung Hiệp",
    "Trung Thành",
    "Quới Thiện",
    "Hiếu Thành",
    "Hiếu Phụng",
    "Trà Ôn",
    "Vĩnh Xuân",
    "Hòa Bình",
    "Lục Sĩ Thành",
    "Song Phú",
    "Tân Lược",
    "Mỹ Thuận",
    "Tân Quới",
    "Thạnh Phú",
];

pub fn counts(met: u64, breached: u64, pending: u64, no_data: u64) -> Tally {
    Tally {
        met,
        breached,
        pending,
        no_data,
        ..Tally::default()
    }
}

fn places(cx: &Cx) -> Vec<Place> {
    let hub = Place {
        name: "Trung tâm dữ liệu tỉnh".into(),
        href: "/units/TTDL".into(),
        lat: 10.2537,
        lon: 105.9722,
        mark: Mark::Up,
        hub: true,
        parent: None,
        about: vec!["Trung tâm dữ liệu tỉnh".into(), Mark::Up.word(cx.lang)],
    };
    let sites = (0..124_i32).map(|i| {
        // Scattered as communes are: evenly, with a little disorder.
        let (radius, angle) = (0.52 * (f64::from(i) / 124.0).sqrt(), f64::from(i) * 2.4);
        let mark = match i {
            17 => Mark::Down,
            40..=43 => Mark::Unreachable,
            88 => Mark::Unknown,
            _ => Mark::Up,
        };
        Place {
            name: NAMES[usize::try_from(i).unwrap_or(0) % NAMES.len()].into(),
            href: format!("/units/{}", 29_500 + i),
            lat: 10.05 + radius * angle.sin() * 0.8 + f64::from(i % 7) * 0.004,
            lon: 106.2 + radius * angle.cos() + f64::from(i % 5) * 0.006,
            mark,
            hub: false,
            parent: Some(0),
            about: vec![
                format!(
                    "UBND xã {}",
                    NAMES[usize::try_from(i).unwrap_or(0) % NAMES.len()]
                ),
                mark.word(cx.lang),
                "127.10.4.18 · 12,4 ms".into(),
            ],
        }
    });
    std::iter::once(hub).chain(sites).collect()
}

fn notice(mark: Mark, title: &str, about: &str, due: &str) -> Notice {
    Notice {
        mark,
        href: "/network/alarms".into(),
        title: title.into(),
        about: about.into(),
        since: NOW - 12 * MINUTE,
        due: due.into(),
    }
}

pub fn overview(cx: &Cx) -> Page {
    let tile = |title: &str, mark, value: &str, about: String| Tile {
        href: "/network".into(),
        title: cx.t(title),
        mark,
        value: value.into(),
        about,
    };
    let bar = |title: &str, counts| Bar {
        href: "/compliance/vinh-long-26-2019".into(),
        title: title.into(),
        counts,
    };
    Page {
        province: "Mạng diện rộng tỉnh Vĩnh Long".into(),
        shared: Some(cx.tn("shares-open", 2)),
        tiles: Tiles {
            cx: cx.clone(),
            tiles: vec![
                tile(
                    "overview-sites-up",
                    Some(Mark::Down),
                    &cx.n(138),
                    cx.tn("overview-of", 144),
                ),
                tile(
                    "overview-availability",
                    None,
                    &cx.percent(&0.998_7),
                    cx.tx("overview-no-data-time", "2 giờ"),
                ),
                tile(
                    "overview-alarms-open",
                    Some(Mark::Down),
                    "2",
                    cx.tn("overview-behind", 4),
                ),
                tile(
                    "overview-breached",
                    Some(Mark::Breached),
                    &cx.n(412),
                    cx.tn("overview-worst-regulation", 8_040),
                ),
                tile(
                    "overview-due",
                    Some(Mark::Breached),
                    "37",
                    format!(
                        "{} · {}",
                        cx.tn("overview-ahead", 45),
                        cx.tn("overview-overdue", 3)
                    ),
                ),
            ],
        },
        map: MapPart {
            cx: cx.clone(),
            map: Map::draw(places(cx)),
            counts: vec![
                (Mark::Up, 119),
                (Mark::Down, 1),
                (Mark::Unreachable, 4),
                (Mark::Unknown, 1),
            ],
        },
        alarms: Alarms {
            cx: cx.clone(),
            calm: Calm::Alarmed,
            alarms: vec![
                notice(
                    Mark::Down,
                    "Kênh VNPT Mang Thít 02",
                    "4 điểm kết nối nằm sau: Xã Cái Nhum, Xã Nhơn Phú, Xã Bình Phước, Xã Tân Long Hội",
                    "",
                ),
                notice(Mark::Down, "Xã Hiếu Thành", "127.10.4.18 không trả lời", ""),
            ],
        },
        duties: Duties {
            cx: cx.clone(),
            ahead: 45,
            duties: vec![
                notice(
                    Mark::Breached,
                    "Báo cáo năm về quản lý, vận hành mạng",
                    "Điều 19 khoản 3 · 21 đơn vị",
                    "2026-11-15",
                ),
                notice(
                    Mark::Pending,
                    "Họp giao ban quý IV với nhà mạng",
                    "Điều 16 khoản 8 · Sở Khoa học và Công nghệ",
                    "2026-12-31",
                ),
            ],
        },
        compliance: Compliance {
            cx: cx.clone(),
            regulations: vec![bar("Vĩnh Long 26/2019", counts(6_214, 412, 870, 544))],
            groups: vec![
                bar("Ủy ban nhân dân xã, phường", counts(4_310, 391, 702, 480)),
                bar("Sở, ban, ngành", counts(1_602, 20, 150, 51)),
                bar("Mặt trận, đoàn thể", counts(302, 1, 18, 13)),
            ],
        },
        cx: cx.clone(),
    }
}

pub fn empty(cx: &Cx) -> Page {
    let full = overview(cx);
    let nothing = |tile: Tile| Tile {
        mark: None,
        value: "0".into(),
        about: String::new(),
        ..tile
    };
    Page {
        shared: None,
        tiles: Tiles {
            tiles: full.tiles.tiles.into_iter().map(nothing).collect(),
            ..full.tiles
        },
        map: MapPart {
            cx: cx.clone(),
            map: Map::default(),
            counts: Vec::new(),
        },
        alarms: Alarms {
            cx: cx.clone(),
            calm: Calm::Unwatched,
            alarms: Vec::new(),
        },
        duties: Duties {
            cx: cx.clone(),
            ahead: 45,
            duties: Vec::new(),
        },
        compliance: Compliance {
            cx: cx.clone(),
            regulations: Vec::new(),
            groups: Vec::new(),
        },
        ..overview(cx)
    }
}

pub fn units(cx: &Cx) -> unit_page::List {
    let row = |i: u64| UnitRow {
        code: format!("{}", 29_500 + i),
        name: format!(
            "Ủy ban nhân dân xã {}",
            NAMES[usize::try_from(i).unwrap_or(0) % NAMES.len()]
        ),
        group: "Ủy ban nhân dân".into(),
        mark: match i {
            2 => Some(Mark::Down),
            5 => None,
            _ => Some(Mark::Up),
        },
        counts: counts(38 - i, i, 7, i / 2),
    };
    unit_page::List {
        cx: cx.clone(),
        q: "xa".into(),
        groups: vec![
            ("people-committee".into(), "Ủy ban nhân dân".into(), true),
            ("department".into(), "Sở, ban, ngành".into(), false),
        ],
        total: 150,
        rows: (0..14).map(row).collect(),
        pages: pages(cx),
    }
}

pub fn target(mark: Mark, name: &str) -> TargetRow {
    TargetRow {
        href: "/network/targets/1".into(),
        name: name.into(),
        kind: "kênh truyền".into(),
        address: "127.10.4.18".into(),
        mark,
        since: Some(NOW - 5 * HOUR),
        rtt: (mark == Mark::Up).then_some(12.4),
        spark: "/network/targets/1/spark.svg".into(),
        availability: Some(0.998_7),
    }
}

pub fn unit(cx: &Cx) -> unit_page::Page {
    let todo = |mark, cite: &str, title: &str, why: &str, due: &str, button: &str| Todo {
        mark,
        cite: cite.into(),
        href: format!("/compliance/vinh-long-26-2019/{cite}/29557"),
        title: title.into(),
        why: why.into(),
        due: due.into(),
        action: Some(("/registry/device/new".into(), button.into())),
    };
    let article = |mark, title: &str, counts| ArticleRow {
        mark,
        href: "/compliance/vinh-long-26-2019#d13".into(),
        title: title.into(),
        counts,
    };
    unit_page::Page {
        cx: cx.clone(),
        id: "u1".into(),
        code: "29557".into(),
        name: "Ủy ban nhân dân xã Cái Nhum".into(),
        kind: "Ủy ban nhân dân · Xã · Thành viên".into(),
        parent: Some(("H61".into(), "Ủy ban nhân dân tỉnh Vĩnh Long".into())),
        may_write: true,
        judged: true,
        until: None,
        todo: vec![
            todo(
                Mark::Breached,
                "13.6",
                "Thiết bị phải được kiểm tra an ninh trước khi nối",
                "2 thiết bị chưa có kết quả kiểm tra: SW-CN-02, AP-CN-01",
                "",
                "Ghi kết quả kiểm tra",
            ),
            todo(
                Mark::Breached,
                "17.2.c",
                "Cử cán bộ CNTT phụ trách",
                "Chưa có cán bộ CNTT nào đang giữ nhiệm vụ từ 01/11/2026",
                "",
                "Khai báo cán bộ",
            ),
            todo(
                Mark::Pending,
                "19.3",
                "Báo cáo năm gửi Sở",
                "Báo cáo năm 2026 chưa gửi",
                "2026-11-30",
                "Lập báo cáo",
            ),
            todo(
                Mark::NoData,
                "15.1",
                "Sao lưu dữ liệu dùng chung theo kỳ",
                "Chưa có bản ghi sao lưu nào trong 7 ngày",
                "",
                "Ghi sổ sao lưu",
            ),
        ],
        targets: vec![
            target(Mark::Up, "UBND xã Cái Nhum"),
            target(Mark::Down, "Kênh VNPT Mang Thít 02"),
        ],
        counts: counts(31, 2, 6, 1),
        articles: vec![
            article(
                Mark::Breached,
                "Điều 13. Thiết bị và máy trạm",
                counts(4, 1, 0, 1),
            ),
            article(
                Mark::Breached,
                "Điều 17. Trách nhiệm đơn vị",
                counts(9, 1, 3, 0),
            ),
            article(Mark::Met, "Điều 8. Địa chỉ và tên miền", counts(1, 0, 0, 0)),
        ],
        contacts: vec![ContactRow {
            href: "/registry/contact/1".into(),
            name: "Lê Thị Mai".into(),
            role: "Lãnh đạo phụ trách".into(),
            phone: "0270 3822 222".into(),
        }],
        books: vec![
            Book {
                title: "Thiết bị".into(),
                href: "/registry/device?organization=u1".into(),
                add: "/registry/device/new?organization=u1".into(),
                may_add: true,
                total: 7,
                rows: vec![
                    (
                        "/registry/device/1".into(),
                        "Tường lửa FortiGate 60F".into(),
                        "Đang dùng".into(),
                    ),
                    (
                        "/registry/device/2".into(),
                        "SW-CN-02".into(),
                        "Đang dùng".into(),
                    ),
                ],
                empty: String::new(),
            },
            Book {
                title: "Nhật ký kỹ thuật".into(),
                href: "/registry/technical-journal".into(),
                add: "/registry/technical-journal/new".into(),
                may_add: true,
                total: 0,
                rows: Vec::new(),
                empty: "Ghi mỗi lần bảo trì, sửa chữa, đổi cấu hình.".into(),
            },
        ],
        journal: entries(cx),
    }
}

pub fn history() -> Vec<Span> {
    vec![
        Span {
            mark: Mark::Breached,
            from: NOW - 21 * DAY,
            to: None,
        },
        Span {
            mark: Mark::Met,
            from: NOW - 70 * DAY,
            to: Some(NOW - 21 * DAY),
        },
        Span {
            mark: Mark::NoData,
            from: NOW - 74 * DAY,
            to: Some(NOW - 70 * DAY),
        },
    ]
}
