//! What the caller wants to be told outside of the console.

use std::path::PathBuf;

use clap::Args;
use dg_client::Client;
use serde_json::Value;

use crate::{
    cli::TenantFlag,
    commands::or_dash,
    failure::{Exit, Failure},
    output::{Output, printable},
};

/// What to say.
#[derive(Debug, Args)]
#[command(after_help = "\
The file holds JSON: time_zone, quiet_hours {from, to}, quiet_days, digest_at, mode (off, immediate, hourly, daily), channels (email, webhook, \
chat), and categories with a mode and channels of their own. What is left out is as in the default. What is not named on the command line stays.

Examples:
  dg notifications preferences -t acme
  dg notifications preferences --email ana@example.org
  dg notifications preferences --file mine.json
  echo '{\"mode\": \"daily\", \"digest_at\": \"07:30\"}' | dg notifications preferences --file -")]
pub(crate) struct PreferencesArgs {
    /// Where e-mail goes.
    #[arg(long, conflicts_with = "no_email")]
    email: Option<String>,
    /// No e-mail.
    #[arg(long)]
    no_email: bool,
    /// What is sent, and when; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantFlag,
}

impl PreferencesArgs {
    pub(super) const fn tenant(&self) -> &TenantFlag {
        &self.tenant
    }
}

pub(super) async fn run(client: &Client, args: &PreferencesArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let mut found = client.notification_preferences().await?;
    if args.email.is_some() || args.no_email || args.file.is_some() {
        let email = args.email.clone().or(found.email.filter(|_| !args.no_email));
        let preferences = match &args.file {
            Some(file) => document(file)?,
            None => Value::Object(found.preferences),
        };
        found = client.put_notification_preferences(email.as_deref(), &preferences).await?;
    }
    if out.is_json() {
        return out.document(&found);
    }
    out.line(format!("e-mail: {}", or_dash(found.email.as_deref().map(printable))))?;
    Ok(out.line(format!("{:#}", Value::Object(found.preferences)))?)
}

/// A JSON document of a file, or of standard input.
///
/// # Errors
/// 65 when it cannot be read or is no JSON.
pub(in crate::commands) fn document(file: &std::path::Path) -> Result<Value, Failure> {
    let bad = |error: String| Failure::new(Exit::Data, "bad_format", format!("{}: {error}", file.display()));
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin()).map_err(|error| bad(error.to_string()))?
    } else {
        std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?
    };
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}
