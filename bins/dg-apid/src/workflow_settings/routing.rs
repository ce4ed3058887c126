//! `/admin/workflow-routing`: where new items go.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::RoutingRow;
use dg_workflow::routing::Routing;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::{CONFIGURE, DEFINITION_BYTES, check_calendars, seen};
use crate::admin::replays;
use crate::app::App;
use crate::words;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowRouting)]
struct RoutingJson {
    /// 0 where nothing was said yet.
    version: i64,
    #[schema(schema_with = words::any_object)]
    definition: Routing,
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    created_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OneWorkflowRouting)]
struct One {
    routing: RoutingJson,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWorkflowRouting)]
struct Asked {
    #[schema(schema_with = words::any_object)]
    definition: Routing,
    #[serde(default)]
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
    /// The version that the caller saw, 0 for none; left out, whatever is there is followed.
    #[serde(default)]
    #[schema(schema_with = words::nullable_seen_version)]
    version: Option<i64>,
}

/// Shows what is said about new items: now, or in the version that is named.
pub(crate) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["version"]])?;
    let version = given.integer("version", 0..=i64::MAX)?;
    caller.principal.require(CONFIGURE)?;
    let found = app.store.workflow_routing(caller.tenant(), version).await?;
    let found = found.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such version"))?;
    Reply::ok(&One { routing: RoutingJson::of(found) })
}

/// Says something else about new items. Those that are there stay where they are.
pub(crate) async fn put(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = body::command_within::<Asked>(request, DEFINITION_BYTES).await?;
    caller.principal.require(CONFIGURE)?;
    let reason = replays::reason(asked.reason.as_deref())?;
    let seen = seen(asked.version)?;
    let (tenant, by) = (caller.tenant(), caller.principal.by());
    let rows = app.store.workflow_templates(tenant).await?;
    let templates: Vec<_> = rows.into_iter().map(|row| row.template).collect();
    let routing = &asked.definition;
    routing.validate(&templates).map_err(|problems| ApiError::problems("/definition", &problems))?;
    let of_rules = routing.rules.iter().enumerate().filter_map(|(at, rule)| {
        let name = rule.then.calendar_id.as_ref()?;
        Some((format!("/rules/{at}/then/calendar_id"), name))
    });
    let named = routing.calendar_id.as_ref().map(|name| ("/calendar_id".to_owned(), name));
    check_calendars(&app, tenant, &of_rules.chain(named).collect::<Vec<_>>()).await?;
    let row = app.store.put_workflow_routing(tenant, routing, seen, &reason, &by).await?;
    info!(%tenant, version = row.version, rules = routing.rules.len(), "said where new items go");
    Reply::ok(&One { routing: RoutingJson::of(row) })
}

impl RoutingJson {
    fn of(row: RoutingRow) -> Self {
        let (reason, created_at, created_by) = match row.made {
            Some(made) => (Some(made.reason), Some(made.created_at.rfc3339()), Some(made.created_by)),
            None => (None, None, None),
        };
        Self { version: row.version, definition: row.routing, reason, created_at, created_by }
    }
}
