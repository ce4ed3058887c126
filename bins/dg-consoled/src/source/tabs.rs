//! Reads the views of a trace beside its timeline.

use dg_client::{Client, ClientError, Fresh, StoredEvent, TraceDetail, Workflow, WorkflowQuery};
use dg_domain::Micros;
use serde_json::Value;

use super::{SignedOut, failure, graph, panel, policy_path, precedents};
use crate::{
    model::{
        Panel,
        precedents::Hits,
        tabs::{Alike, Raw, ReviewRow, TabView},
    },
    place::{PrecedentAsk, TraceTab},
};

/// Items of one trace that are shown.
const ITEMS: u32 = 100;
/// Bytes of stored events that are shown; the file has all of them.
const SHOWN: usize = 128 * 1024;

pub(super) async fn read(
    client: &Client,
    trace_id: &str,
    tab: TraceTab,
    detail: &Result<Fresh<TraceDetail>, ClientError>,
) -> Result<TabView, SignedOut> {
    let events = || match detail {
        Ok(detail) => Ok(detail.data.events.as_slice()),
        Err(error) => Err(failure(error)),
    };
    Ok(match TabView::outline(tab, trace_id) {
        TabView::Timeline => TabView::Timeline,
        TabView::Policy(_) => TabView::Policy(match events() {
            Ok(events) => Panel::Ready(policy_path::path(events)),
            Err(failure) => Panel::Failed(failure),
        }),
        TabView::Graph(ask, _) => {
            let content = panel(graph::around(client, &ask).await.map(|answer| answer.data))?;
            TabView::Graph(ask, Box::new(content))
        }
        TabView::Precedents(_) => TabView::Precedents(Box::new(match detail {
            Ok(detail) => panel(alike(client, trace_id, &detail.data).await)?,
            Err(error) => Panel::Failed(failure(error)),
        })),
        TabView::Review(_) => {
            let query = WorkflowQuery {
                trace_id: Some(trace_id.to_owned()),
                only_open: Some(false),
                limit: Some(ITEMS),
                ..WorkflowQuery::default()
            };
            let items = client.workflows(&query).await.map(|page| page.items.into_iter().map(review).collect());
            TabView::Review(panel(items)?)
        }
        TabView::Raw(_) => TabView::Raw(match events() {
            Ok(events) => Panel::Ready(raw(events)),
            Err(failure) => Panel::Failed(failure),
        }),
    })
}

/// Same policy and type of entity with any outcome, and same entity; a trace is no precedent of itself.
async fn alike(client: &Client, trace_id: &str, detail: &TraceDetail) -> Result<Alike, ClientError> {
    let evaluated = detail.events.iter().rev().find(|event| event.event_type == "PolicyEvaluated");
    let policy = evaluated.and_then(|event| {
        event.payload_value().pointer("/policy/policy_id").and_then(Value::as_str).map(str::to_owned)
    });
    let summary = detail.summary.as_ref();
    let entity_type = summary.and_then(|summary| summary.primary_entity_type.clone());
    let entity_id = summary.and_then(|summary| summary.primary_entity_id.clone());
    let of = Some(trace_id.to_owned());
    let by_policy = policy.map(|policy| PrecedentAsk {
        policy_id: Some(policy),
        entity_type: entity_type.clone(),
        of: of.clone(),
        ..PrecedentAsk::default()
    });
    let by_entity = entity_type.zip(entity_id).map(|(kind, id)| PrecedentAsk {
        entity_type: Some(kind),
        entity_id: Some(id),
        of,
        ..PrecedentAsk::default()
    });
    let (policy, entity) = tokio::try_join!(found(client, by_policy), found(client, by_entity))?;
    Ok(Alike { policy, entity })
}

async fn found(client: &Client, ask: Option<PrecedentAsk>) -> Result<Option<(PrecedentAsk, Hits)>, ClientError> {
    match ask {
        Some(ask) => precedents::find(client, &ask).await.map(|hits| Some((ask, hits.data))),
        None => Ok(None),
    }
}

fn review(item: Workflow) -> ReviewRow {
    ReviewRow {
        open: item.is_open(),
        due: item.sla_due_at.as_deref().and_then(Micros::parse_rfc3339),
        assignee: item.assigned_account_id.or(item.assigned_role),
        workflow_id: item.workflow_id,
        title: item.title,
        status: item.status,
        overdue: item.overdue,
        priority: item.priority,
    }
}

fn raw(events: &[StoredEvent]) -> Raw {
    let mut raw = Raw::default();
    let mut bytes = 0;
    for event in events {
        // What was read as JSON can be written as JSON.
        let line = serde_json::to_string(event).unwrap_or_default();
        bytes += line.len();
        if bytes > SHOWN && !raw.lines.is_empty() {
            raw.cut = true;
            break;
        }
        raw.lines.push(line);
    }
    raw
}
