//! The append rules over one tenant's log, once an event is valid (semantics, sections 5 to 8).
//!
//! The shell loads what the rules ask for (trace heads, events known under an idempotency key, taken event ids) into a
//! [`Ledger`], offers events in arrival order, and stores what was accepted. The order of checks is fixed:
//! idempotent reuse, finish lock, sequence, unique event id. So a retry of any stored event succeeds, also after the
//! trace finished and with any `trace_seq`.

mod reuse;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    event::{NewEvent, StoredEvent},
    event_type::EventType,
    hash::Key16,
    ids::{LogSeq, TenantId, TraceSeq},
    keys,
    time::Micros,
    violation::{ErrorCode, Violation},
};

/// Where a trace stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceHead {
    /// The number its next event gets.
    pub next_seq: TraceSeq,
    /// Whether it holds a `TraceFinished`.
    pub finished: bool,
}

impl TraceHead {
    /// The head of a trace nobody has written to.
    pub const UNKNOWN: Self = Self { next_seq: TraceSeq::START, finished: false };

    /// The head after an event of this type at this position.
    #[must_use]
    pub fn after(trace_seq: TraceSeq, event_type: EventType) -> Self {
        Self { next_seq: trace_seq.next(), finished: event_type == EventType::TraceFinished }
    }
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted at a new position; the shell stores it.
    Stored(Arc<StoredEvent>),
    /// A repeat: the event that was stored the first time.
    Replayed(Arc<StoredEvent>),
    /// Refused; nothing changes.
    Rejected(Violation),
}

/// What the rules need to know about one tenant, and what they accepted so far.
#[derive(Debug)]
pub struct Ledger {
    tenant_id: TenantId,
    last: LogSeq,
    heads: HashMap<Key16, TraceHead>,
    known: HashMap<Key16, Arc<StoredEvent>>,
    event_ids: HashSet<Key16>,
}

/// How to take back the effects of one accepted event.
struct Undo {
    trace: Key16,
    head: Option<TraceHead>,
    idempotency: Key16,
    event_id: Key16,
}

impl Ledger {
    /// A tenant whose log ends at `last`.
    #[must_use]
    pub fn new(tenant_id: TenantId, last: LogSeq) -> Self {
        Self { tenant_id, last, heads: HashMap::new(), known: HashMap::new(), event_ids: HashSet::new() }
    }

    /// Tells where a trace stands. Traces that are not told about count as unknown.
    pub fn put_head(&mut self, trace: Key16, head: TraceHead) {
        self.heads.insert(trace, head);
    }

    /// Tells about an event stored under an idempotency key.
    pub fn put_known(&mut self, event: Arc<StoredEvent>) {
        let key = keys::idempotency_key(&event.event.source.producer_id, &event.event.idempotency_key);
        self.known.insert(key, event);
    }

    /// Tells that an event id is taken.
    pub fn put_event_id(&mut self, event_id: Key16) {
        self.event_ids.insert(event_id);
    }

    /// The end of the log, accepted events included.
    #[must_use]
    pub fn last(&self) -> LogSeq {
        self.last
    }

    /// Where a trace stands now, if it is known.
    #[must_use]
    pub fn head_of(&self, trace: &Key16) -> Option<TraceHead> {
        self.heads.get(trace).copied()
    }

    /// Every known trace head, in no order.
    pub fn trace_heads(&self) -> impl Iterator<Item = (Key16, TraceHead)> + '_ {
        self.heads.iter().map(|(trace, head)| (*trace, *head))
    }

    /// Decides one event. Same ledger and event, same answer.
    pub fn append(&mut self, event: NewEvent, at: Micros, by: &str) -> Outcome {
        self.decide(event, at, by).0
    }

    /// Decides events that stand or fall together.
    ///
    /// # Errors
    /// When any event is refused: per event its refusal, `None` where the event itself was fine. Nothing is kept.
    pub fn append_atomic(
        &mut self,
        events: Vec<NewEvent>,
        at: Micros,
        by: &str,
    ) -> Result<Vec<Outcome>, Vec<Option<Violation>>> {
        let last = self.last;
        let (outcomes, undos): (Vec<_>, Vec<_>) = events.into_iter().map(|event| self.decide(event, at, by)).unzip();
        if !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_))) {
            return Ok(outcomes);
        }
        for undo in undos.into_iter().rev().flatten() {
            match undo.head {
                Some(head) => self.heads.insert(undo.trace, head),
                None => self.heads.remove(&undo.trace),
            };
            self.known.remove(&undo.idempotency);
            self.event_ids.remove(&undo.event_id);
        }
        self.last = last;
        let refusals = outcomes.into_iter().map(|outcome| match outcome {
            Outcome::Rejected(violation) => Some(violation),
            Outcome::Stored(_) | Outcome::Replayed(_) => None,
        });
        Err(refusals.collect())
    }

    fn decide(&mut self, mut event: NewEvent, at: Micros, by: &str) -> (Outcome, Option<Undo>) {
        let idempotency = keys::idempotency_key(&event.source.producer_id, &event.idempotency_key);
        if let Some(known) = self.known.get(&idempotency) {
            let outcome = match reuse::check(&known.event, &event) {
                Ok(()) => Outcome::Replayed(Arc::clone(known)),
                Err(violation) => Outcome::Rejected(violation),
            };
            return (outcome, None);
        }
        let trace = keys::trace_key(&event.trace_id);
        let before = self.heads.get(&trace).copied();
        let head = before.unwrap_or(TraceHead::UNKNOWN);
        let trace_seq = match place(&head, &event) {
            Ok(trace_seq) => trace_seq,
            Err(violation) => return (Outcome::Rejected(violation), None),
        };
        let event_id = keys::event_key(&event.event_id);
        if !self.event_ids.insert(event_id) {
            return (Outcome::Rejected(duplicate_event_id()), None);
        }
        self.last = self.last.next();
        self.heads.insert(trace, TraceHead::after(trace_seq, event.event_type));
        event.trace_seq = Some(trace_seq);
        let stored = Arc::new(StoredEvent {
            tenant_id: self.tenant_id.clone(),
            log_seq: self.last,
            trace_seq,
            recorded_at: at,
            recorded_by: by.to_owned(),
            event,
        });
        self.known.insert(idempotency, Arc::clone(&stored));
        (Outcome::Stored(stored), Some(Undo { trace, head: before, idempotency, event_id }))
    }
}

/// Finish lock, then sequence: the position the event gets.
///
/// # Errors
/// `conflict` on a finished trace; `event_sequence_invalid` with `expected_trace_seq` when the number is not the next
/// one, when a second `TraceStarted` comes, or when the first event is another type.
fn place(head: &TraceHead, event: &NewEvent) -> Result<TraceSeq, Violation> {
    let expected = head.next_seq;
    let refuse = |code, message: String| {
        let mut violation = Violation::new(code, message);
        violation.details.trace_id = Some(event.trace_id.clone());
        violation.details.expected_trace_seq = (code == ErrorCode::EventSequenceInvalid).then_some(expected.get());
        Err(violation)
    };
    if head.finished {
        return refuse(ErrorCode::Conflict, "the trace is already finished".to_owned());
    }
    if let Some(found) = event.trace_seq.filter(|found| *found != expected) {
        return refuse(ErrorCode::EventSequenceInvalid, format!("expected trace_seq {expected}, got {found}"));
    }
    let starts = event.event_type == EventType::TraceStarted;
    if starts && expected != TraceSeq::START {
        return refuse(ErrorCode::EventSequenceInvalid, "TraceStarted must have trace_seq 0".to_owned());
    }
    if !starts && expected == TraceSeq::START {
        let message = format!("the first event of a trace must be TraceStarted, got {}", event.event_type);
        return refuse(ErrorCode::EventSequenceInvalid, message);
    }
    Ok(expected)
}

/// The refusal of an event id that is taken: a caller's mistake, not a storage failure (semantics, section 7.4).
#[must_use]
pub fn duplicate_event_id() -> Violation {
    let mut violation =
        Violation::new(ErrorCode::Conflict, "the event_id already exists in this tenant").at("/event_id");
    violation.details.constraint = Some("dg_event_log_event_id_unique");
    violation
}

#[cfg(test)]
mod tests;
