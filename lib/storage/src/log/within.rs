//! Appending within a transaction that does more than that: a review's command and what it changes become true together.
//!
//! The append stage is faster and knows nothing else; here the head row is locked by the caller's transaction, so a command
//! waits for the batch in flight, and the next batch waits for the command.

use std::sync::Arc;

use dg_domain::{
    LogSeq, Micros, NewEvent, StoredEvent, TenantId, TraceSeq, Violation,
    append::{Ledger, Outcome, TraceHead},
    keys,
};

use super::{Accepted, Columns, EventKeys, stored_event};
use crate::{error::StoreError, values::PgKey, work::Work};

const LOCK_HEADS: &str = include_str!("../../../../sql/queries/log/lock_heads.sql");
const LOOKUP: &str = include_str!("../../../../sql/queries/log/lookup.sql");
const AT_POSITIONS: &str = include_str!("../../../../sql/queries/log/at_positions.sql");
const INSERT: &str = include_str!("../../../../sql/queries/log/insert.sql");
const MOVE_HEADS: &str = include_str!("../../../../sql/queries/log/move_heads.sql");

/// Locks the head of the tenant's log until the transaction ends. Nobody appends meanwhile.
///
/// # Errors
/// [`StoreError::NotFound`] for a tenant that is not registered.
pub(crate) async fn lock_head(work: &Work, tenant: &TenantId) -> Result<LogSeq, StoreError> {
    let name = "log.lock_heads";
    let row = work.query_opt(name, LOCK_HEADS, &[&vec![tenant.as_str()]]).await?;
    let row = row.ok_or(StoreError::NotFound { what: "tenant" })?;
    let last: i64 = row.try_get(1).map_err(StoreError::of(name))?;
    LogSeq::new(last).map_err(|source| StoreError::corrupt(name, source))
}

/// Where a trace stands; [`TraceHead::UNKNOWN`] for one that nobody has written to.
///
/// # Errors
/// As every statement.
pub(crate) async fn trace_head(work: &Work, tenant: &TenantId, trace_id: &str) -> Result<TraceHead, StoreError> {
    let name = "log.lookup";
    let none: Vec<PgKey> = Vec::new();
    let (tenants, traces) = (vec![tenant.as_str()], vec![PgKey(keys::trace_key(trace_id))]);
    let row = work.query_opt(name, LOOKUP, &[&tenants, &traces, &Vec::<&str>::new(), &none, &none]).await?;
    let Some(row) = row else { return Ok(TraceHead::UNKNOWN) };
    let trace_seq: i64 = row.try_get(3).map_err(StoreError::of(name))?;
    let trace_seq = TraceSeq::new(trace_seq).map_err(|source| StoreError::corrupt(name, source))?;
    Ok(TraceHead { next_seq: trace_seq.next(), finished: row.try_get(4).map_err(StoreError::of(name))? })
}

/// Appends events that stand or fall together; the caller holds the head, which is at `last`. The answer is in the order of the
/// events, with the new end of the log; a refusal leaves the transaction as it was.
///
/// # Errors
/// As every statement.
pub(crate) async fn append(
    work: &Work,
    tenant: &TenantId,
    last: LogSeq,
    events: Vec<NewEvent>,
    at: Micros,
    by: &str,
) -> Result<Result<(Vec<Arc<StoredEvent>>, LogSeq), Violation>, StoreError> {
    let keyed: Vec<EventKeys> = events.iter().map(EventKeys::of).collect();
    let mut ledger = Ledger::new(tenant.clone(), last);
    tell(work, tenant, &keyed, &mut ledger).await?;
    let outcomes = match ledger.append_atomic(events, at, by) {
        Ok(outcomes) => outcomes,
        Err(refusals) => {
            let first = refusals.into_iter().flatten().next();
            let why = first.unwrap_or_else(|| Violation::schema("the events were refused"));
            return Ok(Err(why));
        }
    };
    let mut stored = Vec::with_capacity(outcomes.len());
    let mut accepted = Vec::with_capacity(outcomes.len());
    for (outcome, keys) in outcomes.into_iter().zip(keyed) {
        match outcome {
            Outcome::Stored(event) => {
                accepted.push(Accepted { stored: Arc::clone(&event), keys });
                stored.push(event);
            }
            Outcome::Replayed(event) => stored.push(event),
            Outcome::Rejected(violation) => return Ok(Err(violation)),
        }
    }
    if !accepted.is_empty() {
        let columns = Columns::of(&accepted);
        work.count("log.insert", INSERT, &columns.params()).await?;
        let (tenants, heads) = (vec![tenant.as_str()], vec![ledger.last().get()]);
        work.count("log.move_heads", MOVE_HEADS, &[&tenants, &heads]).await?;
    }
    Ok(Ok((stored, ledger.last())))
}

/// Tells the ledger what is known about the traces and keys of some events.
async fn tell(work: &Work, tenant: &TenantId, keyed: &[EventKeys], ledger: &mut Ledger) -> Result<(), StoreError> {
    let name = "log.lookup";
    let mut traces: Vec<_> = keyed.iter().map(|keys| keys.trace).collect();
    traces.sort_unstable();
    traces.dedup();
    let trace_tenants = vec![tenant.as_str(); traces.len()];
    let event_tenants = vec![tenant.as_str(); keyed.len()];
    let trace_keys: Vec<PgKey> = traces.iter().copied().map(PgKey).collect();
    let idempotency: Vec<PgKey> = keyed.iter().map(|keys| PgKey(keys.idempotency)).collect();
    let event_ids: Vec<PgKey> = keyed.iter().map(|keys| PgKey(keys.event)).collect();
    let rows =
        work.query(name, LOOKUP, &[&trace_tenants, &trace_keys, &event_tenants, &idempotency, &event_ids]).await?;
    let mut known = Vec::new();
    for row in &rows {
        let kind: i16 = row.try_get(0).map_err(StoreError::of(name))?;
        let ordinal: i64 = row.try_get(1).map_err(StoreError::of(name))?;
        let entry = usize::try_from(ordinal - 1).unwrap_or_default();
        match kind {
            1 => {
                let trace_seq: i64 = row.try_get(3).map_err(StoreError::of(name))?;
                let trace_seq = TraceSeq::new(trace_seq).map_err(|source| StoreError::corrupt(name, source))?;
                let finished: bool = row.try_get(4).map_err(StoreError::of(name))?;
                if let Some(trace) = traces.get(entry) {
                    ledger.put_head(*trace, TraceHead { next_seq: trace_seq.next(), finished });
                }
            }
            2 => known.push(row.try_get::<_, i64>(2).map_err(StoreError::of(name))?),
            _ => {
                if let Some(keys) = keyed.get(entry) {
                    ledger.put_event_id(keys.event);
                }
            }
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    let name = "log.at_positions";
    let tenants = vec![tenant.as_str(); known.len()];
    for row in &work.query(name, AT_POSITIONS, &[&tenants, &known]).await? {
        ledger.put_known(Arc::new(stored_event(name, row)?));
    }
    Ok(())
}
