//! The contract of `/admin/webhooks`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::asked::{Asked, AskedReplay, Change, Rotation};
use super::deliveries::OneDelivery;
use super::{Created, Deleted, Listed, OneWebhook, Replayed, Rotated, Shown};
use crate::admin::grants::WEBHOOKS_MANAGE;

/// Where the answers about one endpoint have its name.
const WEBHOOK: &[(&str, &str)] = &[("webhook_id", "/data/webhook/webhook_id")];

pub(crate) fn list() -> Operation {
    Operation::new("list_webhooks", "List webhooks")
        .says("Oldest first.")
        .permission(WEBHOOKS_MANAGE)
        .answers::<Listed<'_>>(200, "The webhooks of the tenant.")
        .leads_to(200, "get_webhook", &[("webhook_id", "/data/webhooks/0/webhook_id")])
}

pub(crate) fn create() -> Operation {
    Operation::new("create_webhook", "Make a webhook")
        .says("Its secret is in this answer and nowhere else.")
        .permission(WEBHOOKS_MANAGE)
        .body::<Asked>(&json!({"url": "https://example.org/hook", "event_type": ["TraceFinished"]}))
        .answers::<Created<'_>>(201, "The webhook, with its secret.")
        .refuses([Code::Conflict])
        .leads_to(201, "get_webhook", WEBHOOK)
        .leads_to(201, "change_webhook", WEBHOOK)
        .leads_to(201, "delete_webhook", WEBHOOK)
}

pub(crate) fn show() -> Operation {
    Operation::new("get_webhook", "Show a webhook")
        .says("With what is known about its secrets, and how many messages it has.")
        .permission(WEBHOOKS_MANAGE)
        .answers::<Shown<'_>>(200, "The webhook.")
}

pub(crate) fn change() -> Operation {
    Operation::new("change_webhook", "Change a webhook")
        .says("What is not named stays. Events that were not wanted before begin at the end of the log.")
        .permission(WEBHOOKS_MANAGE)
        .body::<Change>(&json!({"status": "paused", "reason": "their maintenance"}))
        .answers::<OneWebhook<'_>>(200, "The webhook as it is now.")
}

pub(crate) fn delete() -> Operation {
    Operation::new("delete_webhook", "Remove a webhook")
        .says("With everything that was queued for it.")
        .permission(WEBHOOKS_MANAGE)
        .answers::<Deleted>(200, "It is gone.")
}

pub(crate) fn rotate() -> Operation {
    Operation::new("rotate_webhook_secret", "Give a webhook another secret")
        .says("Messages are signed with the old one too, until the overlap is over.")
        .permission(WEBHOOKS_MANAGE)
        .optional_body::<Rotation>(&json!({"overlap_s": 3600}))
        .answers::<Rotated>(201, "The secret, in this answer and nowhere else.")
        .refuses([Code::Conflict])
}

pub(crate) fn test() -> Operation {
    Operation::new("test_webhook", "Send a test to a webhook")
        .permission(WEBHOOKS_MANAGE)
        .answers::<OneDelivery<'_>>(202, "The message waits to be sent.")
        .refuses([Code::Conflict])
}

pub(crate) fn replay() -> Operation {
    Operation::new("replay_webhook", "Send events to a webhook again")
        .says("Those after a position up to one, or every message that was given up.")
        .permission(WEBHOOKS_MANAGE)
        .body::<AskedReplay>(&json!({"after": 0}))
        .answers::<Replayed<'_>>(202, "They will be sent.")
        .refuses([Code::Conflict])
}
