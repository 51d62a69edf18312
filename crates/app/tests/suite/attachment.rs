//! Files: whose they are, what is refused, and what is said of a refusal.

use app::attachment;
use domain::{
    authority::Role,
    id::OrganizationId,
    problem::ProblemKind::{Denied, Invalid, NotFound},
};

use crate::{Province, refused};

#[tokio::test]
async fn a_file_is_its_units() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let of_a = p.as_role(Role::Officer, Some(a));
    let of_b = p.as_role(Role::Officer, Some(b));
    let viewer = p.as_role(Role::Viewer, Some(a));
    let pdf = b"%PDF-1.7 content".to_vec();
    let keep = async |ctx, unit, name: &str| {
        attachment::keep(&p.app, ctx, OrganizationId(unit), name, pdf.clone()).await
    };
    let hash = keep(&of_a, a, "bien\nban.pdf").await.unwrap();
    let (stored, bytes) = attachment::get(&p.app, &of_a, &hash).await.unwrap();
    assert_eq!((stored.name.as_str(), bytes), ("bienban.pdf", pdf.clone()));
    assert_eq!(stored.media_type, "application/pdf");
    assert_eq!(
        refused(attachment::get(&p.app, &of_b, &hash).await),
        NotFound
    );
    assert_eq!(refused(keep(&of_b, a, "x.pdf").await), Denied);
    assert_eq!(refused(keep(&viewer, a, "x.pdf").await), Denied);
    // The same content from another unit is its own.
    assert_eq!(keep(&of_b, b, "cua-b.pdf").await.unwrap(), hash);
    assert_eq!(
        attachment::get(&p.app, &of_b, &hash).await.unwrap().0.name,
        "cua-b.pdf"
    );
    assert_eq!(
        attachment::get(&p.app, &of_a, &hash).await.unwrap().0.name,
        "bienban.pdf"
    );
    for key in ["", "../../records.db", "zz", &"0".repeat(64)] {
        assert_eq!(
            refused(attachment::get(&p.app, &p.ctx(), key).await),
            NotFound,
            "{key}"
        );
    }
}

#[tokio::test]
async fn secrets_and_programs_are_refused() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let keep = async |bytes: &[u8]| {
        attachment::keep(
            &p.app,
            &p.ctx(),
            OrganizationId(a),
            "kế hoạch.txt",
            bytes.to_vec(),
        )
        .await
    };
    for program in [
        &b"MZ\x90\x00"[..],
        b"\x7fELF\x02\x01",
        b"#!/bin/sh\nrm",
        b"\x00\x01\x02",
        b"",
    ] {
        assert_eq!(refused(keep(program).await), Invalid, "{program:?}");
    }
    assert_eq!(
        refused(keep(&vec![b'a'; attachment::MAX_BYTES + 1]).await),
        Invalid
    );
    let marked = "UBND TỈNH\nTỐI MẬT\nkế hoạch bố trí lực lượng";
    assert_eq!(refused(keep(marked.as_bytes()).await), Invalid);
    let journal = p.journal().await;
    assert!(journal.contains("refused-as-secret"));
    assert!(
        !journal.contains("bố trí lực lượng") && !journal.contains("kế hoạch"),
        "{journal}"
    );
    // Nothing of it lies in the data folder either.
    assert!(!p.app.data.join("attachments").exists());
    assert!(keep("Đổi MẬT khẩu định kỳ".as_bytes()).await.is_ok());
}
