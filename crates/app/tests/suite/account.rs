//! Accounts and roles: nobody gives, or takes over, more than the own reach.

use app::account::{self, Draft};
use domain::{
    authority::{Grant, Role},
    id::OrganizationId,
    problem::ProblemKind::{Conflict, Denied, Invalid, NotFound},
};

use crate::{
    Province, refused,
    sign_in::{draft, member},
};

#[tokio::test]
async fn an_administrator_of_a_part_stays_within_it() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let a1 = p.unit("A1", Some(a)).await;
    let part = p.as_role(Role::Administrator, Some(a));
    let save = async |draft: Draft| account::save(&p.app, &part, None, draft).await;
    save(draft("an", Role::Officer, Some(a1))).await.unwrap();
    let grant = |role, organization: Option<domain::id::Id>| Grant {
        role,
        organization: organization.map(OrganizationId),
    };
    for (grants, organization) in [
        (vec![grant(Role::Viewer, None)], Some(a)),
        (vec![grant(Role::Viewer, Some(b))], Some(a)),
        (
            vec![grant(Role::Viewer, Some(a)), grant(Role::Viewer, Some(b))],
            Some(a),
        ),
        (vec![], Some(b)),
        (vec![], None),
    ] {
        let wide = Draft {
            grants: grants.clone(),
            organization: organization.map(OrganizationId),
            ..draft("wide", Role::Viewer, Some(a))
        };
        assert_eq!(
            refused(save(wide).await),
            Denied,
            "{grants:?} {organization:?}"
        );
    }
    let theirs = account::save(
        &p.app,
        &p.ctx(),
        None,
        draft("binh", Role::Officer, Some(b)),
    )
    .await;
    let theirs = theirs.unwrap();
    assert_eq!(refused(account::get(&p.app, &part, theirs).await), NotFound);
    assert_eq!(
        refused(account::issue_link(&p.app, &part, theirs).await),
        NotFound
    );
    let logins: Vec<String> = account::list(&p.app, &part)
        .await
        .unwrap()
        .into_iter()
        .map(|a| a.login)
        .collect();
    assert_eq!(logins, ["an"]);
    for role in [Role::Operator, Role::Auditor, Role::Officer, Role::Viewer] {
        let ctx = p.as_role(role, None);
        assert_eq!(refused(account::list(&p.app, &ctx).await), Denied);
        let made = account::save(&p.app, &ctx, None, draft("x1", Role::Viewer, Some(a))).await;
        assert_eq!(refused(made), Denied);
        assert_eq!(
            refused(account::issue_link(&p.app, &ctx, theirs).await),
            Denied
        );
        assert_eq!(
            refused(account::reset_totp(&p.app, &ctx, theirs).await),
            Denied
        );
        assert_eq!(
            refused(account::set_random_password(&p.app, &ctx, "an").await),
            Denied
        );
    }
}

#[tokio::test]
async fn who_reaches_further_is_not_taken_over() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let b = p.unit("B", None).await;
    // The province's administrator sits in unit A, whose own administrator is another.
    let chief = Draft {
        grants: vec![Grant {
            role: Role::Administrator,
            organization: None,
        }],
        ..draft("tinh", Role::Administrator, Some(a))
    };
    let chief = account::save(&p.app, &p.ctx(), None, chief).await.unwrap();
    let part = p.as_role(Role::Administrator, Some(a));
    assert!(
        account::get(&p.app, &part, chief).await.is_ok(),
        "it is seen"
    );
    assert_eq!(
        refused(account::issue_link(&p.app, &part, chief).await),
        Denied
    );
    assert_eq!(
        refused(account::reset_totp(&p.app, &part, chief).await),
        Denied
    );
    assert_eq!(
        refused(account::set_random_password(&p.app, &part, "tinh").await),
        Denied
    );
    let lower = draft("tinh", Role::Viewer, Some(a));
    let lowered = account::save(&p.app, &part, Some((chief, 1)), lower).await;
    assert_eq!(refused(lowered), Denied);
    account::save(
        &p.app,
        &p.ctx(),
        None,
        draft("binh", Role::Officer, Some(b)),
    )
    .await
    .unwrap();
    let elsewhere = account::set_random_password(&p.app, &part, "binh").await;
    assert_eq!(refused(elsewhere), NotFound);
}

#[tokio::test]
async fn accounts_are_checked_and_versioned() {
    let p = Province::new().await;
    for wrong in [
        Draft {
            login: "x".into(),
            ..draft("x", Role::Viewer, None)
        },
        Draft {
            login: "a b".into(),
            ..draft("ab", Role::Viewer, None)
        },
        Draft {
            name: " ".into(),
            ..draft("ab", Role::Viewer, None)
        },
        Draft {
            kind: "robot".into(),
            ..draft("ab", Role::Viewer, None)
        },
    ] {
        assert_eq!(
            refused(account::save(&p.app, &p.ctx(), None, wrong).await),
            Invalid
        );
    }
    let id = account::save(&p.app, &p.ctx(), None, draft("An", Role::Viewer, None))
        .await
        .unwrap();
    let taken = account::save(&p.app, &p.ctx(), None, draft("an", Role::Viewer, None)).await;
    assert_eq!(refused(taken), Conflict);
    let other = draft("an", Role::Auditor, None);
    account::save(&p.app, &p.ctx(), Some((id, 1)), other.clone())
        .await
        .unwrap();
    assert_eq!(
        refused(account::save(&p.app, &p.ctx(), Some((id, 1)), other).await),
        Conflict
    );
    let stands = account::get(&p.app, &p.ctx(), id).await.unwrap();
    assert_eq!(stands.grants[0].role, Role::Auditor);
}

#[tokio::test]
async fn sessions_of_others_are_the_administrators() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let me = member(&p, "an", Role::Viewer, Some(a)).await;
    let other = member(&p, "binh", Role::Viewer, Some(a)).await;
    let as_other = app::Ctx {
        actor: other.actor.clone(),
        ..p.ctx()
    };
    let theirs = account::sessions(&p.app, &as_other, other.account, me.account).await;
    assert_eq!(refused(theirs), Denied);
    let end = account::end_session(&p.app, &as_other, &other, me.account, &me.session).await;
    assert_eq!(refused(end), Denied);
    // Nor by naming the other's session as the own.
    let end = account::end_session(&p.app, &as_other, &other, other.account, &me.session).await;
    assert_eq!(refused(end), NotFound);
    account::end_session(&p.app, &p.ctx(), &other, me.account, &me.session)
        .await
        .unwrap();
    let left = account::sessions(&p.app, &p.ctx(), other.account, me.account)
        .await
        .unwrap();
    assert!(left.is_empty());
}
