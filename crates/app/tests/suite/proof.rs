//! Receipts and OSCAL, checked by us and by programs that are not ours.

use std::{fs, process::Command};

use app::{assess, journal, proof};
use domain::{authority::Role, label::Lang, problem::ProblemKind::NotFound};
use policy::Status;

use crate::{Province, refused};

const PACK: &str = "vinh-long-26-2019";
/// The unit has an IT officer.
const OFFICER: &str = "17.2.c";

async fn judged() -> Province {
    let p = Province::new().await;
    p.unit("A", None).await;
    p.unit("B", None).await;
    assess::evaluate(&p.app, true).await.unwrap();
    p
}

async fn receipt(p: &Province) -> String {
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    proof::make(&p.app, &p.ctx(), &view, PACK, OFFICER, "A")
        .await
        .unwrap()
}

#[tokio::test]
async fn a_receipt_holds_without_the_database_and_no_changed_byte_does() {
    let p = judged().await;
    let note = receipt(&p).await;
    let key = proof::key(&p.app).unwrap();
    let entries = journal::list(&p.app, &p.ctx(), &journal::JournalQuery::default())
        .await
        .unwrap();
    drop(p);

    let verified = proof::verify(&note, Some(&key)).unwrap();
    let s = &verified.receipt.statement;
    assert!(verified.trusted);
    assert!(!proof::verify(&note, None).unwrap().trusted);
    assert_eq!(s.organization.code, "A");
    assert_eq!(s.clause.cite, OFFICER);
    assert_ne!(s.verdict.status, Status::Met);
    assert_eq!(verified.evidence.controls[0].control, "it-officer-named");

    // The journal has the entry that it names, and that entry names the statement.
    let noted = entries
        .iter()
        .find(|e| e.seq == verified.receipt.journal.seq)
        .unwrap();
    assert_eq!(noted.hash, verified.receipt.journal.hash);
    let hash = policy::hash::of_bytes(serde_json::to_string(s).unwrap().as_bytes());
    assert!(noted.change.after.as_deref().unwrap().contains(&hash));

    for at in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(proof::verify(&changed, Some(&key)).is_err(), "byte {at}");
        }
    }
    for (no, receipt) in [
        ("", "empty"),
        ("gieng receipt v1\n", "cut"),
        ("xin chào", "text"),
    ] {
        assert!(proof::verify(no, None).is_err(), "{receipt}");
    }
}

#[tokio::test]
async fn a_receipt_of_another_installation_is_refused() {
    let (ours, theirs) = (judged().await, judged().await);
    let note = receipt(&theirs).await;
    let key = proof::key(&ours.app).unwrap();
    assert!(matches!(
        proof::verify(&note, Some(&key)),
        Err(proof::ReceiptError::Key(_))
    ));
}

#[tokio::test]
async fn who_may_not_see_a_unit_gets_no_receipt_of_it() {
    let p = judged().await;
    let a = p.unit("C", None).await;
    assess::evaluate(&p.app, true).await.unwrap();
    let ctx = p.as_role(Role::Officer, Some(a));
    let view = assess::board(&p.app, &ctx, None).await.unwrap();
    let made = proof::make(&p.app, &ctx, &view, PACK, OFFICER, "A").await;
    assert_eq!(refused(made), NotFound);
    let results = proof::oscal::results(&p.app, &view, None, Some("A"), Lang::Vi);
    assert_eq!(refused(results), NotFound);
}

#[tokio::test]
async fn an_independent_validator_takes_the_oscal_documents() {
    let packages = ["compliance-trestle==3.9.2"];
    let Some(python) = testkit::python::with(env!("CARGO_TARGET_TMPDIR"), "oscal", &packages)
    else {
        return;
    };
    let p = judged().await;
    let ctx = p.ctx();
    let view = assess::board(&p.app, &ctx, None).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut documents = vec![
        (
            "profile",
            proof::oscal::profile(&p.app, &view, "Tỉnh Vĩnh Long"),
        ),
        (
            "assessment-results",
            proof::oscal::results(&p.app, &view, None, None, Lang::Vi).unwrap(),
        ),
    ];
    let library = p.app.library();
    for id in library.regulations.keys() {
        for lang in [Lang::Vi, Lang::En] {
            let catalog = proof::oscal::catalog(&p.app, &ctx, id, lang).unwrap();
            documents.push(("catalog", catalog));
        }
    }
    // Trestle reads its models in a workspace of its own form.
    let trestle = |args: &[&str]| {
        testkit::python::run(
            Command::new(&python)
                .args(["-m", "trestle"])
                .args(args)
                .current_dir(folder.path()),
        )
    };
    trestle(&["init", "--full"]).expect("trestle makes a workspace");
    for (at, (kind, document)) in documents.iter().enumerate() {
        let name = format!("d{at}");
        let plural = if kind.ends_with('s') { "" } else { "s" };
        let place = folder.path().join(format!("{kind}{plural}/{name}"));
        fs::create_dir_all(&place).unwrap();
        let json = serde_json::to_vec_pretty(document).unwrap();
        fs::write(place.join(format!("{kind}.json")), json).unwrap();
        let said = trestle(&["validate", "-t", kind, "-n", &name]);
        assert!(said.is_some(), "{kind} {at} is not valid");
    }
    // And it would have said so: a control without a title.
    let name = folder.path().join("catalogs/d2/catalog.json");
    let broken = fs::read_to_string(&name).unwrap();
    fs::write(&name, broken.replacen("\"title\"", "\"titel\"", 1)).unwrap();
    assert!(trestle(&["validate", "-t", "catalog", "-n", "d2"]).is_none());
}
