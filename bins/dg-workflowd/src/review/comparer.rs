//! Compares items with the log, beside everything else: it takes as long as a log is long, and deadlines do not wait for it.

use std::collections::HashSet;

use dg_domain::TenantId;
use dg_storage::workflow::Rebuilt;
use dg_storage::{Store, StoreError};
use tokio::task::JoinSet;

/// Most tenants that are compared, one after another, before anybody hears of it.
const AT_ONCE: usize = 20;

/// What came of it, tenant by tenant.
pub(super) type Compared = Vec<(TenantId, Result<Rebuilt, StoreError>)>;

/// Comparisons under way. Dropped, they are given up, and nothing of them happened.
pub(super) struct Comparer {
    store: Store,
    work: JoinSet<Compared>,
    comparing: HashSet<TenantId>,
    rebuilding: HashSet<TenantId>,
}

impl Comparer {
    pub(super) fn new(store: Store) -> Self {
        Self { store, work: JoinSet::new(), comparing: HashSet::new(), rebuilding: HashSet::new() }
    }

    /// Whether the tenant's items are being replaced: its log is locked, and whoever works for it would wait.
    pub(super) fn is_rebuilding(&self, tenant: &TenantId) -> bool {
        self.rebuilding.contains(tenant)
    }

    /// Puts what the log says in the place of a tenant's items.
    pub(super) fn rebuild(&mut self, tenant: &TenantId, by: &str) {
        if !self.rebuilding.insert(tenant.clone()) {
            return;
        }
        let (store, tenant, by) = (self.store.clone(), tenant.clone(), by.to_owned());
        self.work.spawn(async move {
            let found = store.workflow_rebuild(&tenant, &by).await;
            vec![(tenant, found)]
        });
    }

    /// Compares some of these tenants' items with their logs, unless others are being compared.
    pub(super) fn verify(&mut self, mut tenants: Vec<TenantId>) {
        if tenants.is_empty() || !self.comparing.is_empty() {
            return;
        }
        tenants.truncate(AT_ONCE);
        self.comparing.extend(tenants.iter().cloned());
        let store = self.store.clone();
        self.work.spawn(async move {
            let mut found = Vec::with_capacity(tenants.len());
            for tenant in tenants {
                let one = store.workflow_verify(&tenant).await;
                found.push((tenant, one));
            }
            found
        });
    }

    /// What ended next; never, while nothing is under way. Safe to drop.
    pub(super) async fn ended(&mut self) -> Compared {
        match self.work.join_next().await {
            Some(Ok(found)) => {
                for (tenant, _) in &found {
                    self.comparing.remove(tenant);
                    self.rebuilding.remove(tenant);
                }
                found
            }
            // One that was given up is begun again when it is asked for again.
            Some(Err(_)) => {
                self.comparing.clear();
                self.rebuilding.clear();
                Vec::new()
            }
            None => std::future::pending().await,
        }
    }
}
