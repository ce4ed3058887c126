//! Reads how the read models stand, and what they amount to.

use dg_client::{ClientError, DigestPage, Digests, Fresh, NamedFailure, ProjectionHealth, WrittenDigest};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, about_fresh, outage, panel, runs};
use crate::{
    model::{
        Body, Freshness,
        projections::{DigestsNow, DigestsPage, Health, HealthRow, History, ProjectionsPage, Waiting, Written},
    },
    people::Person,
    place::{DigestsAt, Place},
};

const PAGE: u32 = 50;

pub(super) async fn read(person: &Person, place: &Place, tenant: &TenantId) -> Result<Found, SignedOut> {
    let answer = person.client.tenant(tenant.as_str()).health().await;
    let freshness = answer.as_ref().map_or(Freshness::Unknown, runs::freshness);
    let health = panel(answer.map(health))?;
    let outage = outage(&health);
    let body = Body::Projections(Box::new(ProjectionsPage { tenant: tenant.clone(), health }));
    Ok(Found { place: place.clone(), title: format!("Projections of {tenant}"), body, freshness, outage })
}

pub(super) async fn digests(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    at: &DigestsAt,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let compute = async { if at.now { Some(client.digests().await) } else { None } };
    let history = client.digest_history(at.of.as_deref(), Some(PAGE), at.cursor.as_deref());
    let (now, history, freshness) = tokio::join!(compute, history, about_fresh(&client));
    let now = now.map(|now: Result<Fresh<Digests>, ClientError>| panel(now.map(|answer| computed(answer.data))));
    let history = panel(history.map(written))?;
    let outage = outage(&history);
    let page = DigestsPage { tenant: tenant.clone(), at: at.clone(), now: now.transpose()?, history };
    let (title, body) = (format!("Digests of {tenant}"), Body::Digests(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness, outage })
}

fn health(health: dg_client::Health) -> Health {
    Health {
        status: health.status,
        head: health.event_log_last_seq,
        full_digest: health.full_digest,
        rows: health.projections.into_iter().map(row).collect(),
        waiting: health.open_failures.into_iter().map(waiting).collect(),
        open: health.open_runs.iter().map(runs::line).collect(),
    }
}

fn row(one: ProjectionHealth) -> HealthRow {
    HealthRow {
        drift: one.drift_since.as_deref().and_then(Micros::parse_rfc3339),
        moved: one.updated_at.as_deref().and_then(Micros::parse_rfc3339),
        name: one.projection_name,
        status: one.status,
        state: one.state,
        applied: one.last_log_seq,
        pending: one.pending_events,
        lag: one.lag_seconds,
        per_second: one.events_per_second_1m,
        generation: one.generation,
        digest: one.digest,
        error: one.last_error.map(|error| (error.code, error.message)),
        failures: one.open_failures,
        quarantined: one.quarantined,
    }
}

fn waiting(failure: NamedFailure) -> Waiting {
    Waiting {
        failure_id: failure.failure_id,
        projection: failure.projection_name,
        log_seq: failure.log_seq,
        trace_id: failure.trace_id,
        code: failure.code,
    }
}

fn computed(digests: Digests) -> DigestsNow {
    DigestsNow {
        log_seq: digests.log_seq,
        skipped: digests.skipped_events,
        rows: vec![
            ("full_projection", digests.full_projection),
            ("context_graph", digests.context_graph),
            ("trace_summary", digests.trace_summary),
            ("precedent_index", digests.precedent_index),
        ],
    }
}

fn written(page: DigestPage) -> History {
    History { rows: page.digests.into_iter().map(one_written).collect(), next: page.next_cursor }
}

fn one_written(one: WrittenDigest) -> Written {
    let drifted = one.row_digest.is_some() && one.kept_row_digest.is_some() && one.row_digest != one.kept_row_digest;
    Written {
        at: Micros::parse_rfc3339(&one.computed_at),
        projection: one.projection_name,
        log_seq: one.last_log_seq,
        generation: one.generation,
        digest: one.digest_value.or(one.row_digest).unwrap_or_default(),
        drifted,
        rows: one.row_count,
        skipped: one.skipped_events,
        source: one.source,
        job_id: one.job_id,
    }
}
