//! The books over real connections: two people at one entry, a closed book, documents.

mod world;

use world::World;

const BOOK: &str = "/registry/technical-journal";

#[tokio::test(flavor = "multi_thread")]
async fn two_people_at_one_entry_see_both() {
    let world = World::with_units().await;
    let (an, binh) = (
        world.signed_in("an", "officer", Some("X1")).await,
        world.signed_in("binh", "officer", Some("X1")).await,
    );
    let form = |subject: &str, version: u8| {
        format!(
            "organization=X1&occurred_on=2026-01-05&subject={subject}&result=routine&version={version}"
        )
    };
    let made = an.post(BOOK, &form("ban+dau", 0));
    assert_eq!(made.status, 303, "{}", made.body);
    let entry = made.location.split('?').next().unwrap().to_owned();
    assert_eq!(an.post(&entry, &form("cua+an", 1)).status, 303);
    // The other began from the same version.
    let conflict = binh.post(&entry, &form("cua+binh", 1));
    assert_eq!(conflict.status, 409);
    for part in ["id=\"theirs\"", "cua an", "cua binh", "an · "] {
        assert!(conflict.body.contains(part), "{part}: {}", conflict.body);
    }
    assert!(conflict.body.contains("name=\"version\" value=\"2\""));
    assert!(binh.get(&entry).body.contains("cua an"), "nothing was lost");
    // Having seen both, a second save is a third version; all three are kept.
    assert_eq!(binh.post(&entry, &form("cua+hai+nguoi", 2)).status, 303);
    let page = binh.get(&entry).body;
    assert!(page.contains("cua hai nguoi") && page.contains(&format!("{entry}/versions/1")));
    for (version, subject) in [(1, "ban dau"), (2, "cua an"), (3, "cua hai nguoi")] {
        let old = binh.get(&format!("{entry}/versions/{version}"));
        assert_eq!(old.status, 200);
        assert!(old.body.contains(subject), "{version}: {}", old.body);
    }
    assert_eq!(binh.get(&format!("{entry}/versions/4")).status, 404);
    let foreign = world.signed_in("cuong", "officer", Some("X2")).await;
    assert_eq!(foreign.get(&format!("{entry}/versions/1")).status, 404);
    let api = entry.replace("/registry/", "/api/v1/");
    assert_eq!(foreign.get(&format!("{api}/versions")).status, 404);
    let versions = an.get(&format!("{api}/versions"));
    assert_eq!(versions.body.matches("\"recorded_by\"").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_is_closed_and_opened_again_on_its_page() {
    let world = World::with_units().await;
    let officer = world.signed_in("an", "officer", Some("X1")).await;
    let operator = world.signed_in("binh", "operator", None).await;
    let entry = "organization=X1&occurred_on=2025-06-01&subject=bao+tri&result=routine&version=0";
    let made = officer.post(BOOK, entry);
    let path = made.location.split('?').next().unwrap().to_owned();
    let closings = format!("{BOOK}/closings");
    let wrong = officer.post(&closings, "organization=X1&period=2025-06");
    assert_eq!(wrong.status, 422);
    let closed = officer.post(&closings, "organization=X1&period=2025");
    assert_eq!(closed.status, 303, "{}", closed.body);
    let page = officer.get(&closings).body;
    let content = page
        .split('"')
        .find(|p| p.ends_with("/content.json"))
        .unwrap();
    assert_eq!(officer.get(content).header("x-intact"), "true");
    assert!(
        officer
            .get(content)
            .body
            .contains("\"subject\":\"bao tri\"")
    );
    // On paper, where the program that prints is built; CI has built all of them.
    let pdf = officer.get(&content.replace("content.json", "book.pdf"));
    if app::document::available() {
        assert_eq!(pdf.status, 200, "{}", pdf.body);
        assert_eq!(pdf.header("content-type"), "application/pdf");
        assert!(pdf.body.starts_with("%PDF-"));
    } else {
        assert_eq!(pdf.status, 503, "{}", pdf.body);
        assert!(
            std::env::var_os("CI").is_none(),
            "gieng-report is not built"
        );
    }
    assert!(
        !page.contains("/reopen\""),
        "the unit does not open it again"
    );
    let another = entry.replace("bao+tri", "viec+khac");
    assert_eq!(officer.post(BOOK, &another).status, 403);
    let shown = officer.get(&path).body;
    assert!(
        !shown.contains(&format!("{path}/edit")),
        "no way to change it"
    );
    let reopen = content.replace("/content.json", "/reopen");
    assert_eq!(
        officer.post(&reopen, "reason=khong+co+ly+do+gi").status,
        403
    );
    assert_eq!(operator.post(&reopen, "reason=").status, 422);
    assert_eq!(
        operator.post(&reopen, "reason=ghi+thieu+mot+su+co").status,
        303
    );
    assert!(officer.get(&closings).body.contains("ghi thieu mot su co"));
    assert_eq!(officer.post(BOOK, entry).status, 303);
    // The list by day and by unit, and as a workbook.
    let list = |query: &str| operator.get(&format!("{BOOK}?{query}")).body;
    assert!(list("since=2025-06-01&until=2025-06-30&organization=X1").contains(&path));
    assert!(!list("since=2025-06-02&organization=X1").contains(&path));
    assert!(!list("organization=X2").contains(&path));
    let xlsx = operator.get(&format!("{BOOK}/export.xlsx?organization=X1"));
    assert!(xlsx.header("content-type").contains("spreadsheetml"));
}
