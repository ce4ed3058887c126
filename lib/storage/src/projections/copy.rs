//! Changes as COPY into a slot that nobody reads yet.
//!
//! Two to three times as fast as the statements of [`super::write`], but COPY cannot pass over a row that is there already. Which
//! nodes are there is known from [`Seen`]; rows that follow on earlier ones, and the rare kinds, go the other way.
//!
//! PostgreSQL refuses COPY under row-level security, so it goes into the slot's partition by its name, which has none; the
//! projector may do nothing else there, and a trigger holds the rows to the tenant of the transaction.

use std::{collections::HashSet, io};

use bytes::{BufMut, Bytes, BytesMut};
use dg_domain::Key16;
use dg_projections::{Changes, Edge, Node, Projection, fact_hash, term_hash};
use futures_util::{SinkExt, pin_mut};
use tokio_postgres::{
    error::SqlState,
    types::{IsNull, ToSql, Type},
};

use super::{
    tally::Tallies,
    target::Target,
    write::{self, Started},
    write_search::{self, Fact, Term},
};
use crate::{
    error::StoreError,
    values::{PgKey, PgMicros},
};

const COPY_NODES: &str = include_str!("../../../../sql/queries/projections/copy_nodes.sql");
const COPY_EDGES: &str = include_str!("../../../../sql/queries/projections/copy_edges.sql");
const COPY_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/copy_summaries.sql");
const COPY_PRECEDENTS: &str = include_str!("../../../../sql/queries/projections/copy_precedents.sql");
const COPY_TRACES: &str = include_str!("../../../../sql/queries/projections/copy_traces.sql");
const COPY_TERMS: &str = include_str!("../../../../sql/queries/projections/copy_terms.sql");
const COPY_FACTS: &str = include_str!("../../../../sql/queries/projections/copy_facts.sql");

/// Keys kept in memory at most, some 40 bytes each. Beyond them rows are merged.
const MOST_KEYS: usize = 4_000_000;

/// The keys of the nodes that a build has written.
#[derive(Debug, Default)]
pub(super) struct Seen {
    nodes: HashSet<Key16>,
    /// Whether keys are missing: after a restart in the middle, or beyond the bound.
    partial: bool,
}

impl Seen {
    /// For a slot that holds rows already.
    pub(super) fn partial() -> Self {
        Self { nodes: HashSet::new(), partial: true }
    }

    /// The nodes of a batch that are not there yet; `None` when that is not known.
    fn new_nodes<'c>(&mut self, nodes: &'c [Node]) -> Option<Vec<&'c Node>> {
        if !self.partial && self.nodes.len() + nodes.len() > MOST_KEYS {
            *self = Self::partial();
        }
        (!self.partial).then(|| nodes.iter().filter(|node| self.nodes.insert(node.key)).collect())
    }
}

/// Writes the changes that a batch makes to some projections into the slots that are being built.
///
/// # Errors
/// As [`write::traces`], or the database's.
pub(super) async fn fill(
    target: &Target<'_>,
    projections: &[Projection],
    changes: &Changes,
    seen: &mut Seen,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    for projection in projections {
        match projection {
            Projection::ContextGraph => graph(target, changes, seen, tallies).await?,
            Projection::TraceSummary => {
                summaries(target, changes, tallies).await?;
                write::finish_summaries(target, changes, tallies).await?;
            }
            Projection::PrecedentIndex => {
                write::policy_evals(target, &changes.policy_evals, tallies).await?;
                precedents(target, changes, tallies).await?;
            }
            Projection::TraceIndex => trace_index(target, changes, tallies).await?,
        }
    }
    Ok(())
}

async fn graph(
    target: &Target<'_>,
    changes: &Changes,
    seen: &mut Seen,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    match seen.new_nodes(&changes.nodes) {
        Some(mut new) => {
            new.sort_unstable_by_key(|node| *node.key.as_bytes());
            nodes(target, &new, tallies).await?;
        }
        None => write::nodes(target, &changes.nodes, tallies).await?,
    }
    edges(target, &changes.edges, tallies).await
}

async fn trace_index(target: &Target<'_>, changes: &Changes, tallies: &mut Tallies) -> Result<(), StoreError> {
    let (started, followed) = write::traces(target, changes).await?;
    traces(target, &started, tallies).await?;
    write::update_traces(target, &followed, tallies).await?;
    let (mut terms, mut facts) = write_search::found_by(started.iter().map(|(row, activity)| (row, *activity)));
    terms.sort_unstable_by(|a, b| (a.0, a.1.get(), a.2).cmp(&(b.0, b.1.get(), b.2)));
    facts.sort_unstable_by(|a, b| (a.0, a.1, a.2.get(), a.3).cmp(&(b.0, b.1, b.2.get(), b.3)));
    search(target, &terms, &facts, tallies).await?;
    write_search::merge_later(target, &followed, tallies).await
}

/// COPYs rows: the values of each, after the tenant and the slot, in the order of the statement.
macro_rules! copy {
    ($target:expr, $projection:expr, $name:literal, $sql:expr, $types:expr, $rows:expr, |$row:pat_param| [$($value:expr),+ $(,)?]) => {{
        let target: &Target<'_> = $target;
        let error = StoreError::of($name);
        let slot = target.slots.of($projection);
        let statement = target.statements.prepare_in_slot(target.client, $name, $sql, slot).await?;
        let sink = target.client.copy_in(&statement).await.map_err(error)?;
        pin_mut!(sink);
        let mut pieces = Pieces::new(&$types);
        for $row in $rows {
            let values: &[&(dyn ToSql + Sync)] = &[&target.tenant, &slot, $(&$value),+];
            if let Some(piece) = pieces.row(values).map_err(|source| StoreError::corrupt($name, io::Error::other(source)))? {
                sink.send(piece).await.map_err(error)?;
            }
        }
        sink.send(pieces.last()).await.map_err(error)?;
        sink.finish().await.map_err(error)?;
    }};
}

/// Rows in the binary format of COPY, cut into pieces. The writer of `tokio-postgres` sends each 4 KiB for itself and waits
/// until it is taken, which costs two processes a turn each.
struct Pieces<'t> {
    types: &'t [Type],
    bytes: BytesMut,
}

/// A piece has at least so many bytes.
const PIECE_BYTES: usize = 128 << 10;
/// Signature, flags and the length of the extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

impl<'t> Pieces<'t> {
    fn new(types: &'t [Type]) -> Self {
        let mut bytes = BytesMut::with_capacity(PIECE_BYTES + PIECE_BYTES / 8);
        bytes.put_slice(HEADER);
        Self { types, bytes }
    }

    /// Takes a row; answers a piece when one is full.
    fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<Option<Bytes>, Unwritable> {
        debug_assert_eq!(values.len(), self.types.len());
        self.bytes.put_i16(i16::try_from(values.len())?);
        for (value, of) in values.iter().zip(self.types) {
            let at = self.bytes.len();
            self.bytes.put_i32(-1);
            if let IsNull::No = value.to_sql_checked(of, &mut self.bytes)? {
                let length = i32::try_from(self.bytes.len() - at - 4)?;
                self.bytes[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        if self.bytes.len() < PIECE_BYTES {
            return Ok(None);
        }
        let piece = self.bytes.split().freeze();
        self.bytes.reserve(PIECE_BYTES + PIECE_BYTES / 8);
        Ok(Some(piece))
    }

    /// What is left, with the end.
    fn last(mut self) -> Bytes {
        self.bytes.put_i16(-1);
        self.bytes.freeze()
    }
}

/// Why a value cannot be written.
type Unwritable = Box<dyn std::error::Error + Sync + Send>;

async fn nodes(target: &Target<'_>, rows: &[&Node], tallies: &mut Tallies) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let types = [Type::TEXT, Type::INT2, Type::UUID, Type::INT8, Type::TEXT, Type::TEXT, Type::TEXT];
    copy!(target, Projection::ContextGraph, "projections.copy_nodes", COPY_NODES, types, rows, |row| [
        PgKey(row.key),
        row.log_seq,
        row.node_id,
        row.trace_id,
        row.created_at,
    ]);
    tallies.add_all(Projection::ContextGraph, rows.iter().copied());
    Ok(())
}

/// Two edges can share an id, because its parts are not escaped. That is rare, so it is not looked for beforehand.
async fn edges(target: &Target<'_>, rows: &[Edge], tallies: &mut Tallies) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sorted: Vec<&Edge> = rows.iter().collect();
    sorted.sort_unstable_by_key(|edge| *edge.key.as_bytes());
    target.command("projections.savepoint", "SAVEPOINT edges").await?;
    match copy_edges(target, &sorted).await {
        Ok(()) => {
            tallies.add_all(Projection::ContextGraph, rows);
            target.command("projections.savepoint", "RELEASE SAVEPOINT edges").await
        }
        Err(StoreError::Query { source, .. }) if source.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            target.command("projections.savepoint", "ROLLBACK TO SAVEPOINT edges").await?;
            write::edges(target, rows, tallies).await
        }
        Err(error) => Err(error),
    }
}

async fn copy_edges(target: &Target<'_>, rows: &[&Edge]) -> Result<(), StoreError> {
    let types = [
        Type::TEXT,
        Type::INT2,
        Type::UUID,
        Type::UUID,
        Type::UUID,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
    ];
    copy!(target, Projection::ContextGraph, "projections.copy_edges", COPY_EDGES, types, rows, |row| [
        PgKey(row.key),
        PgKey(row.from_key),
        PgKey(row.to_key),
        row.log_seq,
        row.edge_type,
        row.event_id,
        row.trace_id,
        row.created_at,
    ]);
    Ok(())
}

async fn summaries(target: &Target<'_>, changes: &Changes, tallies: &mut Tallies) -> Result<(), StoreError> {
    let (mut rows, _) = write::summaries(changes);
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable_by(|a, b| a.trace_id.cmp(&b.trace_id));
    let mut types = vec![Type::TEXT; 13];
    types[1] = Type::INT2;
    types[11] = Type::INT4;
    types[12] = Type::INT8;
    copy!(target, Projection::TraceSummary, "projections.copy_summaries", COPY_SUMMARIES, types, &rows, |row| [
        row.trace_id,
        row.workflow,
        row.title,
        row.primary_entity_type,
        row.primary_entity_system,
        row.primary_entity_id,
        row.outcome,
        row.started_at,
        row.finished_at,
        row.event_count,
        row.last_log_seq,
    ]);
    tallies.add_all(Projection::TraceSummary, rows);
    Ok(())
}

async fn precedents(target: &Target<'_>, changes: &Changes, tallies: &mut Tallies) -> Result<(), StoreError> {
    let rows = &changes.precedents;
    if rows.is_empty() {
        return Ok(());
    }
    let mut types = vec![Type::TEXT; 12];
    types[1] = Type::INT2;
    types[2] = Type::INT8;
    types[3] = Type::INT8;
    copy!(target, Projection::PrecedentIndex, "projections.copy_precedents", COPY_PRECEDENTS, types, rows, |row| [
        row.log_seq,
        row.finished_log_seq,
        row.source_event_id,
        row.trace_id,
        row.policy_id,
        row.policy_version,
        row.exception_id,
        row.primary_entity_type,
        row.primary_entity_system,
        row.primary_entity_id,
    ]);
    tallies.add_all(Projection::PrecedentIndex, rows);
    Ok(())
}

async fn traces(target: &Target<'_>, rows: &[Started<'_>], tallies: &mut Tallies) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut types = vec![Type::TEXT; 22];
    types[1] = Type::INT2;
    types[3] = Type::BOOL;
    types[11] = Type::TIMESTAMPTZ;
    types[13..17].fill(Type::INT8);
    types[19..22].fill(Type::TEXT_ARRAY);
    copy!(target, Projection::TraceIndex, "projections.copy_traces", COPY_TRACES, types, rows, |(row, _)| [
        row.trace_id,
        row.companion,
        row.workflow,
        row.title,
        row.primary_entity_type,
        row.primary_entity_system,
        row.primary_entity_id,
        row.outcome,
        row.started_at,
        PgMicros(row.started_instant),
        row.finished_at,
        row.event_count,
        row.first_log_seq,
        row.last_log_seq,
        row.last_trace_seq,
        row.last_event_type,
        row.last_occurred_at,
        row.actors,
        row.policies,
        row.tags,
    ]);
    tallies.add_all(Projection::TraceIndex, rows.iter().map(|(row, _)| row));
    Ok(())
}

async fn search(
    target: &Target<'_>,
    terms: &[Term<'_>],
    facts: &[Fact<'_>],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    if !terms.is_empty() {
        let types = [Type::TEXT, Type::INT2, Type::TEXT, Type::TIMESTAMPTZ, Type::INT8];
        copy!(target, Projection::TraceIndex, "projections.copy_terms", COPY_TERMS, types, terms, |term| [
            term.0,
            PgMicros(term.1),
            term.2,
        ]);
        terms.iter().for_each(|term| tallies.add(Projection::TraceIndex, term_hash(term.0, term.1, term.2)));
    }
    if !facts.is_empty() {
        let types = [Type::TEXT, Type::INT2, Type::TEXT, Type::INT8, Type::TIMESTAMPTZ, Type::INT8];
        copy!(target, Projection::TraceIndex, "projections.copy_facts", COPY_FACTS, types, facts, |fact| [
            fact.0,
            fact.1,
            PgMicros(fact.2),
            fact.3,
        ]);
        facts.iter().for_each(|fact| tallies.add(Projection::TraceIndex, fact_hash(fact.0, fact.1, fact.2, fact.3)));
    }
    Ok(())
}
