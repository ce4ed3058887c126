//! `dg status`: the service, this account, and how far the projections are.

use dg_client::{ClientError, Health, Me};
use serde::Serialize;

use super::{joined, or_dash, replay};
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable},
};

#[derive(Serialize)]
struct Status {
    api_url: String,
    me: Me,
    projections: Option<Health>,
    ready: bool,
}

pub(crate) async fn run(global: &Global, args: &TenantFlag, out: &mut Output<'_>) -> Result<(), Failure> {
    let settings = connection::Settings::find(global, args.tenant.as_deref())?;
    let client = connection::service(global)?;
    let (ready, _) = client.probe("readyz").await?;
    let me = client.me().await?;
    let projections = match &settings.tenant {
        Some(tenant) => match client.tenant(tenant).health().await {
            Ok(health) => Some(health),
            // The tenant is only a guess of ours when it was not named.
            Err(ClientError { code, .. })
                if args.tenant.is_none() && matches!(code.as_str(), "not_found" | "forbidden") =>
            {
                None
            }
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    let status = Status { api_url: client.base_url().to_owned(), me, projections, ready };
    if out.is_json() {
        return out.document(&status);
    }
    tell(&status, out)
}

fn tell(status: &Status, out: &mut Output<'_>) -> Result<(), Failure> {
    let me = &status.me;
    let state = if status.ready { "ready" } else { "not ready; `dg doctor` says why" };
    out.line(format!("{}  {state}", status.api_url))?;
    out.line(format!("account  {}, {}, tenants {}", me.account_id, joined(&me.roles), joined(&me.tenant_ids)))?;
    let Some(health) = &status.projections else {
        return Ok(out.line(format!("tenants  {}", joined(&me.tenants)))?);
    };
    out.line(format!("tenant   {}, {}, log at {}\n", health.tenant_id, health.status, health.event_log_last_seq))?;
    let mut table =
        Table::new(&["PROJECTION", "STATUS", "STATE", "AT", "PENDING", "LAG", "FAILURES", "QUARANTINED", "UPDATED"]);
    for projection in &health.projections {
        table.row([
            projection.projection_name.clone(),
            projection.status.clone(),
            projection.state.clone(),
            projection.last_log_seq.to_string(),
            projection.pending_events.to_string(),
            format!("{:.1} s", projection.lag_seconds),
            projection.open_failures.to_string(),
            projection.quarantined.to_string(),
            or_dash(projection.updated_at.clone()),
        ]);
    }
    out.table(&table)?;
    tell_troubles(health, out)?;
    if !health.open_runs.is_empty() {
        out.line("")?;
        replay::tell::table(&health.open_runs, false, out)?;
    }
    Ok(())
}

/// What a person has to know about, one line each.
fn tell_troubles(health: &Health, out: &mut Output<'_>) -> Result<(), Failure> {
    for projection in &health.projections {
        let name = &projection.projection_name;
        if let Some(error) = &projection.last_error {
            out.line(format!("\n{name} does not move: {} [{}]", printable(&error.message), error.code))?;
        }
        if let Some(since) = &projection.drift_since {
            out.line(format!("\n{name} was changed by other hands, noticed at {since}; `dg verify` shows where"))?;
        }
    }
    for failure in &health.open_failures {
        let (event_id, message) = (printable(&failure.event_id), printable(&failure.message));
        let at = failure.log_seq;
        out.line(format!("\n{} lacks {event_id} at {at}: {message} [{}]", failure.projection_name, failure.code))?;
        out.line(format!("  dg failures retry {0}\n  dg quarantine {0} --reason …", failure.failure_id))?;
    }
    Ok(())
}
