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

    /// The reference's three: those with a published digest.
    pub const REFERENCE: [Self; 3] = [Self::ContextGraph, Self::TraceSummary, Self::PrecedentIndex];

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

/// Events that a projection is not to hold, because an operator said so.
pub type Skips = HashSet<(Projection, LogSeq)>;

/// A piece of a log and what a fold of it needs from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Where the piece begins: its first event follows on this position.
    pub after: LogSeq,
    /// The events, in log order.
    pub events: Vec<StoredEvent>,
    /// For every trace of [`open_traces`].
    pub history: TraceHistory,
    /// What to leave out.
    pub skips: Skips,
}

impl Batch {
    /// Where the piece ends.
    #[must_use]
    pub fn last(&self) -> LogSeq {
        self.events.last().map_or(self.after, |stored| stored.log_seq)
    }
}

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
    /// Which projections go on without it, in [`Projection::ALL`] order.
    pub projections: Vec<Projection>,
    /// Why.
    pub violation: Violation,
}

impl FoldError {
    /// That `stored` cannot be in `projections`.
    #[must_use]
    pub fn new(stored: &StoredEvent, projections: Vec<Projection>, violation: Violation) -> Self {
        Self {
            log_seq: stored.log_seq,
            event_id: stored.event.event_id.clone(),
            trace_id: stored.event.trace_id.clone(),
            projections,
            violation,
        }
    }
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} at log_seq {}: {}", self.event_id, self.log_seq, self.violation)
    }
}

impl std::error::Error for FoldError {}

/// The answer to a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// What to write.
    pub changes: Changes,
    /// How many events of the batch the changes cover; all, unless [`Self::halted`].
    pub applied: usize,
    /// Events among them that are set aside, in log order: some projection does not hold them.
    pub aside: Vec<FoldError>,
    /// The log has a hole here: nothing after it may be folded.
    pub halted: Option<FoldError>,
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

/// Folds a batch into the changes of the wanted projections.
///
/// An event that cannot be folded is set aside: what comes after it is folded all the same, and only its place in the trace is
/// kept. A hole in the log ends the fold before it.
#[must_use]
pub fn fold(batch: &Batch, wanted: &[Projection]) -> Folded {
    let whole = unbroken(batch.after, &batch.events);
    let mut folder = Folder::new(batch, wanted, batch.events.iter().take(whole));
    batch.events.iter().take(whole).for_each(|stored| folder.take(stored));
    let (changes, aside) = folder.finish();
    Folded { changes, applied: whole, aside, halted: hole(batch, whole, wanted) }
}

/// Folds one trace, given from its first event on, wherever in the log its events stand.
#[must_use]
pub fn fold_trace(trace: &Batch, wanted: &[Projection]) -> (Changes, Vec<FoldError>) {
    let mut folder = Folder::new(trace, wanted, trace.events.iter());
    trace.events.iter().for_each(|stored| folder.take(stored));
    folder.finish()
}

/// How many events follow on `after` without a hole.
pub(crate) fn unbroken(after: LogSeq, events: &[StoredEvent]) -> usize {
    let mut expected = after;
    let in_order = |stored: &&StoredEvent| {
        expected = expected.next();
        stored.log_seq == expected
    };
    events.iter().take_while(in_order).count()
}

/// Why the fold ends before the event at `whole`.
pub(crate) fn hole(batch: &Batch, whole: usize, wanted: &[Projection]) -> Option<FoldError> {
    let stored = batch.events.get(whole)?;
    let expected = whole.checked_sub(1).map_or(batch.after, |last| batch.events[last].log_seq).next();
    let message = format!("expected log_seq {expected}, got {}; an event is missing", stored.log_seq);
    let violation = Violation::new(ErrorCode::EventSequenceInvalid, message).because("log_hole");
    Some(FoldError::new(stored, wanted.to_vec(), violation))
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

/// The fold under way, over events of whole traces or of all.
pub(crate) struct Folder<'b> {
    wanted: &'b [Projection],
    given: &'b Batch,
    finishing: HashSet<&'b str>,
    histories: HashMap<&'b str, PrecedentHistory>,
    changes: Changes,
    aside: Vec<FoldError>,
    nodes: HashSet<Key16>,
    edges: HashSet<Key16>,
    policy_evals: HashSet<Key16>,
    summaries: HashMap<&'b str, usize>,
    traces: HashMap<&'b str, usize>,
    trace_seqs: HashMap<&'b str, i64>,
}

impl<'b> Folder<'b> {
    /// Will take `events` of `given`.
    pub(crate) fn new(
        given: &'b Batch,
        wanted: &'b [Projection],
        events: impl Iterator<Item = &'b StoredEvent>,
    ) -> Self {
        let finishes = events.filter(|stored| stored.event.event_type == EventType::TraceFinished);
        Self {
            wanted,
            given,
            finishing: finishes.map(|stored| &*stored.event.trace_id).collect(),
            histories: HashMap::new(),
            changes: Changes::default(),
            aside: Vec::new(),
            nodes: HashSet::new(),
            edges: HashSet::new(),
            policy_evals: HashSet::new(),
            summaries: HashMap::new(),
            traces: HashMap::new(),
            trace_seqs: HashMap::new(),
        }
    }

    /// What came of them.
    pub(crate) fn finish(self) -> (Changes, Vec<FoldError>) {
        (self.changes, self.aside)
    }

    /// Takes the next event into every projection that can hold it.
    pub(crate) fn take(&mut self, stored: &'b StoredEvent) {
        let outcome = self.check(stored);
        self.trace_seqs.insert(&stored.event.trace_id, stored.trace_seq.get());
        let document = outcome.and_then(|()| json::parse(stored.event.payload_json.as_bytes(), &Limits::SERVICE));
        let payload = match &document {
            Ok(document) => event::payload(stored.event.event_type, document),
            Err(violation) => Err(violation.clone()),
        };
        let mut without = Vec::new();
        let mut reason = None;
        for projection in self.wanted {
            if self.given.skips.contains(&(*projection, stored.log_seq)) {
                self.leave_out(*projection, stored);
                continue;
            }
            let read = match (&payload, &document) {
                (Ok(payload), Ok(document)) => Ok((payload, document)),
                (Err(violation), _) | (_, Err(violation)) => Err(violation.clone()),
            };
            match read.and_then(|(payload, document)| self.apply(*projection, stored, payload, document)) {
                Ok(()) => {}
                Err(violation) => {
                    self.leave_out(*projection, stored);
                    without.push(*projection);
                    reason = Some(violation);
                }
            }
        }
        if let Some(violation) = reason {
            self.aside.push(FoldError::new(stored, without, violation));
        }
    }

    /// Whether the event is what was appended, and where it was appended.
    fn check(&self, stored: &StoredEvent) -> Result<(), Violation> {
        check_event(stored)?;
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

    fn apply(
        &mut self,
        projection: Projection,
        stored: &'b StoredEvent,
        payload: &Payload<'_>,
        document: &Json<'_>,
    ) -> Result<(), Violation> {
        match projection {
            Projection::ContextGraph => self.graph(stored, payload),
            Projection::TraceSummary => self.summary(stored, payload),
            Projection::PrecedentIndex => return self.precedents(stored, payload),
            Projection::TraceIndex => self.activity(stored).observe(stored, payload, document),
        }
        Ok(())
    }

    /// Keeps the place of an event that a projection does not hold.
    fn leave_out(&mut self, projection: Projection, stored: &'b StoredEvent) {
        if projection == Projection::TraceIndex {
            self.activity(stored).pass_over(stored);
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

    /// Precedents of a trace come from all of its events, so a finish over an altered earlier one is refused.
    fn precedents(&mut self, stored: &'b StoredEvent, payload: &Payload<'_>) -> Result<(), Violation> {
        let trace_id = &*stored.event.trace_id;
        let finishes = matches!(payload, Payload::TraceFinished { .. });
        if let (true, Some(Err(violation))) = (finishes, self.given.history.get(trace_id)) {
            return Err(violation.clone());
        }
        if let Some(row) = policy_eval::apply(stored, payload)
            && self.policy_evals.insert(row.key())
        {
            self.changes.policy_evals.push(row);
        }
        if !self.finishing.contains(trace_id) {
            return Ok(());
        }
        let known = self.histories.entry(trace_id).or_insert_with(|| match self.given.history.get(trace_id) {
            Some(Ok(earlier)) => earlier.clone(),
            Some(Err(_)) | None => PrecedentHistory::default(),
        });
        known.observe(stored, payload);
        if finishes && let Some(history) = self.histories.remove(trace_id) {
            self.changes.precedents.extend(history.finish(trace_id, stored.log_seq.get()));
        }
        Ok(())
    }

    fn activity(&mut self, stored: &'b StoredEvent) -> &mut TraceActivity {
        let at = match self.traces.entry(&stored.event.trace_id) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                self.changes.traces.push(TraceActivity::new(stored));
                *entry.insert(self.changes.traces.len() - 1)
            }
        };
        &mut self.changes.traces[at]
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
