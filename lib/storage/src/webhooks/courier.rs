//! What the daemon that delivers does. Everything it writes for a tenant compares the epoch of [`Store::take_webhooks`] first.

use std::time::Duration;

use dg_domain::{EventType, LogSeq, Micros, StoredEvent, TenantId};
use dg_webhooks::Secret;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::rows::{DeliveryState, Webhook};
use crate::{
    audit::{self, By},
    error::StoreError,
    log::stored_event,
    projections::columns::Columns,
    store::Store,
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/webhooks/", $name, ".sql"))
    };
}

/// One endpoint of a tenant, and by which right it is served.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Served {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub webhook_id: Uuid,
    /// The epoch at which the tenant was taken.
    pub epoch: i64,
}

/// An endpoint to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// How it is set.
    pub webhook: Webhook,
    /// Where the log ends.
    pub head: LogSeq,
    /// What messages are signed with.
    pub secrets: Vec<Secret>,
}

/// What a filter looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Where the event is.
    pub log_seq: LogSeq,
    /// Its type.
    pub event_type: EventType,
    /// Its trace.
    pub trace_id: String,
}

/// A message about an event, to queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The message's id.
    pub delivery_id: Uuid,
    /// Its type.
    pub message_type: String,
    /// The event.
    pub log_seq: LogSeq,
}

/// Which cursor of an endpoint moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// What is new.
    Live,
    /// What is sent once more.
    Replay,
}

/// A message to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The message's id.
    pub delivery_id: Uuid,
    /// Its type.
    pub message_type: String,
    /// The event, for a message about one.
    pub log_seq: Option<LogSeq>,
    /// What it says, for all others.
    pub data_json: Option<String>,
    /// When it was queued.
    pub created_at: Micros,
    /// Failed attempts of this round.
    pub tries: u32,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which message.
    pub delivery_id: Uuid,
    /// What becomes of it.
    pub state: DeliveryState,
    /// When it is tried again, while it is pending.
    pub wait: Duration,
    /// What the endpoint answered.
    pub status: Option<u16>,
    /// Why it counts as failed.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// How an endpoint stands after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Failed attempts in a row before this one.
    pub failures_before: u32,
    /// And now.
    pub failures: u32,
    /// Since when nothing was taken.
    pub failing_for: Duration,
}

/// Where a tenant's projections stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The position of each by name, as JSON.
    pub projections: String,
    /// The lowest position.
    pub applied_seq: LogSeq,
}

/// How all endpoints of the installation stand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are named like the columns of standing.sql")]
pub struct Overview {
    pub active: i64,
    pub paused: i64,
    pub disabled: i64,
    pub failing: i64,
    pub pending: i64,
    pub dead: i64,
    pub lag_seconds: f64,
}

impl Store {
    /// The endpoints of all tenants that have something to do now.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhooks_to_serve(&self) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let name = "webhooks.work";
        let read = |row: &Row| {
            let row = Columns { name, row };
            Ok((row.tenant("tenant_id")?, row.get("webhook_id")?))
        };
        self.query(name, sql!("work"), &[]).await?.iter().map(read).collect()
    }

    /// Takes a tenant's deliveries for the process `owner` and answers the epoch. Hold the scope's advisory lock first.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_webhooks(&self, tenant: &TenantId, owner: &str) -> Result<i64, StoreError> {
        let name = "webhooks.take";
        let row = self.of(tenant).query_opt(name, sql!("take"), &[&tenant.as_str(), &owner]).await?;
        let row = row.ok_or(StoreError::NotFound { what: "tenant" })?;
        row.try_get("epoch").map_err(StoreError::of(name))
    }

    /// An endpoint as it is served; `None` when there is nothing to do for it: it is gone, not active, or rests.
    ///
    /// # Errors
    /// The database's.
    pub async fn serve_webhook(&self, served: &Served) -> Result<Option<Service>, StoreError> {
        let name = "webhooks.serve";
        let id: [&(dyn ToSql + Sync); 2] = [&served.tenant.as_str(), &served.webhook_id];
        let Some(row) = self.of(&served.tenant).query_opt(name, sql!("serve"), &id).await? else { return Ok(None) };
        let (webhook, head) = (Webhook::read(name, &row)?, Columns { name, row: &row }.position("head_seq")?);
        let name = "webhooks.signing";
        let rows = self.of(&served.tenant).query(name, sql!("signing"), &id).await?;
        let read = |row: &Row| {
            let text = row.try_get("secret").map_err(StoreError::of(name))?;
            Secret::parse(text).map_err(|source| StoreError::corrupt(name, source))
        };
        Ok(Some(Service { webhook, head, secrets: rows.iter().map(read).collect::<Result<_, _>>()? }))
    }

    /// How many messages of an endpoint wait, counted up to `most`.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting_deliveries(&self, served: &Served, most: i64) -> Result<i64, StoreError> {
        let name = "webhooks.waiting";
        let row = self
            .of(&served.tenant)
            .query_opt(name, sql!("waiting"), &[&served.tenant.as_str(), &served.webhook_id, &most])
            .await?;
        row.map_or(Ok(0), |row| row.try_get("waiting").map_err(StoreError::of(name)))
    }

    /// What filters look at, of the events after `after` up to `until`, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn log_entries(
        &self,
        tenant: &TenantId,
        after: LogSeq,
        until: LogSeq,
        limit: i64,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let name = "webhooks.log_page";
        let params: [&(dyn ToSql + Sync); 4] = [&tenant.as_str(), &after.get(), &until.get(), &limit];
        let read = |row: &Row| {
            let row = Columns { name, row };
            Ok(LogEntry {
                log_seq: row.position("log_seq")?,
                event_type: row.named("event_type", |text| text.parse().ok())?,
                trace_id: row.get("trace_id")?,
            })
        };
        self.of(tenant).query(name, sql!("log_page"), &params).await?.iter().map(read).collect()
    }

    /// Moves one of an endpoint's cursors and queues what it wants of the events between, or does neither. Answers whether
    /// the cursor stood where it was thought to.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], or the database's.
    pub async fn queue_deliveries(
        &self,
        served: &Served,
        course: Course,
        from: LogSeq,
        to: LogSeq,
        queued: &[Queued],
    ) -> Result<bool, StoreError> {
        let (name, sql) = match course {
            Course::Live => ("webhooks.queue", sql!("queue")),
            Course::Replay => ("webhooks.queue_replay", sql!("queue_replay")),
        };
        let ids: Vec<Uuid> = queued.iter().map(|message| message.delivery_id).collect();
        let types: Vec<&str> = queued.iter().map(|message| message.message_type.as_str()).collect();
        let positions: Vec<i64> = queued.iter().map(|message| message.log_seq.get()).collect();
        let params: [&(dyn ToSql + Sync); 8] = [
            &served.tenant.as_str(),
            &served.webhook_id,
            &served.epoch,
            &from.get(),
            &to.get(),
            &ids,
            &types,
            &positions,
        ];
        moved(name, served, self.of(&served.tenant).query_opt(name, sql, &params).await?)
    }

    /// Where the tenant's projections stand, when that is news for the endpoint.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhook_news(&self, served: &Served) -> Result<Option<Advance>, StoreError> {
        let name = "webhooks.standings";
        let row = self
            .of(&served.tenant)
            .query_opt(name, sql!("standings"), &[&served.tenant.as_str(), &served.webhook_id])
            .await?;
        let read = |row: Row| {
            let row = Columns { name, row: &row };
            Ok(Advance { projections: row.get("projections")?, applied_seq: row.position("applied_seq")? })
        };
        row.map(read).transpose()
    }

    /// Queues the news about projections as message `delivery_id` saying `data_json`.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], or the database's.
    pub async fn announce_advance(
        &self,
        served: &Served,
        advance: &Advance,
        delivery_id: Uuid,
        data_json: &str,
        on_their_way: &[Uuid],
    ) -> Result<bool, StoreError> {
        let name = "webhooks.announce";
        let params: [&(dyn ToSql + Sync); 7] = [
            &served.tenant.as_str(),
            &served.webhook_id,
            &served.epoch,
            &advance.projections,
            &delivery_id,
            &data_json,
            &on_their_way,
        ];
        moved(name, served, self.of(&served.tenant).query_opt(name, sql!("announce"), &params).await?)
    }

    /// At most `limit` messages to send now, and not those on their way. `probe` for an endpoint that seems to be away.
    ///
    /// # Errors
    /// The database's.
    pub async fn due_deliveries(
        &self,
        served: &Served,
        on_their_way: &[Uuid],
        limit: i64,
        probe: bool,
    ) -> Result<Vec<Due>, StoreError> {
        let (name, sql) = match probe {
            false => ("webhooks.due_in_order", sql!("due_in_order")),
            true => ("webhooks.due_probe", sql!("due_probe")),
        };
        let params: [&(dyn ToSql + Sync); 4] = [&served.tenant.as_str(), &served.webhook_id, &on_their_way, &limit];
        let read = |row: &Row| {
            let row = Columns { name, row };
            Ok(Due {
                delivery_id: row.get("delivery_id")?,
                message_type: row.get("message_type")?,
                log_seq: row.position_if_any("log_seq")?,
                data_json: row.get("data_json")?,
                created_at: row.at("created_at")?,
                tries: u32::try_from(row.get::<i64>("tries")?).unwrap_or(u32::MAX),
            })
        };
        self.of(&served.tenant).query(name, sql, &params).await?.iter().map(read).collect()
    }

    /// The events at these positions, in no order.
    ///
    /// # Errors
    /// The database's.
    pub async fn events_at(&self, tenant: &TenantId, positions: &[i64]) -> Result<Vec<StoredEvent>, StoreError> {
        let name = "webhooks.events";
        let rows = self.of(tenant).query(name, sql!("events"), &[&tenant.as_str(), &positions]).await?;
        rows.iter().map(|row| stored_event(name, row)).collect()
    }

    /// Writes down how an attempt ended; `None` when the endpoint is gone.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], or the database's.
    pub async fn record_attempt(&self, served: &Served, recorded: &Recorded) -> Result<Option<Standing>, StoreError> {
        let name = "webhooks.record";
        let wait_ms = recorded.wait.as_secs_f64() * 1_000.0;
        let took_ms = i64::try_from(recorded.took.as_millis()).unwrap_or(i64::MAX);
        let params: [&(dyn ToSql + Sync); 9] = [
            &served.tenant.as_str(),
            &served.webhook_id,
            &served.epoch,
            &recorded.delivery_id,
            &recorded.state.as_str(),
            &wait_ms,
            &recorded.status.map(i64::from),
            &recorded.error,
            &took_ms,
        ];
        let row = self.of(&served.tenant).query_opt(name, sql!("record"), &params).await?;
        let row = row.ok_or_else(|| fenced(served))?;
        let row = Columns { name, row: &row };
        if row.get("fenced")? {
            return Err(fenced(served));
        }
        let (before, after): (Option<i64>, Option<i64>) = (row.get("failures_before")?, row.get("failures")?);
        let number = |raw: i64| u32::try_from(raw).unwrap_or(u32::MAX);
        let failing_ms: Option<i64> = row.get("failing_ms")?;
        Ok(before.zip(after).map(|(before, after)| Standing {
            failures_before: number(before),
            failures: number(after),
            failing_for: Duration::from_millis(failing_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0)),
        }))
    }

    /// Leaves an endpoint alone for a while.
    ///
    /// # Errors
    /// The database's.
    pub async fn rest_webhook(&self, served: &Served, rest: Duration) -> Result<(), StoreError> {
        let rest_ms = rest.as_secs_f64() * 1_000.0;
        let params: [&(dyn ToSql + Sync); 4] = [&served.tenant.as_str(), &served.webhook_id, &served.epoch, &rest_ms];
        self.of(&served.tenant).query("webhooks.rest", sql!("rest"), &params).await.map(drop)
    }

    /// What waits for another attempt at an endpoint is due now: it is back.
    ///
    /// # Errors
    /// The database's.
    pub async fn retry_pending(&self, served: &Served) -> Result<(), StoreError> {
        let id: [&(dyn ToSql + Sync); 2] = [&served.tenant.as_str(), &served.webhook_id];
        self.of(&served.tenant).query("webhooks.retry_pending", sql!("retry_pending"), &id).await.map(drop)
    }

    /// Gives an endpoint up, with a row in the audit. Answers whether it was active.
    ///
    /// # Errors
    /// The database's.
    pub async fn disable_webhook(&self, served: &Served, reason: &str, by: &By) -> Result<bool, StoreError> {
        let work = Work::begin_of(self, &served.tenant).await?;
        let params: [&(dyn ToSql + Sync); 4] = [&served.tenant.as_str(), &served.webhook_id, &served.epoch, &reason];
        if work.query_opt("webhooks.disable", sql!("disable"), &params).await?.is_none() {
            return work.commit().await.map(|()| false);
        }
        let entry = by.did("webhook.disable").tenant(served.tenant.as_str());
        let entry = entry.subject(&served.webhook_id.to_string()).with("reason", reason);
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(true)
    }

    /// Forgets messages that ended in `state` and are not among the latest `kept`, some at a time. Answers how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn prune_deliveries(&self, served: &Served, state: DeliveryState, kept: i64) -> Result<u64, StoreError> {
        let params: [&(dyn ToSql + Sync); 4] = [&served.tenant.as_str(), &served.webhook_id, &state.as_str(), &kept];
        self.of(&served.tenant).count("webhooks.prune", sql!("prune"), &params).await
    }

    /// How all endpoints stand.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhooks_overview(&self) -> Result<Overview, StoreError> {
        let name = "webhooks.standing";
        let Some(row) = self.query_opt(name, sql!("standing"), &[]).await? else { return Ok(Overview::default()) };
        let row = Columns { name, row: &row };
        Ok(Overview {
            active: row.get("active")?,
            paused: row.get("paused")?,
            disabled: row.get("disabled")?,
            failing: row.get("failing")?,
            pending: row.get("pending")?,
            dead: row.get("dead")?,
            lag_seconds: row.get("lag_seconds")?,
        })
    }
}

fn moved(name: &'static str, served: &Served, row: Option<Row>) -> Result<bool, StoreError> {
    let row = row.ok_or_else(|| fenced(served))?;
    let row = Columns { name, row: &row };
    if row.get("fenced")? { Err(fenced(served)) } else { row.get("moved") }
}

fn fenced(served: &Served) -> StoreError {
    StoreError::Fenced { scope: format!("the webhooks of {}", served.tenant) }
}
