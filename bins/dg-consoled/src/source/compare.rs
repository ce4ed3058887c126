//! Reads two decisions and holds them against each other.

use dg_client::ClientError;
use dg_domain::TenantId;

use super::{Found, SignedOut, failure, freshness, is_nothing, signed_out};
use crate::{
    compare::{Case, Comparison},
    model::{
        Body, Failure, Freshness, Panel,
        precedents::{ComparePage, Compared},
    },
    people::Person,
    place::Place,
};

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    mut page: ComparePage,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let mut known = Freshness::Unknown;
    if let (Some(a), Some(b)) = (&page.a, &page.b) {
        let (left, right) = tokio::join!(client.trace(a), client.trace(b));
        if [left.as_ref().err(), right.as_ref().err()].into_iter().flatten().any(signed_out) {
            return Err(SignedOut);
        }
        page.content = match (left, right) {
            (Ok(left), Ok(right)) => {
                known = freshness(right.meta);
                let (left, right) = (Case::of(&left.data.events), Case::of(&right.data.events));
                Panel::Ready(Compared {
                    comparison: Comparison::of(&left, &right),
                    a_title: left.title.unwrap_or_else(|| a.clone()),
                    b_title: right.title.unwrap_or_else(|| b.clone()),
                })
            }
            (Err(error), _) => Panel::Failed(refused(&error, a)),
            (_, Err(error)) => Panel::Failed(refused(&error, b)),
        };
    }
    let outage = match &page.content {
        Panel::Failed(failure) if failure.transient => Some(failure.clone()),
        _ => None,
    };
    let (title, body) = ("Comparison".to_owned(), Body::Compare(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness: known, outage })
}

/// Missing and foreign traces look alike, and say which of the two it is.
fn refused(error: &ClientError, trace_id: &str) -> Failure {
    let told = failure(error);
    if is_nothing(error) { Failure { message: format!("there is no trace {trace_id}"), ..told } } else { told }
}
