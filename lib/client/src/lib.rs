//! Typed asynchronous client of the DecisionGraph HTTP API.
//!
//! ```no_run
//! # async fn example() -> Result<(), dg_client::ClientError> {
//! use dg_client::{Client, EventQuery};
//!
//! let client = Client::new("http://127.0.0.1:4100", "dg_0123456789ab_…")?.tenant("default");
//! let page = client.events(&EventQuery { limit: Some(10), ..EventQuery::default() }).await?;
//! for event in page.events {
//!     println!("{} {}", event.log_seq, event.event_type);
//! }
//! # Ok(()) }
//! ```
//!
//! A [`Client`] is cheap to clone. [`Client::tenant`] and [`Client::freshness`] answer a view of the same connections
//! with another tenant or another demand on how current a projection must be.
//!
//! Calls that may be repeated without harm are repeated when the service is away or busy, within the bounds of
//! [`RetryPolicy`]: reads, and appends, because an append is recognised by its idempotency key. Administrative calls
//! are repeated only while nothing has been sent.

mod calls;
mod client;
mod error;
mod paging;
mod path;
mod retry;
mod rows;
mod secret;
pub mod webhook;

pub use calls::audit::{AuditPage, AuditQuery};
pub use calls::batch::{BatchMode, BatchResult};
pub use calls::events::{EventPage, EventQuery, TraceEventPage};
pub use calls::graph::{Direction, EdgeCursor, EdgePage, EdgeQuery, GraphQuery};
pub use calls::identity::{
    AccountChange, LimitsChange, NewAccount, NewTenant, NewUser, SessionPage, SessionQuery, TenantChange,
};
pub use calls::precedents::PrecedentQuery;
pub use calls::runs::{DigestPage, FailurePage, FailureQuery, NewRun, RunPage, RunQuery};
pub use calls::traces::{TracePage, TraceQuery};
pub use calls::webhooks::{DeliveryPage, DeliveryQuery, NewWebhook, Replay, WebhookChange};
pub use client::{Client, Fresh, Freshness, Meta, Options};
pub use error::ClientError;
pub use paging::{EventPages, TracePages};
pub use retry::RetryPolicy;
pub use rows::audit::AuditRow;
pub use rows::events::{Actor, Appended, ItemError, ItemResult, ItemStatus, Source, StoredEvent};
pub use rows::graph::{Center, Edge, Node, Subgraph};
pub use rows::identity::{
    Account, Imported, ImportedAccount, IssuedToken, Me, NewAccountAnswer, OpenedSession, OwnSession, OwnToken,
    RotatedToken, Session, SignedIn, SignedInUser, Tenant, TenantLimits, User, UserAnswer,
};
pub use rows::projections::{Digests, Health, NamedFailure, ProjectionError, ProjectionHealth};
pub use rows::runs::{ProjectionFailure, RefusedTenant, Reprojection, Run, RunBatch, WrittenDigest};
pub use rows::traces::{MissingEvent, Precedent, TraceDetail, TraceIndex, TraceRow, TraceSummary};
pub use rows::webhooks::{
    Attempt, Delivery, DeliveryCounts, DeliveryDetail, NewWebhookAnswer, NewWebhookSecret, ReplayAnswer, RotatedSecret,
    UnderWay, Webhook, WebhookDetail, WebhookSecret,
};
pub use secret::Secret;
