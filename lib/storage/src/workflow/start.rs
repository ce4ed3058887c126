//! Starting reviews.

use dg_domain::{TenantId, Violation};
use dg_workflow::{
    Item,
    command::{self, Caller, Circumstances, Refusal, Start},
    draft::Draft,
    ids,
};

use super::{Declined, Turn, calendars, files, route, templates};
use crate::{error::StoreError, store::Store};

/// A review to start.
#[derive(Clone, Debug)]
pub struct ToStart<'a> {
    /// Whose trace.
    pub tenant: &'a TenantId,
    /// Which review; its subject is the template's first one, and a later one when that is decided (WF-54).
    pub start: Start,
    /// By whom.
    pub caller: &'a Caller,
    /// What makes a repeat a repeat.
    pub key: &'a str,
}

/// The review.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The item.
    pub item: Item,
    /// Whether it is new.
    pub created: bool,
    /// The event that asks for it; none when it was there.
    pub event_id: Option<String>,
}

/// How often one template can be applied to one trace.
const ROUNDS: usize = 1_000;

impl Store {
    /// Starts a review of a trace, running or finished. One that is open already is the answer; one that was decided is followed
    /// by another.
    ///
    /// # Errors
    /// As every statement; the inner one says why nothing happened. [`Declined::Unknown`] for a trace that nobody wrote to.
    pub async fn start_review(&self, asked: &ToStart<'_>) -> Result<Result<Begun, Declined>, StoreError> {
        let mut turn = Turn::begin_caught_up(self, asked.tenant).await?;
        let begun = begin(&mut turn, asked).await?;
        match &begun {
            Ok(_) => turn.commit().await.map(drop)?,
            Err(_) => turn.give_up().await?,
        }
        Ok(begun)
    }
}

async fn begin(turn: &mut Turn, asked: &ToStart<'_>) -> Result<Result<Begun, Declined>, StoreError> {
    let head = turn.trace_head(&asked.start.trace_id).await?;
    if head.next_seq == dg_domain::TraceSeq::START || ids::is_companion(&asked.start.trace_id) {
        return Ok(Err(Declined::Unknown));
    }
    let mut start = asked.start.clone();
    let template = start.subject_id.clone();
    for round in 2..ROUNDS {
        let workflow_id = ids::workflow_id(&start.trace_id, &start.subject_type, &start.subject_id);
        match turn.item(&workflow_id).await? {
            None => break,
            Some(item) if item.status.is_open() => {
                // Who may not start one is not shown one either.
                if !asked.caller.may("workflow_assign") {
                    let needed = "workflow_assign";
                    return Ok(Err(Refusal::Permission { needed }.into()));
                }
                return Ok(Ok(Begun { item, created: false, event_id: None }));
            }
            Some(_) => start.subject_id = format!("{template}:r{round}"),
        }
    }
    let by = &asked.caller.account_id;
    let work = turn.work();
    if let Some(row) = templates::find(work, asked.tenant, &start.template_id, start.terms.template_version).await? {
        start.assigned = route::choose(work, asked.tenant, &row.template, start.assigned, by, turn.now()).await?;
    }
    if start.terms.calendar_id.is_none() {
        start.terms.calendar_id = templates::routing(work, asked.tenant).await?.and_then(|routing| routing.calendar_id);
    }
    // Whoever may not start one learns nothing about files.
    if let Err(refusal) = decide(turn, &start, asked, !head.finished).await? {
        return Ok(Err(refusal.into()));
    }
    start.evidence = match files::name(turn.work(), asked.tenant, &start.evidence).await? {
        Ok(evidence) => evidence,
        Err(problems) => return Ok(Err(Declined::Files(problems))),
    };
    let (workflow_id, drafts) = match decide(turn, &start, asked, !head.finished).await? {
        Ok(begun) => begun,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    if let Err(violation) = turn.append(&drafts, &asked.caller.account_id).await? {
        return Ok(Err(violation.into()));
    }
    let Some(item) = turn.item(&workflow_id).await? else {
        return Ok(Err(Violation::schema("the review was not made").into()));
    };
    let event_id = drafts.last().map(|draft| draft.event_id.clone());
    Ok(Ok(Begun { item, created: true, event_id }))
}

async fn decide(
    turn: &Turn,
    start: &Start,
    asked: &ToStart<'_>,
    subject_open: bool,
) -> Result<Result<(String, Vec<Draft>), Refusal>, StoreError> {
    let hours = calendars::hours(turn.work(), asked.tenant, start.terms.calendar_id.as_deref()).await?;
    let about = Circumstances {
        tenant: asked.tenant.as_str(),
        caller: asked.caller,
        key: asked.key,
        now: turn.now(),
        subject_open,
        requester_owner: None,
        hours: &*hours,
        form: None,
    };
    Ok(command::start(start, &about))
}
