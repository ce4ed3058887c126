//! Notifications, made together with what they tell of, and put into inboxes and the outbox.

mod outbox;

use std::collections::HashSet;

use dg_domain::{Hash32, Key16, TenantId, keys};
use dg_workflow::Notice;
use serde_json::{Value, json};
use uuid::Uuid;

use super::row::workflow_key;
use crate::{error::StoreError, values::PgMicros, work::Work};

const PUT: &str = include_str!("../../../../sql/queries/workflow/put_notices.sql");

/// Whether anybody is to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// It happens now.
    Live,
    /// It happened before, and is only written down again: in no inbox, and nothing goes out.
    Rebuild,
}

/// Keeps notifications, each once, and tells of those that are new. The answer is how many these are.
pub(crate) async fn put(
    work: &Work,
    tenant: &TenantId,
    notices: &[Notice],
    telling: Telling,
) -> Result<usize, StoreError> {
    if notices.is_empty() {
        return Ok(0);
    }
    let name = "workflow.put_notices";
    let rows = Value::Array(notices.iter().map(|notice| row(tenant, notice, telling)).collect()).to_string();
    let rows = work.query(name, PUT, &[&tenant.as_str(), &rows]).await?;
    let Some(first) = rows.first() else { return Ok(0) };
    let now = first.try_get::<_, PgMicros>(1).map_err(StoreError::of(name))?.0;
    let mut new = HashSet::with_capacity(rows.len());
    for row in &rows {
        new.insert(row.try_get::<_, Uuid>(0).map_err(StoreError::of(name))?);
    }
    if telling == Telling::Live {
        let told: Vec<(Uuid, &Notice)> = notices
            .iter()
            .map(|notice| (notification_id(tenant, notice), notice))
            .filter(|(notification_id, _)| new.contains(notification_id))
            .collect();
        outbox::tell(work, tenant, &told, now).await?;
    }
    Ok(new.len())
}

/// The id of a notification, whenever it is made: its name says who knows of what.
fn notification_id(tenant: &TenantId, notice: &Notice) -> Uuid {
    let key = Key16::cut(&Hash32::of(format!("{:?}", dedupe(tenant, notice)).as_bytes()));
    Uuid::from_bytes(*key.as_bytes())
}

fn dedupe(tenant: &TenantId, notice: &Notice) -> Key16 {
    keys::parts_key(&[tenant.as_str(), &notice.dedupe_key])
}

fn row(tenant: &TenantId, notice: &Notice, telling: Telling) -> Value {
    json!({
        "notification_id": notification_id(tenant, notice).to_string(),
        "workflow_key": format!("{:?}", workflow_key(&notice.workflow_id)),
        "workflow_id": notice.workflow_id,
        "trace_id": notice.trace_id,
        "category": notice.category.as_str(),
        "status": if telling == Telling::Live { "delivered" } else { "suppressed" },
        "message": notice.message.replace('\0', "\u{fffd}"),
        "recipient_account_id": notice.recipient_account_id,
        "recipient_role": notice.recipient_role,
        "payload_json": Value::Object(notice.payload.clone()).to_string(),
        "dedupe_key": notice.dedupe_key,
        "dedupe_hash": format!("{:?}", dedupe(tenant, notice)),
        "created_at": notice.created_at.rfc3339(),
    })
}
