//! What is measured, and with how much of everything.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};
use dg_projections::{Projection, RunTarget};

use super::figures::Figures;

/// Arguments of `dg bench`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The last line is one JSON document:
  {\"ceiling_per_second\":…,\"events_per_second\":…,\"processes\":{…},\"ratio\":…,\"scenario\":…, …}

Examples:
  dg bench append-batch
  dg bench append-single --connections 64 --events 50000
  dg bench catch-up --json
  dg bench rebuild --events 1000000 --read-rate 200
  dg bench read
  dg bench e2e --rate 2000 --seconds 60
  dg bench e2e --rate 2000 --batch 10
  dg bench stream --streams 200 --rate 1000
  dg bench idle --tenants 1000
  dg bench workflow --items 100000
  dg bench overhead")]
pub(crate) struct BenchArgs {
    /// What to measure.
    scenario: Scenario,
    /// Events to send. Default: 50000 one by one, 1000000 for rebuild and read, otherwise 200000.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=20_000_000))]
    events: Option<u64>,
    /// Connections that send at the same time. Default: 64 one by one, for e2e and stream, otherwise 8.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    connections: Option<u16>,
    /// Events per request. Default: 1 for e2e, otherwise 100; append-single and stream always send one.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch: Option<u16>,
    /// Bytes of each payload, about.
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u16).range(200..=60_000))]
    payload_bytes: u16,
    /// e2e, stream: events per second; workflow: deadlines per second. Default: 2000 for e2e, 1000 for stream, 200 for workflow.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// stream: how many streams are open.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=500))]
    streams: u16,
    /// How long to measure. Default: 60 for e2e and idle, 30 for workflow, 20 for stream, 10 before a rebuild, 5 for each kind
    /// of read.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: Option<u64>,
    /// read: only this kind, by its name in the answer; may be given more than once. Default: all.
    #[arg(long = "kind", value_name = "NAME")]
    kinds: Vec<String>,
    /// rebuild: what to rebuild.
    #[arg(long, default_value_t = RunTarget::All, value_name = "NAME", value_parser = target)]
    projection: RunTarget,
    /// rebuild: reads per second before and during it.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    read_rate: u32,
    /// rebuild: nobody reads meanwhile.
    #[arg(long, conflicts_with = "read_rate")]
    no_reads: bool,
    /// idle, workflow: how many tenants there are.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tenants: u32,
    /// workflow: how many items are open, a tenth of them of one tenant.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    items: u32,
    /// idle: seconds without traffic before measuring begins, so that what follows traffic is over.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    rest: u64,
    /// Where the scratch suite keeps its files, so that the disk measured is the one meant. Default: the system's
    /// directory for temporary files.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

/// The scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Scenario {
    /// Single events, one request each.
    AppendSingle,
    /// Batches.
    AppendBatch,
    /// All projections from nothing to the end of a log that is already there.
    CatchUp,
    /// A replay beside the live read models, with readers.
    Rebuild,
    /// Every kind of read on a large log, one at a time.
    Read,
    /// From append to visible in all projections, at a steady rate.
    E2e,
    /// From append to delivered by every stream, at a steady rate.
    Stream,
    /// Many tenants and no traffic.
    Idle,
    /// Many open items of review: how late deadlines are noticed, and what queues and actions take.
    Workflow,
    /// Appends with and without row-level security, and what it costs to recognise who asks.
    Overhead,
}

impl Scenario {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AppendSingle => "append-single",
            Self::AppendBatch => "append-batch",
            Self::CatchUp => "catch-up",
            Self::Rebuild => "rebuild",
            Self::Read => "read",
            Self::E2e => "e2e",
            Self::Stream => "stream",
            Self::Idle => "idle",
            Self::Workflow => "workflow",
            Self::Overhead => "overhead",
        }
    }
}

/// What a scenario is run with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) events: usize,
    pub(super) connections: usize,
    pub(super) batch: usize,
    pub(super) payload_bytes: usize,
    /// Events per second of an open loop.
    pub(super) per_second: u32,
    /// Streams that follow.
    pub(super) streams: usize,
    /// How long to measure.
    pub(super) lasting: Duration,
    /// What to rebuild.
    pub(super) projection: RunTarget,
    /// Reads per second beside a rebuild; none at 0.
    pub(super) read_rate: u32,
    pub(super) tenants: usize,
    /// Open items of review.
    pub(super) items: usize,
    /// Without traffic before an idle suite is measured.
    pub(super) rest: Duration,
}

impl Plan {
    /// What the figures of a load begin with.
    pub(super) fn figures(&self) -> Figures {
        Figures::default().with("batch", self.batch).with("connections", self.connections).with("events", self.events)
    }
}

impl BenchArgs {
    pub(super) const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// The kinds of reads that were asked for; none stands for all.
    pub(super) fn kinds(&self) -> &[String] {
        &self.kinds
    }

    pub(super) fn scratch(&self) -> Option<&Path> {
        self.scratch.as_deref()
    }

    pub(super) fn plan(&self) -> Plan {
        let (events, connections, seconds) = match self.scenario {
            Scenario::AppendSingle => (50_000, 64, 60),
            Scenario::AppendBatch | Scenario::CatchUp | Scenario::Overhead => (200_000, 8, 60),
            Scenario::Rebuild => (1_000_000, 8, 10),
            Scenario::Read => (1_000_000, 8, 5),
            Scenario::E2e => (200_000, 64, 60),
            Scenario::Stream => (20_000, 64, 20),
            Scenario::Idle => (200_000, 8, 60),
            Scenario::Workflow => (100_000, 1, 30),
        };
        let batch = match self.scenario {
            Scenario::AppendSingle | Scenario::Stream => 1,
            Scenario::E2e => self.batch.map_or(1, usize::from),
            _ => self.batch.map_or(100, usize::from),
        };
        let usual = match self.scenario {
            Scenario::Stream => 1_000,
            Scenario::Workflow => 200,
            _ => 2_000,
        };
        Plan {
            events: self.events.map_or(events, |events| usize::try_from(events).unwrap_or(usize::MAX)),
            connections: self.connections.map_or(connections, usize::from),
            batch,
            payload_bytes: usize::from(self.payload_bytes),
            per_second: self.rate.unwrap_or(usual),
            streams: usize::from(self.streams),
            lasting: Duration::from_secs(self.seconds.unwrap_or(seconds)),
            projection: self.projection,
            read_rate: if self.no_reads { 0 } else { self.read_rate },
            tenants: usize::try_from(self.tenants).unwrap_or(usize::MAX),
            items: usize::try_from(self.items).unwrap_or(usize::MAX),
            rest: Duration::from_secs(self.rest),
        }
    }
}

fn target(name: &str) -> Result<RunTarget, String> {
    let unknown = || format!("known are all, reference, {}", Projection::ALL.map(Projection::as_str).join(", "));
    RunTarget::from_name(name).ok_or_else(unknown)
}
