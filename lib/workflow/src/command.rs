//! What people do with an item: one command, decided against the item as it is, becomes events or a refusal.
//!
//! The order of checks: permission, optimistic version, whether the action is possible where the item stands, the binding to what
//! was asked for, who may not (four eyes, one ballot per person), what is missing in the input, the form of the template, the phrase.

mod events;
mod refusal;
mod replayed;
mod routed;
mod start;

use dg_domain::Micros;
use serde_json::{Map, Value};

pub use self::events::timed_out;
pub use self::refusal::Refusal;
pub use self::replayed::{DIGEST_MISMATCH, replayed};
pub use self::routed::routed;
pub use self::start::{Start, start};
use crate::{
    Action, Actor, Assignment, Item, Priority,
    draft::Draft,
    evidence::{self, EvidenceKind},
    form::{self, Filled, Form, Given},
    ids,
};

/// The longest reason or note, in characters.
pub const LONGEST_TEXT: usize = 4_000;

/// What somebody wants done with an item. Fields that an action has no use for are refused at the edge, not here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    /// Why.
    pub reason: Option<String>,
    /// What is said.
    pub note: Option<String>,
    /// Evidence, entry by entry.
    pub evidence: Vec<Value>,
    /// To whom: [`Action::Reassign`], [`Action::Escalate`].
    pub assigned: Assignment,
    /// Whom the assignment was meant for, when somebody stands in.
    pub delegated_from: Option<String>,
    /// The phrase that says "I know what I do".
    pub confirm_text: Option<String>,
    /// A new deadline: [`Action::Extend`].
    pub due_at: Option<Micros>,
    /// A new priority: [`Action::Extend`].
    pub priority: Option<Priority>,
    /// The comment that this one answers.
    pub reply_to: Option<String>,
    /// The comment that this one takes the place of.
    pub edits: Option<String>,
    /// Which of the template's ways to decide was chosen.
    pub decision_option: Option<String>,
    /// What the decision form of the template was filled in with.
    pub form: Map<String, Value>,
    /// Under which conditions it is approved.
    pub conditions: Map<String, Value>,
    /// What was ticked.
    pub checklist: Vec<String>,
    /// The version that the caller saw.
    pub version: Option<i64>,
    /// The request that the caller saw: its payload's SHA-256.
    pub request_hash: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account_id: String,
    /// Somebody who signs in.
    pub is_person: bool,
    /// Names of permissions; `*` is all.
    pub permissions: Vec<String>,
    /// Who answers for this account.
    pub owner_id: Option<String>,
}

/// What else a decision rests on.
pub struct Circumstances<'a> {
    /// Whose item.
    pub tenant: &'a str,
    /// Who asks.
    pub caller: &'a Caller,
    /// The key of the request: the same key makes the same events.
    pub key: &'a str,
    /// The database's time.
    pub now: Micros,
    /// Whether the reviewed trace can still be written to.
    pub subject_open: bool,
    /// Who answers for the account that made the request.
    pub requester_owner: Option<&'a str>,
    /// Open time: what the item's calendar says.
    pub hours: &'a dyn Hours,
    /// What the item's template asks of whoever decides; none where there is no template: anything can be given then.
    pub form: Option<&'a Form>,
}

/// How deadlines are counted.
pub trait Hours {
    /// The instant when so much open time has passed, in microseconds.
    fn add(&self, from: Micros, span_us: i64) -> Micros;
    /// The open time between two instants, in microseconds; 0 when `to` is not later.
    fn between(&self, from: Micros, to: Micros) -> i64;
}

/// Every hour counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryHour;

impl Hours for EveryHour {
    fn add(&self, from: Micros, span_us: i64) -> Micros {
        Micros::new(from.get().saturating_add(span_us))
    }

    fn between(&self, from: Micros, to: Micros) -> i64 {
        to.get().saturating_sub(from.get()).max(0)
    }
}

impl Caller {
    /// Whether the account has the permission.
    #[must_use]
    pub fn may(&self, needed: &str) -> bool {
        self.permissions.iter().any(|name| name == needed || name == "*")
    }

    /// As the actor of an event (WF-27).
    #[must_use]
    pub fn actor(&self) -> Actor {
        let actor_type = if self.is_person { "person" } else { "role" };
        Actor { actor_type: actor_type.to_owned(), actor_id: self.account_id.clone() }
    }

    /// Whether both are the same person: one answers for the other, or somebody answers for both.
    #[must_use]
    pub fn is_one_with(&self, account_id: &str, owner_id: Option<&str>) -> bool {
        self.account_id == account_id
            || self.owner_id.as_deref() == Some(account_id)
            || owner_id.is_some_and(|owner| owner == self.account_id || self.owner_id.as_deref() == Some(owner))
    }
}

impl Circumstances<'_> {
    /// 16 hexadecimal digits that belong to this act on this item, and to its repeats.
    #[must_use]
    pub fn unique(&self, workflow_id: &str, word: &str) -> String {
        ids::unique(&[self.tenant, workflow_id, word, self.key])
    }
}

/// The phrase that an action asks for, if it does.
#[must_use]
pub fn phrase(action: Action, workflow_id: &str) -> Option<String> {
    let word = match action {
        Action::Override => "OVERRIDE",
        Action::Reopen => "REOPEN",
        _ => return None,
    };
    Some(format!("{word} {}", workflow_id.to_uppercase()))
}

/// Decides a command. The events, appended in order and folded, are what it does.
///
/// # Errors
/// See [`Refusal`]; nothing is to be changed then.
pub fn decide(
    item: &Item,
    action: Action,
    command: &Command,
    about: &Circumstances<'_>,
) -> Result<Vec<Draft>, Refusal> {
    check_permission(item, action, about)?;
    if let Some(version) = command.version.filter(|version| *version != item.version) {
        return Err(Refusal::Version { seen: version, current: item.version });
    }
    check_possible(item, action)?;
    check_binding(item, action, command)?;
    check_person(item, action, about)?;
    check_input(item, action, command)?;
    let command = &filled(item, action, command, about)?;
    if let Some(phrase) = phrase(action, &item.workflow_id)
        && command.confirm_text.as_deref().map(str::trim) != Some(phrase.as_str())
    {
        return Err(Refusal::Phrase { needed: phrase });
    }
    Ok(events::of(item, action, command, about))
}

/// The command with what its template asks for, as the template has it.
fn filled(item: &Item, action: Action, command: &Command, about: &Circumstances<'_>) -> Result<Command, Refusal> {
    let Some(form) = about.form else { return Ok(command.clone()) };
    let given = Given {
        decision_option: command.decision_option.clone(),
        form: command.form.clone(),
        conditions: command.conditions.clone(),
        checklist: command.checklist.clone(),
    };
    let of_request = item.metadata.get("request").and_then(|request| request.get("evidence"));
    let of_request = of_request.and_then(Value::as_array).cloned().unwrap_or_default();
    let shown: Vec<Value> = of_request.into_iter().chain(command.evidence.iter().cloned()).collect();
    // What is wrong with evidence was said before, or was recorded as it is.
    let kind = |entry: &Value| evidence::read(&Value::Array(vec![entry.clone()])).ok()?.first().map(|entry| entry.kind);
    let kinds: Vec<EvidenceKind> = shown.iter().filter_map(kind).collect();
    let Filled { decision_option, form, conditions, checklist } =
        form::check(form, &given, &kinds, action).map_err(|problems| {
            Refusal::Form(problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect())
        })?;
    Ok(Command { decision_option, form, conditions, checklist, ..command.clone() })
}

fn check_permission(item: &Item, action: Action, about: &Circumstances<'_>) -> Result<(), Refusal> {
    if action == Action::Route {
        return Err(Refusal::Illegal { status: item.status, allowed: Vec::new() });
    }
    // Answering is for who asked; so is saying and showing something.
    let asked = about.caller.is_one_with(&item.request.recorded_by, about.requester_owner);
    let for_requester = matches!(action, Action::Resubmit | Action::Comment | Action::Attach);
    if asked && for_requester {
        return Ok(());
    }
    let needed = action.permission().unwrap_or("workflow_review");
    if about.caller.may(needed) { Ok(()) } else { Err(Refusal::Permission { needed }) }
}

fn check_possible(item: &Item, action: Action) -> Result<(), Refusal> {
    let illegal = || Refusal::Illegal {
        status: item.status,
        allowed: Action::possible(item.status, item.workflow_kind).collect(),
    };
    if action.leads_to(item.status, item.workflow_kind).is_none() {
        return Err(illegal());
    }
    if action == Action::Override && !item.terms.allow_override {
        return Err(Refusal::NoOverride);
    }
    Ok(())
}

fn check_binding(item: &Item, action: Action, command: &Command) -> Result<(), Refusal> {
    match &command.request_hash {
        Some(seen) if action.decides() && *seen != item.request.payload_hash => {
            Err(Refusal::OtherRequest { seen: seen.clone(), current: item.request.payload_hash.clone() })
        }
        _ => Ok(()),
    }
}

fn check_person(item: &Item, action: Action, about: &Circumstances<'_>) -> Result<(), Refusal> {
    let own = about.caller.is_one_with(&item.request.recorded_by, about.requester_owner);
    if own && item.terms.four_eyes && matches!(action, Action::Approve | Action::Override) {
        return Err(Refusal::SelfApproval);
    }
    let voted = |account: &str| about.caller.is_one_with(account, None);
    if action == Action::Approve && item.ballots.iter().any(|ballot| voted(&ballot.account_id)) {
        return Err(Refusal::SecondBallot);
    }
    Ok(())
}

fn check_input(item: &Item, action: Action, command: &Command) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    let mut need = |pointer: &'static str, text: Option<&String>, needed: bool| match text.map(|text| text.trim()) {
        None | Some("") if needed => wrong.push((pointer, "is needed".to_owned())),
        Some(text) if text.chars().count() > LONGEST_TEXT => {
            wrong.push((pointer, format!("has more than {LONGEST_TEXT} characters")));
        }
        _ => {}
    };
    let reason = matches!(
        action,
        Action::Approve
            | Action::Reject
            | Action::Override
            | Action::RequestChange
            | Action::Resubmit
            | Action::Escalate
            | Action::Extend
            | Action::Reopen
    );
    need("/reason", command.reason.as_ref(), reason);
    let said = command.note.as_ref().or(command.reason.as_ref());
    need("/note", if action == Action::Comment { said } else { command.note.as_ref() }, action == Action::Comment);
    if action == Action::Reassign && command.assigned == Assignment::default() {
        wrong.push(("/assigned_account_id", "an account or a role is needed".to_owned()));
    }
    if action == Action::Escalate && command.assigned != Assignment::default() && command.assigned == item.assigned {
        wrong.push(("/assigned_role", "the item is there already".to_owned()));
    }
    if action == Action::Extend && command.due_at.is_none() && command.priority.is_none() {
        wrong.push(("/due_at", "a deadline or a priority is needed".to_owned()));
    }
    if action == Action::Attach && command.evidence.is_empty() {
        wrong.push(("/evidence", "is needed".to_owned()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::Input(wrong)) }
}
