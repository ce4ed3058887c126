//! The contract of `GET /events` and `GET /traces/{trace_id}/events`.

use dg_domain::EventType;
use dg_http::contract::{Operation, Query};

use super::{LARGEST_PAGE, Listed, OfTrace, PAGE};

pub(crate) fn list() -> Operation {
    Operation::new("list_events", "Read the log")
        .says("Events of the tenant in log order; never behind. `after` and `next_after` are positions, not cursors.")
        .query(Query::integer("after", 0..=i64::MAX).default(0).says("Events after this position."))
        .query(Query::integer("until", 0..=i64::MAX).says("Events up to this position; not below `after`."))
        .query(Query::words("event_type", EventType::ALL.map(EventType::as_str)).says("Events of this type."))
        .query(Query::text("trace_id").says("Events of this trace."))
        .query(limit())
        .answers::<Listed<'_>>(200, "A page of the log.")
        .leads_to(200, "list_events", &[("after", "/data/next_after")])
        .leads_to(200, "list_trace_events", &[("trace_id", "/data/events/0/trace_id")])
}

pub(crate) fn of_trace() -> Operation {
    Operation::new("list_trace_events", "Read the events of a trace")
        .query(Query::integer("after_trace_seq", 0..=i64::MAX).says("Events after this position in the trace."))
        .query(limit())
        .answers::<OfTrace<'_>>(200, "A page of the trace.")
}

fn limit() -> Query {
    Query::integer("limit", 1..=LARGEST_PAGE).default(PAGE).says("How many at most.")
}
