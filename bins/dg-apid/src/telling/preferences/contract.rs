//! The contract of `/notifications/preferences`.

use dg_http::contract::Operation;
use serde_json::json;

use super::{Asked, Shown};

pub(crate) fn show() -> Operation {
    Operation::new("get_notification_preferences", "Show what the caller wants to be told")
        .says("In this tenant, outside of the console.")
        .answers::<Shown>(200, "What counts, the default included.")
}

pub(crate) fn put() -> Operation {
    Operation::new("put_notification_preferences", "Say what the caller wants to be told")
        .says("In this tenant, outside of the console. What is left out is as in the default. Quiet hours hold nothing back that is an escalation.")
        .body::<Asked>(&json!({
            "email": "ana@example.org",
            "preferences": {
                "time_zone": "Europe/Berlin",
                "quiet_hours": {"from": "22:00", "to": "07:00"},
                "channels": ["email"],
                "categories": {"comment": {"mode": "daily"}},
            },
        }))
        .answers::<Shown>(200, "What counts from now on.")
}
