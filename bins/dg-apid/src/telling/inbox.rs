//! `/notifications`: what the caller was told, and what they have seen.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_domain::Micros;
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::{ApiError, Reply, body};
use dg_storage::workflow::{InboxFilter, InboxRow, Seen};
use dg_workflow::Category;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{bad, told};
use crate::app::App;
use crate::{keyset, words};

/// Most ids in one request.
const MOST_IDS: usize = 500;

#[derive(Serialize, ToSchema)]
#[schema(as = Notification)]
struct NotificationJson {
    notification_id: String,
    workflow_id: String,
    trace_id: String,
    #[schema(schema_with = words::notification_category)]
    category: String,
    /// A sentence for a person.
    message: String,
    #[schema(schema_with = words::any_object)]
    payload: Value,
    /// When what it tells of happened.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it came.
    #[schema(format = DateTime)]
    told_at: String,
    #[schema(format = DateTime)]
    read_at: Option<String>,
    /// For whom the caller stands in.
    instead_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Notifications)]
struct Listed {
    notifications: Vec<NotificationJson>,
    /// Of all that the caller has in the tenant.
    unread_count: i64,
    next_cursor: Option<String>,
}

/// What was seen: either some, or one with all that came before it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeenNotifications)]
struct Asked {
    #[serde(default)]
    #[schema(schema_with = words::nullable_ids)]
    notification_ids: Option<Vec<String>>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    up_to: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReadNotifications)]
struct Marked {
    /// For how many it is new.
    read: u64,
    unread_count: i64,
}

/// Lists what the caller was told in the tenant, what came last first.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["unread", "category[]", "workflow_id"], keyset::NAMES])?;
    let page = keyset::Asked::read("notifications", &given)?;
    let known = |word: &String| Category::ALL.into_iter().find(|category| category.as_str() == word);
    let categories = given.list("category")?.map(|list| list.iter().map(known).collect::<Option<Vec<_>>>());
    let unknown = || params::bad("category", "the parameter category holds a word that is no category".to_owned());
    let filter = InboxFilter {
        unread: given.choice("unread", &[("true", true), ("false", false)])?,
        categories: categories.map(|list| list.ok_or_else(unknown)).transpose()?,
        workflow_id: given.text("workflow_id").map(str::to_owned),
        after: page.after,
    };
    let (tenant, account) = (caller.tenant(), &caller.principal.account_id);
    let mut rows = app.store.inbox(tenant, account, &filter, page.fetch()).await?;
    let unread_count = app.store.unread_count(tenant, account).await?;
    let next_cursor = page.cut(&mut rows, |row| (row.told_at, row.notification_id));
    Reply::ok(&Listed {
        notifications: rows.into_iter().map(NotificationJson::of).collect(),
        unread_count,
        next_cursor,
    })
}

/// Notes what the caller has seen.
pub(crate) async fn read(
    State(app): State<App>,
    caller: TenantCaller<Reader>,
    _: params::NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let seen = body::command::<Asked>(request).await?.read()?;
    let (tenant, account) = (caller.tenant(), &caller.principal.account_id);
    let read = app.store.mark_read(tenant, account, &seen).await?;
    told(&app);
    Reply::ok(&Marked { read, unread_count: app.store.unread_count(tenant, account).await? })
}

impl Asked {
    fn read(self) -> Result<Seen, ApiError> {
        let id = |text: &String, pointer: &str| {
            Uuid::parse_str(text).map_err(|_| bad("is no id of a notification", pointer))
        };
        match (self.notification_ids, self.up_to) {
            (Some(ids), None) if ids.len() <= MOST_IDS => {
                let ids = ids.iter().enumerate().map(|(at, text)| id(text, &format!("/notification_ids/{at}")));
                ids.collect::<Result<_, _>>().map(Seen::Some)
            }
            (Some(_), None) => Err(bad("at most 500 at a time", "/notification_ids")),
            (None, Some(last)) => id(&last, "/up_to").map(Seen::UpTo),
            _ => Err(bad("either `notification_ids` or `up_to`", "")),
        }
    }
}

impl NotificationJson {
    fn of(row: InboxRow) -> Self {
        Self {
            notification_id: row.notification_id.to_string(),
            workflow_id: row.workflow_id,
            trace_id: row.trace_id,
            category: row.category,
            message: row.message,
            payload: serde_json::from_str(&row.payload_json).unwrap_or_else(|_| Value::Object(serde_json::Map::new())),
            created_at: row.created_at.rfc3339(),
            told_at: row.told_at.rfc3339(),
            read_at: row.read_at.map(Micros::rfc3339),
            instead_of: row.instead_of,
        }
    }
}
