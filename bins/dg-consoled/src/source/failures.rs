//! Reads events that were set aside.

use dg_client::{FailurePage, FailureQuery, ProjectionFailure};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, about_fresh, outage, panel};
use crate::{
    model::{
        Body,
        failures::{FailureList, FailureRow, FailuresPage},
    },
    people::Person,
    place::{FailuresAt, Place},
};

const PAGE: u32 = 50;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    at: &FailuresAt,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let query = FailureQuery {
        status: at.status.clone(),
        projection: at.projection.clone(),
        trace_id: at.trace_id.clone(),
        limit: Some(PAGE),
        cursor: at.cursor.clone(),
    };
    let chosen = async {
        match &at.act {
            Some((_, failure_id)) => Some(client.failure(failure_id).await),
            None => None,
        }
    };
    let (list, chosen, freshness) = tokio::join!(client.failures(&query), chosen, about_fresh(&client));
    let list = panel(list.map(rows))?;
    let chosen = chosen.map(|answer| panel(answer.map(row))).transpose()?;
    let outage = outage(&list);
    let page = FailuresPage { tenant: tenant.clone(), at: at.clone(), list, chosen };
    let (title, body) = (format!("Failures of {tenant}"), Body::Failures(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness, outage })
}

fn rows(page: FailurePage) -> FailureList {
    FailureList { rows: page.failures.into_iter().map(row).collect(), next: page.next_cursor }
}

fn row(failure: ProjectionFailure) -> FailureRow {
    let time = |text: Option<&str>| text.and_then(Micros::parse_rfc3339);
    let decided = match (failure.resolved_by, failure.quarantined_by) {
        (Some(who), _) => Some((who, time(failure.resolved_at.as_deref()), String::new())),
        (None, Some(who)) => {
            let why = failure.quarantine_reason.unwrap_or_default();
            Some((who, time(failure.quarantined_at.as_deref()), why))
        }
        (None, None) => None,
    };
    FailureRow {
        first: time(Some(&failure.first_seen_at)),
        last: time(Some(&failure.last_seen_at)),
        failure_id: failure.failure_id,
        projection: failure.projection_name,
        status: failure.status,
        category: failure.category,
        code: failure.error_code,
        message: failure.error_message,
        log_seq: failure.log_seq,
        event_id: failure.event_id,
        trace_id: failure.trace_id,
        attempts: failure.attempts,
        decided,
        job_id: failure.job_id,
    }
}
