//! Reads what a tenant holds, and what it may send.

use dg_client::{Client, ClientError, Health, Tenant, TraceQuery, WorkflowQuery};
use dg_domain::TenantId;
use serde_json::{Map, Value};

use super::{Found, SignedOut, accounts::time, freshness, outage, panel};
use crate::{
    model::{
        Body, Freshness,
        tenant::{About, Limit, Log, PolicyRow, Reviews, TenantPage, Traces},
    },
    people::Person,
    place::Place,
};

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    doing: Option<&str>,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let items = WorkflowQuery { limit: Some(1), ..WorkflowQuery::default() };
    let (about, health, all, open, items, figures) = tokio::join!(
        client.tenant_details(tenant.as_str()),
        client.health(),
        count(&client, None),
        count(&client, Some("open")),
        client.workflows(&items),
        client.workflow_figures(None, None, None, None),
    );
    let freshness = all.as_ref().map_or(Freshness::Unknown, |(_, meta)| freshness(*meta));
    let traces = all.and_then(|(all, _)| open.map(|(open, _)| Traces { all, open }));
    let page = TenantPage {
        tenant: tenant.clone(),
        doing: doing.map(str::to_owned),
        about: panel(about.map(registered))?,
        log: panel(health.map(log))?,
        traces: panel(traces)?,
        reviews: panel(items.map(|page| reviews(&page.summary)))?,
        policies: panel(figures.map(|report| policies(&report)))?,
    };
    let outage = outage(&page.log);
    let (title, body) = (format!("Tenant {tenant}"), Body::Tenant(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness, outage })
}

/// How many traces there are, and whether counting stopped there.
async fn count(client: &Client, status: Option<&str>) -> Result<((i64, bool), dg_client::Meta), ClientError> {
    let query = TraceQuery { status: status.map(str::to_owned), count: true, limit: Some(1), ..TraceQuery::default() };
    let answer = client.traces(&query).await?;
    let stopped = answer.data.total_relation.as_deref() == Some("gte");
    Ok(((answer.data.total.unwrap_or_default(), stopped), answer.meta))
}

fn registered(tenant: Tenant) -> About {
    let limits = tenant.limits;
    let limit = |field, words, range, value| Limit { field, words, range, value };
    About {
        status: tenant.status.unwrap_or_default(),
        guard: tenant.secret_guard.unwrap_or_default(),
        demo: tenant.demo,
        created: time(tenant.created_at.as_deref()),
        created_by: tenant.created_by.unwrap_or_default(),
        limits: vec![
            limit("max_event_bytes", "Bytes of one event", (1_024, 1_048_576), limits.max_event_bytes),
            limit("max_batch_events", "Events of one batch", (1, 1_000), limits.max_batch_events),
            limit("reads_per_second", "Reads a second", (1, 1_000_000), limits.reads_per_second),
            limit("writes_per_second", "Events a second", (1, 1_000_000), limits.writes_per_second),
        ],
    }
}

fn log(health: Health) -> Log {
    let all = &health.projections;
    Log {
        head: health.event_log_last_seq,
        behind: all.iter().map(|one| one.pending_events).max().unwrap_or_default(),
        per_second: all.iter().map(|one| one.events_per_second_1m).fold(0.0, f64::max),
        failures: all.iter().map(|one| one.open_failures).sum(),
        status: health.status,
    }
}

fn reviews(summary: &Map<String, Value>) -> Reviews {
    let count = |name: &str| summary.get(name).and_then(Value::as_i64).unwrap_or_default();
    Reviews {
        all: count("total_count"),
        open: count("open_count"),
        overdue: count("overdue_count"),
        escalated: count("escalated_count"),
        approved: count("approved_count"),
        rejected: count("rejected_count"),
        overridden: count("overridden_count"),
    }
}

fn policies(report: &Value) -> Vec<PolicyRow> {
    let rows = report["policies"].as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(policy).collect()
}

fn policy(row: &Value) -> PolicyRow {
    let (figures, text) = (&row["figures"], |name: &str| row[name].as_str().map(str::to_owned));
    PolicyRow {
        policy: text("policy_id"),
        exceptions: row["exception_count"].as_i64().unwrap_or_default(),
        decisions: figures["decision_count"].as_i64().unwrap_or_default(),
        approved: figures["approval_rate"].as_f64(),
        overridden: figures["override_rate"].as_f64(),
        median: figures["median_decision_seconds"].as_f64(),
        suggestion: text("suggestion"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_become_rows_and_what_is_not_there_stays_unknown() {
        let figures = json!({"decision_count": 4, "approval_rate": 0.75, "median_decision_seconds": 90.0});
        let report = json!({"policies": [
            {"policy_id": "cap", "exception_count": 6, "suggestion": "loosen it", "figures": figures},
            {"policy_id": null, "exception_count": 0, "suggestion": null, "figures": {"decision_count": 0, "approval_rate": null}},
        ]});
        let rows = policies(&report);
        assert_eq!((rows[0].policy.as_deref(), rows[0].decisions, rows[0].approved), (Some("cap"), 4, Some(0.75)));
        assert_eq!((rows[0].median, rows[0].suggestion.as_deref()), (Some(90.0), Some("loosen it")));
        assert_eq!(rows[1], PolicyRow::default());
        assert!(policies(&json!({})).is_empty());
    }
}
