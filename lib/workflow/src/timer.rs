//! When the clock has something to say about an item, and what.

use dg_domain::Micros;

use crate::{Item, Rung};

const MINUTE_US: i64 = 60_000_000;

/// What time does with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Tells the assignee that the deadline is near.
    Warn,
    /// Escalates to this rung, counted from 0.
    Escalate(usize),
}

/// What comes next for an item, and when. `warned_for` is the deadline that was warned of last. Once a deadline has passed, its
/// warning is left out: the escalation says more.
#[must_use]
pub fn next(item: &Item, warned_for: Option<Micros>, now: Micros) -> Option<(Micros, Timer)> {
    let due = item.sla.due_at.filter(|_| item.status.is_open())?;
    let level = usize::try_from(item.sla.escalation_level).ok()?;
    let warn_at = Micros::new(due.get().saturating_sub(item.terms.warning_minutes.saturating_mul(MINUTE_US)));
    let warns = item.terms.warning_minutes > 0 && level == 0 && warned_for != Some(due) && due > now;
    if warns {
        return Some((warn_at, Timer::Warn));
    }
    let rung = item.terms.ladder.get(level)?;
    Some((rung_at(item, due, rung), Timer::Escalate(level)))
}

/// When a rung is reached. Shares of the span are counted on the clock on the wall, whatever calendar the deadline was made by:
/// what is late goes on being late at night.
fn rung_at(item: &Item, due: Micros, rung: &Rung) -> Micros {
    let after = i128::from(item.sla.span_us) * i128::from(rung.after_percent) / 100;
    Micros::new(due.get().saturating_add(i64::try_from(after).unwrap_or(i64::MAX)))
}
