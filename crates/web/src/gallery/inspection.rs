//! Samples: inspections.

use super::pairs;
use crate::{
    cx::Cx,
    inspection::page::{FindingRow, Index, ItemRow, Row, Show},
    mark::Mark,
};

pub fn index(cx: &Cx) -> Index {
    Index {
        cx: cx.clone(),
        may_manage: true,
        rows: vec![Row {
            href: "/inspections/KT2026-01".into(),
            name: "Kiểm tra an toàn thông tin năm 2026".into(),
            about: "KT2026-01 · Theo kế hoạch năm · 02/11/2026".into(),
            status: "Đang kiểm tra".into(),
            closed: false,
        }],
    }
}

pub fn show(cx: &Cx) -> Show {
    let steps = [
        "Lập kế hoạch",
        "Đã thông báo",
        "Đang kiểm tra",
        "Đã kết luận",
        "Đã đóng",
    ];
    Show {
        cx: cx.clone(),
        id: "01".into(),
        version: 3,
        unit: "CC01".into(),
        may_conclude: false,
        is_concluded: false,
        may_answer: true,
        conclusion: String::new(),
        problem: None,
        code: "KT2026-01".into(),
        name: "Kiểm tra an toàn thông tin năm 2026".into(),
        steps: crate::steps::of(steps.map(String::from), 2),
        next: "Đã kết luận".into(),
        concludes: true,
        may_draw: true,
        may_manage: true,
        may_report: true,
        about: pairs(&[("Thành viên đoàn", "Lê Văn Trưởng, Trần Thị Phó")]),
        counts: vec![
            ("Đạt".into(), 41),
            ("Không đạt".into(), 3),
            ("Chưa kiểm tra".into(), 12),
        ],
        total: 56,
        share: 78,
        units: vec![("CC01".into(), "Chi cục Thủy lợi".into(), true)],
        items: vec![ItemRow {
            id: "1".into(),
            version: 1,
            cite: "điểm c khoản 2 Điều 17".into(),
            asked: "Cử cán bộ phụ trách công nghệ thông tin".into(),
            verdict: Some((
                Mark::Breached,
                "/compliance/vinh-long-26-2019/17.2.c/CC01".into(),
            )),
            results: vec![
                ("open".into(), "Chưa kiểm tra".into(), true),
                ("conforms".into(), "Đạt".into(), false),
            ],
            result: "Chưa kiểm tra".into(),
            note: String::new(),
            was: String::new(),
            missed: None,
            raised: None,
            may_answer: true,
            may_raise: true,
        }],
        findings: vec![FindingRow {
            id: "2".into(),
            version: 1,
            unit: "Chi cục Thủy lợi".into(),
            cite: "khoản 3 Điều 13".into(),
            summary: "Tường lửa không gửi nhật ký truy cập".into(),
            severity: "Nghiêm trọng".into(),
            action: "Cấu hình gửi syslog về máy chủ tỉnh · Lê Văn An".into(),
            due: "15/11/2026".into(),
            late: true,
            status: "mended".into(),
            status_word: "Đơn vị báo đã khắc phục".into(),
            asked: None,
            mended_note: "Đã cấu hình ngày 12/11".into(),
            document: "/attachments/00".into(),
        }],
    }
}
