//! Carrying out a command on an item.

use dg_domain::{Problem, TenantId, Violation};
use dg_workflow::{
    Action, Item, Notice,
    command::{self, Caller, Circumstances, Command, Refusal},
    draft::Draft,
    ids,
};

use super::{Turn, calendars, files, templates};
use crate::{error::StoreError, store::Store};

const OWNER: &str = "SELECT owner_id FROM dg_accounts WHERE account_id = $1";
const DONE: &str = include_str!("../../../../sql/queries/workflow/action_done.sql");
const RENEW: &str = include_str!("../../../../sql/queries/workflow/renew_claim.sql");

/// A command of somebody on an item.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// Whose item.
    pub tenant: &'a TenantId,
    /// Which.
    pub workflow_id: &'a str,
    /// What is done.
    pub action: Action,
    /// With what.
    pub command: &'a Command,
    /// By whom.
    pub caller: &'a Caller,
    /// What makes a repeat a repeat.
    pub key: &'a str,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Acted {
    /// The item as it is now.
    pub item: Item,
    /// The event that says so: the decision, or what was done.
    pub event_id: String,
    /// Whether it had been done before.
    pub replayed: bool,
}

/// What would become of it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The item as it is.
    pub before: Item,
    /// The item as it would be.
    pub after: Item,
    /// The events that would be appended.
    pub events: Vec<Draft>,
    /// What would be told, and to whom.
    pub notices: Vec<Notice>,
}

/// Why nothing happened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Declined {
    /// There is no such item.
    #[error("there is no such item")]
    Unknown,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log does not take what it would say: a secret in a reason, for example.
    #[error(transparent)]
    Invalid(#[from] Violation),
    /// Evidence names files that are not kept, or not as it says: everything that is wrong, below `/evidence`.
    #[error("evidence names files that are not kept")]
    Files(Vec<Problem>),
}

impl Store {
    /// Carries a command out: everything it does is one transaction.
    ///
    /// # Errors
    /// As every statement; the inner one says why nothing happened.
    pub async fn act(&self, act: &Act<'_>) -> Result<Result<Acted, Declined>, StoreError> {
        let mut turn = Turn::begin_caught_up(self, act.tenant).await?;
        let Some(item) = turn.item(act.workflow_id).await? else {
            turn.commit().await?;
            return Ok(Err(Declined::Unknown));
        };
        let word = if act.command.edits.is_some() { "comment_edit" } else { act.action.as_str() };
        let action_id = format!("wfa:{}", ids::unique(&[act.tenant.as_str(), act.workflow_id, word, act.key]));
        if let Some(event_id) = done(&turn, act.tenant, &action_id).await? {
            // What was caught up on the way is true all the same.
            turn.commit().await?;
            return Ok(Ok(Acted { item, event_id, replayed: true }));
        }
        let drafts = match decide(&turn, &item, act).await? {
            Ok(drafts) => drafts,
            Err(declined @ Declined::Files(_)) => {
                // Those that are there were named in vain.
                turn.give_up().await?;
                return Ok(Err(declined));
            }
            Err(declined) => {
                turn.commit().await?;
                return Ok(Err(declined));
            }
        };
        if let Err(violation) = turn.append(&drafts, &act.caller.account_id).await? {
            turn.give_up().await?;
            return Ok(Err(violation.into()));
        }
        let Some(item) = turn.item(act.workflow_id).await? else { return Ok(Err(Declined::Unknown)) };
        let event_id = main_event(&drafts, &item);
        let (tenant, key) = (act.tenant.as_str(), crate::values::PgKey(super::row::workflow_key(act.workflow_id)));
        turn.work().count("workflow.renew_claim", RENEW, &[&tenant, &key, &act.caller.account_id]).await?;
        turn.commit().await?;
        Ok(Ok(Acted { item, event_id, replayed: false }))
    }

    /// Says what a command would do, and does nothing.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn preview(&self, act: &Act<'_>) -> Result<Result<Preview, Declined>, StoreError> {
        let mut turn = Turn::begin_caught_up(self, act.tenant).await?;
        let preview = preview(&mut turn, act).await?;
        turn.give_up().await?;
        Ok(preview)
    }
}

async fn preview(turn: &mut Turn, act: &Act<'_>) -> Result<Result<Preview, Declined>, StoreError> {
    let Some(before) = turn.item(act.workflow_id).await? else { return Ok(Err(Declined::Unknown)) };
    let events = match decide(turn, &before, act).await? {
        Ok(events) => events,
        Err(declined) => return Ok(Err(declined)),
    };
    let told = turn.notices().len();
    if let Err(violation) = turn.append(&events, &act.caller.account_id).await? {
        return Ok(Err(violation.into()));
    }
    let Some(after) = turn.item(act.workflow_id).await? else { return Ok(Err(Declined::Unknown)) };
    let notices = turn.notices().get(told..).unwrap_or_default().to_vec();
    Ok(Ok(Preview { before, after, events, notices }))
}

/// The events of a command. What it names as evidence is kept from then on, if the turn is committed.
async fn decide(turn: &Turn, item: &Item, act: &Act<'_>) -> Result<Result<Vec<Draft>, Declined>, StoreError> {
    let requester_owner = owner(turn, &item.request.recorded_by).await?;
    let caller = Caller { owner_id: owner(turn, &act.caller.account_id).await?, ..act.caller.clone() };
    let subject = turn.trace_head(&item.trace_id).await?;
    let hours = calendars::hours(turn.work(), act.tenant, item.terms.calendar_id.as_deref()).await?;
    let template = match &item.terms.template_id {
        Some(template_id) => templates::find(turn.work(), act.tenant, template_id, item.terms.template_version).await?,
        None => None,
    };
    let decided = |command: &Command| {
        let about = Circumstances {
            tenant: act.tenant.as_str(),
            caller: &caller,
            key: act.key,
            now: turn.now(),
            subject_open: !subject.finished,
            requester_owner: requester_owner.as_deref(),
            hours: &*hours,
            form: template.as_ref().map(|row| &row.template.template.form),
        };
        command::decide(item, act.action, command, &about)
    };
    // Whoever may not act learns nothing about files.
    let drafts = match decided(act.command) {
        Ok(drafts) => drafts,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let evidence = match files::name(turn.work(), act.tenant, &act.command.evidence).await? {
        Ok(evidence) if evidence == act.command.evidence => return Ok(Ok(drafts)),
        Ok(evidence) => evidence,
        Err(problems) => return Ok(Err(Declined::Files(problems))),
    };
    Ok(decided(&Command { evidence, ..act.command.clone() }).map_err(Declined::from))
}

/// Who answers for an account.
async fn owner(turn: &Turn, account_id: &str) -> Result<Option<String>, StoreError> {
    let name = "workflow.owner";
    let row = turn.work().query_opt(name, OWNER, &[&account_id]).await?;
    row.map_or(Ok(None), |row| row.try_get(0).map_err(StoreError::of(name)))
}

async fn done(turn: &Turn, tenant: &TenantId, action_id: &str) -> Result<Option<String>, StoreError> {
    let name = "workflow.action_done";
    let row = turn.work().query_opt(name, DONE, &[&tenant.as_str(), &action_id]).await?;
    row.map(|row| row.try_get(2).map_err(StoreError::of(name))).transpose()
}

/// The event that a caller wants to know: the decision where there is one, otherwise what was done.
fn main_event(drafts: &[Draft], item: &Item) -> String {
    let decided = item.decision.as_ref().map(|decision| decision.event_id.as_str());
    let found = drafts.iter().find(|draft| Some(draft.event_id.as_str()) == decided);
    let found = found.or_else(|| {
        drafts.iter().find(|draft| {
            matches!(
                draft.event_type,
                dg_domain::EventType::ApprovalRecorded | dg_domain::EventType::WorkflowActionRecorded
            )
        })
    });
    found.or(drafts.last()).map(|draft| draft.event_id.clone()).unwrap_or_default()
}
