//! Which messages an endpoint wants.

use dg_domain::EventType;

/// What an endpoint is told about, in the words of the event stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Events of the log.
    pub events: bool,
    /// That projections have advanced.
    pub projections: bool,
    /// Events of these types only; of every type when empty.
    pub event_types: Vec<EventType>,
    /// Events of this trace only.
    pub trace_id: Option<String>,
}

impl Wants {
    /// Whether an event of this type and trace is sent.
    #[must_use]
    pub fn takes(&self, event_type: EventType, trace_id: &str) -> bool {
        self.events
            && (self.event_types.is_empty() || self.event_types.contains(&event_type))
            && self.trace_id.as_deref().is_none_or(|wanted| wanted == trace_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_to_hold() {
        let all = Wants { events: true, ..Wants::default() };
        assert!(all.takes(EventType::TraceStarted, "t"));
        assert!(!Wants { projections: true, ..Wants::default() }.takes(EventType::TraceStarted, "t"));
        let some = Wants {
            event_types: vec![EventType::TraceStarted, EventType::TraceFinished],
            trace_id: Some("t".to_owned()),
            ..all
        };
        assert!(some.takes(EventType::TraceFinished, "t"));
        assert!(!some.takes(EventType::TraceFinished, "u"));
        assert!(!some.takes(EventType::InputObserved, "t"));
    }
}
