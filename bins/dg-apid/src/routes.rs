//! Which handler answers where, and to whom.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use dg_http::gate::look_again;

use crate::app::App;
use crate::{
    admin, batch, digests, events, graph, health, idempotency, ingest, me, outage, precedents, probes, search, sign_in,
    stream, traces,
};

/// Every route of the API, still without the edge.
pub(crate) fn all(app: App) -> Router {
    let versioned = versioned()
        .layer(from_fn_with_state(app.clone(), idempotency::once))
        .layer(from_fn_with_state(app.gate.clone(), look_again))
        .layer(from_fn_with_state(app.clone(), outage::give_up));
    Router::new()
        .route("/livez", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/api/healthz", get(probes::alive))
        .nest("/api/v1", versioned)
        .with_state(app)
}

/// The one table of routes. The word after the method says who comes in; that the handler keeps to it is a test, which goes
/// through this table, so that no route can be forgotten.
macro_rules! table {
    ($($path:literal => $($method:ident $access:ident $handler:path),+;)*) => {
        fn versioned() -> Router<App> {
            Router::new()$(.route($path, MethodRouter::new()$(.$method($handler))+))*
        }

        #[cfg(test)]
        const TABLE: &[(&str, &str, tests::Access)] = &[$($((stringify!($method), $path, tests::Access::$access),)+)*];
    };
}

table! {
    "/events" => get TenantReader events::list, post TenantWriter ingest::append;
    "/events/stream" => get Stream stream::follow;
    "/events:batch" => post TenantWriter batch::append;
    "/events:validate" => post TenantWriter batch::validate;
    "/traces" => get TenantReader search::list;
    "/traces/{trace_id}" => get TenantReader traces::show;
    "/traces/{trace_id}/events" => get TenantReader events::of_trace;
    "/graph/context" => get TenantReader graph::context;
    "/graph/edges" => get TenantReader graph::edges;
    "/precedents" => get TenantReader precedents::find;
    "/projections/health" => get TenantReader health::show;
    "/digests" => get TenantReader digests::now;
    "/digests/history" => get TenantReader digests::history;
    "/me" => get Anybody me::show;
    "/me/password" => post Anybody me::change_password;
    "/sessions" => post Anybody sign_in::by_password;
    "/sessions/end" => post Anybody sign_in::out;
    "/admin/tenants" => get Admin admin::tenants::list, post Admin admin::tenants::create;
    "/admin/tenants/{tenant_id}" => get Admin admin::tenants::show, patch Admin admin::tenants::change;
    "/admin/replays" => get TenantAdmin admin::replays::list, post TenantAdmin admin::replays::start;
    "/admin/replays:batch" => post Admin admin::replays::start_many;
    "/admin/replays/{job_id}" => get TenantAdmin admin::replays::show;
    "/admin/replays/{job_id}/cancel" => post TenantAdmin admin::replays::cancel;
    "/admin/replays/{job_id}/pause" => post TenantAdmin admin::replays::pause;
    "/admin/replays/{job_id}/resume" => post TenantAdmin admin::replays::resume;
    "/admin/failures" => get TenantAdmin admin::failures::list;
    "/admin/failures/{failure_id}" => get TenantAdmin admin::failures::show;
    "/admin/failures/{failure_id}/retry" => post TenantAdmin admin::failures::retry;
    "/admin/failures/{failure_id}/quarantine" => post TenantAdmin admin::failures::quarantine;
    "/admin/failures/{failure_id}/resolve" => post TenantAdmin admin::failures::resolve;
    "/admin/accounts" => get Admin admin::accounts::list, post Admin admin::accounts::create;
    "/admin/accounts:import" => post Admin admin::accounts::import;
    "/admin/accounts/{account_id}" => get Admin admin::accounts::show, patch Admin admin::accounts::change;
    "/admin/accounts/{account_id}/tokens" => get Admin admin::tokens::list, post Admin admin::tokens::create;
    "/admin/accounts/{account_id}/tokens/{token_id}/revoke" => post Admin admin::tokens::revoke;
    "/admin/accounts/{account_id}/tokens/{token_id}/rotate" => post Admin admin::tokens::rotate;
    "/admin/users" => get Admin admin::users::list, post Admin admin::users::create;
    "/admin/users/{user_id}" => get Admin admin::users::show, patch Admin admin::users::change;
    "/admin/users/{user_id}/password" => post Admin admin::users::reset_password;
    "/admin/sessions" => get Admin admin::sessions::list;
    "/admin/sessions/{session_id}/revoke" => post Admin admin::sessions::revoke;
    "/admin/webhooks" => get TenantAdmin admin::webhooks::list, post TenantAdmin admin::webhooks::create;
    "/admin/webhooks/{webhook_id}" => get TenantAdmin admin::webhooks::show, patch TenantAdmin admin::webhooks::change,
        delete TenantAdmin admin::webhooks::delete;
    "/admin/webhooks/{webhook_id}/secret/rotate" => post TenantAdmin admin::webhooks::rotate;
    "/admin/webhooks/{webhook_id}/test" => post TenantAdmin admin::webhooks::test;
    "/admin/webhooks/{webhook_id}/replay" => post TenantAdmin admin::webhooks::replay;
    "/admin/webhooks/{webhook_id}/deliveries" => get TenantAdmin admin::webhooks::deliveries::list;
    "/admin/webhooks/{webhook_id}/deliveries/{delivery_id}" => get TenantAdmin admin::webhooks::deliveries::show;
    "/admin/webhooks/{webhook_id}/deliveries/{delivery_id}/retry" => post TenantAdmin admin::webhooks::deliveries::retry;
    "/admin/audit" => get Admin admin::audit::list;
    "/admin/audit/export" => get Admin admin::audit::export;
}

#[cfg(test)]
mod tests;
