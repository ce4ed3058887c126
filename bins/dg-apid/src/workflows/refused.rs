//! Refusals of the rules as answers.

use dg_http::{ApiError, Code};
use dg_storage::workflow::Declined;
use dg_workflow::Action;
use dg_workflow::command::Refusal;

/// The answer to a command that was declined.
pub(crate) fn declined(workflow_id: &str, declined: Declined) -> ApiError {
    match declined {
        Declined::Unknown => super::unknown(workflow_id),
        Declined::Invalid(violation) => violation.into(),
        Declined::Files(problems) => {
            let reason = problems.first().and_then(|problem| problem.reason).unwrap_or_default();
            ApiError::problems("", &problems).with("reason", reason).with("workflow_id", workflow_id)
        }
        Declined::Refused(refusal) => refused(refusal).with("workflow_id", workflow_id),
    }
}

fn refused(refusal: Refusal) -> ApiError {
    let (word, message) = (refusal.word(), refusal.to_string());
    let answer = |code| ApiError::new(code, message.clone()).with("reason", word);
    match refusal {
        Refusal::Permission { needed } => answer(Code::Forbidden).with("permission", needed),
        Refusal::SelfApproval => answer(Code::Forbidden),
        Refusal::Illegal { status, allowed } => {
            let allowed: Vec<&str> = allowed.into_iter().map(Action::as_str).collect();
            answer(Code::Conflict).with("status", status.as_str()).with("allowed_actions", allowed)
        }
        Refusal::NoOverride | Refusal::SecondBallot => answer(Code::Conflict),
        Refusal::OtherRequest { seen, current } => answer(Code::Conflict).with("seen", seen).with("current", current),
        Refusal::Version { seen, current } => {
            answer(Code::PreconditionFailed).with("seen_version", seen).with("current_version", current)
        }
        Refusal::Input(wrong) => super::asked::several(&wrong).with("reason", word),
        Refusal::Phrase { needed } => {
            ApiError::invalid(message).with("reason", word).with("pointer", "/confirm_text").with("needed", needed)
        }
        Refusal::Form(wrong) => super::asked::several(&wrong).with("reason", word),
    }
}
