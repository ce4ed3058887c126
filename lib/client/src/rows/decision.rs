//! What a person decided.

use serde::Serialize;

use crate::{Actor, StoredEvent};

/// An approval or a rejection.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// Who decided, as the sender of the event says.
    pub approver: Actor,
    /// `approved` or `rejected`.
    pub decision: String,
    /// The event that says so.
    pub event: StoredEvent,
    /// Why.
    pub reason: Option<String>,
    /// The account that recorded it, as the service authenticated it. Anybody who may write to the trace can record a
    /// decision: `approver` is what that account says.
    pub recorded_by: Option<String>,
}

impl Decision {
    /// Whether it is a yes.
    #[must_use]
    pub fn approved(&self) -> bool {
        self.decision == "approved"
    }
}
