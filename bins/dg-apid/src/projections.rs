//! `GET /projections/health` and `GET /digests`: where the read models stand, and the proof of what they hold.

use axum::extract::{RawQuery, State};
use dg_domain::Micros;
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::{ApiError, Reply};
use dg_projections::Projection;
use dg_storage::projections::{Cursor, Snapshot};
use serde::Serialize;

use crate::app::App;

const DIGESTED: [Projection; 3] = [Projection::ContextGraph, Projection::TraceSummary, Projection::PrecedentIndex];

/// Describes each projection of the tenant.
pub(crate) async fn health(
    State(app): State<App>,
    caller: TenantCaller<Reader>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let cursors = app.store.cursors(caller.tenant()).await?;
    let head = cursors.head.get();
    Reply::ok(&Health {
        tenant_id: caller.tenant().as_str(),
        event_log_last_seq: head,
        projections: cursors.cursors.iter().map(|cursor| ProjectionJson::of(cursor, head)).collect(),
        open_runs: [],
        full_digest: None,
    })
}

/// Hashes the read models as they are now. Takes time in proportion to their rows.
pub(crate) async fn digests(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let fresh = Freshness::read(&Params::read(query.as_deref(), &[freshness::NAMES])?)?;
    // Hashing every row keeps a core and a connection busy: a few at a time, so that other reads find theirs.
    let _turn = app.digest_turns.acquire().await.map_err(ApiError::internal)?;
    let ask = async |snapshot: &Snapshot| Ok(snapshot.digests().await?);
    let (digests, meta) = crate::freshness::read(&app, caller.tenant(), fresh, &DIGESTED, ask).await?;
    let data = DigestsJson {
        context_graph: digests.context_graph.prefixed(),
        trace_summary: digests.trace_summary.prefixed(),
        precedent_index: digests.precedent_index.prefixed(),
        full_projection: digests.full_projection.prefixed(),
        log_seq: meta.applied_seq,
        generation: meta.generation,
    };
    Reply::ok(&data)?.with_meta(meta)
}

#[derive(Serialize)]
struct Health<'a> {
    tenant_id: &'a str,
    event_log_last_seq: i64,
    projections: Vec<ProjectionJson>,
    /// Replay jobs under way.
    open_runs: [(); 0],
    /// The last full digest that a job wrote down; `GET /digests` computes it.
    full_digest: Option<String>,
}

#[derive(Serialize)]
struct ProjectionJson {
    projection_name: &'static str,
    last_log_seq: i64,
    pending_events: i64,
    is_stale: bool,
    updated_at: Option<String>,
    /// The last digest that a job wrote down.
    digest: Option<String>,
    open_failures: i64,
    state: &'static str,
    generation: i64,
}

#[derive(Serialize)]
struct DigestsJson {
    context_graph: String,
    trace_summary: String,
    precedent_index: String,
    full_projection: String,
    log_seq: i64,
    generation: i64,
}

impl ProjectionJson {
    fn of(cursor: &Cursor, head: i64) -> Self {
        let pending_events = (head - cursor.applied.get()).max(0);
        Self {
            projection_name: cursor.projection.as_str(),
            last_log_seq: cursor.applied.get(),
            pending_events,
            is_stale: pending_events > 0,
            updated_at: cursor.updated_at.map(Micros::rfc3339),
            digest: None,
            open_failures: cursor.open_failures,
            state: cursor.state.as_str(),
            generation: cursor.generation,
        }
    }
}
