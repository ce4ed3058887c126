//! The contract of `/admin/audit`.

use dg_http::contract::{Operation, Query};
use dg_storage::audit::{AuditKind, Outcome};
use serde_json::json;

use super::{AUDIT_READ, LARGEST_PAGE, Listed, PAGE};

pub(crate) fn list() -> Operation {
    filtered(Operation::new("list_audit", "Read the audit"))
        .query(Query::words("order", ["newest", "oldest"]).default("newest"))
        .query(Query::integer("after_seq", 0..=i64::MAX).says("Rows beyond this one, in the order asked for."))
        .paged(LARGEST_PAGE, PAGE)
        .answers::<Listed<'_>>(200, "A page of rows, with every field that was hashed.")
        .leads_to(200, "list_audit", crate::keyset::NEXT)
}

pub(crate) fn export() -> Operation {
    let lines = json!({"description": "One AuditEntry a line."});
    let next = json!({"type": "integer", "minimum": 1});
    filtered(Operation::new("export_audit", "Take the audit out"))
        .says("As lines, oldest first, 5,000 at a time. Each part is itself a row of the audit.")
        .query(Query::integer("after_seq", 0..=i64::MAX).default(0).says("Rows after this one."))
        .query(Query::integer("until_seq", 0..=i64::MAX).says("Rows up to this one."))
        .answer(200, "A part of the audit.", "application/x-ndjson", &lines)
        .answer_header(200, "x-dg-next-after-seq", false, &next, "The next `after_seq`; not there at the end.")
}

fn filtered(operation: Operation) -> Operation {
    operation
        .says("Somebody who may not use every tenant sees the rows about their own.")
        .permission(AUDIT_READ)
        .query(Query::words("kind", AuditKind::ALL.iter().map(|kind| kind.as_str())))
        .query(Query::text("action"))
        .query(Query::words("outcome", Outcome::ALL.iter().map(|outcome| outcome.as_str())))
        .query(Query::text("principal"))
        .query(Query::text("subject"))
        .query(Query::text("about_tenant"))
        .query(Query::instant("since"))
        .query(Query::instant("until"))
}
