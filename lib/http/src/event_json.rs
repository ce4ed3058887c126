//! A stored event as the API, its stream and webhooks show it.

use dg_domain::{EventType, StoredEvent};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::contract::{digest, words};
use crate::error::ApiError;

/// The known types, as a schema.
pub fn event_type() -> Schema {
    words(EventType::ALL.map(EventType::as_str))
}

/// The seventeen fields of the contract, who recorded the event, and its entry hash.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventJson<'a> {
    tenant_id: &'a str,
    log_seq: i64,
    trace_id: &'a str,
    trace_seq: i64,
    event_id: &'a str,
    #[schema(schema_with = event_type)]
    event_type: &'static str,
    occurred_at: &'a str,
    #[schema(format = DateTime)]
    recorded_at: String,
    recorded_by: &'a str,
    source: SourceJson<'a>,
    actor: ActorJson<'a>,
    correlation_id: Option<&'a str>,
    causation_event_id: Option<&'a str>,
    idempotency_key: &'a str,
    schema_version: i64,
    tags: &'a [String],
    /// The canonical text that was hashed, byte for byte.
    #[schema(value_type = Object)]
    payload: &'a RawValue,
    #[schema(schema_with = digest)]
    payload_hash: String,
    #[schema(schema_with = digest)]
    entry_hash: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EventSource)]
struct SourceJson<'a> {
    producer_id: &'a str,
    system: &'a str,
    subsystem: Option<&'a str>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EventActor)]
struct ActorJson<'a> {
    actor_type: &'a str,
    actor_id: &'a str,
}

impl<'a> EventJson<'a> {
    /// Shapes one event.
    ///
    /// # Errors
    /// `internal_error` when the stored payload is not JSON.
    pub fn of(stored: &'a StoredEvent) -> Result<Self, ApiError> {
        let event = &stored.event;
        Ok(Self {
            tenant_id: stored.tenant_id.as_str(),
            log_seq: stored.log_seq.get(),
            trace_id: &event.trace_id,
            trace_seq: stored.trace_seq.get(),
            event_id: &event.event_id,
            event_type: event.event_type.as_str(),
            occurred_at: &event.occurred_at,
            recorded_at: stored.recorded_at.rfc3339(),
            recorded_by: &stored.recorded_by,
            source: SourceJson {
                producer_id: &event.source.producer_id,
                system: &event.source.system,
                subsystem: event.source.subsystem.as_deref(),
            },
            actor: ActorJson { actor_type: &event.actor.actor_type, actor_id: &event.actor.actor_id },
            correlation_id: event.correlation_id.as_deref(),
            causation_event_id: event.causation_event_id.as_deref(),
            idempotency_key: &event.idempotency_key,
            schema_version: event.schema_version,
            tags: &event.tags,
            payload: serde_json::from_str(&event.payload_json).map_err(ApiError::internal)?,
            payload_hash: event.payload_hash.prefixed(),
            entry_hash: dg_ledger::entry_hash(stored).prefixed(),
        })
    }

    /// Shapes a page of events.
    ///
    /// # Errors
    /// As [`EventJson::of`].
    pub fn page(stored: &'a [StoredEvent]) -> Result<Vec<Self>, ApiError> {
        stored.iter().map(Self::of).collect()
    }
}
