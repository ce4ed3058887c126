//! `/workflow-studio/templates`, and `/admin/workflow-templates` to change them.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_http::gate::{Admin, Reader, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::TemplateRow;
use dg_workflow::template::{Template, is_template_id};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::{CONFIGURE, DEFINITION_BYTES, check_calendars, seen};
use crate::admin::replays;
use crate::app::App;
use crate::words;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowTemplate)]
struct TemplateJson {
    template_id: String,
    /// 0 for what is built in.
    version: i64,
    /// Whether new reviews may use it.
    enabled: bool,
    #[schema(schema_with = words::any_object)]
    definition: Template,
    /// Of what is built in null.
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    created_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowTemplates)]
struct Listed {
    templates: Vec<TemplateJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OneWorkflowTemplate)]
struct One {
    template: TemplateJson,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWorkflowTemplate)]
struct Asked {
    #[schema(schema_with = words::any_object)]
    definition: Template,
    /// False takes it out of use; true unless said.
    #[serde(default)]
    #[schema(schema_with = words::nullable_flag)]
    enabled: Option<bool>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
    /// The version that the caller saw, 0 for what is built in or not there; left out, whatever is there is followed.
    #[serde(default)]
    #[schema(schema_with = words::nullable_seen_version)]
    version: Option<i64>,
}

/// Lists the newest version of each template.
pub(crate) async fn list(State(app): State<App>, caller: TenantCaller<Reader>, _: NoParams) -> Result<Reply, ApiError> {
    let rows = app.store.workflow_templates(caller.tenant()).await?;
    Reply::ok(&Listed { templates: rows.into_iter().map(TemplateJson::of).collect() })
}

/// Shows a template: its newest version, or the one that is named.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([template_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["version"]])?;
    let version = given.integer("version", 0..=i64::MAX)?;
    let found = app.store.workflow_template(caller.tenant(), &template_id, version).await?;
    let found = found.ok_or_else(|| {
        ApiError::new(Code::NotFound, "there is no such template").with("template_id", template_id.as_str())
    })?;
    Reply::ok(&One { template: TemplateJson::of(found) })
}

/// Makes the next version of a template. Items keep the version that they were made by.
pub(crate) async fn put(
    State(app): State<App>,
    Segments([template_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = body::command_within::<Asked>(request, DEFINITION_BYTES).await?;
    caller.principal.require(CONFIGURE)?;
    let reason = replays::reason(asked.reason.as_deref())?;
    let seen = seen(asked.version)?;
    asked.definition.validate().map_err(|problems| ApiError::problems("/definition", &problems))?;
    if !is_template_id(&template_id) {
        let message = "a template is named by 1 to 64 characters of a-z 0-9 _ and starts with a letter";
        return Err(ApiError::new(Code::NotFound, message).with("template_id", template_id));
    }
    let (tenant, by) = (caller.tenant(), caller.principal.by());
    let named = asked.definition.calendar_id.as_ref().map(|name| ("/calendar_id".to_owned(), name));
    check_calendars(&app, tenant, named.as_slice()).await?;
    let which = (template_id.as_str(), asked.enabled.unwrap_or(true));
    let row = app.store.put_workflow_template(tenant, which, &asked.definition, seen, &reason, &by).await?;
    info!(%tenant, template_id, version = row.template.version, "made a version of a template");
    Reply::ok(&One { template: TemplateJson::of(row) })
}

impl TemplateJson {
    fn of(row: TemplateRow) -> Self {
        let TemplateRow { template, made } = row;
        let (reason, created_at, created_by) = match made {
            Some(made) => (Some(made.reason), Some(made.created_at.rfc3339()), Some(made.created_by)),
            None => (None, None, None),
        };
        Self {
            template_id: template.template_id,
            version: template.version,
            enabled: template.enabled,
            definition: template.template,
            reason,
            created_at,
            created_by,
        }
    }
}
