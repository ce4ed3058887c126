//! Decisions that go on for as long as somebody looks: one event after the other, of several traces at a time.

use std::collections::{BTreeMap, VecDeque};

use dg_client::Event;

use super::{
    catalog::SCENARIOS,
    chance::Chance,
    story::{Case, Ending, instant},
};

/// Traces that are under way at the same time, at most.
const AT_ONCE: usize = 4;
const TAGS: &[&str] = &["demo-live"];

/// An endless history.
#[derive(Debug)]
pub(crate) struct Live {
    chance: Chance,
    /// When it began, in seconds since 1970; names its traces, so that those of two runs differ.
    began: i64,
    /// Traces that were thought of; some of them may not have begun.
    traces: usize,
    running: Vec<VecDeque<Event>>,
}

impl Live {
    /// The same seed draws the same decisions.
    pub(crate) const fn new(seed: u64, began: i64) -> Self {
        Self { chance: Chance::new(seed), began, traces: 0, running: Vec::new() }
    }

    /// The next event, as something that happens at `at`, in seconds since 1970.
    pub(crate) fn next(&mut self, at: i64) -> Event {
        loop {
            if self.running.is_empty() || (self.running.len() < AT_ONCE && self.chance.percent(25)) {
                let events = self.begin(at);
                self.running.push(events);
            }
            let one = self.chance.below(self.running.len());
            match self.running[one].pop_front() {
                Some(event) => return Event { occurred_at: instant(at), ..event },
                // Told to its end, or as far as somebody has to decide.
                None => drop(self.running.swap_remove(one)),
            }
        }
    }

    fn begin(&mut self, at: i64) -> VecDeque<Event> {
        self.traces += 1;
        let scenario = self.chance.pick(&SCENARIOS);
        let ending = match self.chance.below(100) {
            0..30 => Ending::Allowed,
            30..35 => Ending::Failed,
            35..45 => Ending::Denied,
            45..75 => Ending::Approved,
            75..85 => Ending::Rejected,
            _ => Ending::Open,
        };
        let trace_id = format!("{}-live-{}-{}", scenario.slug, self.began, self.traces);
        let case = Case { trace_id, scenario, starts: at, ending, cites: None, tags: TAGS, context: BTreeMap::new() };
        case.events(&mut self.chance).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_and_its_traces_are_in_order() {
        let (mut live, mut again) = (Live::new(3, 1_000), Live::new(3, 1_000));
        let mut next: BTreeMap<String, i64> = BTreeMap::new();
        for at in 1_000..1_400 {
            let event = live.next(at);
            assert_eq!(event, again.next(at));
            let expected = next.entry(event.trace_id.clone()).or_default();
            assert_eq!((event.trace_seq, event.occurred_at), (Some(*expected), instant(at)), "{}", event.trace_id);
            *expected += 1;
        }
        assert!(next.len() > 30, "{}", next.len());
    }
}
