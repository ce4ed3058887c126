//! What `dg bench workflow` does with the database itself: filling logs as of any time, and reading what the clock said.

use dg_domain::{LogSeq, Micros, NewEvent, Rules, TenantId};

use crate::{error::StoreError, log::within, store::Store, values::PgMicros, work::Work};

const ESCALATIONS: &str = include_str!("../../../../sql/queries/bench/escalations.sql");

/// Events that say they were recorded at one moment.
#[derive(Clone, Debug)]
pub struct RecordedAt {
    /// When.
    pub at: Micros,
    /// The events as a client sends them.
    pub events: Vec<String>,
}

/// An escalation by the clock, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Whose item.
    pub tenant: String,
    /// Which.
    pub workflow_id: String,
    /// The rung that was reached, counted from 1.
    pub level: i64,
    /// The deadline that it is about.
    pub due_at: Micros,
    /// When it was recorded.
    pub recorded_at: Micros,
}

impl Store {
    /// Appends events in one transaction, by the rules of every append, as if they had been recorded at other times: deadlines
    /// count from there. The answer is the new end of the tenant's log.
    ///
    /// # Errors
    /// As every statement; an event that the log refuses is one too.
    pub async fn bench_record(
        &self,
        tenant: &TenantId,
        recorded: &[RecordedAt],
        by: &str,
    ) -> Result<LogSeq, StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        let mut head = within::lock_head(&work, tenant).await?;
        let rules = Rules::edge(dg_domain::GuardMode::Precise);
        for RecordedAt { at, events } in recorded {
            let events: Result<Vec<NewEvent>, _> =
                events.iter().map(|event| NewEvent::parse(event.as_bytes(), &rules)).collect();
            head = within::append(&work, tenant, head, events?, *at, by).await??.1;
        }
        work.commit().await?;
        Ok(head)
    }

    /// Every escalation by the clock that the logs of all tenants hold, the oldest deadline first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn bench_escalations(&self) -> Result<Vec<Escalation>, StoreError> {
        let name = "bench.escalations";
        let rows = self.query(name, ESCALATIONS, &[]).await?;
        let read = |row: &tokio_postgres::Row| -> Result<Escalation, StoreError> {
            let instant = |place: usize| row.try_get::<_, PgMicros>(place).map(|at| at.0).map_err(StoreError::of(name));
            Ok(Escalation {
                tenant: row.try_get(0).map_err(StoreError::of(name))?,
                workflow_id: row.try_get(1).map_err(StoreError::of(name))?,
                level: row.try_get(2).map_err(StoreError::of(name))?,
                due_at: instant(3)?,
                recorded_at: instant(4)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
