//! Samples: documents.

use app::document::Compared;
use domain::document::State;

use super::{NOW, entries, pages};
use crate::{
    cx::Cx,
    document::page::{Choice, DraftField, Index, Row, Show},
};

fn text(words: &str) -> String {
    words.to_owned()
}

pub fn index(cx: &Cx) -> Index {
    Index {
        cx: cx.clone(),
        no_printer: true,
        kinds: vec![(
            text("unit-usage-report"),
            text("Báo cáo sử dụng mạng của đơn vị"),
            true,
        )],
        states: vec![(text("draft"), cx.l(State::Draft.label()), false)],
        rows: vec![Row {
            href: text("/documents/1"),
            kind: text("Báo cáo sử dụng mạng của đơn vị"),
            unit: text("Ủy ban nhân dân xã Cái Nhum"),
            period: text("2026"),
            number: text("05"),
            state: cx.l(State::Signed.label()),
            at: NOW - 3_600_000,
        }],
        pages: pages(cx).to_string(),
        offers: vec![
            Choice {
                id: text("unit-usage-report"),
                title: text("Báo cáo sử dụng mạng của đơn vị"),
                about: text("Mỗi năm một lần, đơn vị gửi cơ quan quản lý mạng."),
                open: true,
                units: vec![(text("1"), text("Ủy ban nhân dân xã Cái Nhum"), true)],
                periods: vec![(text("2026"), text("năm 2026"), true)],
                by_day: false,
            },
            Choice {
                id: text("incident-minutes"),
                title: text("Biên bản sự cố"),
                about: text("Ghi lại một sự cố, việc xử lý và kết quả."),
                open: true,
                units: vec![(text("1"), text("Ủy ban nhân dân xã Cái Nhum"), false)],
                periods: vec![(text("2026-11-22"), text("ngày 22/11/2026"), false)],
                by_day: true,
            },
        ],
        may_begin: true,
        narrowed: true,
    }
}

pub fn show(cx: &Cx, state: State) -> Show {
    let position = State::ALL.iter().position(|s| *s == state).unwrap_or(0);
    Show {
        cx: cx.clone(),
        id: text("1"),
        version: 3,
        kind: text("Báo cáo năm gửi UBND tỉnh"),
        title: text("Tình hình quản lý, vận hành mạng năm 2026"),
        unit: text("Sở Khoa học và Công nghệ"),
        state,
        steps: crate::steps::of(State::ALL.map(|s| cx.l(s.label())), position),
        may_write: true,
        no_printer: false,
        drafts: vec![
            DraftField {
                name: text("operation"),
                label: text("Nhận xét về vận hành"),
                text: text("Mạng hoạt động ổn định."),
                typed: None,
                stands: None,
                required: true,
                line: false,
            },
            DraftField {
                name: text("matter"),
                label: text("Sự cố (một dòng)"),
                text: String::new(),
                typed: None,
                stands: None,
                required: false,
                line: true,
            },
        ],
        place: text("Vĩnh Long"),
        signer: text("Nguyễn Thị Hạnh"),
        number: String::new(),
        symbol: text("/BC-SKHCN"),
        day: text("2026-11-22"),
        problem: None,
        compared: (state == State::Signed).then(|| Compared::Read {
            missing: vec![text("Trong năm có 3 sự cố.")],
            added: Vec::new(),
        }),
        facts: vec![(cx.t("document-period"), text("2026"), None)],
        missing: vec![text("Phương hướng và kiến nghị")],
        numbers: vec![(
            text("Số điểm kết nối đang hoạt động"),
            text("146"),
            text("Danh mục điểm kết nối"),
        )],
        filled_at: NOW - 3_600_000,
        sent: vec![(
            text("Ủy ban nhân dân xã Cái Nhum"),
            text("/documents/2"),
            text("05"),
        )],
        absent: vec![(text("Ủy ban nhân dân xã Cái Ngang"), text("/units/X2"))],
        otherwise: vec![(text("Ủy ban nhân dân xã Cái Nước"), text("12/11/2026"))],
        exempt: vec![text("Ủy ban nhân dân xã Trà Côn")],
        rolls_up: true,
        today: text("2026-11-22"),
        journal: entries(cx).to_string(),
    }
}
