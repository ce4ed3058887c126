//! `dg tenants`: the registry of tenants.

use clap::{Args, Subcommand};
use dg_client::NewTenant;
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
    /// Register a tenant: a log of its own.
    Create(CreateArgs),
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
}

pub(crate) async fn run(global: &Global, command: TenantsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        TenantsCommand::List => list(global, out).await,
        TenantsCommand::Create(args) => create(global, args, out).await,
    }
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
    let new = NewTenant { tenant_id: args.tenant_id, secret_guard: args.secret_guard };
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
