//! One thing to review, as the fold of the log has it.

use dg_domain::Micros;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Kind, Priority, Status, ids, instant};

/// An item. Its JSON is what tables keep and what the digest is computed of; nothing in it comes from anywhere but the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// `{trace_id}:{subject_type}:{subject_id}`.
    pub workflow_id: String,
    /// The trace that is reviewed.
    pub trace_id: String,
    /// What kind of review.
    pub workflow_kind: Kind,
    /// The workflow of the trace, or the template of the review.
    pub workflow_name: String,
    /// What is reviewed.
    pub subject: Subject,
    /// Where it stands.
    pub status: Status,
    /// How urgent.
    pub priority: Priority,
    /// One line for a person.
    pub title: String,
    /// The policy that is concerned.
    pub policy: Option<Policy>,
    /// What was asked for, last.
    pub request: Request,
    /// Who is to look at it.
    pub assigned: Assignment,
    /// The deadline.
    pub sla: Sla,
    /// What it takes to decide.
    pub terms: Terms,
    /// 1, and one more each time it is opened again.
    pub round: i64,
    /// Rises with each event that changes the item.
    pub version: i64,
    /// Approvals of this round that count and were not enough.
    pub ballots: Vec<Ballot>,
    /// The decision of this round.
    pub decision: Option<Decision>,
    /// Approvals that arrived from outside and decide nothing, the last ten.
    pub external: Vec<External>,
    /// The trace that this round is recorded in.
    pub companion: Companion,
    /// When the first request was made.
    #[serde(with = "instant")]
    pub requested_at: Micros,
    /// When anything changed.
    #[serde(with = "instant")]
    pub updated_at: Micros,
    /// When it was decided.
    #[serde(with = "instant::maybe")]
    pub resolved_at: Option<Micros>,
    /// What was done last.
    pub last_action_type: Option<String>,
    /// When.
    #[serde(with = "instant::maybe")]
    pub last_action_at: Option<Micros>,
    /// Why it stands where it stands.
    pub current_reason: Option<String>,
    /// The event that made it.
    pub created_from_event_id: String,
    /// The position of the last event that concerned it.
    pub last_source_log_seq: i64,
    /// `request`, `decision`, `escalation`, `review_template`, `simulation`, `route`: merged, never replaced as a whole.
    pub metadata: Map<String, Value>,
}

/// What is reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `exception` or `trace_review`.
    pub subject_type: String,
    /// Its id in the trace.
    pub subject_id: String,
}

/// The policy that is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Which.
    pub policy_id: String,
    /// Which version of it.
    pub policy_version: String,
}

/// Who acted, as an event says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `agent`, `person`, `role` or `system`.
    pub actor_type: String,
    /// The id within the type.
    pub actor_id: String,
}

/// What was asked for. A decision is bound to [`Self::payload_hash`]: the exact request, and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The event.
    pub event_id: String,
    /// SHA-256 of its payload, 64 hexadecimal digits.
    pub payload_hash: String,
    /// The actor that it names.
    pub actor: Actor,
    /// The account that appended it; may not approve it where four eyes are asked for.
    pub recorded_by: String,
    /// Why.
    pub reason: String,
}

/// Who is to look at an item. Both may be there, or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// An account.
    pub account_id: Option<String>,
    /// Everybody with this role.
    pub role: Option<String>,
}

/// The deadline and what follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sla {
    /// The deadline; none while it is paused, or where there is none.
    #[serde(with = "instant::maybe")]
    pub due_at: Option<Micros>,
    /// From the start to the deadline, in microseconds of the calendar that counts: later rungs are shares of it.
    pub span_us: i64,
    /// What is left of it while changes are requested, in microseconds.
    pub paused_us: Option<i64>,
    /// How often it was escalated in this round.
    pub escalation_level: i64,
    /// How often in all rounds.
    pub escalation_count: i64,
}

/// What it takes to decide an item, fixed when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The template, where there is one.
    pub template_id: Option<String>,
    /// Its version: immutable.
    pub template_version: Option<i64>,
    /// How many people have to approve.
    pub required_approvals: i64,
    /// Whether the requester may not.
    pub four_eyes: bool,
    /// Whether it can be overridden.
    pub allow_override: bool,
    /// How long before the deadline to warn, in minutes; 0 for never.
    pub warning_minutes: i64,
    /// Who is told when nobody decides, rung by rung.
    pub ladder: Vec<Rung>,
    /// The calendar that deadlines are counted in; none counts every hour.
    pub calendar_id: Option<String>,
}

/// One rung of the escalation ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// When: this share of the span after the deadline, in percent.
    pub after_percent: i64,
    /// To whom.
    pub assigned: Assignment,
    /// How urgent it is then; none leaves it.
    pub priority: Option<Priority>,
}

/// One person's approval of one request in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// Who.
    pub account_id: String,
    /// The event that says so.
    pub event_id: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Micros,
}

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// `approved`, `rejected`, `override_approved` or `override_rejected`.
    pub decision: String,
    /// The approval's own id.
    pub approval_id: String,
    /// The event that says so.
    pub event_id: String,
    /// Who.
    pub approver: Actor,
    /// The account; in a demo tenant, whoever appended the event.
    pub account_id: String,
    /// The request that was decided: [`Request::payload_hash`].
    pub request_hash: String,
}

/// An approval that arrived from outside. It is shown, and moves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// The event.
    pub event_id: String,
    /// `approved` or `rejected`.
    pub decision: String,
    /// Who it says approved.
    pub approver: Actor,
    /// Who appended it.
    pub recorded_by: String,
}

/// Where a round is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Companion {
    /// Nobody did anything yet.
    #[default]
    None,
    /// Its trace was started.
    Open,
    /// Its trace is finished.
    Finished,
    /// It is finished, and what was said afterwards has a trace of its own.
    Continued,
}

impl Item {
    /// The trace of the current round.
    #[must_use]
    pub fn companion_trace(&self) -> String {
        ids::companion_trace(&self.workflow_id, self.round)
    }

    /// Waits for somebody, and its time is up.
    #[must_use]
    pub fn is_overdue(&self, now: Micros) -> bool {
        self.status.is_open() && self.sla.due_at.is_some_and(|due| due < now)
    }
}

impl Terms {
    /// The terms where nobody set others: one approval by somebody else, a warning half an hour ahead, and two rungs: at the
    /// deadline, and once more when as much time has passed again. In a demo tenant, as the reference has it: one rung.
    #[must_use]
    pub fn standard(demo: bool) -> Self {
        let admins = Assignment { account_id: None, role: Some("admin".to_owned()) };
        let mut ladder = vec![Rung { after_percent: 0, assigned: admins.clone(), priority: None }];
        if !demo {
            ladder.push(Rung { after_percent: 100, assigned: admins, priority: Some(Priority::Urgent) });
        }
        Self {
            template_id: None,
            template_version: None,
            required_approvals: 1,
            four_eyes: true,
            allow_override: true,
            warning_minutes: 30,
            ladder,
            calendar_id: None,
        }
    }
}
