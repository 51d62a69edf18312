//! Samples: registry, journal, search.

use std::collections::HashMap;

use app::registry::{
    CellProblem, ColumnUse, FieldChange, ImportReport, Outcome, RowFate, SheetChoice,
};
use domain::{
    id::Id,
    label::Label,
    noun,
    problem::{FieldProblem, Problem},
    record::{Record, Value},
    schema::Schema,
};

use super::{NOW, entries, pages};
use crate::{
    cx::Cx,
    journal::page::Index as Journal,
    mark::Mark,
    registry::{
        cell,
        form::{Filled, inputs},
        page::{
            BookFilters, ClosingRow, Closings, Document, Filter, Form, Head, Import, Index, List,
            NounRow, RecordPage, Row, Theirs, VersionPage,
        },
    },
    search::page::{Found, Hit, Page as Search},
    share::page::{Given, Index as Shares, Panel, Row as Shared},
};

fn device() -> Schema {
    noun::get("device")
        .cloned()
        .unwrap_or_else(|| noun::all()[0].clone())
}

fn sample() -> (Record, HashMap<Id, String>) {
    let unit = Id::from_bytes([1; 16]);
    let values = [
        ("code", Value::from("TS-0412")),
        ("name", Value::from("Tường lửa xã Cái Nhum")),
        ("organization", Value::from(unit)),
        ("role", Value::from("firewall")),
        ("status", Value::from("active")),
        ("address", Value::from("127.10.4.18")),
        ("inspected_on", Value::from("2026-03-12")),
        ("inspection_result", Value::from("passed")),
    ];
    let record = Record {
        id: Id::from_bytes([2; 16]),
        version: 4,
        updated_at: NOW,
        values: values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
    };
    (
        record,
        HashMap::from([(unit, "Ủy ban nhân dân xã Cái Nhum".to_owned())]),
    )
}

pub fn index(cx: &Cx) -> Index {
    let nouns = noun::all()
        .iter()
        .map(|schema| NounRow {
            code: schema.noun.clone(),
            icon: schema.icon.clone().unwrap_or_default(),
            title: cx.l(&schema.plural),
            about: cx.l(&schema.describes),
            total: Some(124),
        })
        .collect();
    Index {
        cx: cx.clone(),
        open: Some(cx.tn("claims-open", 2)),
        shared: None,
        groups: vec![(cx.t("registry-nouns"), nouns)],
    }
}

pub fn list(cx: &Cx) -> List {
    let schema = device();
    let (record, titles) = sample();
    List {
        cx: cx.clone(),
        icon: "server".into(),
        here: "/registry/device?q=tuong".into(),
        query_string: "?q=tuong".into(),
        q: "tuong".into(),
        narrowed: true,
        may_write: true,
        book: Some(BookFilters {
            since: "2026-01-01".into(),
            period: Some("2026".into()),
            ..BookFilters::default()
        }),
        rules: vec![(cx.t("book-fulfils"), "Nhật ký kỹ thuật".into())],
        filters: vec![Filter {
            name: "role".into(),
            label: "Chức năng".into(),
            choices: vec![("firewall".into(), "Tường lửa".into(), true)],
        }],
        heads: schema
            .list_fields()
            .map(|field| Head {
                text: cx.l(&field.label),
                href: format!("?sort={}", field.name),
                order: (field.name == "name").then_some("ascending"),
                number: cell::is_number(field.kind),
            })
            .collect(),
        rows: vec![Row {
            id: record.id.to_string(),
            cells: schema
                .list_fields()
                .map(|field| cell::of(cx, field, &record, &titles))
                .collect(),
        }],
        pages: pages(cx),
        schema,
    }
}

pub fn record(cx: &Cx) -> RecordPage {
    let schema = device();
    let (record, titles) = sample();
    RecordPage {
        told: None,
        cx: cx.clone(),
        id: record.id.to_string(),
        version: record.version,
        title: record.text(&schema.title).to_owned(),
        received: None,
        may_write: true,
        may_delete: true,
        waits: vec![cx.tx("claim-waits", "10.10.4.18")],
        closed: Some(cx.tx("book-closed-for", "2025")),
        documents: vec![Document {
            href: "/attachments/00ff".into(),
            name: "biên bản.pdf".into(),
            about: format!("{} · nguyen.an", cx.bytes(&81_920)),
            scan: cx.t("scan-none"),
            scan_mark: Mark::NoData,
            marking: cx.l(app::attachment::looked_at("partly", "pictures", "")),
        }],
        versions: vec![
            (2, "20/11/2026 09:00 · nguyen.an".into()),
            (1, "19/11/2026 16:20 · nguyen.an".into()),
        ],
        ways: vec![("/network/targets/1".into(), cx.t("target"))],
        cells: schema
            .fields
            .iter()
            .map(|field| cell::of(cx, field, &record, &titles))
            .collect(),
        sharing: Some(sharing(cx)),
        journal: Some(entries(cx)),
        schema,
    }
}

/// A body that may read, one that no longer does, and a form that was refused.
fn sharing(cx: &Cx) -> Panel {
    let given = |receiver: &str, holds, about: &str| Given {
        id: "1".into(),
        receiver: receiver.into(),
        holds,
        about: format!("20/11/2026 09:00 · nguyen.an · {about}"),
    };
    let problem = Problem::invalid(
        "2026-11-01",
        vec![FieldProblem::new(
            "ends_on",
            "Ngày này đã qua: chọn hôm nay hoặc ngày sau",
            "That day has passed: choose today or a later one",
        )],
    );
    let until = cx.tx("share-until-day", "31/12/2026");
    Panel {
        cx: cx.clone(),
        entry: "/registry/incident-report/1".into(),
        given: vec![
            given("Công an tỉnh", true, &until),
            given("Bộ Chỉ huy quân sự tỉnh", false, &cx.t("share-over")),
        ],
        receivers: Some(vec![("CA".into(), "Công an tỉnh".into())]),
        receiver: "CA".into(),
        ends_on: "2026-11-01".into(),
        problem: Some(problem),
    }
}

pub fn shares(cx: &Cx) -> Shares {
    let row = |title: &str, until: &str| Shared {
        href: "/registry/incident-report/1".into(),
        title: title.into(),
        book: "Báo cáo sự cố".into(),
        unit: "Ủy ban nhân dân xã Cái Nhum".into(),
        shared_at: NOW,
        shared_by: "nguyen.an".into(),
        until: until.into(),
    };
    Shares {
        cx: cx.clone(),
        rows: vec![
            row("Máy kế toán nhiễm mã độc", "31/12/2026"),
            row("Trang bị thay nội dung", ""),
        ],
    }
}

pub fn form(cx: &Cx) -> Form {
    let schema = device();
    let (record, _) = sample();
    let problem = Problem::invalid(
        "TS-0412",
        vec![FieldProblem::new(
            "address",
            "“127.10.4” không phải địa chỉ IP",
            "“127.10.4” is not an IP address",
        )],
    );
    let filled: Filled = record
        .values
        .iter()
        .map(|(name, value)| (name.clone(), value.to_cell()))
        .collect();
    let units = HashMap::from([(
        "organization".to_owned(),
        vec![("29557".to_owned(), "UBND xã Cái Nhum".to_owned())],
    )]);
    Form {
        cx: cx.clone(),
        title: cx.tx("registry-edit", cx.l(&schema.label)),
        action: "/registry/device/1".into(),
        version: record.version,
        once: String::new(),
        back: "/registry/device/1".into(),
        files: false,
        inputs: inputs(cx, &schema, &filled, &units, Some(&problem)),
        problem: Some(problem),
        theirs: Some(Theirs {
            who: "tran.binh · 22/11/2026 00:12".into(),
            rows: vec![(
                "Tên".into(),
                "Tường lửa mới".into(),
                "Tường lửa xã Cái Nhum".into(),
            )],
        }),
        schema,
    }
}

pub fn version(cx: &Cx) -> VersionPage {
    let schema = device();
    let (record, titles) = sample();
    VersionPage {
        cx: cx.clone(),
        id: record.id.to_string(),
        title: record.text(&schema.title).to_owned(),
        received: false,
        version: 1,
        latest: false,
        recorded_by: "nguyen.an".into(),
        recorded_at: "19/11/2026 16:20".into(),
        cells: schema
            .fields
            .iter()
            .map(|field| cell::of(cx, field, &record, &titles))
            .collect(),
        schema,
    }
}

pub fn closings(cx: &Cx) -> Closings {
    let row = |period: &str, reopened| ClosingRow {
        id: "1".into(),
        unit: "UBND xã Cái Nhum".into(),
        period: period.into(),
        entries: cx.n(48),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        closed: "05/01/2026 08:00 · nguyen.an".into(),
        reopened,
    };
    Closings {
        cx: cx.clone(),
        schema: device(),
        no_printer: false,
        may_close: true,
        may_reopen: true,
        units: vec![("29557".into(), "UBND xã Cái Nhum".into())],
        organization: "29557".into(),
        period: "2027".into(),
        problem: Some(Problem::invalid(
            "technical-journal",
            vec![FieldProblem::new(
                "period",
                "Kỳ 2027 chưa kết thúc",
                "2027 is not over",
            )],
        )),
        rows: vec![
            row("2025", None),
            row(
                "2024",
                Some(("06/01/2026 09:00 · tran.binh".into(), "Ghi thiếu".into())),
            ),
        ],
    }
}

pub fn import(cx: &Cx) -> Import {
    let row = |line, title: &str, outcome, problems| RowFate {
        line,
        title: title.into(),
        outcome,
        version: (outcome == Outcome::Update).then_some(3),
        changes: match outcome {
            Outcome::Update => vec![FieldChange {
                field: "address".into(),
                before: "10.4.1.1".into(),
                after: "10.4.1.2".into(),
            }],
            _ => Vec::new(),
        },
        problems,
        notes: Vec::new(),
    };
    let wrong = CellProblem {
        cell: "I5".into(),
        column: "Địa chỉ IP".into(),
        field: "address".into(),
        position: 9,
        value: "127.10.4".into(),
        write: Label::new(
            "Địa chỉ IP, ví dụ 10.1.2.3",
            "An IP address such as 10.1.2.3",
        ),
        message: Label::new(
            "“127.10.4” không phải địa chỉ IP",
            "“127.10.4” is not an IP address",
        ),
    };
    Import {
        cx: cx.clone(),
        schema: device(),
        limit: cx.bytes(&33_554_432),
        upload: "u1".into(),
        problem: None,
        running: None,
        sheet: "Thiết bị".into(),
        hidden_rows: false,
        report: Some(ImportReport {
            created: 41,
            updated: 2,
            unchanged: 1,
            bad: 1,
            sheets: ["Thiết bị", "Danh mục"]
                .map(|name| SheetChoice {
                    name: name.into(),
                    hidden: name == "Danh mục",
                    rows: 46,
                })
                .into(),
            columns: vec![ColumnUse {
                cell: "A3".into(),
                header: "STT".into(),
                field: None,
                nearest: None,
            }],
            told: vec![Label::new(
                "Tiêu đề cột ở dòng 3; bỏ qua 2 dòng phía trên: DANH SÁCH THIẾT BỊ",
                "The header is line 3; left out 2 lines above it: DANH SÁCH THIẾT BỊ",
            )],
            ignored_columns: vec!["STT".into()],
            rows: vec![
                row(2, "Tường lửa xã Cái Nhum", Outcome::Create, Vec::new()),
                row(3, "SW-CN-02", Outcome::Update, Vec::new()),
                row(4, "AP-CN-01", Outcome::Unchanged, Vec::new()),
                row(5, "AP-CN-07", Outcome::Bad, vec![wrong]),
            ],
            ..ImportReport::default()
        }),
    }
}

pub fn journal(cx: &Cx) -> Journal {
    Journal {
        cx: cx.clone(),
        nouns: vec![(
            "device".into(),
            cx.l(Label::new("Thiết bị", "Device")),
            true,
        )],
        actor: String::new(),
        organization: String::new(),
        verified: Some((true, cx.tn("journal-good", 18_211))),
        entries: entries(cx),
        older: Some("/journal?before=18000".into()),
    }
}

pub fn search(cx: &Cx) -> Search {
    let hit = |icon: &str, title: &str, about: &str| Hit {
        href: "/units/29557".into(),
        icon: icon.into(),
        title: title.into(),
        about: about.into(),
        phone: None,
    };
    Search {
        cx: cx.clone(),
        found: Found {
            cx: cx.clone(),
            q: "cai nhum".into(),
            hits: vec![
                hit("building", "Ủy ban nhân dân xã Cái Nhum", "Đơn vị · 29557"),
                hit("server", "Tường lửa xã Cái Nhum", "Thiết bị · TS-0412"),
            ],
        },
    }
}
