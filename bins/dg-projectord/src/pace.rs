//! How many events to read at once: few while there is little to do, many while a log is far ahead, never too many bytes.

use dg_domain::StoredEvent;

/// What a batch weighs at most, about: its events are in memory several times.
const BATCH_BYTES: usize = 32 << 20;

/// The size of the next batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    most: i64,
    events: i64,
}

impl Pace {
    /// Starts with a few events; reaches `most` when batches come full.
    #[must_use]
    pub(crate) fn new(first: i64, most: i64) -> Self {
        Self { most, events: first.clamp(1, most) }
    }

    /// Events to ask for.
    #[must_use]
    pub(crate) const fn events(&self) -> i64 {
        self.events
    }

    /// Takes in what came. Answers whether there is probably more.
    pub(crate) fn took(&mut self, batch: &[StoredEvent]) -> bool {
        let full = i64::try_from(batch.len()).is_ok_and(|events| events >= self.events);
        if full {
            let bytes: usize = batch.iter().map(|stored| 1_024 + stored.event.payload_json.len()).sum();
            let fitting = BATCH_BYTES / (bytes / batch.len().max(1)).max(1);
            let fitting = i64::try_from(fitting).unwrap_or(i64::MAX);
            self.events = self.events.saturating_mul(4).min(fitting).clamp(1, self.most);
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dg_domain::{GuardMode, LogSeq, Micros, NewEvent, Rules, TenantId, TraceSeq};

    fn events(count: usize, bytes: usize) -> Vec<StoredEvent> {
        let text = format!(
            r#"{{"event_id":"e","trace_id":"t","event_type":"TraceFinished","occurred_at":"2026-01-01T00:00:00Z",
               "source":{{"producer_id":"p","system":"s"}},"actor":{{"actor_type":"agent","actor_id":"a"}},
               "idempotency_key":"k","payload":{{"outcome":"success","x":"{}"}}}}"#,
            "x".repeat(bytes)
        );
        let stored = StoredEvent {
            tenant_id: TenantId::new("t").unwrap(),
            log_seq: LogSeq::new(1).unwrap(),
            trace_seq: TraceSeq::START,
            recorded_at: Micros::new(0),
            recorded_by: "p".to_owned(),
            event: NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap(),
        };
        vec![stored; count]
    }

    #[test]
    fn grows_while_batches_come_full_and_heeds_their_weight() {
        let mut pace = Pace::new(250, 5_000);
        assert!(!pace.took(&events(10, 10)));
        assert_eq!(pace.events(), 250);
        assert!(pace.took(&events(250, 10)) && pace.took(&events(1_000, 10)) && pace.took(&events(4_000, 10)));
        assert_eq!(pace.events(), 5_000);
        assert!(pace.took(&events(5_000, 100_000)));
        assert!(pace.events() < 400, "{}", pace.events());
    }
}
