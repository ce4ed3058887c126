//! The row digest: a sum over the hashes of a projection's rows, kept up as rows come and go.
//!
//! Each row counts as the SHA-256 of its columns, every part length-prefixed; the digest is the sum of all of them modulo
//! 2^256. Order does not matter and a row can be taken out again, so the transaction that changes rows changes the digest with
//! them, and a later reading of all rows must come to the same sum. It shows rows that were changed by accident or by other
//! hands. It is not made to withstand somebody who chooses rows so that sums collide: the log and the reference digests are.

use dg_domain::{Hash32, Micros};
use sha2::{Digest as _, Sha256};

use crate::{
    context_graph::{Edge, Node},
    policy_eval::PolicyEval,
    precedent::Precedent,
    trace_index::TraceRow,
    trace_summary::TraceSummary,
};

/// The sum over some rows, and how many they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowDigest {
    /// Least significant first.
    limbs: [u64; 4],
    rows: i64,
}

impl RowDigest {
    /// A digest as it was kept: 32 bytes, least significant first.
    #[must_use]
    pub fn from_parts(bytes: &[u8; 32], rows: i64) -> Self {
        let mut limbs = [0; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
            *limb = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
        }
        Self { limbs, rows }
    }

    /// The sum, least significant byte first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(self.limbs) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        bytes
    }

    /// How many rows are in it.
    #[must_use]
    pub const fn rows(&self) -> i64 {
        self.rows
    }

    /// `rows:` and 64 hexadecimal digits, most significant first.
    #[must_use]
    pub fn text(&self) -> String {
        let mut bytes = self.to_bytes();
        bytes.reverse();
        format!("rows:{}", Hash32::from_bytes(bytes).hex())
    }

    /// Takes a row in.
    pub fn add(&mut self, row: Hash32) {
        self.absorb(&Self::from_parts(row.as_bytes(), 1));
    }

    /// Takes in what another digest gained and lost, counted from nothing.
    pub fn absorb(&mut self, change: &Self) {
        let mut carry = false;
        for (limb, other) in self.limbs.iter_mut().zip(change.limbs) {
            let (sum, over) = limb.overflowing_add(other);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*limb, carry) = (sum, over || again);
        }
        self.rows += change.rows;
    }

    /// Takes a row out again.
    pub fn remove(&mut self, row: Hash32) {
        let mut borrow = false;
        for (limb, other) in self.limbs.iter_mut().zip(Self::from_parts(row.as_bytes(), 0).limbs) {
            let (rest, under) = limb.overflowing_sub(other);
            let (rest, again) = rest.overflowing_sub(u64::from(borrow));
            (*limb, borrow) = (rest, under || again);
        }
        self.rows -= 1;
    }
}

/// The hash of one row; the first part names its table.
struct Row(Sha256);

impl Row {
    fn of(table: &str) -> Self {
        Self(Sha256::new()).text(table)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.number(1).text(text),
            None => self.number(0),
        }
    }

    fn number(mut self, number: i64) -> Self {
        self.0.update(number.to_le_bytes());
        self
    }

    fn list(self, texts: &[String]) -> Self {
        let begun = self.number(i64::try_from(texts.len()).unwrap_or(i64::MAX));
        texts.iter().fold(begun, |row, text| row.text(text))
    }

    fn finish(self) -> Hash32 {
        Hash32::from_bytes(self.0.finalize().into())
    }
}

/// A row that counts.
pub trait Hashed {
    /// The hash of its columns.
    fn row_hash(&self) -> Hash32;
}

impl Hashed for Node {
    fn row_hash(&self) -> Hash32 {
        let row = Row::of("dg_cg_nodes").bytes(self.key.as_bytes()).text(&self.node_id).text(&self.trace_id);
        row.number(self.log_seq).text(&self.created_at).finish()
    }
}

impl Hashed for Edge {
    fn row_hash(&self) -> Hash32 {
        edge_hash(&EdgeColumns {
            keys: [self.key.as_bytes(), self.from_key.as_bytes(), self.to_key.as_bytes()],
            edge_type: &self.edge_type,
            event_id: &self.event_id,
            trace_id: &self.trace_id,
            log_seq: self.log_seq,
            created_at: &self.created_at,
        })
    }
}

/// An edge as it is stored, without the ids of its ends.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are named like the columns")]
pub struct EdgeColumns<'r> {
    /// Of the edge, its start and its end.
    pub keys: [&'r [u8; 16]; 3],
    pub edge_type: &'r str,
    pub event_id: &'r str,
    pub trace_id: &'r str,
    pub log_seq: i64,
    pub created_at: &'r str,
}

/// The hash of a stored edge.
#[must_use]
pub fn edge_hash(edge: &EdgeColumns<'_>) -> Hash32 {
    let row = edge.keys.iter().fold(Row::of("dg_cg_edges"), |row, key| row.bytes(*key));
    let row = row.text(edge.edge_type).text(edge.event_id).text(edge.trace_id);
    row.number(edge.log_seq).text(edge.created_at).finish()
}

impl Hashed for TraceSummary {
    fn row_hash(&self) -> Hash32 {
        let row = Row::of("dg_trace_summary").text(&self.trace_id).text(&self.workflow).text(&self.title);
        let row = row.text(&self.primary_entity_type).optional(self.primary_entity_system.as_deref());
        let row = row.text(&self.primary_entity_id).optional(self.outcome.as_deref()).text(&self.started_at);
        let row = row.optional(self.finished_at.as_deref()).number(i64::from(self.event_count));
        row.number(self.last_log_seq).finish()
    }
}

impl Hashed for PolicyEval {
    fn row_hash(&self) -> Hash32 {
        let row = Row::of("dg_policy_eval_index").text(&self.trace_id).text(&self.policy_id);
        let row = row.text(&self.policy_version).text(&self.event_id).number(self.log_seq);
        row.text(&self.created_at).finish()
    }
}

impl Hashed for Precedent {
    fn row_hash(&self) -> Hash32 {
        let row = Row::of("dg_precedent_index").text(&self.source_event_id).number(self.log_seq).text(&self.trace_id);
        let row = row.text(&self.policy_id).text(&self.policy_version).optional(self.exception_id.as_deref());
        let row = row.text(&self.primary_entity_type).optional(self.primary_entity_system.as_deref());
        row.text(&self.primary_entity_id).number(self.finished_log_seq).finish()
    }
}

impl Hashed for TraceRow {
    fn row_hash(&self) -> Hash32 {
        let row = Row::of("dg_trace_index").text(&self.trace_id).number(i64::from(self.companion));
        let row = row.text(&self.workflow).text(&self.title).text(&self.primary_entity_type);
        let row = row.optional(self.primary_entity_system.as_deref()).text(&self.primary_entity_id);
        let row = row.optional(self.outcome.as_deref()).text(&self.started_at).number(self.started_instant.get());
        let row = row.optional(self.finished_at.as_deref()).number(self.event_count).number(self.first_log_seq);
        let row = row.number(self.last_log_seq).number(self.last_trace_seq).text(&self.last_event_type);
        row.text(&self.last_occurred_at).list(&self.actors).list(&self.policies).list(&self.tags).finish()
    }
}

/// The hash of a term of a trace.
#[must_use]
pub fn term_hash(term: &str, started: Micros, first_log_seq: i64) -> Hash32 {
    Row::of("dg_trace_terms").text(term).number(started.get()).number(first_log_seq).finish()
}

/// The hash of a number among the facts of a trace.
#[must_use]
pub fn fact_hash(key: &str, millionths: i64, started: Micros, first_log_seq: i64) -> Hash32 {
    Row::of("dg_trace_facts").text(key).number(millionths).number(started.get()).number(first_log_seq).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_does_not_matter_and_rows_can_leave(rows in prop::collection::vec(any::<[u8; 32]>(), 1..20), at in any::<prop::sample::Index>()) {
            let mut forwards = RowDigest::default();
            let mut backwards = RowDigest::default();
            rows.iter().for_each(|row| forwards.add(Hash32::from_bytes(*row)));
            rows.iter().rev().for_each(|row| backwards.add(Hash32::from_bytes(*row)));
            prop_assert_eq!(forwards, backwards);
            prop_assert_eq!(RowDigest::from_parts(&forwards.to_bytes(), forwards.rows()), forwards);
            let gone = at.index(rows.len());
            let mut rest = RowDigest::default();
            rows.iter().enumerate().filter(|(at, _)| *at != gone).for_each(|(_, row)| rest.add(Hash32::from_bytes(*row)));
            forwards.remove(Hash32::from_bytes(rows[gone]));
            prop_assert_eq!(forwards, rest);
        }
    }

    #[test]
    fn carries_run_through_all_limbs() {
        let mut digest = RowDigest::default();
        digest.add(Hash32::from_bytes([0xff; 32]));
        let mut one = [0; 32];
        one[0] = 1;
        digest.add(Hash32::from_bytes(one));
        assert_eq!((digest.to_bytes(), digest.rows()), ([0; 32], 2));
        digest.remove(Hash32::from_bytes(one));
        assert_eq!(digest.to_bytes(), [0xff; 32]);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let hash = |a: &str, b: &str| Row::of("t").text(a).text(b).finish();
        assert_ne!(hash("ab", "c"), hash("a", "bc"));
    }
}
