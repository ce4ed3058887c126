//! Events as a stream carries them: `id` is the position, `data` the event as `GET /events` shows it.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use dg_domain::{EventType, StoredEvent};
use tracing::error;

use super::filter::Filter;
use crate::event_json::EventJson;

/// Some events that follow on each other, written once for every stream that wants them.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The position of the first.
    pub(super) first: i64,
    /// The position of the last.
    pub(super) last: i64,
    text: Bytes,
    frames: Vec<Frame>,
}

#[derive(Clone, Debug)]
struct Frame {
    log_seq: i64,
    event_type: EventType,
    trace_id: String,
    text: Range<usize>,
}

impl Piece {
    /// Writes events; `None` for none.
    pub(super) fn of(events: &[StoredEvent]) -> Option<Self> {
        let (first, last) = (events.first()?.log_seq.get(), events.last()?.log_seq.get());
        let mut text = BytesMut::new();
        let mut frames = Vec::with_capacity(events.len());
        for stored in events {
            let start = text.len();
            write(&mut text, stored);
            frames.push(Frame {
                log_seq: stored.log_seq.get(),
                event_type: stored.event.event_type,
                trace_id: stored.event.trace_id.clone(),
                text: start..text.len(),
            });
        }
        Some(Self { first, last, text: text.freeze(), frames })
    }

    /// The events after a position that pass; empty for none.
    pub(super) fn after(&self, position: i64, filter: &Filter) -> Bytes {
        if position < self.first && filter.is_open() {
            return self.text.clone();
        }
        let mut text = BytesMut::new();
        for frame in self.frames.iter().filter(|frame| frame.log_seq > position) {
            if filter.takes(frame.event_type, &frame.trace_id) {
                text.put_slice(&self.text[frame.text.clone()]);
            }
        }
        text.freeze()
    }
}

fn write(text: &mut BytesMut, stored: &StoredEvent) {
    let log_seq = stored.log_seq.get();
    let json = EventJson::of(stored).and_then(|event| serde_json::to_vec(&event).map_err(dg_http::ApiError::internal));
    match json {
        Ok(json) => {
            text.put_slice(format!("id: {log_seq}\ndata: ").as_bytes());
            text.put_slice(&json);
        }
        Err(cause) => {
            // Altered by other hands. Its place is told, and the stream goes on.
            error!(log_seq, ?cause, "a stored event cannot be shown");
            text.put_slice(format!("id: {log_seq}\nevent: unreadable\ndata: {{\"log_seq\":{log_seq}}}").as_bytes());
        }
    }
    text.put_slice(b"\n\n");
}

/// Moves the client's last id without an event, so that it goes on from there, and shows that the stream lives.
pub(crate) fn position(log_seq: i64) -> Bytes {
    Bytes::from(format!(": position\nid: {log_seq}\n\n"))
}

/// What a stream begins with: how soon to come back, in milliseconds, and from where on.
pub(crate) fn greeting(log_seq: i64) -> Bytes {
    Bytes::from(format!("retry: 1000\nid: {log_seq}\n\n"))
}
