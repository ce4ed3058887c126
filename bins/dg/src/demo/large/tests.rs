use std::collections::{BTreeSet, HashSet};

use dg_domain::{GuardMode, NewEvent, Rules};

use super::*;

const ORIGIN: Origin = Origin { seed: 7, start: 1_795_867_200 };

#[test]
fn a_seed_and_a_start_decide_everything() {
    assert_eq!(large(ORIGIN), large(ORIGIN));
    assert_ne!(large(ORIGIN), large(Origin { seed: 8, ..ORIGIN }));
    assert_ne!(large(ORIGIN), large(Origin { start: ORIGIN.start + 1, ..ORIGIN }));
}

#[test]
fn every_event_is_acceptable_and_nothing_lies_in_the_future() {
    let made = large(ORIGIN);
    let rules = Rules::edge(GuardMode::Precise);
    let end = Micros::new(ORIGIN.start * 1_000_000);
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    for event in made.traces.iter().flatten() {
        let read = NewEvent::parse(&serde_json::to_vec(event).unwrap(), &rules);
        let read = read.unwrap_or_else(|violation| panic!("{}: {violation:?}", event.event_id));
        assert!(read.occurred_instant <= end, "{} {}", event.event_id, event.occurred_at);
        assert!(ids.insert(event.event_id.clone()), "{}", event.event_id);
        assert!(keys.insert((event.source.producer_id.clone(), event.idempotency_key.clone())), "{}", event.event_id);
    }
    for trace in &made.traces {
        assert!(trace.iter().enumerate().all(|(seq, event)| event.trace_seq == i64::try_from(seq).ok()));
        assert!(trace.windows(2).all(|pair| pair[0].occurred_at <= pair[1].occurred_at));
    }
}

#[test]
fn the_numbers_are_those_of_the_profile() {
    let made = large(ORIGIN);
    assert_eq!((made.traces.len(), made.open.len()), (TRACES + 1, OPEN_RECENT + OPEN_EARLIER));
    let policies: BTreeSet<&str> = made.open.iter().filter_map(|id| id.split('-').next()).collect();
    assert_eq!(policies.len(), SCENARIOS.len(), "{policies:?}");
    let started = made.traces.iter().filter(|trace| trace[0].occurred_at >= instant(ORIGIN.start - 30 * DAY_S));
    assert_eq!(started.count(), made.traces.len());
    let cited = made.traces.iter().flatten().filter(|event| event.event_type == "PrecedentCited").count();
    assert!(cited > 200, "{cited}");
    assert!(made.rejected.len() > 100, "{}", made.rejected.len());
}
