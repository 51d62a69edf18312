//! The books over real connections: two people at one entry, a closed book, documents.

use crate::world::World;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_entry_is_read_by_the_other_body_alone() {
    let world = World::with_units().await;
    for code in ["CA", "CA2"] {
        world.unit(code).await;
    }
    let officer = world.signed_in("an", "officer", Some("X1")).await;
    let police = world.signed_in("chi", "viewer", Some("CA")).await;
    let others = world.signed_in("dung", "viewer", Some("CA2")).await;
    let write = |subject: &str| {
        let form = format!(
            "organization=X1&occurred_on=2026-01-05&subject={subject}&result=routine&version=0"
        );
        let made = officer.post(BOOK, &form);
        assert_eq!(made.status, 303, "{}", made.body);
        made.location.split('?').next().unwrap().to_owned()
    };
    let (entry, kept) = (write("may+bi+nhiem"), write("viec+noi+bo"));
    let form = format!("{entry}/shares");
    // What was wrong is said on the page, with what was typed.
    let wrong = officer.post(&form, "receiver=CA9&ends_on=2030-01-01");
    assert_eq!(wrong.status, 422);
    for part in [
        "may bi nhiem",
        "“CA9”",
        "value=\"CA9\"",
        "value=\"2030-01-01\"",
    ] {
        assert!(wrong.body.contains(part), "{part}: {}", wrong.body);
    }
    assert_eq!(police.get(&entry).status, 404);
    assert!(!police.get("/registry").body.contains("href=\"/shares\""));
    let shared = officer.post(&form, "receiver=CA&ends_on=");
    assert_eq!(shared.status, 303, "{}", shared.body);
    let page = officer.get(&entry).body;
    assert!(
        page.contains("Xã số CA") && page.contains("/end\""),
        "{page}"
    );

    for path in ["/", "/registry"] {
        let page = police.get(path).body;
        assert!(page.contains("href=\"/shares\""), "{path}: {page}");
    }
    let list = police.get("/shares").body;
    assert!(
        list.contains(&entry) && list.contains("may bi nhiem"),
        "{list}"
    );
    assert!(list.contains("Xã số X1") && !list.contains(&kept));
    let page = police.get(&entry);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("may bi nhiem") && page.body.contains("Xã số X1"));
    // No way leads to the unit, to a form, to the journal or to who else reads it.
    for part in ["/registry/organization/", "/edit\"", "sharing"] {
        assert!(!page.body.contains(part), "{part}: {}", page.body);
    }
    let change =
        "organization=X1&occurred_on=2026-01-05&subject=may+bi+nhiem+nang&result=routine&version=1";
    assert_eq!(officer.post(&entry, change).status, 303);
    let old = police.get(&format!("{entry}/versions/1"));
    assert_eq!(old.status, 200);
    assert!(old.body.contains("may bi nhiem") && !old.body.contains("/registry/organization/"));

    // The same by the API.
    let api = entry.replace("/registry/", "/api/v1/");
    assert!(police.get(&api).body.contains("may bi nhiem nang"));
    assert_eq!(police.get(&format!("{api}/versions")).status, 200);
    let received = police.get("/api/v1/shares").body;
    assert!(received.contains("\"total\":1") && received.contains("\"technical-journal\""));
    for path in [
        BOOK.to_owned(),
        format!("{BOOK}/export.csv"),
        format!("/search?q={}", "nhiem"),
    ] {
        assert!(!police.get(&path).body.contains("may bi nhiem"), "{path}");
    }
    let books = police.get("/api/v1/technical-journal").body;
    assert!(books.contains("\"total\":0"), "{books}");

    // Nothing else, and nothing is written or passed on.
    let others_of = |path: &str| [path.to_owned(), path.replace("/registry/", "/api/v1/")];
    for path in others_of(&kept)
        .into_iter()
        .chain(["/units/X1".into(), format!("{kept}/versions/1")])
    {
        assert_eq!(police.get(&path).status, 404, "{path}");
    }
    assert_eq!(police.get(&format!("{api}/shares")).status, 404);
    assert!(matches!(police.post(&entry, change).status, 403 | 404));
    assert!(matches!(
        police.post(&form, "receiver=X2").status,
        403 | 404
    ));
    let end = page_end(&officer.get(&entry).body);
    assert!(matches!(police.post(&end, "").status, 403 | 404));
    for path in [entry.as_str(), &api, &format!("{entry}/versions/1")] {
        assert_eq!(others.get(path).status, 404, "{path}");
        assert_eq!(
            police.signed_out().get(path).status,
            if path == api { 401 } else { 303 }
        );
    }

    // Revoked: there is nothing any more.
    assert_eq!(officer.post(&end, "").status, 303);
    for path in [entry.as_str(), &api, &format!("{entry}/versions/1")] {
        assert_eq!(police.get(path).status, 404, "{path}");
    }
    assert!(!police.get("/shares").body.contains(&entry));
    assert!(!police.get("/").body.contains("href=\"/shares\""));
    assert!(officer.get(&entry).body.contains("đã thôi chia sẻ"));
}

/// Where the form goes that ends the first share on a page.
fn page_end(page: &str) -> String {
    let end = page
        .split('"')
        .find(|p| p.contains("/shares/") && p.ends_with("/end"));
    end.unwrap().to_owned()
}
