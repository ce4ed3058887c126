//! What somebody has to be told about an item.

use dg_domain::Micros;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the categories are those of workflow, section 12")]
pub enum Category {
    Assignment,
    Approval,
    DeadlineRisk,
    Escalation,
    Failure,
    ChangesRequested,
    Resubmitted,
    Comment,
    Mention,
    Reopened,
    ConflictDecision,
    DeadLetter,
    SlaExtended,
}

impl Category {
    /// Every one.
    pub const ALL: [Self; 13] = [
        Self::Assignment,
        Self::Approval,
        Self::DeadlineRisk,
        Self::Escalation,
        Self::Failure,
        Self::ChangesRequested,
        Self::Resubmitted,
        Self::Comment,
        Self::Mention,
        Self::Reopened,
        Self::ConflictDecision,
        Self::DeadLetter,
        Self::SlaExtended,
    ];

    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::Approval => "approval",
            Self::DeadlineRisk => "deadline_risk",
            Self::Escalation => "escalation",
            Self::Failure => "failure",
            Self::ChangesRequested => "changes_requested",
            Self::Resubmitted => "resubmitted",
            Self::Comment => "comment",
            Self::Mention => "mention",
            Self::Reopened => "reopened",
            Self::ConflictDecision => "conflict_decision",
            Self::DeadLetter => "dead_letter",
            Self::SlaExtended => "sla_extended",
        }
    }
}

/// Who is told: everybody named, and everybody who has the role in the tenant, but for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Accounts by name.
    pub accounts: Vec<String>,
    /// Everybody with this role.
    pub role: Option<String>,
    /// Who did it, and knows.
    pub but: Option<String>,
}

/// Adds what one step tells to what is told together. Whoever was to get an item that goes to another one by now is left alone.
pub fn tell(told: &mut Vec<Notice>, news: Vec<Notice>) {
    for notice in &news {
        let of_same =
            |known: &Notice| known.category == Category::Assignment && known.workflow_id == notice.workflow_id;
        if notice.category == Category::Assignment {
            told.retain(|known| !of_same(known));
        }
    }
    told.extend(news);
}

/// One notification, once per `dedupe_key` and tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The item.
    pub workflow_id: String,
    /// Its trace.
    pub trace_id: String,
    /// Why.
    pub category: Category,
    /// A sentence for a person.
    pub message: String,
    /// What programs read, keys of workflow, section 12.
    pub payload: Map<String, Value>,
    /// What makes it one notification.
    pub dedupe_key: String,
    /// Who is told.
    pub audience: Audience,
    /// The assignee at the time: an account.
    pub recipient_account_id: Option<String>,
    /// The assignee at the time: a role.
    pub recipient_role: Option<String>,
    /// When what it tells of happened.
    pub created_at: Micros,
}
