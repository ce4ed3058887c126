//! The command line: what may be written, and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    absences, accounts, audit, bench, calendars, demo, digest, doctor, export, failures, graph, import, init, migrate,
    notifications, precedents, quarantine, replay, sessions, tenants, tokens, trace, traces, up, users, verify,
    webhooks, workflow,
};

/// Records decisions, projects them, queries them, proves them: the operator's command line.
#[derive(Debug, Parser)]
#[command(name = "dg", version, max_term_width = 110, arg_required_else_help = true, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Where the service is, which token and which tenant: --api-url, --token, --tenant; or DG_API_URL, DG_TOKEN, \
DG_TENANT; or the file .dg/client.toml that `dg up` writes (another directory: --dir or DG_DIR).

Exit codes: 0 done, 1 a check found something, 64 wrong usage, 65 wrong or unknown data, 69 not reachable, 70 a bug, 75 try again later, \
77 not allowed, 78 settings missing or wrong.

Examples:
  dg up                                  start everything here, with a private PostgreSQL in ./.dg
  dg import history.ndjson -t acme       append a file of events
  dg trace show trace-live-renewal-002   one decision, step by step
  dg doctor                              what is wrong, and what to do";

/// Flags of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connection and output")]
pub(crate) struct Global {
    /// Address of the API.
    #[arg(long, global = true, env = "DG_API_URL", value_name = "URL")]
    pub(crate) api_url: Option<String>,
    /// Bearer token. Better given as DG_TOKEN: a command line can be seen by other users.
    #[arg(long, global = true, env = "DG_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Directory of a suite started by `dg up`.
    #[arg(long, global = true, env = "DG_DIR", default_value = ".dg")]
    pub(crate) dir: PathBuf,
    /// Answer with one JSON document: sorted keys, same bytes for the same state.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The tenant a command works in.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TenantFlag {
    /// Tenant to work in.
    #[arg(short, long, env = "DG_TENANT")]
    pub(crate) tenant: Option<String>,
}

/// How current a read has to be.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct FreshnessFlags {
    /// Fail unless everything in the log is in the answer.
    #[arg(long, conflicts_with = "min_log_seq")]
    pub(crate) strict: bool,
    /// Wait until this log position is in the answer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) min_log_seq: Option<i64>,
    /// Longest wait for --min-log-seq and --as-of, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=30_000))]
    pub(crate) wait_ms: u32,
}

/// Where to look back from.
#[derive(Debug, Args)]
pub(crate) struct AsOfFlag {
    /// Show what was known when the log ended at this position.
    #[arg(long, value_name = "N", conflicts_with = "strict", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) as_of: Option<i64>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the whole suite here, with a private PostgreSQL.
    Up(up::UpArgs),
    /// Fill a demo tenant, and keep it going.
    Demo(demo::DemoArgs),
    /// Prepare a database: roles, schema, the first administrator.
    Init(init::InitArgs),
    /// Bring the database schema to the version of this program.
    Migrate(migrate::MigrateArgs),
    /// Show the service, this account, and how far the projections are.
    #[command(after_help = "Examples:\n  dg status\n  dg status -t acme --json")]
    Status(TenantFlag),
    /// Look for what is wrong and say what to do.
    Doctor(doctor::DoctorArgs),
    /// Append events from a file.
    Import(import::ImportArgs),
    /// Write stored events as NDJSON, in log order.
    Export(export::ExportArgs),
    /// List traces, latest activity first.
    Traces(traces::TracesArgs),
    /// One trace.
    Trace {
        #[command(subcommand)]
        command: trace::TraceCommand,
    },
    /// The neighbourhood of a node of the context graph.
    Graph(graph::GraphArgs),
    /// Find finished traces that are like a case.
    Precedents(precedents::PrecedentsArgs),
    /// The digests of a tenant's projections.
    Digest(digest::DigestArgs),
    /// Catch up, rebuild or compare projections; list, follow, pause, cancel that.
    Replay(replay::ReplayArgs),
    /// Fold the log again and compare with what readers see.
    Verify(verify::VerifyArgs),
    /// Events that a projection does not hold: list, show, retry, resolve.
    Failures {
        #[command(subcommand)]
        command: failures::FailuresCommand,
    },
    /// Accept that an event is missing in a projection; list, release.
    Quarantine(quarantine::QuarantineArgs),
    /// Tenants: list, show, create, change.
    Tenants {
        #[command(subcommand)]
        command: tenants::TenantsCommand,
    },
    /// Accounts: list, show, create, change, import.
    Accounts {
        #[command(subcommand)]
        command: accounts::AccountsCommand,
    },
    /// Tokens of accounts: list, create, rotate, revoke.
    Tokens {
        #[command(subcommand)]
        command: tokens::TokensCommand,
    },
    /// People who sign in: list, show, create, change, password.
    Users {
        #[command(subcommand)]
        command: users::UsersCommand,
    },
    /// Who is signed in: list, revoke.
    Sessions {
        #[command(subcommand)]
        command: sessions::SessionsCommand,
    },
    /// Who administered what, who was refused, who signed in: list, verify, export.
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Endpoints that are told about events and projections: list, show, create, set, test, replay.
    Webhooks {
        #[command(subcommand)]
        command: webhooks::WebhooksCommand,
    },
    /// Human review: what waits, and what is done with it.
    Workflow {
        #[command(subcommand)]
        command: Box<workflow::WorkflowCommand>,
    },
    /// What the caller was told, what they want to be told, and where notifications go.
    Notifications {
        #[command(subcommand)]
        command: Box<notifications::NotificationsCommand>,
    },
    /// When somebody is away, and who stands in: list, put, delete.
    Absences {
        #[command(subcommand)]
        command: absences::AbsencesCommand,
    },
    /// When anybody is there: list, show, put, deadline.
    Calendars {
        #[command(subcommand)]
        command: calendars::CalendarsCommand,
    },
    /// Measure the suite beside the ceiling of its own database.
    Bench(bench::BenchArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_in_its_help() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands() {
                if sub.has_subcommands() {
                    check(sub);
                } else {
                    assert!(sub.get_after_help().is_some(), "{}", sub.get_name());
                }
            }
        }
        check(&Cli::command());
    }
}
