//! `POST /workflows/actions`: the same thing done with several items, each for itself.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_http::gate::{TenantCaller, Writer};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply, body};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::act::one;
use super::asked::Asked;
use super::{ItemJson, key};
use crate::app::App;
use crate::words;

/// Most items at once.
const MOST: usize = 100;

/// The items, and what is done with each. `confirm_text` is `{ACTION} {n} ITEMS` when there are several.
#[derive(Deserialize, ToSchema)]
struct Several {
    #[schema(min_items = 1, max_items = 100)]
    workflow_ids: Vec<String>,
    #[serde(flatten)]
    asked: Asked,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowBulkResult)]
struct Each {
    workflow_id: String,
    /// `done` or `refused`.
    #[schema(schema_with = words::bulk_outcome)]
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    workflow: Option<ItemJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::any_object)]
    error: Option<Map<String, Value>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowBulk)]
struct Answer {
    results: Vec<Each>,
    done: usize,
    refused: usize,
}

/// Does it with each item, in the order given; what is refused keeps nothing else from being done.
pub(crate) async fn act(
    State(app): State<App>,
    caller: TenantCaller<Writer>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let headers = request.headers().clone();
    let several = body::command_within::<Value>(request, 256 << 10).await?;
    let Several { mut workflow_ids, mut asked } = read(several)?;
    workflow_ids.dedup();
    if workflow_ids.is_empty() || workflow_ids.len() > MOST {
        let message = format!("workflow_ids names 1 to {MOST} items");
        return Err(ApiError::invalid(message).with("pointer", "/workflow_ids"));
    }
    caller.charge_all(workflow_ids.len())?;
    // What is wrong with the body is wrong for each.
    asked.what()?;
    asked.command(None)?;
    let confirmed = asked.confirm_text.take();
    if workflow_ids.len() > 1 {
        let needed = format!("{} {} ITEMS", asked.action.to_uppercase(), workflow_ids.len());
        if confirmed.as_deref().map(str::trim) != Some(needed.as_str()) {
            let message = format!("confirm_text has to be: {needed}");
            return Err(ApiError::invalid(message).with("pointer", "/confirm_text").with("needed", needed));
        }
    }
    let key = key(&headers);
    let mut results = Vec::with_capacity(workflow_ids.len());
    for workflow_id in workflow_ids {
        // Having said it for all of them is having said it for each.
        let action = asked.action.parse();
        asked.confirm_text = match action {
            Ok(action) => dg_workflow::command::phrase(action, &workflow_id),
            Err(_) => None,
        };
        let done = one(&app, caller.tenant(), &caller.principal, &workflow_id, &asked, None, &key).await;
        results.push(match done {
            Ok((done, _)) => Each { workflow_id, outcome: "done", workflow: Some(done.workflow), error: None },
            Err(error) => Each { workflow_id, outcome: "refused", workflow: None, error: Some(shown(&error)) },
        });
    }
    let done = results.iter().filter(|each| each.workflow.is_some()).count();
    let refused = results.len() - done;
    Reply::multi(&Answer { results, done, refused })
}

fn shown(error: &ApiError) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("code".to_owned(), Value::from(error.code().as_str()));
    shown.insert("message".to_owned(), Value::from(error.message()));
    shown.insert("details".to_owned(), Value::Object(error.details().clone()));
    shown
}

/// Flattened bodies know no unknown fields, so they are looked at first.
fn read(body: Value) -> Result<Several, ApiError> {
    let unlike = |source: serde_json::Error| ApiError::invalid(format!("the body is not as expected: {source}"));
    let Value::Object(mut body) = body else {
        return Err(ApiError::invalid("the body is not as expected: it is an object"));
    };
    let ids = body.remove("workflow_ids").unwrap_or_else(|| json!([]));
    let workflow_ids = serde_json::from_value(ids).map_err(unlike)?;
    Ok(Several { workflow_ids, asked: serde_json::from_value(Value::Object(body)).map_err(unlike)? })
}
