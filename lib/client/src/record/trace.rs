//! One decision being recorded: its events in one order, each with its cause.

use std::{any::type_name, collections::HashMap, time::Duration};

use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    event::EventOptions,
    payload::{
        ActionCommitted, ActionProposed, ApprovalRecorded, EntityObserved, ExceptionRequested, InputObserved, Payload,
        PolicyEvaluated, PrecedentCited, TraceFinished,
    },
    recorder::{Record, Recorded, Recorder, Target},
    values::Outcome,
};
use crate::{ClientError, Decision, DecisionQuery, RecordError, edge};

/// One decision being recorded. Tasks may share it; their events keep one order.
///
/// The service gives the numbers (`trace_seq`), the trace gives the causes (`causation_event_id`): a commit follows from its
/// proposal, an approval from what it is about, every other event from the one before it.
#[derive(Debug)]
pub struct Trace {
    recorder: Recorder,
    trace_id: String,
    repeatable: bool,
    chain: Mutex<Chain>,
}

/// What the next event follows from.
#[derive(Debug, Default)]
struct Chain {
    calls: u64,
    last: Option<String>,
    /// By exception or action, the event that opened it.
    opened: HashMap<String, String>,
    finished: bool,
}

macro_rules! recording {
    ($($(#[$about:meta])* $name:ident: $payload:ident;)*) => {
        $($(#[$about])*
        pub fn $name(&self, payload: $payload) -> Record<'_> {
            self.payload(payload)
        })*
    };
}

impl Trace {
    pub(super) fn new(recorder: Recorder, trace_id: String, repeatable: bool) -> Self {
        Self { recorder, trace_id, repeatable, chain: Mutex::default() }
    }

    /// Names the decision.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// Any event, its payload as it is.
    pub fn record(&self, event_type: &str, payload: Value) -> Record<'_> {
        Record::new(Target::Trace(self), event_type, Ok(payload))
    }

    recording! {
        /// The agent read something.
        observe_input: InputObserved;
        /// A thing plays a part.
        observe_entity: EntityObserved;
        /// A policy was evaluated.
        evaluate_policy: PolicyEvaluated;
        /// An exception to a policy is asked for; people decide about it.
        request_exception: ExceptionRequested;
        /// Somebody decided.
        record_approval: ApprovalRecorded;
        /// An earlier decision was taken into account.
        cite_precedent: PrecedentCited;
        /// The agent is about to do something.
        propose_action: ActionProposed;
        /// It was done, or not.
        commit_action: ActionCommitted;
    }

    /// The decision is over.
    pub fn finish_trace(&self, payload: TraceFinished) -> Record<'_> {
        self.payload(payload).idempotency_key(edge::fixed_key("finish", &self.trace_id))
    }

    /// The decision is over, and went as `result` says: `success`, or `failure` with the kind of the error. The text of an
    /// error is not recorded, because it may hold what must not be. Does nothing when this object finished it before.
    ///
    /// # Errors
    /// As every recording call.
    pub async fn finish_by<T, E>(&self, result: &Result<T, E>) -> Result<(), RecordError> {
        if self.chain.lock().await.finished {
            return Ok(());
        }
        let kind = type_name::<E>().split('<').next().and_then(|name| name.rsplit("::").next()).unwrap_or_default();
        let payload = match result {
            Ok(_) => TraceFinished::new(Outcome::Success),
            Err(_) => TraceFinished::new(Outcome::Failure).summary(format!("ended by {kind}")),
        };
        self.finish_trace(payload).await.map(drop)
    }

    /// Waits for a decision about an exception or action of this trace; see [`Client::wait_for_decision`](crate::Client::wait_for_decision).
    ///
    /// # Errors
    /// `wait_timeout` when nobody has decided in time, and the service's refusals.
    pub async fn wait_for_decision(&self, query: &DecisionQuery, timeout: Duration) -> Result<Decision, ClientError> {
        self.recorder.client().wait_for_decision(&self.trace_id, query, timeout).await
    }

    fn payload<P: Payload>(&self, payload: P) -> Record<'_> {
        Record::new(Target::Trace(self), P::EVENT_TYPE, serde_json::to_value(payload))
    }

    pub(super) async fn append(
        &self,
        event_type: &str,
        payload: Value,
        mut options: EventOptions,
    ) -> Result<Recorded, RecordError> {
        let mut chain = self.chain.lock().await;
        options.causation_event_id = options.causation_event_id.take().or_else(|| chain.cause(event_type, &payload));
        if self.repeatable {
            let step = || edge::fixed_key(&format!("step:{}", chain.calls), &self.trace_id);
            let key = options.idempotency_key.get_or_insert_with(step).clone();
            let producer = &self.recorder.source_of(&options).producer_id;
            let event_id = edge::derived_id(producer, &key);
            options.event_id.get_or_insert(event_id);
        }
        let event = self.recorder.build(&self.trace_id, event_type, payload, options);
        let done = self.recorder.append_event(&event).await?;
        chain.note(event_type, &event.payload, &done.event_id);
        Ok(done)
    }
}

impl Chain {
    fn cause(&self, event_type: &str, payload: &Value) -> Option<String> {
        let about = match event_type {
            ActionCommitted::EVENT_TYPE => payload["action_id"].as_str(),
            ApprovalRecorded::EVENT_TYPE => payload["subject"]["subject_id"].as_str(),
            _ => None,
        };
        about.and_then(|about| self.opened.get(about)).or(self.last.as_ref()).cloned()
    }

    /// The event was taken: what comes next follows from it. A repeat has the id that was stored the first time.
    fn note(&mut self, event_type: &str, payload: &Value, event_id: &str) {
        self.calls += 1;
        self.last = Some(event_id.to_owned());
        let opens = match event_type {
            ActionProposed::EVENT_TYPE => payload["action_id"].as_str(),
            ExceptionRequested::EVENT_TYPE => payload["exception_id"].as_str(),
            _ => None,
        };
        if let Some(name) = opens {
            self.opened.insert(name.to_owned(), event_id.to_owned());
        }
        self.finished |= event_type == TraceFinished::EVENT_TYPE;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn causes() {
        let mut chain = Chain::default();
        assert_eq!(chain.cause("TraceStarted", &json!({})), None);
        chain.note("TraceStarted", &json!({}), "e-0");
        chain.note("ExceptionRequested", &json!({"exception_id": "x"}), "e-1");
        chain.note("ActionProposed", &json!({"action_id": "a"}), "e-2");
        chain.note("InputObserved", &json!({}), "e-3");
        for (event_type, payload, expected) in [
            ("ApprovalRecorded", json!({"subject": {"subject_id": "x"}}), "e-1"),
            ("ActionCommitted", json!({"action_id": "a"}), "e-2"),
            ("ActionCommitted", json!({"action_id": "b"}), "e-3"),
            ("TraceFinished", json!({"action_id": "a"}), "e-3"),
        ] {
            assert_eq!(chain.cause(event_type, &payload).as_deref(), Some(expected), "{event_type}");
        }
        assert!(!chain.finished);
    }
}
