//! The context graph: who and what a decision touched (semantics, section 10.2).
//!
//! First writer wins: a node or edge that exists is never touched. Both ends of an edge are inserted before it, as
//! placeholders when nobody named them, so that the graph has no dangling edge.

use dg_domain::{Key16, StoredEvent, event::Payload, keys};

/// A node row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Under which 16 bytes the store keeps it: cut from the hash of `node_id`.
    pub key: Key16,
    /// `<node_type>:<identifier>`.
    pub node_id: String,
    /// The trace of the event that first named it; a trace node names itself.
    pub trace_id: String,
    /// The event that first named it.
    pub log_seq: i64,
    /// That event's `occurred_at`, verbatim.
    pub created_at: String,
}

impl Node {
    /// The text before the first colon of the id.
    #[must_use]
    pub fn node_type(&self) -> &str {
        node_type(&self.node_id)
    }
}

/// An edge row. Its id is a function of the other fields: [`Edge::edge_id`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Under which 16 bytes the store keeps it: cut from the hash of the edge id.
    pub key: Key16,
    /// The key of `from_node_id`.
    pub from_key: Key16,
    /// The key of `to_node_id`.
    pub to_key: Key16,
    /// The kind, for example `trace_involves_entity`.
    pub edge_type: String,
    /// Where it starts.
    pub from_node_id: String,
    /// Where it ends.
    pub to_node_id: String,
    /// The event that made it.
    pub event_id: String,
    /// That event's trace.
    pub trace_id: String,
    /// That event's position.
    pub log_seq: i64,
    /// That event's `occurred_at`, verbatim.
    pub created_at: String,
}

impl Edge {
    /// `<edge_type>:<from>:<to>:<event_id>`. Parts are not escaped, so two edges can share an id; the first one stays.
    #[must_use]
    pub fn edge_id(&self) -> String {
        edge_id(&self.edge_type, &self.from_node_id, &self.to_node_id, &self.event_id)
    }
}

/// The text before the first colon of a node id.
#[must_use]
pub fn node_type(node_id: &str) -> &str {
    node_id.split_once(':').map_or(node_id, |(kind, _)| kind)
}

/// Joins the parts of an edge id.
#[must_use]
pub fn edge_id(edge_type: &str, from: &str, to: &str, event_id: &str) -> String {
    [edge_type, from, to, event_id].join(":")
}

/// Collects what one event adds, in order, repeats included.
pub(crate) fn apply(stored: &StoredEvent, payload: &Payload<'_>, nodes: &mut Vec<Node>, edges: &mut Vec<Edge>) {
    let mut graph = Graph { stored, nodes, edges };
    let me = format!("trace:{}", stored.event.trace_id);
    match payload {
        Payload::TraceStarted { entity_type, entity_id, .. } => {
            let actor = &stored.event.actor;
            graph.node(format!("actor:{}:{}", actor.actor_type, actor.actor_id));
            graph.edge("trace_involves_entity", me, format!("entity:{entity_type}:{entity_id}"));
        }
        Payload::InputObserved { input_id } => {
            graph.edge("trace_observed_input", me, format!("input:{input_id}"));
        }
        Payload::EntityObserved { entity_type, entity_id } => {
            graph.edge("trace_involves_entity", me, format!("entity:{entity_type}:{entity_id}"));
        }
        Payload::PolicyEvaluated { policy } => {
            let to = format!("policy:{}:{}", policy.policy_id, policy.policy_version);
            graph.edge("trace_evaluated_policy", me, to);
        }
        Payload::ExceptionRequested { exception_id, .. } => {
            graph.edge("trace_requested_exception", me, format!("exception:{exception_id}"));
        }
        Payload::ApprovalRecorded { subject_type, subject_id, approver_type, approver_id } => {
            let approver = format!("actor:{approver_type}:{approver_id}");
            graph.node(approver.clone());
            // Also for a rejection: the graph alone does not tell them apart (semantics, section 14.4).
            if *subject_type == "exception" {
                graph.edge("exception_approved_by", format!("exception:{subject_id}"), approver);
            }
        }
        Payload::PrecedentCited { cited_trace_id } => {
            graph.edge("trace_cited_precedent", me, format!("trace:{cited_trace_id}"));
        }
        Payload::ActionProposed { action_id, entity_type, entity_id } => {
            let action = format!("action:{action_id}");
            graph.edge("trace_proposed_action", me, action.clone());
            graph.edge("action_targets_entity", action, format!("entity:{entity_type}:{entity_id}"));
        }
        Payload::ActionCommitted { action_id } => {
            graph.edge("trace_committed_action", me, format!("action:{action_id}"));
        }
        Payload::TraceFinished { .. } | Payload::Workflow => {}
    }
}

struct Graph<'a> {
    stored: &'a StoredEvent,
    nodes: &'a mut Vec<Node>,
    edges: &'a mut Vec<Edge>,
}

impl Graph<'_> {
    fn node(&mut self, node_id: String) -> Key16 {
        let key = keys::text_key(&node_id);
        // A trace node belongs to itself, also when another trace cites it before it starts.
        let trace_id = node_id.strip_prefix("trace:").unwrap_or(&self.stored.event.trace_id).to_owned();
        self.nodes.push(Node {
            key,
            node_id,
            trace_id,
            log_seq: self.stored.log_seq.get(),
            created_at: self.stored.event.occurred_at.clone(),
        });
        key
    }

    /// Both ends come first, as placeholders where nobody named them.
    fn edge(&mut self, edge_type: &str, from: String, to: String) {
        let (from_key, to_key) = (self.node(from.clone()), self.node(to.clone()));
        let key = keys::text_key(&edge_id(edge_type, &from, &to, &self.stored.event.event_id));
        self.edges.push(Edge {
            key,
            from_key,
            to_key,
            edge_type: edge_type.to_owned(),
            from_node_id: from,
            to_node_id: to,
            event_id: self.stored.event.event_id.clone(),
            trace_id: self.stored.event.trace_id.clone(),
            log_seq: self.stored.log_seq.get(),
            created_at: self.stored.event.occurred_at.clone(),
        });
    }
}
