//! The events that are sent: whole decisions, with ids like those of real agents.

mod event;
mod filling;

use bytes::Bytes;

pub(super) use event::Decision;

/// Events of one ordinary decision.
pub(super) const EVENTS_PER_TRACE: usize = 10;
/// Events of a long one.
pub(super) const EVENTS_OF_LONG_TRACE: usize = 120;
/// One decision in so many is long, where there are long ones.
const LONG_EVERY: usize = 200;

/// How long the decisions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lengths {
    /// Ten events each.
    Short,
    /// One in [`LONG_EVERY`] has [`EVENTS_OF_LONG_TRACE`].
    Mixed,
    /// Ten events each, but the first has so many more: connections that begin together are not in step.
    Staggered(usize),
}

impl Lengths {
    /// Events of a decision, the `nth` of its connection.
    const fn of(self, trace: usize, nth: usize) -> usize {
        match self {
            Self::Mixed if trace.is_multiple_of(LONG_EVERY) => EVENTS_OF_LONG_TRACE,
            Self::Staggered(more) if nth == 0 => EVENTS_PER_TRACE + more,
            Self::Short | Self::Mixed | Self::Staggered(_) => EVENTS_PER_TRACE,
        }
    }
}

/// What one connection sends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// Decisions are numbered from here, so that connections never share one.
    pub(super) first_trace: usize,
    pub(super) events: usize,
    pub(super) lengths: Lengths,
    pub(super) payload_bytes: usize,
}

impl Share {
    /// The events as JSON, in order. The last decision may be cut off, and stays open.
    pub(super) fn events(self) -> impl Iterator<Item = String> + Send {
        let events = self.decisions().flat_map(move |decision| {
            (0..decision.length()).map(move |seq| decision.event(seq, self.payload_bytes).to_string())
        });
        events.take(self.events)
    }

    /// The decisions that are in it from start to finish.
    pub(super) fn whole(self) -> impl Iterator<Item = Decision> {
        let ends = self.decisions().scan(0, |events, decision| {
            *events += decision.length();
            Some((*events, decision))
        });
        ends.take_while(move |(end, _)| *end <= self.events).map(|(_, decision)| decision)
    }

    fn decisions(self) -> impl Iterator<Item = Decision> + Send {
        (self.first_trace..).enumerate().map(move |(nth, trace)| Decision::new(trace, self.lengths.of(trace, nth)))
    }

    /// Request bodies: one event each when `batch` is 1, `{"events":[…]}` otherwise.
    pub(super) fn bodies(self, batch: usize) -> impl Iterator<Item = Bytes> + Send {
        let mut events = self.events();
        std::iter::from_fn(move || {
            let first = events.next()?;
            if batch == 1 {
                return Some(Bytes::from(first));
            }
            let mut body = format!("{{\"events\":[{first}");
            for event in events.by_ref().take(batch - 1) {
                body.push(',');
                body.push_str(&event);
            }
            body.push_str("]}");
            Some(Bytes::from(body))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(events: usize, lengths: Lengths) -> Share {
        Share { first_trace: 0, events, lengths, payload_bytes: 300 }
    }

    #[test]
    fn bodies_hold_every_event_once() {
        assert_eq!(share(25, Lengths::Short).bodies(1).count(), 25);
        let batches: Vec<Bytes> = share(25, Lengths::Short).bodies(10).collect();
        let sizes: Vec<usize> = batches
            .iter()
            .map(|body| {
                let document: serde_json::Value = serde_json::from_slice(body).unwrap();
                document["events"].as_array().unwrap().len()
            })
            .collect();
        assert_eq!(sizes, [10, 10, 5]);
    }

    #[test]
    fn some_decisions_are_long() {
        let events: Vec<String> = share(EVENTS_OF_LONG_TRACE + 1, Lengths::Mixed).events().collect();
        let finishes: Vec<usize> = (0..events.len()).filter(|at| events[*at].contains("TraceFinished")).collect();
        assert_eq!(finishes, [EVENTS_OF_LONG_TRACE - 1]);
        assert!(events.last().unwrap().contains("TraceStarted"));
        assert_eq!(share(EVENTS_OF_LONG_TRACE + 1, Lengths::Mixed).whole().count(), 1);
    }

    #[test]
    fn connections_that_begin_together_are_not_in_step() {
        let finishes = |lengths| share(40, lengths).events().position(|event| event.contains("TraceFinished"));
        assert_eq!((finishes(Lengths::Staggered(0)), finishes(Lengths::Staggered(7))), (Some(9), Some(16)));
    }
}
