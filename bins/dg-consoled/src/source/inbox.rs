//! Reads a part of the queue.

use dg_client::{Workflow, WorkflowBuckets, WorkflowQuery};
use dg_domain::{Micros, TenantId};
use dg_runtime::clock;

use super::{Found, SignedOut, outage, panel};
use crate::{
    model::{
        Body, Freshness,
        inbox::{InboxList, InboxPage, InboxRow},
    },
    people::Person,
    place::{InboxFilter, Place, VIEWS},
};

const PAGE: u32 = 50;
/// What is due within half an hour is due soon.
const SOON: i64 = 30 * 60 * 1_000_000;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    filter: &InboxFilter,
    cursor: Option<&str>,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let query = WorkflowQuery { cursor: cursor.map(str::to_owned), ..query(filter) };
    let (counts, list) = tokio::join!(client.workflow_buckets(), client.workflows(&query));
    let list =
        panel(list.map(|page| InboxList { rows: page.items.into_iter().map(row).collect(), next: page.next_cursor }))?;
    let outage = outage(&list);
    let page = InboxPage {
        tenant: tenant.clone(),
        filter: filter.clone(),
        cursor: cursor.map(str::to_owned),
        counts: panel(counts.map(|buckets| VIEWS.map(|(view, _)| (view, count(&buckets, view))).into()))?,
        list,
    };
    let (title, body) = (format!("Inbox of {tenant}"), Body::Inbox(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness: Freshness::Unknown, outage })
}

fn query(filter: &InboxFilter) -> WorkflowQuery {
    let mut query = WorkflowQuery {
        priority: filter.priority.iter().cloned().collect(),
        policy_id: filter.policy.clone(),
        q: filter.text.clone(),
        limit: Some(PAGE),
        only_open: Some(true),
        ..WorkflowQuery::default()
    };
    match filter.view {
        "mine" => query.assignee = Some("me".to_owned()),
        "my_roles" | "unassigned" => query.assignee = Some(filter.view.to_owned()),
        "overdue" => query.only_overdue = Some(true),
        "due_soon" => query.due_before = Some(Micros::new(clock::now().get() + SOON).rfc3339()),
        "escalated" | "changes_requested" => query.status = vec![filter.view.to_owned()],
        "closed" => {
            query.only_open = None;
            query.status = ["approved", "rejected", "overridden"].map(str::to_owned).into();
        }
        _ => {}
    }
    query
}

fn count(buckets: &WorkflowBuckets, view: &str) -> Option<i64> {
    Some(match view {
        "all" => buckets.all_open,
        "mine" => buckets.mine,
        "my_roles" => buckets.my_roles,
        "unassigned" => buckets.unassigned,
        "overdue" => buckets.overdue,
        "due_soon" => buckets.due_soon,
        "escalated" => buckets.escalated,
        "changes_requested" => buckets.changes_requested,
        _ => return None,
    })
}

fn row(item: Workflow) -> InboxRow {
    let text = |pointer: &str| super::review::text(&item.more, pointer);
    let assignee = match (&item.assigned_account_id, &item.assigned_role) {
        (Some(account), _) => account.clone(),
        (None, Some(role)) => format!("role {role}"),
        (None, None) => "nobody".to_owned(),
    };
    InboxRow {
        policy: super::review::policy(&item.more),
        requester: text("requested_by_actor/actor_id"),
        requested: Micros::parse_rfc3339(&item.requested_at),
        due: item.sla_due_at.as_deref().and_then(Micros::parse_rfc3339),
        assignee,
        workflow_id: item.workflow_id,
        title: item.title,
        status: item.status,
        priority: item.priority,
        overdue: item.overdue,
        claimed_by: item.claimed_by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_asks_for_its_own() {
        let asked: Vec<WorkflowQuery> = VIEWS.iter().map(|(view, _)| query(&InboxFilter::of(view))).collect();
        for (at, one) in asked.iter().enumerate() {
            assert!(asked.iter().skip(at + 1).all(|other| other != one), "{one:?}");
        }
        assert_eq!(query(&InboxFilter::of("mine")).assignee.as_deref(), Some("me"));
        assert_eq!(query(&InboxFilter::of("closed")).only_open, None);
    }
}
