//! Papers over real connections: what was typed is kept, and one press is one paper.

use crate::world::{Browser, World};

const TYPED: &str = "ung+dung+moi+cua+xa";

/// Begins the yearly report of the first commune; its address.
async fn begun(world: &World, by: &Browser) -> String {
    let unit = world.id("organization", "X1").await;
    let made = by.post(
        "/documents",
        &format!("template=unit-usage-report&organization={unit}&period=2026"),
    );
    assert_eq!(made.status, 303, "{}", made.body);
    made.location.split('?').next().unwrap().to_owned()
}

fn draft(text: &str, version: u8, then: &str) -> String {
    format!(
        "version={version}&text.applications={text}&text.difficulties=khong&place=Ca+Mau&signer=An&then={then}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_button_of_a_draft_keeps_what_is_typed() {
    let world = World::with_units().await;
    let officer = world.signed_in("an", "officer", Some("X1")).await;
    let paper = begun(&world, &officer).await;
    // One form: every button of it lies in it, also where it stands elsewhere on the page.
    let page = officer.get(&paper).body;
    assert!(page.contains("form=\"draft\" name=\"then\" value=\"refill\""));
    assert!(!page.contains("/refill\"") && !page.contains("/review\""));

    let refilled = officer.post(&paper, &draft(TYPED, 1, "refill"));
    assert_eq!(refilled.status, 303, "{}", refilled.body);
    assert!(refilled.location.contains("document-refilled"));
    let page = officer.get(&paper).body;
    assert!(page.contains("ung dung moi cua xa"), "{page}");
    // Not good yet: what was typed is saved all the same, and what is missing is said.
    let refused = officer.post(&paper, &draft("", 3, "review"));
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Chưa viết: Ứng dụng"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("name=\"version\" value=\"4\""));
    let reviewed = officer.post(&paper, &draft(TYPED, 4, "review"));
    assert!(reviewed.location.contains("document-reviewed"));
    assert!(officer.get(&paper).body.contains("ung dung moi cua xa"));

    // The signed file is missing: number, day and signer stay.
    let fields = [
        ("version", "6"),
        ("number", "77/BC"),
        ("signed_on", "2026-11-02"),
        ("signer", "Lê Văn Bình"),
    ];
    let body: Vec<String> = (fields.iter())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let refused = officer.post(&format!("{paper}/sign"), &body.join("&"));
    assert_eq!(refused.status, 422, "{}", refused.body);
    for value in ["77/BC", "2026-11-02", "Lê Văn Bình"] {
        assert!(
            refused.body.contains(&format!("value=\"{value}\"")),
            "{value}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_shows_both_texts() {
    let world = World::with_units().await;
    let an = world.signed_in("an", "officer", Some("X1")).await;
    let binh = world.signed_in("binh", "officer", Some("X1")).await;
    let paper = begun(&world, &an).await;
    assert_eq!(an.post(&paper, &draft("cua+an", 1, "")).status, 303);
    let conflict = binh.post(&paper, &draft("cua+binh", 1, "refill"));
    assert_eq!(conflict.status, 409, "{}", conflict.body);
    for part in [
        ">cua binh</textarea>",
        ">cua an</blockquote>",
        "value=\"2\"",
    ] {
        assert!(conflict.body.contains(part), "{part}: {}", conflict.body);
    }
    // It was found good meanwhile: there is no field any more, and the text is still shown.
    assert_eq!(an.post(&paper, &draft("cua+an", 2, "review")).status, 303);
    let late = binh.post(&paper, &draft("cua+binh", 2, ""));
    assert_eq!(late.status, 409, "{}", late.body);
    assert!(late.body.contains("readonly") && late.body.contains("cua binh"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_book_keeps_the_text() {
    let world = World::with_units().await;
    let officer = world.signed_in("an", "officer", Some("X1")).await;
    let book = "/registry/technical-journal";
    let entry = "organization=X1&occurred_on=2025-06-01&subject=mot&result=routine&version=0";
    assert_eq!(officer.post(book, entry).status, 303);
    let closed = officer.post(&format!("{book}/closings"), "organization=X1&period=2025");
    assert_eq!(closed.status, 303, "{}", closed.body);
    let late =
        "organization=X1&occurred_on=2025-07-01&subject=viec+ghi+muon&result=routine&version=0";
    let refused = officer.post(book, late);
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("Sổ đã khóa"), "{}", refused.body);
    assert!(
        refused.body.contains("value=\"viec ghi muon\""),
        "{}",
        refused.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_three_times_is_made_once() {
    let world = World::with_units().await;
    let officer = world.signed_in("an", "officer", Some("X1")).await;
    let book = "/registry/technical-journal";
    let page = officer.get(&format!("{book}/new")).body;
    let once = page.split("name=\"once\" value=\"").nth(1).unwrap();
    let once = once.split('"').next().unwrap();
    let form = |subject: &str| {
        format!(
            "organization=X1&occurred_on=2026-01-05&subject={subject}&result=routine&version=0&once={once}"
        )
    };
    let sent = form("mot+lan");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads = [0; 3].map(|_| scope.spawn(|| officer.post(book, &sent)));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let places: std::collections::BTreeSet<&str> = answers
        .iter()
        .map(|a| a.location.split('?').next().unwrap())
        .collect();
    assert!(answers.iter().all(|a| a.status == 303), "{places:?}");
    assert_eq!(places.len(), 1, "{places:?}");
    let entry = format!("{book}/{once}");
    // Back, another text, and again: not a second entry, and nothing written over unseen.
    let other = officer.post(book, &form("viec+khac"));
    assert_eq!(other.status, 409, "{}", other.body);
    for part in [&format!("action=\"{entry}\""), "mot lan", "viec khac"] {
        assert!(other.body.contains(part), "{part}: {}", other.body);
    }
    assert_eq!(
        officer
            .post(&entry, &form("viec+khac").replace("version=0", "version=1"))
            .status,
        303
    );
    let api = officer.get("/api/v1/technical-journal").body;
    assert!(
        api.contains("\"total\":1") && api.contains("viec khac"),
        "{api}"
    );
    // Back, where the browser fetches the form anew, and the same again: still that one.
    let page = officer.get(&format!("{book}/new")).body;
    let anew = page.split("name=\"once\" value=\"").nth(1).unwrap();
    let anew = anew.split('"').next().unwrap();
    let first = officer.post(book, &form("ba+lan").replace(once, ""));
    let second = officer.post(book, &form("ba+lan").replace(once, anew));
    let place = |location: &str| location.split('?').next().unwrap().to_owned();
    assert_eq!(first.status, 303);
    assert_eq!(place(&first.location), place(&second.location));
    // An id that no form of these days was handed out with is not taken over.
    let forged = form("bia").replace(once, "018f0000-0000-7000-8000-000000000001");
    let made = officer.post(book, &forged);
    assert_eq!(made.status, 303);
    assert!(!made.location.contains("018f0000"), "{}", made.location);

    let unit = world.id("organization", "X1").await;
    let begin = format!("template=unit-usage-report&organization={unit}&period=2026");
    let papers: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
        let threads = [0; 3].map(|_| scope.spawn(|| officer.post("/documents", &begin).location));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(papers.len(), 1, "{papers:?}");
    // A draft is discarded; what was written stays in the journal.
    let paper = papers.first().unwrap();
    let gone = officer.post(&format!("{paper}/discard"), "version=1");
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert_eq!(officer.get(paper).status, 404);
}
