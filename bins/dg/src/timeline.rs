//! One trace told as a timeline, for people.

mod describe;

use dg_client::{StoredEvent, TraceDetail};
use dg_domain::Micros;

use crate::output::{printable, shortened};

/// The lines of a trace: what it is about, then its events. With `payload`, each event's payload in full.
pub(crate) fn lines(trace: &TraceDetail, payload: bool) -> Vec<String> {
    let mut lines = head(trace);
    let start = trace.events.first().and_then(|event| instant(&event.occurred_at));
    let actors = trace.events.iter().map(|event| actor(event).chars().count()).max().unwrap_or(0).min(32);
    let types = trace.events.iter().map(|event| event.event_type.len()).max().unwrap_or(0);
    let positions = trace.events.last().map_or(1, |event| event.trace_seq.to_string().len());
    for event in &trace.events {
        let elapsed = match (start, instant(&event.occurred_at)) {
            (Some(start), Some(at)) => elapsed(at - start),
            _ => String::new(),
        };
        let actor = shortened(&actor(event), 32);
        let name = printable(&event.event_type);
        let said = describe::event(&event.event_type, &event.payload_value());
        let line = format!("{:>positions$}  {elapsed:>9}  {name:<types$}  {actor:<actors$}  ", event.trace_seq);
        let indent = " ".repeat(positions + 13);
        lines.push(format!("{line}{}", said.first().map(String::as_str).unwrap_or_default()).trim_end().to_owned());
        lines.extend(said.iter().skip(1).map(|more| format!("{indent}{more}")));
        if payload {
            // Printed as it was stored; a JSON text holds no control characters.
            lines.push(format!("{indent}{}", printable(event.payload.get())));
        }
    }
    lines
}

fn head(trace: &TraceDetail) -> Vec<String> {
    let first = trace.events.first();
    let mut lines = Vec::new();
    if let Some(summary) = &trace.summary {
        let plain = |text: &Option<String>| printable(text.as_deref().unwrap_or_default());
        lines.push(format!("\x1b[1m{}\x1b[0m", plain(&summary.title)));
        let entity = [&summary.primary_entity_system, &summary.primary_entity_type, &summary.primary_entity_id];
        let entity: Vec<String> = entity.map(plain).into_iter().filter(|part| !part.is_empty()).collect();
        lines.push(format!("{}, about {}", plain(&summary.workflow), entity.join(" ")));
        let ended = match (&summary.outcome, &summary.finished_at) {
            (Some(outcome), Some(at)) => format!("{}, finished {}", printable(outcome), printable(at)),
            _ => "open".to_owned(),
        };
        lines.push(format!("{ended}, started {}", plain(&summary.started_at)));
    } else if let Some(event) = first {
        lines.push(format!("\x1b[1m{}\x1b[0m (not in the projections yet)", printable(&event.trace_id)));
        lines.push(format!("started {}", printable(&event.occurred_at)));
    }
    if let (Some(first), Some(last)) = (first, trace.events.last()) {
        let count = trace.events.len();
        let plural = if count == 1 { "" } else { "s" };
        lines.push(format!("{count} event{plural}, log positions {} to {}", first.log_seq, last.log_seq));
    }
    lines.push(String::new());
    lines
}

fn actor(event: &StoredEvent) -> String {
    printable(&format!("{}:{}", event.actor.actor_type, event.actor.actor_id))
}

fn instant(text: &str) -> Option<i64> {
    Micros::parse_rfc3339(text).map(Micros::get)
}

/// Microseconds after the first event, in the unit that suits: `+4 s`, `+2 m 5 s`, `+3 h`, `+2 d 1 h`. Clocks differ,
/// so an event can also come before the first one.
fn elapsed(micros: i64) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let millis = micros.unsigned_abs() / 1000;
    let seconds = millis / 1000;
    let (first, second) = match seconds {
        0 if millis == 0 => return "start".to_owned(),
        0 => return format!("{sign}{millis} ms"),
        1..60 => ((seconds, 's'), (0, ' ')),
        60..3600 => ((seconds / 60, 'm'), (seconds % 60, 's')),
        3600..86_400 => ((seconds / 3600, 'h'), (seconds / 60 % 60, 'm')),
        _ => ((seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h')),
    };
    match second.0 {
        0 => format!("{sign}{} {}", first.0, first.1),
        more => format!("{sign}{} {} {more} {}", first.0, first.1, second.1),
    }
}

#[cfg(test)]
mod tests;
