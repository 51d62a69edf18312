//! Verdicts: the history of each, and the evidence that each names.

use std::collections::BTreeMap;

use super::{Mismatch, Replay, rows};
use crate::{Db, StoreError, assessment};

impl Replay<'_> {
    /// Every interval of every verdict is as it was written and closed.
    pub(super) async fn verdicts(&mut self, db: &Db) -> Result<(), StoreError> {
        let mut told = std::mem::take(&mut self.verdicts);
        rows(db, "verdict", |row| {
            let id = row.text("id")?;
            self.out.records += 1;
            let found = assessment::digest_of(row)?;
            let known = told.remove(&id);
            if known.as_ref().is_some_and(|(digest, _)| *digest == found)
                // Before the first start with this version verdicts were not told.
                || known.is_none() && self.begun.is_none()
            {
                return Ok(());
            }
            let shown = format!(
                "{} {} {}, {}",
                row.text("regulation")?,
                row.text("clause")?,
                row.text("organization_id")?,
                row.text("status")?
            );
            match known {
                Some((digest, seq)) => {
                    let found = format!("{found} ({shown})");
                    self.differs(seq, "verdict", &id, "row", digest, found);
                }
                None => self.find(Mismatch {
                    seq: None,
                    noun: "verdict".into(),
                    record_id: id,
                    field: String::new(),
                    expected: String::new(),
                    found: shown,
                }),
            }
            Ok(())
        })
        .await?;
        for (id, (digest, seq)) in told.into_iter().collect::<BTreeMap<_, _>>() {
            self.differs(seq, "verdict", &id, "", digest, "");
        }
        Ok(())
    }

    /// Evidence of verdicts is named by its hash, and there as long as a verdict names it.
    pub(super) async fn evidence(&mut self, db: &Db) -> Result<(), StoreError> {
        let named = "(SELECT hash AS id, body FROM evidence) evidence";
        rows(db, named, |row| {
            let hash = row.text("id")?;
            self.out.records += 1;
            let found = super::special::sha256(&row.text("body")?);
            if found != hash {
                self.bad_evidence(hash, found);
            }
            Ok(())
        })
        .await?;
        let sql = "SELECT DISTINCT evidence_hash FROM verdict \
                   WHERE NOT EXISTS (SELECT 1 FROM evidence WHERE hash = evidence_hash) \
                   ORDER BY evidence_hash LIMIT 100";
        for row in db.fetch("evidence", sql, &[]).await? {
            self.bad_evidence(row.text("evidence_hash")?, String::new());
        }
        Ok(())
    }

    fn bad_evidence(&mut self, hash: String, found: String) {
        self.find(Mismatch {
            seq: None,
            noun: "evidence".into(),
            record_id: hash.clone(),
            field: "body".into(),
            expected: hash,
            found,
        });
    }
}
