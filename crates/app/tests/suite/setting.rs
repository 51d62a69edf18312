//! Settings: within their bounds, and secrets nowhere else.

use app::setting::{self, SETTINGS, SettingKind};
use domain::{
    authority::Role,
    problem::ProblemKind::{Denied, Invalid},
};

use crate::{Province, refused};

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
