//! One batch from its jobs to their answers.

use std::sync::{Arc, atomic::Ordering};

use dg_domain::{Micros, append::Outcome};
use tracing::{error, warn};

use super::{
    cache::HeadCache,
    decide::{Attempt, Unit, Verdict},
    queue::Job,
    refusal::{Fault, violation},
    session::LaneSession,
    stage::{AppendError, AppendMode, Counters},
};
use crate::error::StoreError;

/// How often a deadlock or serialization failure is tried again.
const RETRIES: u32 = 3;

/// Jobs on their way to answers.
#[derive(Debug)]
pub(super) struct Batch {
    jobs: Vec<Job>,
    answers: Vec<Answer>,
    /// What is still to be stored, the next part last. One part, unless a batch had to be halved.
    pending: Vec<Vec<Unit>>,
}

#[derive(Debug)]
enum Answer {
    Outcomes(Vec<Option<Outcome>>),
    Failed(AppendError),
}

impl Batch {
    pub(super) fn new(jobs: Vec<Job>) -> Self {
        let mut units = Vec::new();
        for (job, content) in jobs.iter().enumerate() {
            let len = content.events.len();
            match content.mode {
                AppendMode::Atomic => units.push(Unit { job, from: 0, to: len }),
                AppendMode::Independent => units.extend((0..len).map(|from| Unit { job, from, to: from + 1 })),
            }
        }
        let answers = jobs.iter().map(|job| Answer::Outcomes(vec![None; job.events.len()])).collect();
        Self { jobs, answers, pending: vec![units] }
    }

    pub(super) fn events(&self) -> usize {
        self.jobs.iter().map(|job| job.events.len()).sum()
    }

    /// Works until everything is decided. May be called again on another session after a lost one.
    ///
    /// # Errors
    /// When the connection is lost. What may have been stored then is answered as such; the rest is still pending.
    pub(super) async fn run(
        &mut self,
        session: &LaneSession,
        cache: &mut HeadCache,
        counters: &Counters,
        at: Micros,
    ) -> Result<(), StoreError> {
        let mut retries = 0;
        while let Some(units) = self.pending.pop() {
            let fault = match self.attempt(&units, session, cache, counters, at).await {
                Ok(()) => continue,
                Err(fault) => fault,
            };
            cache.clear();
            if let Fault::Lost { error, unknown } = fault {
                if unknown {
                    self.fail(&units, &error);
                } else {
                    self.pending.push(units);
                }
                return Err(error);
            }
            session.roll_back().await;
            match fault {
                Fault::Again(source) if retries < RETRIES => {
                    retries += 1;
                    warn!(error = &source as &dyn std::error::Error, "a batch lost a race; trying it again");
                    self.pending.push(units);
                }
                Fault::Row(source) => self.halve(units, &source, counters),
                Fault::Again(source) | Fault::Whole(source) | Fault::Lost { error: source, .. } => {
                    error!(error = &source as &dyn std::error::Error, events = self.events(), "a batch was not stored");
                    self.fail(&units, &source);
                }
            }
        }
        Ok(())
    }

    /// Answers whatever is still pending with `error`.
    pub(super) fn give_up(&mut self, error: &StoreError) {
        while let Some(units) = self.pending.pop() {
            self.fail(&units, error);
        }
    }

    /// Sends every answer.
    pub(super) fn answer(self) {
        for (job, answer) in self.jobs.into_iter().zip(self.answers) {
            let answer = match answer {
                Answer::Failed(error) => Err(error),
                // Every unit got its outcome, or the job failed.
                Answer::Outcomes(outcomes) => {
                    outcomes.into_iter().collect::<Option<Vec<_>>>().ok_or(AppendError::Stopped)
                }
            };
            // A caller that gave up meanwhile learns it from its next try.
            let _ = job.reply.send(answer);
        }
    }

    async fn attempt(
        &mut self,
        units: &[Unit],
        session: &LaneSession,
        cache: &mut HeadCache,
        counters: &Counters,
        at: Micros,
    ) -> Result<(), Fault> {
        let (mut attempt, wanted) = Attempt::new(&self.jobs, units, cache);
        let tenants: Vec<&str> = attempt.parts.iter().map(|part| part.tenant.as_str()).collect();
        let (heads, found) = session.begin(&tenants, &wanted).await?;
        let again = attempt.locked(&heads);
        let known = attempt.found(&wanted, 0, &found);
        if !again.traces.is_empty() {
            let found = session.look_up(&again).await?;
            attempt.found(&again, wanted.traces.len(), &found);
        }
        if !known.is_empty() {
            attempt.known(session.at_positions(&known).await?);
        }
        let (verdicts, accepted) = attempt.decide(at);
        if accepted.is_empty() {
            session.roll_back().await;
        } else {
            session.commit(&accepted, &attempt.moved(&accepted)).await?;
            counters.batches.fetch_add(1, Ordering::Relaxed);
        }
        attempt.remember(cache);
        for (unit, verdict) in units.iter().zip(verdicts) {
            self.answers[unit.job].take(*unit, verdict, counters);
        }
        Ok(())
    }

    /// Some event of the part is at fault though the rules had nothing against it. Alone, it gets its conflict; otherwise
    /// the part is done again in halves, so that the others are stored.
    fn halve(&mut self, mut units: Vec<Unit>, source: &Arc<tokio_postgres::Error>, counters: &Counters) {
        counters.redone.fetch_add(1, Ordering::Relaxed);
        if let [unit] = *units {
            let violation = violation(source);
            let job = &self.jobs[unit.job];
            error!(
                error = source as &dyn std::error::Error,
                tenant = %job.tenant,
                constraint = violation.details.constraint,
                "the log refused an event that the rules had accepted; this is a bug"
            );
            let verdict = match job.mode {
                AppendMode::Independent => Verdict::Outcomes(vec![Outcome::Rejected(violation)]),
                AppendMode::Atomic => Verdict::Aborted(vec![Some(violation); unit.to - unit.from]),
            };
            self.answers[unit.job].take(unit, verdict, counters);
            return;
        }
        let second = units.split_off(units.len() / 2);
        self.pending.push(second);
        self.pending.push(units);
    }

    fn fail(&mut self, units: &[Unit], error: &StoreError) {
        for unit in units {
            self.answers[unit.job] = Answer::Failed(AppendError::Unavailable(error.clone()));
        }
    }
}

impl Answer {
    fn take(&mut self, unit: Unit, verdict: Verdict, counters: &Counters) {
        let events = u64::try_from(unit.to - unit.from).unwrap_or_default();
        match verdict {
            Verdict::UnknownTenant => *self = Self::Failed(AppendError::UnknownTenant),
            Verdict::Aborted(violations) => {
                counters.rejected.fetch_add(events, Ordering::Relaxed);
                *self = Self::Failed(AppendError::Aborted(violations));
            }
            Verdict::Outcomes(outcomes) => {
                for (at, outcome) in (unit.from..unit.to).zip(outcomes) {
                    let counter = match &outcome {
                        Outcome::Stored(_) => &counters.stored,
                        Outcome::Replayed(_) => &counters.replayed,
                        Outcome::Rejected(_) => &counters.rejected,
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                    if let Self::Outcomes(slots) = self {
                        slots[at] = Some(outcome);
                    }
                }
            }
        }
    }
}
