//! The contract of waiting.

use dg_http::Code;
use dg_http::contract::{Operation, Query};

use super::{LONGEST_S, USUAL_S, Waited};

pub(crate) fn wait() -> Operation {
    Operation::new("wait_for_workflow", "Wait for a decision")
        .says("Answers as soon as the item is decided, and otherwise when the time is up; then ask again.")
        .query(Query::integer("timeout", 0..=LONGEST_S).default(USUAL_S).says("How long to wait at most, in seconds."))
        .query(
            Query::integer("version", 0..=i64::MAX).says("Answer also when the item has changed since this version."),
        )
        .answers::<Waited>(200, "The item as it is now.")
        .refuses([Code::NotFound])
}
