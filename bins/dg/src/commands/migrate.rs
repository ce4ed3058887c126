//! `dg migrate`: brings the schema to the version of this program.

use clap::Args;
use dg_storage::migrate;
use serde_json::json;

use super::database;
use crate::{failure::Failure, output::Output};

/// Which database to migrate.
#[derive(Debug, Args)]
#[command(after_help = "\
dg-store does the same when it starts. Several may run at once: one works, the others wait. The connection's user has to \
be dg_owner or a member of it.

Examples:
  dg migrate --database-url 'postgresql:///decisiongraph?host=/var/run/postgresql&user=dg_owner'
  DATABASE_URL=postgresql://admin@db/decisiongraph dg migrate --json")]
pub(crate) struct MigrateArgs {
    /// The database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
}

pub(crate) async fn run(args: &MigrateArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    database::check_url(&args.database_url)?;
    let applied = migrate::run(&database::owner(&args.database_url)).await?;
    if out.is_json() {
        return out.document(&json!({ "applied": applied.migrations, "version": applied.version }));
    }
    for name in &applied.migrations {
        out.line(format!("applied {name}"))?;
    }
    let done = if applied.migrations.is_empty() { "The schema was already" } else { "The schema is now" };
    Ok(out.line(format!("{done} at version {}.", applied.version))?)
}
