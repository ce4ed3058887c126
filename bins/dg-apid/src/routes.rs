//! Which handler answers where.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::app::App;
use crate::{
    admin, batch, digests, events, graph, health, ingest, me, outage, precedents, probes, search, stream, traces,
};

/// Every route of the API, still without the edge.
pub(crate) fn all(app: App) -> Router {
    Router::new()
        .route("/livez", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/api/healthz", get(probes::alive))
        .nest("/api/v1", versioned().layer(from_fn_with_state(app.clone(), outage::give_up)))
        .with_state(app)
}

fn versioned() -> Router<App> {
    Router::new()
        .route("/events", get(events::list).post(ingest::append))
        .route("/events/stream", get(stream::follow))
        .route("/events:batch", post(batch::append))
        .route("/events:validate", post(batch::validate))
        .route("/traces", get(search::list))
        .route("/traces/{trace_id}", get(traces::show))
        .route("/traces/{trace_id}/events", get(events::of_trace))
        .route("/graph/context", get(graph::context))
        .route("/graph/edges", get(graph::edges))
        .route("/precedents", get(precedents::find))
        .route("/projections/health", get(health::show))
        .route("/digests", get(digests::now))
        .route("/digests/history", get(digests::history))
        .route("/me", get(me::show))
        .route("/admin/tenants", get(admin::tenants::list).post(admin::tenants::create))
        .route("/admin/replays", get(admin::replays::list).post(admin::replays::start))
        .route("/admin/replays:batch", post(admin::replays::start_many))
        .route("/admin/replays/{job_id}", get(admin::replays::show))
        .route("/admin/replays/{job_id}/cancel", post(admin::replays::cancel))
        .route("/admin/replays/{job_id}/pause", post(admin::replays::pause))
        .route("/admin/replays/{job_id}/resume", post(admin::replays::resume))
        .route("/admin/failures", get(admin::failures::list))
        .route("/admin/failures/{failure_id}", get(admin::failures::show))
        .route("/admin/failures/{failure_id}/retry", post(admin::failures::retry))
        .route("/admin/failures/{failure_id}/quarantine", post(admin::failures::quarantine))
        .route("/admin/failures/{failure_id}/resolve", post(admin::failures::resolve))
        .route("/admin/accounts", get(admin::accounts::list).post(admin::accounts::create))
        .route("/admin/accounts/{account_id}", get(admin::accounts::show))
        .route("/admin/accounts/{account_id}/tokens", post(admin::tokens::create))
        .route("/admin/accounts/{account_id}/tokens/{token_id}/revoke", post(admin::tokens::revoke))
}
