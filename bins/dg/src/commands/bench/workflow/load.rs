//! The items that are filled, and when they are due.

use dg_domain::Micros;
use dg_storage::bench::RecordedAt;
use serde_json::json;

use crate::commands::bench::Plan;

const SECOND_US: i64 = 1_000_000;
/// How long an exception may wait where nothing else is said.
const SLA_US: i64 = 4 * 3_600 * SECOND_US;
/// One tenant alone has this share of all items.
const SHARE_OF_LARGEST: usize = 10;
const PRIORITIES: [&str; 4] = ["urgent", "high", "normal", "low"];

/// A request for an exception, and the item that it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) tenant: usize,
    pub(super) number: usize,
}

impl Asked {
    pub(super) fn workflow_id(self) -> String {
        format!("{}:exception:more", self.trace_id())
    }

    fn trace_id(self) -> String {
        format!("trace-{:09}-review-bench", self.number)
    }

    fn events(self, at: Micros) -> [String; 2] {
        let started = json!({
            "workflow": "refund", "title": format!("Refund {}", self.number),
            "primary_entity": {"entity_type": "order", "entity_id": format!("order-{:09}", self.number), "system": "shop"},
        });
        let asked = json!({
            "exception_id": "more", "reason": "the customer has waited for three weeks and was promised more",
            "policy": {"policy_id": format!("refund-limit-{}", self.number % 20), "policy_version": "3"},
            "priority": PRIORITIES[self.number % PRIORITIES.len()],
            "evidence": [{"locator": format!("crm://orders/{:09}", self.number)}],
        });
        [("TraceStarted", started), ("ExceptionRequested", asked)].map(|(kind, payload)| {
            let event_id = format!("{}-{kind}", self.trace_id());
            let event = json!({
                "event_id": event_id, "trace_id": self.trace_id(), "event_type": kind, "occurred_at": at.rfc3339(),
                "source": {"system": "bench", "producer_id": "bench-agent"},
                "actor": {"actor_type": "agent", "actor_id": "bench-agent"},
                "idempotency_key": event_id, "schema_version": 1, "payload": payload,
            });
            event.to_string()
        })
    }
}

pub(super) fn tenant(number: usize) -> String {
    format!("review-{number:05}")
}

/// When which deadlines pass: some at a steady rate, some while nobody looks, some while the one who looks is killed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    per_second: usize,
    pub(super) steady_s: usize,
    pub(super) outage_s: usize,
    pub(super) kills_s: usize,
}

/// In which stretch a deadline passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    Steady,
    Outage,
    Kills,
}

impl Deadlines {
    pub(super) fn of(plan: &Plan) -> Self {
        let steady_s = usize::try_from(plan.lasting.as_secs()).unwrap_or(usize::MAX);
        let per_second = usize::try_from(plan.per_second).unwrap_or(usize::MAX);
        Self { per_second, steady_s, outage_s: steady_s.min(10), kills_s: steady_s.min(15) }
    }

    pub(super) const fn count(self) -> usize {
        self.per_second * (self.steady_s + self.outage_s + self.kills_s)
    }

    /// The `nth` deadline, in microseconds from the first. After an outage there is as long again for what was left.
    pub(super) fn offset_us(self, nth: usize) -> i64 {
        let apart = i64::try_from(nth).unwrap_or(i64::MAX).saturating_mul(SECOND_US)
            / i64::try_from(self.per_second).unwrap_or(1).max(1);
        if self.stretch(nth) == Stretch::Kills { apart + seconds_us(self.outage_s) } else { apart }
    }

    pub(super) const fn stretch(self, nth: usize) -> Stretch {
        let second = nth / self.per_second;
        if second < self.steady_s {
            Stretch::Steady
        } else if second < self.steady_s + self.outage_s {
            Stretch::Outage
        } else {
            Stretch::Kills
        }
    }

    /// When a stretch begins, in microseconds from the first deadline.
    pub(super) fn begin_us(self, stretch: Stretch) -> i64 {
        seconds_us(match stretch {
            Stretch::Steady => 0,
            Stretch::Outage => self.steady_s,
            Stretch::Kills => self.steady_s + 2 * self.outage_s,
        })
    }
}

pub(super) fn seconds_us(seconds: usize) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_US)
}

/// What is due in hours: of each tenant so many, the first one with a share of its own.
pub(super) fn far(tenants: usize, items: usize) -> Vec<Vec<Asked>> {
    let largest = if tenants > 1 { items / SHARE_OF_LARGEST } else { items };
    let others = tenants.saturating_sub(1).max(1);
    let mut number = 0;
    (0..tenants)
        .map(|tenant| {
            let rest = items - largest;
            let count = if tenant == 0 { largest } else { rest / others + usize::from(tenant - 1 < rest % others) };
            let first = number;
            number += count;
            (first..number).map(|number| Asked { tenant, number }).collect()
        })
        .collect()
}

/// What is due while it is looked at: one item per deadline, over all tenants in turn.
pub(super) fn near(tenants: usize, first: usize, deadlines: Deadlines) -> Vec<Asked> {
    (0..deadlines.count()).map(|nth| Asked { tenant: nth % tenants, number: first + nth }).collect()
}

/// Requests as if they had been recorded so that their time is up at `due`.
pub(super) fn due_at(asked: Asked, due: Micros) -> RecordedAt {
    let at = Micros::new(due.get().saturating_sub(SLA_US));
    RecordedAt { at, events: asked.events(at).into() }
}

/// Requests that are recorded now.
pub(super) fn now(asked: &[Asked], at: Micros) -> RecordedAt {
    RecordedAt { at, events: asked.iter().flat_map(|one| one.events(at)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_of_one_tenant() {
        let all = far(4, 1_003);
        assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [100, 301, 301, 301]);
        let numbers: Vec<usize> = all.iter().flatten().map(|asked| asked.number).collect();
        assert_eq!(numbers, (0..1_003).collect::<Vec<_>>());
        assert_eq!(far(1, 7)[0].len(), 7);
    }

    #[test]
    fn deadlines_leave_room_after_an_outage() {
        let deadlines = Deadlines { per_second: 10, steady_s: 3, outage_s: 2, kills_s: 2 };
        assert_eq!(deadlines.count(), 70);
        assert_eq!(
            (deadlines.stretch(29), deadlines.stretch(30), deadlines.stretch(50)),
            (Stretch::Steady, Stretch::Outage, Stretch::Kills)
        );
        assert_eq!(
            (deadlines.offset_us(1), deadlines.offset_us(49), deadlines.offset_us(50)),
            (100_000, 4_900_000, 7_000_000)
        );
        assert_eq!(deadlines.begin_us(Stretch::Kills), 7_000_000);
    }
}
