//! Why a command is refused.

use crate::{Action, Status};

/// Why nothing happens. Each has one status and code at the edge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The account lacks a permission: 403.
    #[error("the account does not have the permission {needed}")]
    Permission {
        /// Which.
        needed: &'static str,
    },
    /// Four eyes: 403.
    #[error("whoever asks for something cannot approve it")]
    SelfApproval,
    /// Not where the item stands: 409.
    #[error("this is not possible while the item is {status}")]
    Illegal {
        /// Where it stands.
        status: Status,
        /// What is possible.
        allowed: Vec<Action>,
    },
    /// The template does not allow it: 409.
    #[error("items of this template cannot be overridden")]
    NoOverride,
    /// One ballot per person: 409.
    #[error("you have approved this already; others have to do so too")]
    SecondBallot,
    /// Somebody was faster: 412.
    #[error("the item was changed: you saw version {seen}, it is at {current}")]
    Version {
        /// What the caller saw.
        seen: i64,
        /// What it is.
        current: i64,
    },
    /// What is asked for is not what the caller saw: 409.
    #[error("something else is asked for by now")]
    OtherRequest {
        /// What the caller saw.
        seen: String,
        /// What it is.
        current: String,
    },
    /// Something is missing or wrong: 400, with the place of each.
    #[error("the command is not complete")]
    Input(Vec<(&'static str, String)>),
    /// The phrase is missing or another: 400.
    #[error("confirm_text has to be: {needed}")]
    Phrase {
        /// What has to be typed.
        needed: String,
    },
    /// The form of the template is not filled in: 400, with the place of each.
    #[error("the decision form is not complete")]
    Form(Vec<(String, String)>),
}

impl Refusal {
    /// A word for metrics and the audit.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Permission { .. } => "permission",
            Self::SelfApproval => "self_approval",
            Self::Illegal { .. } => "illegal",
            Self::NoOverride => "no_override",
            Self::SecondBallot => "second_ballot",
            Self::Version { .. } => "version",
            Self::OtherRequest { .. } => "other_request",
            Self::Input(_) => "input",
            Self::Phrase { .. } => "phrase",
            Self::Form(_) => "form",
        }
    }
}
