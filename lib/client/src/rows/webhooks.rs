//! Webhooks and their messages.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Webhook {
    pub created_at: String,
    pub created_by: String,
    pub description: Option<String>,
    pub event_type: Vec<String>,
    pub failing_since: Option<String>,
    pub failures: u32,
    pub last_log_seq: i64,
    pub last_success_at: Option<String>,
    pub replay: Option<UnderWay>,
    pub status: String,
    pub status_changed_at: String,
    pub status_reason: Option<String>,
    pub tenant_id: String,
    pub trace_id: Option<String>,
    pub updated_at: String,
    pub url: String,
    pub webhook_id: String,
    pub what: Vec<String>,
}

/// A replay that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Everything up to here has been queued.
    pub last_log_seq: i64,
    /// Where it ends.
    pub until: i64,
}

/// What is known about a secret that is not the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct WebhookSecret {
    pub created_at: String,
    pub created_by: String,
    pub expires_at: Option<String>,
    pub public_key: Option<String>,
    pub secret_id: String,
    pub secret_kind: String,
}

/// A secret in the one answer that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWebhookSecret {
    /// What signatures are checked with, for `ed25519`.
    #[serde(default)]
    pub public_key: Option<String>,
    /// What signatures are checked with, for `hmac`.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// Its name.
    pub secret_id: String,
    /// `hmac` or `ed25519`.
    pub secret_kind: String,
}

/// An endpoint that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWebhookAnswer {
    /// Its secret, shown once.
    pub secret: NewWebhookSecret,
    /// The endpoint.
    pub webhook: Webhook,
}

/// An endpoint with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDetail {
    /// How many messages are in which state.
    pub deliveries: DeliveryCounts,
    /// The valid secrets, newest first.
    pub secrets: Vec<WebhookSecret>,
    /// The endpoint.
    pub webhook: Webhook,
}

/// How many messages of an endpoint are in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the states")]
pub struct DeliveryCounts {
    pub dead: i64,
    pub delivered: i64,
    pub pending: i64,
}

/// Another secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedSecret {
    /// The new one, shown once.
    pub secret: NewWebhookSecret,
    /// Those that are valid now, newest first.
    pub secrets: Vec<WebhookSecret>,
}

/// What is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayAnswer {
    /// Dead letters that are sent again.
    pub dead_letters: u64,
    /// The endpoint, with the replay that is under way.
    pub webhook: Webhook,
}

/// A message for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Delivery {
    pub attempts: i64,
    pub created_at: String,
    pub delivery_id: String,
    pub finished_at: Option<String>,
    pub last_error: Option<String>,
    pub last_status: Option<i64>,
    pub log_seq: Option<i64>,
    pub message_type: String,
    pub next_attempt_at: Option<String>,
    pub state: String,
    pub webhook_id: String,
}

/// One try to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Attempt {
    pub attempt: i64,
    pub duration_ms: i64,
    pub ended_at: String,
    pub error: Option<String>,
    pub status: Option<i64>,
}

/// A message with its latest attempts, latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDetail {
    /// The attempts.
    pub attempts: Vec<Attempt>,
    /// The message.
    pub delivery: Delivery,
}
