//! `dg accounts`: who may use the service.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dg_client::{AccountChange, NewAccount};
use serde_json::json;

use super::{joined, or_dash, tokens};
use crate::{
    cli::Global,
    connection,
    failure::{Exit, Failure},
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
    /// Change what an account may do, or switch it off and on.
    #[command(after_help = "\
What is not named stays as it is. It counts from the next request on, in every process.

Examples:
  dg accounts set acme-agents --role reader
  dg accounts set acme-agents --tenant acme --tenant beta
  dg accounts set acme-agents --disabled true")]
    Set(SetArgs),
    /// Create the accounts of a service-accounts.json, all or none.
    Import(ImportArgs),
}

/// What an account may do.
#[derive(Debug, Args)]
#[command(after_help = "\
Roles: reader reads; writer reads and appends; admin does everything that its permissions name.

Examples:
  dg accounts create acme-agents --role writer --tenant acme
  dg accounts create acme-viewer --role reader --tenant acme --json | jq -r .token
  dg accounts create ops --role admin --tenant '*' --permission '*'
  dg accounts create console --permission principal_assert     the console: people sign in through it")]
pub(crate) struct CreateArgs {
    /// Its name: recorded with everything it does.
    #[arg(value_name = "NAME")]
    account_id: String,
    /// What it may do; may be repeated.
    #[arg(
        long = "role",
        value_name = "ROLE",
        required_unless_present = "permissions",
        value_parser = ["reader", "writer", "admin"]
    )]
    roles: Vec<String>,
    /// Where; may be repeated, '*' for every tenant.
    #[arg(short, long = "tenant", value_name = "TENANT", required_unless_present = "permissions")]
    tenants: Vec<String>,
    /// More that it may do; may be repeated, '*' for all.
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// Who answers for it: nobody approves what their own agent asks for.
    #[arg(long, value_name = "ACCOUNT")]
    owner: Option<String>,
}

/// What becomes different about an account or a user.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub(super) account_id: String,
    /// What it may do, instead of what it may now; may be repeated.
    #[arg(long = "role", value_name = "ROLE", value_parser = ["reader", "writer", "admin"])]
    roles: Vec<String>,
    /// Where, instead of where it may now; may be repeated, '*' for every tenant.
    #[arg(short, long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,
    /// More that it may do, instead of what it may now; may be repeated, '*' for all.
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// Takes all permissions away.
    #[arg(long, conflicts_with = "permissions")]
    no_permissions: bool,
    /// How people call it.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Who answers for it: nobody approves what their own agent asks for.
    #[arg(long, value_name = "ACCOUNT")]
    owner: Option<String>,
    /// Nobody answers for it.
    #[arg(long, conflicts_with = "owner")]
    no_owner: bool,
    /// Whether everything it is known by is refused.
    #[arg(long, value_name = "BOOL")]
    disabled: Option<bool>,
}

/// The file to import.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is the one that the reference platform reads: {\"service_accounts\": [{\"account_id\", \"roles\", \"permissions\", \
\"tenant_ids\", \"tokens\"}]}. It holds tokens in the clear; here only their hashes are kept. Tokens of 43 characters, as its \
generator draws them, stay valid. Others are too weak and are left behind; an account that has no other gets a new one, printed once.

Examples:
  dg accounts import service-accounts.json
  dg accounts import service-accounts.json --skip-existing --json")]
pub(crate) struct ImportArgs {
    /// The file.
    file: PathBuf,
    /// Leave accounts that are there already as they are.
    #[arg(long)]
    skip_existing: bool,
}

impl SetArgs {
    /// The change that was written.
    pub(super) fn change(&self) -> AccountChange {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        AccountChange {
            display_name: self.display_name.clone(),
            roles: some(&self.roles),
            permissions: if self.no_permissions { Some(Vec::new()) } else { some(&self.permissions) },
            tenant_ids: some(&self.tenants),
            disabled: self.disabled,
            owner_id: if self.no_owner { Some(None) } else { self.owner.clone().map(Some) },
        }
    }
}

pub(crate) async fn run(global: &Global, command: AccountsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        AccountsCommand::List => list(global, out).await,
        AccountsCommand::Show { account_id } => show(global, &account_id, out).await,
        AccountsCommand::Create(args) => create(global, args, out).await,
        AccountsCommand::Set(args) => {
            let account = connection::service(global)?.change_account(&args.account_id, &args.change()).await?;
            if out.is_json() {
                return out.document(&json!({ "account": account }));
            }
            Ok(out.line(format!("Changed {}.", account.account_id))?)
        }
        AccountsCommand::Import(args) => import(global, &args, out).await,
    }
}

async fn list(global: &Global, out: &mut Output<'_>) -> Result<(), Failure> {
    let accounts = connection::service(global)?.accounts().await?;
    if out.is_json() {
        return out.document(&json!({ "accounts": accounts }));
    }
    let mut table = Table::new(&["ACCOUNT", "KIND", "ROLES", "PERMISSIONS", "TENANTS", "STATE", "CREATED"]);
    for account in accounts {
        let state = if account.disabled { "disabled" } else { "active" };
        table.row([
            account.account_id,
            or_dash(account.kind),
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
        ("kind", or_dash(account.kind)),
        ("owner", or_dash(account.owner_id)),
        ("roles", joined(&account.roles)),
        ("permissions", joined(&account.permissions)),
        ("tenants", joined(&account.tenant_ids)),
        ("created", or_dash(account.created_at)),
    ] {
        out.line(format!("  {name:<12} {text}"))?;
    }
    out.line("")?;
    Ok(out.table(&tokens::table(account.tokens))?)
}

async fn create(global: &Global, args: CreateArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let new = NewAccount {
        account_id: args.account_id,
        roles: args.roles,
        permissions: args.permissions,
        tenant_ids: args.tenants,
        owner_id: args.owner,
        ..NewAccount::default()
    };
    let made = connection::service(global)?.create_account(&new).await.map_err(|error| {
        let exists = error.code == "conflict";
        let failure = Failure::from(error);
        if exists { failure.advise("issue one more token for it with `dg tokens create NAME`") } else { failure }
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
    tokens::tell(&account.account_id, &made.token, out)
}

async fn import(global: &Global, args: &ImportArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let unreadable =
        |reason: String| Failure::new(Exit::Data, "bad_format", format!("{}: {reason}", args.file.display()));
    let text = std::fs::read_to_string(&args.file).map_err(|error| unreadable(error.to_string()))?;
    let mut file: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| unreadable(format!("not JSON: {error}")))?;
    match file.as_object_mut() {
        Some(object) => drop(object.insert("skip_existing".to_owned(), args.skip_existing.into())),
        None => return Err(unreadable("not a JSON object".to_owned())),
    }
    let imported = connection::service(global)?.import_accounts(&file).await?;
    if out.is_json() {
        return out.document(&imported);
    }
    let mut table = Table::new(&["ACCOUNT", "ROLES", "TENANTS", "TOKENS KEPT", "LEFT BEHIND", "NEW TOKEN"]).full();
    for one in &imported.accounts {
        let account = &one.account;
        table.row([
            account.account_id.clone(),
            joined(&account.roles),
            joined(&account.tenant_ids),
            one.tokens_kept.to_string(),
            one.tokens_left_behind.to_string(),
            one.token.as_ref().map_or_else(|| "-".to_owned(), |issued| issued.token.expose().to_owned()),
        ]);
    }
    out.table(&table)?;
    if !imported.skipped.is_empty() {
        out.line(format!("\nthere already: {}", joined(&imported.skipped)))?;
    }
    if !imported.unregistered_tenants.is_empty() {
        out.line(format!(
            "\nnot registered yet: {} (`dg tenants create NAME`)",
            joined(&imported.unregistered_tenants)
        ))?;
    }
    Ok(())
}
