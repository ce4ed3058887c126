//! Reads the audit.

use dg_client::{AuditQuery, AuditRow};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, outage, panel};
use crate::{
    model::{
        Body, Freshness,
        audit::{AuditEntry, AuditList, AuditPage},
    },
    people::Person,
    place::{AuditFilter, Place},
    story,
};

const PAGE: u32 = 50;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    filter: &AuditFilter,
    cursor: Option<&str>,
) -> Result<Found, SignedOut> {
    let query = AuditQuery {
        kind: filter.kind.clone(),
        principal: filter.principal.clone(),
        action: filter.action.clone(),
        subject: filter.subject.clone(),
        limit: Some(PAGE),
        cursor: cursor.map(str::to_owned),
        ..AuditQuery::default()
    };
    let list = panel(
        person
            .client
            .audit(&query)
            .await
            .map(|page| AuditList { rows: page.entries.into_iter().map(entry).collect(), next: page.next_cursor }),
    )?;
    let outage = outage(&list);
    let page = AuditPage { tenant: tenant.clone(), filter: filter.clone(), cursor: cursor.map(str::to_owned), list };
    let (title, body) = ("Audit".to_owned(), Body::Audit(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness: Freshness::Unknown, outage })
}

fn entry(row: AuditRow) -> AuditEntry {
    AuditEntry {
        seq: row.audit_seq,
        at: Micros::parse_rfc3339(&row.recorded_at),
        kind: row.kind,
        action: row.action,
        outcome: row.outcome,
        principal: row.principal.unwrap_or_default(),
        agent: row.agent,
        subject: row.subject.unwrap_or_default(),
        about: row.about_tenant,
        address: row.address,
        details: story::laid_out(row.details.get()),
        entry_hash: row.entry_hash,
        request_id: row.request_id,
    }
}
