//! The contract of `GET /event-types`.

use dg_http::contract::Operation;

use super::{Listed, Shown};

pub(crate) fn list() -> Operation {
    Operation::new("list_event_types", "List the event types")
        .says("In the order of the contract.")
        .answers::<Listed>(200, "The event types.")
        .leads_to(200, "get_event_type", &[("event_type", "/data/event_types/0/event_type")])
}

pub(crate) fn show() -> Operation {
    Operation::new("get_event_type", "Show the shape of an event type")
        .says("JSON Schema (2020-12) of the event and of its payload, as strict as the service is.")
        .answers::<Shown>(200, "The event type.")
}
