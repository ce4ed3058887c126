//! A tenant's projections as something one process owns: read ahead, fold, write behind the fence.

use std::time::Duration;

use dg_domain::{ErrorCode, LogSeq, Micros, StoredEvent, TenantId, Violation, keys};
use dg_projections::{Batch, Category, FoldError, Folded, Projection, Skips, TraceHistory, history, open_traces};
use tokio_postgres::{Row, types::ToSql};

use super::{
    cursor::{CursorState, position},
    statements::Statements,
    tally::{Tallies, read_digest},
    target::{Slots, Target},
    write,
};
use crate::{
    config::DatabaseConfig,
    connection::{self, Connection, bounded},
    error::StoreError,
    locks::lease,
    log::{EventFilter, stored_event},
    store::Store,
    tenancy::Tenancy,
    values::{PgKey, PgMicros},
};

const TAKE_SCOPE: &str = include_str!("../../../../sql/queries/projections/take_scope.sql");
const LOCK_CURSORS: &str = include_str!("../../../../sql/queries/projections/lock_cursors.sql");
const MOVE_CURSORS: &str = include_str!("../../../../sql/queries/projections/move_cursors.sql");
const FAIL_SCOPE: &str = include_str!("../../../../sql/queries/projections/fail_scope.sql");
const RECORD_FAILURE: &str = include_str!("../../../../sql/queries/projections/record_failure.sql");
const TRACE_HISTORY: &str = include_str!("../../../../sql/queries/projections/trace_history.sql");

/// Every statement here is driven by keys. Statistics of a table that just grew from nothing must not talk the planner
/// into reading all of it. With no other way open, a plan made once is as good as one made anew each time, and planning
/// statements over two partitions costs more than carrying them out. A batch need not be on disk when it is committed: rows
/// and cursor are folds of the log, and a server that dies loses both together and folds them again. A writer whose process froze in a transaction gives its rows back as soon as its locks; whoever
/// meets such rows has something better to do meanwhile.
fn session() -> String {
    format!(
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
         SET plan_cache_mode = force_generic_plan; SET synchronous_commit = off; \
         SET idle_in_transaction_session_timeout = {}; SET lock_timeout = {}",
        lease::FREED_AFTER.as_millis(),
        ROWS_WAIT.as_millis()
    )
}

/// How long a writer waits for rows that another one holds. Nobody who is awake holds them longer.
const ROWS_WAIT: Duration = Duration::from_secs(1);

/// One projection as its owner knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) projection: Projection,
    pub(super) generation: i64,
    pub(super) slot: i16,
    pub(super) applied: LogSeq,
    pub(super) epoch: i64,
    pub(super) state: CursorState,
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

impl Advance {
    /// The same for one of the projections alone.
    #[must_use]
    pub fn only(&self, projection: Projection) -> Self {
        Self { projections: vec![projection], after: self.after }
    }

    fn names(&self) -> Vec<&'static str> {
        self.projections.iter().map(|projection| projection.as_str()).collect()
    }
}

impl ProjectionScope {
    /// Whose projections.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// What to move next: of the projections that can move, those that stand lowest; they move in one pass over the log.
    /// `None` when none can.
    #[must_use]
    pub fn next(&self) -> Option<Advance> {
        let live = || self.owned.iter().filter(|owned| owned.state == CursorState::Live);
        let after = live().map(|owned| owned.applied).min()?;
        let together = live().filter(|owned| owned.applied == after);
        Some(Advance { projections: together.map(|owned| owned.projection).collect(), after })
    }

    /// Whether some projection cannot go on.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.owned.iter().any(|owned| owned.state == CursorState::Failed)
    }

    fn slots(&self) -> Slots {
        let mut slots = Slots::default();
        self.owned.iter().for_each(|owned| slots.set(owned.projection, owned.slot));
        slots
    }
}

/// The session that writes read models.
#[derive(Debug)]
pub struct ProjectionWriter {
    connection: Connection,
    statements: Statements,
    config: DatabaseConfig,
}

impl ProjectionWriter {
    /// Opens the session.
    ///
    /// # Errors
    /// As [`connection::connect`].
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let connection = connection::connect(config).await?;
        connection.client().batch_execute(&session()).await.map_err(StoreError::of("projections.session"))?;
        Ok(Self { connection, statements: Statements::default(), config: config.clone() })
    }

    /// Whether the session is over; make a new one then.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.connection.is_lost()
    }

    /// Takes a tenant's projections for the process `owner`: makes missing cursors and raises every epoch. Hold the scope's
    /// advisory lock first. Projections that could not go on before are tried again.
    ///
    /// # Errors
    /// As [`Store::ping`]; with [`Category::StorageConflict`] when somebody who fell silent still holds the cursors.
    pub async fn take(&self, tenant: &TenantId, owner: &str) -> Result<ProjectionScope, StoreError> {
        let names: Vec<&str> = Projection::ALL.iter().map(|projection| projection.as_str()).collect();
        let taking = async {
            let name = "projections.take_scope";
            let client = self.connection.client();
            let statement = self.statements.prepare(client, name, TAKE_SCOPE).await?;
            let tenant = tenant.as_str();
            let params: [&(dyn ToSql + Sync); 3] = [&tenant, &names, &owner];
            Tenancy::One(tenant).query(client, &statement, &params).await.map_err(StoreError::of(name))
        };
        let rows = bounded("projections.take_scope", self.config.answer_timeout(), taking).await?;
        let mut owned: Vec<Owned> = rows.iter().map(read_owned).collect::<Result<_, _>>()?;
        owned.iter_mut().for_each(|owned| owned.state = CursorState::Live);
        owned.sort_by_key(|owned| owned.projection);
        Ok(ProjectionScope { tenant: tenant.clone(), owned })
    }

    /// Writes the answer of a fold over `batch`, records what it set aside, moves the cursors, and commits; or changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when somebody else took the scope or moved a cursor, [`StoreError::Domain`] when the rows
    /// do not follow on what is stored, or as [`Store::ping`].
    pub async fn advance(
        &mut self,
        scope: &mut ProjectionScope,
        advance: &Advance,
        batch: &Batch,
        folded: &Folded,
    ) -> Result<LogSeq, StoreError> {
        let limit = self.config.answer_timeout();
        let writing = write_batch(self.connection.client_mut(), &self.statements, scope, advance, batch, folded);
        let applied = bounded("projections.advance", limit, writing).await?;
        let moved = |owned: &&mut Owned| advance.projections.contains(&owned.projection);
        scope.owned.iter_mut().filter(moved).for_each(|owned| owned.applied = applied);
        if let Some(halted) = &folded.halted {
            self.halt(scope, &advance.projections, &halted.violation).await?;
        }
        Ok(applied)
    }

    /// Says that projections cannot go on from where they stand, and why.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn halt(
        &self,
        scope: &mut ProjectionScope,
        projections: &[Projection],
        violation: &Violation,
    ) -> Result<(), StoreError> {
        let trouble = Trouble {
            category: Category::from(violation),
            code: violation.code.as_str(),
            message: &violation.message,
            next_retry_at: None,
        };
        let halted = |owned: &&mut Owned| projections.contains(&owned.projection);
        let held: Vec<(Projection, Option<i64>)> =
            scope.owned.iter_mut().filter(halted).map(|owned| (owned.projection, Some(owned.epoch))).collect();
        let columns = TroubleColumns::of(&held, &trouble);
        let telling = async {
            let client = self.connection.client();
            let tenant = scope.tenant.as_str();
            let params = columns.params(&tenant, CursorState::Failed, &trouble);
            let name = "projections.fail_scope";
            let statement = self.statements.prepare(client, name, FAIL_SCOPE).await?;
            Tenancy::One(tenant).execute(client, &statement, &params).await.map_err(StoreError::of(name))
        };
        bounded("projections.fail_scope", self.config.answer_timeout(), telling).await?;
        scope.owned.iter_mut().filter(halted).for_each(|owned| owned.state = CursorState::Failed);
        Ok(())
    }
}

/// Why a scope does not move.
#[derive(Clone, Copy, Debug)]
pub struct Trouble<'t> {
    /// What kind.
    pub category: Category,
    /// The stable code.
    pub code: &'t str,
    /// A sentence.
    pub message: &'t str,
    /// When it is tried again.
    pub next_retry_at: Option<Micros>,
}

/// What [`FAIL_SCOPE`] takes.
struct TroubleColumns {
    names: Vec<&'static str>,
    epochs: Vec<Option<i64>>,
    category: &'static str,
    next_retry_at: Option<PgMicros>,
}

impl TroubleColumns {
    fn of(held: &[(Projection, Option<i64>)], trouble: &Trouble<'_>) -> Self {
        Self {
            names: held.iter().map(|(projection, _)| projection.as_str()).collect(),
            epochs: held.iter().map(|(_, epoch)| *epoch).collect(),
            category: trouble.category.as_str(),
            next_retry_at: trouble.next_retry_at.map(PgMicros),
        }
    }

    fn params<'p>(
        &'p self,
        tenant: &'p &'p str,
        state: CursorState,
        trouble: &'p Trouble<'_>,
    ) -> [&'p (dyn ToSql + Sync); 8] {
        let state: &'static &'static str = match state {
            CursorState::Live => &"live",
            CursorState::Failed => &"failed",
        };
        let (code, message) = (&trouble.code, &trouble.message);
        [tenant, &self.names, &self.epochs, state, &self.category, code, message, &self.next_retry_at]
    }
}

async fn write_batch(
    client: &mut tokio_postgres::Client,
    statements: &Statements,
    scope: &ProjectionScope,
    advance: &Advance,
    batch: &Batch,
    folded: &Folded,
) -> Result<LogSeq, StoreError> {
    let names = advance.names();
    let transaction = client.transaction().await.map_err(StoreError::of("projections.begin"))?;
    let tenant = scope.tenant.as_str();
    let target = Target { client: transaction.client(), statements, tenant, slots: scope.slots() };
    let params: [&(dyn ToSql + Sync); 2] = [&tenant, &names];
    let (begun, rows, traces) = tokio::join!(
        biased;
        target.say_whose(),
        target.query("projections.lock_cursors", LOCK_CURSORS, &params),
        write::traces(&target, &folded.changes),
    );
    begun?;
    let mut tallies = check_fence(scope, advance, &rows?)?;
    // A dozen statements under way at once are a large future.
    Box::pin(write::merge(&target, &folded.changes, traces?, &mut tallies)).await?;
    for missing in &folded.aside {
        record_failure(&target, missing).await?;
    }
    let applied = folded.applied.checked_sub(1).map_or(advance.after, |last| batch.events[last].log_seq);
    if applied > advance.after {
        move_cursors(&target, &advance.projections, &tallies, applied).await?;
    }
    transaction.commit().await.map_err(StoreError::of("projections.commit"))?;
    Ok(applied)
}

pub(super) async fn move_cursors(
    target: &Target<'_>,
    projections: &[Projection],
    tallies: &Tallies,
    applied: LogSeq,
) -> Result<(), StoreError> {
    let names: Vec<&str> = projections.iter().map(|projection| projection.as_str()).collect();
    let sums: Vec<Vec<u8>> = projections.iter().map(|one| tallies.of(*one).to_bytes().to_vec()).collect();
    let counts: Vec<i64> = projections.iter().map(|one| tallies.of(*one).rows()).collect();
    let name = "projections.move_cursors";
    target.query(name, MOVE_CURSORS, &[&target.tenant, &names, &sums, &applied.get(), &counts]).await.map(drop)
}

/// Compares epoch, generation and cursor, all under the row lock, with what this owner believes. Answers the row digests.
fn check_fence(scope: &ProjectionScope, advance: &Advance, rows: &[Row]) -> Result<Tallies, StoreError> {
    let fenced = || StoreError::Fenced { scope: format!("projections of {}", scope.tenant) };
    if rows.len() != advance.projections.len() {
        return Err(fenced());
    }
    let mut tallies = Tallies::default();
    for row in rows {
        let found = read_owned(row)?;
        let believed = scope.owned.iter().find(|owned| owned.projection == found.projection).ok_or_else(fenced)?;
        if (found.epoch, found.generation, found.applied) != (believed.epoch, believed.generation, advance.after) {
            return Err(fenced());
        }
        tallies.set(found.projection, read_digest(row)?);
    }
    Ok(tallies)
}

pub(super) async fn record_failure(target: &Target<'_>, missing: &FoldError) -> Result<(), StoreError> {
    let names: Vec<&str> = missing.projections.iter().map(|projection| projection.as_str()).collect();
    let category = Category::from(&missing.violation).as_str();
    let params: [&(dyn ToSql + Sync); 8] = [
        &target.tenant,
        &names,
        &missing.log_seq.get(),
        &missing.trace_id,
        &missing.event_id,
        &category,
        &missing.violation.code.as_str(),
        &missing.violation.message,
    ];
    target.query("projections.record_failure", RECORD_FAILURE, &params).await.map(drop)
}

/// What a deterministic refusal by the database says of the event that caused it.
#[must_use]
pub fn refused(error: &StoreError) -> Violation {
    match error {
        StoreError::Domain(violation) => violation.clone(),
        other => Violation::new(ErrorCode::Storage, format!("the rows of the event were refused: {}", whole(other))),
    }
}

fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

pub(super) fn read_owned(row: &Row) -> Result<Owned, StoreError> {
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

/// Which events a fold leaves out of the precedents of traces that finish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Whether events that were set aside and not quarantined are tried again: a rebuild does.
    pub open_again: bool,
    /// More positions.
    pub positions: Vec<i64>,
    /// What the fold itself leaves out.
    pub skips: Skips,
}

impl Store {
    /// Notes why a tenant's projections rest and until when, for health to show. The next batch that is written clears it.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn note_trouble(&self, tenant: &TenantId, trouble: &Trouble<'_>) -> Result<(), StoreError> {
        let held = Projection::ALL.map(|projection| (projection, None));
        let columns = TroubleColumns::of(&held, trouble);
        let tenant_id = tenant.as_str();
        let params = columns.params(&tenant_id, CursorState::Live, trouble);
        self.of(tenant).query("projections.fail_scope", FAIL_SCOPE, &params).await.map(drop)
    }

    /// Reads the next batch of a tenant's log, at most `limit` events up to `until`, and what a fold of it needs from
    /// before.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn batch_to_fold(
        &self,
        tenant: &TenantId,
        after: LogSeq,
        until: Option<LogSeq>,
        limit: i64,
        left_out: &LeftOut,
    ) -> Result<Batch, StoreError> {
        let events = self.events(tenant, &EventFilter { after, until, limit, ..EventFilter::default() }).await?;
        let history = self.history_of(tenant, after, &events, left_out).await?;
        Ok(Batch { after, events, history, skips: left_out.skips.clone() })
    }

    async fn history_of(
        &self,
        tenant: &TenantId,
        after: LogSeq,
        events: &[StoredEvent],
        left_out: &LeftOut,
    ) -> Result<TraceHistory, StoreError> {
        let open = open_traces(events);
        if open.is_empty() {
            return Ok(TraceHistory::new());
        }
        let trace_keys: Vec<PgKey> = open.iter().map(|trace_id| PgKey(keys::trace_key(trace_id))).collect();
        let statuses: &[&str] = if left_out.open_again { &["quarantined"] } else { &["open", "quarantined"] };
        let name = "projections.trace_history";
        let params: [&(dyn ToSql + Sync); 5] =
            [&tenant.as_str(), &trace_keys, &after.get(), &statuses, &left_out.positions];
        let rows = self.of(tenant).query(name, TRACE_HISTORY, &params).await?;
        let earlier: Vec<StoredEvent> = rows.iter().map(|row| stored_event(name, row)).collect::<Result<_, _>>()?;
        Ok(history(&earlier, &open))
    }
}
