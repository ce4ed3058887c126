//! `GET /workflows`: the queue, and how many are in it.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::Micros;
use dg_http::gate::{Principal, Reader, TenantCaller};
use dg_http::params::{self, NoParams, Params};
use dg_http::{ApiError, Reply, cursor};
use dg_storage::workflow::{Buckets, ItemFilter, ItemOrder, ItemPosition, Summary};
use dg_workflow::{Kind, Priority};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::ItemJson;
use crate::app::App;
use crate::words;

const PAGE: i64 = 25;
const LARGEST_PAGE: i64 = 200;
const LIST: &str = "workflows";
/// The words of `status`.
pub(crate) const STATUSES: [&str; 7] =
    ["requested", "in_review", "changes_requested", "escalated", "approved", "rejected", "overridden"];
/// The parameters that choose items.
pub(crate) const FILTERS: &[&str] = &[
    "status[]",
    "priority[]",
    "kind",
    "workflow_name",
    "policy_id",
    "template_id",
    "requested_by",
    "decided_by",
    "assigned_account_id",
    "assigned_role",
    "assignee",
    "trace_id",
    "subject_id",
    "only_open",
    "only_overdue",
    "due_before",
    "requested_after",
    "requested_before",
    "q",
];

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowSummary)]
struct SummaryJson {
    tenant_id: String,
    total_count: i64,
    open_count: i64,
    overdue_count: i64,
    due_soon_count: i64,
    requested_count: i64,
    in_review_count: i64,
    changes_requested_count: i64,
    escalated_count: i64,
    approved_count: i64,
    rejected_count: i64,
    overridden_count: i64,
    notification_count: i64,
    #[schema(format = DateTime)]
    oldest_open_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowList)]
struct Listed {
    /// What was asked for, as it was understood.
    #[schema(schema_with = words::any_object)]
    filters: Map<String, Value>,
    items: Vec<ItemJson>,
    next_cursor: Option<String>,
    summary: SummaryJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowBuckets)]
struct BucketsJson {
    mine: i64,
    my_roles: i64,
    unassigned: i64,
    overdue: i64,
    due_soon: i64,
    escalated: i64,
    changes_requested: i64,
    waiting_for_requester: i64,
    snoozed: i64,
    recently_closed: i64,
    all_open: i64,
}

/// A page of the queue: overdue ones, then by urgency, then by age.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, &["limit", "cursor"]])?;
    let filter = filter(&given, &caller.principal)?;
    let limit = given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE);
    let order = order(&given)?;
    let tenant = caller.tenant();
    let _turn = app.turns.take(tenant).await?;
    let page = app.store.workflow_items(tenant, &filter, &order, limit).await?;
    let summary = app.store.workflow_summary(tenant, order.as_of).await?;
    let last = page.items.last().filter(|_| page.more);
    let next_cursor = last.map(|last| write(&ItemPosition::of(&last.item, order.as_of), order.as_of));
    let items = page.items.iter().map(|shown| ItemJson::of(tenant.as_str(), shown)).collect();
    let summary = SummaryJson::of(tenant.as_str(), &summary);
    Reply::ok(&Listed { filters: said(&filter, limit), items, next_cursor, summary })
}

/// How many items each of the caller's queues holds.
pub(crate) async fn buckets(
    State(app): State<App>,
    caller: TenantCaller<Reader>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    let now = dg_runtime::clock::now();
    let buckets = app.store.workflow_buckets(caller.tenant(), &who.account_id, &who.roles, now).await?;
    Reply::ok(&BucketsJson::of(buckets))
}

/// Which items are asked for.
///
/// # Errors
/// `invalid_argument` for a word that is none.
pub(crate) fn filter(given: &Params, who: &Principal) -> Result<ItemFilter, ApiError> {
    let text = |name: &str| given.text(name).map(str::to_owned).filter(|text| !text.is_empty());
    let instant = |name: &str| match given.text(name).map(Micros::parse_rfc3339) {
        Some(None) => {
            Err(params::bad(name, format!("the parameter {name} must be an RFC 3339 timestamp with an offset")))
        }
        read => Ok(read.flatten()),
    };
    let statuses = words_of(given, "status", &STATUSES)?;
    let priorities = words_of(given, "priority", &Priority::ALL.map(Priority::as_str))?;
    let priorities = priorities.map(|words| words.iter().filter_map(|word| word.parse().ok()).collect());
    // Asking for a state that is closed is asking for closed ones.
    let only_open = given.choice("only_open", &FLAG)?.unwrap_or(statuses.is_none());
    let assignee = given.choice("assignee", &[("me", 0), ("unassigned", 1), ("my_roles", 2)])?;
    Ok(ItemFilter {
        only_open,
        only_overdue: given.choice("only_overdue", &FLAG)?.unwrap_or(false),
        statuses,
        priorities,
        kind: given.choice("kind", &Kind::ALL.map(|kind| (kind.as_str(), kind)))?,
        workflow_name: text("workflow_name"),
        policy_id: text("policy_id"),
        template_id: text("template_id"),
        requested_by: text("requested_by"),
        decided_by: text("decided_by"),
        assigned_account_id: text("assigned_account_id"),
        assigned_role: text("assigned_role"),
        trace_id: text("trace_id"),
        subject_id: text("subject_id"),
        due_before: instant("due_before")?,
        requested_after: instant("requested_after")?,
        requested_before: instant("requested_before")?,
        text: text("q"),
        mine: (assignee == Some(0)).then(|| who.account_id.clone()),
        roles: (assignee == Some(2)).then(|| who.roles.clone()),
        unassigned: assignee == Some(1),
    })
}

const FLAG: [(&str, bool); 4] = [("true", true), ("1", true), ("false", false), ("0", false)];

fn words_of(given: &Params, name: &str, known: &[&str]) -> Result<Option<Vec<String>>, ApiError> {
    let Some(list) = given.list(name)? else { return Ok(None) };
    match list.iter().find(|word| !known.contains(&word.as_str())) {
        None => Ok(Some(list)),
        Some(_) => Err(params::bad(name, format!("the parameter {name} must be among: {}", known.join(", ")))),
    }
}

fn order(given: &Params) -> Result<ItemOrder, ApiError> {
    let Some(text) = given.text("cursor") else {
        return Ok(ItemOrder { as_of: dg_runtime::clock::now(), after: None });
    };
    read(text).ok_or_else(|| params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned()))
}

fn write(place: &ItemPosition, as_of: Micros) -> String {
    let (as_of, rank) = (as_of.get().to_string(), place.priority_rank.to_string());
    let overdue = if place.overdue { "1" } else { "0" };
    cursor::write(LIST, &[&as_of, overdue, &rank, &place.requested_at.get().to_string(), &place.workflow_id])
}

fn read(text: &str) -> Option<ItemOrder> {
    let parts = cursor::read(LIST, text)?;
    let [as_of, overdue, rank, requested_at, workflow_id] = parts.as_slice() else { return None };
    let after = ItemPosition {
        overdue: overdue == "1",
        priority_rank: rank.parse().ok()?,
        requested_at: Micros::new(requested_at.parse().ok()?),
        workflow_id: workflow_id.clone(),
    };
    Some(ItemOrder { as_of: Micros::new(as_of.parse().ok()?), after: Some(after) })
}

/// The filters as they were understood; what was not asked for is not there.
fn said(filter: &ItemFilter, limit: i64) -> Map<String, Value> {
    let priorities: Option<Vec<&str>> =
        filter.priorities.as_ref().map(|list| list.iter().map(|priority| priority.as_str()).collect());
    let at = |instant: Option<Micros>| instant.map(Micros::rfc3339);
    let all = json!({
        "status": filter.statuses, "priority": priorities, "kind": filter.kind.map(Kind::as_str),
        "workflow_name": filter.workflow_name, "policy_id": filter.policy_id, "template_id": filter.template_id,
        "requested_by": filter.requested_by, "decided_by": filter.decided_by,
        "assigned_account_id": filter.assigned_account_id, "assigned_role": filter.assigned_role,
        "trace_id": filter.trace_id, "subject_id": filter.subject_id, "due_before": at(filter.due_before),
        "requested_after": at(filter.requested_after), "requested_before": at(filter.requested_before), "q": filter.text,
        "only_open": filter.only_open, "only_overdue": filter.only_overdue, "limit": limit,
    });
    let Value::Object(all) = all else { return Map::new() };
    all.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

impl SummaryJson {
    fn of(tenant: &str, summary: &Summary) -> Self {
        Self {
            tenant_id: tenant.to_owned(),
            total_count: summary.total_count,
            open_count: summary.open_count,
            overdue_count: summary.overdue_count,
            due_soon_count: summary.due_soon_count,
            requested_count: summary.requested_count,
            in_review_count: summary.in_review_count,
            changes_requested_count: summary.changes_requested_count,
            escalated_count: summary.escalated_count,
            approved_count: summary.approved_count,
            rejected_count: summary.rejected_count,
            overridden_count: summary.overridden_count,
            notification_count: summary.notification_count,
            oldest_open_at: summary.oldest_open_at.map(Micros::rfc3339),
        }
    }
}

impl BucketsJson {
    const fn of(buckets: Buckets) -> Self {
        Self {
            mine: buckets.mine,
            my_roles: buckets.my_roles,
            unassigned: buckets.unassigned,
            overdue: buckets.overdue,
            due_soon: buckets.due_soon,
            escalated: buckets.escalated,
            changes_requested: buckets.changes_requested,
            waiting_for_requester: buckets.waiting_for_requester,
            snoozed: buckets.snoozed,
            recently_closed: buckets.recently_closed,
            all_open: buckets.all_open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_filter(query: &str) -> Result<ItemFilter, String> {
        let given = Params::read(Some(query), &[FILTERS]).unwrap();
        let who = Principal { account_id: "ana".to_owned(), roles: vec!["writer".to_owned()], ..Principal::default() };
        filter(&given, &who).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn asking_for_closed_ones_shows_closed_ones() {
        assert!(read_filter("").unwrap().only_open);
        assert!(!read_filter("status=approved").unwrap().only_open);
        assert!(read_filter("status=approved&only_open=1").unwrap().only_open);
        assert_eq!(read_filter("assignee=me").unwrap().mine.as_deref(), Some("ana"));
        assert!(read_filter("status=gone").is_err() && read_filter("priority=so").is_err());
        assert_eq!(STATUSES.iter().filter(|word| word.parse::<dg_workflow::Status>().is_ok()).count(), 6);
    }

    #[test]
    fn a_cursor_comes_back() {
        let place = ItemPosition {
            overdue: true,
            priority_rank: 2,
            requested_at: Micros::new(-5),
            workflow_id: "a:b:c".to_owned(),
        };
        let order = read(&write(&place, Micros::new(7))).unwrap();
        assert_eq!((order.as_of, order.after), (Micros::new(7), Some(place)));
        assert_eq!(read("x"), None);
    }
}
