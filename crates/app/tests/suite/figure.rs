//! Figures: what was watched beside what the books say, and over how much of the period.

use app::document::{self, Begin};
use domain::{
    clock,
    id::{Id, OrganizationId, TargetId},
};
use store::{outage::Outage, target::AvailabilityRow};

use crate::Province;

const DAY: i64 = 86_400_000;

async fn watched(p: Province) {
    let unit = p.unit("A", None).await;
    let site = [
        ("code", "S1"),
        ("name", "Điểm 1"),
        ("organization", "A"),
        ("class", "standard"),
        ("status", "active"),
        ("probe", "icmp"),
    ];
    let site = p.add("site", &site).await;
    // Ninety days of this year were measured; on the last of them five minutes were lost.
    let first: jiff::civil::Date = "2026-08-01".parse().unwrap();
    let days: Vec<AvailabilityRow> = (0..90)
        .map(|n| {
            let lost = if n == 89 { 300_000 } else { 0 };
            AvailabilityRow {
                target: site.to_string(),
                period: (first + jiff::Span::new().days(n)).to_string(),
                up_ms: DAY - lost,
                down_ms: lost,
                until_ms: p.clock.now_ms(),
                ..AvailabilityRow::default()
            }
        })
        .collect();
    let began_at = clock::start_of_day_ms("2026-10-29".parse().unwrap()) + 60_000;
    let lost = |planned_by, began_at| Outage {
        id: Id::new(p.clock.now_ms()),
        target: TargetId(site),
        noun: "site".into(),
        subject: "Điểm 1".into(),
        organization: Some(OrganizationId(unit)),
        provider: None,
        contract: None,
        kind: "down".into(),
        cause: None,
        began_at,
        ended_at: Some(began_at + 300_000),
        lasted_ms: Some(300_000),
        unseen_ms: Some(0),
        ending: Some("answered".into()),
        attribution: "unknown".into(),
        affected: Vec::new(),
        planned_by,
        planned_until: planned_by.map(|_| began_at + 300_000),
        noted_at: began_at,
    };
    let last_year = clock::start_of_day_ms("2025-10-29".parse().unwrap());
    let outages = [
        lost(None, began_at),
        lost(Some(Id::new(began_at)), began_at),
        lost(None, last_year),
    ];
    let mut tx = p.app.db.begin().await.unwrap();
    store::target::add_days(&mut tx, &days).await.unwrap();
    store::outage::save(&mut tx, &outages).await.unwrap();
    tx.commit().await.unwrap();

    let begin = Begin {
        template: "unit-usage-report".into(),
        organization: OrganizationId(unit),
        period: "2026".into(),
    };
    let d = document::begin(&p.app, &p.ctx(), &begin).await.unwrap();
    let number = |figure: &str| &d.filled.numbers[figure];
    // What was not always up is not 100 %, in a paper as on a page.
    assert_eq!(
        number("availability").text,
        "99,99% (đo được 90 trên 323 ngày)"
    );
    assert_eq!(
        number("downtime-hours").text,
        "0,1 giờ (đo được 90 trên 323 ngày)"
    );
    // Seen once, announced once, never entered in the book: all that is said.
    assert_eq!(number("outages").value, Some(1.0));
    assert_eq!(number("faults").text, "0");
    let library = p.app.library();
    let paper = document::compose(&library.documents["unit-usage-report"], &d);
    let text = serde_json::to_string(&paper).unwrap();
    assert!(
        text.contains("Sổ thông báo sự cố ghi") && text.contains("hệ thống dò thấy"),
        "{text}"
    );

    // A second point that nobody measured halves it.
    let site = [
        ("code", "S2"),
        ("name", "Điểm 2"),
        ("organization", "A"),
        ("class", "standard"),
        ("status", "active"),
    ];
    p.add("site", &site).await;
    let d = document::refill(&p.app, &p.ctx(), &d.row.id.to_string(), d.row.version)
        .await
        .unwrap();
    assert_eq!(
        d.filled.numbers["availability"].text,
        "99,99% (đo được 45 trên 323 ngày)"
    );
}

#[tokio::test]
async fn figures_tell_what_was_watched_and_how_long() {
    watched(Province::new().await).await;
}

#[tokio::test]
async fn figures_tell_what_was_watched_and_how_long_on_postgresql() {
    if let Some(p) = Province::on_postgres().await {
        watched(p).await;
    }
}
