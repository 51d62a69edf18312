//! How often each view was changed, by whichever process.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Mutex, PoisonError, RwLock},
};

type Heard = Box<dyn Fn(&BTreeSet<String>) + Send + Sync>;

/// The versions of the views as this process knows them, and who is told of its commits.
#[derive(Default)]
pub(crate) struct Versions {
    known: Mutex<HashMap<String, i64>>,
    heard: RwLock<Option<Heard>>,
}

impl fmt::Debug for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Versions").field(&self.known).finish()
    }
}

impl Versions {
    pub(crate) fn on_commit(&self, heard: Heard) {
        *self.heard.write().unwrap_or_else(PoisonError::into_inner) = Some(heard);
    }

    /// A commit of this process counted these versions up.
    pub(crate) fn committed(&self, touched: &BTreeSet<String>, counted: Vec<(String, i64)>) {
        if touched.is_empty() {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (view, version) in counted {
            let at = known.entry(view).or_default();
            // Where another process came in between, its change is still to be heard of.
            if *at == version - 1 {
                *at = version;
            }
        }
        drop(known);
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(heard) = &*heard {
            heard(touched);
        }
    }

    /// The views whose versions are others than those known; known from then on.
    pub(crate) fn news(&self, now: Vec<(String, i64)>) -> BTreeSet<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        now.into_iter()
            .filter_map(|(view, version)| {
                let at = known.entry(view.clone()).or_default();
                let before = *at;
                // A commit may have been noted since these were read.
                *at = before.max(version);
                (version > before).then_some(view)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn only_what_others_changed_is_news() {
        let versions = Versions::default();
        let at = |device, site| vec![("device".to_owned(), device), ("site".to_owned(), site)];
        assert_eq!(versions.news(at(3, 1)), views(&["device", "site"]));
        versions.committed(&views(&["device"]), vec![("device".into(), 4)]);
        assert_eq!(versions.news(at(4, 1)), views(&[]));
        // Another process came in between.
        versions.committed(&views(&["device"]), vec![("device".into(), 6)]);
        assert_eq!(versions.news(at(6, 1)), views(&["device"]));
        // Read before our commit was noted.
        versions.committed(&views(&["device"]), vec![("device".into(), 7)]);
        assert_eq!(versions.news(at(6, 1)), views(&[]));
        assert_eq!(versions.news(at(7, 2)), views(&["site"]));
    }
}
