//! Starting a review of a trace.

use dg_client::{Client, Review, ReviewAssignee};

use super::{Done, NotDone};
use crate::{
    model::Fields,
    place::{Place, Screen},
};

/// Starts what was drafted, as far as somebody changed it.
pub(super) async fn start(client: &Client, place: impl Fn(Screen) -> Place, fields: &Fields) -> Result<Done, NotDone> {
    let (account_id, role) = (fields.text("account"), fields.text("role"));
    let review = Review {
        reason: fields.text("reason").unwrap_or_default(),
        template_id: fields.text("template_id"),
        title: fields.text("title"),
        priority: fields.text("priority"),
        sla_hours: fields.get("sla_hours").and_then(|hours| hours.parse().ok()),
        assignee: (account_id.is_some() || role.is_some()).then_some(ReviewAssignee { account_id, role }),
    };
    let started = client.start_review(fields.get("trace_id").unwrap_or_default(), &review).await?;
    let name = started.workflow.workflow_id;
    let text = if started.created { "The review is open." } else { "The review was open already." };
    Ok(Done { text: text.to_owned(), to: Some(place(Screen::review(&name))) })
}
