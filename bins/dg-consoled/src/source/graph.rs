//! Reads a part of the graph.

use std::collections::BTreeMap;

use dg_client::{Client, ClientError, Edge, EventQuery, Fresh, GraphQuery, Node, Subgraph, TraceQuery};
use dg_domain::{Micros, TenantId};
use futures_util::future::join_all;

use super::{Found, SignedOut, freshness, panel, traces};
use crate::{
    graph::{self, Graph, id_of, kind_of},
    model::{
        Body, Freshness, Panel,
        graph::{EdgeFacts, GraphPage, GraphView, NodeFacts, Origin},
    },
    people::Person,
    place::{GraphAsk, Place},
    story,
};

/// Traces to begin with.
const BEGIN: u32 = 8;
/// Approvals whose decision is read; the others are not told apart.
const DECISIONS: usize = 16;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    ask: &GraphAsk,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let mut page =
        GraphPage { tenant: tenant.clone(), ask: ask.clone(), begin: Panel::Loading, content: Panel::Loading };
    let known = match &ask.node {
        // A kind without an id, or an id alone, names nothing; the page says how nodes are named.
        Some(key) if id_of(key).is_empty() => {
            let nothing = GraphView::of(Graph::default(), BTreeMap::new(), BTreeMap::new(), false, ask);
            page.content = Panel::Ready(nothing);
            Freshness::Unknown
        }
        Some(_) => {
            let answer = around(&client, ask).await;
            let known = answer.as_ref().map_or(Freshness::Unknown, |answer| freshness(answer.meta));
            page.content = panel(answer.map(|answer| answer.data))?;
            known
        }
        None => {
            let query = TraceQuery { order: Some("activity".to_owned()), limit: Some(BEGIN), ..TraceQuery::default() };
            let list = client.traces(&query).await;
            let known = list.as_ref().map_or(Freshness::Unknown, |answer| freshness(answer.meta));
            page.begin = panel(list.map(|answer| answer.data.traces.into_iter().map(traces::row).collect()))?;
            known
        }
    };
    let outage = match (&page.content, &page.begin) {
        (Panel::Failed(failure), _) | (_, Panel::Failed(failure)) if failure.transient => Some(failure.clone()),
        _ => None,
    };
    let title = ask.node.as_ref().map_or_else(|| "Graph".to_owned(), |node| format!("Graph around {node}"));
    Ok(Found { place: place.clone(), title, body: Body::Graph(Box::new(page)), freshness: known, outage })
}

/// The graph around the named node, with the decisions behind its approvals.
pub(super) async fn around(client: &Client, ask: &GraphAsk) -> Result<Fresh<GraphView>, ClientError> {
    let limit = |value: i64| u32::try_from(value).ok();
    let query = GraphQuery {
        max_depth: limit(ask.depth),
        max_nodes: limit(ask.nodes),
        max_edges: limit(ask.most_edges()),
        ..GraphQuery::default()
    };
    let key = ask.node.as_deref().unwrap_or_default();
    let Fresh { data, meta } = client.as_of(ask.as_of).graph(kind_of(key), id_of(key), &query).await?;
    let decisions = decisions(client, &data.edges).await;
    Ok(Fresh { data: view(key, data, &decisions, ask), meta })
}

/// What the approvals behind the edges say. The graph has an edge for a rejection too, and does not tell them apart.
async fn decisions(client: &Client, edges: &[Edge]) -> BTreeMap<i64, String> {
    let mut positions: Vec<i64> =
        edges.iter().filter(|edge| edge.edge_type == "exception_approved_by").map(|edge| edge.log_seq).collect();
    positions.sort_unstable();
    positions.dedup();
    positions.truncate(DECISIONS);
    let events = positions.into_iter().map(|log_seq| async move {
        let query =
            EventQuery { after: Some(log_seq - 1), until: Some(log_seq), limit: Some(1), ..EventQuery::default() };
        let event = client.events(&query).await.ok()?.events.into_iter().next()?;
        let decision = event.payload_value().get("decision")?.as_str()?.to_owned();
        Some((log_seq, decision))
    });
    join_all(events).await.into_iter().flatten().collect()
}

fn view(center: &str, answer: Subgraph, decisions: &BTreeMap<i64, String>, ask: &GraphAsk) -> GraphView {
    let nodes =
        answer.nodes.iter().map(|node| graph::Node { key: node.node_id.clone(), log_seq: node.log_seq, ghost: false });
    let edges = answer.edges.iter().map(|edge| graph::Edge {
        from: edge.from_node_id.clone(),
        to: edge.to_node_id.clone(),
        kind: edge.edge_type.clone(),
        id: edge.edge_id.clone(),
    });
    let read = Graph::new(center.to_owned(), nodes.collect(), edges.collect());
    let nodes = answer.nodes.into_iter().map(node).collect();
    let edges = answer.edges.into_iter().map(|one| edge(one, decisions)).collect();
    GraphView::of(read, nodes, edges, answer.truncated, ask)
}

fn node(node: Node) -> (String, NodeFacts) {
    let source = origin(node.log_seq, node.trace_id, node.created_at.as_deref());
    (node.node_id, NodeFacts { attrs: story::laid_out(node.attrs.get()), source })
}

fn edge(edge: Edge, decisions: &BTreeMap<i64, String>) -> (String, EdgeFacts) {
    let decision = (edge.edge_type == "exception_approved_by").then(|| decisions.get(&edge.log_seq).cloned()).flatten();
    let source = origin(edge.log_seq, edge.trace_id, edge.created_at.as_deref());
    (edge.edge_id, EdgeFacts { attrs: story::laid_out(edge.attrs.get()), source, decision })
}

fn origin(log_seq: i64, trace_id: Option<String>, at: Option<&str>) -> Origin {
    Origin { log_seq, trace_id, at: at.and_then(Micros::parse_rfc3339) }
}
