//! What the lane remembers about tenants and traces between two batches.
//!
//! A tenant's trace heads are known for sure only while its head row stands where this process left it: if it moved,
//! somebody else appended. Memory is bounded by two generations: what is not asked for while one generation fills up is
//! forgotten.

use std::{collections::HashMap, hash::Hash};

use dg_domain::{Key16, LogSeq, TenantId, append::TraceHead};

/// Trace heads of the tenants this process appends to.
#[derive(Debug)]
pub(super) struct HeadCache {
    tenants: Generations<TenantId, Standing>,
    heads: Generations<(u64, Key16), TraceHead>,
    next_epoch: u64,
}

/// Where this process left a tenant's head row. Trace heads are filed under the epoch, so that giving a tenant a new
/// epoch forgets all of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) last: LogSeq,
    pub(super) epoch: u64,
}

impl HeadCache {
    /// Remembers at least `traces` trace heads, at most twice as many.
    pub(super) fn new(traces: usize) -> Self {
        Self { tenants: Generations::new(traces.min(16_384)), heads: Generations::new(traces), next_epoch: 0 }
    }

    /// Where the tenant was left.
    pub(super) fn standing(&mut self, tenant: &TenantId) -> Option<Standing> {
        self.tenants.get(tenant).copied()
    }

    /// The head of a trace as of the tenant's standing.
    pub(super) fn head(&mut self, standing: Standing, trace: Key16) -> Option<TraceHead> {
        self.heads.get(&(standing.epoch, trace)).copied()
    }

    /// Notes where the tenant is left now. `known` is the standing that the heads in here were true for when the head row
    /// was locked, `None` to start afresh.
    pub(super) fn leave(
        &mut self,
        tenant: &TenantId,
        known: Option<Standing>,
        last: LogSeq,
        heads: impl Iterator<Item = (Key16, TraceHead)>,
    ) {
        let epoch = known.map_or_else(
            || {
                self.next_epoch += 1;
                self.next_epoch
            },
            |standing| standing.epoch,
        );
        self.tenants.put(tenant.clone(), Standing { last, epoch });
        for (trace, head) in heads {
            self.heads.put((epoch, trace), head);
        }
    }

    /// Forgets everything: what was committed is not known for sure.
    pub(super) fn clear(&mut self) {
        self.tenants.clear();
        self.heads.clear();
    }
}

#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    size: usize,
}

impl<K: Eq + Hash + Clone, V> Generations<K, V> {
    fn new(size: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), size: size.max(1) }
    }

    fn get(&mut self, key: &K) -> Option<&V> {
        if let Some((key, value)) = self.old.remove_entry(key) {
            self.put(key, value);
        }
        self.young.get(key)
    }

    fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.size && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use dg_domain::{TraceSeq, keys};

    use super::*;

    #[test]
    fn forgets_what_is_not_asked_for() {
        let mut cache = Generations::new(2);
        for key in 1..=3 {
            cache.put(key, key);
        }
        assert_eq!(cache.get(&1), Some(&1), "asked for, so young again");
        cache.put(4, 4);
        cache.put(5, 5);
        assert_eq!(cache.get(&2), None);
        assert!(cache.young.len() + cache.old.len() <= 4);
    }

    #[test]
    fn a_new_start_forgets_the_traces_of_that_tenant_only() {
        let mut cache = HeadCache::new(8);
        let [a, b] = ["a", "b"].map(|name| TenantId::new(name).unwrap());
        let trace = keys::trace_key("t");
        let head = TraceHead { next_seq: TraceSeq::START.next(), finished: false };
        let last = LogSeq::START.next();
        for tenant in [&a, &b] {
            cache.leave(tenant, None, last, [(trace, head)].into_iter());
        }
        let (in_a, in_b) = (cache.standing(&a).unwrap(), cache.standing(&b).unwrap());
        assert_eq!(cache.head(in_a, trace), Some(head));
        cache.leave(&a, Some(in_a), last.next(), std::iter::empty());
        let in_a = cache.standing(&a).unwrap();
        assert_eq!((in_a.last, cache.head(in_a, trace)), (last.next(), Some(head)));
        cache.leave(&a, None, last, std::iter::empty());
        let in_a = cache.standing(&a).unwrap();
        assert_eq!(cache.head(in_a, trace), None);
        assert_eq!(cache.head(in_b, trace), Some(head));
    }
}
