//! The contract of `GET /traces`.

use dg_http::contract::{Operation, Query};

use super::{LARGEST_PAGE, Listed, PAGE};

pub(crate) fn list() -> Operation {
    let text = |name, says| Query::text(name).says(says);
    let number = r"[+-]?[0-9]+(\.[0-9]+)?";
    let fact = format!(r"^[^=!<>\u0000]+((=|!=)[^\u0000]*|(<|<=|>|>=){number})$");
    Operation::new("list_traces", "List and find traces")
        .says("Given parameters all have to hold, at most 16 of them, each word of `q` being one.")
        .query(text("workflow", "Has exactly this workflow."))
        .query(text("outcome", "Has exactly this outcome."))
        .query(Query::words("status", ["open", "finished"]))
        .query(text("entity_type", "Touched an entity of this type."))
        .query(text("entity_id", "Touched this entity; needs `entity_type`."))
        .query(text("policy", "Evaluated this policy: `<policy_id>` or `<policy_id>:<policy_version>`."))
        .query(text("actor", "Had this actor or approver: `<actor_type>:<actor_id>`."))
        .query(text("tag", "Has an event with this label.").repeated())
        .query(Query::formed("fact", &fact).says("Has such a fact: `amount>=100`, `region=EU`.").repeated())
        .query(text("q", "Has all of these words in title, workflow or reasons."))
        .query(Query::instant("started_after").says("Started then or later."))
        .query(Query::instant("started_before").says("Started earlier."))
        .query(Query::words("include", ["companions"]).says("Companions of reviews too."))
        .query(
            Query::words("order", ["activity", "started"])
                .says("Latest event or latest start first; by activity where nothing is filtered, else by start."),
        )
        .query(Query::words("count", ["true", "false"]).default("false").says("Whether to count, up to 10,000."))
        .paged(LARGEST_PAGE, PAGE)
        .fresh()
        .answers::<Listed<'_>>(200, "A page of traces.")
        .leads_to(200, "list_traces", crate::keyset::NEXT)
        .leads_to(200, "get_trace", &[("trace_id", "/data/traces/0/trace_id")])
}
