//! Samples: the calendar.

use crate::{
    calendar::page::{Day, Item, Page, Square},
    cx::Cx,
    mark::Mark,
};

fn item(mark: Mark, title: &str, state: &str) -> Item {
    Item {
        mark,
        href: "/compliance/vinh-long-26-2019/17.2.g/VL-TT".into(),
        title: title.into(),
        about: "Vĩnh Long 26/2019 · Điều 17.2.g · UBND xã Cái Nhum · trong 5 ngày làm việc (số do tỉnh chọn)".into(),
        state: state.into(),
        action: (mark != Mark::Met).then(|| ("/registry/it-plan/new".into(), "Thực hiện".into())),
    }
}

pub fn month(cx: &Cx) -> Page {
    let items = [
        item(
            Mark::Breached,
            "Họp giao ban hằng quý với các đơn vị kết nối",
            "quá hạn 2 ngày",
        ),
        item(
            Mark::Pending,
            "Kế hoạch ứng dụng CNTT hằng năm được gửi",
            "còn 8 ngày",
        ),
        item(
            Mark::Met,
            "Báo cáo hằng năm gửi UBND tỉnh",
            "đã thực hiện đúng hạn",
        ),
    ];
    let square = |week: i8, day: i8| {
        let number = (week * 7 + day - 5).rem_euclid(30) + 1;
        Square {
            day: format!("2026-11-{number:02}"),
            number,
            inside: (1..5).contains(&week) || (week == 0 && day > 5),
            today: number == 22 && week == 3,
            kind: match day {
                5 | 6 => "rest",
                3 if week == 4 => "unknown",
                _ => "",
            },
            note: if number == 24 {
                "Ngày Văn hóa Việt Nam".into()
            } else {
                String::new()
            },
            items: if number == 20 {
                items.to_vec()
            } else {
                Vec::new()
            },
            more: usize::from(number == 20) * 2,
        }
    };
    Page {
        cx: cx.clone(),
        month: "11/2026".into(),
        turn: [
            "/calendar?month=2026-10".into(),
            "/calendar".into(),
            "/calendar?month=2026-12".into(),
        ],
        shown: "2026-11".into(),
        units: vec![
            ("VL-TT".into(), "Trung tâm CNTT".into(), false),
            ("VL-CN".into(), "UBND xã Cái Nhum".into(), true),
        ],
        counts: [1, 12, 3],
        weekdays: (0..7).map(|day| cx.t(format!("weekday-{day}"))).collect(),
        weeks: (0..5)
            .map(|week| (0..7).map(|day| square(week, day)).collect())
            .collect(),
        days: vec![Day {
            day: "2026-11-20".into(),
            weekday: cx.t("weekday-4"),
            today: false,
            note: String::new(),
            items: items.to_vec(),
        }],
        undated: vec![item(
            Mark::NoData,
            "Báo trước khi nâng cấp, bảo trì mạng LAN",
            "chưa tính được hạn",
        )],
    }
}
