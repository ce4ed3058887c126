//! The contract of `GET /graph/context` and `GET /graph/edges`.

use dg_http::contract::{Operation, Query};

use super::{DIRECTIONS, MOST, Neighbourhood, Page, USUAL};

pub(crate) fn context() -> Operation {
    let most = |name| Query::integer(name, 1..=MOST).default(USUAL);
    node(Operation::new("get_graph_context", "Show the neighbourhood of a node"))
        .says("Breadth first in both directions. An unknown centre gives empty lists.")
        .query(Query::integer("max_depth", 0..=10).default(1).says("How far from the centre."))
        .query(most("max_nodes").says("How many nodes at most."))
        .query(most("max_edges").says("How many edges at most."))
        .query(Query::text("edge_types").says("Along edges of these types only.").list())
        .query(Query::text("node_types").says("Nodes of these types only.").list())
        .looks_back()
        .fresh()
        .answers::<Neighbourhood<'_>>(200, "Nodes and edges.")
}

pub(crate) fn edges() -> Operation {
    let says = "Empty for the first page, then the `next_cursor` of the page before; good for the same direction.";
    node(Operation::new("list_graph_edges", "List the edges of a node"))
        .says("By position. With `cursor` the next cursor is opaque; without it, it is an object as the reference gives it.")
        .query(Query::words("direction", DIRECTIONS.map(|(word, _)| word)).default("both"))
        .query(Query::integer("limit", 1..=MOST).default(USUAL).says("How many at most."))
        .query(Query::text("cursor").says(says))
        .query(Query::text("cursor_edge_key").says("`edge_key` of the reference's cursor; names an edge.").not_empty())
        .query(Query::integer("cursor_log_seq", 1..=i64::MAX).says("`log_seq` of the same; needs `cursor_edge_key`."))
        .looks_back()
        .fresh()
        .answers::<Page<'_>>(200, "A page of edges.")
}

fn node(operation: Operation) -> Operation {
    let id = "For an entity `<entity_type>:<entity_id>`.";
    operation.query(Query::text("node_type").required()).query(Query::text("node_id").required().says(id))
}
