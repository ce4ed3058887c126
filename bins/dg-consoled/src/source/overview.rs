//! Reads the start page of a tenant.

use dg_client::{
    Client, ClientError, ProjectionHealth, TraceQuery, Workflow, WorkflowBuckets, WorkflowPage, WorkflowQuery,
};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, freshness, outage, panel, traces};
use crate::{
    model::{
        Body, Freshness,
        overview::{OverviewPage, ProjectionRow, Reviews, Waiting},
    },
    people::Person,
    place::Place,
};

/// Items and traces that are named.
const SHOWN: u32 = 6;

pub(super) async fn read(person: &Person, place: &Place, tenant: &TenantId) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let query = TraceQuery { order: Some("activity".to_owned()), limit: Some(SHOWN), ..TraceQuery::default() };
    let (reviews, health, list) = tokio::join!(reviews(&client), client.health(), client.traces(&query));
    let freshness = list.as_ref().map_or(Freshness::Unknown, |answer| freshness(answer.meta));
    let page = OverviewPage {
        tenant: tenant.clone(),
        reviews: panel(reviews)?,
        projections: panel(health.map(|health| health.projections.into_iter().map(projection).collect()))?,
        traces: panel(list.map(|answer| answer.data.traces.into_iter().map(traces::row).collect()))?,
    };
    let outage = outage(&page.traces);
    let (title, body) = (format!("Overview of {tenant}"), Body::Overview(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness, outage })
}

async fn reviews(client: &Client) -> Result<Reviews, ClientError> {
    let query = WorkflowQuery { only_open: Some(true), limit: Some(SHOWN), ..WorkflowQuery::default() };
    let (page, buckets) = tokio::try_join!(client.workflows(&query), client.workflow_buckets())?;
    let WorkflowPage { items, summary, .. } = page;
    let count = |name: &str| summary.get(name).and_then(serde_json::Value::as_i64).unwrap_or_default();
    let oldest = summary.get("oldest_open_at").and_then(serde_json::Value::as_str);
    let WorkflowBuckets { mine, my_roles, .. } = buckets;
    Ok(Reviews {
        open: count("open_count"),
        overdue: count("overdue_count"),
        due_soon: count("due_soon_count"),
        escalated: count("escalated_count"),
        mine,
        my_roles,
        oldest: oldest.and_then(Micros::parse_rfc3339),
        next: items.into_iter().map(waiting).collect(),
    })
}

fn waiting(item: Workflow) -> Waiting {
    Waiting {
        due: item.sla_due_at.as_deref().and_then(Micros::parse_rfc3339),
        workflow_id: item.workflow_id,
        title: item.title,
        priority: item.priority,
        overdue: item.overdue,
    }
}

fn projection(health: ProjectionHealth) -> ProjectionRow {
    ProjectionRow {
        name: health.projection_name,
        status: health.status,
        applied: health.last_log_seq,
        pending: health.pending_events,
        failures: health.open_failures,
    }
}
