//! One attempt at a batch, between its two round trips: what to ask, and what the answers decide.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use dg_domain::{
    Key16, LogSeq, Micros, StoredEvent, TenantId, TraceSeq, Violation,
    append::{Ledger, Outcome, TraceHead},
};

use super::{
    cache::{HeadCache, Standing},
    queue::{EventKeys, Job},
    session::{Found, Kind, Wanted},
    stage::AppendMode,
};
use crate::values::PgKey;

/// Events of one job that stand or fall together: a whole atomic request, or one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) job: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// An event that goes into the log.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stored: Arc<StoredEvent>,
    pub(crate) keys: EventKeys,
}

/// What was decided about a unit.
#[derive(Debug)]
pub(super) enum Verdict {
    Outcomes(Vec<Outcome>),
    /// The atomic request was refused.
    Aborted(Vec<Option<Violation>>),
    UnknownTenant,
}

/// One tenant's part in the attempt.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) tenant: &'a TenantId,
    /// Where this process left the tenant, if it remembers.
    standing: Option<Standing>,
    /// Heads of the batch's traces, as far as they are known.
    heads: HashMap<Key16, TraceHead>,
    ledger: Option<Ledger>,
}

/// The attempt: the units of a batch, by tenant.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    jobs: &'a [Job],
    units: &'a [Unit],
    /// In tenant order, which is the order of the locks.
    pub(super) parts: Vec<Part<'a>>,
    /// Which part a job belongs to.
    part_of: HashMap<usize, usize>,
    /// Which part each wanted trace and event belongs to.
    trace_parts: Vec<usize>,
    event_parts: Vec<usize>,
}

impl<'a> Attempt<'a> {
    /// Sorts units by tenant, and says what has to be looked up.
    pub(super) fn new(jobs: &'a [Job], units: &'a [Unit], cache: &mut HeadCache) -> (Self, Wanted<'a>) {
        let mut tenants: Vec<&TenantId> = units.iter().map(|unit| &jobs[unit.job].tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let index: HashMap<&TenantId, usize> = tenants.iter().enumerate().map(|(at, tenant)| (*tenant, at)).collect();
        let part = |tenant: &&'a TenantId| Part {
            tenant,
            standing: cache.standing(tenant),
            heads: HashMap::new(),
            ledger: None,
        };
        let mut attempt = Self {
            jobs,
            units,
            parts: tenants.iter().map(part).collect(),
            part_of: units.iter().map(|unit| (unit.job, index[&jobs[unit.job].tenant])).collect(),
            trace_parts: Vec::new(),
            event_parts: Vec::new(),
        };
        let wanted = attempt.want(cache);
        (attempt, wanted)
    }

    fn want(&mut self, cache: &mut HeadCache) -> Wanted<'a> {
        let mut wanted = Wanted::default();
        let mut asked: HashSet<(usize, Key16)> = HashSet::new();
        for unit in self.units {
            let at = self.part_of[&unit.job];
            let part = &mut self.parts[at];
            for queued in &self.jobs[unit.job].events[unit.from..unit.to] {
                wanted.events.push((part.tenant.as_str(), queued.keys));
                self.event_parts.push(at);
                let trace = queued.keys.trace;
                if part.heads.contains_key(&trace) || !asked.insert((at, trace)) {
                    continue;
                }
                match part.standing.and_then(|standing| cache.head(standing, trace)) {
                    Some(head) => {
                        part.heads.insert(trace, head);
                    }
                    None => {
                        wanted.traces.push((part.tenant.as_str(), PgKey(trace)));
                        self.trace_parts.push(at);
                    }
                }
            }
        }
        wanted
    }

    /// Takes the locked heads. A tenant whose head moved since this process left it loses what was remembered of it; the
    /// answer is what has to be looked up once more because of that.
    pub(super) fn locked(&mut self, heads: &[(String, i64)]) -> Wanted<'a> {
        let heads: HashMap<&str, i64> = heads.iter().map(|(tenant, last)| (tenant.as_str(), *last)).collect();
        let mut again = Wanted::default();
        for (at, part) in self.parts.iter_mut().enumerate() {
            let Some(last) = heads.get(part.tenant.as_str()).and_then(|last| LogSeq::new(*last).ok()) else { continue };
            part.ledger = Some(Ledger::new(part.tenant.clone(), last));
            if part.standing.is_some_and(|standing| standing.last != last) {
                part.standing = None;
                for trace in std::mem::take(&mut part.heads).into_keys() {
                    again.traces.push((part.tenant.as_str(), PgKey(trace)));
                    self.trace_parts.push(at);
                }
            }
        }
        again
    }

    /// Takes what was found. `first_trace` is where the traces of this look-up start in the list of all that were asked for.
    /// The answer is where the events stored under the batch's idempotency keys are.
    pub(super) fn found(&mut self, wanted: &Wanted<'a>, first_trace: usize, found: &[Found]) -> Vec<(&'a str, i64)> {
        let mut known = Vec::new();
        for hit in found {
            match hit.kind {
                Kind::Trace => {
                    let Some((_, trace)) = wanted.traces.get(hit.entry) else { continue };
                    let Some(part) = self.trace_parts.get(first_trace + hit.entry) else { continue };
                    let Ok(trace_seq) = TraceSeq::new(hit.trace_seq) else { continue };
                    let head = TraceHead { next_seq: trace_seq.next(), finished: hit.finished };
                    self.parts[*part].heads.insert(trace.0, head);
                }
                Kind::Idempotency => {
                    if let Some((tenant, _)) = wanted.events.get(hit.entry) {
                        known.push((*tenant, hit.log_seq));
                    }
                }
                Kind::EventId => {
                    let Some((_, keys)) = wanted.events.get(hit.entry) else { continue };
                    let part = &mut self.parts[self.event_parts[hit.entry]];
                    if let Some(ledger) = &mut part.ledger {
                        ledger.put_event_id(keys.event);
                    }
                }
            }
        }
        known.sort_unstable();
        known.dedup();
        known
    }

    /// Takes the events stored under the batch's idempotency keys.
    pub(super) fn known(&mut self, events: Vec<StoredEvent>) {
        for event in events {
            let Ok(at) = self.parts.binary_search_by(|part| part.tenant.cmp(&event.tenant_id)) else { continue };
            if let Some(ledger) = &mut self.parts[at].ledger {
                ledger.put_known(Arc::new(event));
            }
        }
    }

    /// Decides every unit, in order of arrival.
    pub(super) fn decide(&mut self, at: Micros) -> (Vec<Verdict>, Vec<Accepted>) {
        for part in &mut self.parts {
            if let Some(ledger) = &mut part.ledger {
                part.heads.drain().for_each(|(trace, head)| ledger.put_head(trace, head));
            }
        }
        let mut accepted = Vec::new();
        let mut verdicts = Vec::with_capacity(self.units.len());
        for unit in self.units {
            let job = &self.jobs[unit.job];
            let Some(ledger) = &mut self.parts[self.part_of[&unit.job]].ledger else {
                verdicts.push(Verdict::UnknownTenant);
                continue;
            };
            let queued = &job.events[unit.from..unit.to];
            // Copies: a batch that fails is decided again from the same events.
            let mut events = queued.iter().map(|queued| queued.event.clone());
            let decided = match job.mode {
                AppendMode::Independent => Ok(events.map(|event| ledger.append(event, at, &job.principal)).collect()),
                AppendMode::Atomic => ledger.append_atomic(events.by_ref().collect(), at, &job.principal),
            };
            verdicts.push(match decided {
                Ok(outcomes) => {
                    accept(&outcomes, queued.iter().map(|queued| queued.keys), &mut accepted);
                    Verdict::Outcomes(outcomes)
                }
                Err(violations) => Verdict::Aborted(violations),
            });
        }
        (verdicts, accepted)
    }

    /// Heads that move with this attempt.
    pub(super) fn moved(&self, accepted: &[Accepted]) -> Vec<(&'a str, LogSeq)> {
        let tenants: HashSet<&TenantId> = accepted.iter().map(|event| &event.stored.tenant_id).collect();
        let parts = self.parts.iter().filter(|part| tenants.contains(part.tenant));
        parts.filter_map(|part| part.ledger.as_ref().map(|ledger| (part.tenant.as_str(), ledger.last()))).collect()
    }

    /// Remembers what is true now that the attempt is committed.
    pub(super) fn remember(&self, cache: &mut HeadCache) {
        for part in &self.parts {
            if let Some(ledger) = &part.ledger {
                cache.leave(part.tenant, part.standing, ledger.last(), ledger.trace_heads());
            }
        }
    }
}

fn accept(outcomes: &[Outcome], keys: impl Iterator<Item = EventKeys>, accepted: &mut Vec<Accepted>) {
    for (outcome, keys) in outcomes.iter().zip(keys) {
        if let Outcome::Stored(stored) = outcome {
            accepted.push(Accepted { stored: Arc::clone(stored), keys });
        }
    }
}
