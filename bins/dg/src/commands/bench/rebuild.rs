//! `rebuild`: a large log is folded anew beside the live read models, while people go on reading.

mod disk;
mod run;

use std::{io::Write, sync::Arc};

use super::{
    Plan,
    figures::{Figures, per_second, ratio},
    fill::{self, TENANT},
    http::Connection,
    reads::{Answered, Corpus, Kind, SteadyLoad},
    scratch::{Suite, tenant_id},
};
use crate::failure::{Exit, Failure};
use disk::DiskWatch;

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    let corpus = Corpus::of(plan)?;
    suite.create_tenant(TENANT).await?;
    fill::fill(suite, plan).await?;
    let tenant = tenant_id(TENANT)?;
    fill::projected(&suite.store()?, &tenant).await?;
    writeln!(notes, "rebuild: calm at {:.0} % of a core", suite.calm().await? * 100.0)?;
    let client = suite.client()?.tenant(TENANT);
    let digests_before = client.digests().await?.data;
    let kinds: Arc<[Kind]> = corpus.everyday_kinds().into();
    let reading = plan.read_rate > 0;

    writeln!(notes, "rebuild: the log is filled and projected; reading for {} s …", plan.lasting.as_secs())?;
    let before = if reading {
        let load = SteadyLoad::start(suite, &kinds, plan.read_rate).await?;
        tokio::time::sleep(plan.lasting).await;
        load.stop().await?
    } else {
        Answered::default()
    };

    writeln!(notes, "rebuild: rebuilding {} …", plan.projection)?;
    let disk = DiskWatch::start(suite.store()?).await?;
    let load = if reading { Some(SteadyLoad::start(suite, &kinds, plan.read_rate).await?) } else { None };
    let run = run::rebuild(&mut Connection::open(suite, TENANT).await?, plan.projection).await;
    let during = match load {
        Some(load) => load.stop().await?,
        None => Answered::default(),
    };
    let run = run?;
    writeln!(notes, "rebuild: it took {:.1} s; waiting for the space to come back …", run.took.as_secs_f64())?;
    let disk = disk.settle(&tenant).await?;
    let digests_after = client.digests().await?.data;

    // The generation is another one; the rest has to be the same.
    let digests_equal =
        digests_before == dg_client::Digests { generation: digests_before.generation, ..digests_after.clone() };
    if !digests_equal {
        let message = format!("the digests were {digests_before:?} and are {digests_after:?}");
        return Err(Failure::new(Exit::Software, "digests_differ", message));
    }
    if let Some(failure) = before.first_failure.as_ref().or(during.first_failure.as_ref()) {
        writeln!(notes, "rebuild: a read failed: {failure}")?;
    }
    let (reads_before, reads_during) = (before.times(), during.times());
    #[expect(clippy::cast_precision_loss, reason = "sizes to compare")]
    let disk_ratio = ratio(disk.after as f64, disk.before as f64);
    Ok(Figures::default()
        .rate(plan.events, run.took)
        .with("digests_equal", digests_equal)
        .with("disk_after", disk.after)
        .with("disk_before", disk.before)
        .with("disk_peak", disk.peak)
        .with("disk_ratio", disk_ratio)
        .with("disk_returned", disk.returned)
        .with("events", plan.events)
        .with("projection", plan.projection.as_str())
        .with("read_p50_before_ms", reads_before.p50_ms())
        .with("read_p50_during_ms", reads_during.p50_ms())
        .with("read_p99_before_ms", reads_before.p99_ms())
        .with("read_p99_during_ms", reads_during.p99_ms())
        .with("read_p99_ratio", ratio(reads_during.p99_ms(), reads_before.p99_ms()))
        .with("read_rate", plan.read_rate)
        .with("reads", reads_before.count() + reads_during.count())
        .with("reads_failed", before.failed + during.failed)
        .with("run_events_per_second", per_second(run.processed_events, run.took).round())
        .with("timed", "request"))
}
