//! `GET /workflows/stream`: what is done with items, as server-sent events.
//!
//! Every act has a position of the log, which is the id of its event: a stream goes on where it was cut off. What is told to the
//! caller has none, and comes as a count.

pub(crate) mod contract;

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use dg_domain::{LogSeq, Micros};
use dg_http::ApiError;
use dg_http::gate::{Reader, StreamCaller};
use dg_http::params::{self, Params};
use dg_storage::StoreError;
use dg_storage::workflow::{News, NewsFilter};
use serde::Serialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::debug;
use utoipa::ToSchema;

use super::ActionJson;
use crate::app::App;
use crate::stream::line::{Ended, LOOK, Line};
use crate::stream::{frame, resumed};
use crate::words;

/// Acts that are read at once.
const PAGE: i64 = 200;
/// What happens within this time comes together: those who look on are people.
const BETWEEN: Duration = Duration::from_millis(250);

/// Something that was done, and where the item stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowNews)]
struct NewsJson {
    workflow_id: String,
    trace_id: String,
    action: ActionJson,
    /// Of the item as it is now, which may be further on.
    version: i64,
    #[schema(schema_with = words::priority)]
    priority: &'static str,
    assigned_account_id: Option<String>,
    assigned_role: Option<String>,
    #[schema(format = DateTime)]
    sla_due_at: Option<String>,
}

/// Follows the reviews of a tenant.
pub(crate) async fn follow(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    caller: StreamCaller<Reader>,
) -> Result<Response, ApiError> {
    let given = Params::read(query.as_deref(), &[&["after", "workflow_id", "trace_id"]])?;
    let after = resumed(&headers)?.or(given.integer("after", 0..=i64::MAX)?);
    let text = |name: &str| given.text(name).map(str::to_owned);
    let filter = NewsFilter { workflow_id: text("workflow_id"), trace_id: text("trace_id") };
    let (line, seat, answer) = Line::open(app.clone(), caller.tenant(), &headers)?;
    let position = match after {
        None => app.store.workflow_applied(caller.tenant()).await?.get(),
        Some(after) => {
            let head = app.store.head(caller.tenant()).await?.get();
            if after > head {
                return Err(params::bad("after", format!("the log ends at {head}, before the position to go on from")));
            }
            after
        }
    };
    let account_id = caller.principal().account_id.clone();
    tokio::spawn(Follower { line, account_id, filter, position, unread: None }.run(seat));
    Ok(answer)
}

/// A stream under way.
struct Follower {
    line: Line,
    account_id: String,
    filter: NewsFilter,
    position: i64,
    /// What the caller was told last.
    unread: Option<i64>,
}

impl Follower {
    /// Streams until the client is gone or not allowed any more, or the service stops.
    async fn run(mut self, seat: OwnedSemaphorePermit) {
        let closing = self.line.app.closing.clone();
        let ended = tokio::select! {
            () = closing.cancelled() => None,
            ended = self.follow() => ended.err(),
        };
        drop(seat);
        self.line.ended(ended.as_ref(), self.position);
    }

    async fn follow(&mut self) -> Result<(), Ended> {
        self.line.send(frame::greeting(self.position)).await?;
        let mut moved = self.line.app.workflow_moved.clone();
        loop {
            moved.mark_unchanged();
            loop {
                match self.read_on().await {
                    Ok(text) if text.is_empty() => break,
                    Ok(text) => self.line.send(text).await?,
                    Err(error) => {
                        debug!(error = &error as &dyn std::error::Error, "a stream waits for the database");
                        break;
                    }
                }
            }
            tokio::time::sleep(BETWEEN).await;
            // A nudge that was lost costs no more than this.
            if let Ok(Err(_)) = timeout(LOOK, moved.changed()).await {
                return Err(Ended::Lost);
            }
            self.line.look(self.position).await?;
        }
    }

    /// What is new; empty for nothing.
    async fn read_on(&mut self) -> Result<Bytes, StoreError> {
        let (store, tenant) = (&self.line.app.store, &self.line.tenant);
        let applied = store.workflow_applied(tenant).await?.get();
        let mut text = BytesMut::new();
        if applied > self.position {
            let after = LogSeq::new(self.position).unwrap_or(LogSeq::START);
            let news = store.workflow_news(tenant, &self.filter, after, PAGE).await?;
            let full = i64::try_from(news.len()).unwrap_or(i64::MAX) >= PAGE;
            let last = news.last().map_or(self.position, |news| news.action.log_seq.get());
            for news in news {
                write(&mut text, news);
            }
            // Up to `applied`, nothing is missing that this filter lets through.
            self.position = if full { last } else { last.max(applied) };
        }
        let unread = store.unread_count(tenant, &self.account_id).await?;
        if self.unread != Some(unread) {
            self.unread = Some(unread);
            let data = json!({"unread": unread});
            text.put_slice(format!("event: notification.unread_count\ndata: {data}\n\n").as_bytes());
        }
        Ok(text.freeze())
    }
}

fn write(text: &mut BytesMut, news: News) {
    let log_seq = news.action.log_seq;
    let name = match news.action.action_type.as_str() {
        _ if news.is_first => "workflow.created",
        "escalate" => "workflow.escalated",
        _ => "workflow.updated",
    };
    let data = serde_json::to_string(&NewsJson::of(news)).map_err(ApiError::internal);
    // Nothing in it can fail; if it did, its place is told, and the stream goes on.
    let data = data.unwrap_or_else(|error| json!({"error": error.code().as_str()}).to_string());
    text.put_slice(format!("id: {log_seq}\nevent: {name}\ndata: {data}\n\n").as_bytes());
}

impl NewsJson {
    fn of(news: News) -> Self {
        Self {
            workflow_id: news.workflow_id,
            trace_id: news.trace_id,
            action: ActionJson::of(news.action),
            version: news.version,
            priority: news.priority.as_str(),
            assigned_account_id: news.assigned_account_id,
            assigned_role: news.assigned_role,
            sla_due_at: news.sla_due_at.map(Micros::rfc3339),
        }
    }
}
