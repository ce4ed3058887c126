//! The contract of replays that reviews ask for.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::{Value, json};

use super::{Asked, phrase};
use crate::admin::replays::OneRun;
use crate::words::run_targets;

pub(crate) fn start() -> Operation {
    Operation::new("start_workflow_replay", "Replay for a review")
        .says("Queues a catch-up, rebuild or comparison as `POST /admin/replays` does, with the permission of its mode. The item shows how far it is; when it ends, what it found is attached as evidence: digests before and after, and whether they are equal. A replay that does not give what was there at the same position marks the item with the signal `digest_mismatch`, makes it urgent while it is open, and tells the assignee. A rebuild needs `confirmation`: `REBUILD` and the name of the projection in capitals, which the refusal names.")
        .permission("projection_replay")
        .permission("projection_rebuild")
        .body_that::<Asked>(
            json!({
                "required": ["reason"],
                "properties": {"reason": {"type": "string"}},
                "if": {"properties": {"mode": {"const": "rebuild"}}, "required": ["mode"]},
                "then": {"anyOf": run_targets().map(confirmed).collect::<Vec<_>>()},
            }),
            &json!({"projection": "all", "mode": "verify", "reason": "is the timeline what happened?"}),
        )
        .answers::<OneRun<'_>>(202, "The run.")
        .refuses([Code::Conflict])
}

/// A rebuild of this projection needs its phrase.
fn confirmed(target: &'static str) -> Value {
    json!({
        "properties": {"projection": {"const": target}, "confirmation": {"const": phrase(target)}},
        "required": ["confirmation"],
    })
}
