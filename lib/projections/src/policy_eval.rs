//! The policy evaluation index: every evaluation at once, also of open traces (semantics, section 10.4).

use dg_domain::{Key16, StoredEvent, event::Payload, keys};

/// An evaluation row. Not part of any digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 10.4")]
pub struct PolicyEval {
    pub trace_id: String,
    pub policy_id: String,
    pub policy_version: String,
    pub event_id: String,
    pub log_seq: i64,
    pub created_at: String,
}

impl PolicyEval {
    /// `<trace_id>:<policy_id>:<policy_version>:<event_id>`, unescaped; of equal ids the first row stays.
    #[must_use]
    pub fn index_id(&self) -> String {
        [&*self.trace_id, &*self.policy_id, &*self.policy_version, &*self.event_id].join(":")
    }

    /// Under which 16 bytes the store keeps it.
    #[must_use]
    pub fn key(&self) -> Key16 {
        keys::text_key(&self.index_id())
    }
}

/// What one event adds.
pub(crate) fn apply(stored: &StoredEvent, payload: &Payload<'_>) -> Option<PolicyEval> {
    let Payload::PolicyEvaluated { policy } = payload else { return None };
    Some(PolicyEval {
        trace_id: stored.event.trace_id.clone(),
        policy_id: policy.policy_id.to_owned(),
        policy_version: policy.policy_version.to_owned(),
        event_id: stored.event.event_id.clone(),
        log_seq: stored.log_seq.get(),
        created_at: stored.event.occurred_at.clone(),
    })
}
