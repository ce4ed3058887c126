//! A small map that forgets: what was looked up a moment ago need not be looked up again.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const ENTRIES: usize = 10_000;

/// Values that are at most `max_age` old, counted from before they were read.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    max_age: Duration,
    entries: Mutex<HashMap<K, (Instant, V)>>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(super) fn new(max_age: Duration) -> Self {
        Self { max_age, entries: Mutex::default() }
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let entries = self.lock();
        let (read_at, value) = entries.get(key)?;
        (read_at.elapsed() < self.max_age).then(|| value.clone())
    }

    /// Keeps a value. `read_at` is when its reading began, so that a change made meanwhile shows within `max_age`.
    pub(super) fn put(&self, key: K, read_at: Instant, value: V) {
        let mut entries = self.lock();
        if entries.len() >= ENTRIES {
            entries.retain(|_, (read_at, _)| read_at.elapsed() < self.max_age);
            if entries.len() >= ENTRIES {
                entries.clear();
            }
        }
        entries.insert(key, (read_at, value));
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_is_old_or_cleared() {
        let cache = Cache::new(Duration::from_secs(3600));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(3600)).unwrap();
        cache.put("a", Instant::now(), 1);
        assert_eq!(cache.get("a"), Some(1));
        assert_eq!(cache.get("b"), None);
        cache.put("a", long_ago, 2);
        assert_eq!(cache.get("a"), None);
        cache.put("a", Instant::now(), 3);
        cache.clear();
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn stays_small() {
        let cache = Cache::new(Duration::from_secs(60));
        for key in 0..ENTRIES + 1 {
            cache.put(key, Instant::now(), ());
        }
        assert!(cache.lock().len() <= ENTRIES);
    }
}
