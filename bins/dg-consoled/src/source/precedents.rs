//! Reads finished decisions that are like a case.

use dg_client::{Client, ClientError, Fresh, Precedent, PrecedentQuery};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, freshness, panel};
use crate::{
    model::{
        Body, Freshness, Panel, Standing,
        precedents::{Hit, Hits, PrecedentsPage},
    },
    people::Person,
    place::{Place, PrecedentAsk},
};

/// Hits that are read; who needs more narrows the search.
const MOST: u32 = 200;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    ask: &PrecedentAsk,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let found = find(&client, ask).await;
    let known = found.as_ref().map_or(Freshness::Unknown, |found| freshness(found.meta));
    let page = PrecedentsPage { tenant: tenant.clone(), ask: ask.clone(), hits: panel(found.map(|found| found.data))? };
    let outage = match &page.hits {
        Panel::Failed(failure) if failure.transient => Some(failure.clone()),
        _ => None,
    };
    let (title, body) = (format!("Precedents of {tenant}"), Body::Precedents(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness: known, outage })
}

/// Finds what fits. The service has no filter by workflow: it is applied to what was read.
pub(super) async fn find(client: &Client, ask: &PrecedentAsk) -> Result<Fresh<Hits>, ClientError> {
    let query = PrecedentQuery {
        policy_id: ask.policy_id.clone(),
        policy_version: ask.policy_version.clone(),
        entity_type: ask.entity_type.clone(),
        entity_id: ask.entity_id.clone(),
        outcome: ask.outcome.clone(),
        limit: Some(MOST),
    };
    let Fresh { data, meta } = client.precedents(&query).await?;
    let full = data.len() >= MOST as usize;
    let fits = |one: &Precedent| {
        Some(&one.trace_id) != ask.of.as_ref() && (ask.workflow.is_none() || one.workflow == ask.workflow)
    };
    let rows = data.into_iter().filter(fits).map(|one| hit(one, ask)).collect();
    Ok(Fresh { data: Hits { rows, full }, meta })
}

fn hit(found: Precedent, ask: &PrecedentAsk) -> Hit {
    let policy = ask.policy_id.as_ref().map(|asked| {
        let id = found.policy_id.as_ref().unwrap_or(asked);
        match found.policy_version.as_ref().or(ask.policy_version.as_ref()) {
            Some(version) => format!("policy {id} @ {version}"),
            None => format!("policy {id}"),
        }
    });
    let entity = ask.entity_type.as_ref().map(|kind| match &ask.entity_id {
        Some(id) => format!("about {kind} {id}"),
        None => format!("about an entity of type {kind}"),
    });
    let why = [
        policy,
        entity,
        ask.workflow.as_ref().map(|workflow| format!("workflow {workflow}")),
        ask.outcome.as_ref().map(|outcome| format!("ended with {outcome}")),
    ];
    Hit {
        title: found.title.unwrap_or_default(),
        workflow: found.workflow.unwrap_or_default(),
        standing: Standing::of(true, Some(&found.outcome)),
        finished: found.finished_at.as_deref().and_then(Micros::parse_rfc3339),
        why: why.into_iter().flatten().collect(),
        trace_id: found.trace_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_says_why_it_matched() {
        let found: Precedent = serde_json::from_value(serde_json::json!({
            "trace_id": "t", "outcome": "success", "policy_id": "cap", "policy_version": "2", "title": "Refund", "workflow": "refund",
        }))
        .unwrap();
        let text = |text: &str| Some(text.to_owned());
        let ask = PrecedentAsk {
            policy_id: text("cap"),
            entity_type: text("order"),
            outcome: text("success"),
            ..PrecedentAsk::default()
        };
        assert_eq!(
            hit(found.clone(), &ask).why,
            ["policy cap @ 2", "about an entity of type order", "ended with success"]
        );
        assert!(hit(found, &PrecedentAsk::default()).why.is_empty());
    }
}
