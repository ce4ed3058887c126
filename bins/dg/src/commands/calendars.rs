//! `dg calendars`: when anybody is there, and so how deadlines are counted.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dg_client::Calendar;
use serde_json::{Value, json};

use super::notifications::document;
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// What to do with calendars.
#[derive(Debug, Subcommand)]
pub(crate) enum CalendarsCommand {
    /// List the newest version of each calendar.
    #[command(after_help = "Examples:\n  dg calendars list -t acme")]
    List(TenantFlag),
    /// Print the definition of a calendar.
    #[command(
        after_help = "Examples:\n  dg calendars show berlin -t acme > berlin.json\n  dg calendars show berlin --version 3"
    )]
    #[command(disable_version_flag = true)]
    Show {
        /// Name of the calendar.
        calendar_id: String,
        /// Another version than the newest.
        #[arg(long, value_name = "N")]
        version: Option<i64>,
        #[command(flatten)]
        tenant: TenantFlag,
    },
    /// Make the next version of a calendar.
    Put(PutArgs),
    /// Say when so many minutes of open time will have passed.
    #[command(after_help = "Examples:\n  dg calendars deadline berlin 240 --from 2026-12-24T16:00:00Z -t acme")]
    Deadline {
        /// Name of the calendar.
        calendar_id: String,
        /// How many minutes.
        minutes: u32,
        /// Since then, RFC 3339; now without this.
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        #[command(flatten)]
        tenant: TenantFlag,
    },
}

/// The version to make.
#[derive(Debug, Args)]
#[command(after_help = "\
The file holds JSON: time_zone, weekly (lists of [from, to] by day), holidays (YYYY-MM-DD, or MM-DD for every year), and exceptions by day. \
Deadlines that were made stay as they are.

Examples:
  dg calendars put berlin berlin.json --reason 'summer hours' -t acme
  dg calendars show berlin | jq '.holidays += [\"2027-04-30\"]' | dg calendars put berlin - --reason bridge --seen 3")]
pub(crate) struct PutArgs {
    /// Name of the calendar.
    calendar_id: String,
    /// Its definition; `-` for standard input.
    file: PathBuf,
    /// Why, for the audit.
    #[arg(long)]
    reason: String,
    /// Only if this is the newest version; 0 for none.
    #[arg(long, value_name = "VERSION")]
    seen: Option<i64>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// Runs one of them.
///
/// # Errors
/// Why it failed.
pub(crate) async fn run(global: &Global, command: CalendarsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = |tenant: &TenantFlag| connection::tenant(global, tenant.tenant.as_deref());
    match command {
        CalendarsCommand::List(tenant) => list(client(&tenant)?.calendars().await?, out),
        CalendarsCommand::Show { calendar_id, version, tenant } => {
            let found = client(&tenant)?.calendar(&calendar_id, version).await?;
            if out.is_json() {
                return out.document(&json!({ "calendar": found }));
            }
            Ok(out.line(format!("{:#}", found.definition))?)
        }
        CalendarsCommand::Put(args) => {
            let definition = document(&args.file)?;
            let client = client(&args.tenant)?;
            let made = client.put_calendar(&args.calendar_id, &definition, &args.reason, args.seen).await?;
            if out.is_json() {
                return out.document(&json!({ "calendar": made }));
            }
            Ok(out.line(format!("{} is at version {}.", made.calendar_id, made.version))?)
        }
        CalendarsCommand::Deadline { calendar_id, minutes, from, tenant } => {
            let found = client(&tenant)?.calendar_deadline(&calendar_id, minutes, from.as_deref()).await?;
            if out.is_json() {
                return out.document(&found);
            }
            Ok(out.line(found.get("due_at").and_then(Value::as_str).unwrap_or("-"))?)
        }
    }
}

fn list(calendars: Vec<Calendar>, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "calendars": calendars }));
    }
    let mut table = Table::new(&["CALENDAR", "VERSION", "ZONE", "MADE", "BY", "REASON"]);
    for one in calendars {
        let zone = one.definition.get("time_zone").and_then(Value::as_str).unwrap_or("-").to_owned();
        let reason = shortened(&printable(&one.reason), 50);
        let (version, by) = (one.version.to_string(), printable(&one.created_by));
        table.row([one.calendar_id, version, printable(&zone), one.created_at, by, reason]);
    }
    Ok(out.table(&table)?)
}
