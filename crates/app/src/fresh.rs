//! What pages ask often and what seldom changes, kept in memory for as long as the records
//! stand as they did.
//!
//! Whether they do is asked of the journal: every change of the registry is in it, whichever
//! process made it. What the network tells changes without the journal, but only by this
//! process, which counts its changes.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::noun;
use store::{Db, StoreError, journal};

/// A value with what it was made from.
pub(crate) struct Fresh<K, T> {
    held: RwLock<Option<(K, Arc<T>)>>,
    /// One makes it; the others wait for that one.
    making: tokio::sync::Mutex<()>,
}

impl<K, T> Default for Fresh<K, T> {
    fn default() -> Self {
        Self {
            held: RwLock::default(),
            making: tokio::sync::Mutex::default(),
        }
    }
}

impl<K: PartialEq, T> Fresh<K, T> {
    fn held(&self, key: &K) -> Option<Arc<T>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref()
            .filter(|(made_from, _)| made_from == key)
            .map(|(_, value)| Arc::clone(value))
    }

    /// The value made from `key`; made by `make` where it is not held. `key` is taken before,
    /// so that the value is at least as new.
    ///
    /// # Errors
    /// Those of `make`; nothing is held then.
    pub(crate) async fn get<E>(
        &self,
        key: K,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        if let Some(value) = self.held(&key) {
            return Ok(value);
        }
        let _alone = self.making.lock().await;
        if let Some(value) = self.held(&key) {
            return Ok(value);
        }
        let value = Arc::new(make.await?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) =
            Some((key, Arc::clone(&value)));
        Ok(value)
    }
}

/// How far the registry has come.
#[derive(Default)]
pub(crate) struct Mark(Mutex<Option<Seen>>);

#[derive(Clone, Copy)]
struct Seen {
    /// The last entry of the journal.
    head: i64,
    /// The last one about a noun of the registry.
    mark: i64,
}

impl Mark {
    /// A number that differs after any change of the registry.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn now(&self, db: &Db) -> Result<i64, StoreError> {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (head, mark) = match seen {
            None => {
                let head = journal::last(db).await?;
                (head, head)
            }
            Some(seen) => {
                let nouns: Vec<&str> = noun::all()
                    .iter()
                    .map(|s| s.noun.as_str())
                    // What is in force of the registry.
                    .chain(["claim"])
                    .collect();
                let (head, touched) = journal::news(db, seen.head, &nouns).await?;
                (head.unwrap_or(seen.head), touched.unwrap_or(seen.mark))
            }
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another reader may have seen more meanwhile.
        let now = kept.map_or(Seen { head, mark }, |kept| Seen {
            head: kept.head.max(head),
            mark: kept.mark.max(mark),
        });
        *kept = Some(now);
        Ok(now.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::Fresh;

    #[tokio::test]
    async fn a_value_is_made_once_for_each_key() {
        let fresh = Fresh::default();
        let made = async |key: i32, value: i32| {
            let make = async { Ok::<_, ()>(value) };
            *fresh.get(key, make).await.unwrap()
        };
        assert_eq!(made(1, 10).await, 10);
        assert_eq!(made(1, 11).await, 10);
        assert_eq!(made(2, 12).await, 12);
        let failed = fresh.get(3, async { Err::<i32, _>("away") }).await;
        assert_eq!(failed, Err("away"));
        assert_eq!(made(3, 13).await, 13, "a failure is not held");
    }
}
