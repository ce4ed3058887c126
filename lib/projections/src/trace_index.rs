//! The trace index: what a list and a search of traces need. Ours, outside the digest surface.

use std::collections::BTreeSet;

use dg_domain::{EventType, Micros, StoredEvent, event::Payload, json::Json};

use crate::search::{EVENT_TERMS, SearchTerms, term};

/// Companion traces carry the handling of a review; lists hide them unless asked.
pub const COMPANION_PREFIX: &str = "review:";

/// What a batch adds to one trace's row.
///
/// Counts add up, positions and texts are replaced by the later ones, sets are united: so any way to cut the log into
/// batches gives the same row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns they become")]
pub struct TraceActivity {
    pub trace_id: String,
    /// Workflow, title, primary entity type, system, id and `occurred_at`, when the start lies in this batch.
    pub started: Option<TraceStart>,
    /// Outcome and `occurred_at`, when the finish lies in this batch.
    pub finished: Option<(String, String)>,
    pub events: i64,
    pub first_trace_seq: i64,
    pub last_trace_seq: i64,
    pub first_log_seq: i64,
    pub last_log_seq: i64,
    pub last_event_type: &'static str,
    pub last_occurred_at: String,
    /// `<actor_type>:<actor_id>` of every envelope actor.
    pub actors: BTreeSet<String>,
    /// `<policy_id>:<policy_version>` of every evaluation and exception.
    pub policies: BTreeSet<String>,
    pub tags: BTreeSet<String>,
    /// What the trace is found by.
    pub search: SearchTerms,
}

/// The start of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns they become")]
pub struct TraceStart {
    pub workflow: String,
    pub title: String,
    pub primary_entity_type: String,
    pub primary_entity_system: Option<String>,
    pub primary_entity_id: String,
    pub started_at: String,
    pub started_instant: Micros,
}

/// A row of the trace index, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_trace_index")]
pub struct TraceRow {
    pub trace_id: String,
    pub companion: bool,
    pub workflow: String,
    pub title: String,
    pub primary_entity_type: String,
    pub primary_entity_system: Option<String>,
    pub primary_entity_id: String,
    pub outcome: Option<String>,
    pub started_at: String,
    pub started_instant: Micros,
    pub finished_at: Option<String>,
    pub event_count: i64,
    pub first_log_seq: i64,
    pub last_log_seq: i64,
    pub last_trace_seq: i64,
    pub last_event_type: String,
    pub last_occurred_at: String,
    /// Sorted, without repeats; the other lists as well.
    pub actors: Vec<String>,
    pub policies: Vec<String>,
    pub tags: Vec<String>,
}

impl TraceRow {
    /// The row of a trace that starts in `activity`; `None` for one that started earlier.
    #[must_use]
    pub fn start(activity: &TraceActivity) -> Option<Self> {
        let start = activity.started.clone()?;
        let list = |texts: &BTreeSet<String>| texts.iter().cloned().collect();
        let (outcome, finished_at) = activity.finished.clone().unzip();
        Some(Self {
            trace_id: activity.trace_id.clone(),
            companion: activity.is_companion(),
            workflow: start.workflow,
            title: start.title,
            primary_entity_type: start.primary_entity_type,
            primary_entity_system: start.primary_entity_system,
            primary_entity_id: start.primary_entity_id,
            outcome,
            started_at: start.started_at,
            started_instant: start.started_instant,
            finished_at,
            event_count: activity.events,
            first_log_seq: activity.first_log_seq,
            last_log_seq: activity.last_log_seq,
            last_trace_seq: activity.last_trace_seq,
            last_event_type: activity.last_event_type.to_owned(),
            last_occurred_at: activity.last_occurred_at.clone(),
            actors: list(&activity.actors),
            policies: list(&activity.policies),
            tags: list(&activity.tags),
        })
    }

    /// The row after later events of the trace. `None` when they do not follow on what it has seen: an event is missing.
    #[must_use]
    pub fn followed_by(mut self, later: &TraceActivity) -> Option<Self> {
        if later.first_trace_seq != self.last_trace_seq + 1 {
            return None;
        }
        if let Some((outcome, finished_at)) = later.finished.clone() {
            (self.outcome, self.finished_at) = (Some(outcome), Some(finished_at));
        }
        self.event_count += later.events;
        self.last_log_seq = later.last_log_seq;
        self.last_trace_seq = later.last_trace_seq;
        later.last_event_type.clone_into(&mut self.last_event_type);
        self.last_occurred_at.clone_from(&later.last_occurred_at);
        unite(&mut self.actors, &later.actors);
        unite(&mut self.policies, &later.policies);
        unite(&mut self.tags, &later.tags);
        Some(self)
    }
}

impl TraceRow {
    /// Terms that the trace has for certain, of those that nearly every event brings again. Each event's actor and tags are
    /// among its terms unless it has more than an event may add, and then the trace has as many tags.
    #[must_use]
    pub fn known_terms(&self) -> BTreeSet<String> {
        if self.tags.len() >= EVENT_TERMS / 2 {
            return BTreeSet::new();
        }
        let actors = self.actors.iter().map(|actor| term::actor_named(actor));
        actors.chain(self.tags.iter().map(|tag| term::tag(tag))).collect()
    }
}

/// Puts the new texts where they belong in a sorted list.
fn unite(list: &mut Vec<String>, more: &BTreeSet<String>) {
    for text in more {
        if let Err(at) = list.binary_search(text) {
            list.insert(at, text.clone());
        }
    }
}

impl TraceActivity {
    /// Whether this trace carries the handling of a review.
    #[must_use]
    pub fn is_companion(&self) -> bool {
        self.trace_id.starts_with(COMPANION_PREFIX)
    }

    /// A trace of which this batch has shown nothing yet.
    pub(crate) fn new(stored: &StoredEvent) -> Self {
        Self {
            trace_id: stored.event.trace_id.clone(),
            started: None,
            finished: None,
            events: 0,
            first_trace_seq: stored.trace_seq.get(),
            last_trace_seq: stored.trace_seq.get(),
            first_log_seq: stored.log_seq.get(),
            last_log_seq: stored.log_seq.get(),
            last_event_type: stored.event.event_type.as_str(),
            last_occurred_at: String::new(),
            actors: BTreeSet::new(),
            policies: BTreeSet::new(),
            tags: BTreeSet::new(),
            search: SearchTerms::default(),
        }
    }

    /// Adds what later events brought.
    pub fn merge(&mut self, later: Self) {
        self.started = self.started.take().or(later.started);
        self.finished = later.finished.or(self.finished.take());
        self.events += later.events;
        self.last_trace_seq = later.last_trace_seq;
        self.last_log_seq = later.last_log_seq;
        self.last_event_type = later.last_event_type;
        self.last_occurred_at = later.last_occurred_at;
        self.actors.extend(later.actors);
        self.policies.extend(later.policies);
        self.tags.extend(later.tags);
        self.search.unite(later.search);
    }

    /// Counts an event that the index does not hold: the trace goes on after it. A start that is missing leaves its texts
    /// empty.
    pub(crate) fn pass_over(&mut self, stored: &StoredEvent) {
        self.events += 1;
        self.last_trace_seq = stored.trace_seq.get();
        self.last_log_seq = stored.log_seq.get();
        self.last_event_type = stored.event.event_type.as_str();
        self.last_occurred_at.clone_from(&stored.event.occurred_at);
        if stored.event.event_type == EventType::TraceStarted && self.started.is_none() {
            self.started = Some(TraceStart {
                workflow: String::new(),
                title: String::new(),
                primary_entity_type: String::new(),
                primary_entity_system: None,
                primary_entity_id: String::new(),
                started_at: stored.event.occurred_at.clone(),
                started_instant: stored.event.occurred_instant,
            });
        }
    }

    pub(crate) fn observe(&mut self, stored: &StoredEvent, payload: &Payload<'_>, document: &Json<'_>) {
        self.pass_over(stored);
        let event = &stored.event;
        self.actors.insert(format!("{}:{}", event.actor.actor_type, event.actor.actor_id));
        self.tags.extend(event.tags.iter().cloned());
        self.search.observe(stored, payload, document);
        match payload {
            Payload::TraceStarted { workflow, title, entity_type, entity_id, system } => {
                // In place of the empty texts from above.
                self.started = Some(TraceStart {
                    workflow: (*workflow).to_owned(),
                    title: (*title).to_owned(),
                    primary_entity_type: (*entity_type).to_owned(),
                    primary_entity_system: system.map(str::to_owned),
                    primary_entity_id: (*entity_id).to_owned(),
                    started_at: event.occurred_at.clone(),
                    started_instant: event.occurred_instant,
                });
            }
            Payload::TraceFinished { outcome } => {
                self.finished = Some(((*outcome).to_owned(), event.occurred_at.clone()));
            }
            Payload::PolicyEvaluated { policy } | Payload::ExceptionRequested { policy, .. } => {
                self.policies.insert(format!("{}:{}", policy.policy_id, policy.policy_version));
            }
            _ => {}
        }
    }
}
