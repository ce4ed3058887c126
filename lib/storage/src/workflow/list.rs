//! Queues of items, and how many are in each.

use dg_domain::{Micros, TenantId, keys};
use dg_workflow::{Item, Kind, Priority};
use tokio_postgres::{Row, types::ToSql};

use super::read::Shown;
use crate::{
    error::StoreError,
    store::Store,
    values::{PgKey, PgMicros},
};

const LIST: &str = include_str!("../../../../sql/queries/workflow/list.sql");
const SUMMARY: &str = include_str!("../../../../sql/queries/workflow/summary.sql");
const BUCKETS: &str = include_str!("../../../../sql/queries/workflow/buckets.sql");

/// Which items; everything absent lets all through.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are the parameters of workflow, section 9")]
pub struct ItemFilter {
    pub only_open: bool,
    pub only_overdue: bool,
    /// Words of states, `in_review` included.
    pub statuses: Option<Vec<String>>,
    pub priorities: Option<Vec<Priority>>,
    pub kind: Option<Kind>,
    pub workflow_name: Option<String>,
    pub policy_id: Option<String>,
    pub template_id: Option<String>,
    pub requested_by: Option<String>,
    pub decided_by: Option<String>,
    pub assigned_account_id: Option<String>,
    pub assigned_role: Option<String>,
    pub trace_id: Option<String>,
    pub subject_id: Option<String>,
    pub due_before: Option<Micros>,
    pub requested_after: Option<Micros>,
    pub requested_before: Option<Micros>,
    /// Text in title, id or reason.
    pub text: Option<String>,
    /// Given to this account, or held by it.
    pub mine: Option<String>,
    /// Given to one of these roles and to no account.
    pub roles: Option<Vec<String>>,
    /// Given to no account and held by nobody.
    pub unassigned: bool,
}

/// Where a page ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemPosition {
    /// Whether that item was overdue.
    pub overdue: bool,
    /// Its urgency, 0 for the most urgent.
    pub priority_rank: i16,
    /// When it was asked for.
    pub requested_at: Micros,
    /// Which.
    pub workflow_id: String,
}

/// How items are ordered: as of when "overdue" is decided, and what came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOrder {
    /// The moment; the same for all pages of one walk.
    pub as_of: Micros,
    /// The last item of the page before.
    pub after: Option<ItemPosition>,
}

/// A page of a queue.
#[derive(Clone, Debug)]
pub struct ItemPage {
    /// The items.
    pub items: Vec<Shown>,
    /// Whether there are more.
    pub more: bool,
}

/// How many items a tenant has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of workflow, section 9.1")]
pub struct Summary {
    pub total_count: i64,
    pub open_count: i64,
    pub overdue_count: i64,
    pub due_soon_count: i64,
    pub requested_count: i64,
    pub in_review_count: i64,
    pub changes_requested_count: i64,
    pub escalated_count: i64,
    pub approved_count: i64,
    pub rejected_count: i64,
    pub overridden_count: i64,
    pub notification_count: i64,
    pub oldest_open_at: Option<Micros>,
}

/// How many items each of somebody's queues holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of workflow, WF-32")]
pub struct Buckets {
    pub mine: i64,
    pub my_roles: i64,
    pub unassigned: i64,
    pub overdue: i64,
    pub due_soon: i64,
    pub escalated: i64,
    pub changes_requested: i64,
    pub waiting_for_requester: i64,
    pub snoozed: i64,
    pub recently_closed: i64,
    pub all_open: i64,
}

impl ItemPosition {
    /// The place of an item.
    #[must_use]
    pub fn of(item: &Item, as_of: Micros) -> Self {
        Self {
            overdue: item.is_overdue(as_of),
            priority_rank: i16::try_from(item.priority.rank()).unwrap_or_default(),
            requested_at: item.requested_at,
            workflow_id: item.workflow_id.clone(),
        }
    }
}

impl Store {
    /// A page of a tenant's queue.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_items(
        &self,
        tenant: &TenantId,
        filter: &ItemFilter,
        order: &ItemOrder,
        limit: i64,
    ) -> Result<ItemPage, StoreError> {
        let name = "workflow.list";
        let priorities: Option<Vec<i16>> = filter
            .priorities
            .as_ref()
            .map(|list| list.iter().map(|priority| i16::try_from(priority.rank()).unwrap_or_default()).collect());
        let kind = filter.kind.map(Kind::as_str);
        let trace = filter.trace_id.as_ref().map(|trace| PgKey(keys::trace_key(trace)));
        let at = |instant: Option<Micros>| instant.map(PgMicros);
        let (due, from, to) = (at(filter.due_before), at(filter.requested_after), at(filter.requested_before));
        let after = order.after.as_ref();
        let (overdue, rank) = (after.map(|after| after.overdue), after.map(|after| after.priority_rank));
        let requested = at(after.map(|after| after.requested_at));
        let (id, one_more) = (after.map(|after| after.workflow_id.as_str()), limit + 1);
        let (tenant_id, as_of) = (tenant.as_str(), PgMicros(order.as_of));
        let params: [&(dyn ToSql + Sync); 28] = [
            &tenant_id,
            &as_of,
            &filter.only_open,
            &filter.only_overdue,
            &filter.statuses,
            &priorities,
            &kind,
            &filter.workflow_name,
            &filter.policy_id,
            &filter.requested_by,
            &filter.decided_by,
            &filter.assigned_account_id,
            &filter.assigned_role,
            &trace,
            &filter.subject_id,
            &due,
            &from,
            &to,
            &filter.text,
            &filter.mine,
            &filter.roles,
            &filter.unassigned,
            &filter.template_id,
            &overdue,
            &rank,
            &requested,
            &id,
            &one_more,
        ];
        let rows = self.of(tenant).query(name, LIST, &params).await?;
        let items: Result<Vec<Shown>, StoreError> = rows.iter().map(|row| Shown::read(name, row)).collect();
        let mut items = items?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        Ok(ItemPage { items, more })
    }

    /// How many items a tenant has.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_summary(&self, tenant: &TenantId, as_of: Micros) -> Result<Summary, StoreError> {
        let name = "workflow.summary";
        let row = self.of(tenant).query_opt(name, SUMMARY, &[&tenant.as_str(), &PgMicros(as_of)]).await?;
        let Some(row) = row else { return Ok(Summary::default()) };
        let count = count(name, &row);
        let oldest = row.try_get::<_, Option<PgMicros>>("oldest_open_at").map_err(StoreError::of(name))?;
        Ok(Summary {
            total_count: count("total_count")?,
            open_count: count("open_count")?,
            overdue_count: count("overdue_count")?,
            due_soon_count: count("due_soon_count")?,
            requested_count: count("requested_count")?,
            in_review_count: count("in_review_count")?,
            changes_requested_count: count("changes_requested_count")?,
            escalated_count: count("escalated_count")?,
            approved_count: count("approved_count")?,
            rejected_count: count("rejected_count")?,
            overridden_count: count("overridden_count")?,
            notification_count: count("notification_count")?,
            oldest_open_at: oldest.map(|at| at.0),
        })
    }

    /// How many items each of somebody's queues holds.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_buckets(
        &self,
        tenant: &TenantId,
        account: &str,
        roles: &[String],
        as_of: Micros,
    ) -> Result<Buckets, StoreError> {
        let name = "workflow.buckets";
        let params: [&(dyn ToSql + Sync); 4] = [&tenant.as_str(), &PgMicros(as_of), &account, &roles];
        let Some(row) = self.of(tenant).query_opt(name, BUCKETS, &params).await? else { return Ok(Buckets::default()) };
        let count = count(name, &row);
        Ok(Buckets {
            mine: count("mine")?,
            my_roles: count("my_roles")?,
            unassigned: count("unassigned")?,
            overdue: count("overdue")?,
            due_soon: count("due_soon")?,
            escalated: count("escalated")?,
            changes_requested: count("changes_requested")?,
            waiting_for_requester: count("waiting_for_requester")?,
            snoozed: count("snoozed")?,
            recently_closed: count("recently_closed")?,
            all_open: count("all_open")?,
        })
    }
}

fn count<'r>(name: &'static str, row: &'r Row) -> impl Fn(&str) -> Result<i64, StoreError> + use<'r> {
    move |column| row.try_get(column).map_err(StoreError::of(name))
}
