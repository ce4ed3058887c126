//! Notifications, made together with what they tell of.

use dg_domain::{Hash32, Key16, TenantId, keys};
use dg_workflow::Notice;
use serde_json::{Value, json};

use super::row::workflow_key;
use crate::{error::StoreError, work::Work};

const PUT: &str = include_str!("../../../../sql/queries/workflow/put_notices.sql");

/// Whether anybody is to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// It happens now.
    Live,
    /// It happened before, and is only written down again.
    Rebuild,
}

/// Keeps notifications, each once. The answer is how many are new.
pub(crate) async fn put(
    work: &Work,
    tenant: &TenantId,
    notices: &[Notice],
    telling: Telling,
) -> Result<usize, StoreError> {
    if notices.is_empty() {
        return Ok(0);
    }
    let status = if telling == Telling::Live { "delivered" } else { "suppressed" };
    let row = |notice: &Notice| {
        let dedupe = keys::parts_key(&[tenant.as_str(), &notice.dedupe_key]);
        json!({
            "notification_id": format!("{:?}", Key16::cut(&Hash32::of(format!("{dedupe:?}").as_bytes()))),
            "workflow_key": format!("{:?}", workflow_key(&notice.workflow_id)),
            "workflow_id": notice.workflow_id,
            "trace_id": notice.trace_id,
            "category": notice.category.as_str(),
            "status": status,
            "message": notice.message.replace('\0', "\u{fffd}"),
            "recipient_account_id": notice.recipient_account_id,
            "recipient_role": notice.recipient_role,
            "payload_json": Value::Object(notice.payload.clone()).to_string(),
            "dedupe_key": notice.dedupe_key,
            "dedupe_hash": format!("{dedupe:?}"),
            "created_at": notice.created_at.rfc3339(),
        })
    };
    let rows = Value::Array(notices.iter().map(row).collect()).to_string();
    let new = work.count("workflow.put_notices", PUT, &[&tenant.as_str(), &rows]).await?;
    Ok(usize::try_from(new).unwrap_or(usize::MAX))
}
