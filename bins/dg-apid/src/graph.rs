//! `GET /graph/context` and `GET /graph/edges`.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::{ApiError, Reply, cursor};
use dg_projections::{Projection, WalkLimits};
use dg_storage::StoreError;
use dg_storage::projections::{Direction, EdgeCursor, EdgeRecord, NodeRecord, Snapshot};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;

const NODE: &[&str] = &["node_type", "node_id"];
const WALK: &[&str] = &["max_depth", "max_nodes", "max_edges", "edge_types[]", "node_types[]"];
const PAGE: &[&str] = &["direction", "limit", "cursor", "cursor_edge_key", "cursor_log_seq"];
/// Which list an opaque cursor belongs to; its direction is the first part.
const EDGES: &str = "edges";
const DIRECTIONS: [(&str, Direction); 3] =
    [("both", Direction::Both), ("incoming", Direction::Incoming), ("outgoing", Direction::Outgoing)];
/// The most that one answer holds, and what it holds unless asked.
const MOST: i64 = 10_000;
const USUAL: i64 = 100;

/// The neighbourhood of a node.
pub(crate) async fn context(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[NODE, WALK, freshness::NAMES, freshness::AS_OF])?;
    let (node_type, node_id) = node(&given)?;
    let limits = read_limits(&given)?;
    let edge_types = given.list("edge_types")?;
    let (fresh, as_of) = (Freshness::read(&given)?, freshness::as_of(&given)?);
    let centre = format!("{node_type}:{node_id}");
    let ask = async |snapshot: &Snapshot| Ok(snapshot.subgraph(&centre, limits, edge_types.as_deref()).await?);
    let (graph, meta) =
        crate::freshness::read_as_of(&app, caller.tenant(), fresh, as_of, &[Projection::ContextGraph], ask).await?;
    let data = Neighbourhood {
        center: Centre { node_type, node_id },
        nodes: graph.nodes.iter().map(NodeJson::of).collect(),
        edges: graph.edges.iter().map(EdgeJson::of).collect(),
        truncated: graph.truncated,
    };
    Reply::ok(&data)?.with_meta(meta)
}

/// The edges of a node, page by page.
pub(crate) async fn edges(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[NODE, PAGE, freshness::NAMES, freshness::AS_OF])?;
    let (node_type, node_id) = node(&given)?;
    let direction = given.choice("direction", &DIRECTIONS)?.unwrap_or(Direction::Both);
    let limit = given.integer("limit", 1..=MOST)?.unwrap_or(USUAL);
    let after = read_cursor(&given)?;
    let (fresh, as_of) = (Freshness::read(&given)?, freshness::as_of(&given)?);
    let node_key = format!("{node_type}:{node_id}");
    // One more than asked for tells whether there are more.
    let ask =
        async |snapshot: &Snapshot| match snapshot.node_edges(&node_key, direction, after.as_ref(), limit + 1).await {
            Err(StoreError::NotFound { .. }) => Err(unknown_cursor()),
            other => Ok(other?),
        };
    let (mut rows, meta) =
        crate::freshness::read_as_of(&app, caller.tenant(), fresh, as_of, &[Projection::ContextGraph], ask).await?;
    let page = usize::try_from(limit).map_err(ApiError::internal)?;
    let more = rows.len() > page;
    rows.truncate(page);
    let direction = given.text("direction").unwrap_or("both");
    let next_cursor = rows.last().filter(|_| more).map(|last| match given.text("cursor") {
        Some(_) => CursorJson::Opaque(cursor::write(EDGES, &[direction, &last.edge_id, &last.log_seq.to_string()])),
        None => CursorJson::Reference { edge_key: &last.edge_id, direction, log_seq: last.log_seq },
    });
    Reply::ok(&Page { edges: rows.iter().map(EdgeJson::of).collect(), next_cursor })?.with_meta(meta)
}

fn node(given: &Params) -> Result<(&str, &str), ApiError> {
    Ok((given.required("node_type")?, given.required("node_id")?))
}

fn read_limits(given: &Params) -> Result<WalkLimits, ApiError> {
    let depth = given.integer("max_depth", 0..=10)?.unwrap_or(1);
    let most = |name: &str| {
        let value = given.integer(name, 1..=MOST)?.unwrap_or(USUAL);
        usize::try_from(value).map_err(ApiError::internal)
    };
    Ok(WalkLimits {
        max_depth: u32::try_from(depth).map_err(ApiError::internal)?,
        max_nodes: most("max_nodes")?,
        max_edges: most("max_edges")?,
        node_types: given.list("node_types")?.map(|types| types.into_iter().collect()),
    })
}

fn read_cursor(given: &Params) -> Result<Option<EdgeCursor>, ApiError> {
    let log_seq = given.integer("cursor_log_seq", 1..=i64::MAX)?;
    if let Some(text) = given.text("cursor") {
        if log_seq.is_some() || given.text("cursor_edge_key").is_some() {
            return Err(params::bad("cursor", "the parameter cursor does not go with cursor_edge_key".to_owned()));
        }
        if text.is_empty() {
            return Ok(None);
        }
        return read_opaque(given, text)
            .map(Some)
            .ok_or_else(|| params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned()));
    }
    match (given.text("cursor_edge_key"), log_seq) {
        (Some(""), _) => {
            Err(params::bad("cursor_edge_key", "the parameter cursor_edge_key must not be empty".to_owned()))
        }
        (Some(edge_id), log_seq) => Ok(Some(EdgeCursor { edge_id: edge_id.to_owned(), log_seq })),
        (None, Some(_)) => {
            Err(params::bad("cursor_log_seq", "the parameter cursor_log_seq needs cursor_edge_key".to_owned()))
        }
        (None, None) => Ok(None),
    }
}

fn read_opaque(given: &Params, text: &str) -> Option<EdgeCursor> {
    let [direction, edge_id, log_seq] = <[String; 3]>::try_from(cursor::read(EDGES, text)?).ok()?;
    let log_seq = log_seq.parse().ok()?;
    (direction == given.text("direction").unwrap_or("both")).then_some(EdgeCursor { edge_id, log_seq: Some(log_seq) })
}

fn unknown_cursor() -> ApiError {
    params::bad("cursor_edge_key", "the parameter cursor_edge_key names no edge".to_owned())
}

#[derive(Serialize, ToSchema)]
struct Neighbourhood<'a> {
    center: Centre<'a>,
    nodes: Vec<NodeJson<'a>>,
    edges: Vec<EdgeJson<'a>>,
    truncated: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GraphCenter)]
struct Centre<'a> {
    node_type: &'a str,
    node_id: &'a str,
}

#[derive(Serialize, ToSchema)]
struct Page<'a> {
    edges: Vec<EdgeJson<'a>>,
    next_cursor: Option<CursorJson<'a>>,
}

/// In the form in which the caller pages: with `cursor`, empty for the first page, or with the reference's two parameters.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = EdgeCursor)]
enum CursorJson<'a> {
    Opaque(String),
    Reference { edge_key: &'a str, direction: &'a str, log_seq: i64 },
}

#[derive(Serialize, ToSchema)]
#[schema(as = GraphNode)]
struct NodeJson<'a> {
    /// The full key, type and id.
    node_id: &'a str,
    node_type: &'a str,
    trace_id: &'a str,
    log_seq: i64,
    created_at: &'a str,
    #[schema(value_type = Object)]
    attrs: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GraphEdge)]
struct EdgeJson<'a> {
    edge_id: &'a str,
    edge_type: &'a str,
    from_node_id: &'a str,
    to_node_id: &'a str,
    trace_id: &'a str,
    log_seq: i64,
    created_at: &'a str,
    #[schema(value_type = Object)]
    attrs: Map<String, Value>,
}

impl<'a> NodeJson<'a> {
    fn of(node: &'a NodeRecord) -> Self {
        Self {
            node_id: &node.node_id,
            node_type: dg_projections::node_type(&node.node_id),
            trace_id: &node.trace_id,
            log_seq: node.log_seq,
            created_at: &node.created_at,
            attrs: Map::new(),
        }
    }
}

impl<'a> EdgeJson<'a> {
    fn of(edge: &'a EdgeRecord) -> Self {
        Self {
            edge_id: &edge.edge_id,
            edge_type: &edge.edge_type,
            from_node_id: &edge.from_node_id,
            to_node_id: &edge.to_node_id,
            trace_id: &edge.trace_id,
            log_seq: edge.log_seq,
            created_at: &edge.created_at,
            attrs: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(query: &str) -> Params {
        Params::read(Some(query), &[NODE, WALK, PAGE]).unwrap()
    }

    #[test]
    fn reads_limits() {
        let limits = read_limits(&given("max_depth=2&max_edges=5&node_types=a,b")).unwrap();
        assert_eq!((limits.max_depth, limits.max_nodes, limits.max_edges), (2, 100, 5));
        assert_eq!(limits.node_types.unwrap().len(), 2);
        for bad in ["max_depth=11", "max_depth=-1", "max_nodes=0", "max_edges=10001", "node_types="] {
            assert!(read_limits(&given(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_cursors() {
        assert_eq!(read_cursor(&given("")).unwrap(), None);
        let cursor = read_cursor(&given("cursor_edge_key=e")).unwrap().unwrap();
        assert_eq!((cursor.edge_id.as_str(), cursor.log_seq), ("e", None));
        let opaque = cursor::write(EDGES, &["both", "e", "5"]);
        let cursor = read_cursor(&given(&format!("cursor={opaque}"))).unwrap().unwrap();
        assert_eq!((cursor.edge_id.as_str(), cursor.log_seq), ("e", Some(5)));
        assert_eq!(read_cursor(&given("cursor=")).unwrap(), None);
        for bad in [format!("cursor={opaque}&direction=incoming"), format!("cursor={opaque}&cursor_edge_key=e")] {
            assert!(read_cursor(&given(&bad)).is_err(), "{bad}");
        }
        for bad in ["cursor=x", "cursor_edge_key=", "cursor_log_seq=5", "cursor_edge_key=e&cursor_log_seq=0"] {
            assert!(read_cursor(&given(bad)).is_err(), "{bad}");
        }
    }
}
