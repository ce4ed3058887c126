//! The four digests of the reference: SHA-256 over canonical JSON of the rows, in key order (semantics, section 11).
//!
//! Rows are fed one by one, so that a store can stream them: [`Digester`] needs them sorted by code point of their key
//! (`edge_id`, `node_id`, `trace_id`, `source_event_id`), edges before nodes.

use dg_domain::{Hash32, json::write_text_digest_form};
use sha2::{Digest as _, Sha256};

use crate::{context_graph::node_type, precedent::Precedent, trace_summary::TraceSummary};

/// One digest.
pub type Digest = Hash32;

/// The four digests of one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of nodes and edges.
    pub context_graph: Digest,
    /// Of the summaries.
    pub trace_summary: Digest,
    /// Of the precedents.
    pub precedent_index: Digest,
    /// Of the other three, joined by colons.
    pub full_projection: Digest,
}

/// The digests of an empty log.
#[must_use]
pub fn empty_digests() -> Digests {
    Digester::new().finish()
}

/// An edge with its id spelled out, as it is hashed.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 11")]
pub struct EdgeRow<'r> {
    pub edge_id: &'r str,
    pub edge_type: &'r str,
    pub from_node_id: &'r str,
    pub to_node_id: &'r str,
    pub trace_id: &'r str,
    pub log_seq: i64,
    pub created_at: &'r str,
}

/// Takes rows in key order and answers the digests.
pub struct Digester {
    edges_and_nodes: Rows,
    nodes_begun: bool,
    summaries: Rows,
    precedents: Rows,
}

impl Default for Digester {
    fn default() -> Self {
        Self::new()
    }
}

impl Digester {
    /// No rows yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            edges_and_nodes: Rows::open("{\"edges\":["),
            nodes_begun: false,
            summaries: Rows::open("["),
            precedents: Rows::open("["),
        }
    }

    /// The next edge by `edge_id`. All edges come before the first node.
    pub fn edge(&mut self, edge: &EdgeRow<'_>) {
        debug_assert!(!self.nodes_begun, "edges come before nodes");
        let row = self.edges_and_nodes.next();
        row.fixed("{\"attrs\":{},\"created_at\":");
        row.text(edge.created_at);
        row.fixed(",\"edge_id\":");
        row.text(edge.edge_id);
        row.fixed(",\"edge_type\":");
        row.text(edge.edge_type);
        row.fixed(",\"from_node_id\":");
        row.text(edge.from_node_id);
        row.fixed(",\"log_seq\":");
        row.number(edge.log_seq);
        row.fixed(",\"to_node_id\":");
        row.text(edge.to_node_id);
        row.fixed(",\"trace_id\":");
        row.text(edge.trace_id);
        row.end();
    }

    /// The next node by `node_id`.
    pub fn node(&mut self, node_id: &str, trace_id: &str, log_seq: i64, created_at: &str) {
        self.begin_nodes();
        let row = self.edges_and_nodes.next();
        row.fixed("{\"attrs\":{},\"created_at\":");
        row.text(created_at);
        row.fixed(",\"log_seq\":");
        row.number(log_seq);
        row.fixed(",\"node_id\":");
        row.text(node_id);
        row.fixed(",\"node_type\":");
        row.text(node_type(node_id));
        row.fixed(",\"trace_id\":");
        row.text(trace_id);
        row.end();
    }

    /// The next summary by `trace_id`.
    pub fn summary(&mut self, summary: &TraceSummary) {
        let row = self.summaries.next();
        row.fixed("{\"event_count\":");
        row.number(i64::from(summary.event_count));
        row.fixed(",\"finished_at\":");
        row.optional(summary.finished_at.as_deref());
        row.fixed(",\"last_log_seq\":");
        row.number(summary.last_log_seq);
        row.fixed(",\"outcome\":");
        row.optional(summary.outcome.as_deref());
        row.fixed(",\"primary_entity_id\":");
        row.text(&summary.primary_entity_id);
        row.fixed(",\"primary_entity_type\":");
        row.text(&summary.primary_entity_type);
        row.fixed(",\"started_at\":");
        row.text(&summary.started_at);
        row.fixed(",\"title\":");
        row.text(&summary.title);
        row.fixed(",\"trace_id\":");
        row.text(&summary.trace_id);
        row.fixed(",\"workflow\":");
        row.text(&summary.workflow);
        row.end();
    }

    /// The next precedent by `source_event_id`.
    pub fn precedent(&mut self, precedent: &Precedent) {
        let row = self.precedents.next();
        row.fixed("{\"exception_id\":");
        row.optional(precedent.exception_id.as_deref());
        row.fixed(",\"log_seq\":");
        row.number(precedent.log_seq);
        row.fixed(",\"policy_id\":");
        row.text(&precedent.policy_id);
        row.fixed(",\"policy_version\":");
        row.text(&precedent.policy_version);
        row.fixed(",\"primary_entity_id\":");
        row.text(&precedent.primary_entity_id);
        row.fixed(",\"primary_entity_system\":");
        row.optional(precedent.primary_entity_system.as_deref());
        row.fixed(",\"primary_entity_type\":");
        row.text(&precedent.primary_entity_type);
        row.fixed(",\"source_event_id\":");
        row.text(&precedent.source_event_id);
        row.fixed(",\"trace_id\":");
        row.text(&precedent.trace_id);
        row.end();
    }

    /// The digests of the rows given.
    #[must_use]
    pub fn finish(mut self) -> Digests {
        self.begin_nodes();
        let context_graph = self.edges_and_nodes.close("]}");
        let trace_summary = self.summaries.close("]");
        let precedent_index = self.precedents.close("]");
        let joined = [context_graph.prefixed(), trace_summary.prefixed(), precedent_index.prefixed()].join(":");
        Digests { context_graph, trace_summary, precedent_index, full_projection: Hash32::of(joined.as_bytes()) }
    }

    fn begin_nodes(&mut self) {
        if !self.nodes_begun {
            self.nodes_begun = true;
            self.edges_and_nodes.between("],\"nodes\":[");
        }
    }
}

/// A list of objects on its way into a hash.
struct Rows {
    hasher: Sha256,
    buffer: String,
    first: bool,
}

impl Rows {
    fn open(text: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(text.as_bytes());
        Self { hasher, buffer: String::with_capacity(1024), first: true }
    }

    fn next(&mut self) -> &mut Self {
        if !self.first {
            self.buffer.push(',');
        }
        self.first = false;
        self
    }

    fn between(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.first = true;
    }

    fn fixed(&mut self, text: &str) {
        self.buffer.push_str(text);
    }

    fn text(&mut self, text: &str) {
        write_text_digest_form(text, &mut self.buffer);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.buffer.push_str("null"),
        }
    }

    fn number(&mut self, number: i64) {
        self.buffer.push_str(&number.to_string());
    }

    fn end(&mut self) {
        self.buffer.push('}');
        self.hasher.update(self.buffer.as_bytes());
        self.buffer.clear();
    }

    fn close(mut self, text: &str) -> Digest {
        self.buffer.push_str(text);
        self.hasher.update(self.buffer.as_bytes());
        Hash32::from_bytes(self.hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_log_has_the_published_digests() {
        let digests = empty_digests();
        for (digest, expected) in [
            (digests.context_graph, "sha256:57501e5c6808b3e14852a4ea21dc7873abf9409032a06f9b740c973e83f62cf7"),
            (digests.trace_summary, "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"),
            (digests.precedent_index, "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"),
            (digests.full_projection, "sha256:841804c04c283692e5a12d6303d274a8c10f5430b19c7cb7f2587e9297d37dde"),
        ] {
            assert_eq!(digest.prefixed(), expected);
        }
    }
}
