//! Samples: compliance.

use super::{
    HOUR, NOW, pairs,
    province::{counts, history},
};
use policy::coverage::Coverage;

use crate::{
    compliance::{
        LookBack, heatmap as heat,
        page::{
            ArticleRows, AttestForm, Cell, ChangeRow, ChapterRows, ClausePage, ClauseRow,
            ControlPage, ControlText, ControlVerdict, CoveragePage, CoverageRow, HeatmapPage,
            Index, LawRow, LawRows, RegulationPage, RegulationRow, ServedRow, Trial, TurnedRow,
            UnitVerdict, VerdictPage, WhatIfPage,
        },
        timeline,
    },
    cx::Cx,
    mark::Mark,
    paging::Pages,
    proof::page::{Receipts, Verified},
};

const SQL: &str = "SELECT d.organization_id AS unit, d.name AS subject,\n       CASE WHEN d.inspected_on IS NULL THEN 'breached' ELSE 'met' END AS status\nFROM fact_device d";

pub fn receipts(cx: &Cx) -> Receipts {
    Receipts {
        cx: cx.clone(),
        key: "gieng.example/vault+3f1c22aa+AaKJw0Yt0cUQ1qgU8s4Yw3m0u1qk0o9mXl2m1cZ6b7hB".into(),
        verified: Some(Verified {
            good: true,
            text: cx.t("receipt-holds"),
            mark: Some(Mark::Breached),
            href: "/compliance/vinh-long-26-2019/17.2.c/CC01".into(),
            fields: pairs(&[
                ("Đơn vị", "Chi cục Thủy lợi"),
                ("Điều khoản", "26/2019/QĐ-UBND · điểm c khoản 2 Điều 17"),
                (
                    "Nhật ký thay đổi, mục",
                    "48210 · 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                ),
            ]),
        }),
    }
}

pub fn index(cx: &Cx) -> Index {
    Index {
        cx: cx.clone(),
        as_of: LookBack::default(),
        at: String::new(),
        regulations: vec![RegulationRow {
            id: "vinh-long-26-2019".into(),
            number: "26/2019/QĐ-UBND".into(),
            title: "Quy chế quản lý, vận hành, khai thác mạng diện rộng tỉnh Vĩnh Long".into(),
            about: format!(
                "{} · {}",
                cx.tx("compliance-in-force", "11/11/2019"),
                cx.tn("compliance-clauses", 89)
            ),
            counts: counts(6_214, 412, 870, 544),
        }],
        others: vec![(
            "hau-giang-48-2024".into(),
            "Hậu Giang 48/2024 · Quy chế bảo đảm an toàn thông tin mạng".into(),
        )],
    }
}

pub fn regulation(cx: &Cx) -> RegulationPage {
    let clause = |cite: &str, summary: &str, scored, tally| ClauseRow {
        cite: cite.into(),
        kind: cx.t(if scored {
            "clause-kind-obligation"
        } else {
            "clause-kind-definition"
        }),
        summary: summary.into(),
        scored,
        basis: if scored {
            cx.t("basis-seen-both-ways")
        } else {
            String::new()
        },
        counts: tally,
    };
    RegulationPage {
        cx: cx.clone(),
        id: "vinh-long-26-2019".into(),
        number: "26/2019/QĐ-UBND".into(),
        short: "Vĩnh Long 26/2019".into(),
        title: "Quy chế quản lý, vận hành, khai thác mạng diện rộng tỉnh Vĩnh Long".into(),
        about: cx.tx("compliance-in-force", "11/11/2019"),
        out_of_force: false,
        as_of: LookBack::default(),
        at: String::new(),
        law: LawRows {
            rows: vec![LawRow {
                number: "85/2016/NĐ-CP".into(),
                title: "Bảo đảm an toàn hệ thống thông tin theo cấp độ".into(),
                about: cx.tx("law-to", "30/06/2026"),
                unconfirmed: true,
            }],
            today: false,
            cited_href: "/compliance/vinh-long-26-2019".into(),
            today_href: "/compliance/vinh-long-26-2019?law=today".into(),
        },
        counts: counts(6_214, 412, 870, 544),
        chapters: vec![
            ChapterRows {
                title: "Chương I. Quy định chung".into(),
                articles: vec![ArticleRows {
                    number: "3".into(),
                    title: "Điều 3. Giải thích từ ngữ".into(),
                    counts: counts(0, 0, 0, 0),
                    clauses: vec![clause(
                        "3.1",
                        "WAN: mạng tỉnh dựng trên viễn thông, trục là trung tâm dữ liệu",
                        false,
                        counts(0, 0, 0, 0),
                    )],
                }],
            },
            ChapterRows {
                title: "Chương III. Bảo đảm an toàn".into(),
                articles: vec![ArticleRows {
                    number: "13".into(),
                    title: "Điều 13. An toàn thiết bị, máy chủ, máy trạm".into(),
                    counts: counts(620, 121, 0, 90),
                    clauses: vec![
                        clause(
                            "13.3",
                            "Máy chủ, thiết bị nối WAN: bật nhật ký truy cập, chống mã độc, vá đủ",
                            true,
                            counts(96, 22, 0, 31),
                        ),
                        clause(
                            "13.6",
                            "Thiết bị phải được kiểm tra an ninh trước khi nối; đổi cấu hình phải phối hợp Sở",
                            true,
                            counts(101, 40, 0, 8),
                        ),
                    ],
                }],
            },
        ],
    }
}

pub fn heatmap(cx: &Cx) -> HeatmapPage {
    let articles: Vec<(String, String)> = (5..20)
        .map(|n| (n.to_string(), format!("Điều {n}")))
        .collect();
    let rows: Vec<heat::Row> = (0..40_usize)
        .map(|unit| heat::Row {
            code: format!("{}", 29_500 + unit),
            name: format!("UBND xã số {unit}"),
            marks: (0..articles.len())
                .map(|article| match (unit * 7 + article * 13) % 23 {
                    0 | 1 => Some(Mark::Breached),
                    2 => Some(Mark::NoData),
                    3 | 4 => Some(Mark::Pending),
                    5 => Some(Mark::NotApplicable),
                    6 => None,
                    _ => Some(Mark::Met),
                })
                .collect(),
        })
        .collect();
    HeatmapPage {
        cx: cx.clone(),
        id: "vinh-long-26-2019".into(),
        short: "Vĩnh Long 26/2019".into(),
        as_of: LookBack::default(),
        at: String::new(),
        legend: vec![Mark::Met, Mark::Pending, Mark::NoData, Mark::Breached],
        table: heat::table(cx, "/compliance/vinh-long-26-2019", &articles, &rows),
        pages: Pages::new(cx, "", "", 0, 200, rows.len()),
    }
}

pub fn clause(cx: &Cx) -> ClausePage {
    let unit = |mark, name: &str, why: &str| UnitVerdict {
        href: "/compliance/vinh-long-26-2019/13.6/29557".into(),
        name: name.into(),
        mark,
        why: why.into(),
        since: Some(NOW - 300 * HOUR),
    };
    ClausePage {
        cx: cx.clone(),
        id: "vinh-long-26-2019".into(),
        short: "Vĩnh Long 26/2019".into(),
        article: "Điều 13. An toàn thiết bị".into(),
        cite: "13.6".into(),
        cite_in_words: "Điều 13 khoản 6".into(),
        summary: "Thiết bị phải được kiểm tra an ninh trước khi nối; đổi cấu hình phải phối hợp Sở"
            .into(),
        scored: true,
        reading: vec![
            (
                cx.t("reading-word"),
                format!("{} · 27/11/2026", cx.t("reading-weak")),
            ),
            (
                cx.t("reading-gap"),
                "Chưa biết biên bản đã được người có thẩm quyền ký hay chưa.".into(),
            ),
        ],
        about: vec![
            (cx.t("clause-kind"), cx.t("clause-kind-obligation")),
            (cx.t("clause-bearer"), "Đơn vị trên mạng".into()),
            (cx.t("clause-trigger"), cx.t("clause-trigger-event")),
        ],
        as_of: LookBack::default(),
        at: String::new(),
        law: LawRows::default(),
        controls: vec![ControlText {
            id: "device-inspected".into(),
            title: "Thiết bị được kiểm tra trước khi đưa vào mạng".into(),
            about: vec![(cx.t("control-judged"), cx.t("control-judged-typed"))],
            sql: SQL.into(),
        }],
        counts: counts(101, 40, 0, 8),
        pages: Pages::new(cx, "", "", 0, 200, 3),
        units: vec![
            unit(
                Mark::Breached,
                "UBND xã Cái Nhum",
                "2 thiết bị chưa có kết quả kiểm tra",
            ),
            unit(
                Mark::NoData,
                "UBND xã Nhơn Phú",
                "Chưa khai báo thiết bị nào",
            ),
            unit(Mark::Met, "Sở Y tế", "7 thiết bị đều đã kiểm tra"),
        ],
    }
}

pub fn verdict(cx: &Cx) -> VerdictPage {
    let heads: Vec<String> = vec![
        cx.t("column-subject"),
        cx.t("column-status"),
        "Ngày kiểm tra".into(),
    ];
    let row = |subject: &str, mark, day: &str| {
        vec![
            Cell {
                head: heads[0].clone(),
                text: subject.into(),
                mark: None,
                href: Some("/registry/device/1".into()),
                long: false,
            },
            Cell {
                head: heads[1].clone(),
                mark: Some(mark),
                ..Cell::default()
            },
            Cell {
                head: heads[2].clone(),
                text: day.into(),
                ..Cell::default()
            },
        ]
    };
    VerdictPage {
        cx: cx.clone(),
        id: "vinh-long-26-2019".into(),
        short: "Vĩnh Long 26/2019".into(),
        cite: "13.6".into(),
        cite_in_words: "Điều 13 khoản 6".into(),
        summary: "Thiết bị phải được kiểm tra an ninh trước khi nối; đổi cấu hình phải phối hợp Sở"
            .into(),
        unit: "Ủy ban nhân dân xã Cái Nhum".into(),
        unit_code: "29557".into(),
        as_of: LookBack::default(),
        at: String::new(),
        mark: Mark::Breached,
        rests_on: cx.t("control-judged-typed"),
        doubt: cx.tx(
            "verdict-doubt",
            "Một mục cũ không ghi kết quả vẫn được tính.",
        ),
        why: "2 trên 7 thiết bị chưa có kết quả kiểm tra trước khi nối vào mạng.".into(),
        since: Some(NOW - 500 * HOUR),
        observed: Some(NOW - 2 * HOUR),
        mend:
            "Đề nghị cơ quan chuyên trách kiểm tra các thiết bị dưới đây rồi ghi ngày và kết quả."
                .into(),
        remedies: vec![(
            "/registry/device/1/edit".into(),
            "Ghi kết quả kiểm tra SW-CN-02".into(),
        )],
        controls: vec![ControlVerdict {
            id: "device-inspected".into(),
            title: "Thiết bị được kiểm tra trước khi đưa vào mạng".into(),
            mark: Mark::Breached,
            rows: vec![
                row("SW-CN-02", Mark::Breached, ""),
                row("AP-CN-01", Mark::Breached, ""),
                row("FW-CN-01", Mark::Met, "12/03/2026"),
            ],
            heads: heads.clone(),
            about: pairs(&[("Mức độ", "Cao")]),
            sql: SQL.into(),
        }],
        timeline: timeline::draw(cx, &history(), 90),
        history: history(),
        attestations: vec![AttestForm {
            control: "device-inspection".into(),
            question: "Mọi thay đổi cấu hình trong kỳ đều đã phối hợp với Sở trước khi thực hiện?"
                .into(),
            answers: ["attest-yes", "attest-no"].map(|key| cx.t(key)),
            lifetime: cx.tn("attest-lifetime", 180),
            attachment: "optional",
            last: None,
            may: true,
            refused: None,
        }],
        about: vec![(cx.t("verdict-pack-hash"), "9f2c5d1e77ab…".into())],
    }
}

pub fn control(cx: &Cx) -> ControlPage {
    let served = |short: &str, cite: &str, summary: &str, adopted, counts| ServedRow {
        href: "/compliance/vinh-long-26-2019/13.6".into(),
        short: short.into(),
        cite: cite.into(),
        summary: summary.into(),
        parameters: "Số giờ im lặng tối đa: 24 giờ".into(),
        adopted,
        counts,
    };
    ControlPage {
        cx: cx.clone(),
        id: "logs-arriving".into(),
        title: "Nhật ký truy cập của máy chủ và thiết bị được lưu giữ".into(),
        about: pairs(&[("Kết luận dựa trên", "Quan sát của hệ thống")]),
        question: String::new(),
        sql: SQL.into(),
        as_of: LookBack::default(),
        at: String::new(),
        counts: Some(counts(96, 22, 0, 31)),
        served: vec![
            served(
                "Vĩnh Long 26/2019",
                "13.3",
                "Máy chủ, thiết bị nối WAN: bật nhật ký truy cập",
                true,
                counts(96, 22, 0, 31),
            ),
            served(
                "Hậu Giang 48/2024",
                "11.2.c",
                "Giữ nhật ký ít nhất sáu tháng",
                false,
                counts(0, 0, 0, 0),
            ),
        ],
    }
}

pub fn coverage(cx: &Cx) -> CoveragePage {
    let counted = Coverage {
        clauses: 89,
        scored: 59,
        seen_both_ways: 8,
        seen_one_way: 1,
        reported: 0,
        typed: 29,
        attested: 13,
        awaiting: 8,
        open: 0,
    };
    let row = |name: &str, href: Option<&str>| {
        CoverageRow::of(href.map(Into::into), name.into(), counted, [21, 35, 0, 3])
    };
    CoveragePage::of(
        cx.clone(),
        vec![
            row("Vĩnh Long 26/2019", Some("/compliance/vinh-long-26-2019")),
            row("Tất cả", None),
        ],
    )
}

pub fn what_if(cx: &Cx) -> WhatIfPage {
    WhatIfPage {
        cx: cx.clone(),
        problem: None,
        trial: Some(Trial {
            changes: vec![ChangeRow {
                name: "vinh-long-26-2019".into(),
                counts: format!("88 {} · 1 {}", cx.t("fate-same"), cx.t("fate-amended")),
                clauses: vec![[
                    cx.t("fate-amended"),
                    "13.3".into(),
                    "13.3".into(),
                    cx.t("part-parameters"),
                ]],
            }],
            turned: vec![TurnedRow {
                code: "29557".into(),
                unit: "Ủy ban nhân dân xã Cái Nhum".into(),
                place: "Vĩnh Long 26/2019 13.3".into(),
                summary: "Máy chủ, thiết bị nối WAN: bật nhật ký truy cập".into(),
                before: Some(Mark::Met),
                after: Some(Mark::Breached),
            }],
            total: 731,
            stay: 7_309,
            units: 146,
        }),
    }
}
