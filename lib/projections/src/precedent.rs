//! The precedent index: which policies and exceptions a finished trace went through (semantics, section 10.5).
//!
//! Rows appear when a trace finishes, one per `PolicyEvaluated` and `ExceptionRequested` of it, each with the primary entity
//! of its start. So a finish needs the earlier events of its trace: [`PrecedentHistory`].

use dg_domain::{StoredEvent, event::Payload};

/// A precedent row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 10.5")]
pub struct Precedent {
    pub source_event_id: String,
    pub log_seq: i64,
    pub trace_id: String,
    pub policy_id: String,
    pub policy_version: String,
    /// Null for a row that comes from a policy evaluation.
    pub exception_id: Option<String>,
    pub primary_entity_type: String,
    pub primary_entity_system: Option<String>,
    pub primary_entity_id: String,
    /// The position of the trace's finish: search order. Not part of the digest.
    pub finished_log_seq: i64,
}

/// An evaluation or exception that becomes a row when its trace finishes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract")]
pub struct PrecedentSource {
    pub source_event_id: String,
    pub log_seq: i64,
    pub policy_id: String,
    pub policy_version: String,
    pub exception_id: Option<String>,
}

/// The primary entity of a trace and what may become precedents, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrecedentHistory {
    /// Type, system and id, once the start was seen.
    pub primary_entity: Option<(String, Option<String>, String)>,
    /// In `trace_seq` order.
    pub sources: Vec<PrecedentSource>,
}

impl PrecedentHistory {
    /// Takes in the next event of the trace. Events of other types leave it as it is.
    pub fn observe(&mut self, stored: &StoredEvent, payload: &Payload<'_>) {
        match payload {
            Payload::TraceStarted { entity_type, entity_id, system, .. } if self.primary_entity.is_none() => {
                self.primary_entity =
                    Some(((*entity_type).to_owned(), system.map(str::to_owned), (*entity_id).to_owned()));
            }
            Payload::PolicyEvaluated { policy } => self.sources.push(PrecedentSource {
                source_event_id: stored.event.event_id.clone(),
                log_seq: stored.log_seq.get(),
                policy_id: policy.policy_id.to_owned(),
                policy_version: policy.policy_version.to_owned(),
                exception_id: None,
            }),
            Payload::ExceptionRequested { exception_id, policy } => self.sources.push(PrecedentSource {
                source_event_id: stored.event.event_id.clone(),
                log_seq: stored.log_seq.get(),
                policy_id: policy.policy_id.to_owned(),
                policy_version: policy.policy_version.to_owned(),
                exception_id: Some((*exception_id).to_owned()),
            }),
            _ => {}
        }
    }

    /// The rows of a trace that finishes at `finished_log_seq`.
    #[must_use]
    pub fn finish(self, trace_id: &str, finished_log_seq: i64) -> Vec<Precedent> {
        let (entity_type, system, entity_id) = self.primary_entity.unwrap_or_default();
        let row = |source: PrecedentSource| Precedent {
            source_event_id: source.source_event_id,
            log_seq: source.log_seq,
            trace_id: trace_id.to_owned(),
            policy_id: source.policy_id,
            policy_version: source.policy_version,
            exception_id: source.exception_id,
            primary_entity_type: entity_type.clone(),
            primary_entity_system: system.clone(),
            primary_entity_id: entity_id.clone(),
            finished_log_seq,
        };
        self.sources.into_iter().map(row).collect()
    }
}
