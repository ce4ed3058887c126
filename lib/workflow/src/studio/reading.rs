//! What a trace says of itself, event by event.

use dg_domain::{EventType, Limits, json};

use crate::{Policy, fold::TraceFacts};

/// A trace, as far as a dry run wants to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Which.
    pub trace_id: String,
    /// How far the log was: the position of the last event of the tenant that could have been read.
    pub log_seq: i64,
    /// What its first event says.
    pub facts: TraceFacts,
    /// How many exceptions it asked for.
    pub exceptions: usize,
    /// The last policy that was evaluated.
    pub policy: Option<Policy>,
    /// What that said: `allow`, `deny`, `require_exception`.
    pub policy_decision: Option<String>,
    /// The last approval in it: `approved`, `rejected`.
    pub approval: Option<String>,
    /// Whether an approval in it is an override.
    pub overridden: bool,
    /// How its last action ended: `success`, `failure`, `partial`.
    pub action_status: Option<String>,
    /// How it ended: `success`, `failure`, `abandoned`.
    pub outcome: Option<String>,
    /// Whether it ended.
    pub finished: bool,
}

impl Reading {
    /// A trace of which nothing is read yet.
    #[must_use]
    pub fn of(trace_id: &str, log_seq: i64) -> Self {
        Self { trace_id: trace_id.to_owned(), log_seq, ..Self::default() }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.facts.title.as_deref().unwrap_or(&self.trace_id)
    }

    /// Takes in its next event. A payload that was erased says nothing, but that the event is there.
    pub fn read(&mut self, event_type: EventType, payload_json: &str) {
        let payload = json::parse(payload_json.as_bytes(), &Limits::SERVICE).ok();
        let text = |path: &[&str]| {
            let mut value = payload.as_ref()?;
            for key in path {
                value = value.get(key)?;
            }
            value.as_str().map(str::to_owned)
        };
        match event_type {
            EventType::TraceStarted => self.facts = TraceFacts::read(payload_json),
            EventType::ExceptionRequested => self.exceptions += 1,
            EventType::PolicyEvaluated => {
                let named = text(&["policy", "policy_id"]).zip(text(&["policy", "policy_version"]));
                self.policy = named.map(|(policy_id, policy_version)| Policy { policy_id, policy_version });
                self.policy_decision = text(&["decision"]);
            }
            EventType::ApprovalRecorded => {
                let of_override = text(&["subject", "subject_type"]).as_deref() == Some("override");
                self.overridden |= of_override;
                if text(&["subject", "subject_type"]).as_deref() != Some(super::SUBJECT_TYPE) {
                    self.approval = text(&["decision"]);
                }
            }
            EventType::ActionCommitted => self.action_status = text(&["status"]),
            EventType::TraceFinished => {
                self.finished = true;
                self.outcome = text(&["outcome"]);
            }
            EventType::InputObserved
            | EventType::EntityObserved
            | EventType::PrecedentCited
            | EventType::ActionProposed
            | EventType::WorkflowReviewRequested
            | EventType::WorkflowActionRecorded => {}
        }
    }
}
