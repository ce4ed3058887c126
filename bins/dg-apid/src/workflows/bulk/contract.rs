//! The contract of actions on several items.

use dg_http::contract::Operation;
use serde_json::json;

use super::{Answer, Several};

pub(crate) fn act() -> Operation {
    Operation::new("act_on_workflows", "Do the same with several items")
        .says(
            "At most 100, each for itself: what is refused keeps nothing else from being done. With more than one, `confirm_text` is \
             the action in capitals, how many, and `ITEMS`: `APPROVE 3 ITEMS`.",
        )
        .body_that::<Several>(
            json!({"additionalProperties": false}),
            &json!({"workflow_ids": ["refund-17:exception:ex-1"], "action": "comment", "note": "Waits for finance."}),
        )
        .answers::<Answer>(207, "What became of each, in the order given.")
}
