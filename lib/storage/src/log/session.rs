//! The lane's connection and its statements.

use std::{sync::Arc, time::Duration};

use dg_domain::{LogSeq, StoredEvent};
use futures_util::future::{join, join3};
use tokio_postgres::{Row, Statement, types::ToSql};

use super::{columns::Columns, decide::Accepted, queue::EventKeys, refusal::Fault, stored_event};
use crate::{
    config::DatabaseConfig,
    connection::{self, Connection},
    error::{NoAnswer, StoreError},
    tenancy::Tenancy,
    values::PgKey,
};

const LOCK_HEADS: &str = include_str!("../../../../sql/queries/log/lock_heads.sql");
const LOOKUP: &str = include_str!("../../../../sql/queries/log/lookup.sql");
const AT_POSITIONS: &str = include_str!("../../../../sql/queries/log/at_positions.sql");
const INSERT: &str = include_str!("../../../../sql/queries/log/insert.sql");
const MOVE_HEADS: &str = include_str!("../../../../sql/queries/log/move_heads.sql");

/// Every statement here is a handful of index probes. On a young table the planner's statistics say otherwise, so it is left
/// no choice (see `lookup.sql`); then plans need to be made only once. What is acknowledged has to be on disk, also where the
/// server's default is laxer. A lane that froze gives its head locks back soon.
const SETTINGS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET enable_sort = off; SET enable_material = off; SET plan_cache_mode = force_generic_plan; \
    SET idle_in_transaction_session_timeout = 10000; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Read committed whatever the server's default is: what is looked up has to be as of the moment the heads were locked, and
/// not as of the moment we began to wait for them.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// How long a statement of the lane may take at most. A batch takes milliseconds; everybody waits behind one that hangs.
const STATEMENT_TIMEOUT_MS: u64 = 15_000;

/// One connection with its statements prepared.
#[derive(Debug)]
pub(super) struct LaneSession {
    connection: Connection,
    lock_heads: Statement,
    lookup: Statement,
    at_positions: Statement,
    insert: Statement,
    move_heads: Statement,
    limit: Duration,
}

/// Keys to look up, with the tenant of each.
#[derive(Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Traces whose head is not known.
    pub(super) traces: Vec<(&'a str, PgKey)>,
    /// Events that may be known already.
    pub(super) events: Vec<(&'a str, EventKeys)>,
}

/// What a looked-up key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Trace,
    Idempotency,
    EventId,
}

/// One hit: the entry of its list (from 0) that it answers, and where the event is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) entry: usize,
    pub(super) log_seq: i64,
    pub(super) trace_seq: i64,
    pub(super) finished: bool,
}

impl LaneSession {
    pub(super) async fn connect(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let config = &DatabaseConfig {
            statement_timeout_ms: config.statement_timeout_ms.min(STATEMENT_TIMEOUT_MS),
            ..config.clone()
        };
        let connection = connection::connect(config).await?;
        let limit = config.answer_timeout();
        let preparing = async {
            let client = connection.client();
            client.batch_execute(SETTINGS).await?;
            let (lock_heads, lookup, at_positions) =
                join3(client.prepare(LOCK_HEADS), client.prepare(LOOKUP), client.prepare(AT_POSITIONS)).await;
            let (insert, move_heads) = join(client.prepare(INSERT), client.prepare(MOVE_HEADS)).await;
            Ok::<_, tokio_postgres::Error>((lock_heads?, lookup?, at_positions?, insert?, move_heads?))
        };
        let prepared = connection::bounded("log.prepare", config.connect_timeout(), async {
            preparing.await.map_err(StoreError::of("log.prepare"))
        });
        let (lock_heads, lookup, at_positions, insert, move_heads) = prepared.await?;
        Ok(Self { connection, lock_heads, lookup, at_positions, insert, move_heads, limit })
    }

    /// Resolves once the connection is lost.
    pub(super) async fn lost(&self) {
        self.connection.lost().await;
    }

    /// Begins a batch: locks the heads of `tenants` and looks up what is wanted, in one round trip. Tenants that are not
    /// registered are missing from the answer. The futures are polled in order, and each sends when first polled.
    pub(super) async fn begin(
        &self,
        tenants: &[&str],
        wanted: &Wanted<'_>,
    ) -> Result<(Vec<(String, i64)>, Vec<Found>), Fault> {
        let client = self.connection.client();
        let lookup = LookupParams::of(wanted);
        let lock_params: [&(dyn ToSql + Sync); 1] = [&tenants];
        let begin = Tenancy::Many(tenants).begin(BEGIN);
        let (begun, locked, found) = self
            .within(
                "log.lock_heads",
                join3(
                    client.batch_execute(&begin),
                    client.query(&self.lock_heads, &lock_params),
                    lookup.run(&self.lookup, &self.connection),
                ),
            )
            .await?;
        begun.map_err(|error| Fault::of("log.begin", error))?;
        let locked = locked.map_err(|error| Fault::of("log.lock_heads", error))?;
        let found = found.map_err(|error| Fault::of("log.lookup", error))?;
        let heads: Result<Vec<_>, _> = locked.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect();
        Ok((heads.map_err(|error| Fault::of("log.lock_heads", error))?, read_found(&found)?))
    }

    /// Looks up trace heads within a batch that has begun.
    pub(super) async fn look_up(&self, wanted: &Wanted<'_>) -> Result<Vec<Found>, Fault> {
        let params = LookupParams::of(wanted);
        let rows = self.within("log.lookup", params.run(&self.lookup, &self.connection)).await?;
        read_found(&rows.map_err(|error| Fault::of("log.lookup", error))?)
    }

    /// Reads whole events within a batch that has begun.
    pub(super) async fn at_positions(&self, wanted: &[(&str, i64)]) -> Result<Vec<StoredEvent>, Fault> {
        let (tenants, positions): (Vec<&str>, Vec<i64>) = wanted.iter().copied().unzip();
        let params: [&(dyn ToSql + Sync); 2] = [&tenants, &positions];
        let name = "log.at_positions";
        let rows = self.within(name, self.connection.client().query(&self.at_positions, &params)).await?;
        let rows = rows.map_err(|error| Fault::of(name, error))?;
        rows.iter().map(|row| stored_event(name, row).map_err(Fault::Whole)).collect()
    }

    /// Stores events, moves the heads and commits, in one round trip. When any of it fails, the commit that was already
    /// sent rolls back.
    pub(super) async fn commit(&self, accepted: &[Accepted], heads: &[(&str, LogSeq)]) -> Result<(), Fault> {
        let client = self.connection.client();
        let columns = Columns::of(accepted);
        let (tenants, last): (Vec<&str>, Vec<i64>) = heads.iter().map(|(tenant, last)| (*tenant, last.get())).unzip();
        let move_params: [&(dyn ToSql + Sync); 2] = [&tenants, &last];
        let insert_params = columns.params();
        let sent = join3(
            client.execute(&self.insert, &insert_params),
            client.execute(&self.move_heads, &move_params),
            client.batch_execute("COMMIT"),
        );
        let unknown = |fault| match fault {
            Fault::Lost { error, .. } => Fault::Lost { error, unknown: true },
            certain @ (Fault::Again(_) | Fault::Row(_) | Fault::Whole(_)) => certain,
        };
        let (inserted, moved, committed) = self.within("log.commit", sent).await.map_err(unknown)?;
        inserted.map_err(|error| unknown(Fault::of("log.insert", error)))?;
        moved.map_err(|error| unknown(Fault::of("log.move_heads", error)))?;
        committed.map_err(|error| unknown(Fault::of("log.commit", error)))
    }

    /// Ends a batch without a change. A failure shows as a lost connection later.
    pub(super) async fn roll_back(&self) {
        let _ = self.within("log.roll_back", self.connection.client().batch_execute("ROLLBACK")).await;
    }

    async fn within<T>(&self, name: &'static str, answer: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::time::timeout(self.limit, answer).await.map_err(|_| Fault::Lost {
            error: StoreError::Unavailable { name, source: Arc::new(NoAnswer(self.limit)) },
            unknown: false,
        })
    }
}

struct LookupParams<'a> {
    trace_tenants: Vec<&'a str>,
    traces: Vec<PgKey>,
    event_tenants: Vec<&'a str>,
    idempotency: Vec<PgKey>,
    event_ids: Vec<PgKey>,
}

impl<'a> LookupParams<'a> {
    fn of(wanted: &Wanted<'a>) -> Self {
        let (trace_tenants, traces) = wanted.traces.iter().copied().unzip();
        Self {
            trace_tenants,
            traces,
            event_tenants: wanted.events.iter().map(|(tenant, _)| *tenant).collect(),
            idempotency: wanted.events.iter().map(|(_, keys)| PgKey(keys.idempotency)).collect(),
            event_ids: wanted.events.iter().map(|(_, keys)| PgKey(keys.event)).collect(),
        }
    }

    async fn run(&self, lookup: &Statement, connection: &Connection) -> Result<Vec<Row>, tokio_postgres::Error> {
        let params: [&(dyn ToSql + Sync); 5] =
            [&self.trace_tenants, &self.traces, &self.event_tenants, &self.idempotency, &self.event_ids];
        connection.client().query(lookup, &params).await
    }
}

fn read_found(rows: &[Row]) -> Result<Vec<Found>, Fault> {
    let read = |row: &Row| -> Result<Found, tokio_postgres::Error> {
        let kind = match row.try_get::<_, i16>(0)? {
            1 => Kind::Trace,
            2 => Kind::Idempotency,
            _ => Kind::EventId,
        };
        let ordinal: i64 = row.try_get(1)?;
        Ok(Found {
            kind,
            entry: usize::try_from(ordinal - 1).unwrap_or_default(),
            log_seq: row.try_get(2)?,
            trace_seq: row.try_get(3)?,
            finished: row.try_get(4)?,
        })
    };
    rows.iter().map(|row| read(row).map_err(|error| Fault::of("log.lookup", error))).collect()
}
