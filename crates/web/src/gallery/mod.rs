//! A sample of every page, for the tests that render all of them and for the
//! `gallery` example in which they are looked at.

mod calendar;
mod compliance;
mod documents;
mod flow;
mod inspection;
mod network;
mod people;
mod province;
mod records;

use askama::Template;
use domain::{
    authority::{Actor, Grant, Role},
    label::Lang,
};

use crate::{
    cx::{Cx, Theme},
    journal::page::{Entries, Entry, FieldChange},
    paging::Pages,
};

/// The instant at which all samples are made: 22 November 2026, 00:30 in Vietnam.
pub const NOW: i64 = 1_795_282_200_000;

/// A page by name and how it is rendered.
pub type Sample = (&'static str, fn(&Cx) -> askama::Result<String>);

/// Every page of the program.
pub const ALL: &[Sample] = &[
    ("sign-in", |cx| people::sign_in(cx).render()),
    ("totp", |cx| people::totp(cx).render()),
    ("totp-setup", |cx| people::totp_setup(cx).render()),
    ("password", |cx| people::password(cx).render()),
    ("me", |cx| people::me(cx).render()),
    ("overview", |cx| province::overview(cx).render()),
    ("overview-empty", |cx| province::empty(cx).render()),
    ("units", |cx| province::units(cx).render()),
    ("unit", |cx| province::unit(cx).render()),
    ("compliance", |cx| compliance::index(cx).render()),
    ("regulation", |cx| compliance::regulation(cx).render()),
    ("heatmap", |cx| compliance::heatmap(cx).render()),
    ("clause", |cx| compliance::clause(cx).render()),
    ("verdict", |cx| compliance::verdict(cx).render()),
    ("control", |cx| compliance::control(cx).render()),
    ("coverage", |cx| compliance::coverage(cx).render()),
    ("what-if", |cx| compliance::what_if(cx).render()),
    ("receipts", |cx| compliance::receipts(cx).render()),
    ("inspections", |cx| inspection::index(cx).render()),
    ("inspection", |cx| inspection::show(cx).render()),
    ("flows", |cx| flow::index(cx).render()),
    ("flow-new", |cx| flow::new(cx).render()),
    ("flow", |cx| flow::show(cx).render()),
    ("calendar", |cx| calendar::month(cx).render()),
    ("network", |cx| network::index(cx).render()),
    ("target", |cx| network::target_page(cx).render()),
    ("alarms", |cx| network::alarms(cx).render()),
    ("logs", |cx| network::logs(cx).render()),
    ("log-line", |cx| network::line(cx).render()),
    ("unknown-senders", |cx| network::unknown(cx).render()),
    ("documents", |cx| documents::index(cx).render()),
    ("document-draft", |cx| {
        documents::show(cx, domain::document::State::Draft).render()
    }),
    ("document-reviewed", |cx| {
        documents::show(cx, domain::document::State::Reviewed).render()
    }),
    ("document-signed", |cx| {
        documents::show(cx, domain::document::State::Signed).render()
    }),
    ("claims", |cx| network::claims(cx).render()),
    ("registry", |cx| records::index(cx).render()),
    ("records", |cx| records::list(cx).render()),
    ("record", |cx| records::record(cx).render()),
    ("form", |cx| records::form(cx).render()),
    ("version", |cx| records::version(cx).render()),
    ("closings", |cx| records::closings(cx).render()),
    ("shares", |cx| records::shares(cx).render()),
    ("import", |cx| records::import(cx).render()),
    ("journal", |cx| records::journal(cx).render()),
    ("search", |cx| records::search(cx).render()),
    ("accounts", |cx| people::accounts(cx).render()),
    ("account", |cx| people::account(cx).render()),
    ("settings", |cx| people::settings(cx).render()),
];

/// A context for samples.
pub fn cx(lang: Lang, theme: Theme, path: &str) -> Cx {
    Cx {
        lang,
        theme,
        now: NOW,
        actor: Some(Actor {
            account: None,
            name: "Nguyễn Thị Hạnh".into(),
            grants: vec![Grant {
                role: Role::Administrator,
                organization: None,
            }],
            only: None,
        }),
        path: path.into(),
        query: String::new(),
        page: None,
        done: None,
        unjudged: None,
    }
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn pages(cx: &Cx) -> Pages {
    Pages::new(cx, "/units", "q=xa", 50, 50, 150)
}

fn pairs(items: &[(&str, &str)]) -> Vec<(String, String)> {
    items
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

fn entries(cx: &Cx) -> Entries {
    Entries {
        cx: cx.clone(),
        entries: vec![
            Entry {
                at: NOW - 12 * MINUTE,
                unit: Some("Ủy ban nhân dân xã Long Châu".into()),
                actor: "Trần Văn Bình".into(),
                remote: "10.96.4.17".into(),
                action: cx.t("action-update"),
                what: "Thiết bị".into(),
                title: Some("Tường lửa xã Long Châu".into()),
                href: Some("/registry/device/1".into()),
                changes: vec![FieldChange {
                    field: "Ngày kiểm tra trước khi nối".into(),
                    before: String::new(),
                    after: "20/11/2026".into(),
                }],
            },
            Entry {
                at: NOW - 3 * DAY,
                unit: None,
                actor: "giềng".into(),
                remote: String::new(),
                action: cx.t("action-create"),
                what: "Đầu mối liên hệ".into(),
                title: Some("Lê Thị Mai".into()),
                href: None,
                changes: vec![FieldChange {
                    field: "Điện thoại".into(),
                    before: "0270 3822 111".into(),
                    after: "0270 3822 222".into(),
                }],
            },
        ],
    }
}
