use super::{NOW, check, failure, html, shell, tenant};
use crate::{
    model::{
        Body, Failure, Panel,
        audit::{AuditEntry, AuditList, AuditPage},
        notifications::{NotificationList, NotificationRow, NotificationsPage},
    },
    place::AuditFilter,
};

#[test]
fn notifications_are_read_one_by_one_or_all() {
    let page = |unread, list| {
        Body::Notifications(Box::new(NotificationsPage { tenant: tenant(), unread, cursor: None, list }))
    };
    let row = |id: &str, read| NotificationRow {
        notification_id: id.to_owned(),
        workflow_id: "w".to_owned(),
        trace_id: "t/1".to_owned(),
        category: "deadline risk".to_owned(),
        message: "<u>near</u>".to_owned(),
        at: Some(NOW),
        read,
        instead_of: (!read).then(|| "ben".to_owned()),
    };
    let list =
        NotificationList { rows: vec![row("n-2", false), row("n-1", true)], next: Some("c".to_owned()), unread: 4 };
    let some = html(shell(|_| ()), page(false, Panel::Ready(list)));
    let present = [
        "4 unread notifications",
        "/t/acme/do/read-notifications",
        "value=\"n-2\"",
        "instead of ben",
        "name=\"key\" value=\"key-read-all\"",
        "/t/acme/reviews/w",
    ];
    check(&some, &present, &["<u>", "value=\"n-1\""]);
    let none = html(shell(|_| ()), page(false, Panel::Ready(NotificationList::default())));
    check(&none, &["You were not told anything yet."], &["Mark all"]);
    let read = html(shell(|_| ()), page(true, Panel::Ready(NotificationList::default())));
    check(&read, &["You have read everything.", "Show all"], &[]);
    let failed = html(shell(|_| ()), page(true, Panel::Failed(failure(true))));
    check(&failed, &["could not be read"], &[]);
}

#[test]
fn the_audit_tells_who_did_what() {
    let page = |list| {
        let filter = AuditFilter { principal: Some("maya".to_owned()), ..AuditFilter::default() };
        Body::Audit(Box::new(AuditPage { tenant: tenant(), filter, cursor: None, list }))
    };
    let entry = AuditEntry {
        seq: 7,
        at: Some(NOW),
        kind: "act".to_owned(),
        action: "account.create".to_owned(),
        outcome: "done".to_owned(),
        principal: "maya".to_owned(),
        agent: Some("console".to_owned()),
        subject: "<s>night</s>".to_owned(),
        about: Some("acme".to_owned()),
        address: Some("10.0.0.7".to_owned()),
        details: "{}".to_owned(),
        entry_hash: "ab12".to_owned(),
        request_id: Some("r-9".to_owned()),
    };
    let list = AuditList { rows: vec![entry], next: Some("c".to_owned()) };
    let some = html(shell(|_| ()), page(Panel::Ready(list)));
    let present = [
        "account.create",
        "through console",
        "in acme",
        "10.0.0.7",
        "ab12",
        "r-9",
        "Clear filters",
        "cursor=c",
        "<caption",
    ];
    check(&some, &present, &["<s>"]);
    let none = html(shell(|_| ()), page(Panel::Ready(AuditList::default())));
    check(&none, &["No row fits."], &["<table"]);
    let forbidden = Failure { code: "forbidden".to_owned(), ..failure(false) };
    let no = html(shell(|_| ()), page(Panel::Failed(forbidden)));
    check(&no, &["may not read the audit", "audit_read"], &["Try again"]);
}
