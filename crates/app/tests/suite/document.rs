//! Documents from the first number to the entry that fulfils the duty.

use std::collections::BTreeMap;

use app::{
    Ctx, attachment,
    document::{self, Begin, Document, Signed, Writing},
    registry::{self, RecordQuery},
};
use domain::{
    authority::Role,
    document::State,
    id::{Id, OrganizationId},
    paper::{Block, Job, Paper},
    problem::{
        Problem,
        ProblemKind::{Conflict, Denied, Invalid, NotFound},
    },
};

use crate::{Province, refused};

const REPORT: &str = "unit-usage-report";

async fn begin(
    p: &Province,
    ctx: &Ctx,
    template: &str,
    unit: Id,
    period: &str,
) -> Result<Document, Problem> {
    let begin = Begin {
        template: template.into(),
        organization: OrganizationId(unit),
        period: period.into(),
    };
    document::begin(&p.app, ctx, &begin).await
}

/// Writes what is asked, reviews, signs and sends.
async fn send(p: &Province, ctx: &Ctx, d: &Document) -> Document {
    let id = d.row.id.to_string();
    let library = p.app.library();
    let drafts: BTreeMap<String, String> = library.documents[&d.row.template]
        .drafts()
        .map(|draft| (draft.id.clone(), "7".to_owned()))
        .collect();
    let writing = Writing {
        drafts,
        place: Some("Vĩnh Long".into()),
        signer: None,
    };
    let d = document::write(&p.app, ctx, &id, d.row.version, writing)
        .await
        .unwrap();
    let d = document::review(&p.app, ctx, &id, d.row.version)
        .await
        .unwrap();
    let pdf = b"%PDF-1.7 signed".to_vec();
    let file = attachment::stage(&p.app, ctx, d.row.organization, "da-ky.pdf", pdf)
        .await
        .unwrap();
    let signed = Signed {
        number: "5".into(),
        signed_on: "2026-11-19".into(),
        signer: "Nguyễn Thị Hạnh".into(),
        file,
    };
    let d = document::sign(&p.app, ctx, &id, d.row.version, signed)
        .await
        .unwrap();
    document::send(&p.app, ctx, &id, d.row.version, "2026-11-20")
        .await
        .unwrap()
}

#[tokio::test]
async fn a_report_goes_from_its_numbers_to_the_book() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.add(
        "site",
        &[
            ("code", "S1"),
            ("name", "Điểm 1"),
            ("organization", "A"),
            ("class", "standard"),
            ("status", "active"),
            ("probe", "icmp"),
        ],
    )
    .await;
    let officer = p.as_role(Role::Officer, Some(a));
    let d = begin(&p, &officer, REPORT, a, "2026").await.unwrap();
    // What is kept is counted, what was never seen is not made up.
    assert_eq!(d.filled.numbers["sites"].text, "1");
    assert_eq!(d.filled.numbers["faults"].text, "0");
    assert_eq!(d.filled.numbers["availability"].value, None);
    assert_eq!(d.filled.numbers["availability"].text, "chưa có số liệu");
    // Begun twice is begun once.
    let again = begin(&p, &officer, REPORT, a, "2026").await.unwrap();
    assert_eq!(again.row.id, d.row.id);
    let id = d.row.id.to_string();
    // Nothing is left out on the way, and nobody writes over another.
    let unread = document::write(&p.app, &officer, &id, 99, Writing::default()).await;
    assert_eq!(refused(unread), Conflict);
    assert_eq!(
        refused(document::send(&p.app, &officer, &id, 1, "2026-11-20").await),
        Conflict
    );
    let empty = Writing {
        drafts: BTreeMap::from([("applications".into(), " ".into())]),
        place: Some("Vĩnh Long".into()),
        signer: None,
    };
    let d = document::write(&p.app, &officer, &id, 1, empty)
        .await
        .unwrap();
    assert_eq!(
        refused(document::review(&p.app, &officer, &id, d.row.version).await),
        Invalid
    );
    let sent = send(&p, &officer, &d).await;
    assert_eq!(sent.state, State::Sent);
    // The book has the entry that the duty waits for.
    let book = registry::list(&p.app, &officer, "usage-report", &RecordQuery::default())
        .await
        .unwrap();
    let entry = &book.records[0];
    assert_eq!(Some(entry.id), sent.row.entry);
    for (field, value) in [
        ("period", "2026"),
        ("result", "sent"),
        ("number", "5"),
        ("occurred_on", "2026-11-20"),
    ] {
        assert_eq!(entry.text(field), value, "{field}");
    }
    assert_eq!(Some(entry.text("document")), sent.row.file.as_deref());
    // Sent is sent.
    let version = sent.row.version;
    assert_eq!(
        refused(document::reopen(&p.app, &officer, &id, version).await),
        Conflict
    );
    assert_eq!(
        refused(document::refill(&p.app, &officer, &id, version).await),
        Conflict
    );
    let journal = p.journal().await;
    for action in ["\"document\"", "create", "update", "review", "sign", "send"] {
        assert!(journal.contains(action), "{action} is not in the journal");
    }
}

#[tokio::test]
async fn a_document_is_its_units() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let of_a = p.as_role(Role::Officer, Some(a));
    let of_b = p.as_role(Role::Officer, Some(b));
    let viewer = p.as_role(Role::Viewer, Some(a));
    let d = begin(&p, &of_a, REPORT, a, "2026").await.unwrap();
    let id = d.row.id.to_string();
    assert_eq!(refused(document::get(&p.app, &of_b, &id).await), NotFound);
    assert_eq!(refused(begin(&p, &of_b, REPORT, a, "2026").await), Denied);
    assert_eq!(refused(begin(&p, &viewer, REPORT, a, "2026").await), Denied);
    assert!(document::get(&p.app, &viewer, &id).await.is_ok());
    let written = document::write(&p.app, &viewer, &id, 1, Writing::default()).await;
    assert_eq!(refused(written), Denied);
    assert_eq!(
        refused(document::refill(&p.app, &viewer, &id, 1).await),
        Denied
    );
    // Of another organization's file nothing is signed.
    let pdf = b"%PDF-1.7 B".to_vec();
    let file = attachment::stage(&p.app, &of_b, OrganizationId(b), "b.pdf", pdf)
        .await
        .unwrap();
    let d = document::write(
        &p.app,
        &of_a,
        &id,
        1,
        Writing {
            place: Some("Vĩnh Long".into()),
            ..Writing::default()
        },
    )
    .await
    .unwrap();
    let d = document::review(&p.app, &of_a, &id, d.row.version)
        .await
        .unwrap();
    let signed = Signed {
        number: "5".into(),
        signed_on: "2026-11-19".into(),
        signer: "Ai đó".into(),
        file,
    };
    assert_eq!(
        refused(document::sign(&p.app, &of_a, &id, d.row.version, signed).await),
        NotFound
    );
    // The province's numbers are not for an officer, even of the authority.
    let held = [
        ("organization", "A"),
        ("role", "network-authority"),
        ("starts_on", "2026-01-01"),
    ];
    p.add("role-assignment", &held).await;
    let province = begin(&p, &of_a, "yearly-report-committee", a, "2026").await;
    assert_eq!(refused(province), Denied);
    for wrong in ["2027", "2026-Q1", "", "hai nghìn"] {
        assert_eq!(
            refused(begin(&p, &of_a, REPORT, a, wrong).await),
            Invalid,
            "{wrong}"
        );
    }
    assert_eq!(refused(begin(&p, &of_a, "none", a, "2026").await), NotFound);
}

/// A province with an authority and two units, of which the first has sent its report.
async fn reported(p: &Province) -> (Id, Document) {
    let root = p.unit("TINH", None).await;
    let authority = p.unit("SO", Some(root)).await;
    p.add(
        "role-assignment",
        &[
            ("organization", "SO"),
            ("role", "network-authority"),
            ("starts_on", "2026-01-01"),
        ],
    )
    .await;
    let mut units = Vec::new();
    for code in ["XA1", "XA2"] {
        let unit = p.unit(code, Some(root)).await;
        p.add(
            "site",
            &[
                ("code", &format!("S-{code}")),
                ("name", code),
                ("organization", code),
                ("class", "standard"),
                ("status", "active"),
                ("probe", "icmp"),
            ],
        )
        .await;
        units.push(unit);
    }
    let duties: Vec<store::duty::DutyRow> = units
        .iter()
        .map(|unit| store::duty::DutyRow {
            regulation: "ca-mau-31-2019".into(),
            clause: "12.2".into(),
            control: "usage-report".into(),
            side: "report".into(),
            organization: OrganizationId(*unit),
            period: "2026".into(),
            register: "usage-report".into(),
            subject: None,
            event_unit: None,
            opens_on: "2026-01-01".into(),
            due_on: Some("2026-11-30".into()),
            due_at: None,
            gap: None,
            outcome: "pending".into(),
            fulfilled_on: None,
            entry_id: None,
        })
        .collect();
    let mut tx = p.app.db.begin().await.unwrap();
    store::duty::upsert(&mut tx, &duties).await.unwrap();
    tx.commit().await.unwrap();
    let d = begin(p, &p.ctx(), REPORT, units[0], "2026").await.unwrap();
    (authority, send(p, &p.ctx(), &d).await)
}

#[tokio::test]
async fn reports_roll_up_and_a_missing_one_is_named() {
    let p = Province::new().await;
    let (authority, sent) = reported(&p).await;
    let d = begin(&p, &p.ctx(), "yearly-report-committee", authority, "2026")
        .await
        .unwrap();
    let up = d.filled.roll_up.as_ref().unwrap();
    assert_eq!(up.sent.len(), 1);
    assert_eq!(
        (up.sent[0].unit.as_str(), &up.sent[0].id),
        ("XA1", &sent.row.id.to_string())
    );
    assert_eq!(up.missing, [("XA2".to_owned(), "XA2".to_owned())]);
    assert_eq!(up.totals[0], "1", "the sites of those who sent");
    assert_eq!(d.filled.numbers["sites"].text, "2", "the sites of all");
    let library = p.app.library();
    let paper = document::compose(&library.documents["yearly-report-committee"], &d);
    let text = serde_json::to_string(&paper).unwrap();
    assert!(text.contains("Còn 1 đơn vị chưa gửi báo cáo"), "{text}");
}

#[tokio::test]
async fn who_reported_on_paper_or_is_exempt_is_not_missing() {
    let p = Province::new().await;
    let (authority, _) = reported(&p).await;
    let mut duties = store::duty::all(&p.app.db).await.unwrap();
    let sample = duties
        .iter()
        .find(|d| d.register == "usage-report")
        .unwrap()
        .clone();
    let root = registry::get(&p.app, &p.ctx(), "organization", "TINH")
        .await
        .unwrap()
        .id;
    let (paper, exempt) = (
        p.unit("XA3", Some(root)).await,
        p.unit("XA4", Some(root)).await,
    );
    duties.clear();
    for (unit, fulfilled_on) in [(paper, Some("2026-11-18".to_owned())), (exempt, None)] {
        duties.push(store::duty::DutyRow {
            organization: OrganizationId(unit),
            outcome: if unit == paper { "done" } else { "missed" }.into(),
            fulfilled_on,
            ..sample.clone()
        });
    }
    let mut tx = p.app.db.begin().await.unwrap();
    store::duty::upsert(&mut tx, &duties).await.unwrap();
    tx.commit().await.unwrap();
    let exemption = [
        ("organization", "XA4"),
        ("regulation", "ca-mau-31-2019"),
        ("clause", "12.2"),
        ("reason", "Mới thành lập"),
        ("approver", "Giám đốc Sở"),
        ("starts_on", "2026-01-01"),
        ("ends_on", "2026-12-31"),
    ];
    p.add("exemption", &exemption).await;
    let d = begin(&p, &p.ctx(), "yearly-report-committee", authority, "2026")
        .await
        .unwrap();
    let up = d.filled.roll_up.as_ref().unwrap();
    assert_eq!(up.missing, [("XA2".to_owned(), "XA2".to_owned())]);
    assert_eq!(up.otherwise, [("XA3".to_owned(), "2026-11-18".to_owned())]);
    assert_eq!(up.exempt, ["XA4"]);
    let library = p.app.library();
    let paper = document::compose(&library.documents["yearly-report-committee"], &d);
    let text = sentences(&paper);
    for said in [
        "Còn 1 đơn vị chưa gửi báo cáo",
        "XA3 (18/11/2026)",
        "Được miễn báo cáo: 1 đơn vị",
    ] {
        assert!(text.contains(said), "{said} is not in\n{text}");
    }
}

fn sentences(paper: &Paper) -> String {
    let mut all = vec![
        paper.subject.clone(),
        paper.head.number.clone(),
        paper.head.place_and_date.clone(),
    ];
    all.extend(paper.to.iter().chain(&paper.recipients).cloned());
    let annexes = paper.annexes.iter().flat_map(|annex| &annex.body);
    for block in paper.body.iter().chain(annexes) {
        match block {
            Block::Heading { text } => all.push(text.clone()),
            Block::Paragraph { runs } => all.extend(runs.iter().map(|r| r.text.clone())),
            Block::List { items } => all.extend(items.iter().flatten().map(|r| r.text.clone())),
            Block::Table { rows, .. } => all.extend(rows.iter().flatten().cloned()),
        }
    }
    all.join("\n")
}

/// Every template is filled, every figure's query runs.
async fn every_template(p: &Province) -> Vec<Paper> {
    reported(p).await;
    let party = [
        ("code", "VPTU"),
        ("name", "Văn phòng Tỉnh ủy"),
        ("kind", "party"),
        ("level", "province"),
        ("membership", "member"),
        ("parent", "TINH"),
    ];
    p.add("organization", &party).await;
    let telecom = [
        ("code", "VT"),
        ("name", "Viễn thông"),
        ("kind", "telecom-provider"),
        ("level", "province"),
        ("membership", "none"),
        ("parent", "TINH"),
    ];
    p.add("organization", &telecom).await;
    let held = [
        ("organization", "VPTU"),
        ("role", "party-office"),
        ("starts_on", "2026-01-01"),
    ];
    p.add("role-assignment", &held).await;
    let library = p.app.library();
    let offers = document::offers(&p.app, &p.ctx()).await.unwrap();
    assert_eq!(
        offers.len(),
        library.documents.len(),
        "every template has its author"
    );
    let mut papers = Vec::new();
    for offer in offers {
        let id = offer.template.id.clone();
        let begin = Begin {
            template: id.clone(),
            organization: offer.units[0].0,
            period: offer.stretches[0].label.clone(),
        };
        let d = document::begin(&p.app, &p.ctx(), &begin)
            .await
            .unwrap_or_else(|e| panic!("{id}: {e:?}"));
        let paper = document::compose(&offer.template, &d);
        let text = sentences(&paper);
        assert!(!text.contains('{'), "{id}: a field is left open in\n{text}");
        papers.push(paper);
    }
    papers
}

#[tokio::test]
async fn every_template_is_filled_on_postgresql() {
    if let Some(p) = Province::on_postgres().await {
        every_template(&p).await;
    }
}

#[tokio::test]
async fn every_template_is_filled_and_printed() {
    let p = Province::new().await;
    let papers = every_template(&p).await;
    if !document::available() {
        assert!(
            std::env::var_os("CI").is_none(),
            "gieng-report is not built: cargo build -p report"
        );
        eprintln!("skipped: gieng-report is not built (cargo build -p report)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |i: usize, end: &str| {
        Some(
            folder
                .path()
                .join(format!("{i}.{end}"))
                .display()
                .to_string(),
        )
    };
    let jobs: Vec<Job> = papers
        .into_iter()
        .enumerate()
        .map(|(i, paper)| Job {
            paper,
            pdf: path(i, "pdf"),
            docx: path(i, "docx"),
        })
        .collect();
    let written = document::many(&jobs).await.unwrap();
    assert!(written.iter().all(|w| w.pages > 0), "{written:?}");
}

async fn corrected(p: Province) {
    let a = p.unit("A", None).await;
    let officer = p.as_role(Role::Officer, Some(a));
    let d = begin(&p, &officer, REPORT, a, "2026").await.unwrap();
    let first = send(&p, &officer, &d).await;
    let entry = async || {
        let book = registry::list(&p.app, &officer, "usage-report", &RecordQuery::default()).await;
        let mut records = book.unwrap().records;
        assert_eq!(records.len(), 1, "one period, one entry");
        records.remove(0)
    };
    let was = entry().await;
    // What the paper says is not changed by hand, nor by a table.
    let by_hand = |name: &str, value: &str| {
        let mut values = was.values.clone();
        values.insert(name.into(), value.into());
        registry::save(
            &p.app,
            &officer,
            "usage-report",
            Some((was.id, was.version)),
            values,
        )
    };
    for (name, value) in [("number", "6"), ("occurred_on", "2026-11-18")] {
        let refused = by_hand(name, value).await.unwrap_err();
        assert_eq!(refused.kind, Conflict, "{name}");
        assert!(refused.what.vi.contains("văn bản số 5"), "{refused:?}");
    }

    // Another paper names it and writes the same entry anew.
    p.pass(86_400_000);
    let id = first.row.id.to_string();
    let d = document::replace(&p.app, &officer, &id).await.unwrap();
    assert_eq!(d.row.replaces, Some(first.row.id));
    let again = document::replace(&p.app, &officer, &id).await.unwrap();
    assert_eq!(again.row.id, d.row.id, "begun twice is begun once");
    let begun = begin(&p, &officer, REPORT, a, "2026").await.unwrap();
    assert_eq!(begun.row.id, d.row.id, "also from the list");
    let refused_draft = document::replace(&p.app, &officer, &d.row.id.to_string()).await;
    assert_eq!(refused(refused_draft), Conflict, "it is not sent");
    let library = p.app.library();
    let text = sentences(&document::compose(&library.documents[REPORT], &d));
    assert!(
        text.contains("thay thế báo cáo số 5 ngày 19/11/2026"),
        "{text}"
    );
    let drafts = BTreeMap::from([("difficulties".to_owned(), "Thiếu kênh dự phòng".to_owned())]);
    let writing = Writing {
        drafts,
        place: Some("Cà Mau".into()),
        signer: None,
    };
    let (id, version) = (d.row.id.to_string(), d.row.version);
    let d = document::write(&p.app, &officer, &id, version, writing)
        .await
        .unwrap();
    let d = document::refill(&p.app, &officer, &id, d.row.version)
        .await
        .unwrap();
    assert!(d.filled.names["replaces"].contains("số 5"));
    let d = document::review(&p.app, &officer, &id, d.row.version)
        .await
        .unwrap();
    let pdf = b"%PDF-1.7 anew".to_vec();
    let file = attachment::stage(&p.app, &officer, d.row.organization, "moi.pdf", pdf)
        .await
        .unwrap();
    let signed = Signed {
        number: "9".into(),
        signed_on: "2026-11-21".into(),
        signer: "Nguyễn Thị Hạnh".into(),
        file,
    };
    let d = document::sign(&p.app, &officer, &id, d.row.version, signed)
        .await
        .unwrap();
    let second = document::send(&p.app, &officer, &id, d.row.version, "2026-11-21")
        .await
        .unwrap();
    let now = entry().await;
    assert_eq!((now.id, now.version), (was.id, was.version + 1));
    assert_eq!(second.row.entry, Some(was.id));
    for (field, value) in [
        ("number", "9"),
        ("difficulties", "Thiếu kênh dự phòng"),
        // The duty was fulfilled when the first was sent.
        ("occurred_on", "2026-11-20"),
    ] {
        assert_eq!(now.text(field), value, "{field}");
    }
    let (old, newer) = document::corrections(&p.app, &officer, &first)
        .await
        .unwrap();
    assert!(old.is_none());
    assert_eq!(newer[0].row.id, second.row.id);

    // A draft is discarded, what was sent is not.
    let d = begin(&p, &officer, REPORT, a, "2025").await.unwrap();
    let gone = |d: &Document| {
        let (id, version) = (d.row.id.to_string(), d.row.version);
        let (app, officer) = (&p.app, &officer);
        async move { document::discard(app, officer, &id, version).await }
    };
    gone(&d).await.unwrap();
    let id = d.row.id.to_string();
    assert_eq!(
        refused(document::get(&p.app, &officer, &id).await),
        NotFound
    );
    assert_eq!(refused(gone(&second).await), Conflict);
}

#[tokio::test]
async fn a_sent_paper_is_corrected_by_one_that_names_it() {
    corrected(Province::new().await).await;
}

#[tokio::test]
async fn a_sent_paper_is_corrected_by_one_that_names_it_on_postgresql() {
    if let Some(p) = Province::on_postgres().await {
        corrected(p).await;
    }
}
