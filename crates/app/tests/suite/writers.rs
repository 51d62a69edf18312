//! Many who write at once, and what is told of it.

use std::time::{Duration, Instant};

use app::{App, Ctx, assess, registry};
use domain::{
    id::Id,
    problem::{Problem, ProblemKind},
    record::Values,
};

use crate::{Province, values};

/// How many write at the same time.
const WRITERS: usize = 64;
/// How often each.
const ROUNDS: i64 = 5;

fn unit(code: &str) -> Values {
    values(&[
        ("code", code),
        ("name", code),
        ("kind", "department"),
        ("level", "province"),
        ("membership", "member"),
    ])
}

/// Makes a unit below `parent` and a site of it, then edits the unit and moves it.
async fn writes(app: App, ctx: Ctx, n: usize, parents: [Id; 2]) -> Result<(), Problem> {
    let code = format!("W{n}");
    let mut given = unit(&code);
    given.insert("parent".into(), parents[0].into());
    let mut saved = registry::save(&app, &ctx, "organization", None, given).await?;
    let site = values(&[
        ("code", &code),
        ("name", &code),
        ("organization", &code),
        ("class", "standard"),
        ("status", "active"),
    ]);
    registry::save(&app, &ctx, "site", None, site).await?;
    for round in 2..ROUNDS {
        let mut given = saved.record.values.clone();
        given.insert("name".into(), format!("{code} {round}").into());
        given.insert("parent".into(), parents[usize::from(round % 2 == 0)].into());
        let at = Some((saved.record.id, saved.record.version));
        saved = registry::save(&app, &ctx, "organization", at, given).await?;
        assert_eq!(saved.record.version, round);
    }
    Ok(())
}

async fn of_different_units_all_succeed(p: &Province) {
    let parents = [p.unit("A", None).await, p.unit("B", None).await];
    let all: Vec<_> = (0..WRITERS)
        .map(|n| tokio::spawn(writes(p.app.clone(), p.ctx(), n, parents)))
        .collect();
    let mut failed = Vec::new();
    for one in all {
        failed.extend(one.await.unwrap().err());
    }
    assert!(
        failed.is_empty(),
        "{} of {WRITERS}: {failed:?}",
        failed.len()
    );
    let report = app::journal::verify(&p.app, &p.ctx()).await.unwrap();
    assert!(report.findings.is_empty());
}

/// Each version is won by one; the others keep what they typed, and are told.
async fn of_one_record_one_wins_each_version(p: &Province) {
    let id = p.unit("A", None).await;
    for round in 1..=ROUNDS {
        let all: Vec<_> = (0..16)
            .map(|n| {
                let (app, ctx) = (p.app.clone(), p.ctx());
                let mut given = unit("A");
                given.insert("name".into(), format!("{n} in {round}").into());
                tokio::spawn(async move {
                    registry::save(&app, &ctx, "organization", Some((id, round)), given).await
                })
            })
            .collect();
        let (mut won, mut lost) = (Vec::new(), 0);
        for one in all {
            match one.await.unwrap() {
                Ok(saved) => won.push(saved.record),
                Err(problem) => {
                    assert_eq!(problem.kind, ProblemKind::Conflict, "{problem:?}");
                    lost += 1;
                }
            }
        }
        assert_eq!((won.len(), lost), (1, 15), "round {round}");
        assert_eq!(won[0].version, round + 1);
        let kept = registry::get(&p.app, &p.ctx(), "organization", "A").await;
        assert_eq!(kept.unwrap().get("name"), won[0].get("name"));
    }
}

/// Of codes that differ in case alone one is made, however close the others come.
async fn of_codes_that_differ_in_case_one_wins(p: &Province) {
    for n in 0..12 {
        let both = [format!("cùng-{n}"), format!("Cùng-{n}")].map(|code| {
            let (app, ctx) = (p.app.clone(), p.ctx());
            let made =
                async move { registry::save(&app, &ctx, "organization", None, unit(&code)).await };
            tokio::spawn(made)
        });
        let mut made = 0;
        for one in both {
            match one.await.unwrap() {
                Ok(_) => made += 1,
                Err(problem) => assert_eq!(problem.kind, ProblemKind::Conflict, "{problem:?}"),
            }
        }
        assert_eq!(made, 1, "{n}");
    }
}

/// A NUL anywhere is refused with words, whichever way it came.
async fn a_nul_is_the_senders_fault(p: &Province) {
    let ctx = p.ctx();
    let mut given = unit("A");
    given.insert("name".into(), "A\0B".into());
    let refusals = [
        registry::save(&p.app, &ctx, "organization", None, given)
            .await
            .err(),
        registry::get(&p.app, &ctx, "organization", "A\0")
            .await
            .err(),
        assess_unit(p, "U\0").await,
        app::account::authenticate(&p.app, "a\0").await.err(),
    ];
    for refused in refusals.into_iter().flatten() {
        assert!(
            matches!(refused.kind, ProblemKind::Invalid | ProblemKind::NotFound),
            "{refused:?}"
        );
    }
    assert!(
        registry::get(&p.app, &ctx, "organization", "A")
            .await
            .is_err()
    );
}

async fn assess_unit(p: &Province, code: &str) -> Option<Problem> {
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    assert!(view.find(code).is_none());
    registry::get(&p.app, &p.ctx(), "site", code).await.err()
}

/// An evaluation that writes every verdict goes in batches: who saves meanwhile waits for one
/// of them, not for all.
async fn a_save_waits_for_no_evaluation(p: &Province) {
    for regulation in ["vinh-long-26-2019", "hau-giang-48-2024", "ca-mau-31-2019"] {
        p.adopt(regulation, &[]).await;
    }
    let rows: Vec<String> = (0..200)
        .map(|n| format!("E{n},Đơn vị {n},department,province,member"))
        .collect();
    let csv = format!("code,name,kind,level,membership\n{}\n", rows.join("\n"));
    let mode = registry::ImportMode::AllOrNothing;
    let done = registry::import(&p.app, &p.ctx(), "organization", csv.as_bytes(), mode).await;
    assert_eq!(done.unwrap().created, 200);
    let judging = tokio::spawn({
        let app = p.app.clone();
        async move {
            let begun = Instant::now();
            let done = assess::evaluate(&app, true).await.unwrap();
            (done, begun.elapsed())
        }
    });
    let mut unit = registry::get(&p.app, &p.ctx(), "organization", "E1")
        .await
        .unwrap();
    let (mut longest, mut saves) = (Duration::ZERO, 0);
    while !judging.is_finished() {
        let begun = Instant::now();
        let at = Some((unit.id, unit.version));
        let values = unit.values.clone();
        let saved = registry::save(&p.app, &p.ctx(), "organization", at, values).await;
        unit = saved.unwrap().record;
        longest = longest.max(begun.elapsed());
        saves += 1;
        tokio::task::yield_now().await;
    }
    let (done, took) = judging.await.unwrap();
    println!("{done:?} in {took:?}; {saves} saves beside it, the longest {longest:?}");
    assert!(done.turned > 5_000, "{done:?}");
    assert!(longest < took / 4, "{longest:?} of {took:?}");
    // What was written in parts is whole: the next evaluation has nothing to add.
    let again = assess::evaluate(&p.app, true).await.unwrap();
    assert_eq!(again.turned, 0, "{again:?}");
}

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&crate::Province::begun().await).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(p) = crate::Province::on_postgres().await {
                    super::$name(&p).await;
                }
            }
        )+}
    };
}
on_both!(
    of_different_units_all_succeed,
    of_one_record_one_wins_each_version,
    of_codes_that_differ_in_case_one_wins,
    a_nul_is_the_senders_fault,
    a_save_waits_for_no_evaluation,
);
