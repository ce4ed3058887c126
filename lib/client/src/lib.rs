//! The Rust client of DecisionGraph, the system of record for decisions of AI agents: typed and asynchronous.
//!
//! # Recording a decision
//!
//! A [`Recorder`] knows who decides and what sends; a [`Trace`] is one decision. The service gives the numbers (`trace_seq`),
//! the trace gives the causes (`causation_event_id`).
//!
//! ```no_run
//! use std::time::Duration;
//! use dg_client::{
//!     ActionCommitted, ActionProposed, ActionStatus, Actor, Client, Entity, Fact, InputObserved, InputSource, Outcome, Policy,
//!     PolicyDecision, PolicyEvaluated, Source, TraceFinished, TraceStarted,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("http://127.0.0.1:4100", "dg_0123456789ab_…")?.tenant("default");
//! let recorder = client.recorder(Actor::new("agent", "refund-agent"), Source::new("refund-agent", "shop"));
//!
//! let order = Entity::new("order", "17").system("shop");
//! let trace = recorder.start_trace(TraceStarted::new("refund", "Refund of order 17", order.clone())).await?;
//! let read = InputObserved::new("order", InputSource::new("shop", "order", "17")).facts([Fact::new("amount_eur", 389)]);
//! trace.observe_input(read).await?;
//! let said = PolicyEvaluated::new(Policy::new("refund-window", "3"), PolicyDecision::Allow).inputs(["order"]);
//! trace.evaluate_policy(said).await?;
//! trace.propose_action(ActionProposed::new("refund-17", "refund", order, "payments")).await?;
//! // ... do it ...
//! trace.commit_action(ActionCommitted::new("refund-17", ActionStatus::Success).external_reference("tx-9")).await?;
//! trace.finish_trace(TraceFinished::new(Outcome::Success)).await?;
//!
//! recorder.wait_visible(Duration::from_secs(10)).await?; // reads from now on see it
//! println!("{:?}", client.trace(trace.trace_id()).await?.data.summary);
//! # Ok(()) }
//! ```
//!
//! Every recording call takes [`EventOptions`] besides its payload: `trace.observe_entity(…).tags(["vip"]).await`.
//! Keys are drawn per call and kept over repeats. A program that may die between two steps and do a step again gives the
//! trace its own `trace_id` and makes it [`repeatable`](StartTrace::repeatable), or gives keys of its own.
//!
//! # The spool
//!
//! With [`Client::recorder_with_spool`] a call on a service that is away does not fail: the event goes to a [`Spool`], a
//! directory on disk, and is sent later. **Every event arrives exactly once and in order, or the call failed.** That holds
//! when the program is killed, the disk is full, or the service is restarted.
//!
//! # Reading, waiting, following
//!
//! | to | call |
//! |---|---|
//! | read a page | [`Client::events`], [`Client::trace_events`], [`Client::traces`], [`Client::edges`] |
//! | walk through all of it | [`Client::event_pages`], [`Client::trace_event_pages`], [`Client::trace_pages`], [`Client::edge_pages`]; each has `into_stream` |
//! | read one thing | [`Client::trace`], [`Client::graph`], [`Client::precedents`], [`Client::health`], [`Client::digests`], [`Client::me`] |
//! | wait | [`Recorder::wait_visible`], [`Client::wait_visible`], [`Client::wait_for_decision`] |
//! | follow the log as it grows | [`Client::follow_events`] |
//!
//! A [`Client`] is cheap to clone. [`Client::tenant`], [`Client::freshness`] and the like answer a view of the same connections.
//!
//! # When something goes wrong
//!
//! [`ClientError::code`] is the service's stable code, for example `session_ended` or `idempotency_conflict`;
//! [`RecordError`] is that or a [`SpoolError`]. Calls that may be repeated without harm are repeated when the service is away or
//! busy, within the bounds of [`RetryPolicy`]: reads, and appends, because an append is recognised by its idempotency key.
//! Administrative calls are repeated only while nothing has been sent. One request id names all attempts.
//!
//! What every client library must do is in `fixtures/client-conformance`; the Python client has the same calls by the same names.

mod calls;
mod client;
mod edge;
mod error;
mod follow;
mod paging;
mod path;
mod record;
mod retry;
mod rows;
mod secret;
mod spool;
mod wait;
pub mod webhook;

pub use calls::accounts::{AccountChange, NewAccount};
pub use calls::audit::{AuditPage, AuditQuery};
pub use calls::batch::{BatchMode, BatchResult};
pub use calls::events::{EventPage, EventQuery, TraceEventPage};
pub use calls::graph::{Direction, EdgeCursor, EdgePage, EdgeQuery, GraphQuery};
pub use calls::precedents::PrecedentQuery;
pub use calls::runs::{DigestPage, FailurePage, FailureQuery, NewRun, RunPage, RunQuery};
pub use calls::sessions::{SessionPage, SessionQuery};
pub use calls::sign_in::FirstPerson;
pub use calls::telling::{AbsenceQuery, DeliveriesQuery, NewAbsence, NotificationPage, NotificationQuery, Seen};
pub use calls::tenants::{LimitsChange, NewTenant, TenantChange};
pub use calls::traces::{TracePage, TraceQuery};
pub use calls::users::NewUser;
pub use calls::webhooks::{DeliveryPage, DeliveryQuery, NewWebhook, Replay, WebhookChange};
pub use calls::workflow_studio::{PolicyTrial, PolicyTrialTraces, Review, ReviewAssignee};
pub use calls::workflows::{CaseExport, WorkflowAction, WorkflowPage, WorkflowQuery, exception_workflow};
pub use client::{Client, Fresh, Freshness, Meta, Options};
pub use error::{ClientError, RecordError};
pub use follow::{EventFollower, FollowQuery};
pub use paging::{EdgePages, EventPages, TraceEventPages, TracePages};
pub use record::event::{Event, EventOptions, MAX_EVENT_BYTES};
pub use record::payload::{
    ActionCommitted, ActionProposed, ApprovalRecorded, EntityObserved, ExceptionRequested, InputObserved, Payload,
    PolicyEvaluated, PrecedentCited, TraceFinished, TraceStarted,
};
pub use record::recorder::{Record, Recorded, Recorder, StartTrace};
pub use record::trace::Trace;
pub use record::values::{
    ActionStatus, ApprovalDecision, Change, Entity, EntityRole, Evidence, Fact, FactValue, InputSource, Outcome,
    Policy, PolicyDecision, Subject, SubjectType, Violation,
};
pub use retry::RetryPolicy;
pub use rows::accounts::{Account, Imported, ImportedAccount, NewAccountAnswer};
pub use rows::audit::AuditRow;
pub use rows::decision::Decision;
pub use rows::environment::{
    AppliedMigration, ConnectedProgram, Environment, EnvironmentDatabase, EnvironmentSchema, HeldLease,
};
pub use rows::events::{Actor, Appended, ItemError, ItemResult, ItemStatus, Source, StoredEvent};
pub use rows::graph::{Center, Edge, Node, Subgraph};
pub use rows::projections::{Digests, Health, NamedFailure, ProjectionError, ProjectionHealth};
pub use rows::runs::{ProjectionFailure, RefusedTenant, Reprojection, Run, RunBatch, WrittenDigest};
pub use rows::sessions::{OwnSession, Session};
pub use rows::sign_in::{BegunSignIn, Me, OidcMethod, OpenedSession, SignInMethods, SignedIn, SignedInUser};
pub use rows::telling::{
    Absence, Calendar, Channel, NewChannelAnswer, Notification, NotificationDelivery, NotificationDeliveryPage,
    Preferences,
};
pub use rows::tenants::{Tenant, TenantLimits};
pub use rows::tokens::{IssuedToken, OwnToken, RotatedToken};
pub use rows::traces::{MissingEvent, Precedent, TraceDetail, TraceIndex, TraceRow, TraceSummary};
pub use rows::users::{Link, User, UserAnswer};
pub use rows::webhooks::{
    Attempt, Delivery, DeliveryCounts, DeliveryDetail, NewWebhookAnswer, NewWebhookSecret, ReplayAnswer, RotatedSecret,
    UnderWay, Webhook, WebhookDetail, WebhookSecret,
};
pub use rows::workflow_files::WorkflowFile;
pub use rows::workflow_settings::{Routing, Template};
pub use rows::workflow_studio::{
    ComparedPolicyDecision, PolicySimulation, PolicySimulationTotals, ReviewDraft, ReviewStarted, TraceDryRun,
    WorkflowSignal,
};
pub use rows::workflows::{
    Workflow, WorkflowBuckets, WorkflowDetail, WorkflowDone, WorkflowOutcome, WorkflowVerdict, WorkflowWaited,
    WorkflowsDone,
};
pub use secret::Secret;
pub use spool::{DeadLetter, LetterReason, Spool, SpoolDamage, SpoolError, SpoolOptions, SpoolStatus};
pub use wait::DecisionQuery;
