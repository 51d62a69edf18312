//! Settings: within their bounds, and secrets nowhere else.

use app::{
    assess,
    setting::{self, SETTINGS, SettingKind},
};
use domain::{
    authority::Role,
    id::Id,
    problem::ProblemKind::{Denied, Invalid},
};

use crate::{Province, VINH_LONG, refused};

#[tokio::test]
async fn settings_have_bounds() {
    let p = Province::new().await;
    for spec in SETTINGS {
        if let SettingKind::Integer(low, high) = spec.kind {
            for wrong in [low - 1, high + 1] {
                let set = setting::set(&p.app, &p.ctx(), spec.key, &wrong.to_string()).await;
                assert_eq!(refused(set), Invalid, "{} = {wrong}", spec.key);
            }
            let default = p.app.settings().integer(spec.key);
            assert!((low..=high).contains(&default), "{}", spec.key);
            setting::set(&p.app, &p.ctx(), spec.key, &format!(" {high} "))
                .await
                .unwrap();
            assert_eq!(p.app.settings().integer(spec.key), high);
        }
    }
    for (key, value) in [
        ("no.such", "1"),
        ("password.min_length", "nhiều"),
        ("mfa.required_roles", "administrator, king"),
        ("parameter.no-such.x", "1"),
        ("parameter.unit-availability.no-such", "1"),
        ("parameter.unit-connected.grace_minutes", "x"),
        ("parameter.unit-connected.grace_minutes", "-1"),
        ("parameter.unit-connected.grace_minutes", "1000001"),
        (
            "parameter.unit-connected.grace_minutes",
            "9223372036854775807",
        ),
        ("parameter.circuits-available.min_percent", "nan"),
        ("province.name", &"x".repeat(2_001)),
    ] {
        assert_eq!(
            refused(setting::set(&p.app, &p.ctx(), key, value).await),
            Invalid,
            "{key}"
        );
    }
    for role in [Role::Operator, Role::Auditor, Role::Officer] {
        let set = setting::set(&p.app, &p.as_role(role, None), "province.name", "x").await;
        assert_eq!(refused(set), Denied);
    }
    let unit = p.unit("A", None).await;
    let part = p.as_role(Role::Administrator, Some(unit));
    assert_eq!(
        refused(setting::set(&p.app, &part, "province.name", "x").await),
        Denied
    );
}

#[tokio::test]
async fn secrets_are_kept_out_of_the_journal() {
    let p = Province::new().await;
    setting::set(&p.app, &p.ctx(), "province.name", "Vĩnh Long")
        .await
        .unwrap();
    for secret in ["smtps://u:matkhau1@mail", "smtps://u:matkhau2@mail"] {
        setting::set(&p.app, &p.ctx(), "notify.smtp_url", secret)
            .await
            .unwrap();
    }
    assert_eq!(
        p.app.settings().text("notify.smtp_url"),
        "smtps://u:matkhau2@mail"
    );
    let journal = p.journal().await;
    assert!(journal.contains("Vĩnh Long"));
    assert!(!journal.contains("matkhau"), "{journal}");
}

/// Two provinces, each with an office that a site makes connected.
async fn two_provinces(p: &Province) -> [Id; 2] {
    let mut heads = Vec::new();
    for code in ["VL", "CM"] {
        let head = p.unit(code, None).await;
        p.unit(&format!("{code}-1"), Some(head)).await;
        heads.push(head);
    }
    heads.try_into().unwrap()
}

async fn grace(p: &Province, unit: &str) -> policy::control::Value {
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let shown = assess::verdict(&p.app, &p.ctx(), &view, VINH_LONG, "17.1.a", unit)
        .await
        .unwrap();
    assert_eq!(shown.evidence.controls.len(), 1, "one judge for each");
    shown.evidence.controls[0].parameters["grace_minutes"].clone()
}

#[tokio::test]
async fn a_province_chooses_for_itself() {
    let p = Province::new().await;
    let [vinh_long, _] = two_provinces(&p).await;
    let own = p.as_role(Role::Administrator, Some(vinh_long));
    let key = "parameter.unit-connected.grace_minutes";
    setting::set(&p.app, &p.ctx(), key, "7").await.unwrap();
    setting::set_own(&p.app, &own, "VL", key, Some("3"))
        .await
        .unwrap();
    p.judge(true).await;
    let number = policy::control::Value::Integer;
    assert_eq!(grace(&p, "VL-1").await, number(3));
    assert_eq!(grace(&p, "CM-1").await, number(7));
    // What judged is kept with the verdict, also where only one fact changed since.
    p.judge(false).await;
    assert_eq!(grace(&p, "VL-1").await, number(3));
    // Each sees what holds for it.
    let seen = |ctx: &app::Ctx| setting::seen(&p.app, ctx).parameters("unit-connected");
    assert_eq!(seen(&own)["grace_minutes"], 3);
    assert_eq!(seen(&p.ctx())["grace_minutes"], 7);
    let view = assess::board(&p.app, &own, None).await.unwrap();
    let used = assess::control(&p.app, &view, "unit-connected").unwrap();
    let here = used.uses.iter().find(|u| u.regulation == VINH_LONG);
    assert_eq!(here.unwrap().parameters["grace_minutes"], number(3));
    let profile = app::proof::oscal::profile(&p.app, &view, "VL").to_string();
    assert!(profile.contains("grace_minutes"), "{profile}");
    // Taken back, what all share holds again.
    setting::set_own(&p.app, &own, "VL", key, None)
        .await
        .unwrap();
    p.judge(false).await;
    assert_eq!(grace(&p, "VL-1").await, number(7));
    assert!(p.journal().await.contains(key));
}

#[tokio::test]
async fn a_province_chooses_nothing_for_others() {
    let p = Province::new().await;
    let [vinh_long, ca_mau] = two_provinces(&p).await;
    let own = p.as_role(Role::Administrator, Some(vinh_long));
    let below = p.as_role(
        Role::Administrator,
        Some(p.unit("VL-2", Some(vinh_long)).await),
    );
    assert_eq!(refused(setting::settable(&p.app, &below).await), Denied);
    let settable = setting::settable(&p.app, &own).await.unwrap();
    let codes: Vec<_> = settable.provinces.iter().map(|p| p.code.as_str()).collect();
    assert_eq!((settable.common, codes), (false, vec!["VL"]));
    let name = "province.name";
    for (ctx, code) in [(&own, "CM"), (&own, "VL-1"), (&below, "VL"), (&own, "none")] {
        let set = setting::set_own(&p.app, ctx, code, name, Some("x")).await;
        assert_eq!(refused(set), Denied, "{code}");
    }
    for role in [Role::Operator, Role::Auditor, Role::Officer] {
        let ctx = p.as_role(role, Some(vinh_long));
        let set = setting::set_own(&p.app, &ctx, "VL", name, Some("x")).await;
        assert_eq!(refused(set), Denied);
    }
    for common in [
        "password.min_length",
        "notify.smtp_url",
        "attachment.clamd",
        "no.such",
    ] {
        let set = setting::set_own(&p.app, &own, "VL", common, Some("20")).await;
        assert_eq!(refused(set), Invalid, "{common}");
    }
    // The other one reads neither the choice nor its journal.
    setting::set_own(&p.app, &own, "VL", name, Some("tỉnh Vĩnh Long"))
        .await
        .unwrap();
    p.judge(true).await;
    let other = p.as_role(Role::Administrator, Some(ca_mau));
    assert_eq!(setting::seen(&p.app, &other).text(name), "");
    assert_eq!(setting::seen(&p.app, &own).text(name), "tỉnh Vĩnh Long");
}

#[tokio::test]
async fn what_another_process_set_holds_within_a_minute() {
    let p = Province::new().await;
    let mut tx = p.app.db.begin().await.unwrap();
    store::setting::set(&mut tx, None, "province.name", "\"Vĩnh Long\"", 1)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(p.app.settings().text("province.name"), "");
    // As every minute.
    p.judge(true).await;
    assert_eq!(p.app.settings().text("province.name"), "Vĩnh Long");
}

#[tokio::test]
async fn the_largest_numbers_stop_no_judging() {
    let p = Province::new().await;
    two_provinces(&p).await;
    let library = p.app.library();
    let own = library.controls.values().flat_map(|c| {
        let integers = c
            .parameters
            .iter()
            .filter(|p| p.chosen && p.kind == policy::control::ParameterKind::Integer);
        integers.map(|p| format!("parameter.{}.{}", c.id, p.name))
    });
    for key in own.collect::<Vec<_>>() {
        setting::set_own(&p.app, &p.ctx(), "VL", &key, Some("1000000"))
            .await
            .unwrap();
    }
    for regulation in library.regulations.keys().filter(|r| *r != VINH_LONG) {
        p.adopt(regulation, &[]).await;
    }
    assert!(p.judge(true).await.verdicts > 0);
    let failed = |code| {
        let (app, ctx) = (p.app.clone(), p.ctx());
        async move {
            let view = assess::board(&app, &ctx, None).await.unwrap();
            let unit = view.board.units.iter().find(|u| u.code == code).unwrap();
            let errors = view.board.clauses.iter().filter(|c| {
                let cell = view.board.get(&c.regulation, &c.cite, unit.id);
                cell.is_some_and(|c| c.status == policy::Status::Error)
            });
            errors.count()
        }
    };
    assert_eq!((failed("VL-1").await, failed("CM-1").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_beside_it_takes_no_setting_back() {
    let p = Province::new().await;
    let key = "parameter.unit-connected.grace_minutes";
    let evaluating: Vec<_> = (0..8)
        .map(|_| {
            let app = p.app.clone();
            tokio::spawn(async move {
                loop {
                    assess::evaluate(&app, true).await.unwrap();
                }
            })
        })
        .collect();
    for minutes in 0..200 {
        setting::set(&p.app, &p.ctx(), key, &minutes.to_string())
            .await
            .unwrap();
        for _ in 0..50 {
            let held = p.app.settings().parameters("unit-connected");
            assert_eq!(held["grace_minutes"], minutes);
            tokio::task::yield_now().await;
        }
    }
    for one in evaluating {
        one.abort();
    }
}
