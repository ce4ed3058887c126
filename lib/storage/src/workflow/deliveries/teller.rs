//! What the daemon that delivers does. Everything it writes for a tenant compares the epoch of [`Store::take_telling`] first.

use std::time::Duration;

use dg_domain::{Micros, TenantId};
use dg_webhooks::Secret;
use dg_workflow::{Audience, Category, Notice, telling::Channel};
use serde_json::{Map, Value};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::{
    error::StoreError,
    projections::columns::Columns,
    store::Store,
    work::Work,
    workflow::notices::{self, Telling},
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// A tenant, and by which right its notifications are delivered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TellingScope {
    /// Whose.
    pub tenant: TenantId,
    /// The epoch at which the tenant was taken.
    pub epoch: i64,
}

/// A message to send now.
#[derive(Clone, Debug)]
pub struct Due {
    /// What the receiver knows it by, at every attempt.
    pub message_id: Uuid,
    /// How it goes.
    pub channel: Channel,
    /// Which of the tenant's channels; none for a person's own address.
    pub channel_id: Option<Uuid>,
    /// For whom; none where the channel stands for many.
    pub account_id: Option<String>,
    /// An address, a URL, or the host of a chat; none for a person who has no address any more.
    pub target: Option<String>,
    /// How the channel is reached, or signs.
    pub seal: Seal,
    /// Failed attempts of this round.
    pub tries: u32,
    /// When it was put into the outbox: for one of many, the first of them.
    pub created_at: Micros,
    /// What it says, the oldest first; empty for a test.
    pub notices: Vec<Sent>,
}

/// What belongs to a place and is not shown.
#[derive(Clone, Debug, Default)]
pub struct Seal {
    /// What messages are signed with, newest first.
    pub secrets: Vec<Secret>,
    /// The URL of a chat.
    pub url: Option<String>,
}

/// A notification in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_workflow_notifications")]
pub struct Sent {
    pub notification_id: Uuid,
    pub workflow_id: String,
    pub trace_id: String,
    pub category: String,
    pub message: String,
    pub payload_json: String,
    pub created_at: Micros,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// It was taken.
    Delivered,
    /// It was not, and is tried again after so long.
    Wait(Duration, String),
    /// It was not, and is given up.
    Failed(String),
    /// There is nowhere to send it.
    Suppressed(String),
}

/// How deliveries of the installation stand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TellingTotals {
    /// They wait.
    pub pending: i64,
    /// They were given up.
    pub failed: i64,
    /// How long the longest is due.
    pub lag_seconds: f64,
}

impl Store {
    /// Tenants with something to deliver now.
    ///
    /// # Errors
    /// As every statement.
    pub async fn telling_work(&self) -> Result<Vec<TenantId>, StoreError> {
        let name = "telling.work";
        let rows = self.query(name, sql!("work"), &[]).await?;
        rows.iter().map(|row| Columns { name, row }.tenant("tenant_id")).collect()
    }

    /// How deliveries stand, over all tenants.
    ///
    /// # Errors
    /// As every statement.
    pub async fn telling_totals(&self) -> Result<TellingTotals, StoreError> {
        let name = "telling.standing";
        let Some(row) = self.query_opt(name, sql!("standing"), &[]).await? else {
            return Ok(TellingTotals::default());
        };
        let row = Columns { name, row: &row };
        Ok(TellingTotals {
            pending: row.get("pending")?,
            failed: row.get("failed")?,
            lag_seconds: row.get("lag_seconds")?,
        })
    }

    /// Takes a tenant's deliveries for the process `owner` and answers the epoch. Hold the scope's advisory lock first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn take_telling(&self, tenant: &TenantId, owner: &str) -> Result<i64, StoreError> {
        let name = "telling.take";
        let row = self.of(tenant).query_opt(name, sql!("take"), &[&tenant.as_str(), &owner]).await?;
        let row = row.ok_or(StoreError::NotFound { what: "tenant" })?;
        row.try_get("epoch").map_err(StoreError::of(name))
    }

    /// At most `limit` messages to send now, without those on their way and those to places that have enough. What goes out
    /// together is settled by this, in messages of at most `together`.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], or the database's.
    pub async fn due_tellings(
        &self,
        scope: &TellingScope,
        on_their_way: &[Uuid],
        busy: &[String],
        limit: i64,
        together: i64,
    ) -> Result<Vec<Due>, StoreError> {
        let work = Work::begin_of(self, &scope.tenant).await?;
        fence(&work, scope).await?;
        let tenant = scope.tenant.as_str();
        work.count("telling.seal", sql!("seal"), &[&tenant, &together]).await?;
        let name = "telling.due";
        let params: [&(dyn ToSql + Sync); 4] = [&tenant, &on_their_way, &busy, &limit];
        let rows = work.query(name, sql!("due"), &params).await?;
        work.commit().await?;
        let mut due: Vec<Due> = Vec::new();
        for row in &rows {
            let row = Columns { name, row };
            let message_id: Uuid = row.get("message_id")?;
            if due.last().is_none_or(|last| last.message_id != message_id) {
                due.push(Due::read(row, message_id)?);
            }
            if let (Some(last), Some(sent)) = (due.last_mut(), Sent::read(row)?) {
                last.notices.push(sent);
            }
        }
        Ok(due)
    }

    /// Writes down how an attempt ended. A message that is given up is told to administrators, once a day for each place: not
    /// more, and not of a message that told of another.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], or the database's.
    pub async fn record_telling(
        &self,
        scope: &TellingScope,
        due: &Due,
        attempted: &Attempted,
        now: Micros,
    ) -> Result<(), StoreError> {
        let work = Work::begin_of(self, &scope.tenant).await?;
        fence(&work, scope).await?;
        let (state, wait, error) = match attempted {
            Attempted::Delivered => ("delivered", Duration::ZERO, None),
            Attempted::Wait(wait, error) => ("pending", *wait, Some(error)),
            Attempted::Failed(error) => ("failed", Duration::ZERO, Some(error)),
            Attempted::Suppressed(error) => ("suppressed", Duration::ZERO, Some(error)),
        };
        let made = i64::from(!matches!(attempted, Attempted::Suppressed(_)));
        let wait_ms = wait.as_secs_f64() * 1_000.0;
        let params: [&(dyn ToSql + Sync); 7] =
            [&scope.tenant.as_str(), &due.message_id, &state, &wait_ms, &due.target, &error, &made];
        let changed = work.count("telling.record", sql!("record"), &params).await?;
        if let Attempted::Failed(error) = attempted
            && changed > 0
            && let Some(notice) = failure(due, error, now)
        {
            notices::put(&work, &scope.tenant, &[notice], Telling::Live).await?;
        }
        work.commit().await
    }

    /// Forgets notifications of a tenant that are older, at most `limit`, with inboxes and deliveries. Answers how many.
    ///
    /// # Errors
    /// As every statement.
    pub async fn prune_notifications(&self, tenant: &TenantId, days: u32, limit: i64) -> Result<u64, StoreError> {
        let days = f64::from(days);
        self.of(tenant).count("telling.prune", sql!("prune"), &[&tenant.as_str(), &days, &limit]).await
    }
}

async fn fence(work: &Work, scope: &TellingScope) -> Result<(), StoreError> {
    let row = work.query_opt("telling.fence", sql!("fence"), &[&scope.tenant.as_str(), &scope.epoch]).await?;
    let fenced = || StoreError::Fenced { scope: format!("the notifications of {}", scope.tenant) };
    row.map(drop).ok_or_else(fenced)
}

/// What administrators are told of a message that was given up.
fn failure(due: &Due, error: &str, now: Micros) -> Option<Notice> {
    let first = due.notices.first()?;
    if due.notices.iter().any(|sent| sent.category == Category::Failure.as_str()) {
        return None;
    }
    let place = due.channel_id.map_or_else(|| due.account_id.clone().unwrap_or_default(), |id| id.to_string());
    let rfc3339 = now.rfc3339();
    let day = rfc3339.get(..10).unwrap_or_default();
    let mut payload = Map::new();
    let text = |value: Option<&String>| value.map_or(Value::Null, |text| Value::from(text.as_str()));
    payload.insert("action".to_owned(), Value::from("delivery"));
    payload.insert("channel".to_owned(), Value::from(due.channel.as_str()));
    payload.insert("channel_id".to_owned(), due.channel_id.map_or(Value::Null, |id| Value::from(id.to_string())));
    payload.insert("account_id".to_owned(), text(due.account_id.as_ref()));
    payload.insert("message_id".to_owned(), Value::from(due.message_id.to_string()));
    payload.insert("error".to_owned(), Value::from(error));
    Some(Notice {
        workflow_id: first.workflow_id.clone(),
        trace_id: first.trace_id.clone(),
        category: Category::Failure,
        message: format!("Notifications by {} are not taken: {error}", due.channel.as_str()),
        payload,
        dedupe_key: format!("failure:delivery:{}:{place}:{day}", due.channel.as_str()),
        audience: Audience { role: Some("admin".to_owned()), ..Audience::default() },
        recipient_account_id: None,
        recipient_role: Some("admin".to_owned()),
        created_at: now,
    })
}

impl Due {
    fn read(row: Columns<'_>, message_id: Uuid) -> Result<Self, StoreError> {
        let kinds: Vec<String> = row.get::<Option<Vec<String>>>("kinds")?.unwrap_or_default();
        let texts: Vec<String> = row.get::<Option<Vec<String>>>("texts")?.unwrap_or_default();
        let mut seal = Seal::default();
        for (kind, text) in kinds.iter().zip(texts) {
            if kind == "url" {
                seal.url.get_or_insert(text);
            } else {
                let secret = Secret::parse(&text).map_err(|source| StoreError::corrupt(row.name, source))?;
                seal.secrets.push(secret);
            }
        }
        Ok(Self {
            message_id,
            channel: row.named("channel", Channel::from_name)?,
            channel_id: row.get("channel_id")?,
            account_id: row.get("account_id")?,
            target: row.get("target")?,
            seal,
            tries: u32::try_from(row.get::<i64>("tries")?).unwrap_or(u32::MAX),
            created_at: row.at("created_at")?,
            notices: Vec::new(),
        })
    }

    /// The place it goes to, as `busy` of [`Store::due_tellings`] names it.
    #[must_use]
    pub fn place(&self) -> String {
        self.channel_id.map_or_else(|| self.channel.as_str().to_owned(), |id| id.to_string())
    }
}

impl Sent {
    fn read(row: Columns<'_>) -> Result<Option<Self>, StoreError> {
        let Some(notification_id) = row.get::<Option<Uuid>>("notification_id")? else { return Ok(None) };
        Ok(Some(Self {
            notification_id,
            workflow_id: row.get("workflow_id")?,
            trace_id: row.get("trace_id")?,
            category: row.get("category")?,
            message: row.get("message")?,
            payload_json: row.get("payload_json")?,
            created_at: row.at("notice_created_at")?,
        }))
    }
}
