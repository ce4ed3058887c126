//! `/notifications/preferences`: what the caller wants to be told outside of the console.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply, body};
use dg_storage::workflow::PreferencesRow;
use dg_workflow::telling::Preferences;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::address;
use crate::app::App;
use crate::words;

#[derive(Serialize, ToSchema)]
#[schema(as = NotificationPreferences)]
struct Shown {
    /// Where e-mail goes; none for no e-mail.
    email: Option<String>,
    #[schema(schema_with = words::preferences)]
    preferences: Value,
    /// When it was said; none for the default.
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedNotificationPreferences)]
struct Asked {
    #[serde(default)]
    #[schema(schema_with = words::nullable_email)]
    email: Option<String>,
    #[schema(schema_with = words::preferences)]
    preferences: Value,
}

/// Shows what the caller wants to be told.
pub(crate) async fn show(State(app): State<App>, caller: TenantCaller<Reader>, _: NoParams) -> Result<Reply, ApiError> {
    let found = app.store.preferences(caller.tenant(), &caller.principal.account_id).await?;
    Reply::ok(&Shown::of(found))
}

/// Keeps what the caller wants to be told. What is on its way already goes as it was planned.
pub(crate) async fn put(
    State(app): State<App>,
    caller: TenantCaller<Reader>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = body::command::<Asked>(request).await?;
    let email = asked.email.as_deref().map(|text| address(text, "/email")).transpose()?;
    let preferences =
        Preferences::read(&asked.preferences).map_err(|problems| ApiError::problems("/preferences", &problems))?;
    let (tenant, account) = (caller.tenant(), &caller.principal.account_id);
    app.store.put_preferences(tenant, account, email.as_deref(), &preferences).await?;
    Reply::ok(&Shown::of(app.store.preferences(tenant, account).await?))
}

impl Shown {
    fn of(row: PreferencesRow) -> Self {
        Self {
            email: row.email,
            preferences: row.preferences.to_json(),
            updated_at: row.updated_at.map(Micros::rfc3339),
        }
    }
}
