//! The rows of the tables of webhooks.

use std::str::FromStr;

use dg_domain::{EventType, LogSeq, Micros, TenantId};
use dg_webhooks::{SecretKind, Wants};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{error::StoreError, projections::columns::Columns};

/// Whether an endpoint is sent anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// Somebody holds it back.
    Paused,
    /// The service gave it up; `status_reason` says why.
    Disabled,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It waits for its first attempt or for another one.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// The last attempt failed.
    Dead,
}

macro_rules! names {
    ($($name:ident { $($variant:ident => $word:literal,)* })*) => {$(
        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the table and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == name)
            }
        }
    )*};
}

names! {
    WebhookStatus { Active => "active", Paused => "paused", Disabled => "disabled", }
    DeliveryState { Pending => "pending", Delivered => "delivered", Dead => "dead", }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_webhooks")]
pub struct Webhook {
    pub tenant_id: TenantId,
    pub webhook_id: Uuid,
    pub url: String,
    pub description: Option<String>,
    pub wants: Wants,
    pub status: WebhookStatus,
    pub status_reason: Option<String>,
    pub status_changed_at: Micros,
    pub created_at: Micros,
    pub created_by: String,
    pub updated_at: Micros,
    /// Everything up to here has been queued.
    pub last_log_seq: LogSeq,
    /// A replay that is under way: what it has queued, and where it ends.
    pub replay: Option<(LogSeq, LogSeq)>,
    /// Failed attempts in a row.
    pub failures: u32,
    pub failing_since: Option<Micros>,
    pub last_success_at: Option<Micros>,
}

/// What is known about a secret that is not the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_webhook_secrets")]
pub struct SecretInfo {
    pub secret_id: Uuid,
    pub kind: SecretKind,
    pub public_key: Option<String>,
    pub created_at: Micros,
    pub created_by: String,
    pub expires_at: Option<Micros>,
}

/// A message for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_webhook_deliveries")]
pub struct Delivery {
    pub webhook_id: Uuid,
    pub delivery_id: Uuid,
    pub message_type: String,
    pub log_seq: Option<LogSeq>,
    pub data_json: Option<String>,
    pub state: DeliveryState,
    pub attempts: i64,
    pub created_at: Micros,
    pub next_attempt_at: Micros,
    pub finished_at: Option<Micros>,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
}

/// One try to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_webhook_attempts")]
pub struct Attempt {
    pub attempt: i64,
    pub ended_at: Micros,
    pub duration_ms: i64,
    pub status: Option<i64>,
    pub error: Option<String>,
}

impl Webhook {
    pub(super) fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        let types: Vec<&str> = row.get("event_types")?;
        let types = types.into_iter().map(EventType::from_str).collect::<Result<_, _>>();
        let wants = Wants {
            events: row.get("events")?,
            projections: row.get("projections")?,
            event_types: types.map_err(|source| StoreError::corrupt(name, source))?,
            trace_id: row.get("trace_id")?,
        };
        let replay = (row.position_if_any("replay_log_seq")?, row.position_if_any("replay_until")?);
        Ok(Self {
            tenant_id: row.tenant("tenant_id")?,
            webhook_id: row.get("webhook_id")?,
            url: row.get("url")?,
            description: row.get("description")?,
            wants,
            status: row.named("status", WebhookStatus::from_name)?,
            status_reason: row.get("status_reason")?,
            status_changed_at: row.at("status_changed_at")?,
            created_at: row.at("created_at")?,
            created_by: row.get("created_by")?,
            updated_at: row.at("updated_at")?,
            last_log_seq: row.position("last_log_seq")?,
            replay: replay.0.zip(replay.1),
            failures: u32::try_from(row.get::<i64>("failures")?).unwrap_or(u32::MAX),
            failing_since: row.at_if_any("failing_since")?,
            last_success_at: row.at_if_any("last_success_at")?,
        })
    }
}

impl SecretInfo {
    pub(crate) fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        Ok(Self {
            secret_id: row.get("secret_id")?,
            kind: row.named("kind", SecretKind::from_name)?,
            public_key: row.get("public_key")?,
            created_at: row.at("created_at")?,
            created_by: row.get("created_by")?,
            expires_at: row.at_if_any("expires_at")?,
        })
    }
}

impl Delivery {
    pub(super) fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        Ok(Self {
            webhook_id: row.get("webhook_id")?,
            delivery_id: row.get("delivery_id")?,
            message_type: row.get("message_type")?,
            log_seq: row.position_if_any("log_seq")?,
            data_json: row.get("data_json")?,
            state: row.named("state", DeliveryState::from_name)?,
            attempts: row.get("attempts")?,
            created_at: row.at("created_at")?,
            next_attempt_at: row.at("next_attempt_at")?,
            finished_at: row.at_if_any("finished_at")?,
            last_status: row.get("last_status")?,
            last_error: row.get("last_error")?,
        })
    }
}

impl Attempt {
    pub(super) fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        Ok(Self {
            attempt: row.get("attempt")?,
            ended_at: row.at("ended_at")?,
            duration_ms: row.get("duration_ms")?,
            status: row.get("status")?,
            error: row.get("error")?,
        })
    }
}
