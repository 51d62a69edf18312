//! Samples: flows.

use super::{DAY, HOUR, NOW, pairs};
use crate::{
    cx::Cx,
    flow::page::{
        AboutField, EffectRow, EventRow, Index, Naming, New, OfferRow, OtherStep, PaperRow,
        PlanRow, Row, Show, StepForm, SubstituteRow,
    },
    registry::page::{Control, Input},
};
use domain::label::Label;

fn row() -> Row {
    Row {
        href: "/flows/1".into(),
        title: "Tường lửa xã Long Châu".into(),
        kind: "Kiểm tra trước khi kết nối".into(),
        unit: "UBND xã Long Châu".into(),
        state: "Chờ phê duyệt".into(),
        steps: "Cho phép kết nối · Không cho phép kết nối".into(),
        optional: "Kiểm tra lại".into(),
        in_place_of: Some("hanh".into()),
        due: "20/11/2026".into(),
        late: true,
        since: NOW - 2 * DAY,
    }
}

pub fn index(cx: &Cx) -> Index {
    Index {
        cx: cx.clone(),
        waiting: vec![row()],
        optional: vec![row()],
        papers: vec![PaperRow {
            href: "/documents/1".into(),
            title: cx.l(Label::new("Báo cáo quý", "Quarterly report")),
            kind: "2026-Q4".into(),
            unit: "UBND xã Long Châu".into(),
            state: "Đã soát: Ký, đưa bản đã ký vào".into(),
            since: NOW - DAY,
        }],
        offers: vec![OfferRow {
            href: "/flows/new/inspection-before-connection".into(),
            icon: "plug-connected".into(),
            title: "Kiểm tra trước khi kết nối".into(),
            about: "Đơn vị đề nghị kiểm tra một thiết bị trước khi nối vào mạng".into(),
        }],
        ended: false,
        all: vec![row()],
        total: 1,
        pages: String::new(),
        may_name: true,
        substitutes: vec![SubstituteRow {
            id: "1".into(),
            login: "lan".into(),
            days: "23/11/2026 – 27/11/2026".into(),
        }],
        naming: Naming::default(),
        problem: None,
    }
}

fn input(name: &str, label: &str, control: Control) -> Input {
    Input {
        name: name.into(),
        label: label.into(),
        help: None,
        required: true,
        wide: false,
        value: String::new(),
        wrong: None,
        control,
    }
}

pub fn new(cx: &Cx) -> New {
    New {
        cx: cx.clone(),
        action: "/flows/new/inspection-before-connection".into(),
        title: "Kiểm tra trước khi kết nối".into(),
        about: "Đơn vị đề nghị kiểm tra một thiết bị trước khi nối vào mạng".into(),
        button: "Gửi đề nghị".into(),
        knowing: true,
        open: Some("/flows/1".into()),
        once: "019acb00-0000-7000-8000-000000000001".into(),
        of: AboutField {
            name: "subject",
            label: "Thiết bị".into(),
            value: String::new(),
            wrong: Some("Bắt buộc phải có".into()),
            choices: pairs(&[("TL-01", "Tường lửa xã Long Châu")]),
            none: Some((
                "Chưa có thiết bị nào".into(),
                Some("/registry/device/new".into()),
            )),
        },
        inputs: vec![input("purpose", "Dùng vào việc gì", Control::Area)],
        problem: None,
    }
}

fn plan(is_final: bool) -> PlanRow {
    PlanRow {
        what: "Sửa Thiết bị: Tường lửa xã Long Châu".into(),
        fields: vec![(
            "Ngày kiểm tra trước khi nối".into(),
            String::new(),
            "20/11/2026".into(),
        )],
        is_final,
    }
}

pub fn show(cx: &Cx) -> Show {
    Show {
        cx: cx.clone(),
        id: "1".into(),
        version: 2,
        title: "Tường lửa xã Long Châu".into(),
        kind: "Kiểm tra trước khi kết nối".into(),
        unit: "UBND xã Long Châu".into(),
        record: Some("/registry/device/1".into()),
        state: "Chờ phê duyệt".into(),
        due: "20/11/2026".into(),
        late: true,
        steps: vec![
            StepForm {
                name: "approve".into(),
                label: "Cho phép kết nối".into(),
                inputs: Vec::new(),
                plan: vec![plan(true)],
                seen: "ab".into(),
                shown_later: false,
                approvals: Some("Đã duyệt: 1/2 (binh)".into()),
                in_place_of: Some("hanh".into()),
                open: false,
                optional: false,
                idle: false,
            },
            StepForm {
                name: "refuse".into(),
                label: "Không cho phép kết nối".into(),
                inputs: vec![input("reason", "Lý do", Control::Area)],
                plan: Vec::new(),
                seen: String::new(),
                shown_later: true,
                approvals: None,
                in_place_of: None,
                open: true,
                optional: true,
                idle: true,
            },
        ],
        others: vec![OtherStep {
            label: "Kiểm tra lại".into(),
            who: "trung tâm mạng (quản trị viên, cán bộ vận hành)".into(),
            why: "Bạn không có quyền làm bước này".into(),
            optional: true,
        }],
        may_withdraw: true,
        events: vec![EventRow {
            at: NOW - 3 * HOUR,
            what: "Ghi kết quả kiểm tra".into(),
            who: "binh (thay lan)".into(),
            state: "Chờ phê duyệt".into(),
            typed: pairs(&[("Kết quả", "Đạt")]),
            done: vec![plan(false)],
        }],
        effects: vec![EffectRow {
            id: "1".into(),
            what: "Gửi thư cho người gửi đề nghị".into(),
            state: "Không chắc đã gửi; không tự gửi lại".into(),
            said: "connection lost".into(),
            may_try: true,
        }],
        serves: pairs(&[(
            "khoản 6 Điều 13, Vĩnh Long 26/2019",
            "/compliance/vinh-long-26-2019/13.6",
        )]),
        problem: None,
    }
}
