//! Reads what somebody was told.

use dg_client::{Notification, NotificationQuery};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, outage, panel};
use crate::{
    model::{
        Body, Freshness,
        notifications::{NotificationList, NotificationRow, NotificationsPage},
    },
    people::Person,
    place::Place,
};

const PAGE: u32 = 50;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    unread: bool,
    cursor: Option<&str>,
) -> Result<Found, SignedOut> {
    let query = NotificationQuery {
        unread: unread.then_some(true),
        limit: Some(PAGE),
        cursor: cursor.map(str::to_owned),
        ..NotificationQuery::default()
    };
    let list = panel(person.client.tenant(tenant.as_str()).notifications(&query).await.map(|page| NotificationList {
        rows: page.notifications.into_iter().map(row).collect(),
        next: page.next_cursor,
        unread: page.unread_count,
    }))?;
    let outage = outage(&list);
    let page = NotificationsPage { tenant: tenant.clone(), unread, cursor: cursor.map(str::to_owned), list };
    let (title, body) = ("Notifications".to_owned(), Body::Notifications(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness: Freshness::Unknown, outage })
}

fn row(one: Notification) -> NotificationRow {
    NotificationRow {
        at: Micros::parse_rfc3339(&one.told_at),
        category: one.category.replace('_', " "),
        read: one.read_at.is_some(),
        notification_id: one.notification_id,
        workflow_id: one.workflow_id,
        trace_id: one.trace_id,
        message: one.message,
        instead_of: one.instead_of,
    }
}
