//! What the reviewers of the large demo do with what waits for them.

use dg_client::WorkflowAction;

use super::{Large, chance::Chance};

/// Somebody who reviews.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reviewer {
    /// How the account is called, after the tenant.
    pub(crate) name: &'static str,
    /// What it may do.
    pub(crate) permissions: &'static [&'static str],
}

/// The reviewers; the last one leads them.
pub(crate) const REVIEWERS: [Reviewer; 4] = [
    Reviewer { name: "maya", permissions: &["workflow_review", "workflow_assign"] },
    Reviewer { name: "owen", permissions: &["workflow_review", "workflow_assign"] },
    Reviewer { name: "ines", permissions: &["workflow_review", "workflow_assign"] },
    Reviewer {
        name: "tariq",
        permissions: &["workflow_review", "workflow_assign", "workflow_escalate", "workflow_override"],
    },
];
const LEAD: usize = REVIEWERS.len() - 1;

/// One thing that one of them does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Act {
    /// Which of [`REVIEWERS`].
    pub(crate) by: usize,
    pub(crate) workflow_id: String,
    pub(crate) action: WorkflowAction,
}

const COMMENTS: [&str; 5] = [
    "I have asked the account team for the signed offer.",
    "This looks like a case of last week; see what the agent points at.",
    "The number does not match the attachment. Can somebody look?",
    "Fine with me once finance has seen it.",
    "Waiting for an answer until tomorrow noon.",
];

/// How many items each thing is done with, one after the other.
const PLAN: [(&str, usize); 7] = [
    ("approve", 10),
    ("reject", 4),
    ("escalate", 6),
    ("request_change", 6),
    ("reassign", 8),
    ("claim", 18),
    ("comment", 45),
];
/// Every third comment is answered.
const ANSWERED: usize = 3;
const REOPENED: usize = 6;

/// What is done, in order. It leaves 120 reviews open: 14 of those that wait are decided, and 6 are opened again.
pub(crate) fn acts(history: &Large, tenant: &str, seed: u64) -> Vec<Act> {
    let mut chance = Chance::new(seed ^ 0x00ac_7100);
    let mut open = history.open.clone();
    chance.shuffle(&mut open);
    let mut waiting = open.into_iter();
    let mut acts = Vec::new();
    for (word, many) in PLAN {
        for (number, workflow_id) in waiting.by_ref().take(many).enumerate() {
            let by = if word == "escalate" { LEAD } else { chance.below(LEAD) };
            let mut action = WorkflowAction::new(word, reason(word, &mut chance));
            if word == "reassign" {
                let to = (by + 1) % LEAD;
                action.assigned_account_id = Some(account(tenant, &REVIEWERS[to]));
            }
            let id = workflow_id.clone();
            acts.push(Act { by, workflow_id, action });
            if word == "comment" && number % ANSWERED == 0 {
                let answer = WorkflowAction::new("comment", "Done; it is in the file now.");
                acts.push(Act { by: (by + 1) % LEAD, workflow_id: id, action: answer });
            }
        }
    }
    for workflow_id in history.rejected.iter().rev().take(REOPENED) {
        let mut action = WorkflowAction::new("reopen", "New evidence came in after the decision.");
        action.confirm_text = Some(format!("REOPEN {}", workflow_id.to_uppercase()));
        acts.push(Act { by: LEAD, workflow_id: workflow_id.clone(), action });
    }
    acts
}

/// The account of a reviewer.
pub(crate) fn account(tenant: &str, reviewer: &Reviewer) -> String {
    format!("{tenant}-{}", reviewer.name)
}

fn reason(word: &str, chance: &mut Chance) -> &'static str {
    match word {
        "approve" => "Checked with the owner of the account; it holds.",
        "reject" => "The reason given is not in the evidence.",
        "escalate" => "This is beyond what we may decide.",
        "request_change" => "Please attach the offer, and say until when it is valid.",
        "reassign" => "You know this account.",
        "claim" => "I am on it.",
        _ => COMMENTS[chance.below(COMMENTS.len())],
    }
}
