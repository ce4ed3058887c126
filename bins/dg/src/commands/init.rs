//! `dg init`: prepares a server, makes the schema and the first administrator.

use clap::Args;
use dg_http::{setup::SetupCode, token::Minted};
use dg_storage::{Store, bootstrap, migrate};
use serde_json::json;

use super::database;
use crate::{
    failure::{Exit, Failure},
    output::Output,
};

/// What to prepare.
#[derive(Debug, Args)]
#[command(after_help = "\
Makes the roles dg_owner, dg_store, dg_projectord, dg_apid and dg_workflowd, the database, the schema, and an account with \
the role admin whose token is printed once. While nobody can sign in to the console it also prints a code: at /setup of \
the console, whoever has it makes themselves the first person. What is there already stays as it is, so it can be repeated.

Examples:
  sudo -u postgres dg init                       the local server, over its socket
  dg init --database-url postgresql://postgres@db.internal/postgres --database decisiongraph
  dg init --new-token                            another token for the administrator, when the first one is lost")]
pub(crate) struct InitArgs {
    /// Connection of a user that may create roles and databases.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "postgresql:///postgres?host=/var/run/postgresql"
    )]
    database_url: String,
    /// Name of the database.
    #[arg(long, default_value = database::DATABASE)]
    database: String,
    /// Name of the administrator.
    #[arg(long, default_value = "admin", value_name = "NAME")]
    account: String,
    /// Prepare roles and database only: no schema, no account.
    #[arg(long, conflicts_with_all = ["account", "new_token"])]
    server_only: bool,
    /// Issue a token also when the administrator is there already.
    #[arg(long)]
    new_token: bool,
}

pub(crate) async fn run(args: &InitArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    database::check_url(&args.database_url)?;
    let prepared = bootstrap::prepare(&args.database_url, &args.database).await?;
    if args.server_only {
        if out.is_json() {
            return out.document(&json!({ "created_database": prepared.created_database, "database": args.database }));
        }
        return Ok(out.line(format!("Roles and database {} are there.", args.database))?);
    }
    let owner = database::owner(&database::with_database(&args.database_url, &args.database)?);
    let applied = migrate::run(&owner).await?;
    let store = Store::open(&owner)?;
    let (account, is_new) = database::administrator(&store, &args.account, "dg init").await?;
    if !account.roles.iter().any(|role| role == "admin") {
        let message = format!("the account {} exists and is no administrator", args.account);
        return Err(Failure::new(Exit::Data, "conflict", message).advise("choose another name with --account"));
    }
    let token = if is_new || args.new_token {
        let minted = Minted::draw();
        database::enter_token(&store, &args.account, &minted, "dg init").await?;
        Some(minted)
    } else {
        None
    };
    let token = token.as_ref().map(Minted::reveal);
    let setup = database::open_setup(&store, "dg init").await?;
    let setup_code = setup.as_ref().map(SetupCode::reveal);
    if out.is_json() {
        return out.document(&json!({
            "account_id": args.account,
            "created_database": prepared.created_database,
            "database": args.database,
            "schema_version": applied.version,
            "setup_code": setup_code,
            "token": token,
        }));
    }
    out.line(format!("Database {}: schema at version {}.", args.database, applied.version))?;
    match token {
        Some(token) => {
            out.line(format!("Administrator {}. The token, which is shown only now:\n\n  {token}\n", args.account))?;
            out.line("Keep it, then start the daemons; `dg tenants create NAME` makes the first tenant.")?;
        }
        None => {
            out.line(format!("Administrator {} was there already; --new-token issues another token.", args.account))?;
        }
    }
    if let Some(code) = setup_code {
        out.line(format!(
            "The first person comes in at /setup of the console, within a day, with the code\n\n  {code}\n"
        ))?;
    }
    Ok(())
}
