//! What `dg bench` asks the database itself: the ceiling against which rates are read, and the size of the read models.

mod reviews;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dg_domain::{Actor, EventType, Hash32, LogSeq, Micros, NewEvent, Source, StoredEvent, TenantId, TraceSeq};
use futures_util::pin_mut;
use tokio_postgres::{binary_copy::BinaryCopyInWriter, types::ToSql};

use crate::{
    config::DatabaseConfig,
    connection,
    error::StoreError,
    log::{Accepted, COLUMN_TYPES, Columns, EventKeys},
    store::Store,
};

pub use reviews::{Escalation, RecordedAt};

const COPY_IN: &str = include_str!("../../../sql/queries/log/copy_in.sql");
const READ_MODEL_BYTES: &str = include_str!("../../../sql/queries/bench/read_model_bytes.sql");
const BUILDS_LEFT: &str = include_str!("../../../sql/queries/bench/builds_left.sql");
const ROWS_PER_COMMIT: i64 = 1_000;
const EVENTS_PER_TRACE: i64 = 10;

/// What to measure with.
#[derive(Clone, Debug)]
pub struct CopyLoad {
    /// A tenant that is not registered and holds nothing. Its rows stay: the log is append-only.
    pub tenant: TenantId,
    /// How many rows.
    pub rows: i64,
    /// Bytes of each payload.
    pub payload_bytes: usize,
    /// When the rows say they were recorded.
    pub at: Micros,
}

/// Rows per second of binary COPY into `dg_event_log` with all of its indexes, 1,000 rows per commit, one connection, as
/// a superuser: COPY is refused to those whom row-level security concerns. Making the rows is not counted, sending them is.
///
/// # Errors
/// The database's.
pub async fn copy_ceiling(superuser: &DatabaseConfig, load: &CopyLoad) -> Result<f64, StoreError> {
    let name = "bench.copy_in";
    let session = connection::connect(superuser).await?;
    let mut spent = Duration::ZERO;
    let mut first = 1;
    while first <= load.rows {
        let last = (first + ROWS_PER_COMMIT - 1).min(load.rows);
        let accepted: Vec<Accepted> = (first..=last).map(|seq| event(load, seq)).collect();
        let started = Instant::now();
        let columns = Columns::of(&accepted);
        let sink = session.client().copy_in(COPY_IN).await.map_err(StoreError::of(name))?;
        let writer = BinaryCopyInWriter::new(sink, &COLUMN_TYPES);
        pin_mut!(writer);
        for at in 0..accepted.len() {
            writer.as_mut().write(&columns.row(at)).await.map_err(StoreError::of(name))?;
        }
        writer.finish().await.map_err(StoreError::of(name))?;
        spent += started.elapsed();
        first = last + 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let rows = load.rows as f64;
    Ok(rows / spent.as_secs_f64().max(f64::EPSILON))
}

fn event(load: &CopyLoad, seq: i64) -> Accepted {
    let (trace, place) = ((seq - 1) / EVENTS_PER_TRACE, (seq - 1) % EVENTS_PER_TRACE);
    let trace_seq = TraceSeq::new(place).unwrap_or(TraceSeq::START);
    let log_seq = LogSeq::new(seq).unwrap_or(LogSeq::START);
    let frame = format!(r#"{{"bench":"{seq:012}","text":""}}"#);
    let filling = "x".repeat(load.payload_bytes.saturating_sub(frame.len()));
    let payload_json = format!(r#"{{"bench":"{seq:012}","text":"{filling}"}}"#);
    let event = NewEvent {
        event_id: format!("bench-event-{seq:012}"),
        trace_id: format!("bench-trace-{trace:012}"),
        trace_seq: Some(trace_seq),
        event_type: if place == 0 { EventType::TraceStarted } else { EventType::InputObserved },
        occurred_at: load.at.rfc3339(),
        occurred_instant: load.at,
        source: Source { producer_id: "bench".to_owned(), system: "bench".to_owned(), subsystem: None },
        actor: Actor { actor_type: "system".to_owned(), actor_id: "bench".to_owned() },
        correlation_id: None,
        causation_event_id: None,
        idempotency_key: format!("bench-key-{seq:012}"),
        schema_version: 1,
        tags: Vec::new(),
        payload_hash: Hash32::of(payload_json.as_bytes()),
        payload_json,
    };
    let keys = EventKeys::of(&event);
    let tenant_id = load.tenant.clone();
    let stored =
        StoredEvent { tenant_id, log_seq, trace_seq, recorded_at: load.at, recorded_by: "bench".to_owned(), event };
    Accepted { stored: Arc::new(stored), keys }
}

impl Store {
    /// Bytes on disk of the read models of all tenants: both slots, with their indexes.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn read_model_bytes(&self) -> Result<i64, StoreError> {
        self.number("bench.read_model_bytes", READ_MODEL_BYTES, &[]).await
    }

    /// Generations of a tenant's projections that are being built, or that are not removed yet.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn builds_left(&self, tenant: &TenantId) -> Result<i64, StoreError> {
        self.number("bench.builds_left", BUILDS_LEFT, &[&tenant.as_str()]).await
    }

    async fn number(&self, name: &'static str, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<i64, StoreError> {
        let row = self.query_opt(name, sql, params).await?;
        row.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))
    }
}
