//! Cases: one item with everything that is known of it, read in one snapshot.

use dg_domain::{Hash32, LogSeq, TenantId, keys};
use dg_workflow::{
    case::{Case, Filed, Role},
    ids,
};
use serde_json::{Value, json};

use super::{
    read::{ActionRow, NoticeRow, Shown, action, notice},
    rebuild::digest_of,
    row::workflow_key,
};
use crate::{error::StoreError, log::stored_event, store::Store, values::PgKey, work::Work};

const ONE: &str = include_str!("../../../../sql/queries/workflow/one.sql");
const ACTIONS: &str = include_str!("../../../../sql/queries/workflow/actions.sql");
const NOTICES: &str = include_str!("../../../../sql/queries/workflow/notices_of_item.sql");
const STANDPOINT: &str = include_str!("../../../../sql/queries/workflow/standpoint.sql");
const HEAD: &str = include_str!("../../../../sql/queries/workflow/case_head.sql");
const EVENTS: &str = include_str!("../../../../sql/queries/workflow/case_events.sql");

impl Store {
    /// One item with its actions, notifications and events; with `whole_trace`, all events of the reviewed trace. The digest of
    /// all items is computed where it is asked for: it reads all of them.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_case(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        whole_trace: bool,
        with_digest: bool,
    ) -> Result<Option<Case>, StoreError> {
        let work = Work::snapshot_of(self, tenant).await?;
        let case = read(&work, tenant, workflow_id, whole_trace, with_digest).await?;
        work.roll_back().await?;
        Ok(case)
    }
}

async fn read(
    work: &Work,
    tenant: &TenantId,
    workflow_id: &str,
    whole_trace: bool,
    with_digest: bool,
) -> Result<Option<Case>, StoreError> {
    let (tenant_id, key) = (tenant.as_str(), PgKey(workflow_key(workflow_id)));
    let Some(row) = work.query_opt("workflow.one", ONE, &[&tenant_id, &key]).await? else { return Ok(None) };
    let shown = Shown::read("workflow.one", &row)?;
    let item = shown.item;
    let name = "workflow.standpoint";
    let (applied, demo) = match work.query_opt(name, STANDPOINT, &[&tenant_id]).await? {
        Some(row) => (row.try_get(0).map_err(StoreError::of(name))?, row.try_get(1).map_err(StoreError::of(name))?),
        None => (0_i64, false),
    };
    let name = "workflow.case_head";
    let head = work.query_opt(name, HEAD, &[&tenant_id]).await?;
    let head: i64 = head.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))?;
    let (none, all) = (0_i64, i64::MAX);
    let rows = work.query("workflow.actions", ACTIONS, &[&tenant_id, &key, &none, &all]).await?;
    let mut actions = Vec::with_capacity(rows.len());
    for row in &rows {
        actions.push(action_row(tenant_id, &item.workflow_id, &item.trace_id, &action("workflow.actions", row)?)?);
    }
    let rows = work.query("workflow.notices_of_item", NOTICES, &[&tenant_id, &key, &all]).await?;
    let mut notifications = Vec::with_capacity(rows.len());
    for row in rows.iter().rev() {
        notifications.push(notice_row(
            tenant_id,
            &item.workflow_id,
            &item.trace_id,
            &notice("workflow.notices_of_item", row)?,
        )?);
    }
    let companions: Vec<PgKey> =
        ids::traces_of(&item.workflow_id, item.round).map(|trace| PgKey(keys::trace_key(&trace))).collect();
    let subject = PgKey(keys::trace_key(&item.trace_id));
    let name = "workflow.case_events";
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&tenant_id, &key, &companions, &subject, &whole_trace, &applied];
    let mut events = Vec::new();
    for row in &work.query(name, EVENTS, &params).await? {
        let hash: &[u8] = row.try_get(22).map_err(StoreError::of(name))?;
        let rank: i32 = row.try_get(23).map_err(StoreError::of(name))?;
        events.push(Filed {
            role: match rank {
                0 => Role::Managed,
                1 => Role::Companion,
                _ => Role::Subject,
            },
            event: stored_event(name, row)?,
            entry_hash: Hash32::from_slice(hash).map_err(|source| StoreError::corrupt(name, source))?,
        });
    }
    let position = |seq| LogSeq::new(seq).map_err(|source| StoreError::corrupt(name, source));
    let workflow_digest = if with_digest { Some(digest_of(work, tenant).await?) } else { None };
    Ok(Some(Case {
        tenant_id: tenant.clone(),
        demo,
        overdue: shown.overdue,
        actions,
        notifications,
        events,
        head: position(head)?,
        applied: position(applied)?,
        workflow_digest,
        item,
    }))
}

fn action_row(tenant_id: &str, workflow_id: &str, trace_id: &str, row: &ActionRow) -> Result<Value, StoreError> {
    Ok(json!({
        "action_id": row.action_id,
        "action_type": row.action_type,
        "actor_account_id": row.actor_account_id,
        "actor_id": row.actor_id,
        "actor_type": row.actor_type,
        "created_at": row.created_at.rfc3339(),
        "log_seq": row.log_seq.get(),
        "note": row.note,
        "payload": value("workflow.actions", &row.payload_json)?,
        "resulting_status": row.resulting_status,
        "round": row.round,
        "source_event_id": row.source_event_id,
        "tenant_id": tenant_id,
        "trace_id": trace_id,
        "workflow_id": workflow_id,
    }))
}

fn notice_row(tenant_id: &str, workflow_id: &str, trace_id: &str, row: &NoticeRow) -> Result<Value, StoreError> {
    Ok(json!({
        "category": row.category,
        "channel": row.channel,
        "created_at": row.created_at.rfc3339(),
        "dedupe_key": row.dedupe_key,
        "message": row.message,
        "notification_id": row.notification_id.to_string(),
        "payload": value("workflow.notices_of_item", &row.payload_json)?,
        "recipient_account_id": row.recipient_account_id,
        "recipient_role": row.recipient_role,
        "status": row.status,
        "tenant_id": tenant_id,
        "trace_id": trace_id,
        "workflow_id": workflow_id,
    }))
}

fn value(name: &'static str, text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))
}
