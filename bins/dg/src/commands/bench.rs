//! `dg bench`: figures of the whole suite, each beside the ceiling measured in the same run.
//!
//! A scenario starts a scratch suite of its own (the real daemons, a private PostgreSQL with durable settings), measures
//! what one stream of COPY does to the event log's own table, drives the suite over HTTP like any client, checks that
//! everything it sent is there, and measures the ceiling once more. The higher ceiling counts.

mod append;
mod catch_up;
mod e2e;
mod figures;
mod fill;
mod http;
mod idle;
mod load;
mod overhead;
mod pace;
mod plan;
mod processes;
mod read;
mod reads;
mod rebuild;
mod scratch;
mod stream;
mod workflow;

use std::io::Write;

pub(crate) use plan::BenchArgs;

use crate::{failure::Failure, output::Output};
use figures::{Figures, ratio, round};
use plan::{Plan, Scenario};

/// Runs a scenario; text for people goes to standard error, the figures as one line to `out`.
///
/// # Errors
/// When the scratch suite cannot be started, or anything it was sent is not there afterwards.
pub(crate) async fn run(args: &BenchArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let notes = &mut anstream::stderr();
    let plan = args.plan();
    let name = args.scenario().as_str();
    writeln!(notes, "{name}: starting a scratch suite …")?;
    let suite = scratch::Suite::start(args.scratch()).await?;
    let before = scratch::ceiling(&suite, "bench-ceiling-before", &plan).await?;
    writeln!(notes, "{name}: one stream of COPY stores {before:.0} rows/s; sending events …")?;
    let at_first = suite.processes()?;
    let measured = match args.scenario() {
        Scenario::AppendSingle | Scenario::AppendBatch => append::run(&suite, &plan).await?,
        Scenario::CatchUp => catch_up::run(&suite, &plan, notes).await?,
        Scenario::Rebuild => rebuild::run(&suite, &plan, notes).await?,
        Scenario::Read => read::run(&suite, &plan, args.kinds(), notes).await?,
        Scenario::E2e => e2e::run(&suite, &plan, notes).await?,
        Scenario::Stream => stream::run(&suite, &plan, notes).await?,
        Scenario::Overhead => overhead::run(&suite, &plan, notes).await?,
        Scenario::Idle => idle::run(&suite, &plan, notes).await?,
        Scenario::Workflow => workflow::run(&suite, &plan, notes).await?,
    };
    let processes = suite.processes()?.since(&at_first);
    let after = scratch::ceiling(&suite, "bench-ceiling-after", &plan).await?;
    suite.stop().await?;
    let ceiling = before.max(after);
    let figures = beside_ceiling(measured, ceiling, notes, name)?
        .with("payload_bytes", plan.payload_bytes)
        .with("processes", processes)
        .with("scenario", name);
    out.document(&figures.into_map())
}

fn beside_ceiling(measured: Figures, ceiling: f64, notes: &mut impl Write, name: &str) -> Result<Figures, Failure> {
    let measured = measured.with("ceiling_per_second", round(ceiling, 0));
    let Some(rate) = measured.events_per_second() else {
        writeln!(notes, "{name}: done; the ceiling is {ceiling:.0} rows/s")?;
        return Ok(measured);
    };
    let share = ratio(rate, ceiling);
    writeln!(notes, "{name}: {rate:.0} events/s, {:.0} % of the ceiling of {ceiling:.0} rows/s", share * 100.0)?;
    Ok(measured.with("ratio", share))
}
