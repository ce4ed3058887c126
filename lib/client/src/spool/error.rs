//! How a spool says no.

use std::{io, path::PathBuf};

use serde_json::{Map, Value, json};

use super::record::Damage;

/// The spool did not take the event, or cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The bounds are reached. The event was not taken.
    #[error("the spool {} is full: {limit} is {value}", path.display())]
    Full {
        /// Where it is.
        path: PathBuf,
        /// Which bound: `max_events` or `max_bytes`.
        limit: &'static str,
        /// Its value.
        value: u64,
        /// How many events wait.
        waiting_events: usize,
    },
    /// The disk refused. The event was not taken.
    #[error("the disk refused")]
    WriteFailed {
        /// The disk did not even let the attempt be undone for certain: a crash of the machine could still bring the event
        /// back. Send it again with the same idempotency key, not a new one. The spool takes nothing more until it is opened again.
        outcome_unknown: bool,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// Another process, or another part of this one, has the spool.
    #[error("another process, or another recorder of this one, has the spool {}", path.display())]
    Locked {
        /// Where it is.
        path: PathBuf,
    },
    /// Its files were changed by other hands; opening it would lose events.
    #[error("the spool {} is damaged: move it aside and look at it", path.display())]
    Corrupt {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: SpoolDamage,
    },
    /// It holds events of another tenant.
    #[error("the spool {} holds events of tenant {found}, not {asked}", path.display())]
    OtherTenant {
        /// Where it is.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who asked.
        asked: String,
    },
    /// An earlier event of this trace was refused by the service after the spool had taken it. The event was not taken, so
    /// that the log never holds a trace with a hole. See [`Spool::dead_letters`](super::Spool::dead_letters) and
    /// [`Spool::release`](super::Spool::release).
    #[error("an earlier event of trace {trace_id} was refused: {}", refused.get("message").and_then(Value::as_str).unwrap_or_default())]
    TraceBlocked {
        /// The trace.
        trace_id: String,
        /// What the service said about the refused event.
        refused: Map<String, Value>,
    },
    /// Events of the trace still wait: flush first.
    #[error("the spool still holds events of trace {trace_id}; flush it first")]
    StillWaiting {
        /// The trace.
        trace_id: String,
    },
    /// It cannot be used any more, or here.
    #[error("the spool {} {why}", path.display())]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
}

/// What is wrong with the files of a spool.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SpoolDamage(#[from] Damage);

impl SpoolError {
    /// Stable and machine-readable, the same as in the other client libraries.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "spool_full",
            Self::WriteFailed { .. } => "spool_write_failed",
            Self::Locked { .. } => "spool_locked",
            Self::Corrupt { .. } | Self::OtherTenant { .. } => "spool_corrupt",
            Self::TraceBlocked { .. } => "trace_blocked",
            Self::StillWaiting { .. } | Self::Unusable { .. } => "spool_error",
        }
    }

    /// What there is to know besides, with the names of the other client libraries.
    #[must_use]
    pub fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::Full { limit, value, waiting_events, .. } => {
                json!({"limit": limit, *limit: value, "waiting_events": waiting_events})
            }
            Self::WriteFailed { outcome_unknown, source } => {
                json!({"errno": source.raw_os_error(), "outcome_unknown": outcome_unknown})
            }
            Self::TraceBlocked { trace_id, refused } => json!({"trace_id": trace_id, "refused": refused}),
            Self::StillWaiting { trace_id } => json!({"trace_id": trace_id}),
            Self::Locked { .. } | Self::Corrupt { .. } | Self::OtherTenant { .. } | Self::Unusable { .. } => json!({}),
        };
        match details {
            Value::Object(details) => details,
            _ => Map::new(),
        }
    }
}
