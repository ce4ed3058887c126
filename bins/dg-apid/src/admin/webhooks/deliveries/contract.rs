//! The contract of `/admin/webhooks/{webhook_id}/deliveries`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use dg_storage::webhooks::DeliveryState;

use super::{Listed, OneDelivery, Shown};
use crate::admin::grants::WEBHOOKS_MANAGE;
use crate::keyset;

pub(crate) fn list() -> Operation {
    let states = DeliveryState::ALL.iter().map(|state| state.as_str());
    keyset::paged(
        Operation::new("list_webhook_deliveries", "List messages of a webhook")
            .says("Newest first.")
            .permission(WEBHOOKS_MANAGE)
            .query(Query::words("state", states)),
    )
    .answers::<Listed<'_>>(200, "A page of messages.")
    .refuses([Code::NotFound])
    .leads_to(
        200,
        "list_webhook_deliveries",
        &[("cursor", "/data/next_cursor"), ("webhook_id", "$request.path.webhook_id")],
    )
}

pub(crate) fn show() -> Operation {
    Operation::new("get_webhook_delivery", "Show a message of a webhook")
        .says("With its latest attempts.")
        .permission(WEBHOOKS_MANAGE)
        .answers::<Shown<'_>>(200, "The message.")
}

pub(crate) fn retry() -> Operation {
    Operation::new("retry_webhook_delivery", "Send a message of a webhook again")
        .says("At once, whatever became of it, with all attempts before it.")
        .permission(WEBHOOKS_MANAGE)
        .answers::<OneDelivery<'_>>(202, "The message waits to be sent.")
        .refuses([Code::Conflict])
}
