//! Files that a browser saves.

use std::sync::Arc;

use axum::{
    body::Body as Bytes,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use dg_client::{CaseExport, ClientError, TraceEventPage};
use dg_domain::TenantId;
use futures_util::stream;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{page::to_sign_in, person};
use crate::{
    app::App,
    model::{
        Body, Panel,
        graph::{GraphPage, GraphView},
    },
    pages,
    place::{Place, Screen, value_of},
    source::{self, SignedOut},
};

/// Events read at once.
const PAGE: u32 = 500;

/// `graph.svg`: the drawing of the graph screen with the same query.
pub(super) async fn drawing(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    match graph(&app, &tenant, &uri, &headers).await {
        Ok((page, view)) => saved("image/svg+xml", "graph.svg", pages::graph_file(&page.tenant, &page.ask, &view)),
        Err(refused) => refused,
    }
}

/// `graph.json`: what the graph screen with the same query shows.
pub(super) async fn document(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (page, view) = match graph(&app, &tenant, &uri, &headers).await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    match serde_json::to_string_pretty(&GraphFile::of(&page, &view)) {
        Ok(text) => saved("application/json", "graph.json", text),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `trace.ndjson`: the events of a trace as they are stored, one a line.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let asked = value_of(uri.query().unwrap_or_default(), "trace_id").zip(TenantId::new(&tenant).ok());
    let Some((trace_id, tenant)) = asked else { return StatusCode::NOT_FOUND.into_response() };
    let back = Place::of(&tenant, Screen::trace(&trace_id)).href();
    let Some(person) = person(&app, &headers) else { return to_sign_in(&back) };
    let client = person.client.tenant(tenant.as_str());
    // The first page decides whether there is such a trace; the others are read while the file is sent.
    let first = match client.trace_events(&trace_id, None, Some(PAGE)).await {
        Ok(first) => first,
        Err(error) if error.status == Some(401) => return to_sign_in(&back),
        Err(error) if matches!(error.status, Some(403 | 404)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return (StatusCode::BAD_GATEWAY, source::failure(&error).message).into_response(),
    };
    let pages = stream::try_unfold(Next::Page(Box::new(first)), move |next| {
        let (client, trace_id) = (client.clone(), trace_id.clone());
        async move {
            let page = match next {
                Next::Nothing => return Ok::<_, ClientError>(None),
                Next::Page(page) => *page,
                Next::After(last) => client.trace_events(&trace_id, Some(last), Some(PAGE)).await?,
            };
            let lines = page.events.iter().filter_map(|event| serde_json::to_string(event).ok());
            let text: String = lines.map(|line| line + "\n").collect();
            Ok(Some((text, page.next_after_trace_seq.map_or(Next::Nothing, Next::After))))
        }
    });
    saved("application/x-ndjson", "trace.ndjson", Bytes::from_stream(pages))
}

/// `case.ndjson`: an item with everything that is known of it.
pub(super) async fn case(
    state: State<Arc<App>>,
    tenant: Path<String>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    exported(state, tenant, uri, headers, ("ndjson", "application/x-ndjson", "case.ndjson")).await
}

/// `case.html`: the same, to be read and printed. It is saved and not shown: what stands in it is other people's.
pub(super) async fn report(
    state: State<Arc<App>>,
    tenant: Path<String>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    exported(state, tenant, uri, headers, ("html", "text/html; charset=utf-8", "case.html")).await
}

async fn exported(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    (format, media, name): (&str, &'static str, &str),
) -> Response {
    let asked = value_of(uri.query().unwrap_or_default(), "workflow_id").zip(TenantId::new(&tenant).ok());
    let Some((workflow_id, tenant)) = asked else { return StatusCode::NOT_FOUND.into_response() };
    let back = Place::of(&tenant, Screen::review(&workflow_id)).href();
    let Some(person) = person(&app, &headers) else { return to_sign_in(&back) };
    let how = CaseExport { format: Some(format.to_owned()), ..CaseExport::default() };
    match person.client.tenant(tenant.as_str()).export_case(&workflow_id, &how).await {
        Ok(bytes) => saved(media, name, bytes),
        Err(error) if error.status == Some(401) => to_sign_in(&back),
        Err(error) if matches!(error.status, Some(403 | 404)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, source::failure(&error).message).into_response(),
    }
}

/// What is sent next of a trace.
enum Next {
    /// A page that was read already.
    Page(Box<TraceEventPage>),
    /// The page after this position in the trace.
    After(i64),
    /// All was sent.
    Nothing,
}

async fn graph(app: &App, tenant: &str, uri: &Uri, headers: &HeaderMap) -> Result<(GraphPage, GraphView), Response> {
    let address = format!("/t/{}/graph?{}", crate::place::escaped(tenant), uri.query().unwrap_or_default());
    let place = Place::parse(&address);
    let Some(person) = person(app, headers) else { return Err(to_sign_in(&place.href())) };
    match source::read(&person, &place).await {
        Ok(found) => match found.body {
            Body::Graph(page) => match page.content.clone() {
                Panel::Ready(view) => Ok((*page, view)),
                Panel::Loading => Err(StatusCode::NOT_FOUND.into_response()),
                Panel::Failed(failure) => Err((StatusCode::BAD_GATEWAY, failure.message).into_response()),
            },
            _ => Err(StatusCode::NOT_FOUND.into_response()),
        },
        Err(SignedOut) => Err(to_sign_in(&place.href())),
    }
}

fn saved(media: &'static str, name: &str, content: impl Into<Bytes>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, content.into()).into_response()
}

/// The graph as a file.
#[derive(Serialize)]
struct GraphFile<'v> {
    center: &'v str,
    as_of_log_seq: Option<i64>,
    truncated: bool,
    nodes: Vec<NodeRow<'v>>,
    edges: Vec<EdgeRow<'v>>,
}

#[derive(Serialize)]
struct NodeRow<'v> {
    node_id: &'v str,
    node_type: &'v str,
    ghost: bool,
    log_seq: Option<i64>,
    trace_id: Option<&'v str>,
    attrs: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct EdgeRow<'v> {
    edge_id: &'v str,
    edge_type: &'v str,
    from_node_id: &'v str,
    to_node_id: &'v str,
    log_seq: Option<i64>,
    trace_id: Option<&'v str>,
    decision: Option<&'v str>,
    attrs: Option<Box<RawValue>>,
}

impl<'v> GraphFile<'v> {
    fn of(page: &'v GraphPage, view: &'v GraphView) -> Self {
        let raw = |attrs: &str| RawValue::from_string(attrs.to_owned()).ok();
        let nodes = view.shown.nodes.iter().map(|node| {
            let facts = view.nodes.get(&node.key);
            NodeRow {
                node_id: &node.key,
                node_type: node.kind(),
                ghost: node.ghost,
                log_seq: facts.map(|facts| facts.source.log_seq),
                trace_id: facts.and_then(|facts| facts.source.trace_id.as_deref()),
                attrs: facts.and_then(|facts| raw(&facts.attrs)),
            }
        });
        let edges = view.shown.edges.iter().map(|edge| {
            let facts = view.edges.get(&edge.id);
            EdgeRow {
                edge_id: &edge.id,
                edge_type: &edge.kind,
                from_node_id: &edge.from,
                to_node_id: &edge.to,
                log_seq: facts.map(|facts| facts.source.log_seq),
                trace_id: facts.and_then(|facts| facts.source.trace_id.as_deref()),
                decision: facts.and_then(|facts| facts.decision.as_deref()),
                attrs: facts.and_then(|facts| raw(&facts.attrs)),
            }
        });
        Self {
            center: &view.shown.center,
            as_of_log_seq: page.ask.as_of,
            truncated: view.truncated,
            nodes: nodes.collect(),
            edges: edges.collect(),
        }
    }
}
