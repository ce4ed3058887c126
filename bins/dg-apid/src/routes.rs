//! Which handler answers where, to whom, and with which contract.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};
use dg_http::contract::{Caller, Deprecation, Document, Operation};
use dg_http::gate::{Role, look_again};

use crate::app::App;
use crate::{
    admin, batch, digests, event_types, events, graph, health, idempotency, ingest, me, openapi, outage, precedents,
    probes, search, sign_in, stream, studio, telling, traces, workflow_cases, workflow_files, workflow_settings,
    workflows,
};

const BASE: &str = "/api/v1";

/// Every route of the API, still without the edge.
pub(crate) fn all(app: App) -> Router {
    let versioned = versioned()
        .layer(from_fn_with_state(app.clone(), idempotency::once))
        .layer(from_fn_with_state(app.gate.clone(), look_again))
        .layer(from_fn_with_state(app.clone(), outage::give_up));
    unversioned().nest(BASE, versioned).with_state(app)
}

/// Puts every operation into the document.
pub(crate) fn describe(document: &mut Document) {
    for (methods, prefix) in [(UNVERSIONED, ""), (VERSIONED, BASE)] {
        for (method, path, access, contract) in methods {
            document.add(method, &format!("{prefix}{path}"), access.caller(), contract());
        }
    }
}

/// Every method and path.
#[cfg(test)]
pub(crate) fn every() -> impl Iterator<Item = (&'static str, String)> {
    let versioned = VERSIONED.iter().map(|(method, path, ..)| (*method, format!("{BASE}{path}")));
    versioned.chain(UNVERSIONED.iter().map(|(method, path, ..)| (*method, (*path).to_owned())))
}

/// Who comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever reaches the service.
    Open,
    /// Whoever has a token.
    Anybody,
    /// An administrator, without a tenant.
    Admin,
    /// Whoever reads, writes or administers the tenant of the request.
    TenantReader,
    TenantWriter,
    TenantAdmin,
    /// A reader of the tenant who takes events as they come.
    Stream,
}

impl Access {
    const fn caller(self) -> Caller {
        match self {
            Self::Open => Caller::Nobody,
            Self::Anybody => Caller::Account(None),
            Self::Admin => Caller::Account(Some(Role::Admin)),
            Self::TenantReader | Self::Stream => Caller::Tenant(Role::Reader),
            Self::TenantWriter => Caller::Tenant(Role::Writer),
            Self::TenantAdmin => Caller::Tenant(Role::Admin),
        }
    }
}

/// A method, its path, who comes in, and the contract.
type Row = (&'static str, &'static str, Access, fn() -> Operation);

/// The one table of routes. The word after the method says who comes in; that the handler keeps to it is a test, which goes
/// through this table, so that no route can be forgotten. The contract of a handler `events::list` is the function
/// `events::contract::list`, and a route without one does not compile. What a contract says goes away is marked on answers here.
macro_rules! table {
    ($router:ident $rows:ident $($path:literal => $($method:ident $access:ident $($handler:ident)::+),+;)*) => {
        fn $router() -> Router<App> {
            Router::new()$(.route($path, MethodRouter::new()$(.merge(answer(
                stringify!($method),
                $($handler)::+,
                &contract!([] $($handler)::+)(),
            )))+))*
        }

        const $rows: &[Row] =
            &[$($((stringify!($method), $path, Access::$access, contract!([] $($handler)::+)),)+)*];
    };
}

macro_rules! contract {
    ([$($module:ident)*] $handler:ident) => { $($module::)* contract::$handler };
    ([$($module:ident)*] $next:ident :: $($rest:tt)+) => { contract!([$($module)* $next] $($rest)+) };
}

table! { versioned VERSIONED
    "/events" => get TenantReader events::list, post TenantWriter ingest::append;
    "/events/stream" => get Stream stream::follow;
    "/events:batch" => post TenantWriter batch::append;
    "/events:validate" => post TenantWriter batch::validate;
    "/event-types" => get Anybody event_types::list;
    "/event-types/{event_type}" => get Anybody event_types::show;
    "/traces" => get TenantReader search::list;
    "/traces/{trace_id}" => get TenantReader traces::show;
    "/traces/{trace_id}/events" => get TenantReader events::of_trace;
    "/graph/context" => get TenantReader graph::context;
    "/graph/edges" => get TenantReader graph::edges;
    "/precedents" => get TenantReader precedents::find;
    "/projections/health" => get TenantReader health::show;
    "/digests" => get TenantReader digests::now;
    "/digests/history" => get TenantReader digests::history;
    "/workflows" => get TenantReader workflows::list::list;
    "/workflows/stream" => get Stream workflows::stream::follow;
    "/workflows/buckets" => get TenantReader workflows::list::buckets;
    "/workflows/figures" => get TenantReader workflow_cases::figures::show;
    "/workflows/actions" => post TenantWriter workflows::bulk::act;
    "/workflows/{workflow_id}" => get TenantReader workflows::show::show;
    "/workflows/{workflow_id}/actions" => post TenantWriter workflows::act::act;
    "/workflows/{workflow_id}/replays" => post TenantAdmin workflows::replays::start;
    "/workflows/{workflow_id}/wait" => get TenantReader workflows::wait::wait;
    "/workflow-files" => post TenantWriter workflow_files::put;
    "/workflow-files/{sha256}" => get TenantReader workflow_files::show;
    "/notifications" => get TenantReader telling::inbox::list;
    "/notifications/read" => post TenantReader telling::inbox::read;
    "/notifications/preferences" => get TenantReader telling::preferences::show, put TenantReader telling::preferences::put;
    "/absences" => get TenantReader telling::absences::list;
    "/absences/{absence_id}" => put TenantReader telling::absences::put, delete TenantReader telling::absences::delete;
    "/admin/workflow-calendars" => get TenantAdmin telling::calendars::list;
    "/admin/workflow-calendars/{calendar_id}" => get TenantAdmin telling::calendars::show,
        put TenantAdmin telling::calendars::put;
    "/admin/workflow-calendars/{calendar_id}/deadline" => get TenantAdmin telling::calendars::deadline;
    "/workflow-studio/templates" => get TenantReader workflow_settings::templates::list;
    "/workflow-studio/templates/{template_id}" => get TenantReader workflow_settings::templates::show;
    "/workflow-studio/traces/{trace_id}" => get TenantReader studio::traces::dry_run;
    "/workflow-studio/traces/{trace_id}/reviews" => post TenantWriter studio::traces::start;
    "/workflow-studio/policy-simulations" => post TenantReader studio::policies::simulate;
    "/admin/workflow-templates/{template_id}" => put TenantAdmin workflow_settings::templates::put;
    "/admin/workflow-routing" => get TenantAdmin workflow_settings::routing::show,
        put TenantAdmin workflow_settings::routing::put;
    "/admin/workflow-channels" => get TenantAdmin telling::channels::list, post TenantAdmin telling::channels::create;
    "/admin/workflow-channels/{channel_id}" => get TenantAdmin telling::channels::show,
        patch TenantAdmin telling::channels::change, delete TenantAdmin telling::channels::delete;
    "/admin/workflow-channels/{channel_id}/secret/rotate" => post TenantAdmin telling::channels::rotate;
    "/admin/workflow-channels/{channel_id}/test" => post TenantAdmin telling::channels::test;
    "/admin/workflow-deliveries" => get TenantAdmin telling::deliveries::list;
    "/admin/workflow-deliveries:retry" => post TenantAdmin telling::deliveries::retry_all;
    "/admin/workflow-deliveries/{delivery_id}/retry" => post TenantAdmin telling::deliveries::retry;
    "/admin/workflows:verify" => post TenantAdmin workflows::upkeep::verify;
    "/admin/workflows:rebuild" => post TenantAdmin workflows::upkeep::rebuild;
    "/admin/workflows:export" => get TenantAdmin workflow_cases::export::many;
    "/admin/workflows/{workflow_id}/export" => get TenantAdmin workflow_cases::export::one;
    "/admin/workflow-dead-letters" => get TenantAdmin workflows::upkeep::dead_letters;
    "/admin/workflow-dead-letters/{log_seq}/skip" => post TenantAdmin workflows::upkeep::skip;
    "/me" => get Anybody me::show;
    "/me/password" => post Anybody me::change_password;
    "/sessions" => post Anybody sign_in::by_password;
    "/sessions/end" => post Anybody sign_in::out;
    "/sessions/methods" => get Anybody sign_in::oidc::methods;
    "/sessions/oidc" => post Anybody sign_in::oidc::begin;
    "/sessions/oidc/finish" => post Anybody sign_in::oidc::finish;
    "/sessions/setup" => post Anybody sign_in::setup::first;
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
    "/admin/users/{user_id}/links" => get Admin admin::users::links, post Admin admin::users::link;
    "/admin/users/{user_id}/unlink" => post Admin admin::users::unlink;
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
    "/admin/environment" => get Admin admin::environment::show;
    "/admin/audit" => get Admin admin::audit::list;
    "/admin/audit/export" => get Admin admin::audit::export;
}

table! { unversioned UNVERSIONED
    "/livez" => get Open probes::alive;
    "/readyz" => get Open probes::ready;
    "/api/healthz" => get Open probes::healthz;
    "/openapi.json" => get Open openapi::document;
    "/docs" => get Open openapi::docs;
}

/// One method of a route.
fn answer<H, T>(method: &str, handler: H, contract: &Operation) -> MethodRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    let filter = match method {
        "get" => MethodFilter::GET,
        "post" => MethodFilter::POST,
        "patch" => MethodFilter::PATCH,
        "put" => MethodFilter::PUT,
        "delete" => MethodFilter::DELETE,
        other => unreachable!("the table has no method {other}"),
    };
    let router = MethodRouter::new().on(filter, handler);
    match contract.deprecation() {
        Some(deprecation) => mark(router, deprecation),
        None => router,
    }
}

fn mark(router: MethodRouter<App>, deprecation: Deprecation) -> MethodRouter<App> {
    router.route_layer(axum::middleware::map_response(move |mut response: Response| async move {
        deprecation.mark(&mut response);
        response
    }))
}

#[cfg(test)]
mod tests;
