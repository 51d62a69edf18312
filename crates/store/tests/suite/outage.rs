//! Outages as they began and ended.

use domain::id::{Id, OrganizationId, TargetId};
use store::{Db, outage};

use crate::{NOW, all, below, organization};

crate::on_both!(outages_are_kept_as_they_were);

async fn outages_are_kept_as_they_were(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let other = organization(db, "V", "V", None).await;
    let began = outage::Outage {
        id: Id::new(NOW),
        target: TargetId(Id::new(NOW)),
        noun: "circuit".into(),
        subject: "VNPT-1".into(),
        organization: Some(OrganizationId(unit)),
        provider: Some(OrganizationId(other)),
        contract: Some("HD-1".into()),
        kind: "down".into(),
        cause: None,
        began_at: NOW,
        ended_at: None,
        lasted_ms: None,
        unseen_ms: None,
        ending: None,
        attribution: "provider".into(),
        affected: Vec::new(),
        planned_by: Some(Id::new(NOW)),
        planned_until: Some(NOW + 30_000),
        noted_at: NOW + 13_000,
    };
    let save = async |outage: &outage::Outage| {
        let mut tx = db.begin().await.unwrap();
        outage::save(&mut tx, std::slice::from_ref(outage))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    save(&began).await;
    assert_eq!(
        outage::open(db).await.unwrap(),
        std::slice::from_ref(&began)
    );
    let over = outage::Outage {
        subject: "renamed".into(),
        ended_at: Some(NOW + 60_000),
        lasted_ms: Some(60_000),
        unseen_ms: Some(0),
        ending: Some("answered".into()),
        affected: vec![TargetId(Id::new(NOW))],
        planned_by: None,
        planned_until: None,
        ..began.clone()
    };
    save(&over).await;
    assert_eq!(outage::open(db).await.unwrap(), []);
    let kept = outage::Outage {
        subject: "VNPT-1".into(),
        planned_by: began.planned_by,
        planned_until: began.planned_until,
        ..over
    };
    let wanted = outage::Wanted {
        limit: 10,
        ..outage::Wanted::default()
    };
    let read = outage::list(db, &all(), &wanted).await.unwrap();
    assert_eq!(read, [kept]);
    let strangers = below(OrganizationId(other));
    assert_eq!(outage::list(db, &strangers, &wanted).await.unwrap(), []);
    for (target, from, to, n) in [
        (Some(began.target), 0, None, 1),
        (Some(TargetId(Id::NIL)), 0, None, 0),
        (None, NOW + 60_001, None, 0),
        (None, 0, Some(NOW - 1), 0),
    ] {
        let wanted = outage::Wanted {
            target,
            from,
            to,
            limit: 10,
        };
        assert_eq!(outage::list(db, &all(), &wanted).await.unwrap().len(), n);
    }
    let fact = "SELECT unit, provider, kind, lasted_ms, planned FROM fact_outage";
    let row = db.fetch_one("facts", fact, &[]).await.unwrap().unwrap();
    assert_eq!(row.text("unit").unwrap(), unit.to_string());
    assert_eq!(row.text("planned").unwrap(), "yes");
}
