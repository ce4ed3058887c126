//! `dg sessions`: who is signed in.

use clap::{Args, Subcommand};
use dg_client::SessionQuery;
use serde_json::json;

use super::or_dash;
use crate::{
    cli::Global,
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List sessions, newest first.
    List(ListArgs),
    /// End a session.
    #[command(after_help = "It is refused from the next request on.\n\nExamples:\n  dg sessions revoke 0123456789ab")]
    Revoke {
        /// Id of the session.
        session_id: String,
    },
}

/// Which sessions to list.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dg sessions list\n  dg sessions list --user ana --all")]
pub(crate) struct ListArgs {
    /// Only those of this user.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Also those that have ended.
    #[arg(long)]
    all: bool,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Where the page before ended.
    #[arg(long)]
    cursor: Option<String>,
}

pub(crate) async fn run(global: &Global, command: SessionsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::service(global)?;
    match command {
        SessionsCommand::List(args) => {
            let ListArgs { user: user_id, all, limit, cursor } = args;
            let page = client.sessions(&SessionQuery { user_id, all, limit: Some(limit), cursor }).await?;
            if out.is_json() {
                return out.document(&page);
            }
            let mut table = Table::new(&["SESSION", "USER", "STATUS", "THROUGH", "FROM", "SINCE", "LAST SEEN"]);
            for session in page.sessions {
                table.row([
                    session.session_id,
                    session.user_id,
                    session.status,
                    session.agent,
                    or_dash(session.address),
                    session.created_at,
                    session.last_seen_at,
                ]);
            }
            out.table(&table)?;
            match page.next_cursor {
                Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
                None => Ok(()),
            }
        }
        SessionsCommand::Revoke { session_id } => {
            let session = client.revoke_session(&session_id).await?;
            if out.is_json() {
                return out.document(&json!({ "session": session }));
            }
            Ok(out.line(format!("Ended the session of {}.", session.user_id))?)
        }
    }
}
