//! `stream`: many streams follow the log while events are appended one by one at a steady rate. Each of them has to see every
//! event once and in order; what is timed is from sending an event to having it, for every event and stream.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{
    Plan, e2e,
    figures::{Figures, Times},
    fill::{self, TENANT},
    http::{Connection, broken},
    load::EVENTS_PER_TRACE,
    scratch::{Suite, tenant_id},
};
use crate::failure::{Exit, Failure};

/// What is asked of sent to delivered, in milliseconds.
const TARGET_P95_MS: u32 = 250;
/// A stream that shows nothing for so long has lost something.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    suite.create_tenant(TENANT).await?;
    let (store, tenant) = (suite.store()?, tenant_id(TENANT)?);
    let warm = Plan { events: EVENTS_PER_TRACE * plan.connections, batch: 1, ..*plan };
    fill::send(suite, &warm).await?;
    fill::projected(&store, &tenant).await?;
    let loads = e2e::loads(plan);
    let events: usize = loads.iter().map(|load| load.events).sum();
    let mut streams = Vec::with_capacity(plan.streams);
    for _ in 0..plan.streams {
        let path = format!("/api/v1/events/stream?after={}", warm.events);
        let body = Connection::open(suite, TENANT).await?.follow(&path).await?;
        streams.push(tokio::spawn(read(body, warm.events, events)));
    }
    writeln!(notes, "stream: {} streams; sending {events} events, {} per second …", plan.streams, plan.per_second)?;
    let (appended, spent) = e2e::append(suite, plan, loads).await?;
    let joined = try_join_all(streams)
        .await
        .map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
    fill::check_head(store.head(&tenant).await?, warm.events + events)?;

    let mut sent = vec![None; events];
    for event in &appended {
        let place = usize::try_from(event.log_seq).unwrap_or(usize::MAX).wrapping_sub(warm.events + 1);
        if let Some(slot) = sent.get_mut(place) {
            *slot = Some(event.sent);
        }
    }
    let mut times = Vec::with_capacity(events * plan.streams);
    for delivered in joined {
        let delivered = delivered?;
        times.extend(delivered.iter().zip(&sent).filter_map(|(at, sent)| Some(at.saturating_duration_since((*sent)?))));
    }
    let delivered = Times::of(times);
    if delivered.count() != events * plan.streams {
        let message = format!("{} of {} deliveries could be timed", delivered.count(), events * plan.streams);
        return Err(Failure::new(Exit::Software, "events_missing", message));
    }
    let p95_ms = delivered.p95_ms();
    Ok(Figures::default()
        .rate(events, spent)
        .with("connections", plan.connections)
        .with("delivered_max_ms", delivered.max_ms())
        .with("delivered_p50_ms", delivered.p50_ms())
        .with("delivered_p95_ms", p95_ms)
        .with("delivered_p99_ms", delivered.p99_ms())
        .with("deliveries", delivered.count())
        .with("events", events)
        .with("met", p95_ms <= f64::from(TARGET_P95_MS))
        .with("rate", plan.per_second)
        .with("streams", plan.streams)
        .with("target_p95_ms", TARGET_P95_MS)
        .with("timed", "append sent to delivered by a stream"))
}

/// Reads one stream until it has shown so many events after a position; answers when each came.
async fn read(mut body: Incoming, after: usize, events: usize) -> Result<Vec<Instant>, Failure> {
    let mut delivered = Vec::with_capacity(events);
    let mut rest: Vec<u8> = Vec::new();
    while delivered.len() < events {
        let next = tokio::time::timeout(PATIENCE, body.frame()).await;
        let frame = match next {
            Ok(Some(frame)) => frame.map_err(broken)?,
            Ok(None) => return Err(missing(after + delivered.len(), "the stream ended")),
            Err(_) => return Err(missing(after + delivered.len(), "nothing came any more")),
        };
        let Ok(data) = frame.into_data() else { continue };
        let at = Instant::now();
        rest.extend_from_slice(&data);
        let mut begin = 0;
        while let Some(end) = rest[begin..].windows(2).position(|pair| pair == b"\n\n") {
            let block = &rest[begin..begin + end];
            begin += end + 2;
            let Some((id, _)) = event(block) else { continue };
            if id != after + delivered.len() + 1 {
                return Err(missing(after + delivered.len(), &format!("event {id} came next")));
            }
            delivered.push(at);
        }
        rest.drain(..begin);
    }
    Ok(delivered)
}

/// Position and text of an event; `None` for what else a stream says.
fn event(block: &[u8]) -> Option<(usize, &[u8])> {
    let rest = block.strip_prefix(b"id: ")?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let data = rest[end + 1..].strip_prefix(b"data: ")?;
    Some((std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?, data))
}

fn missing(after: usize, what: &str) -> Failure {
    Failure::new(Exit::Software, "events_missing", format!("a stream that had shown event {after}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_from_the_rest() {
        assert_eq!(event(b"id: 17\ndata: {\"a\":1}"), Some((17, &b"{\"a\":1}"[..])));
        assert_eq!(event(b"retry: 1000\nid: 17"), None);
        assert_eq!(event(b": position\nid: 17"), None);
    }
}
