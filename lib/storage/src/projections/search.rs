//! Searching traces by terms and numbers.
//!
//! Each condition has a list of traces in an index. When one list is short, its traces are asked for the rest. Otherwise all of
//! them are sorted alike, so what they share is found by merging them from their latest trace on, and the work is at most linear
//! in their lengths; that statement's text is put together from a fragment per list. In the order of activity, few hits are sorted, and of many the first are found by asking trace after trace.

use dg_domain::Micros;
use dg_projections::{
    Projection, TraceFilter, TraceRow,
    search::{Condition, Conditions},
};
use tokio_postgres::{Row, types::ToSql};

use super::{rows::read_trace, snapshot::Snapshot};
use crate::{connection::bounded, error::StoreError, values::PgMicros};

mod statement;

const LENGTHS: &str = include_str!("../../../../sql/queries/projections/search_lengths.sql");
const NARROW: &str = include_str!("../../../../sql/queries/projections/search_narrow.sql");
const ROWS: &str = include_str!("../../../../sql/queries/projections/search_rows.sql");
const ROWS_ACTIVE: &str = include_str!("../../../../sql/queries/projections/search_rows_active.sql");
const ACTIVE: &str = include_str!("../../../../sql/queries/projections/search_active.sql");

/// A search counts to here.
pub const COUNTED: i64 = 10_000;
/// A list of so many traces is short: asking each costs less than merging long lists.
const SHORT: i64 = 1_000;
/// So many hits are sorted by activity; of more, each trace is asked.
const SORTED: i64 = 2_000;

/// Lists are merged in their own order. Anything else would read, sort or hash one of them whole.
const MERGE: &str = "SET LOCAL enable_mergejoin = on; SET LOCAL enable_nestloop = off; SET LOCAL enable_hashagg = off; \
    SET LOCAL join_collapse_limit = 1; SET LOCAL max_parallel_workers_per_gather = 0; \
    SET LOCAL plan_cache_mode = force_custom_plan";
/// As the snapshot had it.
const BACK: &str = "SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = on; SET LOCAL enable_hashagg = on; \
    SET LOCAL join_collapse_limit TO DEFAULT; SET LOCAL max_parallel_workers_per_gather TO DEFAULT";

/// Later than any trace starts, and earlier.
const LATEST: Micros = Micros::new(9_000_000_000_000_000_000);
const EARLIEST: Micros = Micros::new(-62_200_000_000_000_000);

/// Where a trace stands in a list by start. Nothing moves there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StartPosition {
    /// When it started.
    pub started: Micros,
    /// The position of its first event.
    pub first_log_seq: i64,
}

/// How many traces a search finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceCount {
    /// So many.
    Exactly(i64),
    /// At least so many; counting stopped there.
    AtLeast(i64),
}

/// The conditions as columns.
#[derive(Default)]
struct Columns {
    terms: Vec<Option<String>>,
    keys: Vec<Option<String>>,
    lows: Vec<Option<i64>>,
    highs: Vec<Option<i64>>,
    present: Vec<bool>,
}

impl Columns {
    fn of(conditions: &Conditions) -> Self {
        let mut columns = Self::default();
        let all = conditions.all.iter().map(|condition| (condition, true));
        for (Condition { term, number }, present) in all.chain(conditions.none.iter().map(|none| (none, false))) {
            columns.terms.push(term.clone());
            columns.keys.push(number.as_ref().map(|(key, ..)| key.clone()));
            columns.lows.push(number.as_ref().map(|(_, low, _)| *low));
            columns.highs.push(number.as_ref().map(|(.., high)| *high));
            columns.present.push(present);
        }
        columns
    }
}

impl Snapshot {
    /// The traces a filter finds, latest start first, strictly after `after`, at most `limit`.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn started_traces(
        &self,
        filter: &TraceFilter,
        after: Option<StartPosition>,
        limit: i64,
    ) -> Result<Vec<TraceRow>, StoreError> {
        let (started, first) = self.found(filter, after, limit).await?;
        let params: [&(dyn ToSql + Sync); 4] =
            [&self.tenant.as_str(), &self.slot(Projection::TraceIndex), &started, &first];
        self.query_anew("projections.search_rows", ROWS, &params).await?.iter().map(read_trace).collect()
    }

    /// The traces a filter finds, newest activity first, whose latest event lies before `before`, at most `limit`.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn active_traces(
        &self,
        filter: &TraceFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<TraceRow>, StoreError> {
        let (tenant, slot) = (self.tenant.as_str(), self.slot(Projection::TraceIndex));
        let before = before.unwrap_or(i64::MAX);
        if !filter.is_open() {
            let (started, first) = self.found(filter, None, SORTED + 1).await?;
            if started.len() as u64 <= SORTED.unsigned_abs() {
                let params: [&(dyn ToSql + Sync); 6] = [&tenant, &slot, &started, &first, &before, &limit];
                let rows = self.query_anew("projections.search_rows_active", ROWS_ACTIVE, &params).await?;
                return rows.iter().map(read_trace).collect();
            }
        }
        let columns = Columns::of(&filter.conditions());
        let (upper, lower) = bounds(filter, None);
        let params: [&(dyn ToSql + Sync); 12] = [
            &tenant,
            &slot,
            &columns.terms,
            &PgMicros(upper.started),
            &upper.first_log_seq,
            &PgMicros(lower),
            &columns.keys,
            &columns.lows,
            &columns.highs,
            &limit,
            &before,
            &columns.present,
        ];
        self.query_anew("projections.search_active", ACTIVE, &params).await?.iter().map(read_trace).collect()
    }

    /// How many traces a filter finds, up to [`COUNTED`].
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn count_traces(&self, filter: &TraceFilter) -> Result<TraceCount, StoreError> {
        let (found, _) = self.found(filter, None, COUNTED + 1).await?;
        let found = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(if found > COUNTED { TraceCount::AtLeast(COUNTED) } else { TraceCount::Exactly(found) })
    }

    /// How the server would carry out a search.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn explain_search(&self, filter: &TraceFilter) -> Result<String, StoreError> {
        let rows = self.merge(filter, None, 51, "EXPLAIN ").await?;
        let lines: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        lines.map(|lines| lines.join("\n")).map_err(StoreError::of("projections.search"))
    }

    /// Starts and first positions of the traces a filter finds, latest start first.
    async fn found(
        &self,
        filter: &TraceFilter,
        after: Option<StartPosition>,
        limit: i64,
    ) -> Result<(Vec<PgMicros>, Vec<i64>), StoreError> {
        let conditions = filter.conditions();
        let rows = match self.shortest(&conditions).await? {
            Some(driver) => self.narrow(filter, &conditions, driver, after, limit).await?,
            None => self.merge(filter, after, limit, "").await?,
        };
        let pairs = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let pairs: Result<Vec<(PgMicros, i64)>, tokio_postgres::Error> = pairs.collect();
        Ok(pairs.map_err(StoreError::of("projections.search"))?.into_iter().unzip())
    }

    /// Which list is short, counted from 1.
    async fn shortest(&self, conditions: &Conditions) -> Result<Option<i32>, StoreError> {
        let name = "projections.search_lengths";
        if conditions.all.is_empty() {
            return Ok(None);
        }
        let wanted = Columns::of(&Conditions { all: conditions.all.clone(), none: Vec::new() });
        let (tenant, slot) = (self.tenant.as_str(), self.slot(Projection::TraceIndex));
        let most = SHORT + 1;
        let params: [&(dyn ToSql + Sync); 7] =
            [&tenant, &slot, &wanted.terms, &wanted.keys, &wanted.lows, &wanted.highs, &most];
        let mut shortest: Option<(i64, i32)> = None;
        for (row, at) in self.query_anew(name, LENGTHS, &params).await?.iter().zip(1..) {
            let length: i64 = row.try_get(0).map_err(StoreError::of(name))?;
            shortest = shortest.into_iter().chain((length <= SHORT).then_some((length, at))).min();
        }
        Ok(shortest.map(|(_, at)| at))
    }

    async fn narrow(
        &self,
        filter: &TraceFilter,
        conditions: &Conditions,
        driver: i32,
        after: Option<StartPosition>,
        limit: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let columns = Columns::of(conditions);
        let (upper, lower) = bounds(filter, after);
        let (tenant, slot) = (self.tenant.as_str(), self.slot(Projection::TraceIndex));
        let params: [&(dyn ToSql + Sync); 12] = [
            &tenant,
            &slot,
            &columns.terms,
            &PgMicros(upper.started),
            &upper.first_log_seq,
            &PgMicros(lower),
            &columns.keys,
            &columns.lows,
            &columns.highs,
            &limit,
            &driver,
            &columns.present,
        ];
        self.query_anew("projections.search_narrow", NARROW, &params).await
    }

    async fn merge(
        &self,
        filter: &TraceFilter,
        after: Option<StartPosition>,
        limit: i64,
        prefix: &str,
    ) -> Result<Vec<Row>, StoreError> {
        let name = "projections.search";
        let conditions = filter.conditions();
        let sql = format!("{prefix}{}", statement::of(&conditions));
        let columns = Columns::of(&conditions);
        let (upper, lower) = bounds(filter, after);
        let (tenant, slot) = (self.tenant.as_str(), self.slot(Projection::TraceIndex));
        let params: [&(dyn ToSql + Sync); 10] = [
            &tenant,
            &slot,
            &columns.terms,
            &PgMicros(upper.started),
            &upper.first_log_seq,
            &PgMicros(lower),
            &columns.keys,
            &columns.lows,
            &columns.highs,
            &limit,
        ];
        let client = self.client()?;
        let answer = async {
            // Not kept: there are more texts than a session should remember.
            let (merging, statement) = tokio::join!(client.batch_execute(MERGE), client.prepare(&sql));
            merging.map_err(StoreError::of(name))?;
            let statement = statement.map_err(StoreError::of(name))?;
            let (rows, back) = tokio::join!(client.query(&statement, &params), client.batch_execute(BACK));
            back.map_err(StoreError::of(name))?;
            rows.map_err(StoreError::of(name))
        };
        bounded(name, self.store.config().answer_timeout(), answer).await
    }
}

/// Traces stand before the first and not earlier than the second.
fn bounds(filter: &TraceFilter, after: Option<StartPosition>) -> (StartPosition, Micros) {
    let before = filter.started_before.unwrap_or(LATEST);
    let window = StartPosition { started: before, first_log_seq: i64::MIN };
    (after.map_or(window, |after| after.min(window)), filter.started_after.unwrap_or(EARLIEST))
}
