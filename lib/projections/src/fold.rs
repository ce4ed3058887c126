//! The fold: one batch of events in, the changes of every wanted projection out.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    fmt,
};

use dg_domain::{
    ErrorCode, EventType, Hash32, Key16, Limits, LogSeq, StoredEvent, Violation,
    event::{self, Payload},
    json::{self, Json},
};

use crate::{
    context_graph::{self, Edge, Node},
    policy_eval::{self, PolicyEval},
    precedent::{Precedent, PrecedentHistory},
    trace_index::TraceActivity,
    trace_summary::{self, SummaryChange},
};

/// A read model with a cursor, a generation and a digest of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Projection {
    /// Nodes and edges.
    ContextGraph,
    /// One row per trace, the reference's.
    TraceSummary,
    /// Precedents of finished traces, with the policy evaluation index.
    PrecedentIndex,
    /// One row per trace for lists and search, ours.
    TraceIndex,
}

impl Projection {
    /// Every projection, the reference's three first, in its order.
    pub const ALL: [Self; 4] = [Self::ContextGraph, Self::TraceSummary, Self::PrecedentIndex, Self::TraceIndex];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContextGraph => "context_graph",
            Self::TraceSummary => "trace_summary",
            Self::PrecedentIndex => "precedent_index",
            Self::TraceIndex => "trace_index",
        }
    }

    /// The projection of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.as_str() == name)
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The earlier events of traces that finish in a batch, by trace id; see [`open_traces`]. A trace whose earlier events are
/// no longer what was hashed has the reason in their place: its finish cannot be folded.
pub type TraceHistory = HashMap<String, Result<PrecedentHistory, Violation>>;

/// What a batch changes. Within a kind the order is that of the events; of equal keys only the first is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Insert if absent.
    pub nodes: Vec<Node>,
    /// Insert if absent.
    pub edges: Vec<Edge>,
    /// Insert, or finish an existing row; at most one per trace.
    pub summaries: Vec<SummaryChange>,
    /// Insert if absent.
    pub policy_evals: Vec<PolicyEval>,
    /// Insert.
    pub precedents: Vec<Precedent>,
    /// Merge into the trace's row; one per trace.
    pub traces: Vec<TraceActivity>,
}

/// An event that cannot be folded, for a reason that will not go away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldError {
    /// Where in the log.
    pub log_seq: LogSeq,
    /// Which event.
    pub event_id: String,
    /// Of which trace.
    pub trace_id: String,
    /// Why.
    pub violation: Violation,
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} at log_seq {}: {}", self.event_id, self.log_seq, self.violation)
    }
}

impl std::error::Error for FoldError {}

/// The answer to a batch: changes of the events up to the first that failed, all of them if none did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// What to write.
    pub changes: Changes,
    /// How many events of the batch the changes cover.
    pub applied: usize,
    /// Why the rest is not covered.
    pub failure: Option<FoldError>,
}

/// The traces that finish in a batch but began before it: their [`PrecedentHistory`] has to be handed to [`fold`].
#[must_use]
pub fn open_traces(batch: &[StoredEvent]) -> Vec<String> {
    let mut begun_here = HashSet::new();
    let mut open = Vec::new();
    for stored in batch {
        match stored.event.event_type {
            EventType::TraceStarted => {
                begun_here.insert(&*stored.event.trace_id);
            }
            EventType::TraceFinished if !begun_here.contains(&*stored.event.trace_id) => {
                open.push(stored.event.trace_id.clone());
            }
            _ => {}
        }
    }
    open
}

/// Folds the events after `after` into the changes of the wanted projections.
#[must_use]
pub fn fold(after: LogSeq, batch: &[StoredEvent], wanted: &[Projection], history: TraceHistory) -> Folded {
    let finishing: HashSet<&str> = batch
        .iter()
        .filter(|stored| stored.event.event_type == EventType::TraceFinished)
        .map(|stored| &*stored.event.trace_id)
        .collect();
    let mut folder = Folder { wanted, finishing, history, ..Folder::default() };
    let mut expected = after;
    for (applied, stored) in batch.iter().enumerate() {
        expected = expected.next();
        if let Err(violation) = folder.take(expected, stored) {
            let failure = FoldError {
                log_seq: stored.log_seq,
                event_id: stored.event.event_id.clone(),
                trace_id: stored.event.trace_id.clone(),
                violation,
            };
            return Folded { changes: folder.changes, applied, failure: Some(failure) };
        }
    }
    Folded { changes: folder.changes, applied: batch.len(), failure: None }
}

/// Checks that the stored payload is what was hashed.
///
/// # Errors
/// `conflict` when the payload was altered.
pub fn check_event(stored: &StoredEvent) -> Result<(), Violation> {
    if Hash32::of(stored.event.payload_json.as_bytes()) == stored.event.payload_hash {
        return Ok(());
    }
    Err(Violation::new(ErrorCode::Conflict, "the stored payload does not match its payload_hash"))
}

#[derive(Default)]
struct Folder<'b> {
    wanted: &'b [Projection],
    finishing: HashSet<&'b str>,
    history: TraceHistory,
    changes: Changes,
    nodes: HashSet<Key16>,
    edges: HashSet<Key16>,
    policy_evals: HashSet<Key16>,
    summaries: HashMap<&'b str, usize>,
    traces: HashMap<&'b str, usize>,
    trace_seqs: HashMap<&'b str, i64>,
}

impl<'b> Folder<'b> {
    fn take(&mut self, expected: LogSeq, stored: &'b StoredEvent) -> Result<(), Violation> {
        if stored.log_seq != expected {
            let message = format!("expected log_seq {expected}, got {}; an event is missing", stored.log_seq);
            return Err(Violation::new(ErrorCode::EventSequenceInvalid, message));
        }
        check_event(stored)?;
        self.check_trace_seq(stored)?;
        let document = json::parse(stored.event.payload_json.as_bytes(), &Limits::SERVICE)?;
        let payload = event::payload(stored.event.event_type, &document)?;
        self.check_history(stored)?;
        // Nothing below can fail, so a refused event leaves no trace in the changes.
        self.trace_seqs.insert(&stored.event.trace_id, stored.trace_seq.get());
        for projection in self.wanted {
            match projection {
                Projection::ContextGraph => self.graph(stored, &payload),
                Projection::TraceSummary => self.summary(stored, &payload),
                Projection::PrecedentIndex => self.precedents(stored, &payload),
                Projection::TraceIndex => self.activity(stored, &payload, &document),
            }
        }
        Ok(())
    }

    fn check_trace_seq(&self, stored: &StoredEvent) -> Result<(), Violation> {
        let starts = stored.event.event_type == EventType::TraceStarted;
        let expected = match self.trace_seqs.get(&*stored.event.trace_id) {
            Some(last) => last + 1,
            None if starts => 0,
            None => stored.trace_seq.get().max(1),
        };
        if stored.trace_seq.get() == expected {
            return Ok(());
        }
        let message = format!("expected trace_seq {expected}, got {}", stored.trace_seq);
        let mut violation = Violation::new(ErrorCode::EventSequenceInvalid, message);
        violation.details.expected_trace_seq = Some(expected);
        Err(violation)
    }

    /// Precedents of a trace come from all of its events, so an altered earlier one must not pass unnoticed.
    fn check_history(&self, stored: &StoredEvent) -> Result<(), Violation> {
        let finishes = stored.event.event_type == EventType::TraceFinished;
        match self.history.get(&stored.event.trace_id) {
            Some(Err(violation)) if finishes && self.wanted.contains(&Projection::PrecedentIndex) => {
                Err(violation.clone())
            }
            _ => Ok(()),
        }
    }

    fn graph(&mut self, stored: &StoredEvent, payload: &Payload<'_>) {
        let (nodes_from, edges_from) = (self.changes.nodes.len(), self.changes.edges.len());
        context_graph::apply(stored, payload, &mut self.changes.nodes, &mut self.changes.edges);
        keep_first(&mut self.changes.nodes, nodes_from, |node| self.nodes.insert(node.key));
        keep_first(&mut self.changes.edges, edges_from, |edge| self.edges.insert(edge.key));
    }

    fn summary(&mut self, stored: &'b StoredEvent, payload: &Payload<'_>) {
        let Some(change) = trace_summary::apply(stored, payload) else { return };
        let at = self.summaries.get(&*stored.event.trace_id).copied();
        match (at.map(|at| &mut self.changes.summaries[at]), change) {
            (Some(SummaryChange::Insert(row)), SummaryChange::Finish { outcome, finished_at, log_seq, .. }) => {
                row.finish(&outcome, &finished_at, log_seq);
            }
            (_, change) => {
                self.summaries.insert(&stored.event.trace_id, self.changes.summaries.len());
                self.changes.summaries.push(change);
            }
        }
    }

    fn precedents(&mut self, stored: &'b StoredEvent, payload: &Payload<'_>) {
        if let Some(row) = policy_eval::apply(stored, payload)
            && self.policy_evals.insert(row.key())
        {
            self.changes.policy_evals.push(row);
        }
        let trace_id = &*stored.event.trace_id;
        if !self.finishing.contains(trace_id) {
            return;
        }
        let known = self.history.entry(trace_id.to_owned()).or_insert_with(|| Ok(PrecedentHistory::default()));
        if let Ok(history) = known {
            history.observe(stored, payload);
        }
        if matches!(payload, Payload::TraceFinished { .. })
            && let Some(Ok(history)) = self.history.remove(trace_id)
        {
            self.changes.precedents.extend(history.finish(trace_id, stored.log_seq.get()));
        }
    }

    fn activity(&mut self, stored: &'b StoredEvent, payload: &Payload<'_>, document: &Json<'_>) {
        let at = match self.traces.entry(&stored.event.trace_id) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                self.changes.traces.push(TraceActivity::new(stored));
                *entry.insert(self.changes.traces.len() - 1)
            }
        };
        self.changes.traces[at].observe(stored, payload, document);
    }
}

/// Drops the rows from `from` on whose key is not new.
fn keep_first<R>(rows: &mut Vec<R>, from: usize, mut is_new: impl FnMut(&R) -> bool) {
    let mut kept = from;
    for at in from..rows.len() {
        if is_new(&rows[at]) {
            rows.swap(kept, at);
            kept += 1;
        }
    }
    rows.truncate(kept);
}
