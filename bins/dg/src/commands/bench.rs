//! `dg bench`: figures of the whole suite, each beside the ceiling measured in the same run.
//!
//! A scenario starts a scratch suite of its own (the real daemons, a private PostgreSQL with durable settings), measures
//! what one stream of COPY does to the event log's own table, drives the suite over HTTP like any client, checks that
//! everything it sent is there, and measures the ceiling once more. The higher ceiling counts.

mod http;
mod load;
mod scenario;
mod scratch;

use std::{io::Write, path::PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{failure::Failure, output::Output};

/// Arguments of `dg bench`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The last line is one JSON document:
  {\"ceiling_per_second\":…,\"events_per_second\":…,\"p50_ms\":…,\"p99_ms\":…,\"ratio\":…,\"scenario\":…, …}

Examples:
  dg bench append-batch
  dg bench append-single --connections 64 --events 50000
  dg bench catch-up --json")]
pub(crate) struct BenchArgs {
    /// What to measure.
    scenario: ScenarioName,
    /// Events to send. Default: 200000 in batches, 50000 one by one.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=20_000_000))]
    events: Option<u64>,
    /// Connections that send at the same time. Default: 8 for batches, 64 one by one.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    connections: Option<u16>,
    /// Events per request, for batches.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch: u16,
    /// Bytes of each payload, about.
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u16).range(200..=60_000))]
    payload_bytes: u16,
    /// Where the scratch suite keeps its files, so that the disk measured is the one meant. Default: the system's
    /// directory for temporary files.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

/// The scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScenarioName {
    /// Single events, one request each.
    AppendSingle,
    /// Batches.
    AppendBatch,
    /// All projections from nothing to the end of a log that is already there.
    CatchUp,
}

impl ScenarioName {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AppendSingle => "append-single",
            Self::AppendBatch => "append-batch",
            Self::CatchUp => "catch-up",
        }
    }
}

/// What a scenario is run with.
#[derive(Clone, Copy, Debug)]
struct Plan {
    events: usize,
    connections: usize,
    batch: usize,
    payload_bytes: usize,
}

impl BenchArgs {
    fn plan(&self) -> Plan {
        let single = self.scenario == ScenarioName::AppendSingle;
        let (events, connections) = if single { (50_000, 64) } else { (200_000, 8) };
        Plan {
            events: self.events.map_or(events, |events| usize::try_from(events).unwrap_or(usize::MAX)),
            connections: self.connections.map_or(connections, usize::from),
            batch: if single { 1 } else { usize::from(self.batch) },
            payload_bytes: usize::from(self.payload_bytes),
        }
    }
}

/// Runs a scenario; text for people goes to standard error, the figures as one line to `out`.
///
/// # Errors
/// When the scratch suite cannot be started, or anything it was sent is not there afterwards.
pub(crate) async fn run(args: &BenchArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let notes = &mut anstream::stderr();
    let plan = args.plan();
    let name = args.scenario.as_str();
    writeln!(notes, "{name}: starting a scratch suite …")?;
    let suite = scratch::Suite::start(args.scratch.as_deref()).await?;
    let before = scratch::ceiling(&suite, "bench-ceiling-before", &plan).await?;
    writeln!(notes, "{name}: one stream of COPY stores {before:.0} rows/s; sending {} events …", plan.events)?;
    let measured = match args.scenario {
        ScenarioName::AppendSingle | ScenarioName::AppendBatch => scenario::append(&suite, &plan).await?,
        ScenarioName::CatchUp => scenario::catch_up(&suite, &plan, notes).await?,
    };
    let after = scratch::ceiling(&suite, "bench-ceiling-after", &plan).await?;
    suite.stop().await?;
    let ceiling = before.max(after);
    let ratio = measured.events_per_second / ceiling;
    writeln!(
        notes,
        "{name}: {:.0} events/s, {:.0} % of the ceiling of {ceiling:.0} rows/s; p50 {:.2} ms, p99 {:.2} ms per {}",
        measured.events_per_second,
        ratio * 100.0,
        measured.p50_ms,
        measured.p99_ms,
        measured.timed,
    )?;
    let figures = json!({
        "batch": plan.batch,
        "ceiling_per_second": round(ceiling, 0),
        "connections": plan.connections,
        "events": plan.events,
        "events_per_second": round(measured.events_per_second, 0),
        "p50_ms": round(measured.p50_ms, 3),
        "p99_ms": round(measured.p99_ms, 3),
        "payload_bytes": plan.payload_bytes,
        "ratio": round(ratio, 3),
        "scenario": name,
        "timed": measured.timed,
    });
    out.document(&figures)
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}
