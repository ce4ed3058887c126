//! `dg accounts`: who may use the service, and their tokens.

use clap::{Args, Subcommand};
use dg_client::{IssuedToken, NewAccount, OwnToken};
use serde_json::json;

use super::{joined, or_dash};
use crate::{
    cli::Global,
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// List all accounts.
    #[command(after_help = "Examples:\n  dg accounts list\n  dg accounts list --json | jq '.accounts[].account_id'")]
    List,
    /// Show one account and its tokens, without their secrets.
    #[command(after_help = "Examples:\n  dg accounts show acme-agents")]
    Show {
        /// Name of the account.
        #[arg(value_name = "NAME")]
        account_id: String,
    },
    /// Create an account and print its first token, once.
    Create(CreateArgs),
    /// Issue one more token for an account and print it, once.
    #[command(after_help = "\
To rotate: issue a second token, move the clients, then revoke the first one.

Examples:
  dg accounts token acme-agents
  dg accounts token acme-agents --expires-in-s 86400 --json | jq -r .token")]
    Token {
        /// Name of the account.
        #[arg(value_name = "NAME")]
        account_id: String,
        /// Seconds until it ends; never without this.
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
        expires_in_s: Option<u64>,
    },
    /// Revoke a token.
    #[command(
        after_help = "Examples:\n  dg accounts revoke acme-agents 0123456789ab      the middle part of dg_0123456789ab_…"
    )]
    Revoke {
        /// Name of the account.
        #[arg(value_name = "NAME")]
        account_id: String,
        /// Public part of the token; `dg accounts show` lists them.
        token_id: String,
    },
}

/// The account to create.
#[derive(Debug, Args)]
#[command(after_help = "\
Roles: reader reads; writer reads and appends; admin does everything.

Examples:
  dg accounts create acme-agents --role writer --tenant acme
  dg accounts create acme-viewer --role reader --tenant acme --json | jq -r .token
  dg accounts create ops --role admin --tenant '*' --permission '*'")]
pub(crate) struct CreateArgs {
    /// Its name: recorded with everything it does.
    #[arg(value_name = "NAME")]
    account_id: String,
    /// What it may do; may be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = ["reader", "writer", "admin"])]
    roles: Vec<String>,
    /// Where; may be repeated, '*' for every tenant.
    #[arg(short, long = "tenant", value_name = "TENANT", required = true)]
    tenants: Vec<String>,
    /// More that it may do; may be repeated, '*' for all.
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
}

pub(crate) async fn run(global: &Global, command: AccountsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        AccountsCommand::List => list(global, out).await,
        AccountsCommand::Show { account_id } => show(global, &account_id, out).await,
        AccountsCommand::Create(args) => create(global, args, out).await,
        AccountsCommand::Token { account_id, expires_in_s } => {
            let issued = connection::service(global)?.create_token(&account_id, expires_in_s).await?;
            tell_token(&account_id, &issued, out)
        }
        AccountsCommand::Revoke { account_id, token_id } => {
            connection::service(global)?.revoke_token(&account_id, &token_id).await?;
            if out.is_json() {
                return out.document(&json!({ "account_id": account_id, "revoked": true, "token_id": token_id }));
            }
            Ok(out.line(format!("Revoked {token_id} of {account_id}."))?)
        }
    }
}

async fn list(global: &Global, out: &mut Output<'_>) -> Result<(), Failure> {
    let accounts = connection::service(global)?.accounts().await?;
    if out.is_json() {
        return out.document(&json!({ "accounts": accounts }));
    }
    let mut table = Table::new(&["ACCOUNT", "ROLES", "PERMISSIONS", "TENANTS", "STATE", "CREATED"]);
    for account in accounts {
        let state = if account.disabled { "disabled" } else { "active" };
        table.row([
            account.account_id,
            joined(&account.roles),
            joined(&account.permissions),
            joined(&account.tenant_ids),
            state.to_owned(),
            or_dash(account.created_at),
        ]);
    }
    Ok(out.table(&table)?)
}

async fn show(global: &Global, account_id: &str, out: &mut Output<'_>) -> Result<(), Failure> {
    let account = connection::service(global)?.account(account_id).await?;
    if out.is_json() {
        return out.document(&json!({ "account": account }));
    }
    out.line(format!("{}{}", account.account_id, if account.disabled { " (disabled)" } else { "" }))?;
    for (name, text) in [
        ("roles", joined(&account.roles)),
        ("permissions", joined(&account.permissions)),
        ("tenants", joined(&account.tenant_ids)),
        ("created", or_dash(account.created_at)),
    ] {
        out.line(format!("  {name:<12} {text}"))?;
    }
    out.line("")?;
    let mut table = Table::new(&["TOKEN", "CREATED", "LAST USED", "EXPIRES", "REVOKED"]);
    for OwnToken { created_at, expires_at, last_used_at, revoked_at, token_id } in account.tokens {
        table.row([token_id, or_dash(created_at), or_dash(last_used_at), or_dash(expires_at), or_dash(revoked_at)]);
    }
    Ok(out.table(&table)?)
}

async fn create(global: &Global, args: CreateArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let new = NewAccount {
        account_id: args.account_id,
        roles: args.roles,
        permissions: args.permissions,
        tenant_ids: args.tenants,
    };
    let made = connection::service(global)?.create_account(&new).await.map_err(|error| {
        let exists = error.code == "conflict";
        let failure = Failure::from(error);
        if exists { failure.advise("issue one more token for it with `dg accounts token NAME`") } else { failure }
    })?;
    if out.is_json() {
        return out.document(&json!({
            "account_id": made.account.account_id,
            "expires_at": made.token.expires_at,
            "permissions": made.account.permissions,
            "roles": made.account.roles,
            "tenant_ids": made.account.tenant_ids,
            "token": made.token.token.expose(),
            "token_id": made.token.token_id,
        }));
    }
    let account = made.account;
    let what = format!("{} in {}", joined(&account.roles), joined(&account.tenant_ids));
    out.line(format!("Created {}: {what}.", account.account_id))?;
    tell_token(&account.account_id, &made.token, out)
}

fn tell_token(account_id: &str, issued: &IssuedToken, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({
            "account_id": account_id,
            "expires_at": issued.expires_at,
            "token": issued.token.expose(),
            "token_id": issued.token_id,
        }));
    }
    out.line(format!("Its token, which is shown only now:\n\n  {}\n", issued.token.expose()))?;
    let until =
        issued.expires_at.as_deref().map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {at}"));
    Ok(out.line(format!("Valid {until}. To revoke it: dg accounts revoke {account_id} {}", issued.token_id))?)
}
