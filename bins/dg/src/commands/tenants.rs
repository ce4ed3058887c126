//! `dg tenants`: the registry of tenants.

use clap::{Args, Subcommand};
use dg_client::{LimitsChange, NewTenant, Tenant, TenantChange};
use serde_json::json;

use super::or_dash;
use crate::{
    cli::Global,
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantsCommand {
    /// List all tenants.
    #[command(after_help = "Examples:\n  dg tenants list\n  dg tenants list --json | jq -r '.tenants[].tenant_id'")]
    List,
    /// Show one tenant.
    #[command(after_help = "Examples:\n  dg tenants show acme")]
    Show {
        /// Its name.
        tenant_id: String,
    },
    /// Register a tenant: a log of its own.
    Create(CreateArgs),
    /// Suspend, close or open a tenant, or bound what it may send.
    Set(SetArgs),
}

/// What becomes different about a tenant.
#[derive(Debug, Args)]
#[command(after_help = "\
A suspended tenant takes no events and can be read; into a closed one only administrators come. It counts from the next request on.

Examples:
  dg tenants set acme --status suspended --reason 'unpaid since May'
  dg tenants set acme --status active
  dg tenants set acme --max-event-bytes 65536 --max-batch-events 100
  dg tenants set acme --max-event-bytes none")]
pub(crate) struct SetArgs {
    /// Its name.
    tenant_id: String,
    /// What it may be used for.
    #[arg(long, value_parser = ["active", "suspended", "closed"])]
    status: Option<String>,
    /// How secrets in events are found.
    #[arg(long, value_parser = ["precise", "reference"])]
    secret_guard: Option<String>,
    /// Bytes of one event; `none` for what the service takes from everybody.
    #[arg(long, value_name = "BYTES", value_parser = limit)]
    max_event_bytes: Option<Limit>,
    /// Events of one batch; `none` for what the service takes from everybody.
    #[arg(long, value_name = "EVENTS", value_parser = limit)]
    max_batch_events: Option<Limit>,
    /// Reads a second, whoever asks; `none` for the service's own limit.
    #[arg(long, value_name = "READS", value_parser = limit)]
    reads_per_second: Option<Limit>,
    /// Events a second, whoever sends them; `none` for the service's own limit.
    #[arg(long, value_name = "EVENTS", value_parser = limit)]
    writes_per_second: Option<Limit>,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
}

/// A limit to set, or to give up.
#[derive(Clone, Copy, Debug)]
struct Limit(Option<i64>);

fn limit(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        _ => text.parse().map(|number| Limit(Some(number))).map_err(|_| "it is a number, or none".to_owned()),
    }
}

/// The tenant to register.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg tenants create acme
  dg tenants create acme --if-missing                          also succeeds when it exists
  dg tenants create parity --secret-guard reference            find secrets as the reference does")]
pub(crate) struct CreateArgs {
    /// 1 to 128 of A-Z a-z 0-9 . _ : @ -, beginning with a letter or digit.
    tenant_id: String,
    /// How secrets in events are found.
    #[arg(long, value_parser = ["precise", "reference"])]
    secret_guard: Option<String>,
    /// Succeed when it exists already.
    #[arg(long)]
    if_missing: bool,
    /// It is a demonstration: reviews take its history, times and approvals included, as it was recorded elsewhere.
    #[arg(long)]
    demo: bool,
}

pub(crate) async fn run(global: &Global, command: TenantsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        TenantsCommand::List => list(global, out).await,
        TenantsCommand::Create(args) => create(global, args, out).await,
        TenantsCommand::Show { tenant_id } => {
            tell(&connection::service(global)?.tenant_details(&tenant_id).await?, out)
        }
        TenantsCommand::Set(args) => {
            let limits = LimitsChange {
                max_event_bytes: args.max_event_bytes.map(|limit| limit.0),
                max_batch_events: args.max_batch_events.map(|limit| limit.0),
                reads_per_second: args.reads_per_second.map(|limit| limit.0),
                writes_per_second: args.writes_per_second.map(|limit| limit.0),
            };
            let SetArgs { tenant_id, status, secret_guard, reason, .. } = args;
            let change = TenantChange { status, secret_guard, limits, reason };
            tell(&connection::service(global)?.change_tenant(&tenant_id, &change).await?, out)
        }
    }
}

fn tell(tenant: &Tenant, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "tenant": tenant }));
    }
    out.line(&tenant.tenant_id)?;
    let number = |limit: Option<i64>| limit.map(|limit| limit.to_string());
    for (name, text) in [
        ("status", tenant.status.clone()),
        ("secret guard", tenant.secret_guard.clone()),
        ("event bytes", number(tenant.limits.max_event_bytes)),
        ("batch events", number(tenant.limits.max_batch_events)),
        ("reads/s", number(tenant.limits.reads_per_second)),
        ("events/s", number(tenant.limits.writes_per_second)),
        ("created", tenant.created_at.clone()),
    ] {
        out.line(format!("  {name:<12} {}", or_dash(text)))?;
    }
    Ok(())
}

async fn list(global: &Global, out: &mut Output<'_>) -> Result<(), Failure> {
    let tenants = connection::service(global)?.tenants().await?;
    if out.is_json() {
        return out.document(&json!({ "tenants": tenants }));
    }
    let mut table = Table::new(&["TENANT", "STATUS", "SECRET GUARD", "CREATED", "BY"]).full();
    for tenant in tenants {
        table.row([
            tenant.tenant_id,
            or_dash(tenant.status),
            or_dash(tenant.secret_guard),
            or_dash(tenant.created_at),
            or_dash(tenant.created_by),
        ]);
    }
    Ok(out.table(&table)?)
}

async fn create(global: &Global, args: CreateArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::service(global)?;
    let new = NewTenant { tenant_id: args.tenant_id, secret_guard: args.secret_guard, demo: args.demo };
    let (tenant, created) = match client.create_tenant(&new).await {
        Ok(tenant) => (tenant, true),
        Err(error) if error.code == "conflict" && args.if_missing => {
            let known = client.tenants().await?.into_iter().find(|tenant| tenant.tenant_id == new.tenant_id);
            (known.ok_or_else(|| Failure::from(error))?, false)
        }
        Err(error) if error.code == "conflict" => {
            return Err(
                Failure::from(error).advise("nothing to do if that is the one; --if-missing makes this succeed")
            );
        }
        Err(error) => return Err(error.into()),
    };
    if out.is_json() {
        return out.document(&json!({ "created": created, "tenant": tenant }));
    }
    let verb = if created { "Registered" } else { "There is already" };
    Ok(out.line(format!("{verb} {}, secret guard {}.", tenant.tenant_id, or_dash(tenant.secret_guard)))?)
}
