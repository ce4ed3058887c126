//! A tenant's history as it is appended, and what the pure rules make of it.

use std::sync::Arc;

use dg_domain::{
    GuardMode, LogSeq, Micros, NewEvent, Rules, StoredEvent, TenantId,
    append::{Ledger, Outcome},
};
use dg_projections::Model;
use dg_testkit::history::{Shape, generate};
use serde_json::Value;

/// When every event of a ground is recorded.
pub(super) fn clock() -> Micros {
    Micros::new(1_767_225_600_000_000)
}

/// One tenant and the events that its log gets, in order.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) tenant: TenantId,
    pub(super) events: Vec<Value>,
}

impl History {
    /// A tenant named after the seed.
    pub(super) fn generated(seed: u64, shape: Shape) -> Self {
        Self::named(&format!("h-{seed:04}"), seed, shape)
    }

    /// The same history in a tenant of another name.
    pub(super) fn named(tenant: &str, seed: u64, shape: Shape) -> Self {
        Self { tenant: TenantId::new(tenant).unwrap(), events: generate(seed, shape) }
    }

    /// The first `events` of it.
    pub(super) fn until(&self, events: usize) -> Self {
        Self { tenant: self.tenant.clone(), events: self.events[..events].to_vec() }
    }

    /// The log as the database keeps it, made by the pure rules.
    pub(super) fn log(&self) -> Vec<StoredEvent> {
        let mut ledger = Ledger::new(self.tenant.clone(), LogSeq::START);
        let store = |event| match ledger.append(parse(event), clock(), "test") {
            Outcome::Stored(stored) => Arc::unwrap_or_clone(stored),
            other => unreachable!("{other:?}"),
        };
        self.events.iter().map(store).collect()
    }

    /// What every projection has to hold.
    pub(super) fn model(&self) -> Model {
        Model::of(&self.log(), 50).unwrap()
    }
}

/// An envelope as the edge takes it.
pub(super) fn parse(event: &Value) -> NewEvent {
    NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap()
}
