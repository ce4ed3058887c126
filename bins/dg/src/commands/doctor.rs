//! `dg doctor`: looks for what is wrong and says what to do.

mod api;
mod machine;
mod suite;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::{
    cli::Global,
    failure::{Exit, Failure},
    output::{Output, printable},
};

/// Where to look.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 0 when nothing is wrong, 1 when something is.

Examples:
  dg doctor
  dg doctor --database-url postgresql://dg_owner@db/decisiongraph
  dg doctor --json | jq -r '.checks[] | select(.state != \"ok\") | .advice'")]
pub(crate) struct DoctorArgs {
    /// Look into this database too; by default the one of the suite started by `dg up`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// Only look at this tenant; by default at all that the account may use.
    #[arg(short, long, env = "DG_TENANT")]
    tenant: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    advice: Option<String>,
    found: String,
    name: String,
    state: State,
}

impl Check {
    fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { advice: None, found: found.into(), name: name.into(), state: State::Ok }
    }

    fn warn(name: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), state: State::Warn, ..Self::ok(name, found) }
    }

    fn fail(name: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), state: State::Fail, ..Self::ok(name, found) }
    }

    fn failed(name: impl Into<String>, failure: &Failure) -> Self {
        Self {
            advice: failure.advice().map(ToOwned::to_owned),
            state: State::Fail,
            ..Self::ok(name, failure.message())
        }
    }
}

pub(crate) async fn run(global: &Global, args: &DoctorArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let mut checks = suite::checks(global);
    checks.extend(machine::checks(&global.dir).await);
    checks.extend(machine::database(global, args.database_url.as_deref()).await);
    checks.extend(api::checks(global, args.tenant.as_deref()).await);
    let worst = checks.iter().map(|check| check.state).max().unwrap_or(State::Ok);
    if out.is_json() {
        out.document(&json!({ "checks": checks, "state": worst }))?;
    } else {
        tell(&checks, out)?;
    }
    let failed = checks.iter().filter(|check| check.state == State::Fail).count();
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Found, "unhealthy", "one check failed")),
        _ => Err(Failure::new(Exit::Found, "unhealthy", format!("{failed} checks failed"))),
    }
}

fn tell(checks: &[Check], out: &mut Output<'_>) -> std::io::Result<()> {
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    for check in checks {
        let mark = match check.state {
            State::Ok => "\x1b[32mok\x1b[0m  ",
            State::Warn => "\x1b[33mwarn\x1b[0m",
            State::Fail => "\x1b[31mfail\x1b[0m",
        };
        out.line(format!("{mark}  {:<width$}  {}", check.name, printable(&check.found)))?;
        if let Some(advice) = &check.advice {
            out.line(format!("      {:<width$}  → {advice}", ""))?;
        }
    }
    Ok(())
}
