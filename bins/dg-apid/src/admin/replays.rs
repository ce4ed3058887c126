//! `/admin/replays`: what operators ask of projections, and what became of it.

mod asked;
pub(crate) mod contract;
mod json;

use std::collections::BTreeMap;

use axum::extract::{RawQuery, Request, State};
use dg_domain::TenantId;
use dg_http::error::ErrorJson;
use dg_http::gate::{AccountCaller, Admin, Principal, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_projections::{RunMode, RunStatus, RunStep};
use dg_storage::Channel;
use dg_storage::audit::{AuditKind, NewEntry, Outcome};
use dg_storage::projections::{NewRuns, Run, RunFilter};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) use asked::asker;
pub(crate) use asked::{MODES, Wanted, reason};
pub(crate) use json::RunJson;

use self::asked::{Asked, AskedOfMany};
use crate::app::App;
use crate::{keyset, words};

const FILTERS: &[&str] = &["status", "mode"];

/// Why a run is cancelled, paused or resumed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Because {
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OneRun<'a> {
    pub(crate) run: RunJson<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RefusedRun)]
struct Refused<'a> {
    tenant_id: &'a str,
    error: ErrorJson<'a>,
}

#[derive(Serialize, ToSchema)]
struct Queued<'a> {
    #[schema(format = "uuid")]
    batch_id: String,
    runs: Vec<RunJson<'a>>,
    refused: Vec<Refused<'a>>,
}

#[derive(Serialize, ToSchema)]
struct Listed<'a> {
    runs: Vec<RunJson<'a>>,
    next_cursor: Option<String>,
}

/// Queues a run for the tenant of the request.
pub(crate) async fn start(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let wanted = body::command::<Asked>(request).await?.read()?;
    check_allowed(&app, &caller.principal, wanted.mode)?;
    Reply::accepted(&OneRun { run: RunJson::of(&queue(&app, &caller, wanted).await?)? })
}

/// Queues a run for the tenant of the request, which is allowed.
///
/// # Errors
/// `conflict` while another run touches the same projections.
pub(crate) async fn queue(app: &App, caller: &TenantCaller<Admin>, wanted: Wanted) -> Result<Run, ApiError> {
    let tenants = vec![(caller.tenant().clone(), Uuid::now_v7())];
    let new = wanted.into_runs(tenants, None, &caller.principal);
    app.store.note(asked_for(&new, &caller.principal)).await?;
    let queued = app.store.create_runs(&new).await?.into_iter().next();
    let run = queued.ok_or_else(|| ApiError::internal("one tenant was asked for and none was answered"))??;
    changed(app, &run, &caller.principal, "queued a run");
    Ok(run)
}

/// Queues a run for each of several tenants.
pub(crate) async fn start_many(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let (wanted, asked) = body::command::<AskedOfMany>(request).await?.read()?;
    check_allowed(&app, &caller.principal, wanted.mode)?;
    let registered = app.store.tenants().await?.into_iter().map(|tenant| tenant.tenant_id);
    let usable: Vec<TenantId> = registered.filter(|tenant| caller.principal.may_use(tenant.as_str())).collect();
    let (tenants, mut refused) = asked.among(&usable, &caller.principal);
    let tenants: Vec<(TenantId, Uuid)> = tenants.into_iter().map(|tenant| (tenant, Uuid::now_v7())).collect();
    let batch_id = Uuid::now_v7();
    let new = wanted.into_runs(tenants, Some(batch_id), &caller.principal);
    app.store.note(asked_for(&new, &caller.principal)).await?;
    let runs = queue_all(&app, &new, &mut refused).await?;
    app.notifier.nudge(Channel::Jobs);
    let account = &caller.principal.account_id;
    info!(%batch_id, queued = runs.len(), refused = refused.len(), mode = new.mode.as_str(), account, "queued runs");
    let refused = refused.iter().map(|(tenant_id, error)| Refused { tenant_id, error: error.json() });
    Reply::accepted(&Queued {
        batch_id: batch_id.to_string(),
        runs: runs.iter().map(RunJson::of).collect::<Result<_, _>>()?,
        refused: refused.collect(),
    })
}

/// The rows that come before the runs, which are made in transactions of their own.
fn asked_for(new: &NewRuns, who: &Principal) -> Vec<NewEntry> {
    let row = |tenant: &TenantId, job_id: &Uuid| {
        let entry = who.by().note(AuditKind::Act, "run.start", Outcome::Asked).tenant(tenant.as_str());
        let entry = entry.subject(&job_id.to_string()).with("projection", new.target.as_str());
        entry.with("mode", new.mode.as_str()).with("reason", new.asker.reason.clone())
    };
    new.tenants.iter().map(|(tenant, job_id)| row(tenant, job_id)).collect()
}

async fn queue_all(app: &App, new: &NewRuns, refused: &mut BTreeMap<String, ApiError>) -> Result<Vec<Run>, ApiError> {
    let mut runs = Vec::new();
    for ((tenant, _), answer) in new.tenants.iter().zip(app.store.create_runs(new).await?) {
        match answer {
            Ok(run) => runs.push(run),
            Err(error) => drop(refused.insert(tenant.to_string(), error.into())),
        }
    }
    Ok(runs)
}

/// Lists the tenant's runs, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, keyset::NAMES])?;
    let page = keyset::Asked::read("replays", &given)?;
    let filter = RunFilter {
        status: given.choice("status", &RunStatus::ALL.map(|status| (status.as_str(), status)))?,
        mode: given.choice("mode", &RunMode::ALL.map(|mode| (mode.as_str(), mode)))?,
        after: page.after,
    };
    let mut runs = app.store.runs(caller.tenant(), &filter, page.fetch()).await?;
    let next_cursor = page.cut(&mut runs, |run| (run.requested_at, run.job_id));
    Reply::ok(&Listed { runs: runs.iter().map(RunJson::of).collect::<Result<_, _>>()?, next_cursor })
}

/// Describes one run.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([job_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let run = find(&app, &caller, &job_id).await?;
    Reply::ok(&OneRun { run: RunJson::of(&run)? })
}

/// Ends a run: at once while it waits, else as soon as its runner notices.
pub(crate) async fn cancel(
    app: State<App>,
    job_id: Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    step(app, job_id, caller, (RunStep::Cancel, "run.cancel"), request).await
}

/// Stops a run for now; it keeps what it has done.
pub(crate) async fn pause(
    app: State<App>,
    job_id: Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    step(app, job_id, caller, (RunStep::Pause, "run.pause"), request).await
}

/// Lets a run go on.
pub(crate) async fn resume(
    app: State<App>,
    job_id: Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    step(app, job_id, caller, (RunStep::Resume, "run.resume"), request).await
}

async fn step(
    State(app): State<App>,
    Segments([job_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    (step, action): (RunStep, &'static str),
    request: Request,
) -> Result<Reply, ApiError> {
    let why = body::command_if_any::<Because>(request).await?.reason;
    let why = why.as_deref().map(|why| reason(Some(why))).transpose()?;
    let run = find(&app, &caller, &job_id).await?;
    caller.principal.require(permission(run.mode))?;
    let entry = caller.principal.by().note(AuditKind::Act, action, Outcome::Asked).tenant(caller.tenant().as_str());
    let entry = entry.subject(&run.job_id.to_string());
    app.store.note(vec![why.into_iter().fold(entry, |entry, why| entry.with("reason", why))]).await?;
    let run = app.store.step_run(caller.tenant(), run.job_id, step).await?;
    changed(&app, &run, &caller.principal, "changed a run");
    Reply::ok(&OneRun { run: RunJson::of(&run)? })
}

async fn find(app: &App, caller: &TenantCaller<Admin>, job_id: &str) -> Result<Run, ApiError> {
    let unknown = || ApiError::new(Code::NotFound, "there is no such run").with("job_id", job_id);
    let id = Uuid::parse_str(job_id).map_err(|_| unknown())?;
    app.store.run(caller.tenant(), id).await?.ok_or_else(unknown)
}

const fn permission(mode: RunMode) -> &'static str {
    match mode {
        RunMode::Rebuild => "projection_rebuild",
        RunMode::CatchUp | RunMode::Verify | RunMode::Reproject => "projection_replay",
    }
}

/// Whether the caller may have a run of this mode.
///
/// # Errors
/// `forbidden`.
pub(crate) fn check_allowed(app: &App, principal: &Principal, mode: RunMode) -> Result<(), ApiError> {
    principal.require(permission(mode))?;
    if mode == RunMode::Rebuild && !app.config.allow_rebuild {
        return Err(ApiError::new(Code::Forbidden, "rebuilds are switched off here (api.allow_rebuild)"));
    }
    Ok(())
}

/// Tells the log, and the projector that there is something to look at.
pub(super) fn changed(app: &App, run: &Run, principal: &Principal, what: &'static str) {
    app.notifier.nudge(Channel::Jobs);
    info!(
        tenant = %run.tenant_id, job_id = %run.job_id, projection = run.target.as_str(), mode = run.mode.as_str(),
        status = run.status.as_str(), account = principal.account_id, "{what}"
    );
}
