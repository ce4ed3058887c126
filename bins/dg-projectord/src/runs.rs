//! Carries out replay runs: finds them, claims them, and lets a bounded number go on at the same time.
//!
//! A run is found by a nudge or a poll. Its advisory lock says whether somebody works on it; whoever gets the lock claims the
//! run, which fences off a runner that lost the lock without noticing. So a run goes on after a crash, where it was, in
//! whatever process comes first.

mod build;
mod catch_up;
mod meter;
mod reproject;
mod verify;

use std::{collections::HashSet, time::Instant};

use dg_projections::{RunMode, RunStatus};
use dg_runtime::{backoff::Backoff, chance};
use dg_storage::{
    Channel, DatabaseConfig, StoreError,
    listener::Nudges,
    locks::{LockSession, ScopeLock},
    projections::{Checker, ClaimedRun, GenerationBuilder, RunEnd, RunnableRun, Signal},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::catch_up::Tools;

/// Claims after a runner died; then the run itself is taken to be the reason.
const MOST_ATTEMPTS: i64 = 3;

/// How runs are carried out.
#[derive(Clone, Debug)]
pub(crate) struct RunnerConfig {
    /// What this process calls itself in the rows of runs.
    pub(crate) name: String,
    /// The database, as the projector's role.
    pub(crate) database: DatabaseConfig,
    /// Runs at the same time.
    pub(crate) at_once: usize,
    /// Events per batch of a build at most.
    pub(crate) batch_events: i64,
    /// Threads that fold a batch of a build.
    pub(crate) threads: usize,
}

/// Why a run was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It ended, and its row says how.
    Ended(&'static str),
    /// It is not this process's any more, or paused.
    LetGo(&'static str),
}

/// The runner of this process.
pub(crate) struct Runner {
    config: RunnerConfig,
    tools: Tools,
    locks: Option<LockSession>,
    working: JoinSet<Uuid>,
    busy: HashSet<Uuid>,
}

/// What one run works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) config: RunnerConfig,
    pub(super) tools: Tools,
    pub(super) stop: CancellationToken,
}

impl Runner {
    pub(crate) fn new(config: RunnerConfig, tools: Tools) -> Self {
        Self { config, tools, locks: None, working: JoinSet::new(), busy: HashSet::new() }
    }

    /// Works until `stop`, then lets every run come to the end of its batch.
    pub(crate) async fn run(mut self, mut nudges: Nudges, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match self.look(&stop).await {
                Ok(()) => {
                    failures = 0;
                    None
                }
                Err(error) => {
                    let wait = Backoff::NETWORK.delay(failures, chance::fraction());
                    if failures == 0 {
                        warn!(error = &error as &dyn std::error::Error, "cannot look for runs; trying again");
                    }
                    failures += 1;
                    Some(wait)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = self.working.join_next() => self.take_back(ended.ok()),
                () = crate::owner::wait_for_work(&mut nudges, pause) => {}
            }
        }
        while let Some(ended) = self.working.join_next().await {
            self.take_back(ended.ok());
        }
    }

    fn take_back(&mut self, ended: Option<Uuid>) {
        match ended {
            Some(job_id) => {
                self.busy.remove(&job_id);
            }
            // A panic aborts the process in release builds.
            None => self.busy.clear(),
        }
    }

    async fn look(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        if self.working.len() >= self.config.at_once {
            return Ok(());
        }
        let runnable = self.tools.store.runnable_runs().await?;
        if runnable.is_empty() {
            return Ok(());
        }
        if self.locks.as_ref().is_some_and(LockSession::is_lost) {
            self.locks = None;
        }
        let locks = match &self.locks {
            Some(locks) => locks.clone(),
            None => self.locks.insert(LockSession::connect(&self.config.database).await?).clone(),
        };
        for run in runnable {
            if self.working.len() >= self.config.at_once {
                break;
            }
            if self.busy.contains(&run.job_id) {
                continue;
            }
            let Some(lock) = locks.try_lock(run.lock()).await? else { continue };
            let Some(claimed) = self.tools.store.claim_run(&run, &self.config.name).await? else { continue };
            self.start(&run, claimed, lock, stop);
        }
        Ok(())
    }

    fn start(&mut self, run: &RunnableRun, claimed: ClaimedRun, lock: ScopeLock, stop: &CancellationToken) {
        self.busy.insert(run.job_id);
        // A lock that is lost ends the work between two batches; the claim guards the batch under way.
        let halt = stop.child_token();
        let desk = Desk { config: self.config.clone(), tools: self.tools.clone(), stop: halt.clone() };
        self.working.spawn(async move {
            let job_id = claimed.job_id;
            let lost = lock.lost();
            let watch = tokio::spawn(async move {
                lost.cancelled().await;
                halt.cancel();
            });
            let outcome = carry_out(&desk, &claimed).await;
            if outcome == "completed" && matches!(claimed.mode, RunMode::Rebuild | RunMode::Reproject) {
                write_down_digests(&desk, &claimed).await;
            }
            watch.abort();
            // An error means that the connection is gone, and the lock with it.
            let _ = lock.release().await;
            desk.tools.notifier.nudge(Channel::Jobs);
            job_id
        });
    }
}

/// Checks the rows that a run has changed and notes their digests (RT-81).
async fn write_down_digests(desk: &Desk, run: &ClaimedRun) {
    let began = Instant::now();
    let checker = Checker { owner: &desk.config.name, job_id: Some(run.job_id) };
    let checking = desk.tools.store.self_check(&run.tenant, checker);
    let checked = tokio::select! {
        () = desk.stop.cancelled() => return,
        checked = checking => checked,
    };
    match checked {
        Ok(checked) => {
            let result = if checked.drifted.is_empty() { "equal" } else { "drift" };
            desk.tools.metrics.checked(result, began.elapsed());
        }
        Err(error) => {
            desk.tools.metrics.checked("error", began.elapsed());
            warn!(tenant = %run.tenant, error = &error as &dyn std::error::Error, "cannot check what a run has written");
        }
    }
}

/// Does what a run asks for and writes down how it ended. Answers that in a word.
async fn carry_out(desk: &Desk, run: &ClaimedRun) -> &'static str {
    let (tenant, job_id, mode) = (&run.tenant, run.job_id, run.mode);
    let began = Instant::now();
    info!(tenant = %tenant, job_id = %job_id, mode = mode.as_str(), attempt = run.attempt, "carrying out run {job_id}");
    let outcome = if run.status == RunStatus::Cancelling {
        end(desk, run, &RunEnd::Cancelled).await
    } else if run.attempt > MOST_ATTEMPTS {
        let message = format!("given up after {MOST_ATTEMPTS} attempts that ended without a word");
        end(desk, run, &RunEnd::Failed { code: "internal_error".to_owned(), message }).await
    } else {
        match mode {
            RunMode::CatchUp => catch_up::carry_out(desk, run).await,
            RunMode::Rebuild => build::carry_out(desk, run).await,
            RunMode::Verify => verify::carry_out(desk, run).await,
            RunMode::Reproject => reproject::carry_out(desk, run).await,
        }
    };
    let outcome = match outcome {
        Ok(Left::Ended(outcome) | Left::LetGo(outcome)) => outcome,
        Err(error) if error.is_transient() || desk.stop.is_cancelled() => {
            warn!(
                tenant = %tenant, job_id = %job_id, error = &error as &dyn std::error::Error,
                "a run was interrupted; it goes on when the database answers"
            );
            rest(desk, run).await;
            "interrupted"
        }
        Err(error) => {
            error!(tenant = %tenant, job_id = %job_id, error = &error as &dyn std::error::Error, "a run failed");
            let end_it = RunEnd::Failed { code: error.code().to_owned(), message: dg_runtime::exit::chain(&error) };
            match end(desk, run, &end_it).await {
                Ok(_) => "failed",
                Err(_) => "interrupted",
            }
        }
    };
    desk.tools.metrics.run_ended(mode, outcome, began.elapsed());
    info!(tenant = %tenant, job_id = %job_id, mode = mode.as_str(), outcome, "left run {job_id}: {outcome}");
    outcome
}

/// Gives the database a moment before the next claim, which counts as an attempt.
async fn rest(desk: &Desk, run: &ClaimedRun) {
    for attempt in 0..20 {
        if !Backoff::NETWORK.pause(attempt, &desk.stop).await {
            return;
        }
        if desk.tools.store.requeue_run(run).await.is_ok() {
            return;
        }
    }
}

/// Ends a run.
pub(super) async fn end(desk: &Desk, run: &ClaimedRun, how: &RunEnd) -> Result<Left, StoreError> {
    let ended = desk.tools.store.end_run(run, how).await?;
    Ok(match (ended, how) {
        (false, _) => Left::LetGo("lost"),
        (true, RunEnd::Completed { .. }) => Left::Ended("completed"),
        (true, RunEnd::Cancelled) => Left::Ended("cancelled"),
        (true, RunEnd::Failed { .. }) => Left::Ended("failed"),
    })
}

/// Carries out what the run's row said.
pub(super) async fn heed(desk: &Desk, run: &ClaimedRun, signal: Signal) -> Result<Option<Left>, StoreError> {
    Ok(match signal {
        Signal::Continue if desk.stop.is_cancelled() => {
            // So that the next process need not count this as a death.
            desk.tools.store.requeue_run(run).await?;
            Some(Left::LetGo("interrupted"))
        }
        Signal::Continue => None,
        Signal::Pause => Some(Left::LetGo("paused")),
        Signal::Lost => Some(Left::LetGo("lost")),
        Signal::Cancel => Some(end(desk, run, &RunEnd::Cancelled).await?),
    })
}

/// A session for a build.
pub(super) async fn builder(desk: &Desk) -> Result<GenerationBuilder, StoreError> {
    GenerationBuilder::connect(&desk.config.database, &desk.tools.store).await
}
