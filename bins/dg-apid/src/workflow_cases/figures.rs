//! `GET /workflows/figures`: how reviews were decided, per policy and per reviewer.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::Micros;
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::{ApiError, Reply};
use dg_storage::workflow::{Figures, FiguresOf};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// 30 days, in microseconds.
const SPAN_US: i64 = 30 * 24 * 3_600 * 1_000_000;
/// From so many decided exceptions on, and such a share of approvals, a policy is probably too strict.
const ENOUGH: i64 = 20;
const MOST: f64 = 0.95;
const SUGGESTION: &str = "almost every exception is approved: the policy may be too strict";

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowFigures)]
struct FiguresJson {
    decision_count: i64,
    approved_count: i64,
    rejected_count: i64,
    overridden_count: i64,
    /// Shares of the decisions; none where there are no decisions.
    approval_rate: Option<f64>,
    rejection_rate: Option<f64>,
    override_rate: Option<f64>,
    /// Decisions that a later round decided again.
    reviewed_again_count: i64,
    overturned_count: i64,
    /// Share of those reviewed again that did not hold, and of those that did.
    overturn_rate: Option<f64>,
    agreement_rate: Option<f64>,
    /// Approvals before the deciding one, where more than one was needed.
    ballot_count: i64,
    /// Share of them that the outcome of their round agreed with.
    ballot_agreement_rate: Option<f64>,
    /// From the request to the decision.
    median_decision_seconds: Option<f64>,
    p90_decision_seconds: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct WorkflowPolicyFigures {
    /// None for reviews of no policy.
    policy_id: Option<String>,
    /// Exceptions that were asked for.
    exception_count: i64,
    figures: FiguresJson,
    /// What the figures suggest.
    suggestion: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct WorkflowReviewerFigures {
    account_id: String,
    figures: FiguresJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowFiguresReport)]
struct Report {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    policies: Vec<WorkflowPolicyFigures>,
    reviewers: Vec<WorkflowReviewerFigures>,
}

/// The figures of a stretch of time: the last 30 days unless asked otherwise.
pub(crate) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["from", "to", "policy_id", "reviewer"]])?;
    let text = |name: &str| given.text(name).map(str::to_owned).filter(|text| !text.is_empty());
    let to = instant(&given, "to")?.unwrap_or_else(dg_runtime::clock::now);
    let from = instant(&given, "from")?.unwrap_or_else(|| Micros::new(to.get().saturating_sub(SPAN_US)));
    if from >= to {
        return Err(params::bad("from", "the parameter from must lie before to".to_owned()));
    }
    let of = FiguresOf { from, to, policy_id: text("policy_id"), reviewer: text("reviewer") };
    let tenant = caller.tenant();
    let _turn = app.turns.take(tenant).await?;
    let found = app.store.workflow_figures(tenant, &of).await?;
    let policies = found.policies.into_iter().map(|(policy, (exception_count, figures))| WorkflowPolicyFigures {
        policy_id: Some(policy).filter(|policy| !policy.is_empty()),
        exception_count,
        suggestion: suggestion(&figures),
        figures: FiguresJson::of(&figures),
    });
    let reviewers = found
        .reviewers
        .into_iter()
        .map(|(account_id, figures)| WorkflowReviewerFigures { account_id, figures: FiguresJson::of(&figures) });
    let (policies, reviewers) = (policies.collect(), reviewers.collect());
    Reply::ok(&Report { from: from.rfc3339(), to: to.rfc3339(), policies, reviewers })
}

fn instant(given: &Params, name: &'static str) -> Result<Option<Micros>, ApiError> {
    match given.text(name).map(Micros::parse_rfc3339) {
        Some(None) => {
            Err(params::bad(name, format!("the parameter {name} must be an RFC 3339 timestamp with an offset")))
        }
        read => Ok(read.flatten()),
    }
}

fn suggestion(figures: &Figures) -> Option<&'static str> {
    let share = rate(figures.approved_exception_count, figures.decided_exception_count)?;
    (figures.decided_exception_count >= ENOUGH && share >= MOST).then_some(SUGGESTION)
}

/// A share, to four digits.
#[expect(clippy::cast_precision_loss, reason = "counts of reviews are far below 2^52")]
fn rate(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

impl FiguresJson {
    fn of(figures: &Figures) -> Self {
        let again = figures.reviewed_again_count;
        Self {
            decision_count: figures.decision_count,
            approved_count: figures.approved_count,
            rejected_count: figures.rejected_count,
            overridden_count: figures.overridden_count,
            approval_rate: rate(figures.approved_count, figures.decision_count),
            rejection_rate: rate(figures.rejected_count, figures.decision_count),
            override_rate: rate(figures.overridden_count, figures.decision_count),
            reviewed_again_count: again,
            overturned_count: figures.overturned_count,
            overturn_rate: rate(figures.overturned_count, again),
            agreement_rate: rate(again - figures.overturned_count, again),
            ballot_count: figures.ballot_count,
            ballot_agreement_rate: rate(figures.agreed_ballot_count, figures.ballot_count),
            median_decision_seconds: figures.median_seconds,
            p90_decision_seconds: figures.p90_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_too_strict_from_twenty_on() {
        let figures = |approved, decided| Figures {
            approved_exception_count: approved,
            decided_exception_count: decided,
            ..Figures::default()
        };
        assert_eq!(suggestion(&figures(19, 20)), Some(SUGGESTION));
        assert_eq!(suggestion(&figures(18, 20)), None);
        assert_eq!(suggestion(&figures(19, 19)), None);
        assert_eq!((rate(1, 3), rate(0, 0)), (Some(0.3333), None));
    }
}
