//! The contract of `/admin/workflow-channels`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::asked::{Asked, Change};
use super::{CONFIGURE, Created, Deleted, Listed, One, Rotated, Rotation, Shown, Tested};

const CHANNEL: &[(&str, &str)] = &[("channel_id", "/data/channel/channel_id")];

pub(crate) fn list() -> Operation {
    Operation::new("list_workflow_channels", "List channels for notifications")
        .permission(CONFIGURE)
        .answers::<Listed>(200, "The channels of the tenant, oldest first.")
        .leads_to(200, "get_workflow_channel", &[("channel_id", "/data/channels/0/channel_id")])
}

pub(crate) fn create() -> Operation {
    Operation::new("create_workflow_channel", "Make a channel for notifications")
        .says("A mailbox, a program that takes signed messages, or a chat that takes `{\"text\": …}`. It is told of everything once, or, when it is personal, for each person that chose its kind. The secret of a webhook is in this answer and nowhere else; the address of a chat is shown nowhere.")
        .permission(CONFIGURE)
        .body::<Asked>(&json!({
            "channel": "chat", "name": "on call", "target": "https://chat.example.org/hooks/x1",
            "preferences": {"mode": "off", "categories": {"escalation": {"mode": "immediate"}}},
        }))
        .answers::<Created>(201, "The channel, with the secret of a webhook.")
        .leads_to(201, "get_workflow_channel", CHANNEL)
        .leads_to(201, "change_workflow_channel", CHANNEL)
        .leads_to(201, "delete_workflow_channel", CHANNEL)
}

pub(crate) fn show() -> Operation {
    Operation::new("get_workflow_channel", "Show a channel for notifications")
        .permission(CONFIGURE)
        .answers::<Shown>(200, "The channel, with what is known about its secrets.")
}

pub(crate) fn change() -> Operation {
    Operation::new("change_workflow_channel", "Change a channel for notifications")
        .says("What is not named stays. What waits for one that is paused goes on waiting, and nothing is added.")
        .permission(CONFIGURE)
        .body::<Change>(&json!({"status": "paused"}))
        .answers::<One>(200, "The channel as it is now.")
}

pub(crate) fn delete() -> Operation {
    Operation::new("delete_workflow_channel", "Remove a channel for notifications")
        .says("With everything that was to go there.")
        .permission(CONFIGURE)
        .answers::<Deleted>(200, "It is gone.")
}

pub(crate) fn rotate() -> Operation {
    Operation::new("rotate_workflow_channel_secret", "Give a channel another secret")
        .says("Messages are signed with the old one too, until the overlap is over.")
        .permission(CONFIGURE)
        .optional_body::<Rotation>(&json!({"overlap_s": 3600}))
        .answers::<Rotated>(201, "The secret, in this answer and nowhere else.")
        .refuses([Code::Conflict])
}

pub(crate) fn test() -> Operation {
    Operation::new("test_workflow_channel", "Send a test to a channel")
        .permission(CONFIGURE)
        .answers::<Tested>(202, "The message waits to be sent.")
        .refuses([Code::Conflict])
}
