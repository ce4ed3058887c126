//! `dg tokens`: what accounts are known by.

use clap::{Args, Subcommand};
use dg_client::{IssuedToken, OwnToken};
use serde_json::json;

use super::or_dash;
use crate::{
    cli::Global,
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    /// List the tokens of an account, without their secrets.
    #[command(
        after_help = "Examples:\n  dg tokens list acme-agents\n  dg tokens list acme-agents --json | jq '.tokens[].last_used_at'"
    )]
    List {
        /// Name of the account.
        #[arg(value_name = "NAME")]
        account_id: String,
    },
    /// Issue one more token for an account and print it, once.
    Create(CreateArgs),
    /// Issue a token in the place of another one, which goes on for a while.
    Rotate(RotateArgs),
    /// Revoke a token.
    #[command(
        after_help = "It is refused from the next request on, in every process.\n\nExamples:\n  dg tokens revoke acme-agents 0123456789ab      the middle part of dg_0123456789ab_…"
    )]
    Revoke {
        /// Name of the account.
        #[arg(value_name = "NAME")]
        account_id: String,
        /// Public part of the token; `dg tokens list` shows them.
        token_id: String,
    },
}

/// The token to issue.
#[derive(Debug, Args)]
#[command(after_help = "\
The other tokens of the account stay valid; `dg tokens rotate` ends one.

Examples:
  dg tokens create acme-agents --label ci
  dg tokens create acme-agents --expires-in-s 86400 --json | jq -r .token")]
pub(crate) struct CreateArgs {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    account_id: String,
    /// Seconds until it ends; never without this.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    expires_in_s: Option<u64>,
    /// What it is for.
    #[arg(long)]
    label: Option<String>,
}

/// The token to replace.
#[derive(Debug, Args)]
#[command(after_help = "\
Both tokens are valid until the overlap is over: put the new one in place meanwhile.

Examples:
  dg tokens rotate acme-agents 0123456789ab
  dg tokens rotate acme-agents 0123456789ab --overlap-s 600 --json | jq -r .token")]
pub(crate) struct RotateArgs {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    account_id: String,
    /// Public part of the token to replace.
    token_id: String,
    /// Seconds for which the old one goes on; a day without this.
    #[arg(long, value_name = "SECONDS")]
    overlap_s: Option<u64>,
    /// Seconds until the new one ends; never without this.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    expires_in_s: Option<u64>,
}

pub(crate) async fn run(global: &Global, command: TokensCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::service(global)?;
    match command {
        TokensCommand::List { account_id } => {
            let tokens = client.tokens(&account_id).await?;
            if out.is_json() {
                return out.document(&json!({ "tokens": tokens }));
            }
            Ok(out.table(&table(tokens))?)
        }
        TokensCommand::Create(args) => {
            let issued = client.create_token(&args.account_id, args.expires_in_s, args.label.as_deref()).await?;
            tell(&args.account_id, &issued, out)
        }
        TokensCommand::Rotate(args) => {
            let (account_id, token_id) = (&args.account_id, &args.token_id);
            let rotated = client.rotate_token(account_id, token_id, args.overlap_s, args.expires_in_s).await?;
            let (issued, old) = (&rotated.token, &rotated.replaced);
            if out.is_json() {
                return out.document(&json!({
                    "account_id": account_id,
                    "expires_at": issued.expires_at,
                    "replaced": old,
                    "token": issued.token.expose(),
                    "token_id": issued.token_id,
                }));
            }
            tell(account_id, issued, out)?;
            Ok(out.line(format!("{token_id} goes on until {}.", or_dash(old.expires_at.clone())))?)
        }
        TokensCommand::Revoke { account_id, token_id } => {
            client.revoke_token(&account_id, &token_id).await?;
            if out.is_json() {
                return out.document(&json!({ "account_id": account_id, "revoked": true, "token_id": token_id }));
            }
            Ok(out.line(format!("Revoked {token_id} of {account_id}."))?)
        }
    }
}

/// Tokens in a table.
pub(super) fn table(tokens: Vec<OwnToken>) -> Table {
    let mut table = Table::new(&["TOKEN", "STATUS", "LABEL", "CREATED", "LAST USED", "EXPIRES", "REVOKED", "REPLACES"]);
    for token in tokens {
        let OwnToken { token_id, status, label, created_at, last_used_at, expires_at, revoked_at, replaces, .. } =
            token;
        let [status, label, created_at] = [status, label, created_at].map(or_dash);
        let [last_used_at, expires_at, revoked_at, replaces] =
            [last_used_at, expires_at, revoked_at, replaces].map(or_dash);
        table.row([token_id, status, label, created_at, last_used_at, expires_at, revoked_at, replaces]);
    }
    table
}

/// Shows a token, this once.
pub(super) fn tell(account_id: &str, issued: &IssuedToken, out: &mut Output<'_>) -> Result<(), Failure> {
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
    Ok(out.line(format!("Valid {until}. To revoke it: dg tokens revoke {account_id} {}", issued.token_id))?)
}
