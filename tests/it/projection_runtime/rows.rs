//! The rows of the trace index and the row digests of all projections: as they are stored, and as the model has them.

use dg_domain::{Micros, TenantId};
use dg_projections::{Hashed, Model, Projection, RowDigest, TraceRow, fact_hash, term_hash};
use tokio_postgres::{Client, Row};

/// The live generation's rows, by trace.
const TRACES: &str = "
    SELECT trace.*, (extract(epoch FROM trace.started_instant) * 1000000)::bigint AS started_micros
    FROM dg_trace_index trace
    JOIN dg_projection_cursors cursor ON cursor.tenant_id = trace.tenant_id AND cursor.slot = trace.slot
        AND cursor.projection_name = 'trace_index'
    WHERE trace.tenant_id = $1
    ORDER BY trace.trace_id";

/// Terms and numbers of the live generation.
const SEARCHED: &str = "
    SELECT (SELECT count(*) FROM dg_trace_terms row WHERE row.tenant_id = $1 AND row.slot = cursor.slot),
           (SELECT count(*) FROM dg_trace_facts row WHERE row.tenant_id = $1 AND row.slot = cursor.slot)
    FROM dg_projection_cursors cursor
    WHERE cursor.tenant_id = $1 AND cursor.projection_name = 'trace_index'";

const KEPT: &str = "
    SELECT projection_name, row_digest, row_count FROM dg_projection_cursors WHERE tenant_id = $1";

/// Every trace, how many terms and how many numbers, as they are stored.
pub(super) async fn stored_index(client: &Client, tenant: &TenantId) -> (Vec<TraceRow>, (i64, i64)) {
    let traces = client.query(TRACES, &[&tenant.as_str()]).await.unwrap();
    let searched = client.query_one(SEARCHED, &[&tenant.as_str()]).await.unwrap();
    (traces.iter().map(read).collect(), (searched.get(0), searched.get(1)))
}

/// The same, as they have to be.
pub(super) fn model_index(model: &Model) -> (Vec<TraceRow>, (i64, i64)) {
    let traces = model.traces.values().map(|trace| TraceRow::start(trace).unwrap()).collect();
    let count = |of: fn(&dg_projections::TraceActivity) -> usize| {
        i64::try_from(model.traces.values().map(of).sum::<usize>()).unwrap()
    };
    (traces, (count(|trace| trace.search.terms.len()), count(|trace| trace.search.facts.len())))
}

/// The row digests that the transactions kept, in the order of [`Projection::ALL`].
pub(super) async fn kept_digests(client: &Client, tenant: &TenantId) -> Vec<RowDigest> {
    let rows = client.query(KEPT, &[&tenant.as_str()]).await.unwrap();
    let mut kept: Vec<(Projection, RowDigest)> = rows
        .iter()
        .map(|row| {
            let bytes: [u8; 32] = row.get::<_, Vec<u8>>(1).try_into().unwrap();
            (Projection::from_name(row.get(0)).unwrap(), RowDigest::from_parts(&bytes, row.get(2)))
        })
        .collect();
    kept.sort_by_key(|(projection, _)| *projection);
    kept.into_iter().map(|(_, digest)| digest).collect()
}

/// The row digests of the model, in the order of [`Projection::ALL`].
pub(super) fn model_digests(model: &Model) -> Vec<RowDigest> {
    Projection::ALL.into_iter().map(|projection| model_digest(model, projection)).collect()
}

fn model_digest(model: &Model, projection: Projection) -> RowDigest {
    let mut digest = RowDigest::default();
    match projection {
        Projection::ContextGraph => {
            model.nodes.values().for_each(|row| digest.add(row.row_hash()));
            model.edges.values().for_each(|row| digest.add(row.row_hash()));
        }
        Projection::TraceSummary => model.summaries.values().for_each(|row| digest.add(row.row_hash())),
        Projection::PrecedentIndex => {
            model.policy_evals.values().for_each(|row| digest.add(row.row_hash()));
            model.precedents.values().for_each(|row| digest.add(row.row_hash()));
        }
        Projection::TraceIndex => {
            for trace in model.traces.values() {
                let row = TraceRow::start(trace).unwrap();
                digest.add(row.row_hash());
                let (started, first) = (row.started_instant, row.first_log_seq);
                trace.search.terms.iter().for_each(|term| digest.add(term_hash(term, started, first)));
                trace.search.facts.iter().for_each(|(key, number)| digest.add(fact_hash(key, *number, started, first)));
            }
        }
    }
    digest
}

fn read(row: &Row) -> TraceRow {
    TraceRow {
        trace_id: row.get("trace_id"),
        companion: row.get("companion"),
        workflow: row.get("workflow"),
        title: row.get("title"),
        primary_entity_type: row.get("primary_entity_type"),
        primary_entity_system: row.get("primary_entity_system"),
        primary_entity_id: row.get("primary_entity_id"),
        outcome: row.get("outcome"),
        started_at: row.get("started_at"),
        started_instant: Micros::new(row.get("started_micros")),
        finished_at: row.get("finished_at"),
        event_count: row.get("event_count"),
        first_log_seq: row.get("first_log_seq"),
        last_log_seq: row.get("last_log_seq"),
        last_trace_seq: row.get("last_trace_seq"),
        last_event_type: row.get("last_event_type"),
        last_occurred_at: row.get("last_occurred_at"),
        actors: row.get("actors"),
        policies: row.get("policies"),
        tags: row.get("tags"),
    }
}
