//! `POST /workflow-studio/policy-simulations`: what another policy would have said.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_domain::Micros;
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::Params;
use dg_http::{ApiError, Reply, body};
use dg_projections::{Projection, TraceFilter};
use dg_storage::projections::{Evaluations, Snapshot};
use dg_workflow::policy_what_if::{self, Candidate, Compared, PolicyDecision, Totals};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::words;

/// Most bytes of a candidate: 50 rules of 20 comparisons.
const BODY_BYTES: usize = 2 << 20;
/// How many traces are compared where nobody says.
const SOME: i64 = 500;
/// How many at most.
pub(crate) const MOST: i64 = 5_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedPolicySimulation)]
struct Asked {
    /// Whose decisions count.
    #[schema(schema_with = words::name_of_a_policy)]
    policy_id: String,
    /// Only this version's.
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    policy_version: Option<String>,
    /// The policy to try.
    #[schema(schema_with = words::policy_candidate)]
    candidate: Candidate,
    /// Only some traces.
    #[serde(default)]
    #[schema(schema_with = words::policy_simulation_traces)]
    traces: Range,
}

/// Which traces, latest start first.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    workflow: Option<String>,
    started_after: Option<String>,
    started_before: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PolicySimulation)]
struct SimulationJson {
    /// How many, and how they compare.
    totals: TotalsJson,
    /// Each trace whose policy was asked, latest start first.
    traces: Vec<ComparedJson>,
    /// Whether there are more traces than were compared.
    more: bool,
    /// What to attach to a review: the SHA-256 of question and answer.
    #[schema(schema_with = words::any_object)]
    evidence: Value,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PolicySimulationTotals)]
struct TotalsJson {
    traces: u64,
    unchanged: u64,
    /// One of the next three.
    changed: u64,
    newly_allowed: u64,
    newly_denied: u64,
    newly_excepted: u64,
    /// It depends on a fact that was not recorded.
    undecidable: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ComparedPolicyDecision)]
struct ComparedJson {
    trace_id: String,
    /// What was said last.
    #[schema(schema_with = words::policy_decision)]
    recorded: PolicyDecision,
    /// What would have been said; null where that depends on what is missing.
    #[schema(schema_with = words::nullable_policy_decision)]
    candidate: Option<PolicyDecision>,
    /// Keys of facts.
    missing: Vec<String>,
}

/// Holds a candidate against recorded decisions. Nothing is changed.
pub(crate) async fn simulate(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
    request: Request,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[freshness::NAMES, freshness::AS_OF])?;
    let (fresh, as_of) = (Freshness::read(&given)?, freshness::as_of(&given)?);
    let asked = body::command_within::<Asked>(request, BODY_BYTES).await?;
    let (wanted, most) = asked.wanted()?;
    // Reads thousands of traces: a few at a time, so that other reads find a connection.
    let _turn = app.digest_turns.acquire().await.map_err(ApiError::internal)?;
    let ask = async |snapshot: &Snapshot| Ok(snapshot.evaluations(&wanted, most).await?);
    let projections = [Projection::TraceIndex];
    let ((recorded, more), meta) =
        crate::freshness::read_as_of(&app, caller.tenant(), fresh, as_of, &projections, ask).await?;
    let (compared, totals) = asked.candidate.compare(&recorded);
    let log_seq = meta.as_of_log_seq.unwrap_or(meta.applied_seq);
    let question = json!({
        "policy_id": asked.policy_id, "policy_version": asked.policy_version, "candidate": asked.candidate,
        "traces": {
            "workflow": wanted.traces.workflow, "started_after": wanted.traces.started_after.map(Micros::rfc3339),
            "started_before": wanted.traces.started_before.map(Micros::rfc3339), "limit": most,
        },
    });
    let evidence = policy_what_if::evidence(&question, log_seq, &compared, &totals).map_err(ApiError::from)?;
    let traces = compared.into_iter().map(ComparedJson::of).collect();
    Reply::ok(&SimulationJson { totals: TotalsJson::of(&totals), traces, more, evidence })?.with_meta(meta)
}

impl Asked {
    /// What to read, and how much of it.
    ///
    /// # Errors
    /// `invalid_argument` with everything that is wrong with the candidate, or with the first field besides it.
    fn wanted(&self) -> Result<(Evaluations, usize), ApiError> {
        self.candidate.validate().map_err(|problems| ApiError::problems("/candidate", &problems))?;
        if self.policy_id.trim().is_empty() {
            return Err(ApiError::invalid("policy_id names a policy").with("pointer", "/policy_id"));
        }
        let instant = |name: &str, text: Option<&str>| match text.map(Micros::parse_rfc3339) {
            Some(None) => {
                let message = format!("{name} must be an RFC 3339 timestamp with an offset");
                Err(ApiError::invalid(message).with("pointer", format!("/traces/{name}")))
            }
            read => Ok(read.flatten()),
        };
        let limit = self.traces.limit.unwrap_or(SOME);
        let most = usize::try_from(limit)
            .ok()
            .filter(|_| (1..=MOST).contains(&limit))
            .ok_or_else(|| ApiError::invalid(format!("limit is from 1 to {MOST}")).with("pointer", "/traces/limit"))?;
        let traces = TraceFilter {
            workflow: self.traces.workflow.clone(),
            started_after: instant("started_after", self.traces.started_after.as_deref())?,
            started_before: instant("started_before", self.traces.started_before.as_deref())?,
            ..TraceFilter::default()
        };
        let (policy_id, policy_version) = (self.policy_id.clone(), self.policy_version.clone());
        Ok((Evaluations { policy_id, policy_version, traces }, most))
    }
}

impl ComparedJson {
    fn of(compared: Compared) -> Self {
        let Compared { trace_id, recorded, candidate, missing } = compared;
        Self { trace_id, recorded, candidate, missing }
    }
}

impl TotalsJson {
    const fn of(totals: &Totals) -> Self {
        let Totals { traces, unchanged, changed, newly_allowed, newly_denied, newly_excepted, undecidable } = *totals;
        Self { traces, unchanged, changed, newly_allowed, newly_denied, newly_excepted, undecidable }
    }
}
