//! `GET /digests` and `GET /digests/history`: the proof of what the read models hold.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_http::contract::{digest, nullable_digest};
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::Params;
use dg_http::{ApiError, Reply};
use dg_projections::Projection;
use dg_storage::projections::{Snapshot, WrittenDigest};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::{keyset, words};

const DIGESTED: [Projection; 3] = [Projection::ContextGraph, Projection::TraceSummary, Projection::PrecedentIndex];
/// What digests are written down of.
pub(crate) const NAMES: [&str; 5] =
    ["context_graph", "trace_summary", "precedent_index", "trace_index", "full_projection"];

/// Hashes the read models as they are now. Takes time in proportion to their rows.
pub(crate) async fn now(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let fresh = Freshness::read(&Params::read(query.as_deref(), &[freshness::NAMES])?)?;
    // Hashing every row keeps a core and a connection busy: a few at a time, so that other reads find theirs.
    let _turn = app.digest_turns.acquire().await.map_err(ApiError::internal)?;
    let ask = async |snapshot: &Snapshot| Ok((snapshot.skipped_events(&DIGESTED).await?, snapshot.digests().await?));
    let ((skipped_events, digests), meta) =
        crate::freshness::read(&app, caller.tenant(), fresh, &DIGESTED, ask).await?;
    let data = DigestsJson {
        context_graph: digests.context_graph.prefixed(),
        trace_summary: digests.trace_summary.prefixed(),
        precedent_index: digests.precedent_index.prefixed(),
        full_projection: digests.full_projection.prefixed(),
        log_seq: meta.applied_seq,
        generation: meta.generation,
        skipped_events,
        complete: skipped_events == 0,
    };
    Reply::ok(&data)?.with_meta(meta)
}

/// Lists the digests that were written down, newest first.
pub(crate) async fn history(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["projection"], keyset::NAMES])?;
    let page = keyset::Asked::read("digests", &given)?;
    let projection = given.choice("projection", &NAMES.map(|name| (name, name)))?;
    let _turn = app.turns.take(caller.tenant()).await?;
    let mut rows = app.store.digest_history(caller.tenant(), projection, page.after, page.fetch()).await?;
    let next_cursor = page.cut(&mut rows, |row| (row.computed_at, row.digest_id));
    Reply::ok(&Listed { digests: rows.iter().map(WrittenJson::of).collect(), next_cursor })
}

#[derive(Serialize, ToSchema)]
struct Listed<'a> {
    digests: Vec<WrittenJson<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct DigestsJson {
    #[schema(schema_with = digest)]
    context_graph: String,
    #[schema(schema_with = digest)]
    trace_summary: String,
    #[schema(schema_with = digest)]
    precedent_index: String,
    #[schema(schema_with = digest)]
    full_projection: String,
    log_seq: i64,
    generation: i64,
    /// Events up to there that are not in it.
    skipped_events: i64,
    complete: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WrittenDigest)]
struct WrittenJson<'a> {
    #[schema(format = "uuid")]
    digest_id: String,
    #[schema(schema_with = words::digested)]
    projection_name: &'a str,
    generation: i64,
    last_log_seq: i64,
    #[schema(schema_with = nullable_digest)]
    digest_value: Option<&'a str>,
    row_digest: Option<String>,
    kept_row_digest: Option<String>,
    row_count: i64,
    skipped_events: i64,
    complete: bool,
    #[schema(format = DateTime)]
    computed_at: String,
    computed_by: &'a str,
    #[schema(schema_with = words::digest_source)]
    source: &'a str,
    #[schema(format = "uuid")]
    job_id: Option<String>,
    duration_ms: i64,
}

impl<'a> WrittenJson<'a> {
    fn of(row: &'a WrittenDigest) -> Self {
        Self {
            digest_id: row.digest_id.to_string(),
            projection_name: &row.projection_name,
            generation: row.generation,
            last_log_seq: row.last_log_seq.get(),
            digest_value: row.digest_value.as_deref(),
            row_digest: row.row_digest.map(|digest| digest.text()),
            kept_row_digest: row.kept_row_digest.map(|digest| digest.text()),
            row_count: row.row_count,
            skipped_events: row.skipped_events,
            complete: row.skipped_events == 0,
            computed_at: row.computed_at.rfc3339(),
            computed_by: &row.computed_by,
            source: &row.source,
            job_id: row.job_id.map(|id| id.to_string()),
            duration_ms: row.duration_ms,
        }
    }
}
