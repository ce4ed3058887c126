//! `catch-up`: the log is filled while the projector is stopped, then it runs to the end.

use std::{io::Write, time::Instant};

use super::{
    Plan,
    figures::Figures,
    fill::{self, TENANT},
    scratch::{Suite, tenant_id},
};
use crate::failure::Failure;

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    suite.create_tenant(TENANT).await?;
    suite.pause_projector()?;
    let sent = fill::send(suite, plan).await;
    let started = Instant::now();
    suite.resume_projector()?;
    sent?;
    writeln!(notes, "catch-up: the log is filled; the projector runs …")?;
    let (position, times) = fill::projected(&suite.store()?, &tenant_id(TENANT)?).await?;
    let spent = started.elapsed();
    fill::check_head(position, plan.events)?;
    Ok(plan
        .figures()
        .rate(plan.events, spent)
        .with("p50_ms", times.p50_ms())
        .with("p99_ms", times.p99_ms())
        .with("timed", "projected batch"))
}
