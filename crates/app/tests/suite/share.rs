//! One entry is shared with another body: that entry, its versions and its files, and nothing else.

use std::path::Path;

use app::{
    Ctx, attachment,
    registry::{self, RecordQuery, book},
    search,
    share::{self, Share},
};
use domain::{
    authority::{Permission, Role},
    id::{Id, OrganizationId},
    problem::{
        Problem,
        ProblemKind::{self, Denied, Invalid, Limit, NotFound},
    },
};

use store::args;

use crate::{Province, refused, values};

const BOOK: &str = "undertaking";
const DAY_MS: i64 = 24 * 3_600_000;

/// Two units, the province's police and those of another province; two entries of the first unit,
/// each with a file of its own.
struct Told {
    p: Province,
    a: Id,
    b: Id,
    police: Id,
    others: Id,
    /// Id of the entry and SHA-256 of its file.
    shared: (String, String),
    kept: (String, String),
}

impl Told {
    async fn new(p: Province) -> Self {
        let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
        let (police, others) = (p.unit("CA", None).await, p.unit("CA2", None).await);
        let mut told = Self {
            p,
            a,
            b,
            police,
            others,
            shared: Default::default(),
            kept: Default::default(),
        };
        told.shared = told.enter(None, "lộ mật khẩu").await;
        told.kept = told.enter(None, "việc nội bộ").await;
        told
    }

    fn officer(&self) -> Ctx {
        self.p.as_role(Role::Officer, Some(self.a))
    }

    fn viewer(&self) -> Ctx {
        self.p.as_role(Role::Viewer, Some(self.police))
    }

    /// Writes an entry of unit A with a file, new or over a version.
    async fn enter(&self, at: Option<(Id, i64)>, subject: &str) -> (String, String) {
        let (app, ctx) = (&self.p.app, self.officer());
        let (unit, bytes) = (OrganizationId(self.a), format!("%PDF-1.7 {subject}"));
        let name = format!("{subject}.pdf");
        let file = attachment::stage(app, &ctx, unit, &name, bytes.into_bytes());
        let file = file.await.unwrap();
        let hash = file.sha256().to_owned();
        let entry = values(&[
            ("organization", "A"),
            ("occurred_on", "2026-11-20"),
            ("subject", subject),
            ("result", "operator"),
            ("document", &hash),
        ]);
        let saved = registry::save_with(app, &ctx, BOOK, at, entry, &[file]).await;
        (saved.unwrap().record.id.to_string(), hash)
    }

    async fn share(&self, ctx: &Ctx, with: &str, until: &str) -> Result<Share, Problem> {
        let entry = (BOOK, self.shared.0.as_str());
        share::share(&self.p.app, ctx, entry, with, until).await
    }

    /// What a reader gets of an entry: the record, its versions, its file.
    async fn sees(&self, ctx: &Ctx, (entry, file): &(String, String)) -> [bool; 3] {
        let app = &self.p.app;
        let refused = |kind| assert!(matches!(kind, NotFound | Denied), "{kind:?}");
        let got = share::read(app, ctx, BOOK, entry).await;
        let versions = book::revisions(app, ctx, BOOK, entry).await;
        let file = attachment::get(app, ctx, file, Some(entry)).await;
        let kinds = [
            got.as_ref().err().map(|p| p.kind),
            versions.as_ref().err().map(|p| p.kind),
            file.as_ref().err().map(|p| p.kind),
        ];
        kinds.iter().flatten().for_each(|kind| refused(*kind));
        kinds.map(|kind: Option<ProblemKind>| kind.is_none())
    }

    async fn received(&self, ctx: &Ctx) -> Vec<String> {
        let found = share::received(&self.p.app, ctx).await.unwrap();
        found.iter().map(|r| r.share.subject.to_string()).collect()
    }
}

const ALL: [bool; 3] = [true; 3];
const NOTHING: [bool; 3] = [false; 3];

async fn alone(p: Province) {
    let t = Told::new(p).await;
    let (app, viewer) = (&t.p.app, t.viewer());
    assert_eq!(t.sees(&viewer, &t.shared).await, NOTHING);
    assert!(t.received(&viewer).await.is_empty());
    t.share(&t.officer(), "CA", "").await.unwrap();

    assert_eq!(t.sees(&viewer, &t.shared).await, ALL);
    assert_eq!(t.received(&viewer).await, std::slice::from_ref(&t.shared.0));
    let (record, by) = share::read(app, &viewer, BOOK, &t.shared.0).await.unwrap();
    assert_eq!(record.text("subject"), "lộ mật khẩu");
    assert_eq!(by.unwrap().organization_name, "A");
    // The file also without the record's name; it is that of this entry.
    let about = attachment::about(app, &viewer, &t.shared.1, None).await;
    assert_eq!(about.unwrap().record_id, t.shared.0);

    // Nothing else of the unit: not its other entry, not the book, not the unit.
    assert_eq!(t.sees(&viewer, &t.kept).await, NOTHING);
    let about = attachment::about(app, &viewer, &t.kept.1, None).await;
    assert_eq!(refused(about), NotFound);
    let every = RecordQuery::default();
    let list = registry::list(app, &viewer, BOOK, &every).await.unwrap();
    assert_eq!(list.total, 0);
    let csv = registry::export_csv(app, &viewer, BOOK, &every).await;
    assert!(
        !String::from_utf8(csv.unwrap())
            .unwrap()
            .contains("mật khẩu")
    );
    let own = registry::get(app, &viewer, BOOK, &t.shared.0).await;
    assert_eq!(refused(own), NotFound);
    let unit = registry::get(app, &viewer, "organization", "A").await;
    assert_eq!(refused(unit), NotFound);
    let found = search::find(app, &viewer, "mật khẩu", 10).await.unwrap();
    assert!(found.iter().all(|hit| hit.noun == "clause"), "{found:?}");
    let history = app::journal::JournalQuery {
        record_id: Some(t.shared.0.clone()),
        limit: 10,
        ..Default::default()
    };
    assert!(
        app::journal::list(app, &viewer, &history)
            .await
            .unwrap()
            .is_empty()
    );

    // Nobody else: not another unit, not the police of another province.
    for other in [t.b, t.others] {
        for role in [Role::Viewer, Role::Officer, Role::Auditor] {
            let ctx = t.p.as_role(role, Some(other));
            assert_eq!(t.sees(&ctx, &t.shared).await, NOTHING);
            assert!(t.received(&ctx).await.is_empty());
        }
    }
    // Not by a token that may only search the logs.
    let mut token = viewer.clone();
    token.actor.only = Some(vec![Permission::Logs]);
    assert_eq!(t.sees(&token, &t.shared).await, NOTHING);

    // Those who read it anyhow received nothing.
    assert!(t.received(&t.officer()).await.is_empty());
    assert!(t.received(&t.p.ctx()).await.is_empty());
    let of_both = t.p.as_role(Role::Auditor, None);
    assert!(t.received(&of_both).await.is_empty());

    // A correction is seen with what was there before, and with both files.
    let id = record.id;
    let second = t.enter(Some((id, 1)), "lộ mật khẩu quản trị").await;
    assert_eq!(t.sees(&viewer, &second).await, ALL);
    assert_eq!(t.sees(&viewer, &t.shared).await, ALL, "the first file");
    let versions = book::revisions(app, &viewer, BOOK, &second.0).await;
    assert_eq!(versions.unwrap().len(), 2);
    t.p.journal().await;
}

async fn ends(p: Province) {
    let t = Told::new(p).await;
    let (app, officer, viewer) = (&t.p.app, t.officer(), t.viewer());
    let holds = async || t.sees(&viewer, &t.shared).await;
    t.share(&officer, "CA", "2026-11-22").await.unwrap();
    t.p.pass(2 * DAY_MS);
    assert_eq!(holds().await, ALL, "the last day counts");
    t.p.pass(DAY_MS);
    assert_eq!(holds().await, NOTHING);
    assert!(t.received(&viewer).await.is_empty());

    // Shared again, and revoked.
    let again = t.share(&officer, "CA", "").await.unwrap();
    assert_eq!(holds().await, ALL);
    let entry = (BOOK, t.shared.0.as_str());
    share::revoke(app, &officer, entry, again.id).await.unwrap();
    assert_eq!(holds().await, NOTHING);
    assert!(t.received(&viewer).await.is_empty());
    let twice = share::revoke(app, &officer, entry, again.id).await;
    assert_eq!(refused(twice), NotFound);
    let given = share::of(app, &officer, BOOK, &t.shared.0).await.unwrap();
    let [one] = given.given.as_slice() else {
        panic!("{given:?}")
    };
    assert!(!one.holds && one.share.revoked_by.as_deref() == Some("officer"));

    // A body that was dissolved sees nothing, and nothing is shared with it.
    t.share(&officer, "CA", "2026-12-31").await.unwrap();
    assert_eq!(holds().await, ALL);
    let body = registry::get(app, &t.p.ctx(), "organization", "CA").await;
    let body = body.unwrap();
    let end = async |version: i64, day: &str| {
        let mut values = body.values.clone();
        values.insert("ends_on".into(), day.into());
        let at = Some((body.id, version));
        registry::save(app, &t.p.ctx(), "organization", at, values)
            .await
            .unwrap();
    };
    end(body.version, "2026-11-22").await;
    assert_eq!(holds().await, NOTHING);
    assert_eq!(
        refused(t.share(&officer, "CA", "2027-01-31").await),
        Invalid
    );
    end(body.version + 1, "2026-11-23").await;
    assert_eq!(holds().await, ALL, "its last day");

    // What is another unit's now is not the first one's to share.
    let mut entry = registry::get(app, &t.p.ctx(), BOOK, &t.shared.0)
        .await
        .unwrap();
    entry.values.insert("organization".into(), "B".into());
    let at = Some((entry.id, entry.version));
    registry::save(app, &t.p.ctx(), BOOK, at, entry.values)
        .await
        .unwrap();
    assert_eq!(holds().await, NOTHING);
    let journal = t.p.journal().await;
    assert!(journal.contains("\"share\"") && journal.contains("\"revoke\""));
}

async fn who_may(p: Province) {
    let t = Told::new(p).await;
    let (app, officer) = (&t.p.app, t.officer());
    let entries = async || {
        let query = app::journal::JournalQuery {
            noun: Some("share".into()),
            limit: 50,
            ..Default::default()
        };
        app::journal::list(app, &t.p.ctx(), &query)
            .await
            .unwrap()
            .len()
    };
    // Who may not write the entry does not share it.
    for (role, unit, kind) in [
        (Role::Viewer, t.a, Denied),
        (Role::Auditor, t.a, Denied),
        (Role::Officer, t.b, NotFound),
        (Role::Operator, t.b, NotFound),
    ] {
        let ctx = t.p.as_role(role, Some(unit));
        assert_eq!(refused(t.share(&ctx, "CA", "").await), kind, "{role:?}");
    }
    let none = share::share(app, &officer, ("device", &t.shared.0), "CA", "").await;
    assert_eq!(refused(none), NotFound, "no book");
    for (with, until, field) in [
        ("KHONG-CO", "", "receiver"),
        ("", "", "receiver"),
        ("A", "", "receiver"),
        ("CA", "2026-11-19", "ends_on"),
        ("CA", "mai", "ends_on"),
    ] {
        let problem = t.share(&officer, with, until).await.unwrap_err();
        assert_eq!(problem.kind, Invalid, "{with} {until}");
        assert_eq!(problem.fields[0].field, field, "{with} {until}");
    }
    assert_eq!(entries().await, 0);
    // The unit's officer, the network centre; the same again changes nothing, another end does.
    let first = t.share(&officer, "CA", "2026-11-20").await.unwrap();
    assert_eq!(t.share(&officer, "CA", "20/11/2026").await.unwrap(), first);
    assert_eq!(entries().await, 1);
    let operator = t.p.as_role(Role::Operator, None);
    let longer = t.share(&operator, "CA", "2026-11-30").await.unwrap();
    assert_eq!((longer.id, entries().await), (first.id, 2));
    t.share(&operator, "CA2", "").await.unwrap();

    // The receiver neither writes nor shares it on, nor sees with whom else it is shared.
    for role in [Role::Officer, Role::Operator] {
        let theirs = t.p.as_role(role, Some(t.police));
        assert_eq!(t.sees(&theirs, &t.shared).await, ALL);
        let (record, _) = share::read(app, &theirs, BOOK, &t.shared.0).await.unwrap();
        let at = Some((record.id, record.version));
        let written = registry::save(app, &theirs, BOOK, at, record.values).await;
        assert_eq!(refused(written), NotFound);
        assert_eq!(refused(t.share(&theirs, "B", "").await), NotFound);
        let entry = (BOOK, t.shared.0.as_str());
        let revoked = share::revoke(app, &theirs, entry, longer.id).await;
        assert_eq!(refused(revoked), NotFound);
        let of = share::of(app, &theirs, BOOK, &t.shared.0).await;
        assert_eq!(refused(of), NotFound);
    }
    assert_eq!(refused(t.share(&t.viewer(), "B", "").await), Denied);
    // A share is revoked where it belongs.
    let other = (BOOK, t.kept.0.as_str());
    let revoked = share::revoke(app, &officer, other, longer.id).await;
    assert_eq!(refused(revoked), NotFound);

    // Who may share chooses from bodies; who only reads sees with whom it is shared.
    let sharing = share::of(app, &officer, BOOK, &t.shared.0).await.unwrap();
    let names: Vec<_> = sharing
        .given
        .iter()
        .map(|g| g.receiver_name.as_str())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(sharing.receivers, Some(vec![]), "others are typed");
    let role = [
        ("role", "police"),
        ("organization", "CA"),
        ("starts_on", "2025-03-01"),
    ];
    t.p.add("role-assignment", &role).await;
    let around = [
        ("code", "QK"),
        ("name", "Bộ Chỉ huy quân sự"),
        ("kind", "military"),
        ("level", "province"),
        ("membership", "none"),
    ];
    t.p.add("organization", &around).await;
    let sharing = share::of(app, &officer, BOOK, &t.shared.0).await.unwrap();
    let codes: Vec<String> = (sharing.receivers.unwrap().into_iter())
        .map(|r| r.0)
        .collect();
    assert_eq!(codes, ["QK", "CA"]);
    let auditor = t.p.as_role(Role::Auditor, Some(t.a));
    let sharing = share::of(app, &auditor, BOOK, &t.shared.0).await.unwrap();
    assert_eq!((sharing.given.len(), sharing.receivers), (2, None));
    t.p.journal().await;
}

/// Runs a test on both engines.
async fn enough(p: Province) {
    let t = Told::new(p).await;
    let (db, officer) = (&t.p.app.db, t.officer());
    let first = t.share(&officer, "CA", "").await.unwrap();
    for _ in 0..499 {
        let (entry, share) = (Id::new(1), Id::new(1));
        let copied = "INSERT INTO entry (id, version, created_at, updated_at, search, sort_key, register, \
             organization_id, occurred_on, recorded_at, data) SELECT $1, version, created_at, updated_at, search, \
             sort_key, register, organization_id, occurred_on, recorded_at, data FROM entry WHERE id = $2";
        let told = "INSERT INTO share (id, subject_kind, subject_id, organization_id, receiver_id, shared_at, shared_by) \
             SELECT $1, subject_kind, $2, organization_id, receiver_id, shared_at, shared_by FROM share WHERE id = $3";
        db.execute("entry", copied, &args![entry, first.subject])
            .await
            .unwrap();
        db.execute("share", told, &args![share, entry, first.id])
            .await
            .unwrap();
    }
    assert_eq!(t.received(&t.viewer()).await.len(), 500);
    let (app, kept) = (&t.p.app, (BOOK, t.kept.0.as_str()));
    let more = share::share(app, &officer, kept, "CA", "").await;
    assert_eq!(refused(more), Limit);
    // What is shared already gets another end; another body is told.
    t.share(&officer, "CA", "2026-11-30").await.unwrap();
    share::share(app, &officer, kept, "CA2", "").await.unwrap();
    share::revoke(app, &officer, (BOOK, &t.shared.0), first.id)
        .await
        .unwrap();
    share::share(app, &officer, kept, "CA", "").await.unwrap();
}

macro_rules! on_both {
    ($($name:ident => $sqlite:ident, $postgres:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $sqlite() {
            $name(Province::new().await).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $postgres() {
            if let Some(p) = Province::on_postgres().await {
                $name(p).await;
            }
        }
    )+};
}
on_both! {
    alone => the_shared_entry_is_seen_alone_on_sqlite, the_shared_entry_is_seen_alone_on_postgres;
    ends => a_share_ends_on_sqlite, a_share_ends_on_postgres;
    enough => more_than_a_page_is_not_shared_on_sqlite, more_than_a_page_is_not_shared_on_postgres;
    who_may => who_may_write_it_shares_it_on_sqlite, who_may_write_it_shares_it_on_postgres;
}

#[tokio::test]
async fn an_entry_of_a_book_that_few_may_read_can_be_shared() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy");
    crate::book::copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy"),
        &policy,
    );
    let register = policy.join("registers/undertaking.yaml");
    let text = std::fs::read_to_string(&register).unwrap();
    std::fs::write(&register, format!("{text}readers: [officer]\n")).unwrap();
    let t = Told::new(Province::under(policy).await).await;
    let viewer = t.viewer();
    let own = t.p.as_role(Role::Viewer, Some(t.a));
    assert_eq!(t.sees(&own, &t.shared).await[..2], [false, false]);
    assert_eq!(t.sees(&viewer, &t.shared).await, NOTHING);
    t.share(&t.officer(), "CA", "").await.unwrap();
    assert_eq!(t.sees(&viewer, &t.shared).await, ALL);
    assert_eq!(t.received(&viewer).await, std::slice::from_ref(&t.shared.0));
    assert_eq!(t.sees(&viewer, &t.kept).await, NOTHING);
}
