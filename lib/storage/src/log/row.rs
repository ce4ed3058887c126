//! Rows of the log as events.

use std::{cell::Cell, str::FromStr};

use dg_domain::{
    Actor, EventType, Hash32, Limits, LogSeq, NewEvent, Source, StoredEvent, TenantId, TraceSeq,
    json::{self, Json},
};
use tokio_postgres::{Row, types::FromSql};

use crate::{error::StoreError, values::PgMicros};

/// Reads the 22 columns that every statement of `sql/queries/log/` selects, in that order. By place and not by name: a
/// follower reads tens of thousands of these per second. The payload is not parsed.
///
/// # Errors
/// [`StoreError::Corrupt`] for a value that the log never takes.
pub(crate) fn stored_event(name: &'static str, row: &Row) -> Result<StoredEvent, StoreError> {
    let columns = Columns { name, row, at: Cell::new(0) };
    let tenant_id = TenantId::new(columns.next()?).map_err(|source| StoreError::corrupt(name, source))?;
    let log_seq = LogSeq::new(columns.next()?).map_err(|source| StoreError::corrupt(name, source))?;
    let (event_id, trace_id) = (columns.next()?, columns.next()?);
    let trace_seq = TraceSeq::new(columns.next()?).map_err(|source| StoreError::corrupt(name, source))?;
    let event_type = EventType::from_str(columns.next()?).map_err(|source| StoreError::corrupt(name, source))?;
    let occurred_at = columns.next()?;
    let occurred_instant = columns.next::<PgMicros>()?.0;
    let recorded_at = columns.next::<PgMicros>()?.0;
    let recorded_by = columns.next()?;
    let source = Source { producer_id: columns.next()?, system: columns.next()?, subsystem: columns.next()? };
    let actor = Actor { actor_type: columns.next()?, actor_id: columns.next()? };
    let event = NewEvent {
        event_id,
        trace_id,
        trace_seq: Some(trace_seq),
        event_type,
        occurred_at,
        occurred_instant,
        source,
        actor,
        correlation_id: columns.next()?,
        causation_event_id: columns.next()?,
        idempotency_key: columns.next()?,
        schema_version: columns.next()?,
        payload_json: columns.next()?,
        payload_hash: Hash32::from_slice(columns.next()?).map_err(|source| StoreError::corrupt(name, source))?,
        tags: tags(name, columns.next()?)?,
    };
    Ok(StoredEvent { tenant_id, log_seq, trace_seq, recorded_at, recorded_by, event })
}

struct Columns<'a> {
    name: &'static str,
    row: &'a Row,
    at: Cell<usize>,
}

impl<'a> Columns<'a> {
    fn next<T: FromSql<'a>>(&self) -> Result<T, StoreError> {
        let at = self.at.get();
        self.at.set(at + 1);
        self.row.try_get(at).map_err(|source| StoreError::corrupt(self.name, source))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("tags_json is not a list of strings")]
struct NotTags;

fn tags(name: &'static str, text: &str) -> Result<Vec<String>, StoreError> {
    if text == "[]" {
        return Ok(Vec::new());
    }
    let value = json::parse(text.as_bytes(), &Limits::SERVICE).map_err(|source| StoreError::corrupt(name, source))?;
    let Json::List(items) = value else { return Err(StoreError::corrupt(name, NotTags)) };
    let texts = items.into_iter().map(|item| match item {
        Json::Text(text) => Ok(text.into_owned()),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::List(_) | Json::Object(_) => {
            Err(StoreError::corrupt(name, NotTags))
        }
    });
    texts.collect()
}
