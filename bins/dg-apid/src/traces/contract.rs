//! The contract of `GET /traces/{trace_id}`.

use dg_http::contract::{Operation, Query};

use super::{EVENTS, Shown};

pub(crate) fn show() -> Operation {
    Operation::new("get_trace", "Show a trace")
        .says("Its summary, its index and its first events. Summary and index are null while it is not projected yet.")
        .query(Query::integer("events", 0..=EVENTS).default(EVENTS).says("How many events at most."))
        .looks_back()
        .fresh()
        .answers::<Shown<'_>>(200, "The trace.")
}
