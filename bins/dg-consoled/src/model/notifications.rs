//! What somebody was told.

use dg_domain::{Micros, TenantId};

use super::Panel;

/// What the viewer was told in a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NotificationsPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Whether those that were read are left out.
    pub(crate) unread: bool,
    /// Where this page starts.
    pub(crate) cursor: Option<String>,
    /// The rows.
    pub(crate) list: Panel<NotificationList>,
}

/// One page of them, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotificationList {
    /// The rows.
    pub(crate) rows: Vec<NotificationRow>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
    /// How many were not read, on all pages.
    pub(crate) unread: i64,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotificationRow {
    /// Its id.
    pub(crate) notification_id: String,
    /// The item that it is about.
    pub(crate) workflow_id: String,
    /// The trace of that item.
    pub(crate) trace_id: String,
    /// What kind it is, in words.
    pub(crate) category: String,
    /// What was said.
    pub(crate) message: String,
    /// When.
    pub(crate) at: Option<Micros>,
    /// Whether the viewer read it.
    pub(crate) read: bool,
    /// For whom the viewer stands in.
    pub(crate) instead_of: Option<String>,
}
