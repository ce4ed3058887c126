//! A dry run as answers show it.

use dg_storage::projections::PrecedentHit;
use dg_storage::workflow::TraceLooked;
use dg_workflow::studio::{DryRun, ReviewDraft, Signal};
use dg_workflow::template::Versioned;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::words;
use crate::workflows::ItemJson;

/// As many precedents are shown; the simulation names all that were looked at.
const SHOWN: usize = 4;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowSignal)]
struct SignalJson {
    #[schema(schema_with = words::workflow_signal)]
    code: &'static str,
    text: &'static str,
}

/// A review that could be started.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowReviewDraft)]
struct DraftJson<'a> {
    assigned_account_id: Option<&'a str>,
    assigned_role: Option<&'a str>,
    policy_id: Option<&'a str>,
    policy_version: Option<&'a str>,
    #[schema(schema_with = words::priority)]
    priority: &'static str,
    reason: &'a str,
    sla_hours: i64,
    subject_id: &'a str,
    subject_type: &'a str,
    title: &'a str,
    workflow_id: &'a str,
    #[schema(schema_with = words::workflow_kind)]
    workflow_kind: &'static str,
    workflow_name: &'a str,
    /// Whether somebody reviews it already: starting answers with that review.
    exists: bool,
}

/// What could be run again.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowReplaySuggestion)]
struct ReplayJson<'a> {
    mode: &'a str,
    projection: &'a str,
    reason: &'a str,
}

/// A finished trace about the same entity, under the same policy.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowPrecedent)]
struct PrecedentJson<'a> {
    trace_id: &'a str,
    title: &'a str,
    workflow: &'a str,
    outcome: Option<&'a str>,
    finished_at: Option<&'a str>,
}

/// A template that a review can be made by.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowTemplateChoice)]
struct TemplateJson<'a> {
    template_id: &'a str,
    version: i64,
    enabled: bool,
    title: &'a str,
    description: &'a str,
}

/// A dry run of a trace.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowTraceDryRun)]
pub(super) struct DryRunJson<'a> {
    trace_id: &'a str,
    /// How far the log was.
    as_of_log_seq: i64,
    /// How far it was in the precedents.
    precedents_as_of_log_seq: i64,
    signals: Vec<SignalJson>,
    draft: DraftJson<'a>,
    replay_suggestion: ReplayJson<'a>,
    /// As the event that starts a review records it.
    #[schema(schema_with = words::any_object)]
    simulation: &'a Map<String, Value>,
    /// Newest finish first, at most four.
    precedent_preview: Vec<PrecedentJson<'a>>,
    existing_workflows: Vec<ItemJson>,
    template: TemplateJson<'a>,
    templates: Vec<TemplateJson<'a>>,
}

impl<'a> DryRunJson<'a> {
    pub(super) fn of(tenant: &str, looked: &'a TraceLooked, template: &'a Versioned, found: &'a DryRun) -> Self {
        let signal = |signal: &Signal| SignalJson { code: signal.as_str(), text: signal.text() };
        let replay = &found.replay;
        Self {
            trace_id: &looked.reading.trace_id,
            as_of_log_seq: looked.reading.log_seq,
            precedents_as_of_log_seq: looked.precedents_as_of.get(),
            signals: found.signals.iter().map(signal).collect(),
            draft: DraftJson::of(&found.draft),
            replay_suggestion: ReplayJson { mode: replay.mode, projection: replay.projection, reason: &replay.reason },
            simulation: &found.simulation,
            precedent_preview: looked.precedents.iter().take(SHOWN).map(PrecedentJson::of).collect(),
            existing_workflows: looked.items.iter().map(|shown| ItemJson::of(tenant, shown)).collect(),
            template: TemplateJson::of(template),
            templates: looked.templates.iter().map(TemplateJson::of).collect(),
        }
    }
}

impl<'a> DraftJson<'a> {
    fn of(draft: &'a ReviewDraft) -> Self {
        Self {
            assigned_account_id: draft.assigned.account_id.as_deref(),
            assigned_role: draft.assigned.role.as_deref(),
            policy_id: draft.policy.as_ref().map(|policy| policy.policy_id.as_str()),
            policy_version: draft.policy.as_ref().map(|policy| policy.policy_version.as_str()),
            priority: draft.priority.as_str(),
            reason: &draft.reason,
            sla_hours: draft.sla_hours,
            subject_id: &draft.subject_id,
            subject_type: draft.subject_type,
            title: &draft.title,
            workflow_id: &draft.workflow_id,
            workflow_kind: draft.workflow_kind.as_str(),
            workflow_name: &draft.workflow_name,
            exists: draft.exists,
        }
    }
}

impl<'a> PrecedentJson<'a> {
    fn of(hit: &'a PrecedentHit) -> Self {
        Self {
            trace_id: &hit.trace_id,
            title: &hit.title,
            workflow: &hit.workflow,
            outcome: hit.outcome.as_deref(),
            finished_at: hit.finished_at.as_deref(),
        }
    }
}

impl<'a> TemplateJson<'a> {
    fn of(template: &'a Versioned) -> Self {
        Self {
            template_id: &template.template_id,
            version: template.version,
            enabled: template.enabled,
            title: &template.template.title,
            description: &template.template.description,
        }
    }
}
