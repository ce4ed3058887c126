//! One item: what is asked, what is known, what was done, and what can be.

use dg_domain::{Micros, TenantId};

use super::Panel;

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReviewPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) workflow_id: String,
    /// What the viewer is about to do.
    pub(crate) doing: Option<String>,
    /// The item.
    pub(crate) item: Panel<Item>,
    /// What its template asks of whoever decides; none where it has no template.
    pub(crate) form: Option<Panel<DecisionForm>>,
    /// What would come of what the viewer is about to do; none where that takes more than a reason.
    pub(crate) effect: Option<Effect>,
}

/// What is known of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    /// What is asked.
    pub(crate) title: String,
    /// Why.
    pub(crate) reason: String,
    /// By whom, `type:id`.
    pub(crate) requester: String,
    /// The account that recorded it.
    pub(crate) recorded_by: String,
    /// `exception_review` or `incident_review`.
    pub(crate) kind: String,
    /// The trace.
    pub(crate) trace_id: String,
    /// To which policy, `id version`.
    pub(crate) policy: String,
    /// How it stands.
    pub(crate) status: String,
    /// How urgent.
    pub(crate) priority: String,
    /// Since when it waits.
    pub(crate) requested: Option<Micros>,
    /// Its deadline; none while the clock stands still.
    pub(crate) due: Option<Micros>,
    /// What is left of the time while it stands still, in microseconds.
    pub(crate) paused: Option<i64>,
    /// Whether the deadline has passed.
    pub(crate) overdue: bool,
    /// How often it was escalated.
    pub(crate) escalations: i64,
    /// Whom it was given to.
    pub(crate) account: Option<String>,
    /// Or everybody with a role.
    pub(crate) role: Option<String>,
    /// Who looks at it.
    pub(crate) claimed_by: Option<String>,
    /// Which time it is asked.
    pub(crate) round: i64,
    /// Counts what was done with it.
    pub(crate) version: i64,
    /// SHA-256 of the payload that a decision is bound to.
    pub(crate) request_hash: String,
    /// How it was decided, and why.
    pub(crate) decision: Option<(String, String)>,
    /// When.
    pub(crate) resolved: Option<Micros>,
    /// How many have to approve, and who did.
    pub(crate) ballots: (i64, Vec<String>),
    /// Whether whoever asked may not approve.
    pub(crate) four_eyes: bool,
    /// Where its rounds are recorded.
    pub(crate) companion: Option<String>,
    /// What could be done where it stands.
    pub(crate) allowed: Vec<String>,
    /// What stands out, such as `digest_mismatch`.
    pub(crate) signals: Vec<String>,
    /// The template and its version.
    pub(crate) template: Option<(String, i64)>,
    /// What was done, the latest first.
    pub(crate) feed: Vec<Happening>,
    /// What was told, the latest first: when, what, to whom.
    pub(crate) told: Vec<(Option<Micros>, String, String)>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening {
    /// Where it is in the log.
    pub(crate) log_seq: i64,
    /// When.
    pub(crate) at: Option<Micros>,
    /// What, in words.
    pub(crate) what: String,
    /// By whom.
    pub(crate) by: String,
    /// Their own words.
    pub(crate) words: String,
    /// Evidence, a line each.
    pub(crate) evidence: Vec<String>,
    /// How the item stood then.
    pub(crate) status: String,
}

/// What a template asks of whoever decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DecisionForm {
    /// Ways to decide: key, words, and the action that each is.
    pub(crate) options: Vec<(String, String, String)>,
    /// Fields of the form.
    pub(crate) fields: Vec<FormField>,
    /// Under which conditions something may be approved.
    pub(crate) conditions: Vec<FormField>,
    /// What has to be looked at: key, words, whether nothing goes without it.
    pub(crate) checklist: Vec<(String, String, bool)>,
    /// Kinds of evidence that have to be there.
    pub(crate) evidence: Vec<String>,
}

/// A typed field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormField {
    /// What programs call it.
    pub(crate) key: String,
    /// What people read.
    pub(crate) label: String,
    /// `text`, `integer`, `decimal`, `boolean`, `choice` or `date`.
    pub(crate) kind: String,
    /// Whether it has to be given.
    pub(crate) required: bool,
    /// With which actions it is asked for.
    pub(crate) on: Vec<String>,
    /// What can be chosen: value and words.
    pub(crate) choices: Vec<(String, String)>,
}

/// What would come of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It may be done.
    Would {
        /// How the item would stand.
        status: String,
        /// What would be recorded, a type each.
        events: Vec<String>,
        /// Who would be told of what.
        tells: Vec<String>,
    },
    /// It may not.
    Not(String),
}
