//! `/workflow-studio/traces/{trace_id}`: a dry run of a trace, and the review of it.

pub(crate) mod contract;
mod json;

use axum::extract::{RawQuery, Request, State};
use dg_domain::TenantId;
use dg_http::gate::{Reader, TenantCaller, Writer};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::{Begun, ToStart, TraceLooked};
use dg_workflow::studio::{self, Wanted};
use dg_workflow::template::Versioned;
use dg_workflow::{Assignment, Priority};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use self::json::DryRunJson;
use crate::app::App;
use crate::words;
use crate::workflows::{self, ItemJson, declined};

const ASSIGN: &str = "workflow_assign";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedAssignee)]
struct WantedAssignee {
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    account_id: Option<String>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    role: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWorkflowReview)]
struct Asked {
    /// Why.
    #[serde(default)]
    #[schema(schema_with = words::nullable_long_text)]
    reason: Option<String>,
    /// Another template than the recommended one.
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    template_id: Option<String>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    title: Option<String>,
    /// As urgent as drafted, or more.
    #[serde(default)]
    #[schema(schema_with = words::nullable_priority)]
    priority: Option<String>,
    /// As long as drafted, or shorter.
    #[serde(default)]
    sla_hours: Option<i64>,
    /// Somebody else than the template's reviewer.
    #[serde(default)]
    assignee: Option<WantedAssignee>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowReviewOutcome)]
struct OutcomeJson {
    outcome: &'static str,
    /// The request; none when the review was there.
    appended_event_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StartedWorkflowReview)]
struct Started<'a> {
    action: OutcomeJson,
    created: bool,
    /// What the dry run found.
    review_context: DryRunJson<'a>,
    workflow: ItemJson,
}

/// Says what stands out about a trace and what a review of it would be. Nothing is changed.
pub(crate) async fn dry_run(
    State(app): State<App>,
    Segments([trace_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["template_id"]])?;
    let tenant = caller.tenant();
    let _turn = app.turns.take(tenant).await?;
    let looked = look(&app, tenant, &trace_id).await?;
    let template = template(&looked, given.text("template_id"))?;
    let found = looked.dry_run(template);
    Reply::ok(&DryRunJson::of(tenant.as_str(), &looked, template, &found))
}

/// Starts a review of a trace. One that is open is the answer.
pub(crate) async fn start(
    State(app): State<App>,
    Segments([trace_id]): Segments<1>,
    caller: TenantCaller<Writer>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let headers = request.headers().clone();
    let asked = body::command_within::<Asked>(request, 64 << 10).await?;
    let wanted = asked.wanted()?;
    caller.principal.require(ASSIGN)?;
    let tenant = caller.tenant();
    let by = workflows::caller(&caller.principal);
    let _turn = app.turns.take(tenant).await?;
    let looked = look(&app, tenant, &trace_id).await?;
    let template = template(&looked, asked.template_id.as_deref())?;
    if !template.enabled {
        return Err(ApiError::new(Code::Conflict, "the template was taken out of use")
            .with("reason", "template_disabled")
            .with("template_id", template.template_id.as_str()));
    }
    let found = looked.dry_run(template);
    let start =
        found.start(&trace_id, template, &wanted, looked.demo).map_err(|problems| ApiError::problems("", &problems))?;
    let key = format!("{}\n{}", by.account_id, workflows::key(&headers));
    let to_start = ToStart { tenant, start, caller: &by, key: &key };
    let Begun { item, created, event_id } =
        app.store.start_review(&to_start).await?.map_err(|why| declined(&found.draft.workflow_id, why))?;
    app.metrics.acted("start_review", if created { "accepted" } else { "replayed" });
    workflows::changed(&app);
    info!(%tenant, trace_id, workflow_id = item.workflow_id, created, account = by.account_id, "started a review");
    let shown = workflows::find(&app, tenant, &item.workflow_id).await?;
    let started = Started {
        action: OutcomeJson { outcome: "start_review", appended_event_id: event_id },
        created,
        review_context: DryRunJson::of(tenant.as_str(), &looked, template, &found),
        workflow: ItemJson::of(tenant.as_str(), &shown),
    };
    if created { Reply::created(&started) } else { Reply::ok(&started) }
}

async fn look(app: &App, tenant: &TenantId, trace_id: &str) -> Result<TraceLooked, ApiError> {
    app.store
        .look_at_trace(tenant, trace_id)
        .await?
        .ok_or_else(|| ApiError::new(Code::NotFound, "there is no such trace").with("trace_id", trace_id))
}

/// The template that is named, or the one that suits.
fn template<'l>(looked: &'l TraceLooked, named: Option<&str>) -> Result<&'l Versioned, ApiError> {
    let Some(named) = named else {
        return studio::recommend(&looked.signals(), &looked.templates).ok_or_else(|| {
            ApiError::new(Code::Conflict, "every template was taken out of use").with("reason", "template_disabled")
        });
    };
    let found = looked.templates.iter().find(|template| template.template_id == named);
    found.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such template").with("template_id", named))
}

impl Asked {
    /// What the caller wants, as the rules take it.
    ///
    /// # Errors
    /// `invalid_argument` for a word that is no priority.
    fn wanted(&self) -> Result<Wanted, ApiError> {
        let named = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned());
        let priority = self.priority.as_deref().map(str::parse::<Priority>).transpose();
        let priority = priority
            .map_err(|_| ApiError::invalid("priority is urgent, high, normal or low").with("pointer", "/priority"))?;
        let assignee =
            |given: &WantedAssignee| Assignment { account_id: named(&given.account_id), role: named(&given.role) };
        Ok(Wanted {
            reason: named(&self.reason).unwrap_or_default(),
            title: named(&self.title),
            priority,
            sla_hours: self.sla_hours,
            assigned: self.assignee.as_ref().map(assignee),
        })
    }
}
