//! Verdicts that nobody judges any more are told as old, by whoever shows them.

use app::assess::{self, Pen, Unjudged};
use store::job::{self, TaskRun};

use crate::Province;

const MINUTE: i64 = 60_000;

#[tokio::test]
async fn verdicts_that_are_not_judged_lately_are_told_as_old() {
    let p = Province::new().await;
    p.unit("A", None).await;
    assert_eq!(assess::unjudged(&p.app), Some(Unjudged::Yet));
    assess::evaluate(&p.app, true).await.unwrap();
    let judged = p.clock.now_ms();
    p.pass(5 * MINUTE);
    assert_eq!(assess::unjudged(&p.app), None);
    // From here on no evaluation comes to its end.
    p.pass(1);
    assert_eq!(assess::unjudged(&p.app), Some(Unjudged::Since(judged)));
    assess::evaluate(&p.app, false).await.unwrap();
    assert_eq!(assess::unjudged(&p.app), None);
}

#[tokio::test]
async fn who_shows_what_another_process_judged_knows_when_that_was() {
    let p = Province::new().await;
    p.unit("A", None).await;
    assess::evaluate(&p.app, true).await.unwrap();
    let judged = p.clock.now_ms();
    let run = |outcome: &str, good_at| TaskRun {
        name: "verdicts".into(),
        started_at: judged,
        finished_at: Some(judged),
        outcome: outcome.into(),
        detail: String::new(),
        good_at,
    };
    let noted = [run("ok", Some(judged)), run("failed", None)];
    for run in &noted {
        job::note_run(&p.app.db, run).await.unwrap();
    }
    p.pass(6 * MINUTE);
    let before = cells(&p).await;
    assess::evaluate_with(&p.app, true, Pen::Reads)
        .await
        .unwrap();
    assert_eq!(assess::unjudged(&p.app), Some(Unjudged::Since(judged)));
    assert_eq!(cells(&p).await, before);
    // What it writes after it has taken over is held against what is written.
    assess::evaluate(&p.app, false).await.unwrap();
    assert_eq!(assess::unjudged(&p.app), None);
    assert_eq!(cells(&p).await, before);
}

async fn cells(p: &Province) -> policy::Tally {
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    view.tally(crate::VINH_LONG)
}
