//! Endpoints that are told about events and projections, and what became of their messages.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{
    Client, ClientError,
    client::Repeat,
    path::segment,
    rows::webhooks::{Delivery, DeliveryDetail, NewWebhookAnswer, ReplayAnswer, RotatedSecret, Webhook, WebhookDetail},
};

/// An endpoint to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewWebhook {
    /// Where messages go.
    pub url: String,
    /// How people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `events`, `projections`, or both; the service takes `events` without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
    /// Events of these types only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub event_type: Vec<String>,
    /// Events of this trace only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Events after this position; those to come without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// `hmac` (default) or `ed25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_kind: Option<String>,
}

/// What becomes different about an endpoint; what is `None` stays, and `Some(None)` is given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WebhookChange {
    /// Where messages go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
    /// `events`, `projections`, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<Vec<String>>,
    /// Events of these types only; of all types when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Vec<String>>,
    /// Events of this trace only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Option<String>>,
    /// `active` or `paused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why the status changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The events after a position, up to one or to the end of the log.
    Events {
        /// Exclusive.
        after: i64,
        /// Inclusive.
        until: Option<i64>,
    },
    /// Every message that was given up.
    DeadLetters,
}

/// A page of messages, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliveryPage {
    /// The messages.
    pub deliveries: Vec<Delivery>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// Only those in this state: `pending`, `delivered`, `dead`.
    pub state: Option<String>,
    /// 1 to 200; the service takes 50 without it.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Deserialize)]
struct OneWebhook {
    webhook: Webhook,
}

#[derive(Deserialize)]
struct OneDelivery {
    delivery: Delivery,
}

impl Client {
    /// The tenant's endpoints, oldest first.
    ///
    /// # Errors
    /// `forbidden` without the permission `webhooks_manage`, like all calls here.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, ClientError> {
        #[derive(Deserialize)]
        struct Listed {
            webhooks: Vec<Webhook>,
        }
        Ok(self.get::<Listed>("/admin/webhooks".to_owned(), Vec::new()).await?.webhooks)
    }

    /// Makes an endpoint. Its secret is in this answer and nowhere else.
    ///
    /// # Errors
    /// `invalid_argument` for an address that leads inside; `conflict` when the tenant has too many.
    pub async fn create_webhook(&self, new: &NewWebhook) -> Result<NewWebhookAnswer, ClientError> {
        self.post("/admin/webhooks".to_owned(), Vec::new(), new, Repeat::Unsent).await
    }

    /// One endpoint.
    ///
    /// # Errors
    /// `not_found` for one that the tenant does not have.
    pub async fn webhook(&self, webhook_id: &str) -> Result<WebhookDetail, ClientError> {
        self.get(path(webhook_id, "")?, Vec::new()).await
    }

    /// Changes an endpoint. One that becomes active begins with a clean slate.
    ///
    /// # Errors
    /// `not_found`, `invalid_argument`.
    pub async fn change_webhook(&self, webhook_id: &str, change: &WebhookChange) -> Result<Webhook, ClientError> {
        Ok(self.patch::<OneWebhook>(path(webhook_id, "")?, change).await?.webhook)
    }

    /// Removes an endpoint with everything that was queued for it.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_webhook(&self, webhook_id: &str) -> Result<(), ClientError> {
        self.delete::<serde::de::IgnoredAny>(path(webhook_id, "")?).await.map(drop)
    }

    /// Gives an endpoint another secret; the old ones go on for `overlap_s` seconds, a day without it.
    ///
    /// # Errors
    /// `not_found`; `conflict` when too many secrets are valid together.
    pub async fn rotate_webhook_secret(
        &self,
        webhook_id: &str,
        overlap_s: Option<u32>,
        secret_kind: Option<&str>,
    ) -> Result<RotatedSecret, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            overlap_s: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            secret_kind: Option<&'a str>,
        }
        let body = Body { overlap_s, secret_kind };
        self.post(path(webhook_id, "/secret/rotate")?, Vec::new(), &body, Repeat::Unsent).await
    }

    /// Sends an endpoint a message of type `webhook.test`.
    ///
    /// # Errors
    /// `not_found`; `conflict` unless it is active.
    pub async fn test_webhook(&self, webhook_id: &str) -> Result<Delivery, ClientError> {
        let path = path(webhook_id, "/test")?;
        Ok(self.post::<OneDelivery>(path, Vec::new(), &serde_json::Map::new(), Repeat::Unsent).await?.delivery)
    }

    /// Sends events, or every dead letter, again.
    ///
    /// # Errors
    /// `not_found`; `conflict` unless it is active.
    pub async fn replay_webhook(&self, webhook_id: &str, replay: Replay) -> Result<ReplayAnswer, ClientError> {
        #[derive(Default, Serialize)]
        struct Body {
            #[serde(skip_serializing_if = "Option::is_none")]
            after: Option<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            until: Option<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            dead: Option<bool>,
        }
        let body = match replay {
            Replay::Events { after, until } => Body { after: Some(after), until, ..Body::default() },
            Replay::DeadLetters => Body { dead: Some(true), ..Body::default() },
        };
        self.post(path(webhook_id, "/replay")?, Vec::new(), &body, Repeat::Unsent).await
    }

    /// One page of an endpoint's messages.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn deliveries(&self, webhook_id: &str, query: &DeliveryQuery) -> Result<DeliveryPage, ClientError> {
        let params = Params::default()
            .set("state", query.state.as_deref())
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get(path(webhook_id, "/deliveries")?, params.0).await
    }

    /// One message with its latest attempts.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delivery(&self, webhook_id: &str, delivery_id: &str) -> Result<DeliveryDetail, ClientError> {
        let rest = format!("/deliveries/{}", segment("a delivery id", delivery_id)?);
        self.get(path(webhook_id, &rest)?, Vec::new()).await
    }

    /// Sends one message again at once.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn retry_delivery(&self, webhook_id: &str, delivery_id: &str) -> Result<Delivery, ClientError> {
        let rest = format!("/deliveries/{}/retry", segment("a delivery id", delivery_id)?);
        let path = path(webhook_id, &rest)?;
        Ok(self.post::<OneDelivery>(path, Vec::new(), &serde_json::Map::new(), Repeat::Unsent).await?.delivery)
    }
}

fn path(webhook_id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/admin/webhooks/{}{rest}", segment("a webhook id", webhook_id)?))
}
