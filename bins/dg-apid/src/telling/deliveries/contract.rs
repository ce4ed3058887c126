//! The contract of `/admin/workflow-deliveries`.

use dg_http::contract::{Operation, Query};
use dg_storage::workflow::DELIVERY_STATES;

use super::{CONFIGURE, Listed, Retried};
use crate::keyset;

pub(crate) fn list() -> Operation {
    let uuid = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";
    let operation = Operation::new("list_notification_deliveries", "List what went out about notifications")
        .says("Newest first. A delivery is one notification on its way to one place; what goes out together has one message.")
        .permission(CONFIGURE)
        .query(Query::words("state", DELIVERY_STATES))
        .query(Query::formed("channel_id", uuid).says("By this channel."))
        .query(Query::text("account_id").says("To this person."))
        .query(Query::formed("notification_id", uuid).says("Of this notification."));
    keyset::paged(operation)
        .answers::<Listed>(200, "A page.")
        .leads_to(200, "list_notification_deliveries", keyset::NEXT)
        .leads_to(200, "retry_notification_delivery", &[("delivery_id", "/data/deliveries/0/delivery_id")])
}

pub(crate) fn retry() -> Operation {
    Operation::new("retry_notification_delivery", "Send a message about notifications again")
        .says("At once, whatever became of it, under the id that it had.")
        .permission(CONFIGURE)
        .answers::<Retried>(202, "It waits to be sent.")
}

pub(crate) fn retry_all() -> Operation {
    Operation::new("retry_notification_deliveries", "Send everything again that was given up")
        .permission(CONFIGURE)
        .answers::<Retried>(202, "It waits to be sent.")
}
