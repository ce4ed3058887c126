//! Webhooks: endpoints, what they are signed with, and what became of their messages.
//!
//! What administrators do is in `admin`; what the daemon that delivers does is in `courier`, behind an epoch.

mod admin;
pub mod courier;
mod rows;

pub use admin::{DeliveryFilter, MOST_WEBHOOKS, NewSecret, NewWebhook, WebhookChange};
pub use rows::{Attempt, Delivery, DeliveryState, SecretInfo, Webhook, WebhookStatus};
