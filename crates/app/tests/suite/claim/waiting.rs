//! How much of one unit waits, and how it is read.

use app::{
    claim,
    registry::{self, ImportMode},
};
use domain::problem::ProblemKind;

use super::Two;
use crate::{Province, refused};

#[tokio::test]
async fn so_many_claims_of_a_unit_wait_and_they_are_read_in_pages() {
    let t = Two::new(Province::begun().await).await;
    let officer = t.officer(t.a);
    let import = async |from: usize, many: usize| {
        let mut csv = String::from("code,name,organization,role,log_name\n");
        for n in from..from + many {
            csv.push_str(&format!("d{n},d{n},A,server,may-{n}\n"));
        }
        registry::import(
            &t.p.app,
            &officer,
            "device",
            csv.as_bytes(),
            ImportMode::GoodRows,
        )
        .await
    };
    assert_eq!(import(0, 990).await.unwrap().created, 990);
    let count = async |ctx: &app::Ctx| claim::count_open(&t.p.app, ctx).await.unwrap();
    assert_eq!(count(&t.p.ctx()).await, 990);
    assert_eq!(count(&t.officer(t.b)).await, 0);
    let mut seen = std::collections::BTreeSet::new();
    for offset in (0..1_000).step_by(50) {
        let page = claim::open(&t.p.app, &t.p.ctx(), (offset, 50)).await;
        let (page, total) = page.unwrap();
        assert_eq!(
            (page.len(), total),
            (if offset < 950 { 50 } else { 40 }, 990)
        );
        seen.extend(page.into_iter().map(|open| open.claim.value));
    }
    assert_eq!(seen.len(), 990, "each once");
    // Beyond it nothing goes in, in a file or by hand; each row says why.
    let report = import(990, 20).await.unwrap();
    assert_eq!((report.created, report.bad), (10, 10));
    let one_more = t.device(t.a, "more", &[("log_name", "may-more")]).await;
    assert_eq!(refused(one_more), ProblemKind::Conflict);
    assert_eq!(count(&t.p.ctx()).await, 1_000);
    // Another unit's still wait their turn, and what needs no decision goes in.
    t.device(t.b, "b", &[("log_name", "may-b")]).await.unwrap();
    t.device(t.a, "own", &[("address", "10.1.0.7")])
        .await
        .unwrap();
}
