//! What reviews are made by: templates, and rules that say where new items go.

pub(crate) mod routing;
pub(crate) mod templates;

use dg_domain::{Problem, TenantId};
use dg_http::ApiError;

use crate::app::App;

/// The permission to change how a tenant's reviews work.
const CONFIGURE: &str = "workflow_configure";
/// More than anybody says.
const DEFINITION_BYTES: usize = 512 << 10;

/// Refuses names of calendars that the tenant does not have.
async fn check_calendars(app: &App, tenant: &TenantId, named: &[(String, &String)]) -> Result<(), ApiError> {
    if named.is_empty() {
        return Ok(());
    }
    let known = app.store.calendars(tenant).await?;
    let stranger = |name: &String| known.iter().all(|calendar| calendar.calendar_id != *name);
    let problems: Vec<Problem> = named
        .iter()
        .filter(|(_, name)| stranger(name))
        .map(|(pointer, _)| Problem {
            pointer: pointer.clone(),
            code: dg_domain::ErrorCode::InvalidArgument,
            message: "is no calendar of the tenant".to_owned(),
            reason: Some("unknown"),
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(ApiError::problems("/definition", &problems)) }
}

/// The version that a caller saw.
fn seen(version: Option<i64>) -> Result<Option<i64>, ApiError> {
    match version {
        Some(version) if version < 0 => Err(ApiError::invalid("version is at least 0").with("pointer", "/version")),
        version => Ok(version),
    }
}
