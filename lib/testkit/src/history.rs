//! Seeded event histories that reach the awkward corners: colons and unicode in ids, citations of traces that begin
//! later or never, shared entities, unfinished traces, big integers, offsets in times.

mod payload;

use serde_json::{Value, json};

use crate::rng::Rng;

/// How large a generated history is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many traces it has.
    pub traces: usize,
    /// Fewest events of a trace, at least 1.
    pub shortest: usize,
    /// Most events of a trace.
    pub longest: usize,
    /// How many percent of the traces finish.
    pub finished_percent: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self { traces: 12, shortest: 2, longest: 14, finished_percent: 75 }
    }
}

/// One trace while it is being generated.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) trace_id: String,
    pub(crate) exceptions: Vec<String>,
    pub(crate) actions: Vec<String>,
    pub(crate) inputs: Vec<String>,
    producer: &'static str,
    subsystem: Option<&'static str>,
    actor: Value,
    length: usize,
    finishes: bool,
    next: usize,
    last_event: Option<String>,
}

const MIDDLE: &[&str] = &[
    "InputObserved",
    "EntityObserved",
    "PolicyEvaluated",
    "PolicyEvaluated",
    "ExceptionRequested",
    "ApprovalRecorded",
    "PrecedentCited",
    "ActionProposed",
    "ActionCommitted",
];

/// Event envelopes in append order, traces interleaved. Same arguments, same history; every event is acceptable to
/// either secret guard and to the strict profile.
#[must_use]
pub fn generate(seed: u64, shape: Shape) -> Vec<Value> {
    let mut rng = Rng::new(seed);
    let plans: Vec<Plan> = (0..shape.traces).map(|number| plan(&mut rng, seed, number, shape)).collect();
    let ids: Vec<String> = plans.iter().map(|plan| plan.trace_id.clone()).collect();
    let mut waiting = plans;
    waiting.reverse();
    let (mut open, mut events) = (Vec::<Plan>::new(), Vec::new());
    loop {
        if open.is_empty() || (!waiting.is_empty() && rng.chance(30)) {
            match waiting.pop() {
                Some(plan) => open.push(plan),
                None if open.is_empty() => return events,
                None => {}
            }
        }
        let at = rng.below(open.len());
        events.push(next_event(&mut rng, &mut open[at], &ids, events.len()));
        if open[at].next >= open[at].length {
            open.swap_remove(at);
        }
    }
}

fn plan(rng: &mut Rng, seed: u64, number: usize, shape: Shape) -> Plan {
    let ending = *rng.pick(&["", "", ":x", ":a:b", "-ñ", "-🧭", "-東京"]);
    let spread = shape.longest.saturating_sub(shape.shortest) + 1;
    Plan {
        trace_id: format!("trace-{seed}-{number}{ending}"),
        exceptions: Vec::new(),
        actions: Vec::new(),
        inputs: Vec::new(),
        producer: rng.pick::<&str>(&["ledger-bot", "refund-service", "dienst-ö"]),
        subsystem: *rng.pick(&[None, Some("worker"), Some("🧵")]),
        actor: payload::actor(rng),
        length: (shape.shortest + rng.below(spread)).max(1),
        finishes: rng.chance(shape.finished_percent),
        next: 0,
        last_event: None,
    }
}

fn next_event(rng: &mut Rng, plan: &mut Plan, ids: &[String], position: usize) -> Value {
    let last = plan.next + 1 == plan.length;
    let kind = match plan.next {
        0 => "TraceStarted",
        _ if last && plan.finishes => "TraceFinished",
        _ => rng.pick(MIDDLE),
    };
    let event_id = format!("{}/{}", plan.trace_id, plan.next);
    let cause = plan.last_event.replace(event_id.clone()).filter(|_| rng.chance(60));
    let event = json!({
        "event_id": event_id,
        "trace_id": plan.trace_id,
        "trace_seq": plan.next,
        "event_type": kind,
        "occurred_at": time(rng, position),
        "source": {"producer_id": plan.producer, "system": "orchestrator", "subsystem": plan.subsystem},
        "actor": plan.actor,
        "correlation_id": rng.pick(&[None, Some("korrelation-7")]),
        "causation_event_id": cause,
        "idempotency_key": format!("key:{event_id}"),
        "schema_version": 1 + rng.below(2),
        "tags": rng.pick(&[json!([]), json!(["β", "a", "a"]), json!(["release"])]),
        "payload": payload::of(rng, kind, plan, ids),
    });
    plan.next += 1;
    event
}

/// Times move forward by seconds in position order, written with several offsets and fractions.
fn time(rng: &mut Rng, position: usize) -> String {
    let (minute, second) = ((position / 60) % 60, position % 60);
    let hour = 8 + (position / 3600) % 12;
    let ending = *rng.pick(&["Z", ".5Z", ".000123Z", "+02:00", "-05:30"]);
    format!("2026-02-03T{hour:02}:{minute:02}:{second:02}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_history() {
        let shape = Shape { traces: 20, ..Shape::default() };
        assert_eq!(generate(7, shape), generate(7, shape));
        assert_ne!(generate(7, shape), generate(8, shape));
    }

    #[test]
    fn each_trace_counts_from_zero_without_a_gap() {
        let mut next = std::collections::HashMap::new();
        for event in generate(3, Shape::default()) {
            let expected = next.entry(event["trace_id"].to_string()).or_insert(0);
            assert_eq!(event["trace_seq"], *expected);
            *expected += 1;
        }
        assert_eq!(next.len(), 12);
    }
}
