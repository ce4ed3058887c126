//! Reads what the context graph connects a trace to.

use std::collections::BTreeMap;

use dg_client::{Client, Edge, EdgeQuery};
use dg_domain::TenantId;

use super::failure;
use crate::{
    model::{Neighbour, Neighbours, Panel},
    place::{Place, Screen},
};

/// More would be a drawing, not a list.
const MOST: u32 = 120;

/// Reads the neighbours of a trace.
pub(crate) async fn neighbours(client: &Client, tenant: &TenantId, trace_id: &str) -> Panel<Vec<Neighbours>> {
    let query = EdgeQuery { limit: Some(MOST), ..EdgeQuery::default() };
    match client.edges("trace", trace_id, &query).await {
        Ok(answer) => Panel::Ready(groups(tenant, trace_id, &answer.data.edges)),
        Err(error) => Panel::Failed(failure(&error)),
    }
}

/// The other ends of a trace's edges, by node type, each once with its first relation.
fn groups(tenant: &TenantId, trace_id: &str, edges: &[Edge]) -> Vec<Neighbours> {
    let center = format!("trace:{trace_id}");
    let mut found: BTreeMap<usize, (&str, BTreeMap<&str, Neighbour>)> = BTreeMap::new();
    for edge in edges {
        let Some((key, relation)) = other_end(edge, &center) else { continue };
        let (kind, id) = key.split_once(':').unwrap_or(("", key));
        let screen = if kind == "trace" { Screen::trace(id) } else { Screen::graph(key) };
        let place = Some(Place::of(tenant, screen));
        let (_, nodes) = found.entry(rank(kind)).or_insert_with(|| (heading(kind), BTreeMap::new()));
        nodes.entry(key).or_insert_with(|| Neighbour { id: id.to_owned(), relation: relation.to_owned(), place });
    }
    found
        .into_values()
        .map(|(kind, nodes)| Neighbours { kind: kind.to_owned(), nodes: nodes.into_values().collect() })
        .collect()
}

fn other_end<'e>(edge: &'e Edge, center: &str) -> Option<(&'e str, &'static str)> {
    let outgoing = edge.from_node_id == center;
    let key = if outgoing { edge.to_node_id.as_str() } else { edge.from_node_id.as_str() };
    let relation = match edge.edge_type.as_str() {
        "trace_involves_entity" => "involves",
        "trace_observed_input" => "read",
        "trace_evaluated_policy" => "evaluated",
        "trace_requested_exception" => "asked for",
        "trace_cited_precedent" if outgoing => "cites",
        "trace_cited_precedent" => "cited by",
        "trace_proposed_action" => "proposed",
        "trace_committed_action" => "carried out",
        _ => "connected",
    };
    (key != center).then_some((key, relation))
}

const KINDS: [(&str, &str); 7] = [
    ("entity", "Entities"),
    ("policy", "Policies"),
    ("exception", "Exceptions"),
    ("action", "Actions"),
    ("trace", "Traces"),
    ("input", "Inputs"),
    ("actor", "Actors"),
];

fn rank(kind: &str) -> usize {
    KINDS.iter().position(|(name, _)| *name == kind).unwrap_or(KINDS.len())
}

fn heading(kind: &str) -> &'static str {
    KINDS.iter().find(|(name, _)| *name == kind).map_or("Other", |(_, heading)| heading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_grouped_once_each() {
        let edge = |edge_type: &str, from: &str, to: &str| serde_json::json!({"attrs":{},"edge_id":format!("{edge_type}{from}{to}"),"edge_type":edge_type,"from_node_id":from,"log_seq":1,"to_node_id":to});
        let edges: Vec<Edge> = serde_json::from_value(serde_json::json!([
            edge("trace_proposed_action", "trace:t", "action:a"),
            edge("trace_committed_action", "trace:t", "action:a"),
            edge("trace_cited_precedent", "trace:u:v", "trace:t"),
            edge("trace_involves_entity", "trace:t", "entity:order:7"),
        ]))
        .unwrap();
        let tenant = TenantId::new("acme").unwrap();
        let groups = groups(&tenant, "t", &edges);
        let flat: Vec<String> = groups
            .iter()
            .flat_map(|group| {
                group.nodes.iter().map(move |node| format!("{} {} {}", group.kind, node.relation, node.id))
            })
            .collect();
        assert_eq!(flat, ["Entities involves order:7", "Actions proposed a", "Traces cited by u:v"]);
        assert_eq!(groups[2].nodes[0].place.as_ref().unwrap().href(), "/t/acme/traces/u:v");
        assert_eq!(groups[0].nodes[0].place.as_ref().unwrap().href(), "/t/acme/graph?node=entity:order:7");
    }
}
