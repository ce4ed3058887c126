//! A small map that forgets: what was looked up a moment ago need not be looked up again.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const ENTRIES: usize = 10_000;
const TURNS: usize = 64;

/// Values that are at most `max_age` old, counted from before they were read.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    max_age: Duration,
    entries: Mutex<HashMap<K, Entry<V>>>,
    /// Grows with each [`Cache::clear`]: what was read before it is not kept after it.
    epoch: AtomicU64,
    hasher: RandomState,
    /// Of those who need the same value at the same time, one looks it up.
    turns: [tokio::sync::Mutex<()>; TURNS],
}

#[derive(Debug)]
struct Entry<V> {
    read_at: Instant,
    /// The epoch it was read in.
    epoch: u64,
    value: Arc<V>,
}

impl<K: Clone + Eq + Hash, V> Cache<K, V> {
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            entries: Mutex::default(),
            epoch: AtomicU64::new(0),
            hasher: RandomState::new(),
            turns: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
        }
    }

    /// The value, and whether it was looked up just now. What is not there is not remembered: it may be there soon.
    pub(super) async fn get_or<F, E>(&self, key: &K, look_up: impl FnOnce() -> F) -> Result<Option<(Arc<V>, bool)>, E>
    where
        F: Future<Output = Result<Option<V>, E>>,
    {
        if let Some(value) = self.get(key) {
            return Ok(Some((value, false)));
        }
        let turn = usize::try_from(self.hasher.hash_one(key) % TURNS as u64).unwrap_or(0);
        let _turn = self.turns[turn].lock().await;
        if let Some(value) = self.get(key) {
            return Ok(Some((value, false)));
        }
        // From before the look-up, so that a change made meanwhile shows in time.
        let (read_at, epoch) = (Instant::now(), self.epoch.load(Ordering::Acquire));
        let Some(value) = look_up().await?.map(Arc::new) else { return Ok(None) };
        self.put(key.clone(), Entry { read_at, epoch, value: value.clone() });
        Ok(Some((value, true)))
    }

    /// Whether there was a value lately, however old.
    pub(super) fn has_seen(&self, key: &K) -> bool {
        self.lock().contains_key(key)
    }

    fn get(&self, key: &K) -> Option<Arc<V>> {
        let entries = self.lock();
        let entry = entries.get(key)?;
        self.counts(entry).then(|| entry.value.clone())
    }

    fn counts(&self, entry: &Entry<V>) -> bool {
        entry.epoch == self.epoch.load(Ordering::Acquire) && entry.read_at.elapsed() < self.max_age
    }

    fn put(&self, key: K, entry: Entry<V>) {
        let mut entries = self.lock();
        if entries.len() >= ENTRIES {
            entries.retain(|_, entry| self.counts(entry));
            if entries.len() >= ENTRIES {
                entries.clear();
            }
        }
        entries.insert(key, entry);
    }

    /// What is known counts no more. That it was known is kept.
    pub(super) fn clear(&self) {
        let entries = self.lock();
        self.epoch.fetch_add(1, Ordering::AcqRel);
        drop(entries);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn cache(max_age_s: u64) -> Cache<u32, u32> {
        Cache::new(Duration::from_secs(max_age_s))
    }

    async fn ask(cache: &Cache<u32, u32>, key: u32, value: Option<u32>) -> Option<(u32, bool)> {
        let answer = cache.get_or(&key, || async { Ok::<_, ()>(value) }).await.unwrap();
        answer.map(|(value, fresh)| (*value, fresh))
    }

    #[tokio::test]
    async fn remembers_what_is_there_and_only_that() {
        let cache = cache(3600);
        assert_eq!(ask(&cache, 1, None).await, None);
        assert_eq!(ask(&cache, 1, Some(5)).await, Some((5, true)));
        assert_eq!(ask(&cache, 1, Some(6)).await, Some((5, false)));
        cache.clear();
        assert_eq!(ask(&cache, 1, Some(7)).await, Some((7, true)));
    }

    #[tokio::test]
    async fn forgets_what_is_old() {
        let cache = cache(0);
        assert_eq!(ask(&cache, 1, Some(5)).await, Some((5, true)));
        assert_eq!(ask(&cache, 1, Some(6)).await, Some((6, true)));
    }

    #[tokio::test]
    async fn what_was_read_before_it_was_told_to_forget_is_not_kept() {
        let cache = cache(3600);
        let meanwhile = cache.get_or(&1, || async {
            cache.clear();
            Ok::<_, ()>(Some(5))
        });
        assert!(meanwhile.await.unwrap().is_some());
        assert_eq!(ask(&cache, 1, Some(6)).await, Some((6, true)));
    }

    #[tokio::test]
    async fn one_looks_up_for_all() {
        let (cache, asked) = (cache(3600), Cell::new(0));
        let ask = || {
            cache.get_or(&1, || async {
                asked.set(asked.get() + 1);
                tokio::task::yield_now().await;
                Ok::<_, ()>(Some(5))
            })
        };
        let (first, second, third) = tokio::join!(ask(), ask(), ask());
        assert!([first, second, third].into_iter().all(|answer| answer.is_ok_and(|found| found.is_some())));
        assert_eq!(asked.get(), 1);
    }

    #[test]
    fn stays_small() {
        let cache = cache(3600);
        for key in 0..10_001 {
            cache.put(key, Entry { read_at: Instant::now(), epoch: 0, value: Arc::new(0) });
        }
        assert!(cache.lock().len() <= ENTRIES);
    }
}
