//! What somebody was told, who stands in for whom, and where notifications go.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::webhooks::NewWebhookSecret;

/// A notification as the caller has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Notification {
    pub notification_id: String,
    pub workflow_id: String,
    pub trace_id: String,
    pub category: String,
    pub message: String,
    pub payload: Map<String, Value>,
    pub created_at: String,
    pub told_at: String,
    #[serde(default)]
    pub read_at: Option<String>,
    /// For whom the caller stands in.
    #[serde(default)]
    pub instead_of: Option<String>,
}

/// What the caller wants to be told outside of the console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Preferences {
    #[serde(default)]
    pub email: Option<String>,
    pub preferences: Map<String, Value>,
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// Somebody is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Absence {
    pub absence_id: String,
    pub account_id: String,
    #[serde(default)]
    pub substitute_id: Option<String>,
    pub from: String,
    pub until: String,
    #[serde(default)]
    pub reason: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    pub updated_by: String,
}

/// A version of a business calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Calendar {
    pub calendar_id: String,
    pub version: i64,
    pub definition: Value,
    pub reason: String,
    pub created_at: String,
    pub created_by: String,
}

/// A channel of the tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Channel {
    pub channel_id: String,
    pub channel: String,
    pub name: String,
    /// An address or a URL; of a chat the host alone.
    pub target: String,
    pub personal: bool,
    pub status: String,
    pub preferences: Map<String, Value>,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
}

/// A channel that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewChannelAnswer {
    /// The channel.
    pub channel: Channel,
    /// Of a webhook, in this answer and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<NewWebhookSecret>,
}

/// One notification on its way to one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct NotificationDelivery {
    pub delivery_id: String,
    #[serde(default)]
    pub notification_id: Option<String>,
    pub channel: String,
    #[serde(default)]
    pub channel_id: Option<String>,
    #[serde(default)]
    pub account_id: Option<String>,
    pub bundled: bool,
    #[serde(default)]
    pub message_id: Option<String>,
    #[serde(default)]
    pub target: Option<String>,
    pub state: String,
    pub attempts: i64,
    pub created_at: String,
    #[serde(default)]
    pub next_attempt_at: Option<String>,
    #[serde(default)]
    pub finished_at: Option<String>,
    #[serde(default)]
    pub last_error: Option<String>,
}

/// A page of deliveries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationDeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<NotificationDelivery>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}
