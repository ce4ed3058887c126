//! The projections as maps in memory: what any store of them must hold after the same changes.

use std::collections::BTreeMap;

use dg_domain::{Limits, LogSeq, StoredEvent, Violation, event, json};

use crate::{
    context_graph::{Edge, Node},
    digest::{Digester, Digests, EdgeRow},
    fold::{Batch, Changes, FoldError, Projection, Skips, TraceHistory, check_event, fold, open_traces},
    policy_eval::PolicyEval,
    precedent::{Precedent, PrecedentHistory},
    trace_index::TraceActivity,
    trace_summary::{SummaryChange, TraceSummary},
};

/// Every row of every projection, sorted by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "one map per projection, named like it")]
pub struct Model {
    pub cursor: LogSeq,
    pub nodes: BTreeMap<String, Node>,
    pub edges: BTreeMap<String, Edge>,
    pub summaries: BTreeMap<String, TraceSummary>,
    pub policy_evals: BTreeMap<String, PolicyEval>,
    pub precedents: BTreeMap<String, Precedent>,
    pub traces: BTreeMap<String, TraceActivity>,
}

impl Model {
    /// Folds a whole log, given from its first event on, cut into batches of at most `batch` events.
    ///
    /// # Errors
    /// The first event that cannot be folded. The rows of the events before it are lost with the model.
    pub fn of(log: &[StoredEvent], batch: usize) -> Result<Self, FoldError> {
        let mut model = Self::default();
        for (at, events) in log.chunks(batch.max(1)).enumerate() {
            let earlier = &log[..at * batch.max(1)];
            model.apply(events, history(earlier, &open_traces(events)))?;
        }
        Ok(model)
    }

    /// Folds a whole log at once, but for what `skips` names: what projections hold that go on without some events.
    ///
    /// # Errors
    /// As [`Model::of`].
    pub fn without(log: &[StoredEvent], skips: Skips) -> Result<Self, FoldError> {
        let mut model = Self::default();
        model.take(&Batch { events: log.to_vec(), skips, ..Batch::default() })?;
        Ok(model)
    }

    /// Takes in the next batch. `history` covers [`open_traces`] of it.
    ///
    /// # Errors
    /// The first event that cannot be folded. All others up to a hole in the log are applied.
    pub fn apply(&mut self, events: &[StoredEvent], history: TraceHistory) -> Result<(), FoldError> {
        self.take(&Batch { after: self.cursor, events: events.to_vec(), history, skips: Skips::default() })
    }

    fn take(&mut self, batch: &Batch) -> Result<(), FoldError> {
        let folded = fold(batch, &Projection::ALL);
        self.absorb(folded.changes);
        if let Some(last) = folded.applied.checked_sub(1) {
            self.cursor = batch.events[last].log_seq;
        }
        folded.aside.into_iter().chain(folded.halted).next().map_or(Ok(()), Err)
    }

    fn absorb(&mut self, changes: Changes) {
        for node in changes.nodes {
            self.nodes.entry(node.node_id.clone()).or_insert(node);
        }
        for edge in changes.edges {
            self.edges.entry(edge.edge_id()).or_insert(edge);
        }
        for row in changes.policy_evals {
            self.policy_evals.entry(row.index_id()).or_insert(row);
        }
        for row in changes.precedents {
            self.precedents.insert(row.source_event_id.clone(), row);
        }
        for change in changes.summaries {
            match change {
                SummaryChange::Insert(row) => {
                    self.summaries.insert(row.trace_id.clone(), row);
                }
                SummaryChange::Finish { trace_id, outcome, finished_at, log_seq } => {
                    if let Some(row) = self.summaries.get_mut(&trace_id) {
                        row.finish(&outcome, &finished_at, log_seq);
                    }
                }
            }
        }
        for activity in changes.traces {
            match self.traces.get_mut(&activity.trace_id) {
                Some(row) => row.merge(activity),
                None => {
                    self.traces.insert(activity.trace_id.clone(), activity);
                }
            }
        }
    }

    /// The four digests of the rows.
    #[must_use]
    pub fn digests(&self) -> Digests {
        let mut digester = Digester::new();
        for (edge_id, edge) in &self.edges {
            digester.edge(&EdgeRow {
                edge_id,
                edge_type: &edge.edge_type,
                from_node_id: &edge.from_node_id,
                to_node_id: &edge.to_node_id,
                trace_id: &edge.trace_id,
                log_seq: edge.log_seq,
                created_at: &edge.created_at,
            });
        }
        for (node_id, node) in &self.nodes {
            digester.node(node_id, &node.trace_id, node.log_seq, &node.created_at);
        }
        self.summaries.values().for_each(|row| digester.summary(row));
        self.precedents.values().for_each(|row| digester.precedent(row));
        digester.finish()
    }
}

/// Collects the precedent history of `traces` out of earlier events, oldest first, each checked against its hash.
#[must_use]
pub fn history(earlier: &[StoredEvent], traces: &[String]) -> TraceHistory {
    let mut found: TraceHistory =
        traces.iter().map(|trace_id| (trace_id.clone(), Ok(PrecedentHistory::default()))).collect();
    for stored in earlier {
        let Some(known) = found.get_mut(&stored.event.trace_id) else { continue };
        let Ok(history) = known else { continue };
        if let Err(mut violation) = observe(stored, history) {
            violation.message = format!("the trace's event at log_seq {}: {}", stored.log_seq, violation.message);
            *known = Err(violation);
        }
    }
    found
}

fn observe(stored: &StoredEvent, history: &mut PrecedentHistory) -> Result<(), Violation> {
    check_event(stored)?;
    let document = json::parse(stored.event.payload_json.as_bytes(), &Limits::SERVICE)?;
    history.observe(stored, &event::payload(stored.event.event_type, &document)?);
    Ok(())
}
