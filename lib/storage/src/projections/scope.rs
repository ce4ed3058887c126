//! A tenant's projections as something one process owns: read ahead, fold, write behind the fence.

use dg_domain::{ErrorCode, LogSeq, StoredEvent, TenantId, Violation, keys};
use dg_projections::{FoldError, Folded, Projection, TraceHistory, history, open_traces};
use tokio_postgres::{Row, Transaction};

use super::{
    cursor::{CursorState, position},
    write,
};
use crate::{
    config::DatabaseConfig,
    connection::{self, Connection, bounded},
    error::StoreError,
    log::{EventFilter, stored_event},
    store::Store,
    values::PgKey,
};

const TAKE_SCOPE: &str = include_str!("../../../../sql/queries/projections/take_scope.sql");
const LOCK_CURSORS: &str = include_str!("../../../../sql/queries/projections/lock_cursors.sql");
const MOVE_CURSORS: &str = include_str!("../../../../sql/queries/projections/move_cursors.sql");
const RECORD_FAILURE: &str = include_str!("../../../../sql/queries/projections/record_failure.sql");
const RESOLVE_FAILURES: &str = include_str!("../../../../sql/queries/projections/resolve_failures.sql");
const TRACE_HISTORY: &str = include_str!("../../../../sql/queries/projections/trace_history.sql");

/// Every statement here is driven by keys. Statistics of a table that just grew from nothing must not talk the planner
/// into reading all of it.
const SESSION: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// One projection as its owner knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owned {
    projection: Projection,
    generation: i64,
    slot: i16,
    applied: LogSeq,
    epoch: i64,
    state: CursorState,
}

/// A tenant's projections, taken. Whoever takes them later fences this off.
#[derive(Clone, Debug)]
pub struct ProjectionScope {
    tenant: TenantId,
    owned: Vec<Owned>,
}

/// The projections that stand lowest together, and what to read for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Which projections.
    pub projections: Vec<Projection>,
    /// Where they stand.
    pub after: LogSeq,
}

impl ProjectionScope {
    /// Whose projections.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// What to move next. Projections that stand together move together, in one pass over the log.
    #[must_use]
    pub fn next(&self) -> Advance {
        let after = self.owned.iter().map(|owned| owned.applied).min().unwrap_or_default();
        let together = self.owned.iter().filter(|owned| owned.applied == after);
        Advance { projections: together.map(|owned| owned.projection).collect(), after }
    }

    /// Whether some projection stands before an event that cannot be folded.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.owned.iter().any(|owned| owned.state == CursorState::Failed)
    }
}

/// The session that writes read models.
#[derive(Debug)]
pub struct ProjectionWriter {
    connection: Connection,
    config: DatabaseConfig,
}

impl ProjectionWriter {
    /// Opens the session.
    ///
    /// # Errors
    /// As [`connection::connect`].
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let connection = connection::connect(config).await?;
        connection.client().batch_execute(SESSION).await.map_err(StoreError::of("projections.session"))?;
        Ok(Self { connection, config: config.clone() })
    }

    /// Whether the session is over; make a new one then.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.connection.is_lost()
    }

    /// Takes a tenant's projections: makes missing cursors and raises every epoch. Hold the scope's advisory lock first.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn take(&self, tenant: &TenantId) -> Result<ProjectionScope, StoreError> {
        let names: Vec<&str> = Projection::ALL.iter().map(|projection| projection.as_str()).collect();
        let taking = async {
            let rows = self.connection.client().query(TAKE_SCOPE, &[&tenant.as_str(), &names]).await;
            rows.map_err(StoreError::of("projections.take_scope"))
        };
        let rows = bounded("projections.take_scope", self.config.answer_timeout(), taking).await?;
        let mut owned: Vec<Owned> = rows.iter().map(read_owned).collect::<Result<_, _>>()?;
        owned.sort_by_key(|owned| owned.projection);
        Ok(ProjectionScope { tenant: tenant.clone(), owned })
    }

    /// Writes the answer of a fold over `batch`, moves the cursors, and commits; or changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when somebody else took the scope or moved a cursor, [`StoreError::Domain`] when the rows
    /// do not follow on what is stored, or as [`Store::ping`].
    pub async fn advance(
        &mut self,
        scope: &mut ProjectionScope,
        advance: &Advance,
        batch: &[StoredEvent],
        folded: &Folded,
    ) -> Result<LogSeq, StoreError> {
        let limit = self.config.answer_timeout();
        let writing = write_batch(self.connection.client_mut(), scope, advance, batch, folded);
        let (applied, state) = bounded("projections.advance", limit, writing).await?;
        for owned in scope.owned.iter_mut().filter(|owned| advance.projections.contains(&owned.projection)) {
            (owned.applied, owned.state) = (applied, state);
        }
        Ok(applied)
    }
}

async fn write_batch(
    client: &mut tokio_postgres::Client,
    scope: &ProjectionScope,
    advance: &Advance,
    batch: &[StoredEvent],
    folded: &Folded,
) -> Result<(LogSeq, CursorState), StoreError> {
    let tenant = scope.tenant.as_str();
    let names: Vec<&str> = advance.projections.iter().map(|projection| projection.as_str()).collect();
    let transaction = client.transaction().await.map_err(StoreError::of("projections.begin"))?;
    let rows = transaction
        .query(LOCK_CURSORS, &[&tenant, &names])
        .await
        .map_err(StoreError::of("projections.lock_cursors"))?;
    check_fence(scope, advance, &rows)?;
    let slot = |projection: Projection| {
        scope.owned.iter().find(|owned| owned.projection == projection).map_or(0, |owned| owned.slot)
    };
    let written = write::changes(&transaction, tenant, slot, &folded.changes).await?;
    if written.activities_refused {
        return Err(Violation::new(
            ErrorCode::EventSequenceInvalid,
            "the trace index does not hold the events right before this batch; rebuild it",
        )
        .into());
    }
    let applied = folded.applied.checked_sub(1).map_or(advance.after, |last| batch[last].log_seq);
    let state = match &folded.failure {
        Some(failure) => {
            record_failure(&transaction, tenant, &names, failure).await?;
            CursorState::Failed
        }
        None => {
            if scope.has_failed() {
                transaction
                    .execute(RESOLVE_FAILURES, &[&tenant, &names, &applied.get()])
                    .await
                    .map_err(StoreError::of("projections.resolve_failures"))?;
            }
            CursorState::Live
        }
    };
    transaction
        .execute(MOVE_CURSORS, &[&tenant, &names, &applied.get(), &state.as_str()])
        .await
        .map_err(StoreError::of("projections.move_cursors"))?;
    transaction.commit().await.map_err(StoreError::of("projections.commit"))?;
    Ok((applied, state))
}

/// Compares epoch, generation and cursor, all under the row lock, with what this owner believes.
fn check_fence(scope: &ProjectionScope, advance: &Advance, rows: &[Row]) -> Result<(), StoreError> {
    let fenced = || StoreError::Fenced { scope: format!("projections of {}", scope.tenant) };
    if rows.len() != advance.projections.len() {
        return Err(fenced());
    }
    for row in rows {
        let found = read_owned(row)?;
        let believed = scope.owned.iter().find(|owned| owned.projection == found.projection).ok_or_else(fenced)?;
        if (found.epoch, found.generation, found.applied) != (believed.epoch, believed.generation, advance.after) {
            return Err(fenced());
        }
    }
    Ok(())
}

async fn record_failure(
    transaction: &Transaction<'_>,
    tenant: &str,
    names: &[&str],
    failure: &FoldError,
) -> Result<(), StoreError> {
    transaction
        .execute(
            RECORD_FAILURE,
            &[
                &tenant,
                &names,
                &failure.log_seq.get(),
                &failure.trace_id,
                &failure.event_id,
                &"schema_violation",
                &failure.violation.code.as_str(),
                &failure.violation.message,
            ],
        )
        .await
        .map_err(StoreError::of("projections.record_failure"))?;
    Ok(())
}

fn read_owned(row: &Row) -> Result<Owned, StoreError> {
    let error = StoreError::of("projections.cursor");
    let name: &str = row.try_get("projection_name").map_err(error)?;
    let projection = Projection::from_name(name).ok_or(StoreError::NotFound { what: "projection" })?;
    Ok(Owned {
        projection,
        generation: row.try_get("generation").map_err(error)?,
        slot: row.try_get("slot").map_err(error)?,
        applied: position(row.try_get("last_log_seq").map_err(error)?)?,
        epoch: row.try_get("epoch").map_err(error)?,
        state: CursorState::read(row.try_get("state").map_err(error)?),
    })
}

impl Store {
    /// Reads the next batch of a tenant's log and what a fold of it needs from before.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn batch_to_fold(
        &self,
        tenant: &TenantId,
        after: LogSeq,
        limit: i64,
    ) -> Result<(Vec<StoredEvent>, TraceHistory), StoreError> {
        let batch = self.events(tenant, &EventFilter { after, limit, ..EventFilter::default() }).await?;
        let open = open_traces(&batch);
        if open.is_empty() {
            return Ok((batch, TraceHistory::new()));
        }
        let trace_keys: Vec<PgKey> = open.iter().map(|trace_id| PgKey(keys::trace_key(trace_id))).collect();
        let name = "projections.trace_history";
        let rows = self.query(name, TRACE_HISTORY, &[&tenant.as_str(), &trace_keys, &after.get()]).await?;
        let earlier: Vec<StoredEvent> = rows.iter().map(|row| stored_event(name, row)).collect::<Result<_, _>>()?;
        let history = history(&earlier, &open);
        Ok((batch, history))
    }
}
