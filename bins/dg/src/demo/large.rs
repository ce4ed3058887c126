//! The large demo: 2,000 traces of the thirty days before an instant.

use std::collections::{BTreeMap, HashMap};

use dg_client::{Actor, Event, Source, StoredEvent};
use dg_domain::Micros;
use serde_json::json;

use super::{
    catalog::SCENARIOS,
    chance::Chance,
    story::{Case, Ending, instant},
};

/// How many traces there are.
pub(crate) const TRACES: usize = 2_000;
/// Those that began within the last hours; most of them wait for somebody who still has time.
const RECENT: usize = 60;
/// Exceptions that nobody has decided in the history; what people do then makes 120 of them.
const OPEN_RECENT: usize = 44;
const OPEN_EARLIER: usize = 84;
/// Where those that were left over are: among so many traces before the recent ones.
const LEFT_OVER_AMONG: usize = 700;

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
const TAGS: &[&str] = &["release-demo-large"];

/// What a history is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Decides every draw.
    pub(crate) seed: u64,
    /// When it ends, in whole seconds since 1970.
    pub(crate) start: i64,
}

/// A history.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Large {
    /// The traces, oldest first, each whole and in order.
    pub(crate) traces: Vec<Vec<Event>>,
    /// Reviews that wait, oldest first.
    pub(crate) open: Vec<String>,
    /// Reviews that were rejected, oldest first.
    pub(crate) rejected: Vec<String>,
    /// How many reviews there are.
    pub(crate) reviews: usize,
}

impl Origin {
    const SEED: &'static str = "demo_seed";
    const START: &'static str = "demo_start";

    /// What the first event of a log says about it; none when the log is another one.
    pub(crate) fn read(first: &StoredEvent) -> Option<Self> {
        let payload = first.payload_value();
        let context = |key: &str| payload.get("context")?.get(key)?.as_str().map(str::to_owned);
        let start = Micros::parse_rfc3339(&context(Self::START)?)?.get() / 1_000_000;
        Some(Self { seed: context(Self::SEED)?.parse().ok()?, start })
    }

    /// [`Self::start`] in RFC 3339.
    pub(crate) fn start_text(self) -> String {
        instant(self.start)
    }

    fn context(self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([(Self::SEED, self.seed.to_string()), (Self::START, self.start_text())])
    }
}

/// The history of an origin.
pub(crate) fn large(origin: Origin) -> Large {
    let mut chance = Chance::new(origin.seed);
    let starts = starts(origin.start, &mut chance);
    let endings = endings(&mut chance);
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut made = Large { traces: Vec::new(), open: Vec::new(), rejected: Vec::new(), reviews: 0 };
    for (number, (starts, ending)) in starts.into_iter().zip(endings).enumerate() {
        let scenario = chance.pick(&SCENARIOS);
        let cites = known.get(scenario.slug).filter(|_| ending.is_exception() && chance.percent(60)).cloned();
        let case = Case {
            trace_id: format!("{}-{:04}", scenario.slug, number + 1),
            scenario,
            starts,
            ending,
            cites: cites.as_deref(),
            tags: TAGS,
            context: if number == 0 { origin.context() } else { BTreeMap::new() },
        };
        made.traces.push(case.events(&mut chance));
        made.reviews += usize::from(ending.is_exception());
        match ending {
            Ending::Open => made.open.push(case.workflow_id()),
            Ending::Rejected => made.rejected.push(case.workflow_id()),
            Ending::Approved => drop(known.insert(scenario.slug, case.trace_id)),
            Ending::Allowed | Ending::Failed | Ending::Denied | Ending::Overridden => {}
        }
    }
    made.traces.insert(TRACES / 2, lost_review(origin.start - 15 * DAY_S));
    made
}

/// When traces begin, oldest first: in working hours, but agents do not stop.
fn starts(end: i64, chance: &mut Chance) -> Vec<i64> {
    let mut starts: Vec<i64> = (0..TRACES - RECENT)
        .map(|_| {
            loop {
                let at = end - chance.between(6 * HOUR_S, 30 * DAY_S);
                // 1970 began on a Thursday.
                let (weekday, hour) = ((at.div_euclid(DAY_S) + 3).rem_euclid(7), at.rem_euclid(DAY_S) / HOUR_S);
                if (weekday < 5 && (7..18).contains(&hour)) || chance.percent(5) {
                    break at;
                }
            }
        })
        .collect();
    starts.extend((0..RECENT).map(|_| end - chance.between(HOUR_S / 3, 3 * HOUR_S)));
    starts.sort_unstable();
    starts
}

/// Where each trace stands. The first and the last are finished.
fn endings(chance: &mut Chance) -> Vec<Ending> {
    let earlier = TRACES - RECENT;
    let mut endings: Vec<Ending> = (0..earlier)
        .map(|_| match chance.below(100) {
            0..45 => Ending::Allowed,
            45..49 => Ending::Failed,
            49..59 => Ending::Denied,
            59..85 => Ending::Approved,
            85..95 => Ending::Rejected,
            _ => Ending::Overridden,
        })
        .collect();
    endings[0] = Ending::Allowed;
    let asked: Vec<usize> = (earlier - LEFT_OVER_AMONG..earlier).filter(|at| endings[*at].is_exception()).collect();
    for number in 0..OPEN_EARLIER {
        endings[asked[number * asked.len() / OPEN_EARLIER]] = Ending::Open;
    }
    endings.extend((0..RECENT).map(|number| if number < OPEN_RECENT { Ending::Open } else { Ending::Allowed }));
    endings
}

/// The escalation of a review whose own trace never came over from the system before this one. No review can take it, so the
/// workflow sets it aside.
fn lost_review(at: i64) -> Vec<Event> {
    let lost = "discount-archived-17";
    let trace_id = format!("review:{lost}:exception:ex-{lost}");
    let entity = json!({"entity_type": "workflow", "entity_id": format!("{lost}:exception:ex-{lost}")});
    let started = json!({"workflow": "review", "title": "Review carried over", "primary_entity": entity});
    let escalated = json!({
        "workflow_id": format!("{lost}:exception:ex-{lost}"), "action_id": format!("wfa:{lost}"), "action_type": "escalate",
        "reason": "Nobody decided in time.", "escalation_level": 1, "assigned_role": "admin",
    });
    [("TraceStarted", started), ("WorkflowActionRecorded", escalated)]
        .into_iter()
        .zip(0..)
        .map(|((event_type, payload), seq)| Event {
            event_id: format!("{trace_id}-{seq}"),
            trace_id: trace_id.clone(),
            trace_seq: Some(seq),
            event_type: event_type.to_owned(),
            occurred_at: instant(at + seq),
            source: Source::new("workflow-sla", "decisiongraph"),
            actor: Actor::new("system", "workflow-sla"),
            idempotency_key: format!("{trace_id}:{seq}"),
            payload,
            schema_version: 1,
            tags: TAGS.iter().map(|tag| (*tag).to_owned()).collect(),
            correlation_id: None,
            causation_event_id: None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
